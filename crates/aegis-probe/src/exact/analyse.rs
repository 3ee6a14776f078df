//! All exact analyses of one policy, as suspects.

use aegis_diag::{Certainty, Rule, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::{Decider, Decision};
use aegis_policy::model::{Approval, Effect};

use super::Exact;
use crate::suspect::{Subject, Suspect};
use crate::{Found, Input, Options, rules};

/// Runs every exact analysis.
pub(crate) fn analyse(input: &Input<'_>, options: &Options, found: &mut Found) {
    let exact = Exact::new(input.policy, options);
    let reaches = exact.reaches();
    exact.shadowed(&reaches, found);
    exact.never(found);
    exact.fallthrough(found);
    exact.redundant(&reaches, found);
    exact.conflicts(&reaches, found);
    exact.condition_gaps(&reaches, input.tools, options, found);
    exact.allow_lists(&reaches, options, found);
    exact.spellings_of_keys(input.tools, found);
    exact.time_holes(&reaches, found);
    exact.agent_holes(&reaches, found);
}

/// A suspect with what all have; the rest is filled in by the analysis.
pub(super) fn suspect(
    rule: &'static Rule,
    subject: Subject,
    operator: &'static str,
    message: String,
) -> Suspect {
    Suspect {
        rule,
        subject,
        decider: Decider::Default,
        operator,
        severity: rule.severity,
        certainty: Certainty::Proved,
        assumes: Vec::new(),
        message,
        expected: None,
        witnesses: Vec::new(),
        affected: (0, Vec::new()),
        ideas: Vec::new(),
    }
}

/// A question that was too much.
pub(super) fn unknown(subject: Subject, operator: &'static str, message: String) -> Suspect {
    suspect(&rules::UNKNOWN, subject, operator, message)
}

impl Exact<'_> {
    /// The name of a rule, as it is shown.
    pub(super) fn name(&self, rule: usize) -> &str {
        let rule = self.policy.checked().rules().get(rule);
        rule.map_or("", |rule| &rule.name.value)
    }

    /// Names of rules for a sentence: `a`, `b` and `c`.
    pub(super) fn names(&self, rules: &[usize]) -> String {
        let all: Vec<String> = rules
            .iter()
            .map(|r| format!("`{}`", self.name(*r)))
            .collect();
        match all.split_last() {
            None => String::new(),
            Some((only, [])) => only.clone(),
            Some((last, rest)) if rest.len() < 4 => format!("{} and {last}", rest.join(", ")),
            Some(_) => {
                let first = all.get(..3).unwrap_or_default().join(", ");
                format!("{first} and {} more", all.len() - 3)
            }
        }
    }

    /// Decides, and counts it.
    pub(super) fn decide(&self, found: &mut Found, action: &Action, at: Moment) -> Decision {
        found.probes += 1;
        self.policy.decide(action, at)
    }

    /// Who decided, in words.
    pub(super) fn by(&self, decider: Decider) -> String {
        match decider {
            Decider::Rule(rule) => format!("rule `{}`", self.name(rule as usize)),
            Decider::Default => "the defaults".to_owned(),
            Decider::Language => "the language".to_owned(),
        }
    }

    /// What a rule says is to happen.
    pub(super) fn approval(&self, rule: usize) -> Approval {
        let rule = self.policy.checked().rules().get(rule);
        rule.map_or(Approval::Approve, |rule| rule.approval.value)
    }
}

/// Whether an effect is one that does harm by itself.
pub(super) fn is_critical(effect: Option<Effect>) -> bool {
    matches!(
        effect,
        Some(Effect::Delete | Effect::Execute | Effect::Pay | Effect::Privilege)
    )
}

/// Whether an effect is more than looking at something.
pub(super) fn is_sensitive(effect: Option<Effect>) -> bool {
    !matches!(effect, None | Some(Effect::Read))
}

/// How bad it is that an action runs unattended.
pub(super) fn unattended(effect: Option<Effect>) -> Severity {
    if is_critical(effect) {
        Severity::High
    } else {
        Severity::Medium
    }
}
