//! What a change does to a program and its policy, and the verdict on it.

use serde::Serialize;

use crate::{Severity, Tenths, Witness};

/// A program and its policy beside what they were before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is compared with, as shown to people: `origin/main (1a2b3c4)`, `report base.json`.
    /// `None` if there is nothing to compare with, such as in the first commit.
    pub base: Option<String>,
    /// The score of the base; `None` if it had nothing to govern, or there is no base.
    pub score_before: Option<Tenths>,
    /// Fingerprints of the findings of the report that the base does not have. Without a base all
    /// that no baseline knows.
    pub new: Vec<String>,
    /// Findings of the base that are gone.
    pub fixed: Vec<Past>,
    /// Share of the new and changed call sites that is governed, in tenths of a percent; `None` if
    /// there are none.
    pub score_new: Option<Tenths>,
    /// New call sites: how many there are.
    pub new_sites: usize,
    /// What the policy lets through now that it held up before.
    pub looser: Vec<Loosening>,
    /// How many regions of actions the policy holds up now that it let through before.
    pub stricter: usize,
    /// Whether a part of the policies could not be compared within the budget.
    pub undecided: usize,
    /// What was asked of the change and whether it holds, in the order it was checked.
    pub checks: Vec<Check>,
}

impl Change {
    /// Whether every check holds.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }

    /// Whether a finding is new.
    #[must_use]
    pub fn is_new(&self, fingerprint: &str) -> bool {
        self.new.iter().any(|new| new == fingerprint)
    }
}

/// A finding that is no longer there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Past {
    /// Id of its rule.
    pub rule: String,
    /// How severe it was.
    pub severity: Severity,
    /// What it said.
    pub message: String,
    /// Where it was, as shown to people.
    pub place: String,
    /// Its key.
    pub fingerprint: String,
}

/// Actions that a policy decides more weakly than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loosening {
    /// What changed: `deletes of prod/* ran after approval, now run unattended`.
    pub summary: String,
    /// What was decided before: `auto`, `approve` or `block`.
    pub before: &'static str,
    /// What is decided now.
    pub after: &'static str,
    /// An action that shows it, as the new policy decides it.
    pub witness: Witness,
    /// Where the rule that decides now stands, `path:line`, if a rule does.
    pub place: Option<String>,
}

/// One condition of the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The option that asks for it without dashes, such as `max-drop`.
    pub id: &'static str,
    /// Whether it holds.
    pub passed: bool,
    /// What was asked and what was found, in one sentence without full stop.
    pub message: String,
}
