//! Two conditions of one rule that no parameter meets.

use std::cmp::Ordering;

use crate::model::{Approval, Atom, Condition, ParamPath, Rule, Test};
use crate::number::is_numeric;
use crate::problem::{Problem, shown};
use crate::regexes;
use crate::value::{Number, Value};

use super::in_words;

/// Every pair is looked at, so that a rule with very many conditions is not.
const MOST_CONDITIONS: usize = 100;

/// The contradictions of a rule.
pub(super) fn find(rule: &Rule) -> Vec<Problem> {
    let mut out = Vec::new();
    if rule.conditions.len() > MOST_CONDITIONS {
        return out;
    }
    for (i, second) in rule.conditions.iter().enumerate() {
        for first in rule.conditions.iter().take(i) {
            out.extend(pair(rule, first, second));
        }
    }
    out
}

/// Whether a condition of one rule and one of another exclude each other.
pub(crate) fn between(a: &Rule, b: &Rule) -> bool {
    let most = a.conditions.len().max(b.conditions.len());
    most <= MOST_CONDITIONS
        && a.conditions
            .iter()
            .any(|x| b.conditions.iter().any(|y| relation(x, y).is_some()))
}

/// How two conditions exclude each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exclusion {
    /// One wants a parameter there and the other wants it missing.
    Missing,
    /// No value meets both.
    Values,
}

fn relation(first: &Condition, second: &Condition) -> Option<Exclusion> {
    let (Atom::Param { path: a, test: s }, Atom::Param { path: b, test: t }) =
        (&first.atom, &second.atom)
    else {
        return None;
    };
    // `*` lets two conditions speak of two elements.
    if a.has_any() || b.has_any() {
        return None;
    }
    let missing = (missing_below(a, s, b) && !matches!(t, Test::Missing))
        || (missing_below(b, t, a) && !matches!(s, Test::Missing));
    if missing {
        return Some(Exclusion::Missing);
    }
    let exclude = a.steps == b.steps && (excludes(s, t) || excludes(t, s));
    exclude.then_some(Exclusion::Values)
}

fn pair(rule: &Rule, first: &Condition, second: &Condition) -> Option<Problem> {
    let (Atom::Param { test: s, .. }, Atom::Param { path: b, test: t }) =
        (&first.atom, &second.atom)
    else {
        return None;
    };
    let missing = relation(first, second)? == Exclusion::Missing;
    let name = shown(&rule.name.value);
    let path = shown(&b.text);
    let message = match missing {
        true => format!("rule `{name}` never matches: `{path}` cannot be there and missing"),
        false => format!(
            "the conditions of rule `{name}` exclude each other: no `{path}` is {} and {}",
            in_words(s),
            in_words(t)
        ),
    };
    let help = match rule.approval.value {
        _ if missing => "the rule does nothing",
        Approval::Auto => "the rule does nothing",
        Approval::Approve | Approval::Block => {
            "the rule matches only where neither can be told, such as for `null`"
        }
    };
    Some(
        Problem::warning("never-matches", second.span.clone()?, message)
            .label("contradicts the other condition")
            .because(first.span.clone()?, "the other condition")
            .help(help),
    )
}

/// Whether the first condition wants a parameter missing at or below which the other one looks.
fn missing_below(path: &ParamPath, test: &Test, other: &ParamPath) -> bool {
    matches!(test, Test::Missing) && other.steps.starts_with(&path.steps)
}

/// Whether no value that meets `s` meets `t`; the other way round is asked separately.
fn excludes(s: &Test, t: &Test) -> bool {
    use Ordering::{Equal, Greater, Less};
    let compare = |a: &Number, b: &Number| a.compare(b);
    match (s, t) {
        (Test::Gt(low), Test::Lt(high) | Test::Lte(high)) | (Test::Gte(low), Test::Lt(high)) => {
            matches!(compare(low, high), Some(Greater | Equal))
        }
        (Test::Gte(low), Test::Lte(high)) => compare(low, high) == Some(Greater),
        (Test::Eq(Value::Number(n)), Test::Gt(m)) => matches!(compare(n, m), Some(Less | Equal)),
        (Test::Eq(Value::Number(n)), Test::Gte(m)) => compare(n, m) == Some(Less),
        (Test::Eq(Value::Number(n)), Test::Lt(m)) => {
            matches!(compare(n, m), Some(Greater | Equal))
        }
        (Test::Eq(Value::Number(n)), Test::Lte(m)) => compare(n, m) == Some(Greater),
        // The text of a number also equals the number in another spelling.
        (Test::Eq(Value::Text(text)), Test::Matches(_) | Test::Contains(_)) if is_numeric(text) => {
            false
        }
        (Test::Eq(Value::Text(text)), Test::Matches(regex)) => {
            regexes::compile(regex).is_ok_and(|regex| regex.is_match(text) == Some(false))
        }
        (Test::Eq(Value::Text(text)), Test::Contains(parts)) => parts
            .iter()
            .any(|part| matches!(part, Value::Text(part) if !text.contains(part.as_str()))),
        (Test::Eq(a), Test::Eq(b)) => unequal(a, b),
        _ => false,
    }
}

/// Whether two operands of `param_eq` are surely not equal.
fn unequal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            matches!(a.compare(b), Some(Ordering::Less | Ordering::Greater))
        }
        (Value::Text(a), Value::Text(b)) => a != b && !(is_numeric(a) && is_numeric(b)),
        (Value::Bool(a), Value::Bool(b)) => a != b,
        _ => false,
    }
}
