//! A compiled policy: what decides.
//!
//! Compiling numbers the rules, puts their patterns into an index for each field and prepares their
//! conditions; see [`Policy::decide`] for what then happens to an action, and [`Policy::explain`]
//! for the reasons.

mod among;
mod decide;
mod explain;
mod index;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aegis_diag::{SourceFile, Span};

use self::index::{Index, Patterns};
use crate::check::check;
use crate::clock::Zone;
use crate::condition::{Compiled, Regexes};
use crate::document;
use crate::glob::{Glob, Token};
use crate::model::{Approval, Atom, Checked, Condition, Effect, Located, Risk, Rule, Test};
use crate::problem::{Problem, Problems};
use crate::semantic::{Evaluator, Keywords};

pub use self::among::NameField;
pub use self::explain::{Earlier, Explanation, RulePlace, Seen, WhyNot};

/// All patterns of a policy, braces expanded, may have this many bytes. More would take too long
/// and too much memory to prepare.
const PATTERN_BYTES: usize = 8 << 20;

/// All regular expressions of a policy may take this many bytes when compiled.
pub(crate) const REGEX_BYTES: usize = 128 << 20;

/// A policy that is ready to decide.
pub struct Policy {
    checked: Checked,
    zone: Zone,
    uses_clock: bool,
    evaluator: Arc<dyn Evaluator>,
    rules: Vec<Ready>,
    kind: Index,
    target: Index,
    agent: Index,
    effects: Effects,
    /// How many words a set of its rules has.
    words: usize,
}

/// A rule that is ready to be asked.
#[derive(Debug)]
struct Ready {
    risk: Risk,
    approval: Approval,
    conditions: Box<[Compiled]>,
    has_effects: bool,
    /// The alternatives of its patterns on the type, the target and the agent; `None` where it
    /// speaks of every name.
    kinds: Option<Box<[u32]>>,
    targets: Option<Box<[u32]>>,
    agents: Option<Box<[u32]>>,
    /// The alternatives of its patterns that spell characters beyond ASCII.
    spelled_kinds: Box<[u32]>,
    spelled_agents: Box<[u32]>,
}

/// For each effect the rules that may decide about an action with it.
#[derive(Debug)]
struct Effects {
    /// In the order of [`Effect::ALL`].
    known: Vec<Box<[u64]>>,
    unknown: Box<[u64]>,
}

impl Effects {
    fn new(rules: &[Rule]) -> Self {
        let set = |may: &dyn Fn(&Rule) -> bool| {
            let mut bits = vec![0; index::words(rules.len())];
            for (number, rule) in (0..).zip(rules) {
                if may(rule) {
                    index::insert(&mut bits, number);
                }
            }
            Box::from(bits)
        };
        let has = |rule: &Rule, effect| match &rule.matches.effect {
            Some(effects) => effects.iter().any(|e| e.value == effect),
            None => true,
        };
        Self {
            known: Effect::ALL
                .iter()
                .map(|&effect| set(&|rule| has(rule, effect)))
                .collect(),
            // Automatic rules about effects never speak of an unknown one.
            unknown: set(&|rule| {
                rule.matches.effect.is_none() || rule.approval.value != Approval::Auto
            }),
        }
    }

    /// The rules that may decide about an action with this effect.
    fn possible(&self, effect: Option<Effect>) -> &[u64] {
        match effect {
            // The variants are declared in the order of `ALL`.
            Some(effect) => self.known.get(effect as usize).map_or(&[], |bits| bits),
            None => &self.unknown,
        }
    }
}

impl Policy {
    /// Prepares a checked policy. Statements of `semantic` conditions are put to [`Keywords`];
    /// [`with_evaluator`](Self::with_evaluator) changes that.
    ///
    /// # Errors
    /// Patterns or regular expressions that together become too large.
    pub fn compile(checked: Checked) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let zone = zone(&checked, &mut problems);
        let mut compiler = Compiler::new(&checked, &mut problems);
        let mut rules = Vec::with_capacity(checked.rules.len());
        for (number, rule) in (0_u32..).zip(&checked.rules) {
            rules.push(compiler.rule(number, rule));
        }
        let indexes = compiler.indexes();
        let (true, Some(zone), Some([kind, target, agent])) = (problems.is_empty(), zone, indexes)
        else {
            return Err(Problems::sorted(problems));
        };
        let uses_clock = |c: &Condition| matches!(c.atom, Atom::Window { .. });
        Ok(Self {
            uses_clock: checked
                .rules
                .iter()
                .any(|rule| rule.conditions.iter().any(uses_clock)),
            words: index::words(checked.rules.len()),
            effects: Effects::new(&checked.rules),
            checked,
            zone,
            evaluator: Arc::new(Keywords),
            rules,
            kind,
            target,
            agent,
        })
    }

    /// Text -> policy: parses, checks and compiles. `name` is the path that problems show.
    ///
    /// # Errors
    /// Everything that is wrong with the text.
    pub fn load(name: &str, text: &str) -> Result<Self, Problems> {
        let file = document::source(name, text.as_bytes())?;
        Self::compile(check(document::parse(file)?)?)
    }

    /// Reads and loads a file.
    ///
    /// # Errors
    /// A file that cannot be read, and everything that is wrong with its text.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Problems> {
        let path = path.as_ref();
        let name = path.to_string_lossy();
        let bytes = std::fs::read(path).map_err(|error| {
            let file = Arc::new(SourceFile::new(name.clone(), "", None));
            let message = format!("the file cannot be read: {error}");
            Problem::error("unreadable", Span::new(file, 0..0), message)
        })?;
        let file = document::source(&name, &bytes)?;
        Self::compile(check(document::parse(file)?)?)
    }

    /// The same policy with statements of `semantic` conditions put to another evaluator.
    #[must_use]
    pub fn with_evaluator(mut self, evaluator: Arc<dyn Evaluator>) -> Self {
        self.evaluator = evaluator;
        self
    }

    /// What it was made of.
    #[must_use]
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// The rule with a 0-based number.
    #[must_use]
    pub fn rule(&self, number: u32) -> Option<&Rule> {
        self.checked.rules.get(number as usize)
    }

    /// The conditions of the rule with a 0-based number, in the order of
    /// [`Rule::conditions`].
    #[must_use]
    pub fn conditions(&self, number: u32) -> &[Compiled] {
        self.rules
            .get(number as usize)
            .map_or(&[], |rule| &rule.conditions)
    }

    /// The zone that its times and weekdays are in.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// What answers its statements in words.
    #[must_use]
    pub fn evaluator(&self) -> &dyn Evaluator {
        &*self.evaluator
    }
}

impl fmt::Debug for Policy {
    /// Where it is from and how large it is; all that is in it would fill many screens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.checked.files.iter().map(|file| file.path.as_str());
        f.debug_struct("Policy")
            .field("files", &files.collect::<Vec<_>>())
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

fn zone(checked: &Checked, problems: &mut Vec<Problem>) -> Option<Zone> {
    let name = &checked.timezone;
    let zone = Zone::get(&name.value);
    if zone.is_none() {
        let message = format!("there is no time zone `{}`", name.value);
        problems.push(Problem::error(
            "unknown-timezone",
            place(checked, &[&name.span]),
            message,
        ));
    }
    zone
}

/// The first place that is known; else the start of the policy's first file.
fn place(checked: &Checked, spans: &[&Option<Span>]) -> Span {
    let known = spans.iter().find_map(|span| (*span).clone());
    known.unwrap_or_else(|| match checked.files.first() {
        Some(file) => Span::new(Arc::clone(file), 0..0),
        None => Span::new(Arc::new(SourceFile::new("policy", "", None)), 0..0),
    })
}

/// What is gathered while going through the rules.
struct Compiler<'a> {
    checked: &'a Checked,
    problems: &'a mut Vec<Problem>,
    fields: [Patterns; 3],
    pattern_bytes: usize,
    regexes: Regexes,
}

impl<'a> Compiler<'a> {
    fn new(checked: &'a Checked, problems: &'a mut Vec<Problem>) -> Self {
        Self {
            checked,
            problems,
            fields: Default::default(),
            pattern_bytes: 0,
            regexes: Regexes::default(),
        }
    }

    fn rule(&mut self, number: u32, rule: &Rule) -> Ready {
        let matches = &rule.matches;
        let patterns = [&matches.kind, &matches.target, &matches.agent];
        let mut spelled = [Vec::new(), Vec::new(), Vec::new()];
        let mut all = [None, None, None];
        let names = spelled.iter_mut().zip(&mut all);
        for (field, (patterns, (spelled, all))) in patterns.into_iter().zip(names).enumerate() {
            match patterns {
                Some(patterns) => {
                    let mut numbers = Some(Vec::new());
                    for pattern in patterns {
                        self.pattern(field, number, pattern, spelled, &mut numbers);
                    }
                    *all = numbers.map(Box::from);
                }
                None => {
                    if let Some(field) = self.fields.get_mut(field) {
                        field.add_universal(number);
                    }
                }
            }
        }
        let conditions = rule
            .conditions
            .iter()
            .filter_map(|c| self.condition(c))
            .collect();
        let [spelled_kinds, _, spelled_agents] = spelled.map(Box::from);
        let [kinds, targets, agents] = all;
        Ready {
            risk: rule.risk.value,
            approval: rule.approval.value,
            conditions,
            has_effects: matches.effect.is_some(),
            kinds,
            targets,
            agents,
            spelled_kinds,
            spelled_agents,
        }
    }

    /// Puts a pattern into the index of its field. Its alternatives are added to `all`, which
    /// becomes `None` if one of them is every name.
    fn pattern(
        &mut self,
        field: usize,
        rule: u32,
        pattern: &Located<Box<str>>,
        spelled: &mut Vec<u32>,
        all: &mut Option<Vec<u32>>,
    ) {
        let glob = match Glob::parse(&pattern.value) {
            Ok(glob) => glob,
            Err(error) => {
                let at = place(self.checked, &[&pattern.span]);
                self.problems
                    .push(Problem::error("bad-pattern", at, error.message));
                return;
            }
        };
        let bytes = |token: &Token| match token {
            Token::Literal(text) => text.len(),
            _ => 1,
        };
        let alternatives = glob.alternatives().iter();
        self.pattern_bytes += alternatives
            .flat_map(crate::glob::Alternative::tokens)
            .map(bytes)
            .sum::<usize>();
        if self.pattern_bytes > PATTERN_BYTES {
            self.too_large(
                &pattern.span,
                "the patterns of the policy expand to",
                PATTERN_BYTES,
            );
            return;
        }
        let Some(field) = self.fields.get_mut(field) else {
            return;
        };
        for alternative in glob.into_alternatives() {
            let ascii = alternative.is_ascii();
            let number = field.add(alternative, rule);
            match (number, all.as_mut()) {
                (Some(number), Some(all)) => all.push(number),
                _ => *all = None,
            }
            if !ascii {
                spelled.extend(number);
            }
        }
    }

    fn condition(&mut self, condition: &Condition) -> Option<Compiled> {
        if self.regexes.exceed(REGEX_BYTES) {
            return None;
        }
        if let Atom::Param {
            test: Test::Matches(text),
            ..
        } = &condition.atom
            && let Some(regex) = self.checked.regexes.get(text)
        {
            self.regexes.insert(Arc::clone(regex));
        }
        match Compiled::sharing(&condition.atom, &mut self.regexes) {
            Ok(compiled) => {
                if self.regexes.exceed(REGEX_BYTES) {
                    let what = "the regular expressions of the policy take";
                    self.too_large(&condition.span, what, REGEX_BYTES);
                }
                Some(compiled)
            }
            Err(error) => {
                let at = place(self.checked, &[&condition.span]);
                self.problems
                    .push(Problem::error("bad-regex", at, error.message));
                None
            }
        }
    }

    fn too_large(&mut self, span: &Option<Span>, what: &str, limit: usize) {
        if self
            .problems
            .iter()
            .any(|problem| problem.code == "too-large")
        {
            return;
        }
        let message = format!("{what} more than {limit} bytes");
        let at = place(self.checked, &[span]);
        self.problems.push(Problem::error("too-large", at, message));
    }

    /// The finished indexes; `None` if there is a problem.
    fn indexes(self) -> Option<[Index; 3]> {
        if !self.problems.is_empty() {
            return None;
        }
        let rules = self.checked.rules.len();
        let mut indexes = Vec::with_capacity(3);
        for patterns in self.fields {
            match Index::new(patterns, rules) {
                Ok(index) => indexes.push(index),
                Err(error) => {
                    let message = format!("the patterns of the policy are too many: {error}");
                    let at = place(self.checked, &[]);
                    self.problems.push(Problem::error("too-large", at, message));
                }
            }
        }
        indexes.try_into().ok()
    }
}

#[cfg(test)]
mod tests;
