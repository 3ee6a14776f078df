//! Instances of a pattern: few words such that a set of patterns matches every word of the pattern
//! if it matches these.
//!
//! Where all patterns are made of literals, `*` and sets, one word is enough for each choice from
//! the pattern's own sets: a filler in the place of each `*` and `?`. Whatever matches it there has
//! a `*`, and so matches any other filling. Patterns with `?` and negated sets can also tell by the
//! number of characters and by what is left out; where such a pattern is near, the words are found
//! by walking all patterns at once.

use std::collections::{BTreeMap, VecDeque};

use aegis_policy::glob::{Alternative, Set, Token};
use aegis_policy::name;
use rustc_hash::FxHashMap;

use super::alphabet::Alphabet;

/// At most this many words stand for one pattern.
const MOST_WORDS: usize = 256;

/// The walk visits at most this many places.
const MOST_NODES: usize = 4_096;

/// And follows at most this many patterns.
const MOST_OTHERS: usize = 64;

/// A piece of a pattern: like a token, but one character at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Piece {
    /// This character.
    Char(char),
    /// One of a set.
    One(Set),
    /// Any run.
    Any,
}

/// The words that stand for a pattern.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    /// Canonical names, the most readable first.
    pub(super) words: Vec<String>,
    /// Whether they really stand for all of it; if not, what they do not show is unknown.
    pub(super) all: bool,
}

/// The set of all characters.
pub(super) fn every() -> Set {
    Set {
        negated: true,
        ranges: Vec::new(),
    }
}

/// The pieces of an alternative.
pub(super) fn pieces(alternative: &Alternative) -> Vec<Piece> {
    let mut out = Vec::new();
    for token in alternative.tokens() {
        match token {
            Token::Literal(text) => out.extend(text.chars().map(Piece::Char)),
            Token::Any => out.push(Piece::Any),
            Token::One => out.push(Piece::One(every())),
            Token::Set(set) => out.push(Piece::One(set.clone())),
        }
    }
    out
}

/// Whether a pattern can tell names apart by what the filler cannot show.
pub(super) fn counts(alternative: &Alternative) -> bool {
    alternative.tokens().iter().any(|token| match token {
        Token::One => true,
        Token::Set(set) => set.negated,
        _ => false,
    })
}

/// Whether pieces match a word.
#[cfg(test)]
pub(super) fn matches(pieces: &[Piece], word: &str) -> bool {
    let mut at = vec![false; pieces.len() + 1];
    if let Some(first) = at.first_mut() {
        *first = true;
    }
    let close = |at: &mut Vec<bool>| {
        for (i, piece) in pieces.iter().enumerate() {
            if at[i] && *piece == Piece::Any {
                at[i + 1] = true;
            }
        }
    };
    close(&mut at);
    for c in word.chars() {
        let mut next = vec![false; pieces.len() + 1];
        for (i, piece) in pieces.iter().enumerate().filter(|(i, _)| at[*i]) {
            match piece {
                Piece::Any => next[i] = true,
                Piece::Char(x) if *x == c => next[i + 1] = true,
                Piece::One(set) if set.contains(c) => next[i + 1] = true,
                _ => {}
            }
        }
        close(&mut next);
        at = next;
    }
    at[pieces.len()]
}

impl Words {
    /// Adds a word if it is a name; `all` is gone if it might have been one with other fillers.
    fn add(&mut self, word: String) {
        if name::canonical(&word) == word {
            self.words.push(word);
        } else if !word.is_ascii() {
            self.all = false;
        }
    }
}

/// The words of a pattern where no pattern near it counts characters.
pub(super) fn plain(alphabet: &Alphabet, pieces: &[Piece], foreign: bool) -> Words {
    let filler = if foreign {
        alphabet.foreign
    } else {
        alphabet.filler.or(alphabet.foreign)
    };
    let mut out = Words {
        words: Vec::new(),
        all: alphabet.whole && (foreign || alphabet.filler.is_some()),
    };
    let Some(filler) = filler else {
        out.all = false;
        return out;
    };
    let mut words = vec![String::new()];
    for piece in pieces {
        match piece {
            Piece::Char(c) => words.iter_mut().for_each(|word| word.push(*c)),
            Piece::Any => words.iter_mut().for_each(|word| word.push(filler)),
            Piece::One(set) if set.contains(filler) => {
                words.iter_mut().for_each(|word| word.push(filler));
            }
            Piece::One(set) => {
                let choices = alphabet.hardest(Some(set));
                if words.len().saturating_mul(choices.len()) > MOST_WORDS {
                    out.all = false;
                }
                let grown = words.iter().flat_map(|word| {
                    choices.iter().map(move |c| {
                        let mut word = word.clone();
                        word.push(*c);
                        word
                    })
                });
                words = grown.take(MOST_WORDS).collect();
            }
        }
    }
    for word in words {
        out.add(word);
    }
    out
}

/// A pattern being followed, its places as bits.
struct Other {
    stars: u64,
    /// For each letter the places it is taken at.
    takes: Vec<u64>,
    end: u64,
}

impl Other {
    fn new(pieces: &[Piece], letters: &[char]) -> Option<Self> {
        if pieces.len() > 62 {
            return None;
        }
        let bits = |fits: &dyn Fn(&Piece) -> bool| {
            let hits = pieces.iter().enumerate().filter(|(_, piece)| fits(piece));
            hits.fold(0_u64, |bits, (i, _)| bits | 1 << i)
        };
        Some(Self {
            stars: bits(&|piece| *piece == Piece::Any),
            takes: letters
                .iter()
                .map(|letter| {
                    bits(&|piece| match piece {
                        Piece::Char(c) => c == letter,
                        Piece::One(set) => set.contains(*letter),
                        Piece::Any => false,
                    })
                })
                .collect(),
            end: 1 << pieces.len(),
        })
    }

    fn close(&self, places: u64) -> u64 {
        places | (places & self.stars) << 1
    }

    fn step(&self, places: u64, letter: usize) -> u64 {
        let takes = self.takes.get(letter).copied().unwrap_or(0);
        self.close((places & self.stars) | (places & takes) << 1)
    }
}

/// The words of a pattern near patterns that count characters. `others` are all patterns that may
/// match some of its words and not others. If the field is never empty, `filled` is true.
pub(super) fn walked(
    alphabet: &Alphabet,
    pieces: &[Piece],
    others: &[Vec<Piece>],
    filled: bool,
) -> Words {
    let mut walk = Walk::new(alphabet, pieces, others);
    walk.filled = filled;
    walk.go(pieces);
    let mut out = Words {
        words: Vec::new(),
        all: alphabet.whole && walk.complete && others.len() <= MOST_OTHERS,
    };
    let found: Vec<((bool, u64), String)> = walk.found.into_iter().collect();
    let mut kept: Vec<&((bool, u64), String)> = found
        .iter()
        .filter(|((foreign, vector), _)| {
            !found.iter().any(|((other, below), _)| {
                other == foreign && below != vector && below & vector == *below
            })
        })
        .collect();
    kept.sort_by_key(|(_, word)| (word.chars().count(), word.clone()));
    for (_, word) in kept {
        let before = out.words.len();
        out.add(word.clone());
        // Another word might have been a name.
        out.all &= out.words.len() > before;
    }
    out
}

/// A place in the pattern, whether there are letters before it, whether one of them is beyond ASCII,
/// and the places in the others.
type Node = (usize, bool, bool, Vec<u64>);

/// A node and, but for the first, the one before it and the letter that leads here, if one does.
type Visited = (Node, Option<(usize, Option<usize>)>);

struct Walk {
    letters: Vec<char>,
    /// For each piece of the pattern the letters it may take.
    choices: Vec<Vec<usize>>,
    others: Vec<Other>,
    /// For each set of patterns that match a word the first such word, those beyond ASCII apart.
    found: BTreeMap<(bool, u64), String>,
    complete: bool,
    /// Whether the empty word does not count.
    filled: bool,
}

impl Walk {
    fn new(alphabet: &Alphabet, pieces: &[Piece], others: &[Vec<Piece>]) -> Self {
        let free = alphabet.hardest(None);
        let mut letters: Vec<char> = Vec::new();
        let mut number = |c: char| match letters.iter().position(|l| *l == c) {
            Some(at) => at,
            None => {
                letters.push(c);
                letters.len() - 1
            }
        };
        let mut choices = Vec::with_capacity(pieces.len());
        for piece in pieces {
            choices.push(match piece {
                Piece::Char(c) => vec![number(*c)],
                Piece::One(set) => {
                    let set = alphabet.hardest(Some(set));
                    set.into_iter().map(&mut number).collect()
                }
                Piece::Any => free.iter().copied().map(&mut number).collect(),
            });
        }
        let near = others.iter().take(MOST_OTHERS);
        let followed: Vec<Other> = near.filter_map(|o| Other::new(o, &letters)).collect();
        Self {
            complete: followed.len() == others.len(),
            letters,
            choices,
            others: followed,
            found: BTreeMap::new(),
            filled: false,
        }
    }

    fn go(&mut self, pieces: &[Piece]) {
        let start: Node = (
            0,
            false,
            false,
            self.others.iter().map(|o| o.close(1)).collect(),
        );
        let mut nodes: Vec<Visited> = vec![(start.clone(), None)];
        let mut seen: FxHashMap<Node, usize> = FxHashMap::default();
        seen.insert(start, 0);
        let mut queue = VecDeque::from([0]);
        while let Some(at) = queue.pop_front() {
            let Some((node, _)) = nodes.get(at).cloned() else {
                continue;
            };
            let place = node.0;
            if place == pieces.len() {
                if self.filled && !node.1 {
                    continue;
                }
                let matched = self.others.iter().zip(&node.3).enumerate();
                let vector = matched
                    .filter(|(_, (other, places))| *places & other.end != 0)
                    .fold(0_u64, |bits, (i, _)| bits | 1 << i);
                let word = || spelled(&nodes, at, &self.letters);
                self.found.entry((node.2, vector)).or_insert_with(word);
                continue;
            }
            let star = pieces.get(place) == Some(&Piece::Any);
            let mut next: Vec<(Node, Option<usize>)> = Vec::new();
            if star {
                next.push(((place + 1, node.1, node.2, node.3.clone()), None));
            }
            for &letter in self.choices.get(place).into_iter().flatten() {
                let places = self.others.iter().zip(&node.3);
                let stepped = places.map(|(o, p)| o.step(*p, letter)).collect();
                let after = if star { place } else { place + 1 };
                let foreign = node.2 || self.letters.get(letter).is_some_and(|c| !c.is_ascii());
                next.push(((after, self.filled, foreign, stepped), Some(letter)));
            }
            for (node, letter) in next {
                if seen.contains_key(&node) {
                    continue;
                }
                if nodes.len() >= MOST_NODES {
                    self.complete = false;
                    return;
                }
                seen.insert(node.clone(), nodes.len());
                queue.push_back(nodes.len());
                nodes.push((node, Some((at, letter))));
            }
        }
    }
}

/// The letters on the way to a node.
fn spelled(nodes: &[Visited], mut at: usize, letters: &[char]) -> String {
    let mut word: Vec<char> = Vec::new();
    while let Some((_, Some((before, letter)))) = nodes.get(at) {
        word.extend(letter.and_then(|l| letters.get(l)));
        at = *before;
    }
    word.into_iter().rev().collect()
}

/// Each choice of one word from each of three lists, and whether that is all of them.
pub(super) fn product(lists: &[Vec<String>; 3], most: usize) -> (Vec<[String; 3]>, bool) {
    let [kinds, targets, agents] = lists;
    let mut out = Vec::new();
    for kind in kinds {
        for target in targets {
            for agent in agents {
                if out.len() >= most {
                    return (out, false);
                }
                out.push([kind.clone(), target.clone(), agent.clone()]);
            }
        }
    }
    (out, true)
}
