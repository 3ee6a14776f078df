//! What the analysis of a policy adds to a finding: how sure it is, an action that shows it, and a
//! change that was tried and mends it.

use std::ops::Range;

use serde::Serialize;

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// What a name means or which action matters was judged by vocabulary; each decision shown is real.
    Heuristic,
    /// Proved, given what `assumes` says.
    ProvedGiven,
    /// Proved for every action there is.
    Proved,
}

impl Certainty {
    /// The word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Heuristic => "heuristic",
            Self::ProvedGiven => "proved-given",
            Self::Proved => "proved",
        }
    }
}

/// An action and what the policy answers, as the engine decided it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// The action as canonical JSON: what `aegis simulate --action-file -` takes.
    pub action: String,
    /// The moment, RFC 3339 in UTC.
    pub at: String,
    /// `auto`, `approve` or `block`.
    pub approval: &'static str,
    /// `low`, `medium`, `high` or `critical`.
    pub risk: &'static str,
    /// The rule that decides; `None` if the defaults or the language do.
    pub rule: Option<String>,
    /// A command that reproduces it, quoted for a POSIX shell.
    pub reproduce: String,
}

/// How many actions a finding speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Affected {
    /// How many of those looked at.
    pub count: usize,
    /// The most telling of them.
    pub examples: Vec<String>,
}

/// One replacement in a policy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// Bytes to replace; empty to insert.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
}

/// A change that was applied to a copy and probed again before it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it does, as an order: `widen `delete*` to `*delete*``.
    pub title: String,
    /// Replacements in the file of the finding, sorted, not overlapping.
    pub edits: Vec<Edit>,
    /// Whether no decision gets weaker, so that `--fix` may apply it.
    pub safe: bool,
    /// Fingerprints of the findings that are gone afterwards.
    pub closes: Vec<String>,
    /// Harmless names that the policy treats more strictly afterwards.
    pub restricts: Affected,
}

/// What the analysis of a policy adds to a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The family of findings, such as `missing_coverage`.
    pub category: &'static str,
    /// How sure it is.
    pub certainty: Certainty,
    /// What must hold for it, such as `the statement "is spam" holds`.
    pub assumes: Vec<String>,
    /// Actions that show it, the most telling first; a chain has one for each step.
    pub witnesses: Vec<Witness>,
    /// What was to be expected instead, in words.
    pub expected: Option<String>,
    /// For each earlier rule why it did not decide.
    pub explain: Vec<String>,
    /// How many actions are concerned.
    pub affected: Affected,
    /// A verified change, if one was found.
    pub fix: Option<Fix>,
}
