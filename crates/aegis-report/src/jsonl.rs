//! One JSON object per line, each with a `type`: `finding`, `suppressed`, `call_site`, `skipped`,
//! `excluded`, `score`, `change`, in this order, and at the very end exactly one `summary`; a stream
//! without it was cut off. Apart from `type` the objects are those of [`json`]. The summary also
//! carries `format`, `version` and `tool`.

use aegis_diag::Report;
use serde::Serialize;

use crate::Options;
use crate::json::{
    self, ChangeRecord, FindingRecord, ScoreRecord, SiteRecord, SkippedRecord, Summary,
    SuppressedRecord, Tool, VERSION,
};

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Line<'a> {
    /// What counts against the program.
    Finding(Box<FindingRecord<'a>>),
    /// What a comment suppressed.
    Suppressed(Box<SuppressedRecord<'a>>),
    /// A call site.
    CallSite(Box<SiteRecord<'a>>),
    /// What was not, or not fully, analysed.
    Skipped(SkippedRecord<'a>),
    /// A tree that was left out.
    Excluded {
        /// Its path.
        path: &'a str,
    },
    /// The score.
    Score(ScoreRecord<'a>),
    /// The comparison with a base.
    Change(ChangeRecord<'a>),
    /// The end.
    Summary(Box<End<'a>>),
}

/// The last line.
#[derive(Debug, Serialize)]
pub struct End<'a> {
    /// [`FORMAT`](json::FORMAT) or [`GATE_FORMAT`](json::GATE_FORMAT).
    pub format: &'static str,
    /// Always [`VERSION`].
    pub version: u32,
    /// Who wrote it.
    pub tool: Tool<'a>,
    /// The counts.
    #[serde(flatten)]
    pub summary: Summary<'a>,
}

/// The report as one object per line.
#[must_use]
pub fn render(report: &Report, options: &Options) -> String {
    let mut out = String::new();
    for line in lines(report, options) {
        out += &json::to_string(&line, false);
        out.push('\n');
    }
    out
}

/// The lines of a report.
pub fn lines<'a>(report: &'a Report, options: &'a Options) -> impl Iterator<Item = Line<'a>> {
    let findings = json::findings(report).map(|f| Line::Finding(Box::new(f)));
    let suppressed = report.suppressed.iter().map(SuppressedRecord::new);
    let sites = report
        .sites
        .iter()
        .map(|s| Line::CallSite(Box::new(SiteRecord::new(s))));
    let end = End {
        format: json::format_of(report),
        version: VERSION,
        tool: Tool::new(options),
        summary: Summary::new(report),
    };
    findings
        .chain(suppressed.map(|s| Line::Suppressed(Box::new(s))))
        .chain(sites)
        .chain(
            report
                .skipped
                .iter()
                .map(|s| Line::Skipped(SkippedRecord::new(s))),
        )
        .chain(report.excluded.iter().map(|path| Line::Excluded { path }))
        .chain(
            report
                .score
                .iter()
                .map(|s| Line::Score(ScoreRecord::new(s))),
        )
        .chain(
            report
                .change
                .iter()
                .map(|c| Line::Change(ChangeRecord::new(c))),
        )
        .chain(std::iter::once_with(move || Line::Summary(Box::new(end))))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::samples::{gate, report};

    #[test]
    fn every_line_is_an_object_with_a_type_and_the_summary_is_the_last() {
        let out = render(&report(), &Options::default());
        let lines: Vec<Value> = out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let types: Vec<_> = lines
            .iter()
            .map(|line| line["type"].as_str().unwrap())
            .collect();
        insta::assert_snapshot!(types.join(" "), @"finding finding suppressed call_site call_site call_site skipped skipped excluded excluded summary");
        assert_eq!(lines.last().unwrap()["version"], 1);
    }

    #[test]
    fn score_and_change_have_lines() {
        let out = render(&gate(), &Options::default());
        let of = |word: &str| {
            out.lines()
                .find(|l| l.contains(&format!("{{\"type\":\"{word}\"")))
                .unwrap()
        };
        assert!(of("score").contains("\"points\":58"));
        assert!(of("change").contains("\"passed\":false"));
        assert!(of("summary").contains("\"format\":\"aegis/gate\""));
    }

    #[test]
    fn the_objects_are_those_of_the_document() {
        let (report, options) = (gate(), Options::default());
        let document: Value = serde_json::from_str(&json::render(&report, &options)).unwrap();
        let lines = render(&report, &options);
        let mut first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        first.as_object_mut().unwrap().remove("type");
        assert_eq!(first, document["findings"][0]);
        let mut last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        for key in ["type", "format", "version", "tool"] {
            last.as_object_mut().unwrap().remove(key).unwrap();
        }
        assert_eq!(last, document["summary"]);
    }
}
