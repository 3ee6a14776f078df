//! Parameter values: JSON with exact numbers.
//!
//! Policies compare integers of any size, so a number keeps its text; `serde_json::Value` would
//! round it. Objects keep the order they were written in and cannot hold a key twice: two readers
//! of one text must never see different actions.

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
