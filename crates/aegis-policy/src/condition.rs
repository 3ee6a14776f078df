//! Whether a condition holds: true, false, or not to be told.
//!
//! These are the only functions that know what a condition means; the engine decides with them, and
//! an analysis that wants to know what a condition does calls them too.

use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::action::Action;
use crate::clock::Wall;
use crate::model::{Atom, Test, Truth};
use crate::number;
use crate::regexes::{self, Regex, RegexError};
use crate::semantic::Evaluator;
use crate::value::{Number, Value};

/// A single text longer than this many bytes is not looked into: nothing can be told of it.
pub const LONGEST_TEXT: usize = 1 << 20;

/// Values nested deeper than this are not looked into.
const DEEPEST: usize = 128;

/// From this many keys on, objects are compared in sorted order.
const MANY_KEYS: usize = 16;

/// What a condition is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The action.
    pub action: &'a Action,
    /// What the clock shows in the zone of the policy.
    pub wall: Wall,
    /// What answers statements in words.
    pub evaluator: &'a dyn Evaluator,
}

/// A condition that is ready to be asked: its regular expression, if it has one, is compiled.
#[derive(Debug, Clone)]
pub struct Compiled {
    atom: Atom,
    regex: Option<Arc<Regex>>,
}

/// Regular expressions by text: rules often share one, and what was compiled to be checked is not
/// compiled again to decide.
#[derive(Clone, Default)]
pub(crate) struct Regexes {
    known: FxHashMap<Box<str>, Arc<Regex>>,
    /// What they take together, as far as it is known: at most that much.
    bytes: usize,
}

impl Regexes {
    pub(crate) fn get(&self, text: &str) -> Option<&Arc<Regex>> {
        self.known.get(text)
    }

    /// Adds one; what is known already stays.
    pub(crate) fn insert(&mut self, regex: Arc<Regex>) {
        if let Entry::Vacant(place) = self.known.entry(regex.text().into()) {
            self.bytes = self.bytes.saturating_add(regex.memory_usage());
            place.insert(regex);
        }
    }

    /// Whether they take more than so many bytes together. Where what they take at most is more,
    /// all are built to see what they take.
    pub(crate) fn exceed(&mut self, limit: usize) -> bool {
        if self.bytes > limit {
            let built = self.known.values().map(|regex| {
                regex.build();
                regex.memory_usage()
            });
            self.bytes = built.fold(0, usize::saturating_add);
        }
        self.bytes > limit
    }

    /// Takes what the other has got.
    pub(crate) fn extend(&mut self, other: Self) {
        let others = other.known.into_values();
        others.for_each(|regex| self.insert(regex));
    }
}

impl fmt::Debug for Regexes {
    /// A compiled expression shows as pages of states.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} regular expressions", self.known.len())
    }
}

impl Compiled {
    /// Prepares a condition.
    ///
    /// # Errors
    /// A regular expression that is malformed or too large.
    pub fn new(atom: &Atom) -> Result<Self, RegexError> {
        Self::sharing(atom, &mut Regexes::default())
    }

    /// Prepares a condition; a regular expression that is known already is not compiled again.
    pub(crate) fn sharing(atom: &Atom, known: &mut Regexes) -> Result<Self, RegexError> {
        let regex = match atom {
            Atom::Param {
                test: Test::Matches(text),
                ..
            } => Some(match known.get(text) {
                Some(regex) => Arc::clone(regex),
                None => {
                    let regex = Arc::new(regexes::compile(text)?);
                    known.insert(Arc::clone(&regex));
                    regex
                }
            }),
            _ => None,
        };
        Ok(Self {
            atom: atom.clone(),
            regex,
        })
    }

    /// What it was made of.
    #[must_use]
    pub fn atom(&self) -> &Atom {
        &self.atom
    }

    /// Whether it holds.
    #[must_use]
    pub fn truth(&self, scene: &Scene<'_>) -> Truth {
        match &self.atom {
            Atom::Window {
                after,
                before,
                weekdays,
            } => window(*after, *before, *weekdays, scene.wall).into(),
            Atom::Param { path, .. } => {
                // Of several values one that holds is enough, and else one that cannot be told.
                let mut sum = None;
                path.visit(&scene.action.params, &mut |value| {
                    let truth = self.test_value(Some(value));
                    sum = Some(sum.map_or(truth, |sum| either(sum, truth)));
                    truth == Truth::True
                });
                sum.unwrap_or_else(|| self.test_value(None))
            }
            Atom::Semantic(statement) => scene.evaluator.holds(statement, scene.action),
        }
    }

    /// Whether it holds for one value of its parameter; `None` if the parameter is missing. What is
    /// no condition on a parameter cannot be told.
    #[must_use]
    pub fn test_value(&self, value: Option<&Value>) -> Truth {
        match (&self.atom, value) {
            (Atom::Param { test, .. }, Some(value)) => self.test(test, value),
            (Atom::Param { test, .. }, None) => matches!(test, Test::Missing).into(),
            _ => Truth::CannotTell,
        }
    }

    fn test(&self, test: &Test, value: &Value) -> Truth {
        match test {
            Test::Present => return Truth::True,
            Test::Missing => return Truth::False,
            Test::Eq(operand) if *operand == Value::Null => return (*value == Value::Null).into(),
            _ => {}
        }
        if *value == Value::Null {
            return Truth::CannotTell;
        }
        match test {
            Test::Eq(operand) => equal(operand, value, 0),
            Test::Gt(bound) => ordered(value, bound, Ordering::is_gt),
            Test::Lt(bound) => ordered(value, bound, Ordering::is_lt),
            Test::Gte(bound) => ordered(value, bound, Ordering::is_ge),
            Test::Lte(bound) => ordered(value, bound, Ordering::is_le),
            Test::Contains(operands) => {
                let each = operands.iter().map(|operand| contains(operand, value));
                each.fold(Truth::True, both)
            }
            Test::Matches(_) => match &self.regex {
                Some(regex) => matches(regex, value, 0),
                None => Truth::CannotTell,
            },
            Test::Present | Test::Missing => Truth::CannotTell,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// Both: false outranks cannot-tell, which outranks true.
#[must_use]
pub fn both(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Truth::False, _) | (_, Truth::False) => Truth::False,
        (Truth::CannotTell, _) | (_, Truth::CannotTell) => Truth::CannotTell,
        (Truth::True, Truth::True) => Truth::True,
    }
}

/// Either: true outranks cannot-tell, which outranks false.
#[must_use]
pub fn either(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Truth::True, _) | (_, Truth::True) => Truth::True,
        (Truth::CannotTell, _) | (_, Truth::CannotTell) => Truth::CannotTell,
        (Truth::False, Truth::False) => Truth::False,
    }
}

/// Whether the clock is in a window. A window that wraps midnight belongs to the day it started on.
#[must_use]
pub fn window(after: Option<u32>, before: Option<u32>, weekdays: u8, wall: Wall) -> bool {
    let on = |day: u8| day >= 1 && weekdays.checked_shr(u32::from(day) - 1).unwrap_or(0) & 1 == 1;
    let (start, end) = (after.unwrap_or(0), before.unwrap_or(86_400));
    if start <= end {
        return (start..end).contains(&wall.second) && on(wall.weekday);
    }
    (wall.second >= start && on(wall.weekday)) || (wall.second < end && on(wall.yesterday()))
}

fn ordered(value: &Value, bound: &Number, wanted: fn(Ordering) -> bool) -> Truth {
    let order = match value {
        Value::Number(number) => number.compare(bound),
        Value::Text(text) => bound.compare_text(text).map(Ordering::reverse),
        _ => None,
    };
    order.map_or(Truth::CannotTell, |order| wanted(order).into())
}

/// `param_eq`, below the question of a parameter that is null.
fn equal(operand: &Value, value: &Value, depth: usize) -> Truth {
    if depth > DEEPEST {
        return Truth::CannotTell;
    }
    match (operand, value) {
        (Value::Null, Value::Null) => Truth::True,
        (Value::Bool(a), Value::Bool(b)) => (a == b).into(),
        (Value::Number(a), Value::Number(b)) => match a.compare(b) {
            Some(order) => order.is_eq().into(),
            None => Truth::CannotTell,
        },
        (_, Value::Text(text)) if text.len() > LONGEST_TEXT => Truth::CannotTell,
        (Value::Number(number), Value::Text(text)) | (Value::Text(text), Value::Number(number)) => {
            match number.compare_text(text) {
                Some(order) => order.is_eq().into(),
                None if number::is_numeric(text) => Truth::CannotTell,
                None => Truth::False,
            }
        }
        (Value::Text(a), Value::Text(b)) => (a == b).into(),
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).map(|(a, b)| equal(a, b, depth + 1));
            pairs.fold(Truth::True, both)
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => equal_objects(a, b, depth),
        _ => Truth::False,
    }
}

fn equal_objects(a: &[(String, Value)], b: &[(String, Value)], depth: usize) -> Truth {
    if a.len() < MANY_KEYS {
        let pairs = a.iter().map(|(key, operand)| {
            let found = b.iter().find(|(other, _)| other == key);
            found.map_or(Truth::False, |(_, value)| equal(operand, value, depth + 1))
        });
        return pairs.fold(Truth::True, both);
    }
    let sorted = |entries: &'_ [(String, Value)]| {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by_key(|&i| entries.get(i).map(|(key, _)| key));
        order
    };
    let pairs = sorted(a)
        .into_iter()
        .zip(sorted(b))
        .map(|(i, j)| match (a.get(i), b.get(j)) {
            (Some((key, operand)), Some((other, value))) if key == other => {
                equal(operand, value, depth + 1)
            }
            _ => Truth::False,
        });
    pairs.fold(Truth::True, both)
}

/// `param_contains` with one operand.
fn contains(operand: &Value, value: &Value) -> Truth {
    let needle = match operand {
        Value::List(_) | Value::Object(_) | Value::Null => None,
        scalar => scalar_text(scalar),
    };
    match (value, needle) {
        (Value::List(items), _) => {
            let each = items.iter().map(|item| equal(operand, item, 0));
            each.fold(Truth::False, either)
        }
        (Value::Text(text), Some(needle)) if text.len() <= LONGEST_TEXT => {
            text.contains(needle).into()
        }
        (Value::Object(entries), Some(needle)) => {
            entries.iter().any(|(key, _)| key == needle).into()
        }
        _ => Truth::CannotTell,
    }
}

fn matches(regex: &Regex, value: &Value, depth: usize) -> Truth {
    match value {
        Value::List(items) if depth < DEEPEST => {
            let each = items.iter().map(|item| matches(regex, item, depth + 1));
            each.fold(Truth::False, either)
        }
        value => match scalar_text(value) {
            Some(text) if text.len() <= LONGEST_TEXT => {
                regex.is_match(text).map_or(Truth::CannotTell, Truth::from)
            }
            _ => Truth::CannotTell,
        },
    }
}

/// Text itself, numbers and booleans by their JSON text; what JSON cannot write has none.
fn scalar_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Number(number) => number.is_finite().then(|| number.text()),
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;
