//! The rows of a store as facts.

use std::borrow::Cow;
use std::fmt;
use std::hash::RandomState;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use super::indices::{self, INDICES};
use super::parallel::Send;
use super::{Facts, Sums};
use crate::error::AuditError;
use crate::hash::{Algorithm, Hash};
use crate::sqlite::{Reader, Value, rotation_in};
use crate::time::Time;

/// Rows of a chunk.
const ROWS: usize = 1024;

/// Rows as they lie in the file, one after the other in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    rows: Vec<RawRow>,
}

#[derive(Debug)]
struct RawRow {
    sequence: u64,
    time: i64,
    /// In the order of [`COLUMNS`], then hash and body; `None` is null.
    fields: [Option<Range<usize>>; 12],
}

/// The columns that repeat what the event says, after sequence and time.
pub(crate) const COLUMNS: [&str; 10] = [
    "event_id",
    "event_type",
    "session",
    "agent",
    "action",
    "target",
    "risk",
    "decision",
    "rule",
    "outcome",
];
const HASH: usize = 10;
const BODY: usize = 11;

impl Chunk {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= ROWS || self.bytes.len() > 8 << 20
    }

    /// Adds a row.
    pub(crate) fn push<'r>(
        &mut self,
        sequence: u64,
        time: i64,
        mut field: impl FnMut(usize) -> Result<Option<&'r [u8]>, AuditError>,
    ) -> Result<(), AuditError> {
        let mut fields = [const { None }; 12];
        for (i, place) in fields.iter_mut().enumerate() {
            if let Some(bytes) = field(i)? {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(bytes);
                *place = Some(start..self.bytes.len());
            }
        }
        self.rows.push(RawRow {
            sequence,
            time,
            fields,
        });
        Ok(())
    }

    fn field(&self, row: &RawRow, index: usize) -> Option<&[u8]> {
        let range = row.fields.get(index)?.clone()?;
        self.bytes.get(range)
    }
}

/// Reads a store in chunks.
pub(crate) fn read(reader: &Reader, send: Send<'_, Chunk>) -> Result<(), AuditError> {
    let mut chunk = Chunk::default();
    let mut alive = true;
    reader.raw(&mut |sequence, time, field| {
        chunk.push(sequence, time, field)?;
        if chunk.is_full() {
            alive = send(std::mem::take(&mut chunk));
        }
        Ok(alive)
    })?;
    if alive && !chunk.is_empty() {
        send(chunk);
    }
    Ok(())
}

/// Hashes and parses the rows of a chunk. Indices are compared for the first `size` events.
#[expect(clippy::needless_pass_by_value, reason = "a worker owns its chunk")]
pub(crate) fn facts(
    chunk: Chunk,
    algorithm: Algorithm,
    size: u64,
    key: &RandomState,
) -> Vec<Facts> {
    chunk
        .rows
        .iter()
        .map(|row| fact(&chunk, row, algorithm, size, key))
        .collect()
}

fn fact(chunk: &Chunk, row: &RawRow, algorithm: Algorithm, size: u64, key: &RandomState) -> Facts {
    let body = chunk.field(row, BODY).unwrap_or_default();
    let hash = algorithm.hash(&[body]);
    let noted = chunk
        .field(row, HASH)
        .and_then(|bytes| bytes.try_into().ok());
    // A hash of another length is that of nothing.
    let noted = noted.map_or_else(
        || algorithm.hash(&[]),
        |bytes| Hash::from_bytes(algorithm, bytes),
    );
    let mut facts = Facts {
        at: row.sequence,
        number: None,
        previous: None,
        noted,
        hash,
        flaw: None,
        rotation: None,
        store: None,
        sums: if row.sequence < size {
            sums(chunk, row, key)
        } else {
            Sums::default()
        },
    };
    let seen = match serde_json::from_slice::<Seen<'_>>(body) {
        Ok(seen) => seen,
        Err(_) => {
            facts.flaw = Some("it is no event".to_owned());
            return facts;
        }
    };
    facts.number = Some(seen.evidence.sequence_number);
    facts.previous = seen.previous(algorithm);
    facts.flaw = flaw(chunk, row, &seen);
    let outcome: &str = &seen.metadata.outcome.0;
    if matches!(outcome, "key_added" | "key_rotated") {
        facts.rotation = std::str::from_utf8(body).ok().and_then(rotation_in);
    }
    if outcome == "store_created" {
        let store = serde_json::from_slice::<serde_json::Value>(body).ok();
        let store = store
            .as_ref()
            .and_then(|s| s.pointer("/metadata/details/store")?.as_str());
        facts.store = store.and_then(|s| s.parse().ok());
    }
    facts
}

/// What a row adds to the sums over indices.
fn sums(chunk: &Chunk, row: &RawRow, key: &RandomState) -> Sums {
    INDICES.map(|(_, _, field)| {
        let value = match field {
            None => Some(Value::Number(row.time)),
            Some(field) => chunk.field(row, field).map(Value::Text),
        };
        value.map_or(0, |value| indices::pair(key, value, row.sequence))
    })
}

/// A column that does not say what the event says: searching would find something else.
fn flaw(chunk: &Chunk, row: &RawRow, seen: &Seen<'_>) -> Option<String> {
    let wrong = |column: &str| {
        Some(format!(
            "its column `{column}` does not say what the event says"
        ))
    };
    for (i, (column, said)) in COLUMNS.iter().zip(seen.fields().0).enumerate() {
        if chunk.field(row, i) != said.map(str::as_bytes) {
            return wrong(column);
        }
    }
    match seen.timestamp.0.parse::<Time>() {
        Ok(time) if time.as_micros() == row.time => None,
        _ => wrong("time"),
    }
}

/// What the columns should say.
pub(crate) struct Fields<'a>(pub(crate) [Option<&'a str>; 10]);

/// The parts of an event that matter here.
#[derive(Deserialize)]
pub(crate) struct Seen<'a> {
    #[serde(borrow)]
    event_id: Text<'a>,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow)]
    event_type: Text<'a>,
    #[serde(borrow)]
    evidence: Evidence<'a>,
    #[serde(borrow, default)]
    agent: Agent<'a>,
    #[serde(borrow, default)]
    action: Action<'a>,
    #[serde(borrow, default)]
    decision: Decision<'a>,
    #[serde(borrow, default)]
    approval: Approval<'a>,
    #[serde(borrow)]
    metadata: Metadata<'a>,
}

#[derive(Deserialize)]
struct Evidence<'a> {
    sequence_number: u64,
    #[serde(borrow, default)]
    session_id: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    previous_hash: Option<Option<Text<'a>>>,
}

#[derive(Deserialize, Default)]
struct Agent<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
}

#[derive(Deserialize, Default)]
struct Action<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    target: Option<Text<'a>>,
}

#[derive(Deserialize, Default)]
struct Decision<'a> {
    #[serde(borrow, default)]
    outcome: Option<Text<'a>>,
    #[serde(borrow, default)]
    risk_level: Option<Text<'a>>,
    #[serde(borrow, default)]
    rule: Option<Text<'a>>,
}

#[derive(Deserialize, Default)]
struct Approval<'a> {
    #[serde(borrow, default)]
    decision: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    outcome: Text<'a>,
    #[serde(borrow, default)]
    chain: Option<Chain<'a>>,
}

#[derive(Deserialize)]
struct Chain<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    previous_hash: Option<Option<Text<'a>>>,
}

impl Seen<'_> {
    fn fields(&self) -> Fields<'_> {
        fn text<'t>(text: &'t Option<Text<'_>>) -> Option<&'t str> {
            text.as_ref().map(|t| t.0.as_ref())
        }
        Fields([
            Some(&self.event_id.0),
            Some(&self.event_type.0),
            text(&self.evidence.session_id),
            text(&self.agent.id),
            text(&self.action.kind),
            text(&self.action.target),
            text(&self.decision.risk_level),
            text(&self.decision.outcome).or_else(|| text(&self.approval.decision)),
            text(&self.decision.rule),
            Some(&self.metadata.outcome.0),
        ])
    }

    /// The link, if it can be read; `Some(None)` is the link of the first event.
    fn previous(&self, algorithm: Algorithm) -> Option<Option<Hash>> {
        let link = match algorithm {
            Algorithm::Sha256 => self.evidence.previous_hash.as_ref(),
            Algorithm::Sha3 => self.metadata.chain.as_ref()?.previous_hash.as_ref(),
        };
        match link? {
            None => Some(None),
            Some(text) => {
                let hash: Hash = text.0.parse().ok()?;
                (hash.algorithm() == algorithm).then_some(Some(hash))
            }
        }
    }
}

/// Tells a key that is null from one that is not there.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<Text<'a>>>, D::Error> {
    Option::<Text<'a>>::deserialize(deserializer).map(Some)
}

/// Text that is borrowed where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Reads)
    }
}
