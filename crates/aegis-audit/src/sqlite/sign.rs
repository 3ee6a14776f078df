//! Signing a store: checkpoints and the change of the key.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::read::Reader;
use super::schema::{self, Head, Identity};
use super::{fault, writer};
use crate::checkpoint::{Checkpoint, Extent, Rotation};
use crate::draft::Draft;
use crate::error::AuditError;
use crate::event::{Event, Outcome};
use crate::key::{PublicKey, Signer};
use crate::merkle::TILE;
use crate::redact::Redactor;
use crate::time::Time;

/// Signs what is in a store. The first key to sign is recorded in the chain; later another one is
/// refused until the key is [rotated](rotate).
///
/// # Errors
///
/// If the store cannot be written, is not what was signed before, or has another key.
pub fn checkpoint(
    path: &Path,
    signer: &Signer,
    redactor: &Redactor,
) -> Result<Checkpoint, AuditError> {
    let reader = Reader::open(path)?;
    let mut db = super::connect(path)?;
    let identity = schema::identity(&db, path)?;
    let transaction = begin(&mut db)?;
    match current_key(&transaction)? {
        None => {
            let rotation = Rotation::sign(identity.id, None, signer);
            record(
                &transaction,
                identity,
                Outcome::KeyAdded,
                &rotation,
                redactor,
            )?;
        }
        Some(key) if key == signer.public() => {}
        Some(key) => return Err(other_key(&key, signer)),
    }
    let checkpoint = sign(&transaction, &reader, identity, signer)?;
    transaction.commit().map_err(|e| fault(&e))?;
    Ok(checkpoint)
}

/// Replaces the key of a store: a last checkpoint of the old one, the change, a first checkpoint of
/// the new one.
///
/// # Errors
///
/// If the store cannot be written, is not what was signed before, or `old` is not its key.
pub fn rotate(
    path: &Path,
    old: &Signer,
    new: &Signer,
    redactor: &Redactor,
) -> Result<Checkpoint, AuditError> {
    checkpoint(path, old, redactor)?;
    let reader = Reader::open(path)?;
    let mut db = super::connect(path)?;
    let identity = schema::identity(&db, path)?;
    let transaction = begin(&mut db)?;
    match current_key(&transaction)? {
        Some(key) if key == old.public() && key != new.public() => {}
        Some(key) if key == new.public() => return Err(other_key(&key, old)),
        key => return Err(other_key(&key.unwrap_or_else(|| old.public()), old)),
    }
    let rotation = Rotation::sign(identity.id, Some(old), new);
    record(
        &transaction,
        identity,
        Outcome::KeyRotated,
        &rotation,
        redactor,
    )?;
    let checkpoint = sign(&transaction, &reader, identity, new)?;
    transaction.commit().map_err(|e| fault(&e))?;
    Ok(checkpoint)
}

fn other_key(key: &PublicKey, signer: &Signer) -> AuditError {
    AuditError::Key {
        what: signer.public().id().to_string(),
        why: format!(
            "the store is signed by key {}; a change of keys is recorded by `rotate`",
            key.id()
        ),
    }
}

fn begin(db: &mut Connection) -> Result<Transaction<'_>, AuditError> {
    db.transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|e| fault(&e))
}

/// The key that signs now, from the last sound event about keys.
fn current_key(db: &Connection) -> Result<Option<PublicKey>, AuditError> {
    let mut statement = db
        .prepare(
            "SELECT body FROM events WHERE outcome IN ('key_added', 'key_rotated') \
             AND event_type = 'audit_entry' ORDER BY sequence DESC",
        )
        .map_err(|e| fault(&e))?;
    let mut bodies = statement
        .query_map([], |row| row.get::<_, String>(0))
        .map_err(|e| fault(&e))?;
    let found = bodies.find_map(|body| match body {
        Ok(body) => {
            let rotation = rotation_in(&body).filter(Rotation::is_sound)?;
            Some(Ok(rotation.new))
        }
        Err(e) => Some(Err(fault(&e))),
    });
    found.transpose()
}

/// The change of keys that an event records.
pub(crate) fn rotation_in(body: &str) -> Option<Rotation> {
    let event: serde_json::Value = serde_json::from_str(body).ok()?;
    let rotation = event.pointer("/metadata/details/rotation")?;
    serde_json::from_value(rotation.clone()).ok()
}

fn record(
    db: &Transaction<'_>,
    identity: Identity,
    outcome: Outcome,
    rotation: &Rotation,
    redactor: &Redactor,
) -> Result<(), AuditError> {
    let head = schema::head(db, identity.algorithm)?;
    let event = Event::entry(outcome)
        .detail("key", rotation.new.id().to_string())
        .detail("rotation", rotation.value());
    let draft = Draft::new(event, redactor, identity.algorithm)?;
    let hash = schema::insert(db, &draft, Some(head.hash), head.size)?;
    let head = Head {
        size: head.size + 1,
        hash,
    };
    if head.size.is_multiple_of(TILE) {
        writer::tile(db, head.size / TILE - 1, identity.algorithm)?;
    }
    writer::set_head(db, head)
}

fn sign(
    db: &Transaction<'_>,
    reader: &Reader,
    identity: Identity,
    signer: &Signer,
) -> Result<Checkpoint, AuditError> {
    let last: Option<String> = db
        .query_row(
            "SELECT body FROM checkpoints ORDER BY number DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()
        .map_err(|e| fault(&e))?;
    if let Some(last) = last {
        still_holds(reader, &last)?;
    }
    let head = schema::head(db, identity.algorithm)?;
    let tree = super::read::tree(db, identity.algorithm, head.size)?;
    let extent = Extent {
        store: identity.id,
        size: head.size,
        root: tree.root(),
        head: head.hash,
    };
    let checkpoint = Checkpoint::sign(&extent, Time::now(), signer);
    db.execute(
        "INSERT INTO checkpoints (size, body) VALUES (?1, ?2)",
        params![checkpoint.size, checkpoint.text()],
    )
    .map_err(|e| fault(&e))?;
    Ok(checkpoint)
}

/// What was signed must still be there: otherwise a signature would cover up a change.
fn still_holds(reader: &Reader, last: &str) -> Result<(), AuditError> {
    let last = Checkpoint::parse(last)
        .map_err(|e| AuditError::Corrupt(format!("its last checkpoint: {e}")))?;
    if reader.tree(last.size)?.root() == last.root {
        return Ok(());
    }
    let why = format!(
        "its first {} events are not the ones that were signed at {}; nothing more is signed",
        last.size, last.time
    );
    Err(AuditError::Corrupt(why))
}
