//! One policy, or two that are compared, taken apart for analysis.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use aegis_policy::condition::Compiled;
use aegis_policy::glob::{Alternative, Glob};
use aegis_policy::model::{Approval, Atom, Effect, Located, Risk};
use aegis_policy::policy::{NameField, Policy};
use rustc_hash::FxHashMap;

use super::alphabet::Alphabet;
use super::merge;
use super::pairs::Ends;
use super::space::Table;
use super::steps::Steps;
use super::words::{self, Piece, Words};
use super::zones;

/// By name: the rules that speak of it.
type Speaking = RefCell<FxHashMap<Box<str>, Rc<[u64]>>>;

/// The fields that names stand in.
pub(super) const FIELDS: [NameField; 3] = [NameField::Type, NameField::Target, NameField::Agent];

/// All ten effects: nine and, as the last bit, unknown.
pub(super) const EVERY_EFFECT: u16 = 0x3ff;

/// Pairs of rules whose common names are worked out to find redundant rules.
const MOST_PAIRS: usize = 60_000;

/// One pattern of a rule, one way to take its braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pattern {
    /// Its number in the list of the rule.
    pub(super) at: usize,
    /// The alternative, by its number in the field.
    pub(super) alternative: usize,
}

/// A rule taken apart.
#[derive(Debug)]
pub(super) struct View {
    /// Which policy it is of.
    pub(super) policy: usize,
    /// Its number there.
    pub(super) number: usize,
    /// Its patterns by field.
    pub(super) patterns: [Vec<Pattern>; 3],
    /// The ends of these.
    pub(super) ends: [smallvec::SmallVec<[Ends; 1]>; 3],
    /// Its effects as bits.
    pub(super) effects: u16,
    /// Its approval.
    pub(super) approval: Approval,
    /// Its risk.
    pub(super) risk: Risk,
    /// Its conditions, by number.
    pub(super) tests: Vec<usize>,
}

impl View {
    /// Whether it decides about whatever its names match.
    pub(super) fn is_plain(&self) -> bool {
        self.tests.is_empty() && self.effects == EVERY_EFFECT
    }

    /// Whether it leaves an action of unknown effect to a person.
    pub(super) fn unsettles(&self) -> bool {
        self.effects != EVERY_EFFECT && self.approval != Approval::Auto
    }
}

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Variable {
    /// The clock, or the clocks of both policies.
    Clock,
    /// A parameter, by its path, and whether that leads to several values.
    Param(String, bool),
    /// A statement in words.
    Statement(String),
}

/// A condition that occurs.
#[derive(Debug)]
pub(super) struct TestOf<'p> {
    /// The condition.
    pub(super) compiled: &'p Compiled,
    /// What it looks at, by number.
    pub(super) variable: usize,
    /// The policy it is of, whose clock it reads.
    pub(super) policy: usize,
}

/// The names of one field.
#[derive(Debug)]
pub(super) struct Names {
    /// Every pattern that occurs, once.
    pub(super) alternatives: Vec<Alternative>,
    /// Those that count characters or leave some out.
    counting: Vec<usize>,
    /// Its characters.
    pub(super) alphabet: Alphabet,
    /// The ends of each pattern.
    ends: Vec<Ends>,
}

/// What was worked out before.
type Memo<K, V> = RefCell<FxHashMap<K, Rc<V>>>;

/// One or two policies taken apart.
pub(super) struct World<'p> {
    pub(super) policies: Vec<&'p Policy>,
    pub(super) rules: Vec<View>,
    pub(super) names: [Names; 3],
    pub(super) tests: Vec<TestOf<'p>>,
    pub(super) variables: Vec<Variable>,
    /// What may be spent on questions.
    pub(super) steps: Steps,
    /// Whether some pattern on types or agents spells characters beyond ASCII, so that names with
    /// such characters have to be asked about as well.
    pub(super) spells_anything: bool,
    /// Pairs of rules whose common names may still be worked out to find redundant rules.
    pub(super) pairs_left: Cell<usize>,
    words: Memo<(usize, usize), Words>,
    /// By policy and field; types are all different and not kept.
    speaking: Vec<Speaking>,
    pub(super) tables: Memo<(usize, Vec<usize>), Table>,
}

impl std::fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

/// What is gathered while policies are taken apart.
#[derive(Default)]
struct Gathered<'p> {
    rules: Vec<View>,
    alternatives: [Vec<Alternative>; 3],
    numbers: [FxHashMap<Alternative, usize>; 3],
    tests: Vec<TestOf<'p>>,
    test_numbers: FxHashMap<String, usize>,
    variables: Vec<Variable>,
    variable_numbers: FxHashMap<Variable, usize>,
}

impl<'p> Gathered<'p> {
    /// `clock` says which policies read the same clock.
    fn policy(&mut self, at: usize, policy: &'p Policy, clock: usize) {
        for (number, rule) in policy.checked().rules().iter().enumerate() {
            let m = &rule.matches;
            let fields = [&m.kind, &m.target, &m.agent];
            let mut patterns = [Vec::new(), Vec::new(), Vec::new()];
            for (field, (written, out)) in fields.into_iter().zip(&mut patterns).enumerate() {
                *out = self.patterns(field, written.as_deref());
            }
            let conditions = policy.conditions(u32::try_from(number).unwrap_or(u32::MAX));
            let tests: BTreeSet<usize> = conditions.iter().map(|c| self.test(c, clock)).collect();
            let effects = m.effect.as_ref().map_or(EVERY_EFFECT, |effects| {
                effects
                    .iter()
                    .fold(0, |bits, e| bits | 1 << (e.value as usize))
            });
            self.rules.push(View {
                policy: at,
                number,
                ends: std::array::from_fn(|field| {
                    let list = patterns.get(field).into_iter().flatten();
                    let all = self.alternatives.get(field);
                    let ends = list.filter_map(|p| all?.get(p.alternative)).map(Ends::new);
                    ends.collect()
                }),
                patterns,
                effects,
                approval: rule.approval.value,
                risk: rule.risk.value,
                tests: tests.into_iter().collect(),
            });
        }
    }

    fn patterns(&mut self, field: usize, written: Option<&[Located<Box<str>>]>) -> Vec<Pattern> {
        let every = Glob::parse("*").ok();
        let globs: Vec<Glob> = match written {
            Some(patterns) => patterns
                .iter()
                .filter_map(|p| Glob::parse(&p.value).ok())
                .collect(),
            None => every.into_iter().collect(),
        };
        let mut out = Vec::new();
        let (Some(numbers), Some(list)) = (
            self.numbers.get_mut(field),
            self.alternatives.get_mut(field),
        ) else {
            return out;
        };
        for (at, glob) in globs.iter().enumerate() {
            for alternative in glob.alternatives() {
                let number = match numbers.get(alternative) {
                    Some(&number) => number,
                    None => {
                        list.push(alternative.clone());
                        numbers.insert(alternative.clone(), list.len() - 1);
                        list.len() - 1
                    }
                };
                out.push(Pattern {
                    at,
                    alternative: number,
                });
            }
        }
        out
    }

    fn test(&mut self, compiled: &'p Compiled, clock: usize) -> usize {
        let (key, variable) = match compiled.atom() {
            Atom::Window {
                after,
                before,
                weekdays,
            } => (
                format!("w{after:?}{before:?}{weekdays}/{clock}"),
                Variable::Clock,
            ),
            Atom::Param { path, test } => (
                format!("p{}\0{test:?}", path.text),
                Variable::Param(path.text.to_string(), path.has_any()),
            ),
            Atom::Semantic(text) => (format!("s{text}"), Variable::Statement(text.to_string())),
        };
        if let Some(&number) = self.test_numbers.get(&key) {
            return number;
        }
        let variable = match self.variable_numbers.get(&variable) {
            Some(&number) => number,
            None => {
                self.variables.push(variable.clone());
                self.variable_numbers
                    .insert(variable, self.variables.len() - 1);
                self.variables.len() - 1
            }
        };
        self.tests.push(TestOf {
            compiled,
            variable,
            policy: clock,
        });
        self.test_numbers.insert(key, self.tests.len() - 1);
        self.tests.len() - 1
    }
}

impl<'p> World<'p> {
    /// Takes policies apart.
    pub(super) fn new(policies: &[&'p Policy], budget: usize) -> Self {
        let mut gathered = Gathered::default();
        for (at, policy) in policies.iter().enumerate() {
            // Clocks that show the same are one.
            let clock = match policies.first() {
                Some(first) if zones::same(first.zone(), policy.zone()) => 0,
                _ => at,
            };
            gathered.policy(at, policy, clock);
        }
        let names = gathered.alternatives.map(|alternatives| Names {
            counting: (0..alternatives.len())
                .filter(|at| alternatives.get(*at).is_some_and(words::counts))
                .collect(),
            alphabet: Alphabet::new(alternatives.iter()),
            ends: alternatives.iter().map(Ends::new).collect(),
            alternatives,
        });
        let foreign = |names: &Names| names.alternatives.iter().any(|a| !a.is_ascii());
        Self {
            spells_anything: foreign(&names[0]) || foreign(&names[2]),
            policies: policies.to_vec(),
            rules: gathered.rules,
            names,
            tests: gathered.tests,
            variables: gathered.variables,
            steps: Steps::new(budget),
            pairs_left: Cell::new(MOST_PAIRS),
            words: RefCell::default(),
            speaking: (0..policies.len() * FIELDS.len())
                .map(|_| RefCell::default())
                .collect(),
            tables: RefCell::default(),
        }
    }

    /// An alternative of a field.
    pub(super) fn alternative(&self, field: usize, number: usize) -> Option<&Alternative> {
        self.names.get(field)?.alternatives.get(number)
    }

    /// The ends of an alternative of a field.
    pub(super) fn ends(&self, field: usize, number: usize) -> Ends {
        let names = self.names.get(field);
        names
            .and_then(|names| names.ends.get(number))
            .copied()
            .unwrap_or_default()
    }

    /// The words that stand for an alternative of a field.
    pub(super) fn words(&self, field: usize, number: usize) -> Rc<Words> {
        if let Some(words) = self.words.borrow().get(&(field, number)) {
            return Rc::clone(words);
        }
        let pieces = self.alternative(field, number).map(words::pieces);
        let found = Rc::new(self.words_of(field, &pieces.unwrap_or_default()));
        self.words
            .borrow_mut()
            .insert((field, number), Rc::clone(&found));
        found
    }

    /// The words that stand for a pattern of a field.
    pub(super) fn words_of(&self, field: usize, pieces: &[Piece]) -> Words {
        let Some(names) = self.names.get(field) else {
            return Words::default();
        };
        let mut found = self.some_words(names, pieces, field == 0);
        if field == 0 {
            // An action without a type is none of the rules' business.
            found.words.retain(|word| !word.is_empty());
        }
        found
    }

    fn some_words(&self, names: &Names, pieces: &[Piece], filled: bool) -> Words {
        if pieces.iter().all(|piece| matches!(piece, Piece::Char(_))) || names.counting.is_empty() {
            return words::plain(&names.alphabet, pieces, false);
        }
        let alternative = |at: &usize| names.alternatives.get(*at);
        let near = |other: &Alternative| {
            let other = words::pieces(other);
            let meets = merge::meet(&names.alphabet, pieces, &other) != Some(false);
            (meets && other != pieces).then_some(other)
        };
        let counting: Vec<Vec<Piece>> = names
            .counting
            .iter()
            .filter_map(alternative)
            .filter_map(near)
            .collect();
        if counting.is_empty() {
            return words::plain(&names.alphabet, pieces, false);
        }
        let base = words::plain(&names.alphabet, pieces, false);
        let mut others = counting;
        for other in &names.alternatives {
            // What matches the instance matches everything, if it does not count.
            let covers = base.words.iter().all(|word| other.matches(word));
            if !words::counts(other) && !covers {
                others.extend(near(other));
            }
        }
        words::walked(&names.alphabet, pieces, &others, filled)
    }

    /// The same word with what is left open filled beyond ASCII.
    pub(super) fn foreign(&self, field: usize, word: &str) -> Option<String> {
        let alphabet = &self.names.get(field)?.alphabet;
        let (filler, foreign) = (alphabet.filler?, alphabet.foreign?);
        word.contains(filler)
            .then(|| word.replace(filler, &foreign.to_string()))
    }

    /// The rules of a policy that speak of a name in a field.
    fn speaking(&self, policy: usize, field: usize, word: &str) -> Rc<[u64]> {
        let memo = self.speaking.get(policy * FIELDS.len() + field);
        let memo = memo.filter(|_| field > 0);
        if let Some(bits) = memo.and_then(|memo| memo.borrow().get(word).map(Rc::clone)) {
            return bits;
        }
        let mut out = Vec::new();
        if let (Some(of), Some(name)) = (self.policies.get(policy), FIELDS.get(field)) {
            of.speaking_of(*name, word, &mut out);
        }
        let bits: Rc<[u64]> = out.into();
        if let Some(memo) = memo {
            memo.borrow_mut().insert(word.into(), Rc::clone(&bits));
        }
        bits
    }

    /// The rules of a policy whose patterns match these names, in order, by their number there.
    pub(super) fn matching(&self, policy: usize, names: &[&str; 3]) -> Vec<usize> {
        let [kind, target, agent] = names;
        let kinds = self.speaking(policy, 0, kind);
        let targets = self.speaking(policy, 1, target);
        let agents = self.speaking(policy, 2, agent);
        let mut out = Vec::new();
        for (at, ((k, t), a)) in kinds
            .iter()
            .zip(targets.iter())
            .zip(agents.iter())
            .enumerate()
        {
            let mut left = k & t & a;
            while left != 0 {
                out.push(at * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
        out
    }

    /// The number in this world of a rule of a policy.
    pub(super) fn id(&self, policy: usize, number: usize) -> usize {
        let before = self.policies.iter().take(policy);
        before.map(|p| p.checked().rules().len()).sum::<usize>() + number
    }

    /// What decides about these names in a policy: its rules in order up to the first without
    /// conditions, by their number in this world, and whether the defaults are reached.
    pub(super) fn column(&self, policy: usize, names: &[&str; 3]) -> (Vec<usize>, bool) {
        let mut out = Vec::new();
        for number in self.matching(policy, names) {
            let id = self.id(policy, number);
            out.push(id);
            if self.rules.get(id).is_some_and(View::is_plain) {
                return (out, false);
            }
        }
        (out, true)
    }
}

/// The effect a bit stands for; the last is unknown.
pub(super) fn effect_at(bit: usize) -> Option<Effect> {
    Effect::ALL.get(bit).copied()
}
