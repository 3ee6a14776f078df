//! Reading a store: searching it, walking through it.

use std::path::{Path, PathBuf};

use rusqlite::types::{ToSql, ValueRef};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};

use super::schema::{self, Identity};
use super::sign::rotation_in;
use super::{fault, open_error};
use crate::checkpoint::Rotation;
use crate::draft::Columns;
use crate::error::AuditError;
use crate::event::Outcome;
use crate::hash::{Algorithm, Hash};
use crate::merkle::{self, Nodes, TILE, Tree};
use crate::time::Time;

/// What is looked for. Everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The session.
    pub session: Option<String>,
    /// The agent.
    pub agent: Option<String>,
    /// The type of the action.
    pub action: Option<String>,
    /// The rule; the empty name stands for the defaults.
    pub rule: Option<String>,
    /// The kind of event, in the words of AGEF.
    pub event_type: Option<String>,
    /// The risk, in the words of AGEF.
    pub risk: Option<String>,
    /// What happened, in one word.
    pub outcome: Option<String>,
    /// Not before this.
    pub since: Option<Time>,
    /// Before this.
    pub until: Option<Time>,
    /// After this place in the chain.
    pub after: Option<u64>,
    /// At this place in the chain.
    pub at: Option<u64>,
}

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in the chain.
    pub sequence: u64,
    /// Its identifier.
    pub event_id: String,
    /// When it happened.
    pub time: Time,
    /// What it can be searched by.
    pub columns: Columns,
    /// The hash of its canonical form.
    pub hash: Hash,
    /// The canonical form: the event without its own hash.
    pub body: String,
}

impl Record {
    /// The event with its own hash, canonical.
    #[must_use]
    pub fn event(&self) -> String {
        crate::chain::with_hash(&self.body, &self.hash)
    }
}

/// A connection to a store that only reads. One thread at a time.
#[derive(Debug)]
pub struct Reader {
    pub(crate) db: Connection,
    path: PathBuf,
    identity: Identity,
}

impl Reader {
    /// Opens a store that is there.
    ///
    /// # Errors
    ///
    /// If it is not there, cannot be read, or is no store.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, AuditError> {
        let path = path.as_ref();
        if !path.is_file() {
            let why = if path.exists() {
                "it is no file"
            } else {
                "it does not exist"
            };
            return Err(open_error(path, &why));
        }
        let db = connect(path)?;
        let identity = schema::identity(&db, path)?;
        Ok(Self {
            db,
            path: path.to_owned(),
            identity,
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the store says of itself.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// How many events were written, as the store notes it.
    ///
    /// # Errors
    ///
    /// If that cannot be read.
    pub fn size(&self) -> Result<u64, AuditError> {
        let size = self
            .db
            .query_row("SELECT size FROM head", [], |row| row.get(0));
        size.map_err(|e| fault(&e))
    }

    /// The newest events that fit, newest first.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    pub fn newest(&self, filter: &Filter, limit: u64) -> Result<Vec<Record>, AuditError> {
        let mut found = Vec::new();
        let mut keep = |record| {
            found.push(record);
            true
        };
        self.select(filter, "DESC", limit, &mut keep)?;
        Ok(found)
    }

    /// Walks through the events that fit, oldest first, until `each` says no.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    pub fn walk(
        &self,
        filter: &Filter,
        each: &mut dyn FnMut(Record) -> bool,
    ) -> Result<(), AuditError> {
        self.select(filter, "ASC", u64::MAX >> 1, each)
    }

    fn select(
        &self,
        filter: &Filter,
        order: &str,
        limit: u64,
        each: &mut dyn FnMut(Record) -> bool,
    ) -> Result<(), AuditError> {
        let (conditions, mut values) = filter.conditions();
        values.push(Box::new(limit));
        let sql =
            format!("SELECT {FIELDS} FROM events {conditions} ORDER BY sequence {order} LIMIT ?");
        let mut statement = self.db.prepare_cached(&sql).map_err(|e| fault(&e))?;
        let values = rusqlite::params_from_iter(values);
        let mut rows = statement.query(values).map_err(|e| fault(&e))?;
        while let Some(row) = rows.next().map_err(|e| fault(&e))? {
            let record = self.record(row).map_err(|e| fault(&e))?;
            if !each(record) {
                break;
            }
        }
        Ok(())
    }

    /// The event with that place or identifier.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn find(&self, id: &str) -> Result<Option<Record>, AuditError> {
        let (column, value): (_, Box<dyn ToSql>) = match id.parse::<u64>() {
            Ok(sequence) => (
                "sequence",
                Box::new(i64::try_from(sequence).unwrap_or(i64::MAX)),
            ),
            Err(_) => ("event_id", Box::new(id.to_ascii_lowercase())),
        };
        let sql = format!("SELECT {FIELDS} FROM events WHERE {column} = ?1");
        self.db
            .query_row(&sql, [value], |row| self.record(row))
            .optional()
            .map_err(|e| fault(&e))
    }

    /// How many events fit, by one column: pairs of what it holds and how often, most often first.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    pub fn count(&self, filter: &Filter, by: By) -> Result<Vec<(Option<String>, u64)>, AuditError> {
        let (conditions, values) = filter.conditions();
        let key = by.expression();
        let sql = format!(
            "SELECT {key}, count(*) FROM events {conditions} GROUP BY 1 ORDER BY 2 DESC, 1"
        );
        let mut statement = self.db.prepare(&sql).map_err(|e| fault(&e))?;
        let rows = statement
            .query_map(rusqlite::params_from_iter(values), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .map_err(|e| fault(&e))?;
        rows.map(|row| row.map_err(|e| fault(&e))).collect()
    }

    fn record(&self, row: &Row<'_>) -> rusqlite::Result<Record> {
        Ok(Record {
            sequence: row.get(0)?,
            event_id: text(row, 1)?.unwrap_or_default(),
            time: Time::from_micros(row.get(2)?),
            columns: Columns {
                event_type: text(row, 3)?.unwrap_or_default(),
                session: text(row, 4)?,
                agent: text(row, 5)?,
                action: text(row, 6)?,
                target: text(row, 7)?,
                risk: text(row, 8)?,
                decision: text(row, 9)?,
                rule: text(row, 10)?,
                outcome: text(row, 11)?.unwrap_or_default(),
            },
            hash: Hash::from_bytes(self.identity.algorithm, row.get(12)?),
            body: text(row, 13)?.unwrap_or_default(),
        })
    }

    /// The tree over the first `size` events.
    ///
    /// # Errors
    ///
    /// If hashes cannot be read, or there are not as many.
    pub fn tree(&self, size: u64) -> Result<Tree, AuditError> {
        tree(&self.db, self.identity.algorithm, size)
    }

    /// The checkpoints that are kept, oldest first, as they were written.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    pub fn checkpoints(&self) -> Result<Vec<(u64, String)>, AuditError> {
        let sql = "SELECT size, body FROM checkpoints ORDER BY number";
        let mut statement = self.db.prepare(sql).map_err(|e| fault(&e))?;
        let rows = statement
            .query_map([], |row| {
                Ok((row.get(0)?, text(row, 1)?.unwrap_or_default()))
            })
            .map_err(|e| fault(&e))?;
        rows.map(|row| row.map_err(|e| fault(&e))).collect()
    }

    /// The changes of keys in the chain, with their places.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    pub fn rotations(&self) -> Result<Vec<(u64, Rotation)>, AuditError> {
        let mut found = Vec::new();
        for outcome in [Outcome::KeyAdded, Outcome::KeyRotated] {
            let filter = Filter {
                outcome: Some(outcome.to_string()),
                event_type: Some("audit_entry".to_owned()),
                ..Filter::default()
            };
            self.walk(&filter, &mut |record| {
                if let Some(rotation) = rotation_in(&record.body) {
                    found.push((record.sequence, rotation));
                }
                true
            })?;
        }
        found.sort_by_key(|(at, _)| *at);
        Ok(found)
    }
}

/// The tree over the first `size` events.
pub(super) fn tree(db: &Connection, algorithm: Algorithm, size: u64) -> Result<Tree, AuditError> {
    let mut tree = Tree::new(algorithm);
    let tiles = size / TILE;
    for number in 0..tiles {
        tree.push_tile(tile(db, algorithm, number)?);
    }
    for hash in hashes(db, algorithm, tiles * TILE, size)? {
        tree.push(&hash);
    }
    Ok(tree)
}

/// The root of a full tile. One that is not kept is made from its events.
fn tile(db: &Connection, algorithm: Algorithm, number: u64) -> Result<Hash, AuditError> {
    let kept: Option<[u8; 32]> = db
        .prepare_cached("SELECT root FROM tiles WHERE number = ?1")
        .and_then(|mut statement| statement.query_row([number], |row| row.get(0)))
        .optional()
        .map_err(|e| fault(&e))?;
    if let Some(root) = kept {
        return Ok(Hash::from_bytes(algorithm, root));
    }
    let mut tree = Tree::new(algorithm);
    for hash in hashes(db, algorithm, number * TILE, number * TILE + TILE)? {
        tree.push(&hash);
    }
    Ok(tree.root())
}

/// The hashes of the events `start .. end`, all of which must be there.
fn hashes(
    db: &Connection,
    algorithm: Algorithm,
    start: u64,
    end: u64,
) -> Result<Vec<Hash>, AuditError> {
    let mut statement = db
        .prepare_cached(
            "SELECT hash FROM events WHERE sequence >= ?1 AND sequence < ?2 ORDER BY sequence",
        )
        .map_err(|e| fault(&e))?;
    let rows = statement
        .query_map([start, end], |row| row.get::<_, [u8; 32]>(0))
        .map_err(|e| fault(&e))?;
    let hashes: Vec<Hash> = rows
        .map(|row| Ok(Hash::from_bytes(algorithm, row.map_err(|e| fault(&e))?)))
        .collect::<Result<_, AuditError>>()?;
    if hashes.len() as u64 == end.saturating_sub(start) {
        return Ok(hashes);
    }
    let why = format!(
        "of the events from {start} to {end}, {} are there",
        hashes.len()
    );
    Err(AuditError::Corrupt(why))
}

impl Nodes for Reader {
    type Error = AuditError;

    fn subtree(&mut self, start: u64, size: u64) -> Result<Hash, AuditError> {
        let algorithm = self.identity.algorithm;
        let mut tree = Tree::new(algorithm);
        if size < TILE {
            for hash in hashes(&self.db, algorithm, start, start + size)? {
                tree.push(&hash);
            }
        } else {
            for number in start / TILE..(start + size) / TILE {
                tree.push_tile(tile(&self.db, algorithm, number)?);
            }
        }
        Ok(tree.root())
    }
}

impl Reader {
    /// The path from an event to the root over the first `size`.
    ///
    /// # Errors
    ///
    /// If hashes cannot be read.
    pub fn inclusion(&mut self, index: u64, size: u64) -> Result<Vec<Hash>, AuditError> {
        merkle::inclusion(self, index, size)
    }

    /// Proof that the first `old` events are the first of the first `new`.
    ///
    /// # Errors
    ///
    /// If hashes cannot be read.
    pub fn consistency(&mut self, old: u64, new: u64) -> Result<Vec<Hash>, AuditError> {
        merkle::consistency(self, old, new)
    }
}

/// By what events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The rule that decided.
    Rule,
    /// The agent.
    Agent,
    /// The type of the action.
    Action,
    /// What happened.
    Outcome,
    /// The risk.
    Risk,
    /// The kind of event.
    EventType,
    /// The session.
    Session,
    /// The hour it happened in, as `2026-11-30T12`.
    Hour,
    /// The day it happened on, as `2026-11-30`.
    Day,
}

impl By {
    const fn expression(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Agent => "agent",
            Self::Action => "action",
            Self::Outcome => "outcome",
            Self::Risk => "risk",
            Self::EventType => "event_type",
            Self::Session => "session",
            Self::Hour => "strftime('%Y-%m-%dT%H', time / 1000000, 'unixepoch')",
            Self::Day => "strftime('%Y-%m-%d', time / 1000000, 'unixepoch')",
        }
    }
}

const FIELDS: &str = "sequence, event_id, time, event_type, session, agent, action, target, risk, \
                      decision, rule, outcome, hash, body";

impl Filter {
    fn conditions(&self) -> (String, Vec<Box<dyn ToSql>>) {
        let mut conditions: Vec<String> = Vec::new();
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        let words = [
            ("session", &self.session),
            ("agent", &self.agent),
            ("action", &self.action),
            ("rule", &self.rule),
            ("event_type", &self.event_type),
            ("risk", &self.risk),
            ("outcome", &self.outcome),
        ];
        for (column, value) in words {
            if let Some(value) = value {
                conditions.push(format!("{column} = ?"));
                values.push(Box::new(value.clone()));
            }
        }
        let numbers = [
            ("time >= ?", self.since.map(Time::as_micros)),
            ("time < ?", self.until.map(Time::as_micros)),
            (
                "sequence = ?",
                self.at.map(|n| i64::try_from(n).unwrap_or(i64::MAX)),
            ),
            (
                "sequence > ?",
                self.after.map(|n| i64::try_from(n).unwrap_or(i64::MAX)),
            ),
        ];
        for (condition, value) in numbers {
            if let Some(value) = value {
                conditions.push(condition.to_owned());
                values.push(Box::new(value));
            }
        }
        if conditions.is_empty() {
            return (String::new(), values);
        }
        (format!("WHERE {}", conditions.join(" AND ")), values)
    }
}

/// Text of a column. What is no UTF-8 any more is shown with replacement characters; verification
/// works on the bytes.
fn text(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(index)? {
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    })
}

/// A store on a medium that cannot be written is read as it lies there.
fn connect(path: &Path) -> Result<Connection, AuditError> {
    let open = |path: &Path| {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let mut db = Connection::open_with_flags(path, flags).map_err(|e| open_error(path, &e))?;
        db.busy_handler(Some(super::patience))
            .map_err(|e| fault(&e))?;
        db.execute_batch(
            "PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA mmap_size = 1073741824;",
        )
        .map_err(|e| fault(&e))?;
        db.set_prepared_statement_cache_capacity(32);
        db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
            row.get::<_, i64>(0)
        })
        .map_err(|e| fault(&e))?;
        Ok(db)
    };
    let first = match open(path) {
        Ok(db) => return Ok(db),
        Err(e) => e,
    };
    let log = path.with_file_name(format!(
        "{}-wal",
        path.file_name().unwrap_or_default().to_string_lossy()
    ));
    let complete = std::fs::metadata(log).map_or(true, |m| m.len() == 0);
    let (AuditError::Storage(_) | AuditError::ReadOnly, true, Some(text)) =
        (&first, complete, path.to_str())
    else {
        return Err(first);
    };
    let escaped = text
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    open(Path::new(&format!("file:{escaped}?immutable=1"))).map_err(|_| first)
}
