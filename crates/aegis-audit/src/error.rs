//! What can go wrong with evidence.

use std::path::PathBuf;

/// Why an event was not recorded, or a store not read.
///
/// A caller that gets one of these must take it that the event is not in the store: an action whose
/// record failed must not run.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The store cannot be opened or created.
    #[error("audit store `{}` cannot be opened: {why}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file is there and is no audit store, or is of a newer release.
    #[error("`{}` is not an audit store this version can use: {why}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The disk is full.
    #[error("the disk of the audit store is full; the event is not recorded")]
    Full,
    /// Another process kept the store locked for longer than the limit.
    #[error("the audit store was locked for longer than {seconds} s; the event is not recorded")]
    Locked {
        /// How long it was tried, in seconds.
        seconds: u64,
    },
    /// The store, or its folder, may not be written.
    #[error("the audit store is read-only; the event is not recorded")]
    ReadOnly,
    /// The file does not hold what a store must hold.
    #[error("the audit store is damaged: {0}")]
    Corrupt(String),
    /// Reading or writing failed otherwise.
    #[error("the audit store failed: {0}")]
    Storage(String),
    /// The event cannot be written down.
    #[error("the event cannot be recorded: {0}")]
    Event(String),
    /// The store was closed, or its writer has ended.
    #[error("the audit store is closed; the event is not recorded")]
    Closed,
    /// A signing or public key cannot be used.
    #[error("key {what} cannot be used: {why}")]
    Key {
        /// Which key: a path or the name of a variable.
        what: String,
        /// What is wrong, without anything of the key.
        why: String,
    },
}
