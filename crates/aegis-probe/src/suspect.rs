//! What the analyses hand over: a suspicion with the actions that show it, before it becomes a
//! finding.
//!
//! Analyses only produce suspects. Grouping by cause, severity, words, places, fixes and
//! fingerprints are made in one place afterwards, so that all findings read alike.

use aegis_diag::{Certainty, Rule, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;

/// A suspicion about a policy.
#[derive(Debug, Clone)]
pub(crate) struct Suspect {
    /// Which rule of Aegis it breaks; its name is the category.
    pub(crate) rule: &'static Rule,
    /// What it is about: the place shown.
    pub(crate) subject: Subject,
    /// Who decides the witness instead.
    pub(crate) decider: Decider,
    /// The family of changes that leads there, such as `synonym` or `affix`; part of the cause.
    pub(crate) operator: &'static str,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// How sure it is.
    pub(crate) certainty: Certainty,
    /// What must hold for it.
    pub(crate) assumes: Vec<String>,
    /// One sentence, no full stop.
    pub(crate) message: String,
    /// What was to be expected instead.
    pub(crate) expected: Option<String>,
    /// Actions that show it, the most telling first. Empty only where nothing can be shown, such
    /// as a rule that never decides.
    pub(crate) witnesses: Vec<(Action, Moment)>,
    /// How many actions are concerned, and the most telling names.
    pub(crate) affected: (usize, Vec<String>),
    /// Changes worth trying, the best first.
    pub(crate) ideas: Vec<Idea>,
}

/// What a suspicion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// The whole of a rule, by its 0-based number.
    Rule(usize),
    /// One pattern of a rule's match: rule, field, 0-based number in the list.
    Pattern(usize, Field, usize),
    /// One condition of a rule: rule, 0-based number.
    Condition(usize, usize),
    /// The defaults.
    Defaults,
}

/// A field of `match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Field {
    /// `type`
    Type,
    /// `target`
    Target,
    /// `agent`
    Agent,
}

/// A change to a policy that may close a suspicion. It is tried on a copy before anyone sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Idea {
    /// Put one pattern in the place of another.
    Replace {
        /// The rule.
        rule: usize,
        /// The field.
        field: Field,
        /// Which pattern of the list.
        at: usize,
        /// The new pattern.
        with: String,
    },
    /// Add patterns to a field of a rule.
    Widen {
        /// The rule.
        rule: usize,
        /// The field.
        field: Field,
        /// The patterns to add.
        add: Vec<String>,
    },
    /// Move a rule before another.
    Move {
        /// The rule to move.
        rule: usize,
        /// The rule it goes before.
        before: usize,
    },
    /// Insert a rule, given as the YAML of one list item at column 0, before another; at the end if
    /// there is none.
    Insert {
        /// The item, starting with `- name:`.
        yaml: String,
        /// The rule it goes before.
        before: Option<usize>,
    },
    /// Remove a rule.
    Remove {
        /// The rule.
        rule: usize,
    },
    /// Put another operand or key in the place of a condition's.
    Condition {
        /// The rule.
        rule: usize,
        /// Which condition.
        at: usize,
        /// The new key, if it changes, such as `param_gte`.
        key: Option<&'static str>,
        /// The new operand as YAML, if it changes.
        operand: Option<String>,
    },
    /// Set the approval of the defaults.
    DefaultApproval(&'static str),
}
