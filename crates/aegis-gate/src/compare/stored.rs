//! A report that an earlier run stored as JSON, as the base of a comparison.

use aegis_diag::{CallKind, Past, Severity, Tenths, Verdict};
use serde::Deserialize;

use super::Before;
use crate::identity::{Key, SiteKey};

/// What `format` says.
const FORMAT: &str = "aegis/gate";
/// What `version` says.
const VERSION: u64 = 1;

/// Why a text is no stored report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoredError {
    /// It is not JSON, or of another shape.
    #[error("it is no report of Aegis")]
    Shape(#[from] serde_json::Error),
    /// It is something else.
    #[error(
        "its `format` is `{0}`, and `aegis/gate` is needed; `aegis gate --no-base -o json=FILE` writes one"
    )]
    Format(String),
    /// It was written by another version.
    #[error("its `version` is {0}, and this Aegis reads version 1")]
    Version(u64),
    /// It is not complete, so what it lacks would count as new, or as fixed.
    #[error("it says that not every file was analysed, so nothing can be compared with it")]
    Incomplete,
}

#[derive(Deserialize)]
struct Document {
    summary: Summary,
    findings: Vec<FindingRecord>,
    #[serde(default)]
    suppressed: Vec<SuppressedRecord>,
    call_sites: Vec<SiteRecord>,
    score: ScoreRecord,
}

#[derive(Deserialize)]
struct Summary {
    complete: bool,
}

#[derive(Deserialize)]
struct ScoreRecord {
    /// In tenths of a point.
    score: Option<Tenths>,
}

#[derive(Deserialize)]
struct FindingRecord {
    rule: RuleRecord,
    severity: Severity,
    message: String,
    location: LocationRecord,
    fingerprint: String,
    scope: Option<String>,
    symbol: Option<String>,
}

#[derive(Deserialize)]
struct SuppressedRecord {
    #[serde(flatten)]
    finding: FindingRecord,
    suppressed_by: String,
}

#[derive(Deserialize)]
struct RuleRecord {
    id: String,
}

#[derive(Deserialize)]
struct LocationRecord {
    path: String,
    line: u32,
    column: u32,
}

#[derive(Deserialize)]
struct SiteRecord {
    location: LocationRecord,
    kind: CallKind,
    scope: String,
    symbol: String,
    verdict: Verdict,
}

impl Before {
    /// What a stored report says.
    ///
    /// # Errors
    /// A text that is no such report, or one that is not complete.
    pub fn from_json(text: &str) -> Result<Self, StoredError> {
        // A list would be taken for the values of an object, in order.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(StoredError::Shape(serde::de::Error::custom(
                "expected an object, in braces",
            )));
        }
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u64,
        }
        let head: Head = serde_json::from_str(text)?;
        if head.format != FORMAT {
            return Err(StoredError::Format(head.format));
        }
        if head.version != VERSION {
            return Err(StoredError::Version(head.version));
        }
        let document: Document = serde_json::from_str(text)?;
        if !document.summary.complete {
            return Err(StoredError::Incomplete);
        }
        let site = |record: SiteRecord| {
            let path = &record.location.path;
            let key = SiteKey::new(record.kind, path, &record.scope, &record.symbol);
            (key, record.verdict)
        };
        // What a baseline knows is there all the same, so it is not new later either.
        let known = document
            .suppressed
            .into_iter()
            .filter(|record| record.suppressed_by == "baseline")
            .map(|record| record.finding);
        let findings = document.findings.into_iter().chain(known);
        Ok(Self {
            score: document.score.score,
            findings: findings.map(finding).collect(),
            sites: document.call_sites.into_iter().map(site).collect(),
        })
    }
}

fn finding(record: FindingRecord) -> (Key, Past) {
    let at = &record.location;
    let key = match (&record.scope, &record.symbol) {
        (Some(scope), Some(symbol)) => Key::site(&record.rule.id, &at.path, scope, symbol),
        _ => Key::other(&record.rule.id, &record.fingerprint),
    };
    let past = Past {
        rule: record.rule.id,
        severity: record.severity,
        message: record.message,
        place: format!("{}:{}:{}", at.path, at.line, at.column),
        fingerprint: record.fingerprint,
    };
    (key, past)
}
