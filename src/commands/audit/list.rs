//! Showing events.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use aegis_audit::sqlite::{Filter, Reader, Record};
use aegis_report::clean;
use serde_json::Value;

use crate::cli::{AuditArgs, EventFormat};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{Head, Streams, json, table};

/// How often a store is looked at for new events.
const PAUSE: Duration = Duration::from_millis(250);
/// Most events that are fetched at once while following.
const BATCH: u64 = 1000;

/// Shows the newest events that fit, the newest last.
pub(super) fn run(args: &AuditArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let reader = super::open(&args.store, env)?;
    let filter = args.filter.filter();
    // What comes after this moment is for following; nothing falls in between.
    let size = reader.size()?;
    let mut records = reader.newest(&filter, args.limit)?;
    records.reverse();
    let mut show = Show::new(args.format);
    show.first(&records, streams.out)?;
    if args.tail {
        let seen = records.last().map_or(size, |r| (r.sequence + 1).max(size));
        return follow(&reader, filter, seen, &mut show, streams.out);
    }
    if records.is_empty() && args.format == EventFormat::Text {
        writeln!(streams.err, "no event fits")?;
    }
    streams.out.flush()?;
    Ok(Exit::Fine)
}

/// Shows what comes, until nobody reads it any more.
fn follow(
    reader: &Reader,
    mut filter: Filter,
    mut seen: u64,
    show: &mut Show,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    loop {
        out.flush()?;
        thread::sleep(PAUSE);
        filter.after = seen.checked_sub(1);
        let mut records = Vec::new();
        reader.walk(&filter, &mut |record| {
            records.push(record);
            (records.len() as u64) < BATCH
        })?;
        if let Some(last) = records.last() {
            seen = last.sequence + 1;
            show.more(&records, out)?;
        }
    }
}

/// Writes events in a format.
struct Show {
    format: EventFormat,
}

const HEAD: [&str; 7] = [
    "ID", "Session", "Action", "Target", "Risk", "Decision", "Result",
];
/// How wide a column of a table may be.
const WIDTHS: [usize; 7] = [12, 20, 24, 36, 8, 10, 16];
const CSV: [&str; 12] = [
    "id",
    "event_id",
    "timestamp",
    "event",
    "session",
    "agent",
    "action",
    "target",
    "risk",
    "decision",
    "rule",
    "result",
];

impl Show {
    fn new(format: EventFormat) -> Self {
        Self { format }
    }

    fn first(&mut self, records: &[Record], out: &mut dyn Write) -> anyhow::Result<()> {
        match self.format {
            EventFormat::Text if records.is_empty() => {}
            EventFormat::Text => {
                let rows: Vec<_> = records.iter().map(row).collect();
                out.write_all(table(HEAD, &rows, &[0]).as_bytes())?;
            }
            EventFormat::Json => out.write_all(document(records)?.as_bytes())?,
            EventFormat::Jsonl => self.more(records, out)?,
            EventFormat::Csv => {
                writeln!(out, "{}", CSV.join(","))?;
                self.more(records, out)?;
            }
        }
        Ok(())
    }

    fn more(&mut self, records: &[Record], out: &mut dyn Write) -> io::Result<()> {
        for record in records {
            match self.format {
                EventFormat::Text => {
                    let cells = row(record).into_iter().zip(WIDTHS).enumerate();
                    let cells: Vec<String> = cells
                        .map(|(i, (cell, width))| match i {
                            0 => format!("{cell:>6}"),
                            _ => format!("{cell:<width$}"),
                        })
                        .collect();
                    writeln!(out, "{}", cells.join("  ").trim_end())?;
                }
                EventFormat::Json | EventFormat::Jsonl => writeln!(out, "{}", record.event())?,
                EventFormat::Csv => writeln!(out, "{}", csv(record))?,
            }
        }
        Ok(())
    }
}

/// The cells of a table. What agents chose must not draw on a terminal.
fn row(record: &Record) -> [String; 7] {
    let columns = &record.columns;
    let cell = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let action = columns
        .action
        .clone()
        .unwrap_or_else(|| columns.event_type.clone());
    let cells = [
        record.sequence.to_string(),
        cell(&columns.session),
        action,
        cell(&columns.target),
        cell(&columns.risk).to_lowercase(),
        cell(&columns.decision),
        columns.outcome.clone(),
    ];
    let mut widths = WIDTHS.into_iter();
    cells.map(|cell| clean::short(&cell, widths.next().unwrap_or(16)))
}

fn document(records: &[Record]) -> anyhow::Result<String> {
    #[derive(serde::Serialize)]
    struct Document {
        #[serde(flatten)]
        head: Head,
        events: Vec<Value>,
    }
    let events = records.iter().map(|record| {
        let text = record.event();
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    });
    json(&Document {
        head: Head::new("aegis-audit"),
        events: events.collect(),
    })
}

fn csv(record: &Record) -> String {
    let columns = &record.columns;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        record.sequence.to_string(),
        record.event_id.clone(),
        record.time.to_string(),
        columns.event_type.clone(),
        text(&columns.session),
        text(&columns.agent),
        text(&columns.action),
        text(&columns.target),
        text(&columns.risk).to_lowercase(),
        text(&columns.decision),
        text(&columns.rule),
        columns.outcome.clone(),
    ];
    cells.map(|cell| quoted(&cell)).join(",")
}

/// A cell of RFC 4180. A spreadsheet takes some beginnings for a formula and runs it, so these get
/// an apostrophe; control characters are shown.
fn quoted(cell: &str) -> String {
    let mut text = clean::line(cell).into_owned();
    if text.starts_with(['=', '+', '-', '@']) {
        text.insert(0, '\'');
    }
    if text.contains([',', '"', '\'']) {
        text = format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_spreadsheets_are_inert() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        assert_eq!(quoted("a\r\n=b"), "a␍␊=b");
    }
}
