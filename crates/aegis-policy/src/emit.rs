//! Values -> YAML text that every reader of YAML takes for the same.

use crate::name::is_ignorable;
use crate::plain::{Plain, classify};
use crate::value::{Number, Value};

/// The widest line that a mapping or list may take before it is broken into several.
const WIDTH: usize = 100;
/// Longer keys are written with `?`: YAML looks for the `:` within 1,024 characters only.
const LONGEST_KEY: usize = 1000;

/// A part of a text to write.
#[derive(Debug, Clone)]
pub(crate) enum Out {
    /// A scalar as it is written.
    Scalar(String),
    /// A list, on one line if it fits.
    List(Vec<Out>),
    /// A mapping, on one line if it fits.
    Map(Vec<(String, Out)>),
    /// A list with every item on lines of its own.
    Items(Vec<Out>),
    /// A mapping with every key on a line of its own.
    Block(Vec<(String, Out)>),
}

impl Out {
    /// A word that needs no quotes.
    pub(crate) fn word(word: impl std::fmt::Display + Copy) -> Self {
        Self::Scalar(word.to_string())
    }

    /// A text, in quotes if it could be taken for something else.
    pub(crate) fn text(text: &str) -> Self {
        Self::Scalar(if is_bare(text) {
            text.to_owned()
        } else {
            quoted(text)
        })
    }

    /// A text in quotes.
    pub(crate) fn quoted(text: &str) -> Self {
        Self::Scalar(quoted(text))
    }

    /// A JSON value.
    pub(crate) fn value(value: &Value) -> Self {
        match value {
            Value::Null => Self::word("null"),
            Value::Bool(b) => Self::word(*b),
            Value::Number(n) => Self::number(n),
            Value::Text(text) => Self::text(text),
            Value::List(items) => Self::List(items.iter().map(Self::value).collect()),
            Value::Object(members) => Self::Map(
                members
                    .iter()
                    .map(|(k, v)| (key(k), Self::value(v)))
                    .collect(),
            ),
        }
    }

    /// A number; those that JSON cannot write as YAML writes them.
    pub(crate) fn number(number: &Number) -> Self {
        Self::Scalar(match number.text() {
            "NaN" => ".nan".into(),
            "Infinity" => ".inf".into(),
            "-Infinity" => "-.inf".into(),
            text => text.into(),
        })
    }

    /// One item as it is, several as a list.
    pub(crate) fn one_or_list(mut items: Vec<Out>) -> Self {
        match items.len() {
            1 => items.swap_remove(0),
            _ => Self::List(items),
        }
    }

    /// The whole text.
    pub(crate) fn render(&self) -> String {
        let mut out = String::new();
        self.block(0, &mut out);
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out
    }

    /// The text on one line.
    fn flow(&self, out: &mut String) {
        match self {
            Self::Scalar(text) => out.push_str(text),
            Self::List(items) | Self::Items(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    item.flow(out);
                }
                out.push(']');
            }
            Self::Map(entries) | Self::Block(entries) if entries.is_empty() => out.push_str("{}"),
            Self::Map(entries) | Self::Block(entries) => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if i == 0 { "{ " } else { ", " });
                    let long = key.chars().count() > LONGEST_KEY;
                    out.push_str(if long { "? " } else { "" });
                    out.push_str(key);
                    out.push_str(if long { " : " } else { ": " });
                    value.flow(out);
                }
                out.push_str(" }");
            }
        }
    }

    /// The text on lines of its own, the first of which is begun already.
    fn block(&self, indent: usize, out: &mut String) {
        match self {
            Self::Block(entries) | Self::Map(entries) if !entries.is_empty() => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        pad(indent, out);
                    }
                    if key.chars().count() > LONGEST_KEY {
                        out.push_str("? ");
                        out.push_str(key);
                        out.push('\n');
                        pad(indent, out);
                    } else {
                        out.push_str(key);
                    }
                    out.push(':');
                    value.after_key(indent, out);
                }
            }
            Self::Items(items) | Self::List(items) if !items.is_empty() => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        pad(indent, out);
                    }
                    out.push_str("- ");
                    if item.fits(indent + 2) {
                        item.flow(out);
                        out.push('\n');
                    } else {
                        item.block(indent + 2, out);
                    }
                }
            }
            _ => {
                self.flow(out);
                out.push('\n');
            }
        }
    }

    fn after_key(&self, indent: usize, out: &mut String) {
        let column = out.len() - out.rfind('\n').map_or(0, |n| n + 1);
        let empty = match self {
            Self::Items(items) | Self::List(items) => items.is_empty(),
            Self::Block(entries) | Self::Map(entries) => entries.is_empty(),
            Self::Scalar(_) => true,
        };
        if empty || self.fits(column + 1) {
            out.push(' ');
            self.flow(out);
            out.push('\n');
        } else {
            out.push('\n');
            pad(indent + 2, out);
            self.block(indent + 2, out);
        }
    }

    /// Whether it may stand on one line that is begun up to `column`.
    fn fits(&self, column: usize) -> bool {
        match self {
            Self::Scalar(_) => true,
            Self::Items(items) if !items.is_empty() => false,
            Self::Block(entries) if !entries.is_empty() => false,
            _ => {
                let mut line = String::new();
                self.flow(&mut line);
                column + line.chars().count() <= WIDTH
            }
        }
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A key, in quotes if it could be taken for something else.
pub(crate) fn key(name: &str) -> String {
    match Out::text(name) {
        Out::Scalar(text) => text,
        _ => String::new(),
    }
}

/// Whether a text needs no quotes, in any place of any YAML: words of letters, digits and a few
/// signs, that no reader takes for anything but text.
fn is_bare(text: &str) -> bool {
    let sign = |c: char| matches!(c, '_' | '-' | '.' | '/' | '*' | '@' | '(' | ')' | ' ' | ';');
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || sign(c))
        && !text.ends_with(' ')
        && text.len() < 200
        && classify(text) == Plain::Text
        // YAML 1.1 has these as booleans, in some readers.
        && !matches!(text, "y" | "Y" | "n" | "N")
}

/// A text in quotes: single ones if they save escapes and everything shows, else double ones.
fn quoted(text: &str) -> String {
    let hidden =
        |c: char| c.is_control() || is_ignorable(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if text.contains(['\\', '"']) && !text.chars().any(hidden) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if hidden(c) => {
                let code = u32::from(c);
                out.push_str(&match code {
                    0..=0xff => format!("\\x{code:02X}"),
                    0x100..=0xffff => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                });
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_if_they_could_be_anything_else() {
        let text = |t: &str| key(t);
        assert_eq!(text("no_deletes"), "no_deletes");
        assert_eq!(text("a reason (why)"), "a reason (why)");
        assert_eq!(text("items.*.sku"), "items.*.sku");
        for (t, want) in [
            ("", "\"\""),
            ("yes", "\"yes\""),
            ("5", "\"5\""),
            ("*", "\"*\""),
            ("a: b", "\"a: b\""),
            ("a, b", "\"a, b\""),
            ("a #b", "\"a #b\""),
            (" a", "\" a\""),
            ("größe", "\"größe\""),
            ("say \"hi\"", "'say \"hi\"'"),
            ("^\\d+'$", "'^\\d+''$'"),
            ("a\\\nb", "\"a\\\\\\nb\""),
            ("\u{1b}\u{200b}\u{e0001}", "\"\\x1B\\u200B\\U000E0001\""),
        ] {
            assert_eq!(text(t), want);
        }
    }

    #[test]
    fn what_fits_stands_on_one_line() {
        let map = |n: usize| Out::Map((0..n).map(|i| (format!("key{i}"), Out::word(i))).collect());
        let out = Out::Block(vec![
            ("a".into(), map(2)),
            ("b".into(), map(12)),
            (
                "c".into(),
                Out::Items(vec![
                    Out::Block(vec![
                        ("x".into(), Out::word(1)),
                        ("y".into(), Out::Map(vec![])),
                    ]),
                    Out::List(vec![]),
                ]),
            ),
        ]);
        assert_eq!(
            out.render(),
            "a: { key0: 0, key1: 1 }\nb:\n  key0: 0\n  key1: 1\n  key2: 2\n  key3: 3\n  key4: 4\n  key5: 5\n  \
             key6: 6\n  key7: 7\n  key8: 8\n  key9: 9\n  key10: 10\n  key11: 11\nc:\n  - x: 1\n    y: {}\n  - []\n"
        );
    }
}
