//! Dotted paths into the parameters of an action: `a.b.0.c`, `items.*.sku`, `a\.b`.

use crate::model::{ParamPath, Step};
use crate::value::Value;

/// More steps than any parameter is deep.
const MOST_STEPS: usize = 64;

/// Why a path is refused, and the byte in it at which.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PathError {
    /// The byte offset in the path.
    pub at: usize,
    /// What is wrong with it.
    pub message: String,
}

/// Reads a path. Steps are separated by `.`; `\.`, `\*` and `\\` stand for the characters
/// themselves; a step `*` is any element of a list or any value of an object.
///
/// # Errors
/// An empty path or step, a `*` that is not a whole step, an unknown escape, or too many steps.
pub fn parse(text: &str) -> Result<ParamPath, PathError> {
    let mut steps = Vec::new();
    let mut key = String::new();
    let mut any = None;
    let mut start = 0;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '.' => {
                steps.push(step(&mut key, any.take(), start)?);
                start = at + 1;
            }
            '*' if any.is_none() => any = Some(at),
            '*' => return Err(star(at)),
            '\\' => match chars.next() {
                Some((_, c @ ('.' | '*' | '\\'))) => key.push(c),
                Some((_, c)) => {
                    return Err(error(
                        at,
                        format!(
                            "unknown escape `\\{c}`: only `\\.`, `\\*` and `\\\\` can be escaped"
                        ),
                    ));
                }
                None => return Err(error(at, "nothing follows the backslash".to_owned())),
            },
            c => key.push(c),
        }
        if steps.len() >= MOST_STEPS {
            return Err(error(at, format!("a path has at most {MOST_STEPS} steps")));
        }
    }
    steps.push(step(&mut key, any, start)?);
    Ok(ParamPath {
        text: text.into(),
        steps,
    })
}

fn step(key: &mut String, any: Option<usize>, start: usize) -> Result<Step, PathError> {
    match any {
        Some(_) if key.is_empty() => Ok(Step::Any),
        Some(at) => Err(star(at)),
        None if key.is_empty() => Err(error(start, "a step of the path is empty".to_owned())),
        None => Ok(Step::Key(std::mem::take(key).into())),
    }
}

fn star(at: usize) -> PathError {
    let message = "`*` stands for a whole step: write `\\*` for the character";
    error(at, message.to_owned())
}

fn error(at: usize, message: String) -> PathError {
    PathError { at, message }
}

impl ParamPath {
    /// Whether it can lead to more than one value.
    #[must_use]
    pub fn has_any(&self) -> bool {
        self.steps.contains(&Step::Any)
    }

    /// The key of the parameter it starts with; `None` if that is `*`.
    #[must_use]
    pub fn first_key(&self) -> Option<&str> {
        match self.steps.first() {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// Calls `visit` with every value the path leads to, in the order they were written, until it
    /// returns true; returns whether it did. A step into text, a number, a boolean or null leads
    /// nowhere.
    pub fn visit<'v>(
        &self,
        params: &'v [(String, Value)],
        visit: &mut dyn FnMut(&'v Value) -> bool,
    ) -> bool {
        let Some((first, rest)) = self.steps.split_first() else {
            return false;
        };
        match first {
            Step::Key(key) => lookup(params, key).is_some_and(|value| walk(value, rest, visit)),
            Step::Any => params.iter().any(|(_, value)| walk(value, rest, visit)),
        }
    }
}

/// The recursion is as deep as the path has steps, which is bounded.
fn walk<'v>(value: &'v Value, steps: &[Step], visit: &mut dyn FnMut(&'v Value) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return visit(value);
    };
    match (value, step) {
        (Value::Object(entries), Step::Key(key)) => {
            lookup(entries, key).is_some_and(|value| walk(value, rest, visit))
        }
        (Value::Object(entries), Step::Any) => {
            entries.iter().any(|(_, value)| walk(value, rest, visit))
        }
        (Value::List(items), Step::Key(key)) => index(key)
            .and_then(|i| items.get(i))
            .is_some_and(|value| walk(value, rest, visit)),
        (Value::List(items), Step::Any) => items.iter().any(|value| walk(value, rest, visit)),
        _ => false,
    }
}

fn lookup<'v>(entries: &'v [(String, Value)], key: &str) -> Option<&'v Value> {
    entries
        .iter()
        .find(|(k, _)| k == key)
        .map(|(_, value)| value)
}

/// A key as an index into a list: digits without leading zeros.
fn index(key: &str) -> Option<usize> {
    let plain = key.bytes().all(|b| b.is_ascii_digit()) && (key == "0" || !key.starts_with('0'));
    plain.then(|| key.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, params: &str) -> Vec<String> {
        let Value::Object(params) = Value::from_json(params).expect("JSON") else {
            panic!("not an object");
        };
        let mut found = Vec::new();
        parse(path).expect(path).visit(&params, &mut |v| {
            found.push(v.to_json());
            false
        });
        found
    }

    #[test]
    fn paths_reach_into_values() {
        let params = r#"{"a": {"b": [{"c": 1}, {"c": 2}, 7]}, "a.b": 3, "n": null, "t": "text",
            "o": {"0": "zero", "01": "one"}, "*": "star", "back\\slash": "b", "items": [{"sku": "x"}, {"sku": "y"}, {}]}"#;
        for (path, want) in [
            ("a.b.0.c", &["1"][..]),
            ("a.b.1.c", &["2"]),
            ("a.b.2", &["7"]),
            ("a.b.3", &[]),
            ("a.b.00", &[]),
            ("a.b.-1", &[]),
            ("a.b.c", &[]),
            ("a.b.*.c", &["1", "2"]),
            ("items.*.sku", &[r#""x""#, r#""y""#]),
            (r"a\.b", &["3"]),
            ("n", &["null"]),
            ("n.x", &[]),
            ("t.0", &[]),
            ("o.0", &[r#""zero""#]),
            ("o.01", &[r#""one""#]),
            ("o.*", &[r#""zero""#, r#""one""#]),
            (r"\*", &[r#""star""#]),
            (r"back\\slash", &[r#""b""#]),
            ("A", &[]),
            ("*.sku", &[]),
        ] {
            assert_eq!(found(path, params), want, "{path}");
        }
    }

    #[test]
    fn malformed_paths_are_refused() {
        for (path, at) in [
            ("", 0),
            (".", 0),
            ("a.", 2),
            (".a", 0),
            ("a..b", 2),
            ("a.b*", 3),
            ("a.*b", 2),
            ("**", 1),
            (r"a\x", 1),
            (r"a\", 1),
        ] {
            assert_eq!(parse(path).expect_err(path).at, at, "{path}");
        }
        assert!(parse(&vec!["a"; MOST_STEPS].join(".")).is_ok());
        assert!(parse(&vec!["a"; MOST_STEPS + 1].join(".")).is_err());
    }

    #[test]
    fn what_a_path_says_of_itself() {
        assert!(parse("a.*").expect("path").has_any());
        assert!(!parse(r"a.\*").expect("path").has_any());
        assert_eq!(parse(r"a\.b.c").expect("path").first_key(), Some("a.b"));
        assert_eq!(parse("*.c").expect("path").first_key(), None);
    }
}
