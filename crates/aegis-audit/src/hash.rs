//! Hashes: SHA-256, or SHA3-256 for who needs it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hex;
use crate::words::words;

/// Which hash function a store uses. It is chosen when the store is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Algorithm {
    /// SHA-256 of FIPS 180-4, the one AGEF knows.
    #[default]
    Sha256,
    /// SHA3-256 of FIPS 202.
    Sha3,
}

words!(Algorithm, "a hash function", { Sha256 = "sha256", Sha3 = "sha3-256" });

impl Algorithm {
    /// The hash of some pieces, one after the other.
    #[must_use]
    pub fn hash(self, pieces: &[&[u8]]) -> Hash {
        let digest: [u8; 32] = match self {
            Self::Sha256 => {
                use sha2::Digest;
                let mut hasher = sha2::Sha256::new();
                pieces.iter().for_each(|piece| hasher.update(piece));
                hasher.finalize().into()
            }
            Self::Sha3 => {
                use sha3::Digest;
                let mut hasher = sha3::Sha3_256::new();
                pieces.iter().for_each(|piece| hasher.update(piece));
                hasher.finalize().into()
            }
        };
        Hash {
            algorithm: self,
            digest,
        }
    }
}

/// A hash and the function it comes from. Written as `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash {
    algorithm: Algorithm,
    digest: [u8; 32],
}

impl Hash {
    /// A hash from its bytes.
    #[must_use]
    pub const fn from_bytes(algorithm: Algorithm, digest: [u8; 32]) -> Self {
        Self { algorithm, digest }
    }

    /// The function.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.digest
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, hex::encode(&self.digest))
    }
}

/// Text that is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a hash; expected `sha256:` and 64 hexadecimal digits")]
pub struct BadHash(String);

impl FromStr for Hash {
    type Err = BadHash;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (algorithm, digest) = s.split_once(':')?;
            // Words are read without regard to case elsewhere; a hash has one spelling only.
            let known = Algorithm::ALL.iter().find(|a| a.as_str() == algorithm)?;
            Some(Self::from_bytes(*known, hex::decode(digest)?))
        };
        read().ok_or_else(|| BadHash(s.to_owned()))
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_the_standards() {
        let sha2 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let sha3 = "sha3-256:3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532";
        assert_eq!(Algorithm::Sha256.hash(&[b"a", b"bc"]).to_string(), sha2);
        assert_eq!(Algorithm::Sha3.hash(&[b"abc"]).to_string(), sha3);
        assert_eq!(sha2.parse(), Ok(Algorithm::Sha256.hash(&[b"abc"])));
    }

    #[test]
    fn a_hash_has_one_spelling() {
        let good = Algorithm::Sha256.hash(&[b"abc"]).to_string();
        for bad in [
            good.to_uppercase(),
            good.replace("sha256", "SHA256"),
            good.replace("sha256:", ""),
            format!("{good}0"),
            good.replace("ba78", "BA78"),
        ] {
            assert!(bad.parse::<Hash>().is_err(), "{bad}");
        }
    }
}
