//! Where two patterns meet: whether they have a name in common, and the patterns of all such names.

use std::collections::BTreeSet;

use aegis_policy::glob::Set;

use super::alphabet::Alphabet;
use super::words::Piece;

/// Two patterns whose lengths multiply to more than this are not compared.
const MOST_CELLS: usize = 1 << 18;

/// At most this many patterns describe the names that two have in common.
const MOST_MERGES: usize = 48;

/// And so many steps are taken to find them.
const MOST_STEPS: usize = 4_096;

/// What two patterns have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Merges {
    /// Patterns that together match exactly what both match.
    pub(super) shapes: Vec<Vec<Piece>>,
    /// Whether these are all.
    pub(super) all: bool,
}

impl Merges {
    /// One pattern.
    pub(super) fn of(pieces: Vec<Piece>) -> Self {
        Self {
            shapes: vec![pieces],
            all: true,
        }
    }

    /// Nothing.
    pub(super) fn none() -> Self {
        Self {
            shapes: Vec::new(),
            all: true,
        }
    }
}

/// The characters two pieces, neither of which is `*`, have in common.
fn common(alphabet: &Alphabet, a: &Piece, b: &Piece) -> Option<Piece> {
    match (a, b) {
        (Piece::Char(x), Piece::Char(y)) => (x == y).then(|| a.clone()),
        (Piece::Char(x), Piece::One(set)) => set.contains(*x).then(|| a.clone()),
        (Piece::One(set), Piece::Char(y)) => set.contains(*y).then(|| b.clone()),
        (Piece::One(s), Piece::One(t)) => {
            alphabet.share(s, t).then(|| Piece::One(intersection(s, t)))
        }
        _ => None,
    }
}

/// The characters in both sets.
fn intersection(a: &Set, b: &Set) -> Set {
    let mut ranges = Vec::new();
    for (low, high) in plain(a) {
        for &(l, h) in &plain(b) {
            let (l, h) = (low.max(l), high.min(h));
            if l <= h {
                ranges.push((l, h));
            }
        }
    }
    Set {
        negated: false,
        ranges,
    }
}

/// The ranges of a set, negation worked out.
fn plain(set: &Set) -> Vec<(char, char)> {
    if !set.negated {
        return set.ranges.clone();
    }
    let mut out = Vec::new();
    let mut from = Some('\0');
    for &(low, high) in &set.ranges {
        if let (Some(start), Some(end)) = (from, before(low))
            && start <= end
        {
            out.push((start, end));
        }
        from = after(high);
    }
    out.extend(from.map(|start| (start, char::MAX)));
    out
}

fn before(c: char) -> Option<char> {
    match c {
        '\0' => None,
        '\u{e000}' => Some('\u{d7ff}'),
        c => char::from_u32(u32::from(c) - 1),
    }
}

fn after(c: char) -> Option<char> {
    match c {
        char::MAX => None,
        '\u{d7ff}' => Some('\u{e000}'),
        c => char::from_u32(u32::from(c) + 1),
    }
}

/// For each pair of places whether both patterns can be finished from there; `None` if that is too
/// much to find out.
fn finish(alphabet: &Alphabet, p: &[Piece], q: &[Piece]) -> Option<Vec<bool>> {
    let width = q.len() + 1;
    let size = (p.len() + 1).checked_mul(width)?;
    if size > MOST_CELLS {
        return None;
    }
    let mut can = vec![false; size];
    for i in (0..=p.len()).rev() {
        for j in (0..=q.len()).rev() {
            let at = |i: usize, j: usize| can.get(i * width + j).copied().unwrap_or(false);
            let here = match (p.get(i), q.get(j)) {
                (None, None) => true,
                (Some(Piece::Any), Some(_)) => at(i + 1, j) || at(i, j + 1),
                (Some(_), Some(Piece::Any)) => at(i, j + 1) || at(i + 1, j),
                (Some(Piece::Any), None) => at(i + 1, j),
                (None, Some(Piece::Any)) => at(i, j + 1),
                (Some(a), Some(b)) => at(i + 1, j + 1) && common(alphabet, a, b).is_some(),
                _ => false,
            };
            if let Some(cell) = can.get_mut(i * width + j) {
                *cell = here;
            }
        }
    }
    Some(can)
}

/// Whether two patterns have a name in common; `None` if that is too much to find out.
pub(super) fn meet(alphabet: &Alphabet, p: &[Piece], q: &[Piece]) -> Option<bool> {
    finish(alphabet, p, q).map(|can| can.first().copied().unwrap_or(false))
}

/// The patterns of all names that two patterns have in common.
pub(super) fn merges(alphabet: &Alphabet, p: &[Piece], q: &[Piece]) -> Merges {
    if p == q || q == [Piece::Any] {
        return Merges::of(p.to_vec());
    }
    if p == [Piece::Any] {
        return Merges::of(q.to_vec());
    }
    let Some(can) = finish(alphabet, p, q) else {
        return Merges::default();
    };
    let width = q.len() + 1;
    let open = |i: usize, j: usize| can.get(i * width + j).copied().unwrap_or(false);
    let mut found = BTreeSet::new();
    let mut stack: Vec<(usize, usize, Vec<Piece>)> = vec![(0, 0, Vec::new())];
    let mut steps = 0;
    while let Some((i, j, taken)) = stack.pop() {
        if !open(i, j) {
            continue;
        }
        steps += 1;
        if steps > MOST_STEPS || found.len() > MOST_MERGES {
            return Merges {
                shapes: found.into_iter().collect(),
                all: false,
            };
        }
        let with = |piece: &Piece| {
            let mut taken = taken.clone();
            if *piece != Piece::Any || taken.last() != Some(&Piece::Any) {
                taken.push(piece.clone());
            }
            taken
        };
        match (p.get(i), q.get(j)) {
            (None, None) => {
                found.insert(taken);
            }
            (Some(Piece::Any), Some(Piece::Any)) => {
                let taken = with(&Piece::Any);
                stack.push((i, j + 1, taken.clone()));
                stack.push((i + 1, j, taken));
            }
            (Some(Piece::Any), Some(b)) => {
                stack.push((i, j + 1, with(b)));
                stack.push((i + 1, j, taken));
            }
            (Some(a), Some(Piece::Any)) => {
                stack.push((i + 1, j, with(a)));
                stack.push((i, j + 1, taken));
            }
            (Some(Piece::Any), None) => stack.push((i + 1, j, taken)),
            (None, Some(Piece::Any)) => stack.push((i, j + 1, taken)),
            (Some(a), Some(b)) => {
                if let Some(both) = common(alphabet, a, b) {
                    stack.push((i + 1, j + 1, with(&both)));
                }
            }
            _ => {}
        }
    }
    Merges {
        shapes: found.into_iter().collect(),
        all: true,
    }
}
