//! Where hashes stand in an event.
//!
//! What is hashed is the canonical event without its own hash. Of SHA-256, which AGEF knows, hashes
//! stand in `evidence`, of another function in `metadata.chain`.

use serde_json::{Map, Value};

use crate::canonical;
use crate::hash::{Algorithm, Hash};

/// A canonical event with its own hash put in.
#[must_use]
pub fn with_hash(body: &str, hash: &Hash) -> String {
    let Ok(Value::Object(mut event)) = serde_json::from_str(body) else {
        // It is damaged, which is for the verification to say.
        return body.to_owned();
    };
    let place = place(&mut event, hash.algorithm());
    if let Some(place) = place {
        place.insert("hash".to_owned(), hash.to_string().into());
    }
    canonical::to_string(&event.into())
}

/// Takes the hash out of a whole event: what is left, canonical, and the hash.
#[must_use]
pub fn without_hash(mut event: Map<String, Value>, algorithm: Algorithm) -> Option<(String, Hash)> {
    let hash = place(&mut event, algorithm)?.remove("hash")?;
    let hash: Hash = hash.as_str()?.parse().ok()?;
    (hash.algorithm() == algorithm).then(|| (canonical::to_string(&event.into()), hash))
}

fn place(event: &mut Map<String, Value>, algorithm: Algorithm) -> Option<&mut Map<String, Value>> {
    let section = match algorithm {
        Algorithm::Sha256 => event.get_mut("evidence"),
        Algorithm::Sha3 => event.get_mut("metadata")?.get_mut("chain"),
    };
    section?.as_object_mut()
}
