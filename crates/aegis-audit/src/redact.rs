//! Secrets are taken out before an event is written, by the name they stand under and by what they
//! look like. Nothing that was taken out can be put back: only the place is kept.

mod keys;
mod values;

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Number, Value};

use crate::canonical::MAX_EXACT;
use crate::error::AuditError;
use values::Patterns;

/// Deeper than this, parameters are replaced by a note.
const MAX_DEPTH: usize = 96;
/// Numbers below this have fewer digits than any payment card.
const SMALL: u64 = 1_000_000_000_000;
const TOO_DEEP: &str = "[left out: nested too deeply]";

/// Takes secrets out of events. Cheap to clone.
#[derive(Clone)]
pub struct Redactor {
    patterns: Arc<Patterns>,
    names: Arc<Vec<String>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// What was done to an event.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Where something was taken out, as JSON pointers.
    pub(crate) redacted: Vec<String>,
    /// Where an integer stands as text.
    pub(crate) numbers_as_text: Vec<String>,
}

impl Redactor {
    /// The one that knows common names and forms of secrets.
    ///
    /// # Errors
    ///
    /// If a pattern does not compile, which none of the built-in ones does.
    pub fn new() -> Result<Self, AuditError> {
        Self::with(&[], &[])
    }

    /// One that knows further names of secrets, which are compared without regard to case and
    /// separators, and further forms, which are regular expressions.
    ///
    /// # Errors
    ///
    /// If a regular expression does not compile.
    pub fn with(names: &[&str], forms: &[&str]) -> Result<Self, AuditError> {
        let names = names.iter().map(|name| keys::joined(name)).collect();
        Ok(Self {
            patterns: Arc::new(Patterns::new(forms)?),
            names: Arc::new(names),
        })
    }

    /// A text without secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.patterns
            .clean(text, true)
            .unwrap_or_else(|| text.to_owned())
    }

    /// A name such as that of a session, in which digits are not taken for card numbers.
    pub(crate) fn name(&self, text: String) -> String {
        self.patterns.clean(&text, false).unwrap_or(text)
    }

    /// Values without secrets, for instance the parameters of an action that is shown to somebody.
    #[must_use]
    pub fn params(&self, params: &Map<String, Value>) -> Map<String, Value> {
        let mut walk = Walk::new(self, true);
        walk.map(params.clone(), 0)
    }

    /// A value of an event without secrets; `pointer` is where it stands in the event. `named` says
    /// that keys below it are names chosen by callers.
    pub(crate) fn value(
        &self,
        value: Value,
        pointer: &str,
        named: bool,
        notes: &mut Notes,
    ) -> Value {
        let mut walk = Walk::new(self, named);
        walk.pointer.push_str(pointer);
        let value = walk.value(value, 0);
        notes.redacted.append(&mut walk.notes.redacted);
        notes
            .numbers_as_text
            .append(&mut walk.notes.numbers_as_text);
        value
    }
}

struct Walk<'r> {
    redactor: &'r Redactor,
    named: bool,
    pointer: String,
    notes: Notes,
}

impl<'r> Walk<'r> {
    fn new(redactor: &'r Redactor, named: bool) -> Self {
        Self {
            redactor,
            named,
            pointer: String::new(),
            notes: Notes::default(),
        }
    }

    fn took(&mut self) {
        self.notes.redacted.push(self.pointer.clone());
    }

    fn value(&mut self, value: Value, depth: usize) -> Value {
        match value {
            Value::String(text) => match self.redactor.patterns.clean(&text, true) {
                Some(clean) => {
                    self.took();
                    clean.into()
                }
                None => text.into(),
            },
            Value::Number(number) => self.number(number),
            Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => {
                self.took();
                TOO_DEEP.into()
            }
            Value::Array(items) => {
                let mut out = Vec::with_capacity(items.len());
                for (i, item) in items.into_iter().enumerate() {
                    out.push(self.below(&i.to_string(), |walk| walk.value(item, depth + 1)));
                }
                out.into()
            }
            Value::Object(map) => self.map(map, depth).into(),
            Value::Null | Value::Bool(_) => value,
        }
    }

    fn map(&mut self, map: Map<String, Value>, depth: usize) -> Map<String, Value> {
        let mut out = Map::with_capacity(map.len());
        for (key, value) in map {
            let clean = self.redactor.patterns.clean(&key, true);
            let name = clean.as_deref().unwrap_or(&key);
            let secret = self.named && keys::is_secret(&key, &value, &self.redactor.names);
            let value = self.below(name, |walk| {
                if secret || clean.is_some() {
                    walk.took();
                }
                if secret {
                    values::marker("key").into()
                } else {
                    walk.value(value, depth + 1)
                }
            });
            out.insert(clean.unwrap_or(key), value);
        }
        out
    }

    fn number(&mut self, number: Number) -> Value {
        // Most numbers are neither a card's nor too large for a double.
        if number.as_i64().is_some_and(|n| n.unsigned_abs() < SMALL) {
            return number.into();
        }
        let text = number.to_string();
        if values::is_card(&text) {
            self.took();
            return values::marker("card_number").into();
        }
        let exact = number.as_i64().map(i64::unsigned_abs).or(number.as_u64());
        match exact {
            Some(size) if size > MAX_EXACT => {
                self.notes.numbers_as_text.push(self.pointer.clone());
                text.into()
            }
            _ => number.into(),
        }
    }

    /// Walks on one step below where it is.
    fn below<T>(&mut self, step: &str, walk: impl FnOnce(&mut Self) -> T) -> T {
        let here = self.pointer.len();
        self.pointer.push('/');
        if step.contains(['~', '/']) {
            self.pointer
                .push_str(&step.replace('~', "~0").replace('/', "~1"));
        } else {
            self.pointer.push_str(step);
        }
        let done = walk(self);
        self.pointer.truncate(here);
        done
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redacted(value: Value) -> (Value, Vec<String>) {
        let mut notes = Notes::default();
        let value = Redactor::new()
            .unwrap()
            .value(value, "/p", true, &mut notes);
        (value, notes.redacted)
    }

    #[test]
    fn secrets_go_by_name_wherever_they_stand() {
        let (value, places) = redacted(json!({
            "user": "ada",
            "apiKey": "x1",
            "nested": [{ "DB_PASSWORD": 1234, "ok": 1 }],
            "headers": { "Authorization": "Basic eA==", "Cookie": "a=b" },
        }));
        assert_eq!(
            value,
            json!({
                "user": "ada",
                "apiKey": "[redacted:key]",
                "nested": [{ "DB_PASSWORD": "[redacted:key]", "ok": 1 }],
                "headers": { "Authorization": "[redacted:key]", "Cookie": "[redacted:key]" },
            })
        );
        assert_eq!(
            places,
            [
                "/p/apiKey",
                "/p/nested/0/DB_PASSWORD",
                "/p/headers/Authorization",
                "/p/headers/Cookie"
            ]
        );
    }

    #[test]
    fn token_counts_are_no_secrets() {
        let counts = json!({
            "max_tokens": 4096, "total_tokens": "58000", "promptTokens": 3, "token_count": 7,
            "tokens": 12, "usage": { "completion_tokens": 1, "cached_tokens": null },
            "tokens_per_minute": 90000, "tokenizer": "cl100k", "token": 5, "max_token": "16",
        });
        assert_eq!(redacted(counts.clone()), (counts, vec![]));
        let (value, _) =
            redacted(json!({ "token": "abc", "access_tokens": ["x"], "tokens": "s3cr" }));
        let gone = "[redacted:key]";
        assert_eq!(
            value,
            json!({ "token": gone, "access_tokens": gone, "tokens": gone })
        );
    }

    #[test]
    fn integers_that_json_cannot_hold_stand_as_text() {
        let mut notes = Notes::default();
        let redactor = Redactor::new().unwrap();
        let value = json!({ "id": 9_007_199_254_740_993_u64, "small": 7 });
        let value = redactor.value(value, "", true, &mut notes);
        assert_eq!(value, json!({ "id": "9007199254740993", "small": 7 }));
        assert_eq!(notes.numbers_as_text, ["/id"]);
    }

    #[test]
    fn a_key_may_be_a_secret_itself() {
        let key = format!("sk-ant-{}", "a1".repeat(20));
        let (value, places) = redacted(json!({ key: 1 }));
        assert_eq!(value, json!({ "[redacted:api_key]": 1 }));
        assert_eq!(places, ["/p/[redacted:api_key]"]);
    }

    #[test]
    fn depth_is_bounded() {
        let mut deep = json!("x");
        for _ in 0..500 {
            deep = json!([deep]);
        }
        let (value, _) = redacted(deep);
        assert!(value.to_string().contains(TOO_DEEP));
    }

    #[test]
    fn further_names_and_forms() {
        let redactor = Redactor::with(&["Patient-Name"], &["CASE-[0-9]+"]).unwrap();
        let params = json!({ "patientName": "Ada", "note": "see CASE-42." });
        let params = redactor.params(params.as_object().unwrap());
        assert_eq!(
            Value::from(params),
            json!({ "patientName": "[redacted:key]", "note": "see [redacted:custom]." })
        );
        assert!(Redactor::with(&[], &["("]).is_err());
    }
}
