//! The report: everything one run has to say.

use std::time::Duration;

use serde::Serialize;

use crate::{CallSite, Change, Finding, ModelUse, Rule, Scorecard, Step, ToolRuns, Verdict};

/// Why a file or folder was not (fully) analysed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// The file is over the size cap, in bytes.
    #[error("is larger than {0} bytes")]
    TooLarge(u64),
    /// The operating system refused.
    #[error("cannot be read: {0}")]
    Io(String),
    /// The bytes are not text in the declared encoding.
    #[error("cannot be decoded: {0}")]
    Encoding(String),
    /// A notebook is not valid JSON or not a notebook.
    #[error("is not a valid notebook: {0}")]
    Notebook(String),
    /// Parts of the file are not valid syntax; the rest was analysed.
    #[error("has a syntax error on line {line}; the rest was analysed")]
    Syntax {
        /// 1-based line of the first error.
        line: u32,
    },
    /// An expression is nested too deeply; the rest was analysed.
    #[error(
        "is nested more than {limit} levels deep on line {line}; what lies deeper was not analysed"
    )]
    TooDeep {
        /// The limit that was hit.
        limit: u32,
        /// 1-based line.
        line: u32,
    },
    /// A symbolic link leads back to a folder it lies in, or to nothing.
    #[error("is a symbolic link that leads nowhere or back to itself")]
    Link,
    /// The file changed between analysis and report.
    #[error("changed while it was analysed")]
    Changed,
    /// The analysis of this file ran into a bug of Aegis.
    #[error("made the analysis fail, which is a bug of Aegis: {0}")]
    Panicked(String),
}

impl SkipReason {
    /// A stable word for machine-readable output.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too_large",
            Self::Io(_) => "unreadable",
            Self::Encoding(_) => "undecodable",
            Self::Notebook(_) => "bad_notebook",
            Self::Syntax { .. } => "syntax_error",
            Self::TooDeep { .. } => "too_deep",
            Self::Link => "bad_link",
            Self::Changed => "changed",
            Self::Panicked(_) => "internal_error",
        }
    }

    /// Whether the rest of the file was analysed all the same.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        matches!(self, Self::Syntax { .. } | Self::TooDeep { .. })
    }
}

/// A file or folder that was not, or not fully, analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// As shown to people.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
}

/// What keeps a finding from counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressedBy {
    /// A comment beside it.
    Comment,
    /// A baseline that knows it.
    Baseline,
}

/// A finding that a comment or a baseline keeps from counting. It never raises a score.
#[derive(Debug, Clone)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// What suppressed it.
    pub by: SuppressedBy,
    /// The reason given in the comment or the baseline.
    pub reason: Option<String>,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FileStats {
    /// Python files and notebooks that were found and read.
    pub analysed: usize,
    /// Of these, how many could carry an AI value and were parsed.
    pub parsed: usize,
    /// Of the parsed files, how many were judged by what they import themselves, without following
    /// values into or out of other files: installed packages, and SDKs where very much code
    /// imports AI packages.
    pub alone: usize,
    /// Bytes of all analysed files.
    pub bytes: u64,
    /// Folders and files left out by ignore files, built-in or configured exclusions.
    pub excluded: usize,
}

/// Everything one run found, in report order. Equal inputs give equal reports.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What counts against the program, in report order.
    pub findings: Vec<Finding>,
    /// What comments and baselines suppressed, in report order.
    pub suppressed: Vec<Suppressed>,
    /// All call sites with their verdicts, in report order.
    pub sites: Vec<CallSite>,
    /// The tools among them that run what the model chooses, in report order.
    pub tool_runs: Vec<ToolRuns>,
    /// The models that calls name where that can be read without running them, in report order.
    pub models: Vec<ModelUse>,
    /// What could not be analysed, sorted by path.
    pub skipped: Vec<Skipped>,
    /// The trees that were left out (ignored folders, excluded patterns), sorted.
    pub excluded: Vec<String>,
    /// What was looked at.
    pub files: FileStats,
    /// Every rule that could have fired, sorted by id.
    pub rules: Vec<&'static Rule>,
    /// Answer to `--why`: the chain of values that led to each verdict, a heading and its steps.
    pub why: Vec<(String, Vec<Step>)>,
    /// The score, where one was asked for.
    pub score: Option<Scorecard>,
    /// The comparison with a base and the verdict, for a gate.
    pub change: Option<Change>,
    /// Wall time, for people; never part of machine-readable output, which is deterministic.
    pub elapsed: Option<Duration>,
}

impl Report {
    /// The number of call sites with this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.sites.iter().filter(|s| s.verdict == verdict).count()
    }

    /// Whether something in scope was not fully analysed.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        !self.skipped.is_empty()
    }
}
