//! Remarks about places in files: what findings and the problems of policies have in common, so
//! that both are drawn alike.

use aegis_diag::{Finding, Label, Severity};

use crate::{Options, github, snippet};

pub use crate::github::harmless;

/// How loud a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loudness {
    /// Good to know.
    Note,
    /// Should be looked at.
    Warning,
    /// Must be looked at.
    Error,
}

impl From<Severity> for Loudness {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low | Severity::Info => Self::Note,
        }
    }
}

/// Something to say about a place in a file.
#[derive(Debug, Clone, Copy)]
pub struct Remark<'a> {
    /// How loud it is said.
    pub loudness: Loudness,
    /// The word it starts with, such as `high` or `error`.
    pub word: &'a str,
    /// A stable id for machines, such as `AEG101` or `unknown-key`.
    pub id: &'a str,
    /// What is said: one sentence, no full stop.
    pub message: &'a str,
    /// The place and what it is.
    pub primary: &'a Label,
    /// Further places that explain it, in reading order.
    pub related: &'a [Label],
    /// Plain remarks below the source.
    pub notes: &'a [String],
    /// What to do about it.
    pub help: Option<&'a str>,
}

impl<'a> From<&'a Finding> for Remark<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            loudness: finding.severity.into(),
            word: finding.severity.as_str(),
            id: finding.rule.id,
            message: &finding.message,
            primary: &finding.primary,
            related: &finding.related,
            notes: &finding.notes,
            help: finding.help.as_deref(),
        }
    }
}

impl Remark<'_> {
    /// The remark with its source underlined, for people. No line ending at the end.
    #[must_use]
    pub fn snippet(&self, options: &Options) -> String {
        snippet::render(self, options)
    }
}

/// GitHub workflow commands of remarks, each with its title: one line per annotation, the loudest
/// first among equals in the order given. A step may make ten of each level; what is over is
/// counted in a closing notice.
#[must_use]
pub fn annotations<'a>(
    remarks: impl IntoIterator<Item = (String, Remark<'a>)>,
    options: &Options,
) -> Vec<String> {
    let remarks: Vec<_> = remarks.into_iter().collect();
    github::annotations(&remarks, options)
}
