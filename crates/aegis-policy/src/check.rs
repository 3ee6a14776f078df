//! Document -> [`Checked`], the proof that a policy is well formed.

pub(crate) mod lint;
mod rule;

use std::collections::HashMap;
use std::sync::Arc;

use aegis_diag::{SourceFile, Span};

use crate::document::Document;
use crate::keys;
use crate::model::{Approval, Checked, Defaults, Located, Risk, Rule};
use crate::problem::{Problem, Problems};
use crate::read::{Field, Fields, Read, Reader};

/// Checks a policy.
///
/// # Errors
/// Everything that is wrong with it, at once, and the warnings that were found on the way.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a document is used up by checking it"
)]
pub fn check(document: Document) -> Result<Checked, Problems> {
    let file = &document.file;
    let mut reader = Reader::new(file, &keys::POLICY, document.problems.clone());
    let fields = document
        .tree
        .root()
        .and_then(|root| reader.root(&keys::POLICY, root));
    let policy = fields.map(|fields| policy(&mut reader, file, fields));
    let problems = Problems::sorted(reader.into_problems());
    match policy {
        Some(mut policy) if !problems.has_errors() => {
            let mut warnings = problems.0;
            warnings.extend(lint::warnings(&policy, file));
            policy.warnings = Problems::sorted(warnings).0;
            Ok(policy)
        }
        _ => {
            // A mistake can be what makes a rule look as if it had no match.
            let mut problems = problems;
            problems.0.retain(|p| p.is_error() || p.code != "no-match");
            Err(problems)
        }
    }
}

fn policy(reader: &mut Reader<'_>, file: &Arc<SourceFile>, mut fields: Fields) -> Checked {
    let defaults = defaults(reader, fields.take("defaults"));
    let timezone = match fields.take("timezone") {
        Some(field) => text(reader, field),
        None => None,
    };
    let items = match fields.take("rules").map(|f| f.read) {
        Some(Read::List(items)) => items,
        _ => Vec::new(),
    };
    let rules: Vec<Rule> = items
        .into_iter()
        .enumerate()
        .map(|(i, fields)| rule::rule(reader, i, fields, &defaults))
        .collect();
    unique_names(reader, &rules);
    Checked {
        defaults,
        rules,
        timezone: timezone.unwrap_or_else(|| unwritten("UTC".into())),
        files: vec![Arc::clone(file)],
        regexes: reader.take_regexes(),
        warnings: Vec::new(),
    }
}

fn defaults(reader: &Reader<'_>, field: Option<Field>) -> Defaults {
    let mut out = Defaults::default();
    if let Some(Read::Fields(mut fields)) = field.map(|f| f.read) {
        if let Some(risk) = fields.take("risk_level").and_then(|f| risk(reader, &f)) {
            out.risk = risk;
        }
        if let Some(approval) = fields.take("approval").and_then(|f| approval(reader, &f)) {
            out.approval = approval;
        }
    }
    out
}

impl Default for Defaults {
    /// Medium, and a person is asked.
    fn default() -> Self {
        Self {
            risk: unwritten(Risk::Medium),
            approval: unwritten(Approval::Approve),
        }
    }
}

/// Refuses a name that two rules have; a rule without a name is called by its place.
fn unique_names(reader: &mut Reader<'_>, rules: &[Rule]) {
    let mut first: HashMap<&str, &Rule> = HashMap::new();
    for rule in rules {
        let name = &*rule.name.value;
        let Some(before) = first.get(name) else {
            first.insert(name, rule);
            continue;
        };
        let (Some(mut again), Some(before_at)) = (lint::head(rule), lint::head(before)) else {
            continue;
        };
        // The same rule through an alias: the alias is the place.
        if let (true, Some(alias)) = (again == before_at, &rule.span) {
            again = alias.clone();
        }
        let message = format!("two rules are called `{name}`");
        let mut problem = Problem::error("duplicate-rule", again, message)
            .label("called so again here")
            .because(before_at, "first called so here");
        if rule.name.span.is_none() || before.name.span.is_none() {
            problem = problem.help(format!(
                "a rule without a name is called by its place, here `{name}`: give it a name"
            ));
        }
        reader.push(problem);
    }
}

/// A value that was not written.
pub(crate) fn unwritten<T>(value: T) -> Located<T> {
    Located { value, span: None }
}

fn located<T>(reader: &Reader<'_>, field: &Field, value: T) -> Located<T> {
    let span = Some(reader.span(field.at.clone()));
    Located { value, span }
}

fn text(reader: &Reader<'_>, field: Field) -> Option<Located<Box<str>>> {
    let span = reader.span(field.at);
    match field.read {
        Read::Text(value) => Some(Located {
            value,
            span: Some(span),
        }),
        _ => None,
    }
}

fn risk(reader: &Reader<'_>, field: &Field) -> Option<Located<Risk>> {
    match field.read {
        Read::Word(i) => Some(located(reader, field, *Risk::ALL.get(i)?)),
        _ => None,
    }
}

fn approval(reader: &Reader<'_>, field: &Field) -> Option<Located<Approval>> {
    match field.read {
        Read::Word(i) => Some(located(reader, field, *Approval::ALL.get(i)?)),
        _ => None,
    }
}

impl Checked {
    /// What applies where no rule matches.
    #[must_use]
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// The rules in the order they are tried.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The IANA name of the zone that times and weekdays are in.
    #[must_use]
    pub fn timezone(&self) -> &str {
        &self.timezone.value
    }

    /// Where the zone was written, if it was.
    #[must_use]
    pub fn timezone_span(&self) -> Option<&Span> {
        self.timezone.span.as_ref()
    }

    /// The files it came from, in the order they were merged.
    #[must_use]
    pub fn files(&self) -> &[Arc<SourceFile>] {
        &self.files
    }

    /// What is legal in it and was probably not meant.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

impl Rule {
    /// The path of the file it was written in.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        Some(self.span.as_ref()?.file.path.as_str())
    }
}
