//! Merkle trees of RFC 6962, section 2.1: a root over all hashes of a store, and proofs that an
//! event is in it (inclusion) and that a longer store begins with a shorter one (consistency).
//!
//! The tree is cut into tiles of 256 leaves whose roots are kept, so that neither a root nor a proof
//! needs all leaves of a large store.

use crate::hash::{Algorithm, Hash};

/// Leaves of a tile. A power of two, so the root of a full tile is a node of the tree.
pub const TILE: u64 = 256;

/// What a leaf is hashed to.
#[must_use]
pub fn leaf(hash: &Hash) -> Hash {
    hash.algorithm().hash(&[&[0], hash.as_bytes()])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let algorithm = left.algorithm();
    algorithm.hash(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// The root of no leaves.
#[must_use]
pub fn empty(algorithm: Algorithm) -> Hash {
    algorithm.hash(&[])
}

/// A tree that grows leaf by leaf and keeps its right edge only.
#[derive(Debug, Clone)]
pub struct Tree {
    algorithm: Algorithm,
    size: u64,
    /// Roots of full subtrees, larger first: one for each bit of the size.
    edge: Vec<Hash>,
    /// The root of the tile that was filled last.
    tile: Option<Hash>,
}

impl Tree {
    /// No leaves.
    #[must_use]
    pub const fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            size: 0,
            edge: Vec::new(),
            tile: None,
        }
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf: the hash of an event.
    pub fn push(&mut self, hash: &Hash) {
        self.merge(leaf(hash), 0);
        self.size += 1;
    }

    /// The root of the tile that was filled last, if it was filled leaf by leaf.
    #[must_use]
    pub const fn last_tile(&self) -> Option<Hash> {
        self.tile
    }

    /// Adds a full tile by its root. Only after full tiles.
    pub fn push_tile(&mut self, root: Hash) {
        self.merge(root, TILE.trailing_zeros());
        self.size += TILE;
    }

    fn merge(&mut self, mut hash: Hash, level: u32) {
        let full = (self.size >> level).trailing_ones();
        for above in level + 1..=level + full {
            if let Some(left) = self.edge.pop() {
                hash = node(&left, &hash);
            }
            if above == TILE.trailing_zeros() {
                self.tile = Some(hash);
            }
        }
        self.edge.push(hash);
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut edge = self.edge.iter().rev();
        let Some(last) = edge.next() else {
            return empty(self.algorithm);
        };
        edge.fold(*last, |right, left| node(left, &right))
    }
}

/// Where a proof finds the roots of subtrees.
pub trait Nodes {
    /// Why a node cannot be had.
    type Error;

    /// The root of the full subtree over the leaves `start .. start + size`; `size` is a power of
    /// two and `start` a multiple of it.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn subtree(&mut self, start: u64, size: u64) -> Result<Hash, Self::Error>;
}

/// The root over `start .. end`, from full subtrees.
fn range<N: Nodes>(nodes: &mut N, start: u64, end: u64) -> Result<Hash, N::Error> {
    let size = end - start;
    if size.is_power_of_two() {
        return nodes.subtree(start, size);
    }
    let split = start + split(size);
    let (left, right) = (range(nodes, start, split)?, range(nodes, split, end)?);
    Ok(node(&left, &right))
}

/// The largest power of two that is smaller than `size`.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The path from leaf `index` to the root over `size` leaves. `index < size`.
///
/// # Errors
///
/// If a node cannot be read.
pub fn inclusion<N: Nodes>(nodes: &mut N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range(nodes, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Proof that the first `old` of `new` leaves have the root they had. `0 < old <= new`.
///
/// # Errors
///
/// If a node cannot be read.
pub fn consistency<N: Nodes>(nodes: &mut N, old: u64, new: u64) -> Result<Vec<Hash>, N::Error> {
    let (mut start, mut end) = (0, new);
    let mut path = Vec::new();
    // As long as the old tree is a subtree from the very left, its root is known to who asks.
    let mut whole = true;
    while start + (old - start) < end {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(range(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range(nodes, start, middle)?);
            start = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range(nodes, start, end)?);
    }
    path.reverse();
    Ok(path)
}

/// The root that a path leads to from an event; `None` if the path does not fit the place.
#[must_use]
pub fn root_of_path(event: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size || !same(event.algorithm(), path) {
        return None;
    }
    // RFC 9162, 2.1.3.2.
    let (mut at, mut last) = (index, size - 1);
    let mut hash = leaf(event);
    for step in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            hash = node(step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// Whether a proof shows that a tree of `new` leaves begins with one of `old`.
#[must_use]
pub fn is_consistent(old: (u64, &Hash), new: (u64, &Hash), path: &[Hash]) -> bool {
    let ((old, old_root), (new, new_root)) = (old, new);
    if old_root.algorithm() != new_root.algorithm() || !same(old_root.algorithm(), path) {
        return false;
    }
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    // RFC 9162, 2.1.4.2.
    let mut steps = path.iter();
    let first = if old.is_power_of_two() {
        Some(old_root)
    } else {
        steps.next()
    };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut as_old, mut as_new) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            as_old = node(step, &as_old);
            as_new = node(step, &as_new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            as_new = node(&as_new, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && as_old == *old_root && as_new == *new_root
}

fn same(algorithm: Algorithm, path: &[Hash]) -> bool {
    path.iter().all(|hash| hash.algorithm() == algorithm)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    struct Leaves(Vec<Hash>);

    impl Nodes for Leaves {
        type Error = Infallible;

        fn subtree(&mut self, start: u64, size: u64) -> Result<Hash, Infallible> {
            Ok(root(&self.0[start as usize..(start + size) as usize]))
        }
    }

    /// The definition of section 2.1, word for word.
    fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty(Algorithm::Sha256),
            [one] => leaf(one),
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
                node(&root(left), &root(right))
            }
        }
    }

    fn leaves(n: u64) -> Vec<Hash> {
        let hash = |i: u64| Algorithm::Sha256.hash(&[&i.to_be_bytes()]);
        (0..n).map(hash).collect()
    }

    #[test]
    fn roots_of_known_trees() {
        // The empty tree and the leaf of an empty string, of Certificate Transparency's test data.
        let hash = |pieces: &[&[u8]]| Algorithm::Sha256.hash(pieces).to_string();
        assert_eq!(
            empty(Algorithm::Sha256).to_string(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            hash(&[&[0]]),
            "sha256:6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }

    #[test]
    fn a_growing_tree_has_the_root_of_the_definition() {
        let all = leaves(600);
        let mut tree = Tree::new(Algorithm::Sha256);
        for n in 0..=all.len() {
            assert_eq!(tree.root(), root(&all[..n]), "{n}");
            if let Some(next) = all.get(n) {
                tree.push(next);
            }
        }
        assert_eq!(tree.last_tile(), Some(root(&all[256..512])));
        let mut tiled = Tree::new(Algorithm::Sha256);
        tiled.push_tile(root(&all[..256]));
        tiled.push_tile(root(&all[256..512]));
        all[512..].iter().for_each(|hash| tiled.push(hash));
        assert_eq!((tiled.root(), tiled.size()), (tree.root(), 600));
    }

    #[test]
    fn every_leaf_is_in_every_tree() {
        let all = leaves(40);
        for size in 1..=40_u64 {
            let whole = root(&all[..size as usize]);
            for index in 0..size {
                let path = inclusion(&mut Leaves(all.clone()), index, size).unwrap();
                let event = &all[index as usize];
                assert_eq!(root_of_path(event, index, size, &path), Some(whole));
                for wrong in (0..size).filter(|i| *i != index) {
                    assert_ne!(root_of_path(event, wrong, size, &path), Some(whole));
                }
                let short = &path[..path.len().saturating_sub(1)];
                if !path.is_empty() {
                    assert_ne!(root_of_path(event, index, size, short), Some(whole));
                }
            }
        }
    }

    #[test]
    fn every_tree_begins_with_every_smaller_one() {
        let all = leaves(33);
        for new in 1..=33_u64 {
            for old in 1..=new {
                let path = consistency(&mut Leaves(all.clone()), old, new).unwrap();
                let (a, b) = (root(&all[..old as usize]), root(&all[..new as usize]));
                assert!(is_consistent((old, &a), (new, &b), &path), "{old} {new}");
                let other = Algorithm::Sha256.hash(&[b"x"]);
                assert!(!is_consistent((old, &other), (new, &b), &path));
                assert!(!is_consistent((old, &a), (new, &other), &path));
                for i in 0..path.len() {
                    let mut bent = path.clone();
                    bent[i] = other;
                    assert!(!is_consistent((old, &a), (new, &b), &bent));
                }
            }
        }
    }
}
