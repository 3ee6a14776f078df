//! Boxes over independent variables: for each variable a set of its cells.

use super::steps::Steps;

/// A set of at most 256 cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(super) struct Bits([u64; 4]);

/// No variable has more cells.
pub(super) const MOST_CELLS: usize = 256;

impl Bits {
    /// The first `n` cells.
    pub(super) fn first(n: usize) -> Self {
        let mut bits = Self::default();
        for at in 0..n.min(MOST_CELLS) {
            bits.insert(at);
        }
        bits
    }

    /// Adds a cell.
    pub(super) fn insert(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    /// Whether a cell is in it.
    pub(super) fn has(self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Whether none is in it.
    pub(super) fn is_empty(self) -> bool {
        self.0 == [0; 4]
    }

    /// Those in both.
    pub(super) fn and(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// Those in this one and not in the other.
    pub(super) fn minus(self, other: Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// Its cells in order.
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        (0..MOST_CELLS).filter(move |at| self.has(*at))
    }

    fn zip(self, other: Self, with: fn(u64, u64) -> u64) -> Self {
        let [a, b, c, d] = self.0;
        let [e, f, g, h] = other.0;
        Self([with(a, e), with(b, f), with(c, g), with(d, h)])
    }
}

/// For each variable, in a fixed order, a set of cells; empty if one of them is.
pub(super) type Box = smallvec::SmallVec<[Bits; 4]>;

/// Whether a box is empty.
pub(super) fn is_empty(a: &Box) -> bool {
    a.iter().any(|bits| bits.is_empty())
}

/// What two boxes have in common; `None` if nothing.
pub(super) fn meet(a: &Box, b: &Box) -> Option<Box> {
    let both: Box = a.iter().zip(b).map(|(a, b)| a.and(*b)).collect();
    (!is_empty(&both)).then_some(both)
}

/// Adds to `out` boxes that together are `a` without `b`; they do not overlap. At most one for each
/// variable.
pub(super) fn subtract(a: &Box, b: &Box, out: &mut Vec<Box>) {
    if meet(a, b).is_none() {
        out.push(a.clone());
        return;
    }
    let mut left = a.clone();
    for at in 0..a.len() {
        let (Some(mine), Some(theirs)) = (left.get(at).copied(), b.get(at)) else {
            return;
        };
        let outside = mine.minus(*theirs);
        if !outside.is_empty() {
            let mut piece = left.clone();
            if let Some(bits) = piece.get_mut(at) {
                *bits = outside;
            }
            out.push(piece);
            if let Some(bits) = left.get_mut(at) {
                *bits = mine.and(*theirs);
            }
        }
    }
}

/// The boxes without `b`; `None` if that is more than may be spent.
pub(super) fn subtract_all(boxes: &[Box], b: &Box, steps: &Steps) -> Option<Vec<Box>> {
    steps.spend(boxes.len() * b.len())?;
    let mut out = Vec::with_capacity(boxes.len());
    let before = boxes.len();
    for a in boxes {
        subtract(a, b, &mut out);
        steps.pieces(out.len())?;
    }
    steps.spend(out.len().saturating_sub(before) * b.len())?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(cells: &[usize]) -> Bits {
        let mut bits = Bits::default();
        cells.iter().for_each(|c| bits.insert(*c));
        bits
    }

    #[test]
    fn subtraction_is_exact_and_disjoint() {
        // Every point of a small space, for many boxes.
        let mut seed = 7_u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            bits(
                &(0..3)
                    .filter(|i| seed >> (40 + i) & 1 == 1)
                    .collect::<Vec<_>>(),
            )
        };
        for _ in 0..2_000 {
            let a: Box = (0..3).map(|_| random()).collect();
            let b: Box = (0..3).map(|_| random()).collect();
            let mut pieces = Vec::new();
            if !is_empty(&a) {
                subtract(&a, &b, &mut pieces);
            }
            for point in 0..27_usize {
                let p = [point % 3, point / 3 % 3, point / 9];
                let inside = |x: &Box| x.iter().zip(p).all(|(bits, at)| bits.has(at));
                let count = pieces.iter().filter(|x| inside(x)).count();
                assert_eq!(count, usize::from(inside(&a) && !inside(&b)));
            }
        }
        assert_eq!(bits(&[0, 64, 255]).iter().collect::<Vec<_>>(), [0, 64, 255]);
        assert_eq!(Bits::first(256).iter().count(), 256);
    }
}
