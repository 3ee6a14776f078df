//! Checkpoints: signed statements of how many events a store holds and which. And the change of the
//! key that signs them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical;
use crate::hash::{Algorithm, Hash};
use crate::id::Id;
use crate::key::{KeyId, PublicKey, Signer};
use crate::time::Time;

const FORMAT: &str = "aegis-audit-checkpoint-v1";
const ROTATION: &str = "aegis-audit-rotation-v1";

/// A signed statement about a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// What it is, with the version.
    format: String,
    /// The store.
    pub store: Id,
    /// Its hash function.
    pub algorithm: Algorithm,
    /// How many events it holds.
    pub size: u64,
    /// The root of the Merkle tree over their hashes.
    pub root: Hash,
    /// The hash of the last one.
    pub head: Hash,
    /// When it was signed, by the clock of who signed.
    pub time: Time,
    /// The key that signed.
    pub key: KeyId,
    /// The signature over all of the above, canonical.
    signature: String,
}

/// What a checkpoint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) store: Id,
    pub(crate) size: u64,
    pub(crate) root: Hash,
    pub(crate) head: Hash,
}

/// Text that is no checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no checkpoint: {0}")]
pub struct BadCheckpoint(String);

impl Checkpoint {
    pub(crate) fn sign(extent: &Extent, time: Time, signer: &Signer) -> Self {
        let mut checkpoint = Self {
            format: FORMAT.to_owned(),
            store: extent.store,
            algorithm: extent.root.algorithm(),
            size: extent.size,
            root: extent.root,
            head: extent.head,
            time,
            key: signer.public().id(),
            signature: String::new(),
        };
        checkpoint.signature = signer.sign(FORMAT, &checkpoint.statement());
        checkpoint
    }

    /// Reads one. It has one spelling: a text that says the same otherwise is refused.
    ///
    /// # Errors
    ///
    /// If the text is no checkpoint.
    pub fn parse(text: &str) -> Result<Self, BadCheckpoint> {
        let wrong = |e: &dyn std::fmt::Display| BadCheckpoint(e.to_string());
        let checkpoint: Self = serde_json::from_str(text).map_err(|e| wrong(&e))?;
        if checkpoint.format != FORMAT {
            let why = format!("its format is `{}`; expected `{FORMAT}`", checkpoint.format);
            return Err(BadCheckpoint(why));
        }
        let one = checkpoint.root.algorithm() == checkpoint.algorithm
            && checkpoint.head.algorithm() == checkpoint.algorithm;
        if !one || checkpoint.size == 0 {
            return Err(BadCheckpoint(
                "what it says does not fit together".to_owned(),
            ));
        }
        if checkpoint.text() != text.trim_end() {
            return Err(BadCheckpoint("it is not written canonically".to_owned()));
        }
        Ok(checkpoint)
    }

    /// Its text, canonical JSON on one line.
    #[must_use]
    pub fn text(&self) -> String {
        canonical_of(self)
    }

    fn statement(&self) -> String {
        let unsigned = Self {
            signature: String::new(),
            ..self.clone()
        };
        canonical_of(&unsigned)
    }

    /// Whether that key signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.key == key.id() && key.has_signed(FORMAT, &self.statement(), &self.signature)
    }
}

/// A key of a store, and the one it replaced if it is not the first. Signed by both, so whoever
/// trusts one of them knows the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// The store.
    pub store: Id,
    /// The key before, if there was one.
    pub old: Option<PublicKey>,
    /// The key from now on.
    pub new: PublicKey,
    /// The signature of the key before.
    signed_by_old: Option<String>,
    /// The signature of the new key.
    signed_by_new: String,
}

impl Rotation {
    pub(crate) fn sign(store: Id, old: Option<&Signer>, new: &Signer) -> Self {
        let mut rotation = Self {
            store,
            old: old.map(Signer::public),
            new: new.public(),
            signed_by_old: None,
            signed_by_new: String::new(),
        };
        let statement = rotation.statement();
        rotation.signed_by_old = old.map(|old| old.sign(ROTATION, &statement));
        rotation.signed_by_new = new.sign(ROTATION, &statement);
        rotation
    }

    fn statement(&self) -> String {
        canonical_of(&(self.store, self.old, self.new))
    }

    /// Whether all who must have signed it have.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let statement = self.statement();
        let old = match (&self.old, &self.signed_by_old) {
            (None, None) => true,
            (Some(key), Some(signature)) => key.has_signed(ROTATION, &statement, signature),
            _ => false,
        };
        old && self
            .new
            .has_signed(ROTATION, &statement, &self.signed_by_new)
    }

    /// How it stands in the details of an event.
    pub(crate) fn value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Which keys may have signed which checkpoints.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    /// A key, and the sizes of stores it may speak of.
    keys: Vec<(PublicKey, std::ops::RangeInclusive<u64>)>,
}

impl Trust {
    /// What follows from trusting one key, given the changes of keys of a store and where in the
    /// chain they stand. A key that was replaced speaks of nothing later than that, a new one of
    /// nothing that does not contain its introduction.
    pub(crate) fn new(trusted: PublicKey, rotations: &[(u64, Rotation)]) -> Self {
        let rotations: Vec<_> = rotations.iter().filter(|(_, r)| r.is_sound()).collect();
        let mut known = vec![trusted];
        loop {
            let further: Vec<PublicKey> = rotations
                .iter()
                .filter_map(|(_, r)| r.old.map(|old| (old, r.new)))
                .flat_map(|(old, new)| [(old, new), (new, old)])
                .filter(|(from, to)| known.contains(from) && !known.contains(to))
                .map(|(_, to)| to)
                .collect();
            match further.first() {
                Some(key) => known.push(*key),
                None => break,
            }
        }
        let from = |key: &PublicKey| {
            let introduced = rotations.iter().find(|(_, r)| r.new == *key);
            introduced.map_or(0, |(at, _)| at + 1)
        };
        let to = |key: &PublicKey| {
            let replaced = rotations.iter().find(|(_, r)| r.old == Some(*key));
            replaced.map_or(u64::MAX, |(at, _)| *at)
        };
        let keys = known.into_iter().map(|key| (key, from(&key)..=to(&key)));
        Self {
            keys: keys.collect(),
        }
    }

    /// Why a checkpoint does not count.
    pub(crate) fn objection(&self, checkpoint: &Checkpoint) -> Option<String> {
        let id = checkpoint.key;
        let Some((key, sizes)) = self.keys.iter().find(|(key, _)| key.id() == id) else {
            return Some(format!(
                "it is signed by key {id}, which does not follow from the given one"
            ));
        };
        if !checkpoint.is_signed_by(key) {
            return Some(format!("its signature is not one of key {id}"));
        }
        if !sizes.contains(&checkpoint.size) {
            return Some(format!(
                "key {id} was not in force at {} events",
                checkpoint.size
            ));
        }
        None
    }
}

fn canonical_of(value: &impl Serialize) -> String {
    // Nothing in these types can fail to serialise.
    canonical::to_string(&serde_json::to_value(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent() -> Extent {
        let hash = Algorithm::Sha256.hash(&[b"x"]);
        Extent {
            store: Id::new(),
            size: 7,
            root: hash,
            head: hash,
        }
    }

    #[test]
    fn every_change_of_a_checkpoint_is_seen() {
        let signer = Signer::generate().unwrap();
        let text = Checkpoint::sign(&extent(), Time::now(), &signer).text();
        assert!(
            Checkpoint::parse(&text)
                .unwrap()
                .is_signed_by(&signer.public())
        );
        for at in 0..text.len() {
            for flip in [1_u8, 2, 4, 32] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= flip;
                let Ok(bent) = String::from_utf8(bytes) else {
                    continue;
                };
                let good = Checkpoint::parse(&bent).is_ok_and(|c| c.is_signed_by(&signer.public()));
                assert!(!good, "{bent}");
            }
        }
    }

    #[test]
    fn trust_goes_along_rotations_both_ways_and_ends_with_them() {
        let extent = extent();
        let [a, b, c, x] = [(); 4].map(|()| Signer::generate().unwrap());
        let rotations = [
            (1, Rotation::sign(extent.store, None, &a)),
            (10, Rotation::sign(extent.store, Some(&a), &b)),
            (20, Rotation::sign(extent.store, Some(&b), &c)),
        ];
        let objection = |trusted: &Signer, signer: &Signer, size: u64| {
            let checkpoint = Checkpoint::sign(&Extent { size, ..extent }, Time::now(), signer);
            Trust::new(trusted.public(), &rotations).objection(&checkpoint)
        };
        for trusted in [&a, &b, &c] {
            assert_eq!(objection(trusted, &a, 10), None);
            assert_eq!(objection(trusted, &b, 11), None);
            assert_eq!(objection(trusted, &b, 20), None);
            assert_eq!(objection(trusted, &c, 21), None);
            assert!(objection(trusted, &a, 11).unwrap().contains("not in force"));
            assert!(objection(trusted, &c, 20).unwrap().contains("not in force"));
            assert!(
                objection(trusted, &x, 10)
                    .unwrap()
                    .contains("does not follow")
            );
        }
        assert!(objection(&x, &a, 5).unwrap().contains("does not follow"));
        // Somebody who has neither key cannot put his own in between.
        let mut forged = Rotation::sign(extent.store, Some(&x), &b);
        forged.old = Some(a.public());
        assert!(!forged.is_sound());
    }
}
