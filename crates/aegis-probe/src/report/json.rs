//! One JSON document: `{"format": "aegis/probe", "version": 1, ...}`. Keys are added without a new
//! version; one that changes its meaning or goes away gets a new one.

use std::collections::BTreeMap;

use aegis_report::Options;
use aegis_report::json::{FindingRecord, SeverityCounts, SuppressedRecord, Tool, to_string};
use aegis_report::tally;
use serde::Serialize;

use crate::score::Score;
use crate::{Input, ProbeReport};

/// What `format` says.
pub const FORMAT: &str = "aegis/probe";
/// What `version` says.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    tool: Tool<'a>,
    #[serde(flatten)]
    head: Head<'a>,
    findings: Vec<FindingRecord<'a>>,
    suppressed: Vec<SuppressedRecord<'a>>,
}

/// What was probed and what came out, without the findings.
#[derive(Debug, Serialize)]
pub(super) struct Head<'a> {
    policy: PolicyRecord<'a>,
    /// How many tools of the program were known.
    tools: usize,
    probes: u64,
    score: ScoreRecord<'a>,
    summary: Summary,
    /// Entries of the baseline that nothing corresponds to any more.
    gone: &'a [String],
    /// Where Aegis disagrees with itself.
    bugs: &'a [String],
}

#[derive(Debug, Serialize)]
struct PolicyRecord<'a> {
    path: &'a str,
    rules: usize,
}

#[derive(Debug, Serialize)]
struct ScoreRecord<'a> {
    value: f64,
    #[serde(flatten)]
    score: &'a Score,
}

#[derive(Debug, Serialize)]
struct Summary {
    /// Whether every question was decided.
    complete: bool,
    findings: usize,
    suppressed: usize,
    unknown: usize,
    by_severity: SeverityCounts,
    by_rule: BTreeMap<&'static str, usize>,
}

impl<'a> Head<'a> {
    pub(super) fn new(input: &Input<'a>, report: &'a ProbeReport) -> Self {
        let checked = input.policy.checked();
        Self {
            policy: PolicyRecord {
                path: checked
                    .files()
                    .first()
                    .map_or("", |file| file.path.as_str()),
                rules: checked.rules().len(),
            },
            tools: input.tools.len(),
            probes: report.probes,
            score: ScoreRecord {
                value: report.score.value(),
                score: &report.score,
            },
            summary: Summary {
                complete: report.unknown == 0,
                findings: report.findings.len(),
                suppressed: report.suppressed.len(),
                unknown: report.unknown,
                by_severity: SeverityCounts::of(&report.findings),
                by_rule: tally::by_rule(&report.findings),
            },
            gone: &report.gone,
            bugs: &report.bugs,
        }
    }
}

pub(super) fn render(input: &Input<'_>, report: &ProbeReport, look: &Options) -> String {
    let document = Document {
        format: FORMAT,
        version: VERSION,
        tool: Tool {
            name: "aegis",
            version: &look.tool_version,
        },
        head: Head::new(input, report),
        findings: report.findings.iter().map(FindingRecord::new).collect(),
        suppressed: report
            .suppressed
            .iter()
            .map(SuppressedRecord::new)
            .collect(),
    };
    to_string(&document, true) + "\n"
}
