//! Whether the indices of a store hold what its rows hold: an index that leaves an event out makes
//! it vanish from searches while it is still there.
//!
//! For each index the hashes of all pairs of value and place are added up, once over the rows and
//! once over the index. They are keyed anew for each verification, so nobody can make two sets of
//! pairs with the same sum. An index must be in order as well, or searches miss what is in it.

use std::hash::{BuildHasher, RandomState};

use crate::error::AuditError;
use crate::sqlite::{Reader, Value};

/// An index, its column, and where that stands among the fields of a row; `None` is the time.
pub(crate) const INDICES: [(&str, &str, Option<usize>); 7] = [
    ("events_id", "event_id", Some(0)),
    ("events_time", "time", None),
    ("events_session", "session", Some(2)),
    ("events_agent", "agent", Some(3)),
    ("events_action", "action", Some(4)),
    ("events_rule", "rule", Some(8)),
    ("events_outcome", "outcome", Some(9)),
];

/// A sum for each index.
pub(crate) type Sums = [u64; INDICES.len()];

/// The hash of one pair.
pub(crate) fn pair(key: &RandomState, value: Value<'_>, sequence: u64) -> u64 {
    key.hash_one((value, sequence))
}

/// Adds up.
pub(crate) fn add(sums: &mut Sums, more: &Sums) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum = sum.wrapping_add(*more);
    }
}

/// The sums over the indices, for the first `size` events, and what is wrong with each alone. Others
/// may be writing: what came later is not looked at.
pub(crate) fn scan(
    reader: &Reader,
    size: u64,
    key: &RandomState,
) -> Result<(Sums, Vec<String>), AuditError> {
    let mut sums = Sums::default();
    let mut wrong = Vec::new();
    for (sum, (index, column, _)) in sums.iter_mut().zip(INDICES) {
        let mut last: Option<(i64, Vec<u8>, u64)> = None;
        let mut sorted = true;
        let walked = reader.index(index, column, size, &mut |value, sequence| {
            *sum = sum.wrapping_add(pair(key, value, sequence));
            let (number, text): (i64, &[u8]) = match value {
                Value::Number(number) => (number, &[]),
                Value::Text(text) => (i64::MAX, text),
            };
            if let Some((before, bytes, at)) = &mut last {
                sorted &= (*before, bytes.as_slice(), *at) < (number, text, sequence);
                (*before, *at) = (number, sequence);
                bytes.clear();
                bytes.extend_from_slice(text);
            } else {
                last = Some((number, text.to_vec(), sequence));
            }
        });
        if let Err(error) = walked {
            wrong.push(format!("index `{index}`: {error}"));
        } else if !sorted {
            wrong.push(format!("index `{index}` is not in order"));
        }
    }
    Ok((sums, wrong))
}

/// What is wrong with the indices, given the sums over the rows.
pub(crate) fn compare(rows: &Sums, indices: &Sums) -> Vec<String> {
    let pairs = rows.iter().zip(indices).zip(INDICES);
    pairs
        .filter(|((row, index), _)| row != index)
        .map(|(_, (index, ..))| format!("index `{index}` does not hold what the events hold"))
        .collect()
}
