//! Guards: actions that must stay restricted.
//!
//! They are what each restrictive rule of a policy stopped when a baseline was written. A later
//! policy that decides one of them more weakly is reported, whatever became of the rule. The file
//! that holds them, beside the findings that are known, belongs to the gate.

use std::collections::BTreeMap;

use aegis_diag::{Affected, Certainty, Finding, Proof, content_fingerprint};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::model::Approval;
use aegis_policy::policy::Policy;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::assemble::{self, Assembled, category, quote, runs};
use crate::suspect::Subject;
use crate::{Input, Options, ProbeReport, compare, rules};

/// What a policy restricted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guards {
    /// SHA-256 of the policy they were taken from.
    policy_sha256: String,
    /// The set of names that its robustness score refers to.
    reference: String,
    guards: Vec<Guard>,
}

/// An action that a rule stopped.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Guard {
    /// The rule that stopped it.
    rule: String,
    action: Box<RawValue>,
    at: String,
    /// What was decided: `approve` or `block`.
    approval: String,
}

/// Why a guard cannot be used: `guard 3 of rule `no-delete` has ...`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("guard {number} of rule `{rule}` {what}")]
pub struct GuardError {
    /// Its 1-based place in the list.
    pub number: usize,
    /// The rule it names.
    pub rule: String,
    /// What is wrong with it.
    pub what: String,
}

impl Guards {
    /// What each restrictive rule of a policy stops now.
    #[must_use]
    pub fn of(input: &Input<'_>, options: &Options, report: &ProbeReport) -> Self {
        Self {
            policy_sha256: digest(input.policy),
            reference: report.score.reference.to_owned(),
            guards: guards(input, options),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.guards.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.guards.is_empty()
    }

    /// Whether they were taken from this very policy.
    #[must_use]
    pub fn are_of(&self, policy: &Policy) -> bool {
        self.policy_sha256 == digest(policy)
    }

    /// These guards, and those of an earlier time that are not among them.
    #[must_use]
    pub fn joined(mut self, earlier: &Self) -> Self {
        let has = |guards: &[Guard], one: &Guard| {
            let same = |g: &Guard| {
                g.rule == one.rule && g.action.get() == one.action.get() && g.at == one.at
            };
            guards.iter().any(same)
        };
        for guard in &earlier.guards {
            // What was stopped then is what counts, if it is decided more weakly now.
            self.guards.retain(|g| !has(std::slice::from_ref(guard), g));
            self.guards.push(guard.clone());
        }
        self.guards.sort_by(|a, b| {
            (&a.rule, a.action.get(), &a.at).cmp(&(&b.rule, b.action.get(), &b.at))
        });
        self
    }

    /// Checks that each can be decided.
    ///
    /// # Errors
    /// The first guard that is no action, has no moment, or names no approval.
    pub fn check(&self) -> Result<(), GuardError> {
        for (i, guard) in self.guards.iter().enumerate() {
            guard.read().map_err(|what| GuardError {
                number: i + 1,
                rule: quote(&guard.rule),
                what,
            })?;
        }
        Ok(())
    }

    /// What was stopped and is decided more weakly now, as findings: one for each rule.
    #[must_use]
    pub fn findings(&self, policy: &Policy) -> Vec<Finding> {
        let removed = self.removed(policy).into_iter();
        removed.map(|assembled| assembled.finding).collect()
    }

    /// What was stopped and is decided more weakly now: one for each rule.
    pub(crate) fn removed(&self, policy: &Policy) -> Vec<Assembled> {
        let mut rules: BTreeMap<&str, Vec<(&Guard, Action, Moment)>> = BTreeMap::new();
        for guard in &self.guards {
            let Ok((action, at, approval)) = guard.read() else {
                continue;
            };
            if policy.decide(&action, at).approval < approval {
                let weaker = rules.entry(guard.rule.as_str()).or_default();
                weaker.push((guard, action, at));
            }
        }
        rules
            .into_iter()
            .filter_map(|(rule, weaker)| removed(policy, rule, &weaker))
            .collect()
    }
}

impl Guard {
    fn read(&self) -> Result<(Action, Moment, Approval), String> {
        let action = Action::from_json(self.action.get()).map_err(|e| format!("is {e}"))?;
        let at = Moment::parse(&self.at);
        let at = at.ok_or_else(|| {
            let at = quote(&self.at);
            format!("has `{at}` for a time; expected one such as `2026-03-02T23:30:00Z`")
        })?;
        let approval = self
            .approval
            .parse()
            .map_err(|e| format!("is wrong: {e}"))?;
        Ok((action, at, approval))
    }
}

fn removed(policy: &Policy, rule: &str, weaker: &[(&Guard, Action, Moment)]) -> Option<Assembled> {
    let number = policy
        .checked()
        .rules()
        .iter()
        .position(|r| &*r.name.value == rule);
    let (first, action, at) = weaker.first()?;
    let decision = policy.decide(action, *at);
    let subject = match (number, decision.by) {
        (Some(number), _) => Subject::Rule(number),
        (None, Decider::Rule(number)) => Subject::Rule(number as usize),
        (None, _) => Subject::Defaults,
    };
    let (span, label) = assemble::subject(policy, subject);
    let now = runs(decision.approval.as_str());
    let message = format!(
        "`{}` was stopped by rule `{}` and {now} now, decided by {}",
        quote(&action.to_string()),
        quote(rule),
        assemble::who(policy, decision.by),
    );
    let mut finding = Finding::at(&rules::GUARD_REMOVED, span, message, label)
        .help("bring the rule back, or write a new baseline if the change is meant");
    let was = first.approval.as_str();
    finding.notes.push(format!(
        "the baseline says `{was}`; {} of its actions are decided more weakly",
        weaker.len()
    ));
    finding.fingerprint = content_fingerprint("AEG213", "", rule, &action.to_json(), 0);
    let witnesses: Vec<(Action, Moment)> = weaker
        .iter()
        .map(|(_, action, at)| (action.clone(), *at))
        .collect();
    finding.proof = Some(Box::new(Proof {
        category: category(&rules::GUARD_REMOVED),
        certainty: Certainty::Proved,
        assumes: Vec::new(),
        witnesses: witnesses
            .iter()
            .take(5)
            .map(|(action, at)| assemble::witness(policy, action, *at))
            .collect(),
        expected: Some(format!("at least as strict as `{was}`")),
        explain: Vec::new(),
        affected: Affected {
            count: witnesses.len(),
            examples: witnesses
                .iter()
                .take(8)
                .map(|(a, _)| a.to_string())
                .collect(),
        },
        fix: None,
    }));
    Some(Assembled {
        finding,
        ideas: Vec::new(),
    })
}

/// What each restrictive rule stops: an action of its own, and real names that it meets.
fn guards(input: &Input<'_>, options: &Options) -> Vec<Guard> {
    let policy = input.policy;
    let mut out = Vec::new();
    for (action, at) in compare::guards(input, options) {
        let decision = policy.decide(&action, at);
        let Decider::Rule(number) = decision.by else {
            continue;
        };
        let (Some(rule), Ok(json)) = (policy.rule(number), RawValue::from_string(action.to_json()))
        else {
            continue;
        };
        out.push((
            number,
            Guard {
                rule: rule.name.value.to_string(),
                action: json,
                at: at.to_string(),
                approval: decision.approval.to_string(),
            },
        ));
    }
    out.sort_by(|(a, x), (b, y)| (a, x.action.get(), &x.at).cmp(&(b, y.action.get(), &y.at)));
    out.dedup_by(|(a, x), (b, y)| a == b && x.action.get() == y.action.get() && x.at == y.at);
    out.into_iter().map(|(_, guard)| guard).collect()
}

fn digest(policy: &Policy) -> String {
    let mut hash = Sha256::new();
    for file in policy.checked().files() {
        hash.update(file.text.as_bytes());
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
