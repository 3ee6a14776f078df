//! Which rules speak of a name: an index over all patterns of one field.
//!
//! A pattern without `*`, `?` and sets is found in a map; `lit*` and `*lit` in maps of their own,
//! asked once for each length that occurs; the rest by their longest literal with an automaton over
//! all of these, and then held against the name. What has no literal is held against every name.
//! So the work depends on the name, not on the number of rules.
//!
//! A set of rules is a bit for each rule, in words of 64. The sets of single patterns are mostly
//! small and kept as lists where that is smaller.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, BuildError, MatchKind};
use rustc_hash::FxHashMap;

use crate::glob::{Alternative, Token};

/// A set of rules, large enough for any rule of the policy.
#[derive(Debug, Clone)]
enum RuleSet {
    List(Box<[u32]>),
    Bits(Box<[u64]>),
}

impl RuleSet {
    /// The set of these rules, which are in order.
    fn new(rules: Vec<u32>, words: usize) -> Self {
        // A list costs 4 bytes for each of its members and the bits 8 for each word.
        if rules.len() <= words * 2 {
            return Self::List(rules.into());
        }
        let mut bits = vec![0; words];
        for rule in rules {
            insert(&mut bits, rule);
        }
        Self::Bits(bits.into())
    }

    fn add_to(&self, out: &mut [u64]) {
        match self {
            Self::List(rules) => rules.iter().for_each(|&rule| insert(out, rule)),
            Self::Bits(bits) => out
                .iter_mut()
                .zip(bits)
                .for_each(|(out, bits)| *out |= bits),
        }
    }
}

/// Adds a rule to a set of bits.
pub(super) fn insert(bits: &mut [u64], rule: u32) {
    if let Some(word) = bits.get_mut(rule as usize / 64) {
        *word |= 1 << (rule % 64);
    }
}

/// How many words hold a bit for each of so many rules.
pub(super) fn words(rules: usize) -> usize {
    rules.div_ceil(64)
}

/// What is put in: patterns and their rules, before the index is built.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// Numbers of the distinct alternatives.
    numbers: FxHashMap<Alternative, u32>,
    alternatives: Vec<Alternative>,
    /// For each of them its rules, in order.
    rules: Vec<Vec<u32>>,
    /// The rules that speak of every name.
    universal: Vec<u32>,
}

impl Patterns {
    /// Notes that a rule speaks of every name. Rules must come in order.
    pub(super) fn add_universal(&mut self, rule: u32) {
        if self.universal.last() != Some(&rule) {
            self.universal.push(rule);
        }
    }

    /// Notes that a rule speaks of the names this alternative matches; returns its number, if it
    /// has one. Rules must come in order.
    pub(super) fn add(&mut self, alternative: Alternative, rule: u32) -> Option<u32> {
        if alternative.is_universal() {
            self.add_universal(rule);
            return None;
        }
        let number = match self.numbers.get(&alternative) {
            Some(&number) => number,
            None => {
                let number = u32::try_from(self.alternatives.len()).ok()?;
                self.numbers.insert(alternative.clone(), number);
                self.alternatives.push(alternative);
                self.rules.push(Vec::new());
                number
            }
        };
        let rules = self.rules.get_mut(number as usize)?;
        if rules.last() != Some(&rule) {
            rules.push(rule);
        }
        Some(number)
    }
}

/// An index over the patterns of one field.
#[derive(Debug)]
pub(super) struct Index {
    alternatives: Vec<Alternative>,
    /// For each alternative its rules.
    sets: Vec<RuleSet>,
    /// The rules that speak of every name.
    universal: Box<[u64]>,
    literals: FxHashMap<Box<str>, u32>,
    prefixes: Affixes,
    suffixes: Affixes,
    infixes: Option<Infixes>,
    /// Alternatives without a literal.
    rest: Vec<u32>,
}

/// Prefixes or suffixes, by text.
#[derive(Debug, Default)]
struct Affixes {
    /// The lengths that occur, in order.
    lengths: Vec<usize>,
    numbers: FxHashMap<Box<str>, u32>,
}

/// Literals that may stand anywhere, and what has them.
#[derive(Debug)]
struct Infixes {
    automaton: AhoCorasick,
    /// For each pattern of the automaton the alternatives whose longest literal it is.
    owners: Vec<Box<[Owner]>>,
}

#[derive(Debug, Clone, Copy)]
struct Owner {
    alternative: u32,
    /// It is `*lit*`: the literal is all there is to it.
    plain: bool,
}

impl Affixes {
    fn insert(&mut self, text: &str, number: u32) {
        if let Err(at) = self.lengths.binary_search(&text.len()) {
            self.lengths.insert(at, text.len());
        }
        self.numbers.insert(text.into(), number);
    }
}

impl Index {
    /// Builds the index for a policy of so many rules.
    pub(super) fn new(patterns: Patterns, rules: usize) -> Result<Self, BuildError> {
        let words = words(rules);
        let mut universal = vec![0; words];
        for rule in patterns.universal {
            insert(&mut universal, rule);
        }
        let mut index = Self {
            sets: patterns
                .rules
                .into_iter()
                .map(|rules| RuleSet::new(rules, words))
                .collect(),
            alternatives: patterns.alternatives,
            universal: universal.into(),
            literals: FxHashMap::default(),
            prefixes: Affixes::default(),
            suffixes: Affixes::default(),
            infixes: None,
            rest: Vec::new(),
        };
        let mut anywhere: Vec<(&str, Owner)> = Vec::new();
        for (number, alternative) in (0_u32..).zip(&index.alternatives) {
            match alternative.tokens() {
                [] => {
                    index.literals.insert("".into(), number);
                }
                [Token::Literal(text)] => {
                    index.literals.insert(text.clone(), number);
                }
                [Token::Literal(text), Token::Any] => index.prefixes.insert(text, number),
                [Token::Any, Token::Literal(text)] => index.suffixes.insert(text, number),
                tokens => match alternative.longest_literal() {
                    Some(text) => {
                        let plain = matches!(tokens, [Token::Any, Token::Literal(_), Token::Any]);
                        let owner = Owner {
                            alternative: number,
                            plain,
                        };
                        anywhere.push((text, owner));
                    }
                    None => index.rest.push(number),
                },
            }
        }
        index.infixes = Infixes::new(anywhere)?;
        Ok(index)
    }

    /// The rules that speak of every name.
    pub(super) fn universal(&self) -> &[u64] {
        &self.universal
    }

    /// Whether an alternative, by its number, matches a canonical name.
    pub(super) fn matches(&self, alternative: u32, name: &str) -> bool {
        let alternative = self.alternatives.get(alternative as usize);
        alternative.is_some_and(|alternative| alternative.matches(name))
    }

    /// Adds the rules with a pattern that matches a canonical name; those that speak of every name
    /// are left out. Allocates nothing.
    pub(super) fn find(&self, name: &str, out: &mut [u64]) {
        if let Some(&number) = self.literals.get(name) {
            self.add(number, out);
        }
        for &length in &self.prefixes.lengths {
            if length > name.len() {
                break;
            }
            let prefix = name.get(..length);
            if let Some(&number) = prefix.and_then(|text| self.prefixes.numbers.get(text)) {
                self.add(number, out);
            }
        }
        for &length in &self.suffixes.lengths {
            let Some(start) = name.len().checked_sub(length) else {
                break;
            };
            let suffix = name.get(start..);
            if let Some(&number) = suffix.and_then(|text| self.suffixes.numbers.get(text)) {
                self.add(number, out);
            }
        }
        if let Some(infixes) = &self.infixes {
            self.find_infixes(infixes, name, out);
        }
        for &number in &self.rest {
            if self.matches(number, name) {
                self.add(number, out);
            }
        }
    }

    fn find_infixes(&self, infixes: &Infixes, name: &str, out: &mut [u64]) {
        for found in infixes.automaton.find_overlapping_iter(name) {
            let owners = infixes.owners.get(found.pattern().as_usize());
            for owner in owners.into_iter().flatten() {
                if owner.plain || self.matches(owner.alternative, name) {
                    self.add(owner.alternative, out);
                }
            }
        }
    }

    fn add(&self, number: u32, out: &mut [u64]) {
        if let Some(set) = self.sets.get(number as usize) {
            set.add_to(out);
        }
    }
}

impl Infixes {
    fn new(mut anywhere: Vec<(&str, Owner)>) -> Result<Option<Self>, BuildError> {
        if anywhere.is_empty() {
            return Ok(None);
        }
        anywhere.sort_by(|a, b| a.0.cmp(b.0));
        let groups: Vec<_> = anywhere.chunk_by(|a, b| a.0 == b.0).collect();
        let literals = groups
            .iter()
            .filter_map(|group| group.first().map(|(text, _)| *text));
        // Overlapping search needs this kind of match, and then cannot fail.
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::Standard)
            .build(literals)?;
        let owners = groups
            .iter()
            .map(|group| group.iter().map(|(_, owner)| *owner).collect());
        Ok(Some(Self {
            automaton,
            owners: owners.collect(),
        }))
    }
}
