//! `aegis stats`: how often what was decided and done.

use aegis_audit::sqlite::{By, Filter, Reader};
use aegis_report::clean;
use serde::Serialize;

use super::audit;
use crate::cli::{Listing, StatsArgs};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{Head, Streams, json, table};
use crate::words;

/// What is counted if nobody says by what.
const USUAL: [(By, &str); 4] = [
    (By::Outcome, "outcome"),
    (By::Rule, "rule"),
    (By::Agent, "agent"),
    (By::Day, "day"),
];

/// From a store to counts.
pub(crate) fn run(args: &StatsArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let reader = audit::open(&args.store, env)?;
    let counts = count(&reader, args)?;
    let text = match args.format {
        Listing::Text => text(&counts, args.limit),
        Listing::Json => json(&Document {
            head: Head::new("aegis-stats"),
            counts: &counts,
        })?,
    };
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()?;
    Ok(Exit::Fine)
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head,
    counts: &'a [Counts],
}

/// Events counted by one thing.
#[derive(Serialize)]
struct Counts {
    by: &'static str,
    events: u64,
    /// How many different ones there are.
    different: usize,
    /// Each with how often; `null` for events without any.
    each: Vec<Each>,
}

#[derive(Serialize)]
struct Each {
    value: Option<String>,
    events: u64,
}

fn count(reader: &Reader, args: &StatsArgs) -> anyhow::Result<Vec<Counts>> {
    let filter = args.filter.filter();
    let one = |by: By, name: &'static str| counted(reader, &filter, by, name);
    match args.by {
        Some(word) => {
            let by = By::from(word);
            Ok(vec![one(by, name(by))?])
        }
        None => USUAL.iter().map(|(by, name)| one(*by, name)).collect(),
    }
}

fn counted(reader: &Reader, filter: &Filter, by: By, name: &'static str) -> anyhow::Result<Counts> {
    let mut counts = reader.count(filter, by)?;
    if matches!(by, By::Day | By::Hour) {
        // Time runs on; everything else is by frequency.
        counts.sort();
    }
    let each = counts
        .into_iter()
        .map(|(value, events)| Each { value, events });
    let each: Vec<Each> = each.collect();
    Ok(Counts {
        by: name,
        events: each.iter().map(|e| e.events).sum(),
        different: each.len(),
        each,
    })
}

const fn name(by: By) -> &'static str {
    match by {
        By::Rule => "rule",
        By::Agent => "agent",
        By::Action => "type",
        By::Outcome => "outcome",
        By::Risk => "risk",
        By::EventType => "event",
        By::Session => "session",
        By::Hour => "hour",
        By::Day => "day",
    }
}

fn text(counts: &[Counts], limit: usize) -> String {
    let blocks = counts.iter().map(|counts| block(counts, limit));
    blocks.collect::<Vec<_>>().join("\n")
}

fn block(counts: &Counts, limit: usize) -> String {
    let over_time = matches!(counts.by, "day" | "hour");
    // Of times the last ones matter.
    let from = if over_time {
        counts.each.len().saturating_sub(limit)
    } else {
        0
    };
    let shown = counts.each.iter().skip(from).take(limit);
    let rows: Vec<[String; 3]> = shown.map(|each| row(each, counts)).collect();
    let mut text = table([counts.by, "events", "share"], &rows, &[1, 2]);
    let more = counts.each.len() - rows.len();
    if more > 0 {
        text += &format!(
            "and {} more\n",
            words::count(more, counts.by, &format!("{}s", counts.by))
        );
    }
    text
}

fn row(each: &Each, counts: &Counts) -> [String; 3] {
    let value = match (&each.value, counts.by) {
        (Some(value), "rule") if value.is_empty() => "(defaults)".to_owned(),
        (Some(value), _) => clean::short(value, 48),
        (None, _) => format!("(no {})", counts.by),
    };
    let tenths = each.events * 1000 / counts.events.max(1);
    let share = format!("{}.{}%", tenths / 10, tenths % 10);
    [value, each.events.to_string(), share]
}
