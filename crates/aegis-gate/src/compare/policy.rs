//! Whether a policy lets more through than it did.

use aegis_diag::Loosening;
use aegis_policy::action::Action;
use aegis_policy::policy::Policy;
use aegis_probe::Options;
use aegis_probe::diff::{Direction, Region, Side, diff};
use aegis_report::words;

/// The policy as it was.
#[derive(Debug)]
pub enum PolicyBefore {
    /// As it is.
    Same,
    /// This.
    Was(Box<Policy>),
    /// There was none.
    Absent,
    /// It cannot be told, and why.
    Unknown(String),
}

/// What a change of the policy opens and closes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyChange {
    /// What is decided more weakly.
    pub looser: Vec<Loosening>,
    /// How many regions are decided more strictly.
    pub stricter: usize,
    /// What could not be compared, in words.
    pub undecided: Vec<String>,
}

/// A policy that lets everything run: what holds where there is none.
const NOTHING: &str = "version: \"1\"\ndefaults: { risk_level: low, approval: auto }\nrules: []\n";

/// Compares a policy with what it was. Without one everything runs, so a policy that is gone is
/// looser wherever it did not let run what it met, and one that is new is stricter there.
#[must_use]
pub fn compare_policies(now: Option<&Policy>, before: &PolicyBefore) -> PolicyChange {
    let nothing = || Policy::load("no policy", NOTHING).ok();
    let (now, before) = match (now, before) {
        (_, PolicyBefore::Same) | (None, PolicyBefore::Absent) => return PolicyChange::default(),
        (_, PolicyBefore::Unknown(why)) => {
            return PolicyChange {
                undecided: vec![why.clone()],
                ..PolicyChange::default()
            };
        }
        (Some(now), PolicyBefore::Was(was)) => return changes(was, now, true),
        (Some(now), PolicyBefore::Absent) => (Some(now), None),
        (None, PolicyBefore::Was(was)) => (None, Some(was.as_ref())),
    };
    let is_new = before.is_none();
    let Some(nothing) = nothing() else {
        return PolicyChange {
            undecided: vec!["what holds without a policy".to_owned()],
            ..PolicyChange::default()
        };
    };
    let mut change = changes(
        before.unwrap_or(&nothing),
        now.unwrap_or(&nothing),
        now.is_some(),
    );
    if is_new {
        // Nothing is weaker than what let everything run, whatever could not be compared.
        change.undecided.clear();
    }
    change
}

fn changes(before: &Policy, now: &Policy, is_there: bool) -> PolicyChange {
    let diff = diff(before, now, None, &Options::default());
    let file = now.checked().files().first();
    let path = file.filter(|_| is_there).map(|file| file.path.as_str());
    let looser = diff
        .regions
        .iter()
        .filter(|region| region.direction == Direction::Looser)
        .map(|region| loosening(region, path));
    PolicyChange {
        looser: looser.collect(),
        stricter: diff.count(Direction::Stricter),
        undecided: diff.unknown,
    }
}

fn loosening(region: &Region, path: Option<&str>) -> Loosening {
    let action = Action::from_json(&region.witness.action);
    let action = action.map_or_else(|_| region.witness.action.clone(), |a| a.to_string());
    let by = match path {
        None => ": there is no policy any more".to_owned(),
        Some(_) => format!(" by {}", decider(region.new.rule.as_ref())),
    };
    let mut witness = region.witness.clone();
    if path.is_none() {
        witness.reproduce.clone_from(&region.reproduce_old);
    }
    Loosening {
        summary: format!(
            "`{action}` {} by {}, now {}{by}",
            was(&region.old),
            decider(region.old.rule.as_ref()),
            is(&region.new),
        ),
        before: region.old.approval,
        after: region.new.approval,
        witness,
        place: path
            .zip(region.new.line)
            .map(|(path, line)| format!("{path}:{line}")),
    }
}

fn decider(rule: Option<&String>) -> String {
    rule.map_or_else(
        || "the defaults".to_owned(),
        |rule| format!("rule `{rule}`"),
    )
}

fn was(side: &Side) -> &'static str {
    match side.approval {
        "block" => "was blocked",
        "approve" => "was held for approval",
        _ => "ran unattended",
    }
}

fn is(side: &Side) -> &'static str {
    match side.approval {
        "block" => "is blocked",
        "approve" => "only needs approval",
        _ => "runs unattended",
    }
}

impl PolicyChange {
    /// How many parts could not be compared, in words.
    #[must_use]
    pub fn undecided_words(&self) -> Option<String> {
        let first = self.undecided.first()?;
        let more = self.undecided.len() - 1;
        Some(match more {
            0 => first.clone(),
            _ => format!(
                "{first}, and {}",
                words::count(more, "more part", "more parts")
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: &str = "version: \"1\"\ndefaults: { risk_level: medium, approval: approve }\nrules:\n  - name: no_deletes\n    match: { type: \"delete*\" }\n    risk_level: high\n    approval: block\n  - name: mine\n    match: { type: \"*_draft\" }\n    risk_level: low\n    approval: auto\n";

    fn load(text: &str) -> Policy {
        Policy::load("policy.yaml", text).unwrap()
    }

    fn was(text: &str) -> PolicyBefore {
        PolicyBefore::Was(Box::new(load(text)))
    }

    #[test]
    fn another_order_is_looser() {
        let (head, rules) = STRICT.split_once("  - name: no_deletes").unwrap();
        let (first, second) = rules.split_once("  - name: mine").unwrap();
        let turned = format!("{head}  - name: mine{second}  - name: no_deletes{first}");
        let change = compare_policies(Some(&load(&turned)), &was(STRICT));
        let said: Vec<&str> = change.looser.iter().map(|l| l.summary.as_str()).collect();
        insta::assert_snapshot!(said.join("\n"), @"`delete__draft` was blocked by rule `no_deletes`, now runs unattended by rule `mine`");
        assert_eq!(change.looser[0].place.as_deref(), Some("policy.yaml:4"));
        assert!(change.undecided.is_empty());
        let back = compare_policies(Some(&load(STRICT)), &was(&turned));
        assert!(back.looser.is_empty() && back.stricter == 1);
    }

    #[test]
    fn a_policy_that_is_gone_is_looser_and_a_new_one_stricter() {
        let gone = compare_policies(None, &was(STRICT));
        assert!(
            gone.looser
                .iter()
                .any(|l| l.before == "block" && l.after == "auto")
        );
        assert!(gone.looser.iter().all(|l| l.place.is_none()));
        let new = compare_policies(Some(&load(STRICT)), &PolicyBefore::Absent);
        assert!(new.looser.is_empty() && new.stricter > 0);
        let none = compare_policies(None, &PolicyBefore::Absent);
        assert_eq!(none, PolicyChange::default());
    }

    #[test]
    fn what_cannot_be_told_is_undecided() {
        let why = "it is not under version control".to_owned();
        let change = compare_policies(Some(&load(STRICT)), &PolicyBefore::Unknown(why.clone()));
        assert_eq!(change.undecided, [why]);
    }
}
