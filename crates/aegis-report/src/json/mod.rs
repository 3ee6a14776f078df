//! One JSON document. Equal reports give equal bytes: no time, no duration, nothing unordered.
//!
//! The shape is [`Document`]: `{"format": "aegis/scan", "version": 1, "tool": …, "summary": …,
//! "findings": […], "suppressed": […], "call_sites": […], "skipped": […], "excluded": […]}`. Keys
//! are added without a new `version`; one that changes its meaning or goes away gets a new one.
//! A key whose value is not known is left out. With a score there is a key `score`; a report that
//! is compared with a base has the format `aegis/gate`, a key `change`, and `new` in each finding.
//! `docs/report.schema.json` is the JSON Schema, made from these types by a test.

mod model;
#[cfg(test)]
mod schema;

pub use model::{
    CellPlace, ChangeRecord, Document, FORMAT, FindingRecord, GATE_FORMAT, Location, RuleName,
    ScoreRecord, SeverityCounts, SiteFields, SiteRecord, SkippedRecord, StepRecord, Summary,
    SuppressedRecord, Tool, ToolRecord, VERSION,
};
pub(crate) use model::{findings, format_of};

use aegis_diag::Report;

use crate::Options;

/// The report as one document, indented by two spaces.
#[must_use]
pub fn render(report: &Report, options: &Options) -> String {
    to_string(&Document::new(report, options), true) + "\n"
}

/// Serialisation of our own types cannot fail: no map has keys that are not strings, and no
/// `Serialize` of ours returns an error. Should one ever do, the error is what is written, which
/// no consumer takes for a report.
pub fn to_string(value: &impl serde::Serialize, pretty: bool) -> String {
    let json = if pretty {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    json.unwrap_or_else(|error| format!("cannot write the report: {error}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::samples::{gate, report};

    #[test]
    fn a_gate_has_the_score_the_change_and_what_is_new() {
        let out = render(&gate(), &Options::default());
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value["format"], "aegis/gate");
        assert_eq!(
            (&value["score"]["points"], &value["score"]["score"]),
            (&58.into(), &584.into())
        );
        assert_eq!(value["change"]["passed"], false);
        let new = value["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["new"].as_bool().unwrap());
        assert_eq!(new.collect::<Vec<_>>(), [true, false, true]);
        assert!(value["suppressed"][0]["new"].is_null());
    }

    #[test]
    fn the_document_has_every_part() {
        insta::assert_snapshot!(render(&report(), &Options::default()));
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_time() {
        let (fast, mut slow) = (report(), report());
        slow.elapsed = Some(Duration::from_secs(100));
        assert_eq!(
            render(&fast, &Options::default()),
            render(&slow, &Options::default())
        );
    }

    #[test]
    fn nothing_to_govern_is_not_a_hundred_percent() {
        let out = render(&Report::default(), &Options::default());
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(value["summary"]["governed_percent"].is_null());
        assert_eq!(value["summary"]["complete"], true);
        assert_eq!(value["findings"], serde_json::json!([]));
    }
}
