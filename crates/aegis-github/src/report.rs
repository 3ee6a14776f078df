//! The report of the gate, as far as publishing needs it.
//!
//! Read from the JSON document (`aegis/gate`, version 1) and leniently: keys that are not needed are
//! not looked at, so that a newer gate can be published by an older publisher and the other way
//! round. What must be there for a verdict must be there.

use aegis_diag::Severity;
use serde::{Deserialize, Deserializer};

/// The documents that can be read, and the version of them.
const FORMATS: [&str; 2] = ["aegis/gate", "aegis/scan"];
const VERSION: u32 = 1;

/// A document that is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is no JSON, or not of this shape.
    #[error("it is not a report of `aegis gate`")]
    Shape(#[source] serde_json::Error),
    /// It is another document, or a later version.
    #[error("it is `{format}` version {version}; expected `aegis/gate` version {VERSION}")]
    Other {
        /// What it is.
        format: String,
        /// Its version.
        version: u32,
    },
}

/// A report.
#[derive(Debug, Clone, Deserialize)]
pub struct Report {
    format: String,
    version: u32,
    /// Counts.
    pub summary: Summary,
    /// Open findings, in report order.
    pub findings: Vec<Finding>,
    /// The score, if one was computed.
    pub score: Option<Score>,
    /// What changed against the base, and the checks.
    pub change: Option<Change>,
}

/// Counts.
#[derive(Debug, Clone, Deserialize)]
pub struct Summary {
    /// Whether everything in scope was fully analysed.
    pub complete: bool,
    /// Open findings.
    pub findings: usize,
    /// Suppressed and baselined findings.
    pub suppressed: usize,
    /// Call sites by verdict.
    pub call_sites: CallSites,
}

/// Call sites by verdict.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct CallSites {
    /// All of them.
    pub total: usize,
    /// Those governed on every way in.
    pub governed: usize,
}

/// A finding.
#[derive(Debug, Clone, Deserialize)]
pub struct Finding {
    /// Its rule.
    pub rule: Rule,
    /// How severe it is.
    #[serde(deserialize_with = "severity")]
    pub severity: Severity,
    /// What it says.
    pub message: String,
    /// Where it is.
    pub location: Location,
    /// Remarks.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether the base does not have it; absent if there is nothing to compare with.
    pub new: Option<bool>,
}

/// A rule.
#[derive(Debug, Clone, Deserialize)]
pub struct Rule {
    /// Its id, `AEG101`.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A place. Lines and columns are 1-based, the end column is exclusive.
#[derive(Debug, Clone, Deserialize)]
pub struct Location {
    /// Relative to where the gate ran.
    pub path: String,
    /// First line, for notebooks of the cells joined.
    pub line: u32,
    /// Column in it.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column in it.
    pub end_column: u32,
    /// Line of the file on disk.
    pub raw_line: u32,
    /// For notebooks: the cell.
    pub cell: Option<u32>,
}

/// The score of a program and its policy.
#[derive(Debug, Clone, Deserialize)]
pub struct Score {
    /// In tenths of a point; `None` if there is nothing to govern.
    pub score: Option<u16>,
}

/// What a change does.
#[derive(Debug, Clone, Deserialize)]
pub struct Change {
    /// What it is compared with; `None` if there is nothing.
    pub base: Option<String>,
    /// The score before, in tenths.
    pub score_before: Option<u16>,
    /// Findings that are gone.
    #[serde(default)]
    pub fixed: Vec<serde::de::IgnoredAny>,
    /// Share of new and changed call sites that is governed, in tenths of a percent.
    pub score_new: Option<u16>,
    /// New call sites.
    #[serde(default)]
    pub new_sites: usize,
    /// What the policy lets through now.
    #[serde(default)]
    pub looser: Vec<Loosening>,
    /// How many regions of actions it holds up now.
    #[serde(default)]
    pub stricter: usize,
    /// How much could not be compared.
    #[serde(default)]
    pub undecided: usize,
    /// What was asked, and whether it holds.
    pub checks: Vec<Check>,
}

/// What a policy decides more weakly.
#[derive(Debug, Clone, Deserialize)]
pub struct Loosening {
    /// What it is.
    pub summary: String,
    /// `path:line` of the rule that decides now.
    pub place: Option<String>,
}

/// A condition of the gate.
#[derive(Debug, Clone, Deserialize)]
pub struct Check {
    /// Its option.
    pub id: String,
    /// Whether it holds.
    pub passed: bool,
    /// What was asked and found.
    pub message: String,
}

fn severity<'de, D: Deserializer<'de>>(input: D) -> Result<Severity, D::Error> {
    let word = String::deserialize(input)?;
    word.parse().map_err(serde::de::Error::custom)
}

impl Report {
    /// Reads the document.
    ///
    /// # Errors
    ///
    /// If it is another document or lacks what a verdict needs.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ReportError> {
        let report: Self = serde_json::from_slice(bytes).map_err(ReportError::Shape)?;
        if !FORMATS.contains(&report.format.as_str()) || report.version != VERSION {
            let (format, version) = (report.format, report.version);
            return Err(ReportError::Other { format, version });
        }
        Ok(report)
    }

    /// The score in whole points, rounded down; `None` if there is none.
    #[must_use]
    pub fn points(&self) -> Option<u16> {
        self.score.as_ref()?.score.map(|tenths| tenths / 10)
    }

    /// The score before, likewise.
    #[must_use]
    pub fn points_before(&self) -> Option<u16> {
        self.change.as_ref()?.score_before.map(|tenths| tenths / 10)
    }

    /// The findings that the base does not have.
    pub fn new_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.new == Some(true))
    }

    /// The checks that do not hold.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        let checks = self.change.iter().flat_map(|change| &change.checks);
        checks.filter(|check| !check.passed)
    }

    /// Whether there is anything that a reviewer has to know: something got better or worse, or the
    /// gate fails.
    #[must_use]
    pub fn has_news(&self) -> bool {
        let Some(change) = &self.change else {
            return true;
        };
        let now = self.score.as_ref().and_then(|score| score.score);
        let moved = change.base.is_some() && change.score_before != now;
        moved
            || self.new_findings().next().is_some()
            || self.failed().next().is_some()
            || !change.fixed.is_empty()
            || !change.looser.is_empty()
            || change.new_sites + change.stricter + change.undecided > 0
    }

    /// The grade of the change: the share of the new and changed call sites that is governed, from
    /// `A` (90 % or more, or there are none) to `F` (under 60 %), and no better than `C` with a new
    /// medium finding, `D` with a new high one or a looser policy, `F` with a new critical one.
    /// `None` if there is nothing to compare with.
    #[must_use]
    pub fn grade(&self) -> Option<char> {
        let change = self
            .change
            .as_ref()
            .filter(|change| change.base.is_some())?;
        let share = match change.score_new.unwrap_or(1000) {
            900.. => 'A',
            800.. => 'B',
            700.. => 'C',
            600.. => 'D',
            _ => 'F',
        };
        let worst = self.new_findings().map(|finding| finding.severity).max();
        let ceiling = match worst {
            Some(Severity::Critical) => 'F',
            Some(Severity::High) => 'D',
            _ if !change.looser.is_empty() => 'D',
            Some(Severity::Medium) => 'C',
            _ => 'A',
        };
        Some(share.max(ceiling))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A finding of a report.
    pub(crate) fn finding(severity: &str, path: &str, line: u32, new: bool) -> Value {
        json!({
            "rule": {"id": "AEG101", "name": "ungoverned-llm-call"}, "severity": severity,
            "message": "OpenAI call is not governed", "label": "here", "new": new,
            "location": {"path": path, "line": line, "column": 5, "end_line": line, "end_column": 9, "raw_line": line},
            "help": "call `aegis.auto_instrument()` first",
        })
    }

    /// A report with these findings; the gate fails if one of them is new.
    pub(crate) fn document(findings: &[Value]) -> Value {
        let passed = findings.iter().all(|f| f["new"] == false);
        json!({
            "format": "aegis/gate", "version": 1,
            "summary": {"complete": true, "findings": findings.len(), "suppressed": 2,
                "call_sites": {"total": 5, "governed": 4, "partly": 0, "ungoverned": 1}},
            "findings": findings,
            "score": {"formula": "aegis-score/1", "score": 845},
            "change": {
                "base": "origin/main (1a2b3c4)", "score_before": 845, "new": [], "fixed": [],
                "score_new": null, "new_sites": 0, "looser": [], "stricter": 0, "undecided": 0,
                "checks": [{"id": "fail-on-new", "passed": passed, "message": "no new finding may be high"}],
            },
        })
    }

    pub(crate) fn report(document: &Value) -> Report {
        Report::from_json(document.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn points_are_rounded_down() {
        let report = report(&document(&[]));
        assert_eq!(
            (report.points(), report.points_before()),
            (Some(84), Some(84))
        );
    }

    #[test]
    fn nothing_is_news_when_nothing_changed() {
        let old = finding("high", "a.py", 1, false);
        assert!(!report(&document(&[old])).has_news());
        let news = |change: &dyn Fn(&mut Value)| {
            let mut document = document(&[]);
            change(&mut document);
            report(&document).has_news()
        };
        assert!(!news(&|_| ()));
        assert!(news(&|d| d["change"]["score_before"] = json!(900)));
        assert!(news(&|d| d["change"]["stricter"] = json!(1)));
        assert!(news(&|d| d["change"]["fixed"] = json!([{"rule": "AEG101"}])));
        assert!(news(&|d| d["change"]["checks"][0]["passed"] = json!(false)));
        assert!(news(&|d| d["change"] = Value::Null));
    }

    #[test]
    fn the_grade_is_held_down_by_what_is_new() {
        let grade = |severity: Option<&str>, share: Option<u16>, looser: bool| {
            let findings: Vec<_> = severity
                .iter()
                .map(|s| finding(s, "a.py", 1, true))
                .collect();
            let mut document = document(&findings);
            document["change"]["score_new"] = json!(share);
            if looser {
                document["change"]["looser"] = json!([{"summary": "x", "place": null}]);
            }
            report(&document).grade().unwrap()
        };
        assert_eq!(grade(None, None, false), 'A');
        assert_eq!(grade(None, Some(899), false), 'B');
        assert_eq!(grade(Some("low"), Some(1000), false), 'A');
        assert_eq!(grade(Some("medium"), None, false), 'C');
        assert_eq!(grade(Some("medium"), None, true), 'D');
        assert_eq!(grade(Some("high"), Some(0), false), 'F');
        assert_eq!(grade(Some("critical"), Some(1000), false), 'F');
    }

    #[test]
    fn another_document_is_refused() {
        let mut later = document(&[]);
        later["version"] = json!(2);
        let error = Report::from_json(later.to_string().as_bytes())
            .unwrap_err()
            .to_string();
        insta::assert_snapshot!(error, @"it is `aegis/gate` version 2; expected `aegis/gate` version 1");
        assert!(Report::from_json(b"{}").is_err());
        let mut odd = document(&[finding("severe", "a.py", 1, true)]);
        odd["findings"][0]["severity"] = json!("severe");
        assert!(Report::from_json(odd.to_string().as_bytes()).is_err());
    }
}
