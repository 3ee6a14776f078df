//! Verification: what happened to a store or a bundle since it was written.
//!
//! Rows are read by one thread, hashed and parsed by several, and put together in order by one
//! more. What is reported names the event. Without a public key this finds what does not fit
//! together; with one, also a chain that was rewritten as a whole.

mod check;
mod indices;
mod parallel;
mod rows;

use std::fmt;
use std::hash::RandomState;

use crate::checkpoint::{Checkpoint, Rotation, Trust};
use crate::error::AuditError;
use crate::hash::Hash;
use crate::id::Id;
use crate::key::PublicKey;
use crate::sqlite::Reader;
use crate::words::words;

pub(crate) use check::{Checker, Facts};
pub(crate) use indices::Sums;
pub(crate) use parallel::in_order;

/// More problems than these are counted only.
const MAX_PROBLEMS: usize = 100;

/// What was done to the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tampering {
    /// An event says something else than it did.
    Edited,
    /// An event is gone.
    Removed,
    /// An event was put in.
    Inserted,
    /// An event stands at another place.
    Reordered,
    /// Events at the end are gone.
    Truncated,
    /// The whole is an older state than one that was signed.
    RolledBack,
    /// The chain is sound and another one than was signed.
    Rewritten,
    /// A signature, or what is signed, is not what it must be.
    Unsigned,
    /// What helps to find events does not fit them.
    Damaged,
}

words!(Tampering, "a kind of tampering", {
    Edited = "edited",
    Removed = "removed",
    Inserted = "inserted",
    Reordered = "reordered",
    Truncated = "truncated",
    RolledBack = "rolled_back",
    Rewritten = "rewritten",
    Unsigned = "unsigned",
    Damaged = "damaged",
});

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What was done.
    pub kind: Tampering,
    /// The place in the chain, if it is about one.
    pub sequence: Option<u64>,
    /// A sentence for people. Text of events is not in it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The store.
    pub store: Id,
    /// Events that were looked at.
    pub events: u64,
    /// The hash of the last one.
    pub head: Option<Hash>,
    /// How many of them, from the first on, a valid signature covers. In a selection: how many.
    pub signed: u64,
    /// The last checkpoint that counts.
    pub checkpoint: Option<Checkpoint>,
    /// What is wrong, the first hundred.
    pub problems: Vec<Problem>,
    /// How much is wrong.
    pub count: u64,
}

impl Verdict {
    /// Whether nothing is wrong with what is there.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.count == 0
    }

    /// Whether nothing is wrong and a trusted key says so of at least one event.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.is_intact() && self.signed > 0
    }
}

/// What a store is held against.
#[derive(Debug, Clone, Default)]
pub struct Against {
    /// The key that is trusted.
    pub key: Option<PublicKey>,
    /// A checkpoint that was kept elsewhere.
    pub checkpoint: Option<Checkpoint>,
}

/// Problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub(crate) first: Vec<Problem>,
    pub(crate) count: u64,
}

impl Problems {
    pub(crate) fn add(&mut self, kind: Tampering, sequence: Option<u64>, message: String) {
        self.count += 1;
        if self.first.len() < MAX_PROBLEMS {
            self.first.push(Problem {
                kind,
                sequence,
                message,
            });
        }
    }
}

/// Verifies a store: every event, the chain, the Merkle tiles, the indices, the checkpoints.
///
/// # Errors
///
/// If the store cannot be read. What can be read and is wrong is in the verdict.
pub fn store(reader: &Reader, against: &Against) -> Result<Verdict, AuditError> {
    let identity = reader.identity();
    let mut checkpoints = Checkpoints::of_store(reader, against)?;
    let sizes = checkpoints.list.iter().map(|c| c.size).collect();
    // One moment for all reads of rows.
    let snapshot = reader.snapshot()?;
    let checker = Checker::new(identity.algorithm, sizes, true);
    let (key, path, (size, _)) = (RandomState::new(), reader.path(), reader.head()?);
    let (checker, scanned) = std::thread::scope(|scope| {
        let indices = scope.spawn(|| indices::scan(&Reader::open(path)?, size, &key));
        let checker = in_order(
            checker,
            |send| rows::read(reader, send),
            |chunk| rows::facts(chunk, identity.algorithm, size, &key),
        )?;
        let scanned = indices
            .join()
            .unwrap_or_else(|_| Err(AuditError::Corrupt("a check ended early".to_owned())))?;
        Ok::<_, AuditError>((checker, scanned))
    })?;
    let mut checked = checker.finish();
    let (sums, wrong) = scanned;
    for what in wrong
        .into_iter()
        .chain(indices::compare(&checked.sums, &sums))
    {
        checked.problems.add(Tampering::Damaged, None, what);
    }
    compare_head(reader, &mut checked)?;
    compare_tiles(reader, &mut checked)?;
    if checked.store.is_some_and(|store| store != identity.id) {
        let what = "the first event names another store".to_owned();
        checked.problems.add(Tampering::Edited, Some(0), what);
    }
    drop(snapshot);
    checkpoints.judge(identity.id, against.key, &mut checked);
    Ok(checked.verdict(identity.id, checkpoints.good))
}

/// What came out of the walk over all events.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) events: u64,
    pub(crate) head: Option<Hash>,
    /// The store that the first event names.
    pub(crate) store: Option<Id>,
    /// Roots and last hashes at the sizes that were asked for.
    pub(crate) roots: std::collections::BTreeMap<u64, (Hash, Hash)>,
    /// Over all rows, what their indices must add up to.
    pub(crate) sums: Sums,
    /// Roots of full tiles.
    pub(crate) tiles: Vec<Hash>,
    pub(crate) rotations: Vec<(u64, Rotation)>,
    pub(crate) problems: Problems,
}

impl Checked {
    pub(crate) fn verdict(self, store: Id, checkpoint: Option<Checkpoint>) -> Verdict {
        Verdict {
            store,
            events: self.events,
            head: self.head,
            signed: checkpoint.as_ref().map_or(0, |c| c.size),
            checkpoint,
            problems: self.problems.first,
            count: self.problems.count,
        }
    }
}

fn compare_head(reader: &Reader, checked: &mut Checked) -> Result<(), AuditError> {
    let (size, hash) = reader.head()?;
    let have = checked.events;
    let problems = &mut checked.problems;
    if size > have {
        let message = format!(
            "{size} events were written and {have} are there: events {have} to {} are missing at the end",
            size - 1
        );
        problems.add(Tampering::Truncated, Some(have), message);
    } else if size < have {
        let message = format!(
            "{size} events were written and {have} are there: events from {size} on were put in"
        );
        problems.add(Tampering::Inserted, Some(size), message);
    } else if checked.head.is_some_and(|head| head != hash) {
        let message = format!("event {} is not the one that was written last", have - 1);
        problems.add(Tampering::Edited, Some(have - 1), message);
    }
    Ok(())
}

fn compare_tiles(reader: &Reader, checked: &mut Checked) -> Result<(), AuditError> {
    let kept = reader.tiles()?;
    let expected = checked
        .tiles
        .iter()
        .enumerate()
        .map(|(i, root)| (i as u64, *root));
    let expected: std::collections::BTreeMap<u64, Hash> = expected.collect();
    let numbers: std::collections::BTreeSet<u64> =
        kept.keys().chain(expected.keys()).copied().collect();
    for number in numbers {
        if kept.get(&number) != expected.get(&number) {
            let first = number * crate::merkle::TILE;
            let last = first + crate::merkle::TILE - 1;
            let message =
                format!("the Merkle node over events {first} to {last} does not fit them");
            checked
                .problems
                .add(Tampering::Damaged, Some(first), message);
        }
    }
    Ok(())
}

/// Checkpoints that are to be held against events.
#[derive(Debug, Default)]
pub(crate) struct Checkpoints {
    pub(crate) list: Vec<Checkpoint>,
    /// Those that cannot be read.
    unreadable: Vec<String>,
    /// One that was kept elsewhere, and so need not be in the store.
    outside: Option<Checkpoint>,
    /// The last one that counts.
    pub(crate) good: Option<Checkpoint>,
}

impl Checkpoints {
    fn of_store(reader: &Reader, against: &Against) -> Result<Self, AuditError> {
        let mut checkpoints = Self::default();
        for (size, text) in reader.checkpoints()? {
            match Checkpoint::parse(&text) {
                Ok(checkpoint) if checkpoint.size == size => checkpoints.list.push(checkpoint),
                Ok(_) => {
                    let why = format!("a checkpoint stands under {size} events and is of others");
                    checkpoints.unreadable.push(why);
                }
                Err(e) => checkpoints
                    .unreadable
                    .push(format!("the checkpoint at {size} events: {e}")),
            }
        }
        checkpoints.outside.clone_from(&against.checkpoint);
        checkpoints.list.extend(against.checkpoint.clone());
        Ok(checkpoints)
    }

    pub(crate) fn new(list: Vec<Checkpoint>, outside: Option<Checkpoint>) -> Self {
        let mut checkpoints = Self {
            list,
            ..Self::default()
        };
        checkpoints.list.extend(outside.clone());
        checkpoints.outside = outside;
        checkpoints
    }

    /// Compares what was signed with what is there. Without a key signatures are not looked at.
    pub(crate) fn judge(&mut self, store: Id, key: Option<PublicKey>, checked: &mut Checked) {
        for why in self.unreadable.drain(..) {
            checked.problems.add(Tampering::Unsigned, None, why);
        }
        let trust = key.map(|key| Trust::new(key, &checked.rotations));
        let mut sound: Option<u64> = None;
        self.list.sort_by_key(|c| (c.size, c.time));
        for checkpoint in &self.list {
            let objection = match &trust {
                _ if checkpoint.store != store => Some("it is of another store".to_owned()),
                Some(trust) => trust.objection(checkpoint),
                None => None,
            };
            let at = format!("the checkpoint at {} events", checkpoint.size);
            if let Some(why) = objection {
                checked
                    .problems
                    .add(Tampering::Unsigned, None, format!("{at}: {why}"));
                continue;
            }
            if let Some((kind, message)) = difference(checkpoint, checked, sound) {
                checked.problems.add(kind, sound, message);
                continue;
            }
            sound = Some(checkpoint.size);
            if trust.is_some() {
                self.good = Some(checkpoint.clone());
            }
        }
        if trust.is_some() && self.good.is_none() {
            let message =
                "no checkpoint that is signed by the given key covers any event".to_owned();
            checked.problems.add(Tampering::Unsigned, None, message);
        }
    }
}

/// How the events differ from those of a checkpoint; the first `sound` are as they were.
fn difference(
    checkpoint: &Checkpoint,
    checked: &Checked,
    sound: Option<u64>,
) -> Option<(Tampering, String)> {
    let (size, time) = (checkpoint.size, checkpoint.time);
    let Some((root, head)) = checked.roots.get(&size) else {
        let have = checked.events;
        let message = format!(
            "{size} events were there when a checkpoint was signed at {time}; {have} are: the store is older than that, or events {have} to {} were cut off",
            size - 1
        );
        return Some((Tampering::RolledBack, message));
    };
    if *root == checkpoint.root && *head == checkpoint.head {
        return None;
    }
    let first = sound.unwrap_or(0);
    let message = format!(
        "events {first} to {} are not the ones that a checkpoint was signed for at {time}",
        size - 1
    );
    Some((Tampering::Rewritten, message))
}
