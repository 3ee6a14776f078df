//! Reports of the probe and of differences: pure functions to text. Equal reports give equal bytes.

mod diff;
mod json;
mod markdown;
mod text;

use std::str::FromStr;

use aegis_diag::{Report, Severity};
use aegis_report::remark::{annotations, harmless};
use aegis_report::{Options, sarif, words};

use crate::assemble::category;
use crate::{Input, ProbeReport, rules};

pub use self::diff::{DIFF_FORMAT, render_diff};
pub use self::json::{FORMAT, VERSION};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub workflow commands.
    Github,
    /// Markdown, for a comment or a summary.
    Markdown,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Json,
        Self::Sarif,
        Self::Github,
        Self::Markdown,
    ];

    /// The word used in options.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Markdown => "markdown",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.as_str() == s);
        found.ok_or_else(|| {
            let all = words::list(&Self::ALL.map(Self::as_str), "or");
            format!("`{s}` is not a format; expected {all}")
        })
    }
}

/// The report in a format. The text ends with a line ending.
#[must_use]
pub fn render(input: &Input<'_>, report: &ProbeReport, format: Format, look: &Options) -> String {
    match format {
        Format::Text => text::render(report, look),
        Format::Json => json::render(input, report, look),
        Format::Sarif => {
            let head = json::Head::new(input, report);
            sarif::render_with(&plain(report), look, report.compared, head)
        }
        Format::Github => github(report, look),
        Format::Markdown => markdown::render(input, report),
    }
}

/// The findings as a report of any analysis.
fn plain(report: &ProbeReport) -> Report {
    Report {
        findings: report.findings.clone(),
        suppressed: report.suppressed.clone(),
        rules: rules::RULES.to_vec(),
        ..Report::default()
    }
}

fn github(report: &ProbeReport, look: &Options) -> String {
    let titled = report.findings.iter().map(|finding| {
        let title = format!("{} {}", finding.rule.id, category(finding.rule));
        (title, finding.into())
    });
    let mut lines = annotations(titled, look);
    let summary = head(report).into_iter().chain(tail(report));
    lines.extend(summary.map(|line| harmless(&line)));
    lines.join("\n") + "\n"
}

/// The first lines for people.
fn head(report: &ProbeReport) -> Vec<String> {
    let score = &report.score;
    let probes = report.probes;
    let probes = format!("{probes} {}", if probes == 1 { "probe" } else { "probes" });
    let tenths = score.tenths();
    let capped = match (&score.unattended, score.capped) {
        (Some((name, target)), true) => {
            format!(", capped because `{name}` on `{target}` runs unattended")
        }
        _ => String::new(),
    };
    vec![
        format!("Aegis Policy Probe - {probes}"),
        format!(
            "Robustness score: {}/100 ({}.{} over the {} names of {}{capped})",
            tenths / 10,
            tenths / 10,
            tenths % 10,
            score.names,
            score.reference,
        ),
        format!(
            "Friction: {} of {} harmless names do not run unattended",
            score.friction.held, score.friction.of
        ),
    ]
}

/// The last lines for people.
fn tail(report: &ProbeReport) -> Vec<String> {
    let n = report.findings.len();
    let mut lines = vec![match n {
        0 => "No findings".to_owned(),
        _ => format!(
            "{}: {}",
            words::count(n, "finding", "findings"),
            severities(report)
        ),
    }];
    if !report.suppressed.is_empty() {
        let n = words::count(report.suppressed.len(), "finding", "findings");
        lines.push(format!("{n} suppressed"));
    }
    if report.unknown > 0 {
        let n = words::count(report.unknown, "question", "questions");
        lines.push(format!(
            "{n} could not be decided within the budget: this is not a clean result"
        ));
    }
    for gone in &report.gone {
        lines.push(format!("no longer found, can leave the baseline: {gone}"));
    }
    for bug in &report.bugs {
        lines.push(format!("this is a bug of Aegis, please report it: {bug}"));
    }
    lines
}

/// `1 critical, 2 high`.
fn severities(report: &ProbeReport) -> String {
    let counts: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .filter_map(|severity| {
            let same = report.findings.iter().filter(|f| f.severity == severity);
            let n = same.count();
            (n > 0).then(|| format!("{n} {severity}"))
        })
        .collect();
    counts.join(", ")
}
