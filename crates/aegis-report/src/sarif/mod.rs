//! SARIF 2.1.0, within the limits of GitHub code scanning: one run, one location per result, the
//! worst results first and at most 25,000 of them (GitHub refuses more and shows 5,000), no suppressed results unless they are asked for
//! (GitHub would show them as open).
//!
//! Paths are relative to the root of the repository and percent-encoded; columns count UTF-16 code
//! units. Results in notebooks point to the lines of the JSON file, without columns; the cell and
//! the line in it are in `properties`.

pub mod model;
mod results;
mod rules;
pub(crate) mod uri;

use std::collections::BTreeMap;

use aegis_diag::{Report, Severity, SkipReason, Skipped};
use serde::Serialize;

use crate::json::{self, Summary};
use crate::{Options, REPOSITORY, clean, tally, words};
use model::{
    ArtifactLocation, DescriptorReference, Driver, Invocation, Level, Location, Log, Notification,
    PhysicalLocation, Run, RunProperties, Text, Tool, UriBase,
};

/// Results a run may have; GitHub refuses a file with more.
const MAX_RESULTS: usize = 25_000;
/// Notifications of one run; what is over is counted.
const MAX_NOTIFICATIONS: usize = 1_000;
/// Longest message of a result, in characters.
const MAX_MESSAGE: usize = 1_024;
/// Name of the base of relative paths.
const ROOT: &str = "%SRCROOT%";

/// The report as a SARIF log, indented by two spaces.
#[must_use]
pub fn render(report: &Report, options: &Options) -> String {
    let properties = RunProperties {
        summary: Summary::new(report),
        excluded: &report.excluded,
    };
    render_with(report, options, false, properties)
}

/// The same with other properties of the run: what an analysis that is no scan has to say of
/// itself. `compared` if the report was held against a baseline: each result then says whether it is
/// new.
#[must_use]
pub fn render_with(
    report: &Report,
    options: &Options,
    compared: bool,
    properties: impl Serialize,
) -> String {
    json::to_string(&log(report, options, compared, properties), true) + "\n"
}

fn log<'a, P>(report: &'a Report, options: &Options, compared: bool, properties: P) -> Log<'a, P> {
    let rules = rules::Rules::of(report);
    let mut results = results::ranked(report, options);
    let hidden = results.len().saturating_sub(MAX_RESULTS);
    results.truncate(MAX_RESULTS);
    let new = tally::new_findings(report);
    let results = results::build(&results, &rules, new.as_ref(), options, compared);
    let base = "The root of the repository that was scanned.";
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "Aegis",
                information_uri: REPOSITORY,
                version: options.tool_version.clone(),
                semantic_version: options.tool_version.clone(),
                rules: rules.descriptors(),
            },
        },
        invocations: [invocation(report, options, hidden)],
        original_uri_base_ids: BTreeMap::from([(
            ROOT,
            UriBase {
                description: Text::plain(base),
            },
        )]),
        column_kind: "utf16CodeUnits",
        results,
        properties,
    };
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [run],
    }
}

/// SARIF has three levels for our five.
fn level(severity: Severity) -> Level {
    match severity {
        Severity::Critical | Severity::High => Level::Error,
        Severity::Medium => Level::Warning,
        Severity::Low | Severity::Info => Level::Note,
    }
}

fn invocation(report: &Report, options: &Options, hidden: usize) -> Invocation {
    let mut notifications = Vec::new();
    if hidden > 0 {
        let n = words::count(hidden, "result was", "results were");
        notifications.push(note(
            "results_cut",
            format!("{n} left out because GitHub refuses more than {MAX_RESULTS}; the worst ones are here."),
        ));
    }
    let skipped = report.skipped.iter().take(MAX_NOTIFICATIONS);
    notifications.extend(skipped.map(|skip| skip_notification(skip, options)));
    if let Some(more) = report
        .skipped
        .len()
        .checked_sub(MAX_NOTIFICATIONS)
        .filter(|n| *n > 0)
    {
        let n = words::count(more, "more file was", "more files were");
        notifications.push(note("skips_cut", format!("{n} not fully analysed.")));
    }
    let failed = |skip: &Skipped| matches!(skip.reason, SkipReason::Panicked(_));
    Invocation {
        execution_successful: !report.skipped.iter().any(failed),
        tool_execution_notifications: notifications,
    }
}

fn note(id: &'static str, text: String) -> Notification {
    Notification {
        descriptor: DescriptorReference { id },
        level: Level::Warning,
        message: Text::plain(text),
        locations: Vec::new(),
    }
}

fn skip_notification(skip: &Skipped, options: &Options) -> Notification {
    let text = words::sentence(&format!("{} {}", skip.path, skip.reason));
    Notification {
        level: match skip.reason {
            SkipReason::Panicked(_) => Level::Error,
            _ => Level::Warning,
        },
        locations: vec![Location {
            id: None,
            physical_location: PhysicalLocation {
                artifact_location: artifact(options, &skip.path),
                region: None,
            },
            message: None,
        }],
        ..note(skip.reason.code(), clean::cut(&text, MAX_MESSAGE))
    }
}

fn artifact(options: &Options, path: &str) -> ArtifactLocation {
    let uri = uri::reference(&options.root, path);
    let uri_base_id = (!uri.starts_with("file://")).then_some(ROOT);
    ArtifactLocation { uri, uri_base_id }
}

#[cfg(test)]
mod tests;
