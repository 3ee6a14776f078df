//! Runs a suite.

use crate::decision::{Decider, Decision};
use crate::policy::Policy;
use crate::problem::{Problem, shown};
use crate::words::nearest;

use super::{Case, Coverage, Suite, default_moment};

/// What came of a suite.
#[derive(Debug, Clone)]
pub struct Results {
    /// For each case, in order, what the policy decided.
    pub outcomes: Vec<Outcome>,
    /// Which rules were tried.
    pub coverage: Coverage,
}

/// What came of a case.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The number of the case in its suite.
    pub case: usize,
    /// The name of the case.
    pub name: Box<str>,
    /// What the policy decided.
    pub decision: Decision,
    /// The name of the rule that decided, if one did.
    pub rule: Option<Box<str>>,
    /// Where that is not what the case expects; empty if it passed.
    pub mismatches: Vec<Mismatch>,
}

/// A part of a decision that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// `approval`, `risk` or `rule`.
    pub what: &'static str,
    /// What the case expects; `null` for no rule.
    pub expected: String,
    /// What the policy decides; `null` for no rule.
    pub found: String,
    /// For a rule that the policy does not have.
    pub help: Option<String>,
}

impl Outcome {
    /// Whether the policy decided as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

impl Results {
    /// Whether every case passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.outcomes.iter().all(Outcome::passed)
    }

    /// How many cases failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.outcomes.iter().filter(|o| !o.passed()).count()
    }

    /// The failures with their places, to be shown like the mistakes of a policy.
    #[must_use]
    pub fn problems(&self, suite: &Suite, policy: &Policy) -> Vec<Problem> {
        let mut out = Vec::new();
        for outcome in &self.outcomes {
            if let Some(case) = suite.cases.get(outcome.case) {
                let each = outcome.mismatches.iter();
                out.extend(each.map(|m| problem(case, outcome, m, policy)));
            }
        }
        out
    }
}

fn problem(case: &Case, outcome: &Outcome, mismatch: &Mismatch, policy: &Policy) -> Problem {
    let expect = &case.expect;
    let at = match mismatch.what {
        "approval" => expect.approval.as_ref().and_then(|l| l.span.clone()),
        "risk" => expect.risk.as_ref().and_then(|l| l.span.clone()),
        _ => expect.rule.as_ref().and_then(|l| l.span.clone()),
    };
    let at = at.unwrap_or_else(|| case.span.clone());
    let decider = match (&outcome.rule, outcome.decision.by) {
        (Some(rule), _) => format!("rule `{}` decides", shown(rule)),
        (None, Decider::Language) => "the language refuses an action without a type".into(),
        (None, _) => "no rule matches, so the defaults decide".into(),
    };
    let message = format!(
        "case `{}` expects {} `{}`, and gets `{}`: {decider}",
        shown(&outcome.name),
        mismatch.what,
        shown(&mismatch.expected),
        shown(&mismatch.found)
    );
    let mut problem = Problem::error("case-failed", at, message);
    if let Some(help) = &mismatch.help {
        problem = problem.help(help.clone());
    }
    let rule = match outcome.decision.by {
        Decider::Rule(number) => policy.rule(number),
        Decider::Default | Decider::Language => None,
    };
    match rule.and_then(|r| r.name.span.clone().or_else(|| r.span.clone())) {
        Some(span) => problem.because(span, "this rule decides"),
        None => problem,
    }
}

/// Has a policy decide about every case of a suite.
#[must_use]
pub fn run(policy: &Policy, suite: &Suite) -> Results {
    let mut coverage = Coverage::new(policy);
    let outcomes = suite
        .cases
        .iter()
        .enumerate()
        .map(|(i, case)| {
            let decision = policy.decide(&case.action, case.at.unwrap_or_else(default_moment));
            coverage.count(decision.by);
            outcome(policy, i, case, decision)
        })
        .collect();
    Results { outcomes, coverage }
}

fn outcome(policy: &Policy, i: usize, case: &Case, decision: Decision) -> Outcome {
    let rule = match decision.by {
        Decider::Rule(number) => policy.rule(number).map(|r| r.name.value.clone()),
        Decider::Default | Decider::Language => None,
    };
    let mut mismatches = Vec::new();
    let mut compare = |what, expected: &str, found: &str, help| {
        if expected != found {
            mismatches.push(Mismatch {
                what,
                expected: expected.to_owned(),
                found: found.to_owned(),
                help,
            });
        }
    };
    let expect = &case.expect;
    if let Some(approval) = &expect.approval {
        let found = decision.approval.as_str();
        let why = decision
            .raised
            .map(|r| format!("a person is asked because {}", r.message()));
        compare("approval", approval.value.as_str(), found, why);
    }
    if let Some(risk) = &expect.risk {
        compare("risk", risk.value.as_str(), decision.risk.as_str(), None);
    }
    if let Some(expected) = &expect.rule
        && expected.value != rule
    {
        let help = expected
            .value
            .as_deref()
            .and_then(|name| unknown_rule(policy, name));
        mismatches.push(Mismatch {
            what: "rule",
            expected: expected.value.as_deref().unwrap_or("null").to_owned(),
            found: rule.as_deref().unwrap_or("null").to_owned(),
            help,
        });
    }
    Outcome {
        case: i,
        name: case.name.value.clone(),
        decision,
        rule,
        mismatches,
    }
}

fn unknown_rule(policy: &Policy, name: &str) -> Option<String> {
    let names = || policy.checked().rules().iter().map(|r| &*r.name.value);
    if names().any(|n| n == name) {
        return None;
    }
    Some(match nearest(name, names()) {
        Some(near) => format!(
            "the policy has no rule `{}`; did you mean `{near}`?",
            shown(name)
        ),
        None => format!("the policy has no rule `{}`", shown(name)),
    })
}
