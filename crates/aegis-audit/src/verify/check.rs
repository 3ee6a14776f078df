//! The chain, event by event, in order.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checked, Problems, Sums, Tampering, indices};
use crate::checkpoint::Rotation;
use crate::hash::{Algorithm, Hash};
use crate::id::Id;
use crate::merkle::{TILE, Tree};

/// What matters about one event, found out without looking at any other.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Where it stands.
    pub(crate) at: u64,
    /// Where it says it stands.
    pub(crate) number: Option<u64>,
    /// The hash it says the event before has; `None` is unreadable, `Some(None)` is none.
    pub(crate) previous: Option<Option<Hash>>,
    /// The hash that stands with it.
    pub(crate) noted: Hash,
    /// The hash of what it says.
    pub(crate) hash: Hash,
    /// What is wrong with it alone.
    pub(crate) flaw: Option<String>,
    /// The change of keys it records.
    pub(crate) rotation: Option<Rotation>,
    /// The store it names, of the first event.
    pub(crate) store: Option<Id>,
    /// What it adds to the sums over indices.
    pub(crate) sums: Sums,
}

/// Puts the facts together.
#[derive(Debug)]
pub(crate) struct Checker {
    tree: Tree,
    tiles: Vec<Hash>,
    /// Sizes whose roots are wanted.
    sizes: BTreeSet<u64>,
    roots: BTreeMap<u64, (Hash, Hash)>,
    /// The next place.
    next: u64,
    /// The hash of the event before, if it is there.
    last: Last,
    head: Option<Hash>,
    store: Option<Id>,
    rotations: Vec<(u64, Rotation)>,
    problems: Problems,
    keep_tiles: bool,
    sums: Sums,
}

/// What a link is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing comes before.
    Start,
    /// The event before has this hash.
    Hash(Hash),
    /// The event before is not there, or something is known to be wrong with it.
    Unknown,
}

impl Checker {
    pub(crate) fn new(algorithm: Algorithm, sizes: BTreeSet<u64>, keep_tiles: bool) -> Self {
        Self {
            tree: Tree::new(algorithm),
            tiles: Vec::new(),
            sizes,
            roots: BTreeMap::new(),
            next: 0,
            last: Last::Start,
            head: None,
            store: None,
            rotations: Vec::new(),
            problems: Problems::default(),
            keep_tiles,
            sums: Sums::default(),
        }
    }

    pub(crate) fn push(&mut self, facts: Facts) {
        let at = facts.at;
        if at > self.next {
            let gone = match at - self.next {
                1 => format!("event {} is gone", self.next),
                _ => format!("events {} to {} are gone", self.next, at - 1),
            };
            self.problems.add(Tampering::Removed, Some(self.next), gone);
            self.last = Last::Unknown;
        } else if at < self.next {
            let message = format!("event {at} stands twice or after a later one");
            self.problems.add(Tampering::Inserted, Some(at), message);
        }
        self.alone(&facts);
        self.grow(&facts.hash);
        indices::add(&mut self.sums, &facts.sums);
        self.next = at.saturating_add(1);
        self.head = Some(facts.hash);
        if at == 0 {
            self.store = facts.store;
        }
        if let Some(rotation) = facts.rotation {
            self.rotations.push((at, rotation));
        }
    }

    /// What is wrong with an event at its place.
    fn alone(&mut self, facts: &Facts) {
        let at = facts.at;
        if facts.hash != facts.noted {
            let message = format!("event {at} is not what its hash is of");
            self.problems.add(Tampering::Edited, Some(at), message);
            // The next one links to one of the two.
            self.last = Last::Unknown;
            return;
        }
        let moved = facts.number.filter(|number| *number != at);
        let expected = match self.last {
            Last::Start => Some(None),
            Last::Hash(hash) => Some(Some(hash)),
            Last::Unknown => None,
        };
        let linked = expected.is_none() || facts.previous == expected;
        if let Some(number) = moved {
            let message = format!("event {number} stands at place {at}");
            self.problems.add(Tampering::Reordered, Some(at), message);
        } else if let Some(flaw) = &facts.flaw {
            let message = format!("event {at}: {flaw}");
            self.problems.add(Tampering::Edited, Some(at), message);
        } else if !linked {
            let (kind, message) = match at.checked_sub(1) {
                None => (
                    Tampering::Inserted,
                    "event 0 claims that another came before it".to_owned(),
                ),
                Some(before) => (
                    Tampering::Edited,
                    format!(
                        "event {before} is not the one that event {at} followed: it was edited or put in"
                    ),
                ),
            };
            self.problems.add(kind, Some(at.saturating_sub(1)), message);
        }
        self.last = if moved.is_some() {
            Last::Unknown
        } else {
            Last::Hash(facts.hash)
        };
    }

    fn grow(&mut self, hash: &Hash) {
        self.tree.push(hash);
        let size = self.tree.size();
        if self.sizes.contains(&size) {
            self.roots.insert(size, (self.tree.root(), *hash));
        }
        if self.keep_tiles && size.is_multiple_of(TILE) {
            self.tiles.extend(self.tree.last_tile());
        }
    }

    pub(crate) fn finish(self) -> Checked {
        Checked {
            events: self.tree.size(),
            head: self.head,
            store: self.store,
            roots: self.roots,
            tiles: self.tiles,
            sums: self.sums,
            rotations: self.rotations,
            problems: self.problems,
        }
    }
}
