//! Bundles: events with what proves them, in one file that verifies anywhere.
//!
//! A bundle is lines of canonical JSON: a header, the checkpoints, and the events with their hashes.
//! A *complete* one holds every event up to its last checkpoint; whoever verifies it computes the
//! whole tree again. A *selection* holds some events, each with its path to the root. That a
//! selection holds all events of some kind, nobody can tell from it.

mod read;
mod write;

use serde::{Deserialize, Serialize};

use crate::checkpoint::Rotation;
use crate::hash::{Algorithm, Hash};
use crate::id::Id;

pub use read::verify;
pub use write::{Exported, export, select};

const FORMAT: &str = "aegis-audit-bundle-v1";

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    store: Id,
    algorithm: Algorithm,
    complete: bool,
    events: u64,
    checkpoints: u64,
    /// Changes of keys, in a selection.
    rotations: u64,
    /// Proofs between checkpoints, in a selection.
    links: u64,
}

/// A change of keys, in a selection: a complete bundle has the event itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RotationLine {
    rotation: Rotation,
    at: u64,
}

/// Proof that a checkpoint continues the one before, in a selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Consistency {
    from: u64,
    to: u64,
    path: Vec<Hash>,
}

/// The name of a bundle's format, with which its first line can be told from other JSON.
#[must_use]
pub fn is_bundle(first_line: &str) -> bool {
    serde_json::from_str::<Header>(first_line).is_ok_and(|h| h.format == FORMAT)
}
