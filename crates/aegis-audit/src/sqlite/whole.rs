//! What verification reads of a store.

use std::collections::BTreeMap;

use rusqlite::Row;
use rusqlite::types::ValueRef;

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

    /// What SQLite finds wrong with the file, above all indices that do not fit the events.
    pub(crate) fn damage(&self) -> Result<Vec<String>, AuditError> {
        let mut statement = self
            .db
            .prepare("PRAGMA integrity_check(20)")
            .map_err(|e| fault(&e))?;
        let rows = statement
            .query_map([], |row| row.get::<_, String>(0))
            .map_err(|e| fault(&e))?;
        let found: Vec<String> = rows
            .map(|row| row.map_err(|e| fault(&e)))
            .collect::<Result<_, _>>()?;
        Ok(found.into_iter().filter(|line| line != "ok").collect())
    }
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
