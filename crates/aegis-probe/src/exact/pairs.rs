//! Which rules can meet, and the instances of where they do.

use super::merge::{self, Merges};
use super::words::{self, Piece};
use super::world::{View, World};

/// Instances of one pair of rules that are looked at.
const MOST_INSTANCES: usize = 512;

/// The ends of a pattern, for a quick answer that two have nothing in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ends {
    front: (u64, u64),
    back: (u64, u64),
}

impl Ends {
    /// The ends of an alternative: up to eight bytes of the literals it starts and ends with.
    pub(super) fn new(alternative: &aegis_policy::glob::Alternative) -> Self {
        use aegis_policy::glob::Token;
        let text = |token: Option<&Token>| match token {
            Some(Token::Literal(text)) => text.as_bytes().to_vec(),
            _ => Vec::new(),
        };
        let word = |bytes: &mut dyn Iterator<Item = u8>| {
            bytes
                .take(8)
                .enumerate()
                .fold((0_u64, 0_u64), |(word, mask), (i, byte)| {
                    (word | u64::from(byte) << (8 * i), mask | 0xff << (8 * i))
                })
        };
        let tokens = alternative.tokens();
        Self {
            front: word(&mut text(tokens.first()).into_iter()),
            back: word(&mut text(tokens.last()).into_iter().rev()),
        }
    }

    /// Whether the ends allow a common name.
    pub(super) fn fit(self, other: Self) -> bool {
        let same = |a: (u64, u64), b: (u64, u64)| (a.0 ^ b.0) & a.1 & b.1 == 0;
        same(self.front, other.front) && same(self.back, other.back)
    }
}

impl World<'_> {
    /// Whether two rules may have names in common, going by the ends of their patterns.
    pub(super) fn near(&self, a: &View, b: &View) -> bool {
        let pairs = a.ends.iter().zip(&b.ends);
        pairs
            .into_iter()
            .all(|(p, q)| p.iter().any(|x| q.iter().any(|y| x.fit(*y))))
    }

    /// What two alternatives of a field have in common.
    pub(super) fn meeting(&self, field: usize, a: usize, b: usize) -> Merges {
        let (Some(p), Some(q)) = (self.alternative(field, a), self.alternative(field, b)) else {
            return Merges::default();
        };
        let pieces = words::pieces;
        if a == b || q.is_universal() {
            return Merges::of(pieces(p));
        }
        if p.is_universal() {
            return Merges::of(pieces(q));
        }
        if !self.ends(field, a).fit(self.ends(field, b)) {
            return Merges::none();
        }
        // A pattern whose one instance the other matches lies in it, if neither counts.
        if !words::counts(p) && !words::counts(q) {
            for (inner, outer, other) in [(p, q, a), (q, p, b)] {
                let words = self.words(field, other);
                if words.all
                    && !words.words.is_empty()
                    && words.words.iter().all(|w| outer.matches(w))
                {
                    return Merges::of(pieces(inner));
                }
            }
        }
        match self.names.get(field) {
            Some(names) => merge::merges(&names.alphabet, &pieces(p), &pieces(q)),
            None => Merges::default(),
        }
    }

    /// The instances of the names that two rules have in common; the flag is false if there are
    /// more. Both empty and complete if they have none.
    pub(super) fn common(&self, a: &View, b: &View) -> (Vec<[String; 3]>, bool) {
        let mut all = true;
        let mut lists: [Vec<String>; 3] = Default::default();
        for (field, list) in lists.iter_mut().enumerate() {
            let (Some(p), Some(q)) = (a.patterns.get(field), b.patterns.get(field)) else {
                continue;
            };
            let mut shapes: Vec<Vec<Piece>> = Vec::new();
            for x in p {
                for y in q {
                    let merges = self.meeting(field, x.alternative, y.alternative);
                    all &= merges.all;
                    for shape in merges.shapes {
                        if shapes.len() < MOST_INSTANCES && !shapes.contains(&shape) {
                            shapes.push(shape);
                        }
                    }
                }
            }
            for shape in shapes {
                let words = self.words_of(field, &shape);
                all &= words.all;
                for word in words.words {
                    if !list.contains(&word) {
                        list.push(word);
                    }
                }
            }
            if list.is_empty() {
                // With nothing in common in one field the others do not matter.
                return (Vec::new(), all);
            }
        }
        let (out, is_all) = words::product(&lists, MOST_INSTANCES);
        (out, all && is_all)
    }
}
