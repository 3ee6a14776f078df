//! Keys that sign checkpoints: ed25519.
//!
//! A key is one line of text, in a file that only its owner may read or in the environment.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::AuditError;
use crate::hash::Algorithm;
use crate::hex;

const SECRET: &str = "aegis-audit-secret:";
const PUBLIC: &str = "aegis-audit-public:";
/// More than any file with a key.
const MAX_FILE: u64 = 4096;

/// A key that can sign. What it prints does not show it.
pub struct Signer {
    key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public().id())
    }
}

/// The key that goes with it, which everybody may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A short name of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 16]);

impl Signer {
    /// A new key.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub fn generate() -> Result<Self, AuditError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(|e| refused("new", e))?;
        Ok(Self {
            key: SigningKey::from_bytes(&seed),
        })
    }

    /// A key from its text; `what` says where it is from.
    ///
    /// # Errors
    ///
    /// If it is no such text.
    pub fn from_text(what: &str, text: &str) -> Result<Self, AuditError> {
        let wrong = || {
            refused(
                what,
                format!("expected `{SECRET}` and 64 hexadecimal digits"),
            )
        };
        let digits = text.trim().strip_prefix(SECRET).ok_or_else(wrong)?;
        let seed = Zeroizing::new(hex::decode(digits).ok_or_else(wrong)?);
        Ok(Self {
            key: SigningKey::from_bytes(&seed),
        })
    }

    /// A key from a file, which others may not read.
    ///
    /// # Errors
    ///
    /// If it cannot be read, if others can read it, or if it is no key.
    pub fn read(path: &Path) -> Result<Self, AuditError> {
        let name = format!("`{}`", path.display());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path)
                .map_err(|e| refused(&name, e))?
                .permissions()
                .mode();
            if mode & 0o077 != 0 {
                let mode = mode & 0o777;
                let why = format!("others may use it (mode {mode:o}); run `chmod 600` on it");
                return Err(refused(&name, why));
            }
        }
        Self::from_text(&name, &file(path, &name)?)
    }

    /// Writes the key to a new file that only its owner may read.
    ///
    /// # Errors
    ///
    /// If there is a file already, or it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), AuditError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let name = format!("`{}`", path.display());
        let digits = Zeroizing::new(hex::encode(self.key.as_bytes()));
        let text = Zeroizing::new(format!("{SECRET}{}\n", digits.as_str()));
        let write = || -> std::io::Result<()> {
            let mut file = options.open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|e| refused(&name, e))
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.key.verifying_key())
    }

    /// Signs some text for a purpose, which is part of what is signed.
    pub(crate) fn sign(&self, purpose: &str, text: &str) -> String {
        let message = format!("{purpose}\n{text}");
        let signature = self.key.sign(message.as_bytes());
        format!("ed25519:{}", hex::encode(&signature.to_bytes()))
    }
}

impl PublicKey {
    /// A public key from a file, or from its text itself.
    ///
    /// # Errors
    ///
    /// If it is no key, and no file with one.
    pub fn read(key: &str) -> Result<Self, AuditError> {
        if key.trim().starts_with(PUBLIC) {
            return key.parse().map_err(|e| refused("given", e));
        }
        let name = format!("`{key}`");
        file(Path::new(key), &name)?
            .parse()
            .map_err(|e| refused(&name, e))
    }

    /// Its short name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let hash = Algorithm::Sha256.hash(&[b"aegis-audit-key\n", self.0.as_bytes()]);
        let mut id = [0; 16];
        id.iter_mut()
            .zip(hash.as_bytes())
            .for_each(|(to, from)| *to = *from);
        KeyId(id)
    }

    /// Whether it has signed that text for that purpose.
    pub(crate) fn has_signed(&self, purpose: &str, text: &str, signature: &str) -> bool {
        let Some(bytes) = signature
            .strip_prefix("ed25519:")
            .and_then(hex::decode::<64>)
        else {
            return false;
        };
        let message = format!("{purpose}\n{text}");
        let signature = Signature::from_bytes(&bytes);
        self.0.verify_strict(message.as_bytes(), &signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", hex::encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is no public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `{PUBLIC}` and 64 hexadecimal digits of a public ed25519 key")]
pub struct BadKey;

impl FromStr for PublicKey {
    type Err = BadKey;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let digits = s.trim().strip_prefix(PUBLIC).ok_or(BadKey)?;
        let bytes = hex::decode(digits).ok_or(BadKey)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| BadKey)?;
        // Under a weak key anything can look signed.
        if key.is_weak() {
            Err(BadKey)
        } else {
            Ok(Self(key))
        }
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl Serialize for KeyId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = hex::decode(&text).map(Self);
        id.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no name of a key")))
    }
}

fn file(path: &Path, name: &str) -> Result<Zeroizing<String>, AuditError> {
    let mut text = Zeroizing::new(String::new());
    fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
        .map_err(|e| refused(name, e))?;
    Ok(text)
}

fn refused(what: &str, why: impl fmt::Display) -> AuditError {
    AuditError::Key {
        what: what.to_owned(),
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_text_and_one_purpose() {
        let signer = Signer::generate().unwrap();
        let signature = signer.sign("a", "text");
        assert!(signer.public().has_signed("a", "text", &signature));
        assert!(!signer.public().has_signed("b", "text", &signature));
        assert!(!signer.public().has_signed("a", "tex", &signature));
        let other = Signer::generate().unwrap().public();
        assert!(!other.has_signed("a", "text", &signature));
    }

    #[test]
    fn a_weak_key_is_no_key() {
        // The neutral element: it accepts signatures of anything.
        let weak = format!("{PUBLIC}01{}", "00".repeat(31));
        assert_eq!(weak.parse::<PublicKey>(), Err(BadKey));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let signer = Signer::generate().unwrap();
        signer.write(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(Signer::read(&path).unwrap().public(), signer.public());
        assert!(signer.write(&path).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Signer::read(&path).unwrap_err().to_string();
        assert!(
            error.ends_with("others may use it (mode 640); run `chmod 600` on it"),
            "{error}"
        );
    }

    #[test]
    fn text_that_is_no_key_is_not_shown() {
        let error = Signer::from_text("AEGIS_AUDIT_KEY", "hunter2")
            .unwrap_err()
            .to_string();
        assert!(!error.contains("hunter2"), "{error}");
        assert!(!format!("{:?}", Signer::generate().unwrap()).contains("secret"));
    }
}
