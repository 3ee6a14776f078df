//! Evidence of what AI agents were allowed to do, and did.
//!
//! An [`Event`] is written to a [`Store`]; the [`Ticket`] that comes back resolves once the event is
//! on disk. Secrets are taken out on the way in. In the store every event holds the hash of the one
//! before, so that there is one chain per store whatever the number of writers and processes.
//!
//! Events follow the Agent Governance Event Format, AGEF 1.0.

pub mod bundle;
pub mod canonical;
pub mod chain;
pub mod checkpoint;
mod draft;
pub mod error;
pub mod event;
pub mod hash;
mod hex;
pub mod id;
pub mod key;
pub mod merkle;
pub mod redact;
pub mod sink;
pub mod sqlite;
pub mod store;
pub mod time;
pub mod verify;
pub mod words;

pub use checkpoint::Checkpoint;
pub use draft::Columns;
pub use error::AuditError;
pub use event::{Event, EventType, Outcome};
pub use hash::{Algorithm, Hash};
pub use id::Id;
pub use key::{PublicKey, Signer};
pub use redact::Redactor;
pub use sqlite::{Options, SqliteStore};
pub use store::{Receipt, Store, Ticket};
pub use time::Time;
