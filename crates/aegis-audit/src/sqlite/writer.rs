//! The thread that writes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::fault;
use super::schema::{self, Head};
use crate::draft::Draft;
use crate::error::AuditError;
use crate::hash::{Algorithm, Hash};
use crate::merkle::{TILE, Tree};
use crate::store::{Promise, Receipt};

/// Most events in one transaction: what is lost if it fails, and how long it may take.
const BATCH: usize = 4096;
/// How long one more of the callers of the last commit is waited for, so that they share the next.
const LINGER: Duration = Duration::from_micros(300);
/// How long all of them are waited for.
const PATIENCE: Duration = Duration::from_millis(2);

/// An event and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) draft: Draft,
    pub(super) promise: Promise,
}

pub(super) struct Writer {
    db: Connection,
    path: PathBuf,
    file: FileId,
    algorithm: Algorithm,
    /// The end of the chain as this process last saw it.
    seen: Head,
    failed: Arc<AtomicBool>,
}

/// Which file a path leads to.
type FileId = (u64, u64);

impl Writer {
    pub(super) fn new(
        db: Connection,
        path: &Path,
        algorithm: Algorithm,
        seen: Head,
        failed: Arc<AtomicBool>,
    ) -> Result<Self, AuditError> {
        Ok(Self {
            db,
            file: file_id(path)?,
            path: path.to_owned(),
            algorithm,
            seen,
            failed,
        })
    }

    /// Writes until nobody is left who could hand anything over.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let mut callers = 1;
        while let Ok(first) = jobs.recv() {
            let mut batch = vec![first];
            batch.extend(jobs.try_iter().take(BATCH - 1));
            let mut arrivals = Arrivals {
                jobs,
                callers,
                end: Instant::now() + PATIENCE,
            };
            let written = self.commit(&mut batch, &mut arrivals);
            callers = batch.len();
            self.answer(batch, written);
        }
    }

    fn answer(&mut self, batch: Vec<Job>, written: Result<Vec<Receipt>, AuditError>) {
        self.failed.store(written.is_err(), Ordering::Relaxed);
        match written {
            Ok(receipts) => {
                for (job, receipt) in batch.into_iter().zip(receipts) {
                    job.promise.keep(Ok(receipt));
                }
            }
            Err(error) => {
                for job in batch {
                    job.promise.keep(Err(error.clone()));
                }
            }
        }
    }

    /// All of the events or none of them. While some are inserted their callers are not the only
    /// ones at work: others prepare theirs, which are added to the batch as they come.
    fn commit(
        &mut self,
        batch: &mut Vec<Job>,
        arrivals: &mut Arrivals<'_>,
    ) -> Result<Vec<Receipt>, AuditError> {
        if file_id(&self.path).ok() != Some(self.file) {
            let why = format!(
                "the file `{}` was replaced or removed while in use",
                self.path.display()
            );
            return Err(AuditError::Corrupt(why));
        }
        let (algorithm, seen) = (self.algorithm, self.seen);
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|e| fault(&e))?;
        let mut head = schema::head(&transaction, algorithm)?;
        goes_on(&transaction, seen, head)?;
        let mut receipts = Vec::with_capacity(batch.len());
        loop {
            if receipts.len() == batch.len() {
                batch.extend(arrivals.next(batch.len()));
            }
            let Some(job) = batch.get(receipts.len()) else {
                break;
            };
            let sequence = head.size;
            let hash = schema::insert(&transaction, &job.draft, Some(head.hash), sequence)?;
            head = Head {
                size: sequence + 1,
                hash,
            };
            if head.size.is_multiple_of(TILE) {
                tile(&transaction, head.size / TILE - 1, algorithm)?;
            }
            receipts.push(Receipt {
                event_id: job.draft.id,
                sequence,
                hash,
            });
        }
        set_head(&transaction, head)?;
        transaction.commit().map_err(|e| fault(&e))?;
        self.seen = head;
        Ok(receipts)
    }
}

/// Events that come while a batch is written. Those who got their answers last time are about to
/// come back: they are waited for a moment, or half of them would wait for a commit of their own.
struct Arrivals<'j> {
    jobs: &'j Receiver<Job>,
    /// How many shared the last commit.
    callers: usize,
    /// Until when they are waited for.
    end: Instant,
}

impl Arrivals<'_> {
    /// The next one for a batch of so many.
    fn next(&mut self, batch: usize) -> Option<Job> {
        if batch >= BATCH {
            return None;
        }
        match self.jobs.try_recv() {
            Ok(job) => Some(job),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) if batch >= self.callers => None,
            Err(TryRecvError::Empty) => {
                let left = self.end.saturating_duration_since(Instant::now());
                let job = self.jobs.recv_timeout(left.min(LINGER)).ok();
                if job.is_none() {
                    // Nobody else is coming.
                    self.callers = 0;
                }
                job
            }
        }
    }
}

/// Whether the chain at hand still holds what this process saw in it.
fn goes_on(db: &Transaction<'_>, seen: Head, head: Head) -> Result<(), AuditError> {
    if seen == head {
        return Ok(());
    }
    let there: Option<[u8; 32]> = db
        .prepare_cached("SELECT hash FROM events WHERE sequence = ?1")
        .and_then(|mut statement| statement.query_row([seen.size - 1], |row| row.get(0)))
        .optional()
        .map_err(|e| fault(&e))?;
    if there.as_ref() == Some(seen.hash.as_bytes()) {
        return Ok(());
    }
    let why = format!(
        "event {} that was in it is gone or another: the store was rolled back or rewritten",
        seen.size - 1
    );
    Err(AuditError::Corrupt(why))
}

/// Notes where the chain ends.
pub(super) fn set_head(db: &Transaction<'_>, head: Head) -> Result<(), AuditError> {
    db.prepare_cached("UPDATE head SET size = ?1, hash = ?2")
        .and_then(|mut s| s.execute(params![head.size, head.hash.as_bytes()]))
        .map_err(|e| fault(&e))?;
    Ok(())
}

/// Keeps the root of a tile that is full now.
pub(super) fn tile(
    db: &Transaction<'_>,
    number: u64,
    algorithm: Algorithm,
) -> Result<(), AuditError> {
    let mut tree = Tree::new(algorithm);
    let mut statement = db
        .prepare_cached(
            "SELECT hash FROM events WHERE sequence BETWEEN ?1 AND ?2 ORDER BY sequence",
        )
        .map_err(|e| fault(&e))?;
    let hashes = statement
        .query_map([number * TILE, number * TILE + TILE - 1], |row| {
            row.get::<_, [u8; 32]>(0)
        })
        .map_err(|e| fault(&e))?;
    for hash in hashes {
        let hash = hash.map_err(|e| fault(&e))?;
        tree.push(&Hash::from_bytes(algorithm, hash));
    }
    if tree.size() != TILE {
        let why = format!("events are missing between {} and its end", number * TILE);
        return Err(AuditError::Corrupt(why));
    }
    db.prepare_cached("INSERT INTO tiles VALUES (?1, ?2)")
        .and_then(|mut s| s.execute(params![number, tree.root().as_bytes()]))
        .map_err(|e| fault(&e))?;
    Ok(())
}

#[cfg(unix)]
fn file_id(path: &Path) -> Result<FileId, AuditError> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).map_err(|e| super::open_error(path, &e))?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Where files have no number that can be had, an open one cannot be replaced either.
#[cfg(not(unix))]
fn file_id(_: &Path) -> Result<FileId, AuditError> {
    Ok((0, 0))
}
