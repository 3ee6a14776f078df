//! Reading and writing parameter values as JSON.
//!
//! The reader differs from a usual one where two readers of one text could come to see different
//! actions: a key may not occur twice, and numbers keep their text. `NaN`, `Infinity` and
//! `-Infinity` are read and written as Python's `json` does, since callers hold such numbers.

use std::ops::Range;

use crate::value::{Number, Value};

/// Deeper nesting than this is refused.
const DEEPEST: usize = 128;

/// Why a text is not the JSON of a value, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at byte {}", at.start)]
pub struct JsonError {
    /// The bytes of the text it is about.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
}

/// Reads the JSON of one value, with nothing after it.
pub(crate) fn read(text: &str) -> Result<Value, JsonError> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.error("something follows the value"));
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    fn error(&self, message: &str) -> JsonError {
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        error(self.at..self.at + length, message)
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        if depth > DEEPEST {
            return Err(self.error("nested too deeply"));
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Value::Text),
            Some(_) => self.word(),
            None => Err(self.error("a value is missing")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut entries = Vec::new();
        let mut places = Vec::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Value::Object(entries));
        }
        loop {
            self.space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.error("a key in double quotes is missing"));
            }
            let key = self.string()?;
            places.push(start..self.at);
            self.space();
            if !self.eat(b':') {
                return Err(self.error("`:` is missing"));
            }
            entries.push((key, self.value(depth + 1)?));
            self.space();
            if self.eat(b'}') {
                break;
            }
            if !self.eat(b',') {
                return Err(self.error("`,` or `}` is missing"));
            }
        }
        match repeated(&entries) {
            Some((i, key)) => Err(error(
                places.get(i).cloned().unwrap_or_default(),
                &format!("the key `{key}` occurs twice"),
            )),
            None => Ok(Value::Object(entries)),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.eat(b']') {
                return Ok(Value::List(items));
            }
            if !self.eat(b',') {
                return Err(self.error("`,` or `]` is missing"));
            }
        }
    }

    /// A string: its end is found here, its escapes are left to `serde_json`.
    fn string(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                let quoted = self.text.get(start..self.at).unwrap_or_default();
                return serde_json::from_str(quoted).map_err(|_| {
                    error(
                        start..self.at,
                        "the text has a bad escape or a raw control character",
                    )
                });
            }
        }
        Err(error(start..self.text.len(), "the text has no end"))
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Value, JsonError> {
        let length = self
            .rest()
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_')))
            .unwrap_or(self.rest().len());
        let word = self.rest().get(..length).unwrap_or_default();
        let value = match word {
            "" => return Err(self.error("a value is missing")),
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => match Number::parse(word) {
                Some(number) => Value::Number(number),
                None => {
                    let message = "not a JSON value: text needs double quotes";
                    return Err(error(self.at..self.at + length, message));
                }
            },
        };
        self.at += length;
        Ok(value)
    }
}

fn error(at: Range<usize>, message: &str) -> JsonError {
    JsonError {
        at,
        message: message.to_owned(),
    }
}

/// The first key that occurs a second time, and where in the list that is.
pub(crate) fn repeated(entries: &[(String, Value)]) -> Option<(usize, &str)> {
    let mut keys: Vec<_> = entries
        .iter()
        .enumerate()
        .map(|(i, (key, _))| (key.as_str(), i))
        .collect();
    keys.sort_unstable();
    let pairs = keys.windows(2).filter_map(|pair| match pair {
        [(a, _), (b, i)] if a == b => Some((*i, *b)),
        _ => None,
    });
    pairs.min()
}

/// How the keys of objects are ordered in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// As they were written.
    Written,
    /// By their code points, so that equal objects have equal text.
    Sorted,
}

/// What is left to write of a list or an object.
enum Open<'v> {
    List(std::slice::Iter<'v, Value>),
    Written(std::slice::Iter<'v, (String, Value)>),
    Sorted(std::vec::IntoIter<&'v (String, Value)>),
}

/// Writes a value as JSON without spaces. Not recursive: a value built by hand may be deep.
pub(crate) fn write(value: &Value, keys: Keys, out: &mut String) {
    let mut open: Vec<Open<'_>> = Vec::new();
    begin(value, keys, out, &mut open);
    while let Some(top) = open.last_mut() {
        let (entry, close) = match top {
            Open::List(items) => (items.next().map(|value| (None, value)), ']'),
            Open::Written(entries) => (entries.next().map(|(key, value)| (Some(key), value)), '}'),
            Open::Sorted(entries) => (entries.next().map(|(key, value)| (Some(key), value)), '}'),
        };
        let Some((key, value)) = entry else {
            out.push(close);
            open.pop();
            continue;
        };
        if !out.ends_with(['[', '{']) {
            out.push(',');
        }
        if let Some(key) = key {
            write_text(key, out);
            out.push(':');
        }
        begin(value, keys, out, &mut open);
    }
}

/// Writes a scalar, or the opening bracket of what is then left open.
fn begin<'v>(value: &'v Value, keys: Keys, out: &mut String, open: &mut Vec<Open<'v>>) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(number.text()),
        Value::Text(text) => write_text(text, out),
        Value::List(items) => {
            out.push('[');
            open.push(Open::List(items.iter()));
        }
        Value::Object(entries) => {
            out.push('{');
            open.push(match keys {
                Keys::Written => Open::Written(entries.iter()),
                Keys::Sorted => {
                    let mut sorted: Vec<_> = entries.iter().collect();
                    sorted.sort_by(|a, b| a.0.cmp(&b.0));
                    Open::Sorted(sorted.into_iter())
                }
            });
        }
    }
}

/// Writes a text in double quotes.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 => {
                out.push_str("\\u00");
                for shift in [4, 0] {
                    let digit = u32::from(c) >> shift & 0xf;
                    out.push(char::from_digit(digit, 16).unwrap_or('0'));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_back() {
        for text in [
            "null",
            "true",
            "[]",
            "{}",
            r#"{"b":1,"a":[1.0,-0,1e309,123456789012345678901234567890]}"#,
            r#""a\"\\\n\r\t\b\f\u0001é😀""#,
            "[NaN,Infinity,-Infinity]",
            r#"[[[]],{"":{}},"",[1,2]]"#,
        ] {
            let value = read(text).expect(text);
            assert_eq!(value.to_json(), text);
        }
        let spaced = read(" { \"a\" : [ 1 , 2 ] , \"b\" : \"\\ud83d\\ude00\" }\n").expect("JSON");
        assert_eq!(spaced.to_json(), r#"{"a":[1,2],"b":"😀"}"#);
        let sorted = read(r#"{"b":{"z":1,"y":2},"a":3}"#).expect("JSON");
        assert_eq!(sorted.to_canonical_json(), r#"{"a":3,"b":{"y":2,"z":1}}"#);
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for (text, at, message) in [
            ("", 0..0, "a value is missing"),
            ("{", 1..1, "a key in double quotes is missing"),
            ("[1,]", 3..4, "a value is missing"),
            ("[1 2]", 3..4, "`,` or `]` is missing"),
            ("{\"a\" 1}", 5..6, "`:` is missing"),
            ("{\"a\":1,}", 7..8, "a key in double quotes is missing"),
            ("{\"a\":1 \"b\":2}", 7..8, "`,` or `}` is missing"),
            ("1 2", 2..3, "something follows the value"),
            ("hello", 0..5, "not a JSON value: text needs double quotes"),
            ("True", 0..4, "not a JSON value: text needs double quotes"),
            ("01", 0..2, "not a JSON value: text needs double quotes"),
            ("0x10", 0..4, "not a JSON value: text needs double quotes"),
            ("\"a", 0..2, "the text has no end"),
            ("\"a\\", 0..3, "the text has no end"),
            (
                "\"\\x\"",
                0..4,
                "the text has a bad escape or a raw control character",
            ),
            (
                "\"\n\"",
                0..3,
                "the text has a bad escape or a raw control character",
            ),
            (
                "\"\\ud800\"",
                0..8,
                "the text has a bad escape or a raw control character",
            ),
            (
                "{\"a\":1,\"b\":2,\"a\":3}",
                13..16,
                "the key `a` occurs twice",
            ),
            ("{\"a\":1,\"\\u0061\":2}", 7..15, "the key `a` occurs twice"),
            ("é", 0..2, "a value is missing"),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(
                (error.at, error.message.as_str()),
                (at, message),
                "{text:?}"
            );
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(read(&deep(DEEPEST + 1)).is_ok());
        assert_eq!(
            read(&deep(DEEPEST + 2)).expect_err("too deep").message,
            "nested too deeply"
        );
        assert!(read(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn a_deep_value_built_by_hand_can_be_written() {
        let mut value = Value::Null;
        for _ in 0..5_000 {
            value = Value::List(vec![value]);
        }
        assert_eq!(value.to_json().len(), 10_004);
    }
}
