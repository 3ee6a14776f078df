//! Writing bundles.

use std::io::Write;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Consistency, FORMAT, Header, RotationLine};
use crate::canonical;
use crate::checkpoint::Checkpoint;
use crate::error::AuditError;
use crate::sqlite::{Filter, Reader, Record};

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// How many events are in the bundle.
    pub events: u64,
    /// How many events the last checkpoint covers.
    pub signed: u64,
    /// How many events of the store come after it; they are not in the bundle.
    pub left_out: u64,
}

/// Writes a bundle of every event that is covered by a checkpoint.
///
/// # Errors
///
/// If there is no checkpoint, the store cannot be read, or `out` not written.
pub fn export(reader: &Reader, out: &mut dyn Write) -> Result<Exported, AuditError> {
    let snapshot = reader.snapshot()?;
    let checkpoints = checkpoints(reader)?;
    let signed = last(&checkpoints)?.size;
    let counts = Counts {
        events: signed,
        ..Counts::default()
    };
    head(reader, out, true, counts, &checkpoints)?;
    let mut result = Ok(());
    let mut written = 0;
    reader.walk(&Filter::default(), &mut |record| {
        if record.sequence >= signed {
            return false;
        }
        result = line(out, &json!({ "event": event(&record) }));
        written += 1;
        result.is_ok()
    })?;
    result?;
    if written != signed {
        let why = format!("{signed} events were signed and {written} are there");
        return Err(AuditError::Corrupt(why));
    }
    let left_out = reader.size()?.saturating_sub(signed);
    drop(snapshot);
    Ok(Exported {
        events: written,
        signed,
        left_out,
    })
}

/// Writes a bundle of the events that fit and are covered by a checkpoint, each with its proof.
///
/// # Errors
///
/// If there is no checkpoint, no covered event fits, the store cannot be read, or `out` not written.
pub fn select(
    reader: &mut Reader,
    filter: &Filter,
    out: &mut dyn Write,
) -> Result<Exported, AuditError> {
    let checkpoints = checkpoints(reader)?;
    let signed = last(&checkpoints)?.size;
    let (mut places, mut left_out) = (Vec::new(), 0);
    reader.walk(filter, &mut |record| {
        if record.sequence < signed {
            places.push(record.sequence);
        } else {
            left_out += 1;
        }
        true
    })?;
    if places.is_empty() {
        let why = if left_out == 0 {
            "no event fits; a bundle of none would prove nothing".to_owned()
        } else {
            "the events that fit are newer than the last checkpoint; sign one first".to_owned()
        };
        return Err(AuditError::Event(why));
    }
    let rotations: Vec<_> = reader
        .rotations()?
        .into_iter()
        .filter(|(at, _)| *at < signed)
        .collect();
    let links = checkpoints
        .windows(2)
        .filter(|pair| pair_of(pair).is_some())
        .count();
    let counts = Counts {
        events: places.len() as u64,
        rotations: rotations.len() as u64,
        links: links as u64,
    };
    head(reader, out, false, counts, &checkpoints)?;
    for (at, rotation) in rotations {
        line(out, &RotationLine { rotation, at })?;
    }
    for pair in checkpoints.windows(2) {
        let Some((from, to)) = pair_of(pair) else {
            continue;
        };
        let path = reader.consistency(from, to)?;
        line(
            out,
            &json!({ "consistency": Consistency { from, to, path } }),
        )?;
    }
    for place in &places {
        let record = reader.find(&place.to_string())?;
        let record = record.ok_or_else(|| AuditError::Corrupt(format!("event {place} is gone")))?;
        let proof = reader.inclusion(*place, signed)?;
        line(out, &json!({ "event": event(&record), "proof": proof }))?;
    }
    Ok(Exported {
        events: places.len() as u64,
        signed,
        left_out,
    })
}

/// The checkpoints of a store in the order of their sizes, one for each size.
fn checkpoints(reader: &Reader) -> Result<Vec<Checkpoint>, AuditError> {
    let mut all: Vec<Checkpoint> = Vec::new();
    for (_, text) in reader.checkpoints()? {
        let checkpoint = Checkpoint::parse(&text)
            .map_err(|e| AuditError::Corrupt(format!("one of its checkpoints: {e}")))?;
        all.push(checkpoint);
    }
    all.sort_by_key(|c| (c.size, c.time));
    Ok(all)
}

fn last(checkpoints: &[Checkpoint]) -> Result<&Checkpoint, AuditError> {
    let none = || {
        let why = "the store has no checkpoint, so nothing in a bundle of it would be proved; sign one with `aegis audit checkpoint`";
        AuditError::Event(why.to_owned())
    };
    checkpoints.last().ok_or_else(none)
}

/// The sizes of two checkpoints that differ in size.
fn pair_of(pair: &[Checkpoint]) -> Option<(u64, u64)> {
    match pair {
        [before, after] if before.size != after.size => Some((before.size, after.size)),
        _ => None,
    }
}

/// How many lines of each kind follow the checkpoints.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    events: u64,
    rotations: u64,
    links: u64,
}

fn head(
    reader: &Reader,
    out: &mut dyn Write,
    complete: bool,
    counts: Counts,
    checkpoints: &[Checkpoint],
) -> Result<(), AuditError> {
    let identity = reader.identity();
    let header = Header {
        format: FORMAT.to_owned(),
        store: identity.id,
        algorithm: identity.algorithm,
        complete,
        events: counts.events,
        checkpoints: checkpoints.len() as u64,
        rotations: counts.rotations,
        links: counts.links,
    };
    line(out, &header)?;
    for checkpoint in checkpoints {
        line(out, &json!({ "checkpoint": checkpoint }))?;
    }
    Ok(())
}

/// The whole event; one that is damaged stays as it is, for the verification to find.
fn event(record: &Record) -> Value {
    serde_json::from_str(&record.event()).unwrap_or_else(|_| {
        let mut damaged = Map::new();
        damaged.insert("damaged".to_owned(), record.body.clone().into());
        damaged.into()
    })
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> Result<(), AuditError> {
    let failed = |e: &dyn std::fmt::Display| {
        AuditError::Storage(format!("the bundle cannot be written: {e}"))
    };
    let value = serde_json::to_value(value).map_err(|e| failed(&e))?;
    let mut text = canonical::to_string(&value);
    text.push('\n');
    out.write_all(text.as_bytes()).map_err(|e| failed(&e))
}
