//! Readable examples of what patterns, regular expressions and tests ask for. They are guesses that
//! whoever uses them has to try: an example that does not do is thrown away.

use std::cmp::Ordering;

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::glob::{Alternative, Set, Token};
use crate::model::{ParamPath, Step, Test};
use crate::number::is_numeric;
use crate::value::{Number, Value};

/// Words that stand for `*`, the plainest first.
const FILLS: [&str; 6] = ["item", "", "x", "other", "record_7", "zz-example"];
/// Characters that stand for one of a set.
const READABLE: &str = "xabcdefghijklmnopqrstuvwyz0123456789_-./: @#,;";
/// Texts made from a regular expression are no longer than this.
const LONGEST: usize = 4096;

/// How many different names [`name`] can make of a pattern.
pub(super) const VARIANTS: usize = FILLS.len();

/// The `n`th example of an alternative of a pattern.
pub(super) fn name(alternative: &Alternative, n: usize) -> String {
    let fill = FILLS.get(n % VARIANTS).copied().unwrap_or_default();
    let mut out = String::new();
    let tokens = alternative.tokens();
    for (i, token) in tokens.iter().enumerate() {
        match token {
            Token::Literal(text) => out.push_str(text),
            Token::One => out.extend(READABLE.chars().nth(n)),
            Token::Set(set) => out.extend(one_of(set, n)),
            Token::Any if fill.is_empty() => {}
            Token::Any => {
                // `delete*` becomes `delete_item`, `*file` `item_file`, `a/*` stays `a/item`.
                if out.ends_with(char::is_alphanumeric) {
                    out.push('_');
                }
                out.push_str(fill);
                if let Some(Token::Literal(next)) = tokens.get(i + 1)
                    && next.starts_with(char::is_alphanumeric)
                {
                    out.push('_');
                }
            }
        }
    }
    out
}

/// The `n`th character of a set, or the first if it has not so many.
fn one_of(set: &Set, n: usize) -> Option<char> {
    let ends = set.ranges.iter().flat_map(|&(low, high)| [low, high]);
    let mut inside = READABLE.chars().chain(ends).filter(|c| set.contains(*c));
    let first = inside.next();
    match n {
        0 => first,
        n => inside.nth(n - 1).or(first),
    }
}

/// Values that may meet all tests of one parameter, the likeliest first.
pub(super) fn values(tests: &[&Test]) -> Vec<Value> {
    let mut out = Vec::new();
    let mut bounds = Vec::new();
    let mut parts: Vec<&Value> = Vec::new();
    for test in tests {
        match test {
            Test::Eq(value) => out.push(value.clone()),
            Test::Gt(n) | Test::Lt(n) | Test::Gte(n) | Test::Lte(n) => bounds.push(n),
            Test::Contains(values) => parts.extend(values),
            Test::Matches(regex) => out.extend(texts(regex).into_iter().map(Value::Text)),
            Test::Present => out.push(Value::Text("example".into())),
            Test::Missing => {}
        }
    }
    out.extend(numbers(&bounds).into_iter().map(Value::Number));
    if !parts.is_empty() {
        let text: Vec<String> = parts.iter().map(|p| scalar(p)).collect();
        out.push(Value::Text(text.join(" ")));
        out.push(Value::List(parts.into_iter().cloned().collect()));
    }
    // A text that is a number can meet a bound and an expression at once.
    let numeric = out.iter().filter_map(|v| match v {
        Value::Text(text) if is_numeric(text) => Number::parse(text),
        _ => None,
    });
    let numeric: Vec<Value> = numeric.map(Value::Number).collect();
    out.extend(numeric);
    out
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => other.to_json(),
    }
}

/// Numbers at, beside and between bounds. They are tried, so rounding does no harm.
fn numbers(bounds: &[&Number]) -> Vec<Number> {
    let mut out: Vec<Number> = Vec::new();
    for bound in bounds {
        if let Ok(n) = bound.text().parse::<i64>() {
            out.extend(
                [n.checked_add(1), n.checked_sub(1)]
                    .into_iter()
                    .flatten()
                    .map(Number::from),
            );
        } else if let Ok(n) = bound.text().parse::<f64>() {
            let step = n.abs().max(1.0);
            out.extend([n + step, n - step].map(Number::from));
        }
        out.push((*bound).clone());
    }
    for a in bounds {
        for b in bounds {
            let (Ok(x), Ok(y)) = (a.text().parse::<f64>(), b.text().parse::<f64>()) else {
                continue;
            };
            if a.compare(b) == Some(Ordering::Less) {
                out.push(Number::from(x + (y - x) / 2.0));
            }
        }
    }
    out.retain(Number::is_finite);
    out
}

/// Puts a value where a path leads. `false` if something else lies in the way.
pub(super) fn put(params: &mut Vec<(String, Value)>, path: &ParamPath, value: Value) -> bool {
    let Some((Step::Key(first), rest)) = path.steps.split_first() else {
        // `*` at the top: any parameter will do.
        params.push((
            "example".into(),
            nested(path.steps.get(1..).unwrap_or_default(), value),
        ));
        return true;
    };
    match params.iter_mut().find(|(name, _)| **name == **first) {
        Some((_, below)) => put_below(below, rest, value),
        None => {
            params.push((first.to_string(), nested(rest, value)));
            true
        }
    }
}

fn put_below(at: &mut Value, steps: &[Step], value: Value) -> bool {
    match (at, steps.split_first()) {
        (at, None) => *at == value,
        (Value::Object(members), Some((Step::Key(key), rest))) => {
            match members.iter_mut().find(|(name, _)| **name == **key) {
                Some((_, below)) => put_below(below, rest, value),
                None => {
                    members.push((key.to_string(), nested(rest, value)));
                    true
                }
            }
        }
        (Value::List(items), Some((Step::Any, rest))) => match items.first_mut() {
            Some(first) => put_below(first, rest, value),
            None => false,
        },
        _ => false,
    }
}

fn nested(steps: &[Step], value: Value) -> Value {
    steps.iter().rev().fold(value, |value, step| match step {
        Step::Key(key) => Value::Object(vec![(key.to_string(), value)]),
        Step::Any => Value::List(vec![value]),
    })
}

/// Texts in which a regular expression is found: every alternative at its shortest, and a longer
/// one.
fn texts(regex: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(regex) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let alternatives = match hir.kind() {
        HirKind::Alternation(parts) => parts.iter().take(8).collect(),
        _ => vec![&hir],
    };
    for part in alternatives {
        for fill in [Fill::Least, Fill::More, Fill::Spaced] {
            let mut text = String::new();
            example(part, fill, &mut text);
            if text.len() <= LONGEST && !out.contains(&text) {
                out.push(text);
            }
        }
    }
    // Word boundaries may want something before or after.
    let spaced: Vec<String> = out.iter().map(|t| format!(" {t} ")).collect();
    out.extend(spaced);
    out
}

/// How the freedom of an expression is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    /// As little as it takes.
    Least,
    /// One repetition more.
    More,
    /// One more, and spaces where they are allowed: words often have to stand by themselves.
    Spaced,
}

/// Writes an example of an expression. The parser bounds the nesting.
fn example(hir: &Hir, fill: Fill, out: &mut String) {
    if out.len() > LONGEST {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => out.extend(of_class(class, fill)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            let more = u32::from(fill != Fill::Least);
            let times = repetition.min.saturating_add(more).min(most);
            for _ in 0..times.min(u32::try_from(LONGEST).unwrap_or(u32::MAX)) {
                example(&repetition.sub, fill, out);
                if out.len() > LONGEST {
                    break;
                }
            }
        }
        HirKind::Capture(capture) => example(&capture.sub, fill, out),
        HirKind::Concat(parts) => parts.iter().for_each(|p| example(p, fill, out)),
        HirKind::Alternation(parts) => {
            if let Some(first) = parts.first() {
                example(first, fill, out);
            }
        }
    }
}

fn of_class(class: &Class, fill: Fill) -> Option<char> {
    let space = (fill == Fill::Spaced).then_some(' ');
    let readable = || space.into_iter().chain(READABLE.chars());
    match class {
        Class::Unicode(class) => {
            let has = |c: &char| {
                class
                    .ranges()
                    .iter()
                    .any(|r| r.start() <= *c && *c <= r.end())
            };
            let first = class.ranges().first();
            let start = first.map(regex_syntax::hir::ClassUnicodeRange::start);
            readable().find(has).or(start)
        }
        Class::Bytes(class) => {
            let has = |c: &char| {
                let code = u32::from(*c);
                class
                    .ranges()
                    .iter()
                    .any(|r| u32::from(r.start()) <= code && code <= u32::from(r.end()))
            };
            let first = class.ranges().first().map(|r| char::from(r.start()));
            readable().find(has).or(first.filter(char::is_ascii))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glob::Glob;

    #[test]
    fn names_read_like_names() {
        let named = |pattern: &str| name(&Glob::parse(pattern).unwrap().alternatives()[0], 0);
        for (pattern, want) in [
            ("delete*", "delete_item"),
            ("bulk_*", "bulk_item"),
            ("*_file", "item_file"),
            ("*file", "item_file"),
            ("a/*/b", "a/item/b"),
            ("*secret*", "item_secret_item"),
            ("fs?[0-9]", "fsx0"),
            ("[!x]", "a"),
            ("exact", "exact"),
        ] {
            assert_eq!(named(pattern), want);
        }
    }

    #[test]
    fn texts_match_their_expression() {
        for regex in [
            "^/etc/",
            r"\d{3}-[A-Z]+",
            "(?i)drop|truncate",
            r"\bpassword\b",
            "^a?b*c+$",
            "[^a-z]",
            r"^\p{Greek}{2}$",
            "(ab){2,3}(?:c|d)",
            r"(?i)\bcopy\b.*\b(program|to)\b|\bunload\b",
        ] {
            let engine = crate::regexes::compile(regex).unwrap();
            assert!(
                texts(regex)
                    .iter()
                    .any(|t| engine.is_match(t) == Some(true)),
                "{regex}: {:?}",
                texts(regex)
            );
        }
        assert!(
            texts("(((a{100}){100}){100})")
                .iter()
                .all(|t| t.len() <= LONGEST + 2)
        );
    }
}
