//! Randomness: from the system for what must not be guessed, from a counter for what may.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Letters and digits that are not taken for each other.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A code of ten letters and digits, 50 bits from the system; `None` if it gives none.
pub(crate) fn code() -> Option<String> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).ok()?;
    let letter = |byte: u8| LETTERS.get(usize::from(byte % 32)).copied().map(char::from);
    bytes.into_iter().map(letter).collect()
}

/// A number to spread waits with. Nobody must rely on not being able to guess it.
pub(crate) fn spread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    RandomState::new().hash_one(NEXT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_differ_and_are_plain() {
        let codes: std::collections::BTreeSet<_> = (0..100).map(|_| code()).collect();
        assert_eq!(codes.len(), 100);
        for code in codes.into_iter().flatten() {
            assert_eq!(code.len(), 10);
            assert!(code.bytes().all(|b| LETTERS.contains(&b)), "{code}");
        }
        assert_ne!(spread(), spread());
    }
}
