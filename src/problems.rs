//! Problems of policies, suites and settings, drawn as the findings of a scan are.

use std::collections::HashMap;
use std::sync::LazyLock;

use aegis_diag::{Finding, Label, Report, Rule, Span, content_fingerprint};
use aegis_policy::problem::{CODES, Problem, Severity};
use aegis_report::remark::{Loudness, Remark, annotations};
use aegis_report::{Options, clean, sarif};
use serde::Serialize;

use crate::words;

/// The problems with their source underlined, an empty line between them. Ends with a line ending
/// unless there is none.
pub(crate) fn text(problems: &[Problem], look: &Options) -> String {
    let drawn = problems.iter().map(|p| remark(p).snippet(look) + "\n");
    drawn.collect::<Vec<_>>().join("\n")
}

/// The problems as annotations of GitHub Actions, one line each.
pub(crate) fn github(problems: &[Problem], look: &Options) -> Vec<String> {
    annotations(
        problems.iter().map(|p| (p.code.to_owned(), remark(p))),
        look,
    )
}

/// The problems as SARIF 2.1.0: errors are errors, warnings are warnings. `properties` is what the
/// command says of itself.
pub(crate) fn sarif<'a>(
    problems: impl IntoIterator<Item = &'a Problem>,
    look: &Options,
    properties: impl Serialize,
) -> String {
    let mut same: HashMap<String, usize> = HashMap::new();
    let findings = problems.into_iter().filter_map(|problem| {
        let mut finding = finding(problem)?;
        let span = &problem.primary.span;
        let path = &span.file.path;
        let key = |n| content_fingerprint(problem.code, path, "", span.text(), n);
        let times = same.entry(key(0)).or_default();
        finding.fingerprint = key(*times);
        *times += 1;
        Some(finding)
    });
    let report = Report {
        findings: findings.collect(),
        rules: RULES.iter().collect(),
        ..Report::default()
    };
    sarif::render_with(&report, look, false, properties)
}

/// The codes of problems as rules.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |&(id, says): &(&'static str, &'static str)| {
        let warning = says.strip_prefix("*warning:* ");
        let summary = warning.unwrap_or(says);
        Rule {
            id,
            name: id,
            severity: severity(warning.map_or(Severity::Error, |_| Severity::Warning)),
            summary,
            tags: &["policy"],
            cwe: None,
            since: "0.1.0",
            page: "",
        }
    };
    CODES.iter().map(rule).collect()
});

fn severity(of: Severity) -> aegis_diag::Severity {
    match of {
        Severity::Error => aegis_diag::Severity::High,
        Severity::Warning => aegis_diag::Severity::Medium,
    }
}

/// `None` for a code that is not in the list, of which there is none.
fn finding(problem: &Problem) -> Option<Finding> {
    let rule = RULES.iter().find(|rule| rule.id == problem.code)?;
    let Label { span, text } = problem.primary.clone();
    let mut finding = Finding::at(rule, span, &*problem.message, text);
    finding.severity = severity(problem.severity);
    finding.related.clone_from(&problem.related);
    finding.help.clone_from(&problem.help);
    Some(finding)
}

fn remark(problem: &Problem) -> Remark<'_> {
    Remark {
        loudness: match problem.severity {
            Severity::Error => Loudness::Error,
            Severity::Warning => Loudness::Warning,
        },
        word: problem.severity.as_str(),
        id: problem.code,
        message: &problem.message,
        primary: &problem.primary,
        related: &problem.related,
        notes: &[],
        help: problem.help.as_deref(),
    }
}

/// How many errors and warnings there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Tally {
    /// What is refused.
    pub(crate) errors: usize,
    /// What is suspicious.
    pub(crate) warnings: usize,
}

impl Tally {
    /// The number of each.
    pub(crate) fn of(problems: &[Problem]) -> Self {
        let errors = problems.iter().filter(|p| p.is_error()).count();
        Self {
            errors,
            warnings: problems.len() - errors,
        }
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            errors: self.errors + other.errors,
            warnings: self.warnings + other.warnings,
        }
    }

    /// `2 errors, 1 warning`; empty if there is nothing.
    pub(crate) fn words(self) -> String {
        let errors = (self.errors > 0).then(|| words::count(self.errors, "error", "errors"));
        let warnings =
            (self.warnings > 0).then(|| words::count(self.warnings, "warning", "warnings"));
        let both: Vec<String> = errors.into_iter().chain(warnings).collect();
        both.join(", ")
    }
}

/// A problem for programs.
#[derive(Debug, Serialize)]
pub(crate) struct Record<'a> {
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    #[serde(flatten)]
    at: Place<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'a>>,
}

impl<'a> Record<'a> {
    /// The record of a problem.
    pub(crate) fn new(problem: &'a Problem) -> Self {
        Self {
            severity: problem.severity.as_str(),
            code: problem.code,
            message: &problem.message,
            at: Place::of(&problem.primary.span),
            label: &problem.primary.text,
            help: problem.help.as_deref(),
            related: problem.related.iter().map(Related::new).collect(),
        }
    }
}

/// A further place for programs.
#[derive(Debug, Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    at: Place<'a>,
}

impl<'a> Related<'a> {
    fn new(label: &'a Label) -> Self {
        Self {
            message: &label.text,
            at: Place::of(&label.span),
        }
    }
}

/// A place for programs: lines and columns are 1-based, columns count characters, ends are
/// exclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Place<'a> {
    path: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

impl<'a> Place<'a> {
    /// The place of a span.
    pub(crate) fn of(span: &'a Span) -> Self {
        let (start, end) = (span.start(), span.end());
        Self {
            path: &span.file.path,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

/// `policy.yaml:12`, safe to print.
pub(crate) fn file_and_line(span: &Span) -> String {
    format!("{}:{}", clean::line(&span.file.path), span.start().line)
}
