//! The types of the JSON formats.

use std::collections::{BTreeMap, BTreeSet};

use aegis_diag::{
    CallKind, CallSite, Change, FileStats, Finding, Label, Proof, Report, Scorecard, Severity,
    Skipped, Span, Step, Suppressed, SuppressedBy, ToolParam, Verdict,
};
use serde::Serialize;

use crate::Options;
use crate::tally::{self, Tally};

#[cfg(test)]
use super::schema;

/// What `format` says of a scan.
pub const FORMAT: &str = "aegis/scan";
/// What `format` says of a report that is compared with a base and judged.
pub const GATE_FORMAT: &str = "aegis/gate";
/// What `version` says.
pub const VERSION: u32 = 1;

/// The whole document.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document<'a> {
    /// `aegis/scan`, or `aegis/gate` if there is a `change`.
    #[cfg_attr(test, schemars(with = "schema::Format"))]
    pub format: &'static str,
    /// Version of the format, 1.
    #[cfg_attr(test, schemars(range(min = 1, max = 1)))]
    pub version: u32,
    /// Who wrote it.
    pub tool: Tool<'a>,
    /// Counts, with their denominators.
    pub summary: Summary<'a>,
    /// The score with everything it was computed from, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<ScoreRecord<'a>>,
    /// The comparison with a base and the verdict, for a gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeRecord<'a>>,
    /// What counts against the program, in report order.
    pub findings: Vec<FindingRecord<'a>>,
    /// What comments suppressed, in report order.
    pub suppressed: Vec<SuppressedRecord<'a>>,
    /// All call sites, in report order.
    pub call_sites: Vec<SiteRecord<'a>>,
    /// What was not, or not fully, analysed, sorted by path.
    pub skipped: Vec<SkippedRecord<'a>>,
    /// The trees that were left out, sorted.
    pub excluded: &'a [String],
}

impl<'a> Document<'a> {
    /// The document of a report.
    #[must_use]
    pub fn new(report: &'a Report, options: &'a Options) -> Self {
        Self {
            format: format_of(report),
            version: VERSION,
            tool: Tool::new(options),
            summary: Summary::new(report),
            score: report.score.as_ref().map(ScoreRecord::new),
            change: report.change.as_ref().map(ChangeRecord::new),
            findings: findings(report).collect(),
            suppressed: report
                .suppressed
                .iter()
                .map(SuppressedRecord::new)
                .collect(),
            call_sites: report.sites.iter().map(SiteRecord::new).collect(),
            skipped: report.skipped.iter().map(SkippedRecord::new).collect(),
            excluded: &report.excluded,
        }
    }
}

/// What `format` says of a report.
pub(crate) fn format_of(report: &Report) -> &'static str {
    match report.change {
        Some(_) => GATE_FORMAT,
        None => FORMAT,
    }
}

/// The records of the findings of a report.
pub(crate) fn findings(report: &Report) -> impl Iterator<Item = FindingRecord<'_>> {
    let new = tally::new_findings(report);
    let records = report.findings.iter().map(FindingRecord::new);
    records.map(move |record| record.compared(new.as_ref()))
}

/// A score.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ScoreRecord<'a> {
    /// The score in whole points, rounded down; `null` if there is nothing to govern.
    pub points: Option<u16>,
    /// The same in tenths, and everything it was computed from.
    #[serde(flatten)]
    #[cfg_attr(test, schemars(with = "schema::Scorecard"))]
    pub card: &'a Scorecard,
}

impl<'a> ScoreRecord<'a> {
    /// The record of a score.
    #[must_use]
    pub fn new(card: &'a Scorecard) -> Self {
        Self {
            points: card.points(),
            card,
        }
    }
}

/// A comparison with a base.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangeRecord<'a> {
    /// Whether every check holds.
    pub passed: bool,
    /// The comparison.
    #[serde(flatten)]
    #[cfg_attr(test, schemars(with = "schema::Change"))]
    pub change: &'a Change,
}

impl<'a> ChangeRecord<'a> {
    /// The record of a comparison.
    #[must_use]
    pub fn new(change: &'a Change) -> Self {
        Self {
            passed: change.passed(),
            change,
        }
    }
}

/// Who wrote a report.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tool<'a> {
    /// Always `aegis`.
    pub name: &'static str,
    /// Its version.
    pub version: &'a str,
}

impl<'a> Tool<'a> {
    pub(crate) fn new(options: &'a Options) -> Self {
        Self {
            name: "aegis",
            version: &options.tool_version,
        }
    }
}

/// What was looked at and what came out.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary<'a> {
    /// Whether everything in scope was fully analysed.
    pub complete: bool,
    /// `analysed`, `parsed`, `bytes`, `excluded`.
    #[cfg_attr(test, schemars(with = "schema::FileStats"))]
    pub files: &'a FileStats,
    /// Files and folders that were not, or not fully, analysed.
    pub skipped: usize,
    /// Findings, without suppressed ones.
    pub findings: usize,
    /// Suppressed findings.
    pub suppressed: usize,
    /// Findings per severity; every severity is there.
    pub by_severity: SeverityCounts,
    /// Findings per rule id.
    pub by_rule: BTreeMap<&'static str, usize>,
    /// Call sites.
    pub call_sites: Tally,
    /// Share of the call sites that is governed, in percent with one decimal, rounded down;
    /// `null` if there are none.
    pub governed_percent: Option<f64>,
    /// Call sites per kind; every kind is there.
    pub by_kind: BTreeMap<&'static str, Tally>,
    /// Call sites per framework.
    pub by_framework: BTreeMap<&'a str, Tally>,
}

impl<'a> Summary<'a> {
    /// The summary of a report.
    #[must_use]
    pub fn new(report: &'a Report) -> Self {
        let call_sites = Tally::of(&report.sites);
        let kinds = tally::by_kind(report).into_iter();
        Self {
            complete: !report.is_incomplete(),
            files: &report.files,
            skipped: report.skipped.len(),
            findings: report.findings.len(),
            suppressed: report.suppressed.len(),
            by_severity: SeverityCounts::of(&report.findings),
            by_rule: tally::by_rule(&report.findings),
            call_sites,
            governed_percent: call_sites.governed_percent(),
            by_kind: kinds.map(|(kind, tally)| (kind.as_str(), tally)).collect(),
            by_framework: tally::by_framework(report),
        }
    }
}

/// Findings per severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the names are the severities")]
pub struct SeverityCounts {
    pub critical: usize,
    pub high: usize,
    pub medium: usize,
    pub low: usize,
    pub info: usize,
}

impl SeverityCounts {
    /// The counts of these findings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            *match finding.severity {
                Severity::Critical => &mut counts.critical,
                Severity::High => &mut counts.high,
                Severity::Medium => &mut counts.medium,
                Severity::Low => &mut counts.low,
                Severity::Info => &mut counts.info,
            } += 1;
        }
        counts
    }
}

/// A range of a file. Lines and columns are 1-based, columns count characters, the end is
/// exclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Location<'a> {
    /// Relative to where the scan was started, with `/`.
    pub path: &'a str,
    /// Line; for notebooks the line in all code cells joined, of little use without `cell_line`.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// Line of the end, counted like `line`.
    pub end_line: u32,
    /// Column of the end.
    pub end_column: u32,
    /// For notebooks: 0-based index of the cell over all cells, and 1-based line in it.
    #[serde(flatten)]
    pub in_notebook: Option<CellPlace>,
    /// Line of the file as it lies on disk: for notebooks that of the JSON text, else `line`.
    pub raw_line: u32,
}

/// Where something lies in a notebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CellPlace {
    /// 0-based index of the cell over all cells, markdown cells included.
    pub cell: u32,
    /// 1-based line in the cell.
    pub cell_line: u32,
}

impl<'a> Location<'a> {
    /// The location of a span.
    #[must_use]
    pub fn new(span: &'a Span) -> Self {
        let (start, end) = (span.start(), span.end());
        Self {
            path: &span.file.path,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            in_notebook: start
                .cell
                .map(|(cell, cell_line)| CellPlace { cell, cell_line }),
            raw_line: start.raw_line,
        }
    }
}

/// A location and what is to be said about it: a step of a way, a related place of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StepRecord<'a> {
    /// What happens there.
    pub text: &'a str,
    /// Where.
    pub location: Location<'a>,
}

impl<'a> From<&'a Step> for StepRecord<'a> {
    fn from(step: &'a Step) -> Self {
        Self {
            text: &step.text,
            location: Location::new(&step.span),
        }
    }
}

impl<'a> From<&'a Label> for StepRecord<'a> {
    fn from(label: &'a Label) -> Self {
        Self {
            text: &label.text,
            location: Location::new(&label.span),
        }
    }
}

/// What is known of a call site, in findings and in `call_sites`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SiteFields<'a> {
    /// What it is.
    #[cfg_attr(test, schemars(with = "schema::CallKind"))]
    pub kind: CallKind,
    /// Catalog id of the framework.
    pub framework: &'a str,
    /// The API in the words of the framework.
    pub operation: &'a str,
    /// The canonical path in the catalog.
    pub api: &'a str,
    /// Who answers; empty if not known.
    pub provider: &'a str,
    /// The callee as written, shortened.
    pub symbol: &'a str,
    /// The enclosing function or class, dotted.
    pub scope: &'a str,
    /// `governed`, `partly` or `ungoverned`.
    #[cfg_attr(test, schemars(with = "schema::Verdict"))]
    pub verdict: Verdict,
    /// Why.
    pub reason: &'a str,
    /// The way in, or the governor, that shows it, outermost first.
    pub way: Vec<StepRecord<'a>>,
    /// What would govern it; empty if it is governed.
    pub remedy: &'a str,
    /// Whether the site is recognised by its shape only.
    pub by_shape: bool,
    /// For tools: what the model sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolRecord<'a>>,
}

/// What the model sees of a tool.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ToolRecord<'a> {
    /// The name the model calls it by; `null` if not known.
    pub name: Option<&'a str>,
    /// The description the model reads; `null` if there is none.
    pub description: Option<&'a str>,
    /// Its parameters: `name`, `type` as written or `null`, `required`.
    #[cfg_attr(test, schemars(with = "Vec<schema::ToolParam>"))]
    pub params: &'a [ToolParam],
}

impl<'a> SiteFields<'a> {
    /// The fields of a call site.
    #[must_use]
    pub fn new(site: &'a CallSite) -> Self {
        Self {
            kind: site.kind,
            framework: &site.framework,
            operation: &site.operation,
            api: &site.api,
            provider: &site.provider,
            symbol: &site.symbol,
            scope: &site.scope,
            verdict: site.verdict,
            reason: &site.reason,
            way: site.way.iter().map(StepRecord::from).collect(),
            remedy: &site.remedy,
            by_shape: site.by_shape,
            tool: site.tool.as_ref().map(|tool| ToolRecord {
                name: tool.name.as_deref(),
                description: tool.description.as_deref(),
                params: &tool.params,
            }),
        }
    }
}

/// A call site.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SiteRecord<'a> {
    /// The call expression, or the name of the definition.
    pub location: Location<'a>,
    /// What is known of it.
    #[serde(flatten)]
    pub site: SiteFields<'a>,
}

impl<'a> SiteRecord<'a> {
    /// The record of a call site.
    #[must_use]
    pub fn new(site: &'a CallSite) -> Self {
        Self {
            location: Location::new(&site.span),
            site: SiteFields::new(site),
        }
    }
}

/// The name of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RuleName {
    /// Stable id, `AEG101`.
    pub id: &'static str,
    /// Kebab-case name.
    pub name: &'static str,
}

/// A finding.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FindingRecord<'a> {
    /// The rule.
    pub rule: RuleName,
    /// Its severity here.
    #[cfg_attr(test, schemars(with = "schema::Severity"))]
    pub severity: Severity,
    /// One sentence.
    pub message: &'a str,
    /// What the place is.
    pub label: &'a str,
    /// Where.
    pub location: Location<'a>,
    /// Further places that explain it.
    pub related: Vec<StepRecord<'a>>,
    /// Remarks.
    pub notes: &'a [String],
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'a str>,
    /// OWASP and other tags of the rule.
    pub tags: &'static [&'static str],
    /// CWE number of the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwe: Option<u32>,
    /// Key that survives edits elsewhere in the file, `aegis/v1`.
    pub fingerprint: &'a str,
    /// The call site it is about, its fields on the level of the finding's own.
    #[serde(flatten)]
    pub site: Option<SiteFields<'a>>,
    /// What backs a finding about a policy: how sure it is, witnesses, and a verified change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<schema::Proof>"))]
    pub proof: Option<&'a Proof>,
    /// Whether the base of a comparison does not have it; only where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<bool>,
}

impl<'a> FindingRecord<'a> {
    /// The record of a finding.
    #[must_use]
    pub fn new(finding: &'a Finding) -> Self {
        let rule = finding.rule;
        Self {
            rule: RuleName {
                id: rule.id,
                name: rule.name,
            },
            severity: finding.severity,
            message: &finding.message,
            label: &finding.primary.text,
            location: Location::new(&finding.primary.span),
            related: finding.related.iter().map(StepRecord::from).collect(),
            notes: &finding.notes,
            help: finding.help.as_deref(),
            tags: rule.tags,
            cwe: rule.cwe,
            fingerprint: &finding.fingerprint,
            site: finding.site.as_deref().map(SiteFields::new),
            proof: finding.proof.as_deref(),
            new: None,
        }
    }

    /// The record as part of a comparison that has these new findings.
    fn compared(self, new: Option<&BTreeSet<&str>>) -> Self {
        Self {
            new: new.map(|new| new.contains(self.fingerprint)),
            ..self
        }
    }
}

/// A suppressed finding.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SuppressedRecord<'a> {
    /// The finding.
    #[serde(flatten)]
    pub finding: FindingRecord<'a>,
    /// `comment` or `baseline`.
    #[cfg_attr(test, schemars(with = "schema::SuppressedBy"))]
    pub suppressed_by: SuppressedBy,
    /// The reason in the comment or baseline; `null` if it gives none.
    pub suppression_reason: Option<&'a str>,
}

impl<'a> SuppressedRecord<'a> {
    /// The record of a suppressed finding.
    #[must_use]
    pub fn new(suppressed: &'a Suppressed) -> Self {
        Self {
            finding: FindingRecord::new(&suppressed.finding),
            suppressed_by: suppressed.by,
            suppression_reason: suppressed.reason.as_deref(),
        }
    }
}

/// A file or folder that was not, or not fully, analysed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SkippedRecord<'a> {
    /// Its path.
    pub path: &'a str,
    /// A stable word for the reason.
    pub code: &'static str,
    /// The reason, to be read after the path.
    pub reason: String,
    /// Whether the rest of the file was analysed all the same.
    pub partial: bool,
}

impl<'a> SkippedRecord<'a> {
    /// The record of a skipped file.
    #[must_use]
    pub fn new(skipped: &'a Skipped) -> Self {
        Self {
            path: &skipped.path,
            code: skipped.reason.code(),
            reason: skipped.reason.to_string(),
            partial: skipped.reason.is_partial(),
        }
    }
}
