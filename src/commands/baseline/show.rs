//! What a baseline accepts, as text or JSON.

use std::path::Path;

use aegis_gate::baseline::{Applied, Baseline, Entry};
use aegis_report::clean;
use serde::Serialize;

use crate::cli::Listing;
use crate::output::{self, Head};
use crate::words;

/// What `format` says.
const FORMAT: &str = "aegis/baseline-status";

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head,
    path: String,
    accepted: usize,
    stale: u32,
    expired: usize,
    guards: usize,
    entries: Vec<Record<'a>>,
}

#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    entry: &'a Entry,
    /// How many of its count are no longer found.
    stale: u32,
    expired: bool,
}

/// The baseline with what became of its entries.
pub(super) fn render(
    path: &Path,
    baseline: &Baseline,
    applied: &Applied,
    today: &str,
    format: Listing,
) -> anyhow::Result<String> {
    let records: Vec<Record<'_>> = baseline
        .entries()
        .iter()
        .map(|entry| Record {
            entry,
            stale: gone(applied, entry),
            expired: entry.is_over(today),
        })
        .collect();
    let document = Document {
        head: Head::new(FORMAT),
        path: output::shown(path),
        accepted: baseline.count(),
        stale: records.iter().map(|r| r.stale).sum(),
        expired: records.iter().filter(|r| r.expired).count(),
        guards: baseline
            .guards()
            .map_or(0, aegis_probe::guards::Guards::len),
        entries: records,
    };
    match format {
        Listing::Json => output::json(&document),
        Listing::Text => Ok(text(&document)),
    }
}

fn gone(applied: &Applied, entry: &Entry) -> u32 {
    let stale = applied.stale.iter().find(|stale| stale.entry == *entry);
    stale.map_or(0, |stale| stale.gone)
}

fn text(document: &Document<'_>) -> String {
    let mut lines = Vec::new();
    for record in &document.entries {
        let entry = record.entry;
        let count = match entry.count {
            1 => String::new(),
            n => format!(" ({n} times)"),
        };
        let place = match entry.scope.split_once(':') {
            Some((_, inside)) => format!("{} in {inside}", entry.path),
            None => entry.path.clone(),
        };
        lines.push(format!("{} {} {place}{count}", entry.rule, entry.severity));
        lines.push(format!("  {}", entry.message));
        lines.extend(
            entry
                .reason
                .as_ref()
                .map(|reason| format!("  reason: {reason}")),
        );
        lines.extend(
            entry
                .owner
                .as_ref()
                .map(|owner| format!("  owner: {owner}")),
        );
        lines.extend(entry.expires.as_ref().map(|day| match record.expired {
            true => format!("  expired on {day}: it counts again"),
            false => format!("  until {day}"),
        }));
        lines.extend(match record.stale {
            0 => None,
            n if n == entry.count => Some("  stale: no longer found".to_owned()),
            n => Some(format!("  stale: {n} of {} no longer found", entry.count)),
        });
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    let accepted = words::count(document.accepted, "finding", "findings");
    let entries = words::count(document.entries.len(), "entry", "entries");
    lines.push(format!("{} accepts {accepted} in {entries}", document.path));
    if document.guards > 0 {
        let guards = words::count(document.guards, "action", "actions");
        lines.push(format!("{guards} must stay restricted"));
    }
    if document.stale > 0 {
        let n = words::count(document.stale as usize, "finding is", "findings are");
        lines.push(format!(
            "{n} no longer found; `aegis baseline prune` drops that"
        ));
    }
    if document.expired > 0 {
        let n = words::count(document.expired, "entry", "entries");
        lines.push(format!("{n} expired"));
    }
    let clean = lines
        .iter()
        .map(|line| clean::line(line).into_owned() + "\n");
    clean.collect()
}
