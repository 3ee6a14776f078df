//! The words of findings.

use aegis_diag::{Rule, Witness};

use crate::rules;
use crate::suspect::Suspect;

/// The family of findings of a rule: its name as in the established output.
pub(crate) fn category(rule: &Rule) -> &'static str {
    match rule.id {
        "AEG201" => "missing_coverage",
        "AEG202" => "glob_bypass",
        "AEG203" => "default_fallthrough",
        "AEG204" => "escalation",
        "AEG205" => "target_gap",
        "AEG206" => "wildcard_rule",
        "AEG207" => "shadowed_rule",
        "AEG208" => "redundant_rule",
        "AEG209" => "rule_conflict",
        "AEG210" => "condition_gap",
        "AEG211" => "condition_never_matches",
        "AEG212" => "normalization",
        "AEG213" => "guard_removed",
        "AEG214" => "unknown",
        "AEG215" => "agent_gap",
        _ => "waiver",
    }
}

/// What to do about the findings of a rule, where no fix was found.
pub(super) fn advice(id: &str) -> &'static str {
    match id {
        "AEG201" => {
            "add a rule for it that asks or blocks; `match: {effect: ...}` meets every name"
        }
        "AEG202" => "widen the pattern, or match the effect instead of the name",
        "AEG203" => {
            "set `defaults: {approval: approve}` or `block`, and allow what is harmless by rule"
        }
        "AEG204" => "let a person approve at least one step of the chain",
        "AEG205" => "name the other spellings of the target, or widen its pattern",
        "AEG206" => "name what may run unattended, and let the rest be asked",
        "AEG207" => "move the rule before the one that hides it, or remove it",
        "AEG208" => "remove the rule",
        "AEG209" => "move the stricter rule before the weaker one",
        "AEG210" => {
            "close the gap: `param_missing`, the other bound, or a rule without the condition"
        }
        "AEG211" => "correct the condition, or remove the rule",
        "AEG212" => "match the canonical spelling",
        "AEG213" => "bring the rule back, or write a new baseline if the change is meant",
        "AEG214" => "split the rule, or make its conditions simpler",
        "AEG215" => "name the other agents as well, or drop `agent` from the restriction",
        _ => "correct the comment or remove it",
    }
}

/// What a finding adds below its place.
pub(super) fn notes(suspect: &Suspect, witnesses: &[Witness]) -> Vec<String> {
    let mut notes = Vec::new();
    if suspect.rule == &rules::ESCALATION {
        for (i, witness) in witnesses.iter().enumerate() {
            notes.push(format!("step {}: {}", i + 1, shown(witness)));
        }
    } else if let Some(witness) = witnesses.first() {
        notes.push(format!("witness: {}", shown(witness)));
    }
    if let Some(expected) = &suspect.expected {
        notes.push(format!("expected: {expected}"));
    }
    let (count, examples) = &suspect.affected;
    if *count > 1 {
        let names: Vec<String> = examples
            .iter()
            .take(super::EXAMPLES)
            .map(|name| format!("`{}`", quote(name)))
            .collect();
        let such = match names.is_empty() {
            true => String::new(),
            false => format!(", such as {}", names.join(", ")),
        };
        notes.push(format!("concerns {count} actions looked at{such}"));
    }
    for assumed in &suspect.assumes {
        notes.push(format!("given that {assumed}"));
    }
    notes
}

/// A witness as one line.
fn shown(witness: &Witness) -> String {
    let by = match &witness.rule {
        Some(rule) => format!("by rule `{}`", quote(rule)),
        None => "by the default".to_owned(),
    };
    let action = quote(&witness.action);
    format!("{action} at {} {} {by}", witness.at, runs(witness.approval))
}

/// What an approval means for an action.
pub(crate) fn runs(approval: &str) -> &'static str {
    match approval {
        "auto" => "runs unattended",
        "approve" => "asks a person",
        _ => "is blocked",
    }
}

/// A text of the policy, cut, on one line, nothing hidden.
pub(crate) fn quote(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == LONGEST {
            out.push_str("...");
            break;
        }
        if c.is_control() || aegis_policy::name::is_ignorable(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}
