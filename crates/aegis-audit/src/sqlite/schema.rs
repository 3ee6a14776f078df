//! The tables of a store, and how a file is found to be one.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::fault;
use crate::draft::Draft;
use crate::error::AuditError;
use crate::event::{Event, Outcome};
use crate::hash::{Algorithm, Hash};
use crate::id::Id;
use crate::redact::Redactor;

/// `AgAu`, in the header of the file.
pub(super) const APPLICATION: i32 = 0x4167_4175;
/// Of the tables. A file of a later version is refused.
pub(super) const VERSION: i32 = 1;

/// Events are only ever added: a mistake of a program is stopped here, an attacker by the chain.
const TABLES: &str = "
CREATE TABLE store (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    time INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    session TEXT,
    agent TEXT,
    action TEXT,
    target TEXT,
    risk TEXT,
    decision TEXT,
    rule TEXT,
    outcome TEXT NOT NULL,
    hash BLOB NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_id ON events (event_id);
CREATE INDEX events_time ON events (time);
CREATE INDEX events_session ON events (session) WHERE session IS NOT NULL;
CREATE INDEX events_agent ON events (agent) WHERE agent IS NOT NULL;
CREATE INDEX events_action ON events (action) WHERE action IS NOT NULL;
CREATE INDEX events_rule ON events (rule) WHERE rule IS NOT NULL;
CREATE INDEX events_outcome ON events (outcome);
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TABLE tiles (
    number INTEGER PRIMARY KEY,
    root BLOB NOT NULL
) STRICT;
CREATE TABLE checkpoints (
    number INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE sinks (
    name TEXT PRIMARY KEY,
    next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
CREATE TRIGGER events_as_they_are BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
";

/// What a store says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The store; a part of its first event and of every checkpoint.
    pub id: Id,
    /// Its hash function.
    pub algorithm: Algorithm,
}

/// Where the chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// How many events there are.
    pub(super) size: u64,
    /// The hash of the last one.
    pub(super) hash: Hash,
}

/// Makes the tables and the first event if the file is new, and says what it is.
pub(super) fn prepare(
    db: &mut Connection,
    path: &Path,
    algorithm: Option<Algorithm>,
    redactor: &Redactor,
) -> Result<Identity, AuditError> {
    let transaction = db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|e| fault(&e))?;
    if is_new(&transaction)? {
        create(&transaction, algorithm.unwrap_or_default(), redactor)?;
    }
    let found = identity(&transaction, path)?;
    transaction.commit().map_err(|e| fault(&e))?;
    match algorithm {
        Some(asked) if asked != found.algorithm => Err(AuditError::Foreign {
            path: path.to_owned(),
            why: format!(
                "it uses {}, not {asked}; the function of a store cannot be changed",
                found.algorithm
            ),
        }),
        _ => Ok(found),
    }
}

fn is_new(db: &Connection) -> Result<bool, AuditError> {
    let objects: i64 = db
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|e| fault(&e))?;
    Ok(objects == 0 && pragma(db, "application_id")? == 0)
}

fn create(
    transaction: &Transaction<'_>,
    algorithm: Algorithm,
    redactor: &Redactor,
) -> Result<(), AuditError> {
    let id = Id::new();
    let tables =
        format!("{TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};");
    transaction.execute_batch(&tables).map_err(|e| fault(&e))?;
    for (key, value) in [("id", id.to_string()), ("algorithm", algorithm.to_string())] {
        transaction
            .execute("INSERT INTO store VALUES (?1, ?2)", [key, &value])
            .map_err(|e| fault(&e))?;
    }
    let event = Event::entry(Outcome::StoreCreated)
        .detail("store", id.to_string())
        .detail("algorithm", algorithm.as_str())
        .detail("schema_version", VERSION);
    let draft = Draft::new(event, redactor, algorithm)?;
    let hash = insert(transaction, &draft, None, 0)?;
    transaction
        .execute("INSERT INTO head VALUES (1, 1, ?1)", [hash.as_bytes()])
        .map_err(|e| fault(&e))?;
    Ok(())
}

/// What the file says it is.
pub(super) fn identity(db: &Connection, path: &Path) -> Result<Identity, AuditError> {
    let foreign = |why: String| AuditError::Foreign {
        path: path.to_owned(),
        why,
    };
    if pragma(db, "application_id")? != APPLICATION {
        return Err(foreign("it is a database of something else".to_owned()));
    }
    let version = pragma(db, "user_version")?;
    if version != VERSION {
        let why = format!("its tables are of version {version}; this release knows {VERSION}");
        return Err(foreign(why));
    }
    let value = |key: &str| -> Result<String, AuditError> {
        let value = db.query_row("SELECT value FROM store WHERE key = ?1", [key], |row| {
            row.get(0)
        });
        let value = value.optional().map_err(|e| fault(&e))?;
        value.ok_or_else(|| AuditError::Corrupt(format!("its {key} is missing")))
    };
    let damaged = |e: &dyn std::fmt::Display| AuditError::Corrupt(e.to_string());
    Ok(Identity {
        id: value("id")?.parse().map_err(|e| damaged(&e))?,
        algorithm: value("algorithm")?.parse().map_err(|e| damaged(&e))?,
    })
}

fn pragma(db: &Connection, name: &str) -> Result<i32, AuditError> {
    db.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
        .map_err(|e| fault(&e))
}

/// Where the chain ends, after checking that the last event is the one that was last written.
pub(super) fn head(db: &Connection, algorithm: Algorithm) -> Result<Head, AuditError> {
    let hash = |bytes: [u8; 32]| Hash::from_bytes(algorithm, bytes);
    let head = db
        .prepare_cached("SELECT size, hash FROM head")
        .and_then(|mut statement| {
            statement.query_row([], |row| Ok((row.get::<_, u64>(0)?, row.get(1).map(hash)?)))
        })
        .optional()
        .map_err(|e| fault(&e))?;
    let last = db
        .prepare_cached("SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1")
        .and_then(|mut statement| {
            statement.query_row([], |row| Ok((row.get::<_, u64>(0)?, row.get(1).map(hash)?)))
        })
        .optional()
        .map_err(|e| fault(&e))?;
    let (Some((size, noted)), Some((sequence, found))) = (head, last) else {
        return Err(AuditError::Corrupt(
            "its events or its head are gone".to_owned(),
        ));
    };
    if size != sequence + 1 || noted != found {
        let why = format!(
            "{size} events were written and the last one there is number {sequence}, or another \
             than the one that was written; `aegis audit verify` says more"
        );
        return Err(AuditError::Corrupt(why));
    }
    Ok(Head { size, hash: found })
}

/// Writes one event at its place.
pub(super) fn insert(
    db: &Connection,
    draft: &Draft,
    previous: Option<Hash>,
    sequence: u64,
) -> Result<Hash, AuditError> {
    let (body, hash) = draft.seal(previous, sequence);
    let columns = &draft.columns;
    let mut statement = db
        .prepare_cached(
            "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )
        .map_err(|e| fault(&e))?;
    statement
        .execute(params![
            sequence,
            draft.id.to_string(),
            draft.time.as_micros(),
            columns.event_type,
            columns.session,
            columns.agent,
            columns.action,
            columns.target,
            columns.risk,
            columns.decision,
            columns.rule,
            columns.outcome,
            hash.as_bytes(),
            body,
        ])
        .map_err(|e| fault(&e))?;
    Ok(hash)
}
