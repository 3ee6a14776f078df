//! `semantic` conditions: statements in words about an action.
//!
//! What a statement means is for an [`Evaluator`] to say; a program that has a model at hand plugs
//! it in here. [`Keywords`] is built in. It tells only what words can tell and leaves the rest
//! open, which makes the condition fail closed.

use std::fmt;

use crate::action::Action;
use crate::condition::LONGEST_TEXT;
use crate::model::Truth;
use crate::name;
use crate::value::Value;

/// Says whether a statement about an action is true.
///
/// It is called while deciding, once for each rule that depends on it, so it should be quick, and
/// it must give the same answer to the same question. What it cannot tell it must not guess.
pub trait Evaluator: fmt::Debug + Send + Sync {
    /// Whether the statement holds for the action.
    fn holds(&self, statement: &str, action: &Action) -> Truth;
}

/// Reads statements about words: `mentions password`, `mentions drop table or truncate`,
/// `mentions invoice and iban`.
///
/// A statement it can read starts with `mentions` or `contains`; then come words or phrases joined
/// by `or` (or commas) or by `and`, not by both. It is true if the phrases occur, as whole words
/// next to each other, in the type, the target, or the names and values of the parameters, compared
/// as names are and with `camelCase` taken apart. It is false if they do not.
///
/// Every other statement cannot be told, however many of its words occur: words that are there do
/// not make a statement true (an agent could write them to be let through), and words that are not
/// there do not make it false.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keywords;

impl Evaluator for Keywords {
    fn holds(&self, statement: &str, action: &Action) -> Truth {
        let Some(question) = Question::read(statement) else {
            return Truth::CannotTell;
        };
        let mut found = vec![false; question.phrases.len()];
        let mut too_long = false;
        let mut look = |text: &str| {
            if text.len() > LONGEST_TEXT {
                too_long = true;
                return;
            }
            let words = words(text);
            for (found, phrase) in found.iter_mut().zip(&question.phrases) {
                *found |= words.windows(phrase.len()).any(|part| part == phrase);
            }
        };
        look(action.kind.original());
        look(action.target.original());
        let mut left: Vec<&Value> = Vec::new();
        for (key, value) in &action.params {
            look(key);
            left.push(value);
        }
        while let Some(value) = left.pop() {
            match value {
                Value::Null => {}
                Value::Bool(true) => look("true"),
                Value::Bool(false) => look("false"),
                Value::Number(number) => look(number.text()),
                Value::Text(text) => look(text),
                Value::List(items) => left.extend(items),
                Value::Object(entries) => {
                    for (key, value) in entries {
                        look(key);
                        left.push(value);
                    }
                }
            }
        }
        let holds = if question.all {
            found.iter().all(|&f| f)
        } else {
            found.iter().any(|&f| f)
        };
        match (holds, too_long) {
            (true, _) => Truth::True,
            (false, true) => Truth::CannotTell,
            (false, false) => Truth::False,
        }
    }
}

impl Keywords {
    /// Whether it can read a statement; one it cannot read never tells anything.
    #[must_use]
    pub fn reads(statement: &str) -> bool {
        Question::read(statement).is_some()
    }
}

/// A statement that [`Keywords`] can read.
struct Question {
    /// Phrases, each a list of words.
    phrases: Vec<Vec<String>>,
    /// Whether all of them must occur, or any.
    all: bool,
}

/// Words that turn a statement round, so that it is more than a list of phrases.
const TURNS: &[&str] = &[
    "not", "no", "never", "without", "unless", "except", "but", "neither", "nor",
];

impl Question {
    fn read(statement: &str) -> Option<Self> {
        let spaced = statement.replace([',', ';'], " , ");
        let canonical = name::canonical(&spaced);
        let mut tokens = canonical.split_whitespace();
        if !matches!(tokens.next(), Some("mentions" | "contains")) {
            return None;
        }
        let (mut any, mut all, mut commas) = (false, false, false);
        let mut phrases = vec![Vec::new()];
        for token in tokens {
            match token {
                "or" => any = true,
                "and" => all = true,
                "," => commas = true,
                turn if TURNS.contains(&turn) => return None,
                word => {
                    phrases.last_mut()?.extend(words(word));
                    continue;
                }
            }
            // `a, b, or c`: a comma and a word together part two phrases once.
            if phrases.last().is_some_and(|phrase| !phrase.is_empty()) {
                phrases.push(Vec::new());
            } else if token == "," || !commas {
                return None;
            }
        }
        let complete = phrases.iter().all(|phrase| !phrase.is_empty());
        (complete && !(any && all)).then_some(Self { phrases, all })
    }
}

/// The words of a text in canonical spelling. `dropTable` and `drop_table` have two.
fn words(text: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(text.len());
    let mut after_small = false;
    for c in text.chars() {
        if (after_small && c.is_uppercase()) || c.is_whitespace() {
            spaced.push(' ');
        }
        after_small = c.is_lowercase() || c.is_numeric();
        spaced.push(if c.is_whitespace() { ' ' } else { c });
    }
    let canonical = name::canonical(&spaced);
    let words = canonical.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_words_can_tell() {
        let action = Action::from_json(
            r#"{"type":"runQuery","target":"prod-db","params":{"sql":"DROP\nTABLE users","n":[{"deepKey":42}],"ok":true}}"#,
        )
        .expect("action");
        for (statement, want) in [
            ("mentions drop", Truth::True),
            ("Mentions  Drop Table", Truth::True),
            ("mentions ｄｒｏｐ", Truth::True),
            ("mentions table drop", Truth::False),
            ("mentions tab", Truth::False),
            ("contains truncate, drop table or grant", Truth::True),
            ("mentions truncate, delete, or drop", Truth::True),
            ("mentions truncate or grant", Truth::False),
            ("mentions run query", Truth::True),
            ("mentions prod", Truth::True),
            ("mentions deep key and 42 and true", Truth::True),
            ("mentions deep and nothing", Truth::False),
            ("mentions users, sql and prod", Truth::True),
            ("mentions users, sql and password", Truth::False),
            ("password", Truth::CannotTell),
            ("drop", Truth::CannotTell),
            ("harmless reading of data", Truth::CannotTell),
            ("mentions", Truth::CannotTell),
            ("mentions or", Truth::CannotTell),
            ("mentions drop or", Truth::CannotTell),
            ("mentions drop and sql or users", Truth::CannotTell),
            ("mentions drop but not users", Truth::CannotTell),
            ("mentions , drop", Truth::CannotTell),
            ("", Truth::CannotTell),
        ] {
            assert_eq!(Keywords.holds(statement, &action), want, "{statement:?}");
            assert_eq!(
                Keywords::reads(statement),
                want != Truth::CannotTell,
                "{statement:?}"
            );
        }
    }

    #[test]
    fn a_text_too_long_to_read_leaves_it_open() {
        let long = "x ".repeat(LONGEST_TEXT);
        let action = Action::new("read").param("text", long);
        assert_eq!(Keywords.holds("mentions drop", &action), Truth::CannotTell);
        assert_eq!(Keywords.holds("mentions read", &action), Truth::True);
    }
}
