//! Parameter values: JSON with exact numbers.
//!
//! Policies compare integers of any size, so a number keeps its text; `serde_json::Value` would
//! round it. Objects keep the order they were written in and cannot hold a key twice: two readers
//! of one text must never see different actions.

use crate::json::{self, JsonError, Keys};

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`: present, but nothing can be said of it.
    Null,
    /// `true` or `false`. Never a number.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// Keys and values in the order written; keys are unique.
    Object(Vec<(String, Value)>),
}

/// A number as it was written: JSON grammar, or one of `NaN`, `Infinity` and `-Infinity`, which
/// callers in other languages can hold though JSON cannot write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(pub(crate) Box<str>);

impl Value {
    /// Reads the JSON of one value. Numbers keep their text; `NaN`, `Infinity` and `-Infinity` are
    /// numbers, as Python's `json` writes them.
    ///
    /// # Errors
    /// What is not JSON, a key that occurs twice in an object, or nesting beyond 128 levels.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        json::read(text)
    }

    /// The value as JSON without spaces, keys in the order written.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        json::write(self, Keys::Written, &mut out);
        out
    }

    /// The value as JSON without spaces, keys in the order of their code points: equal values have
    /// equal text, as a digest needs it.
    #[must_use]
    pub fn to_canonical_json(&self) -> String {
        let mut out = String::new();
        json::write(self, Keys::Sorted, &mut out);
        out
    }

    /// What kind of value it is, for messages: `null`, `a boolean`, `a number`, `text`, `a list` or
    /// `an object`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Number(value.into())
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Number(value.into())
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Self {
        Self::List(value)
    }
}
