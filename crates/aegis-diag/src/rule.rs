//! Rules and severities.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How bad a finding is. The order is from harmless to worst, so `>=` reads as "at least".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, nothing to do.
    Info,
    /// Small.
    Low,
    /// Should be looked at.
    Medium,
    /// Should be mended.
    High,
    /// Must be mended.
    Critical,
}

impl Severity {
    /// All severities, from harmless to worst.
    pub const ALL: [Self; 5] = [
        Self::Info,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// The lower-case word used in options, configuration and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|v| v.as_str() == s)
            .ok_or_else(|| {
                format!("`{s}` is not a severity; expected info, low, medium, high or critical")
            })
    }
}

/// What Aegis can report. Rules are constants; ids are stable and never reused.
#[derive(Debug)]
pub struct Rule {
    /// Stable id such as `AEG101`.
    pub id: &'static str,
    /// Kebab-case name such as `ungoverned-llm-call`.
    pub name: &'static str,
    /// Severity unless the finding says otherwise.
    pub severity: Severity,
    /// One sentence: what was found.
    pub summary: &'static str,
    /// OWASP (`ASI02`, `LLM06:2025`) and other tags.
    pub tags: &'static [&'static str],
    /// CWE number, where one fits.
    pub cwe: Option<u32>,
    /// The Aegis version that introduced the rule.
    pub since: &'static str,
    /// The rule's page in Markdown: why it matters, flagged and accepted examples.
    pub page: &'static str,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}
