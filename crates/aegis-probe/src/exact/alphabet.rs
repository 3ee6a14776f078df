//! Characters as far as the patterns of one field can tell them apart.
//!
//! Two characters that no pattern tells apart are one: the line of all characters is cut at the
//! ends of every literal and set, and each piece has one character that stands for it. One piece
//! that no pattern names gives the *filler*: what stands in an instance of a pattern where the
//! pattern allows anything.

use std::collections::{BTreeMap, BTreeSet};

use aegis_policy::glob::{Alternative, Set, Token};
use aegis_policy::name;

/// More sets than this in one field are not told apart.
const MOST_SETS: usize = 64;

/// So many characters of a piece are tried as the one that stands for it.
const TRIED: usize = 128;

/// Fillers that read well come first: digits and signs belong to no script and say nothing.
const FILLERS: &str = "7953012468~^=+;%@#$&'\"()<>|`!,:/.-_ qzxjvwkybfgmphduclrtnisoae";

/// The same beyond ASCII, in one script and like no Latin letter.
const FOREIGN: &str = "жшюящэыдлбцйфчъ";

/// A run of characters that all patterns treat alike.
#[derive(Debug, Clone)]
struct Run {
    low: u32,
    high: u32,
    /// A character of it that names can have.
    stands: Option<char>,
    /// A literal spells it.
    literal: bool,
    /// The sets that name it.
    named: u64,
    /// The negated sets that leave it out.
    left_out: u64,
}

/// The characters of one field.
#[derive(Debug, Clone)]
pub(super) struct Alphabet {
    runs: Vec<Run>,
    /// In no pattern, ASCII.
    pub(super) filler: Option<char>,
    /// In no pattern, beyond ASCII.
    pub(super) foreign: Option<char>,
    /// Whether the sets were few enough to be told apart.
    pub(super) whole: bool,
}

impl Alphabet {
    /// The alphabet of these patterns.
    pub(super) fn new<'a>(patterns: impl Iterator<Item = &'a Alternative>) -> Self {
        let mut literal = BTreeSet::new();
        let (mut named, mut left_out) = (BTreeSet::new(), BTreeSet::new());
        for token in patterns.flat_map(Alternative::tokens) {
            match token {
                Token::Literal(text) => literal.extend(text.chars()),
                Token::Set(set) if set.negated => {
                    left_out.insert(set);
                }
                Token::Set(set) => {
                    named.insert(set);
                }
                Token::One | Token::Any => {}
            }
        }
        let whole = named.len() <= MOST_SETS && left_out.len() <= MOST_SETS;
        let mut cuts = BTreeSet::from([0, 0x80, 0xd800, 0xe000]);
        for &c in &literal {
            cuts.extend([u32::from(c), u32::from(c) + 1]);
        }
        for set in named.iter().chain(&left_out) {
            for &(low, high) in &set.ranges {
                cuts.extend([u32::from(low), u32::from(high) + 1]);
            }
        }
        let cuts: Vec<u32> = cuts.into_iter().filter(|&c| c < 0x11_0000).collect();
        let ends = cuts.iter().skip(1).copied().chain([0x11_0000]);
        let mut runs: Vec<Run> = Vec::with_capacity(cuts.len());
        for (&low, end) in cuts.iter().zip(ends) {
            let Some(first) = char::from_u32(low) else {
                continue;
            };
            let bits = |sets: &BTreeSet<&Set>, wanted: bool| {
                let hits = sets.iter().take(MOST_SETS).enumerate();
                hits.filter(|(_, set)| set.contains(first) == wanted)
                    .fold(0, |bits, (i, _)| bits | 1 << i)
            };
            runs.push(Run {
                low,
                high: end - 1,
                stands: (low..end)
                    .take(TRIED)
                    .filter_map(char::from_u32)
                    .find(|&c| stable(c)),
                literal: literal.contains(&first),
                named: bits(&named, true),
                left_out: bits(&left_out, false),
            });
        }
        let mut alphabet = Self {
            runs,
            filler: None,
            foreign: None,
            whole,
        };
        alphabet.filler = alphabet.free(FILLERS, true);
        alphabet.foreign = alphabet.free(FOREIGN, false);
        alphabet
    }

    /// A character in no pattern: one of the preferred, or whatever there is.
    fn free(&self, preferred: &str, ascii: bool) -> Option<char> {
        let free = |c: &char| {
            let run = self.run(*c);
            run.is_some_and(|run| !run.literal && run.named == 0 && run.left_out == 0)
        };
        let rest = self.runs.iter().filter_map(|run| run.stands);
        preferred
            .chars()
            .chain(rest.filter(|c| *c != ' '))
            .filter(|c| c.is_ascii() == ascii && *c != ' ')
            .find(free)
    }

    fn run(&self, c: char) -> Option<&Run> {
        let c = u32::from(c);
        let at = self.runs.partition_point(|run| run.high < c);
        self.runs.get(at).filter(|run| run.low <= c)
    }

    /// Characters of a set (`None` for all) such that whatever a pattern does not match with any
    /// other character in a place, it does not match with one of these: the hardest to match.
    pub(super) fn hardest(&self, set: Option<&Set>) -> Vec<char> {
        let inside = |run: &&Run| {
            let first = char::from_u32(run.low);
            set.is_none_or(|set| first.is_some_and(|c| set.contains(c)))
        };
        let mut groups: BTreeMap<u64, Vec<&Run>> = BTreeMap::new();
        for run in self.runs.iter().filter(inside) {
            if run.stands.is_some() {
                groups.entry(run.left_out).or_default().push(run);
            }
        }
        let mut out = Vec::new();
        for group in groups.into_values() {
            let free: Vec<char> = group
                .iter()
                .filter(|run| !run.literal && run.named == 0)
                .filter_map(|run| self.best(run))
                .collect();
            let ascii = free.iter().find(|c| c.is_ascii());
            let foreign = free.iter().find(|c| !c.is_ascii());
            // A name beyond ASCII is decided more strictly: where a set spells some, both count.
            let both = set.is_some_and(|set| !set.negated);
            if let Some(best) = ascii.or(foreign) {
                out.push(*best);
                out.extend(foreign.filter(|c| both && *c != best));
                continue;
            }
            let mut seen = BTreeSet::new();
            for run in group {
                if run.literal || seen.insert(run.named) {
                    out.extend(run.stands);
                }
            }
        }
        out
    }

    /// The character to show for a run: the filler if it lies there.
    fn best(&self, run: &Run) -> Option<char> {
        let holds = |c: &char| run.low <= u32::from(*c) && u32::from(*c) <= run.high;
        let nice = FILLERS.chars().find(|c| *c != ' ' && holds(c));
        self.filler.filter(|c| holds(c)).or(nice).or(run.stands)
    }

    /// Whether two sets have a character in common that names can have.
    pub(super) fn share(&self, a: &Set, b: &Set) -> bool {
        self.runs.iter().any(|run| {
            let first = char::from_u32(run.low);
            run.stands.is_some() && first.is_some_and(|c| a.contains(c) && b.contains(c))
        })
    }
}

/// Whether names can have this character: it is its own canonical spelling.
fn stable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control() && !c.is_ascii_uppercase();
    }
    name::canonical(&format!("a{c}a")) == format!("a{c}a")
}
