//! What verification reads of a store.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row, params};

use super::fault;
use super::read::Reader;
use crate::error::AuditError;
use crate::hash::Hash;

/// Gives the bytes of a column, `None` for null.
pub(crate) type Field<'a, 'r> = &'a dyn Fn(usize) -> Result<Option<&'r [u8]>, AuditError>;

/// Keeps a moment of the store for all reads until it is dropped.
#[derive(Debug)]
pub(crate) struct Snapshot<'r>(&'r Reader);

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // Only reads were made; if this fails, closing the connection does the same.
        let _ = self.0.db.execute_batch("COMMIT");
    }
}

impl Reader {
    /// Keeps the present moment.
    pub(crate) fn snapshot(&self) -> Result<Snapshot<'_>, AuditError> {
        self.db.execute_batch("BEGIN").map_err(|e| fault(&e))?;
        Ok(Snapshot(self))
    }

    /// Walks over all rows as they are.
    pub(crate) fn raw(
        &self,
        each: &mut dyn FnMut(u64, i64, Field<'_, '_>) -> Result<bool, AuditError>,
    ) -> Result<(), AuditError> {
        let sql = "SELECT sequence, time, event_id, event_type, session, agent, action, target, \
                   risk, decision, rule, outcome, hash, body FROM events ORDER BY sequence";
        let mut statement = self.db.prepare(sql).map_err(|e| fault(&e))?;
        let mut rows = statement.query([]).map_err(|e| fault(&e))?;
        let mut last = None;
        while let Some(row) = rows.next().map_err(|e| cut(&e, last))? {
            let sequence: i64 = row.get(0).map_err(|e| fault(&e))?;
            let sequence = u64::try_from(sequence)
                .map_err(|_| AuditError::Corrupt(format!("an event stands at place {sequence}")))?;
            last = Some(sequence);
            // A time that is no number fits no event.
            let time = row.get(1).unwrap_or(i64::MIN);
            if !each(sequence, time, &|i| bytes(row, i + 2))? {
                break;
            }
        }
        Ok(())
    }

    /// The end of the chain as the store notes it: how many events, and the hash of the last.
    pub(crate) fn head(&self) -> Result<(u64, Hash), AuditError> {
        let head = self.db.query_row("SELECT size, hash FROM head", [], |row| {
            Ok((row.get(0)?, row.get::<_, [u8; 32]>(1)?))
        });
        let (size, hash) = head.map_err(|e| fault(&e))?;
        Ok((size, Hash::from_bytes(self.identity().algorithm, hash)))
    }

    /// The place of the next event for a sink, if the store remembers one of that name.
    pub(crate) fn sink(&self, name: &str) -> Result<Option<u64>, AuditError> {
        self.db
            .query_row("SELECT next FROM sinks WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional()
            .map_err(|e| fault(&e))
    }

    /// The Merkle nodes that are kept.
    pub(crate) fn tiles(&self) -> Result<BTreeMap<u64, Hash>, AuditError> {
        let mut statement = self
            .db
            .prepare("SELECT number, root FROM tiles")
            .map_err(|e| fault(&e))?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, [u8; 32]>(1)?)))
            .map_err(|e| fault(&e))?;
        let algorithm = self.identity().algorithm;
        rows.map(|row| {
            let (number, root) = row.map_err(|e| fault(&e))?;
            Ok((number, Hash::from_bytes(algorithm, root)))
        })
        .collect()
    }

    /// Walks through an index as it lies in the file, over the first `size` events: value and place,
    /// in the order of the index.
    pub(crate) fn index(
        &self,
        index: &str,
        column: &str,
        size: u64,
        each: &mut dyn FnMut(Value<'_>, u64),
    ) -> Result<(), AuditError> {
        let sql = format!(
            "SELECT {column}, sequence FROM events INDEXED BY {index} \
             WHERE {column} IS NOT NULL AND +sequence < ?1 ORDER BY {column}, sequence"
        );
        let mut statement = self.db.prepare(&sql).map_err(|e| fault(&e))?;
        let mut rows = statement.query([size]).map_err(|e| fault(&e))?;
        while let Some(row) = rows.next().map_err(|e| fault(&e))? {
            let value = match row.get_ref(0).map_err(|e| fault(&e))? {
                ValueRef::Text(text) => Value::Text(text),
                ValueRef::Integer(number) => Value::Number(number),
                // Neither is ever written, so it fits nothing.
                _ => Value::Text(b"\0"),
            };
            each(value, row.get(1).unwrap_or(u64::MAX));
        }
        Ok(())
    }
}

/// A value in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Value<'a> {
    /// A number, which sorts before text.
    Number(i64),
    /// Text, as bytes.
    Text(&'a [u8]),
}

/// Remembers how far a sink is. It is not synced: after a power failure events are sent again.
pub(crate) fn set_next(path: &Path, name: &str, next: u64) -> Result<(), AuditError> {
    let db = super::connect(path)?;
    db.execute_batch("PRAGMA synchronous = NORMAL")
        .map_err(|e| fault(&e))?;
    let sql = "INSERT INTO sinks VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET next = ?2";
    db.execute(sql, params![name, next])
        .map_err(|e| fault(&e))?;
    Ok(())
}

/// Why reading ended, and how far it came.
fn cut(error: &rusqlite::Error, last: Option<u64>) -> AuditError {
    let after = last.map_or_else(|| "no event".to_owned(), |n| format!("event {n}"));
    match fault(error) {
        AuditError::Corrupt(why) => {
            AuditError::Corrupt(format!("{why}; {after} is the last that can be read"))
        }
        other => other,
    }
}

fn bytes<'r>(row: &'r Row<'_>, index: usize) -> Result<Option<&'r [u8]>, AuditError> {
    Ok(match row.get_ref(index).map_err(|e| fault(&e))? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes),
        ValueRef::Null => None,
        // A number where text belongs differs from any text.
        ValueRef::Integer(_) | ValueRef::Real(_) => Some(b"\0"),
    })
}
