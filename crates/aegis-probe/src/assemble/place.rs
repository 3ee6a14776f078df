//! Where in the policy a finding is shown.

use std::sync::Arc;

use aegis_diag::{Finding, SourceFile, Span};
use aegis_policy::decision::Decider;
use aegis_policy::model::{Located, Rule};
use aegis_policy::policy::Policy;

use super::words::quote;
use crate::Input;
use crate::suspect::{Field, Subject, Suspect};

impl Subject {
    /// The 0-based number of the rule it is about.
    pub(crate) fn rule(self) -> Option<usize> {
        match self {
            Self::Rule(rule) | Self::Pattern(rule, ..) | Self::Condition(rule, _) => Some(rule),
            Self::Defaults => None,
        }
    }
}

/// A finding at its place, with the deciding rule and the program's own tool beside it.
pub(super) fn finding(input: &Input<'_>, suspect: &Suspect) -> Finding {
    let policy = input.policy;
    let (span, label) = subject(policy, suspect.subject);
    let mut finding = Finding::at(suspect.rule, span, suspect.message.clone(), label);
    if let Decider::Rule(number) = suspect.decider
        && suspect.subject.rule() != Some(number as usize)
        && let Some(rule) = policy.rule(number)
        && let Some(span) = head(rule)
    {
        let says = format!("this rule decides: {}", rule.approval.value);
        finding = finding.because(span, says);
    }
    for (action, _) in suspect.witnesses.iter().take(super::WITNESSES) {
        let name = action.kind_name().original();
        let tool = input.tools.iter().find(|tool| tool.name == name);
        if let Some(span) = tool.and_then(|tool| tool.span.clone())
            && !finding.related.iter().any(|label| label.span == span)
        {
            finding = finding.because(span, format!("the tool `{}` of this program", quote(name)));
        }
    }
    finding
}

/// The place of a subject, and what it is.
pub(crate) fn subject(policy: &Policy, subject: Subject) -> (Span, String) {
    let found = match subject {
        Subject::Defaults => defaults(policy),
        Subject::Rule(number) => rule(policy, number)
            .and_then(head)
            .map(|s| (s, "this rule")),
        Subject::Pattern(number, field, at) => rule(policy, number)
            .and_then(|rule| pattern(rule, field, at).or_else(|| head(rule)))
            .map(|s| (s, "this pattern")),
        Subject::Condition(number, at) => rule(policy, number)
            .and_then(|rule| {
                let condition = rule.conditions.get(at);
                condition
                    .and_then(|c| c.span.clone())
                    .or_else(|| head(rule))
            })
            .map(|s| (s, "this condition")),
    };
    match found {
        Some((span, label)) => (span, label.to_owned()),
        None => (start(policy), String::new()),
    }
}

fn rule(policy: &Policy, number: usize) -> Option<&Rule> {
    policy.checked().rules().get(number)
}

fn pattern(rule: &Rule, field: Field, at: usize) -> Option<Span> {
    let texts =
        |list: &Option<Vec<Located<Box<str>>>>| list.as_ref().and_then(|l| l.get(at)?.span.clone());
    match field {
        Field::Type => texts(&rule.matches.kind),
        Field::Target => texts(&rule.matches.target),
        Field::Agent => texts(&rule.matches.agent),
    }
}

fn defaults(policy: &Policy) -> Option<(Span, &'static str)> {
    let defaults = policy.checked().defaults();
    let approval = defaults.approval.span.clone();
    let approval = approval.map(|s| (s, "what no rule speaks of is decided here"));
    let risk = || Some((defaults.risk.span.clone()?, "these defaults"));
    approval.or_else(risk)
}

/// The place that stands for a rule: its name, or else its first line.
pub(crate) fn head(rule: &Rule) -> Option<Span> {
    let whole = || {
        let span = rule.span.as_ref()?;
        let first = span.text().lines().next().map_or(0, str::len);
        let start = span.range.start;
        Some(Span::new(Arc::clone(&span.file), start..start + first))
    };
    rule.name.span.clone().or_else(whole)
}

/// The first line of the policy.
fn start(policy: &Policy) -> Span {
    let file = match policy.checked().files().first() {
        Some(file) => Arc::clone(file),
        None => Arc::new(SourceFile::new("policy", "", None)),
    };
    let end = file.line(1).len();
    Span::new(file, 0..end)
}

/// What a rule is called in fingerprints: its name, or what it says if it has none, so that other
/// rules may come and go.
pub(super) fn stable_name(policy: &Policy, number: Option<usize>) -> String {
    let Some(rule) = number.and_then(|n| rule(policy, n)) else {
        return String::new();
    };
    match (&rule.name.span, &rule.span) {
        (None, Some(span)) => {
            let words: Vec<&str> = span.text().split_whitespace().collect();
            words.join(" ")
        }
        _ => rule.name.value.to_string(),
    }
}

/// Who decided, in words.
pub(crate) fn who(policy: &Policy, by: Decider) -> String {
    match by {
        Decider::Rule(number) => match policy.rule(number) {
            Some(rule) => format!("rule `{}`", quote(&rule.name.value)),
            None => format!("rule {number}"),
        },
        Decider::Default => "the default".to_owned(),
        Decider::Language => "the language".to_owned(),
    }
}
