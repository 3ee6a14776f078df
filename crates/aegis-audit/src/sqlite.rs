//! The store in an SQLite file: write-ahead log, every commit synced.
//!
//! One thread writes. It takes whatever has come in meanwhile into one transaction, so that many
//! callers share one sync of the disk, and answers them after it. Other processes may write to the
//! same file: the end of the chain is read inside the transaction, so there is one chain.

mod read;
mod schema;
mod sign;
mod whole;
mod writer;

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

pub use read::{By, Filter, Reader, Record};
pub use schema::Identity;
pub(crate) use sign::rotation_in;
pub use sign::{checkpoint, rotate};
pub(crate) use whole::{Value, set_next};
use writer::{Job, Writer};

use crate::checkpoint::Checkpoint;
use crate::draft::Draft;
use crate::error::AuditError;
use crate::event::Event;
use crate::hash::Algorithm;
use crate::key::Signer;
use crate::redact::Redactor;
use crate::store::{Store, Ticket};

/// The file that is meant where none is named.
pub const DEFAULT_PATH: &str = "aegis_audit.db";

/// How often a locked store is tried again, a millisecond apart.
const TRIES: i32 = 10_000;
/// For how long a locked store is waited for, in seconds.
const PATIENCE: u64 = 10;
/// Events that wait for the disk; a caller that comes when so many wait is made to wait itself.
const QUEUE: usize = 8192;

/// How a store is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The hash function of a new store; an existing one must have it. `None` takes what is there.
    pub algorithm: Option<Algorithm>,
    /// What takes out secrets.
    pub redactor: Redactor,
}

impl Options {
    /// The usual: SHA-256 for a new store, the built-in redaction.
    ///
    /// # Errors
    ///
    /// If the redaction cannot be built.
    pub fn new() -> Result<Self, AuditError> {
        Ok(Self {
            algorithm: None,
            redactor: Redactor::new()?,
        })
    }
}

/// A store in an SQLite file. May be used from any number of threads and processes.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    identity: Identity,
    redactor: Redactor,
    queue: Option<SyncSender<Job>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    failed: Arc<AtomicBool>,
}

impl SqliteStore {
    /// Opens a store, or makes one.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened for writing, is something else, is damaged at its end, or uses
    /// another hash function than the one asked for.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, AuditError> {
        let path = path.as_ref();
        private(path)?;
        let mut db = connect(path)?;
        let identity = schema::prepare(&mut db, path, options.algorithm, &options.redactor)?;
        let head = schema::head(&db, identity.algorithm)?;
        sync_folder(path);
        let failed = Arc::new(AtomicBool::new(false));
        let writer = Writer::new(db, path, identity.algorithm, head, Arc::clone(&failed))?;
        let (queue, jobs) = sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("aegis-audit".to_owned())
            .spawn(move || writer.run(&jobs))
            .map_err(|e| open_error(path, &e))?;
        Ok(Self {
            path: path.to_owned(),
            identity,
            redactor: options.redactor,
            queue: Some(queue),
            thread: Mutex::new(Some(thread)),
            failed,
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

    /// What takes out secrets here, for those who show an action to somebody.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Whether the last attempt to write failed.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Signs what is in the store now.
    ///
    /// # Errors
    ///
    /// If the store cannot be written, is not what was signed before, or has another key.
    pub fn checkpoint(&self, signer: &Signer) -> Result<Checkpoint, AuditError> {
        checkpoint(&self.path, signer, &self.redactor)
    }

    /// A second connection that only reads.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn reader(&self) -> Result<Reader, AuditError> {
        Reader::open(&self.path)
    }
}

impl Store for SqliteStore {
    fn append(&self, event: Event) -> Result<Ticket, AuditError> {
        let draft = Draft::new(event, &self.redactor, self.identity.algorithm)?;
        let (promise, ticket) = Ticket::new();
        let queue = self.queue.as_ref().ok_or(AuditError::Closed)?;
        // The promise of a job that is not taken is broken, and so answers.
        queue
            .send(Job { draft, promise })
            .map_err(|_| AuditError::Closed)?;
        Ok(ticket)
    }
}

impl Drop for SqliteStore {
    /// Waits until everything that was handed over is written.
    fn drop(&mut self) {
        self.queue = None;
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // It broke the promises it had if it panicked, so everybody knows already.
            let _ = thread.join();
        }
    }
}

fn open_error(path: &Path, why: &dyn std::fmt::Display) -> AuditError {
    AuditError::Open {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

/// Makes the file so that only its owner can read it: actions are in it.
fn private(path: &Path) -> Result<(), AuditError> {
    if path.is_dir() {
        return Err(open_error(path, &"it is a folder"));
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(open_error(path, &e)),
    }
}

/// Makes sure that a new file is still there after a power failure.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        // Not every file system can; those that need it do.
        let _ = folder.sync_all();
    }
}

fn connect(path: &Path) -> Result<Connection, AuditError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags).map_err(|e| open_error(path, &e))?;
    db.busy_handler(Some(patience)).map_err(|e| fault(&e))?;
    if fs::metadata(path).is_ok_and(|m| m.permissions().readonly()) {
        return Err(AuditError::ReadOnly);
    }
    // Two processes that switch a new file over at once make each other fail without waiting.
    let mut tries = 0;
    loop {
        match set_up(&db) {
            Ok(()) => return Ok(db),
            Err(AuditError::Locked { .. }) if patience(tries) => tries += 1,
            Err(e) => return Err(e),
        }
    }
}

fn set_up(db: &Connection) -> Result<(), AuditError> {
    let mode: String = db
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(|e| fault(&e))?;
    if mode != "wal" {
        let why = format!("its journal mode is {mode} and cannot be changed to wal");
        return Err(AuditError::Storage(why));
    }
    db.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16384;",
    )
    .map_err(|e| fault(&e))?;
    db.set_prepared_statement_cache_capacity(32);
    Ok(())
}

/// Waits a little for another process; the longer it takes, the less often it looks.
fn patience(tries: i32) -> bool {
    thread::sleep(Duration::from_millis(1));
    tries < TRIES
}

/// What a failure of SQLite means here.
fn fault(error: &rusqlite::Error) -> AuditError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => AuditError::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            AuditError::Locked { seconds: PATIENCE }
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => AuditError::ReadOnly,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            AuditError::Corrupt(error.to_string())
        }
        _ => AuditError::Storage(error.to_string()),
    }
}
