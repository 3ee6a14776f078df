//! Parameter paths, and the values they are compared with.

use std::ops::Range;
use std::sync::Arc;

use crate::keys::Operand;
use crate::model::ParamPath;
use crate::path;
use crate::plain::{Plain, classify};
use crate::policy::REGEX_BYTES;
use crate::problem::{Problem, shown};
use crate::regexes::{self, RegexError};
use crate::tree::{Map, Node, Style, View};
use crate::value::{Number, Value};

use super::{Param, ParamOperand, Reader, Slot, kind, quoting};

impl Reader<'_> {
    pub(super) fn params(&mut self, slot: Slot<'_>, operand: Operand) -> Option<Vec<Param>> {
        let View::Map(map) = slot.node.view() else {
            self.wrong_type(slot, slot.node);
            return None;
        };
        if map.is_empty() {
            let message = format!("`{}` names no parameter", slot.key.name);
            let problem = self
                .error("empty-mapping", slot.node, message)
                .help(format!("write `{}: {}`", slot.key.name, slot.key.example));
            self.push(problem);
            return None;
        }
        let mut out = Vec::new();
        for (key, value) in map.iter() {
            let path = self.path(key);
            let operand = self.operand(slot, operand, key, value);
            if let (Some(path), Some(operand)) = (path, operand) {
                let at = key.at().start..value.at().end.max(key.at().end);
                out.push(Param { path, at, operand });
            }
        }
        (out.len() == map.iter().len()).then_some(out)
    }

    pub(super) fn paths(&mut self, slot: Slot<'_>) -> Option<Vec<(ParamPath, Range<usize>)>> {
        let items = self.one_or_more(slot)?;
        let count = items.len();
        let mut out = Vec::new();
        for item in items {
            if let View::List(_) | View::Map(_) = item.view() {
                self.wrong_type(slot, item);
            } else if let Some(path) = self.path(item) {
                out.push((path, item.at()));
            }
        }
        (out.len() == count).then_some(out)
    }

    /// A path, written as a key or as an item.
    fn path(&mut self, node: Node<'_>) -> Option<ParamPath> {
        let text = self.key_text(node, "the name of a parameter")?;
        match path::parse(text) {
            Ok(path) => Some(path),
            Err(e) => {
                let width = text.get(e.at..).and_then(|t| t.chars().next());
                let end = e.at + width.map_or(0, char::len_utf8);
                let at = self.inside(node, e.at..end);
                let at = if at.is_empty() { node.at() } else { at };
                let message = match text {
                    "" => "the name of a parameter is empty".into(),
                    _ => format!("`{}` is not a parameter path: {}", shown(text), e.message),
                };
                let dots = text.starts_with('.') || text.ends_with('.') || text.contains("..");
                let problem = Problem::error("bad-path", self.span(at), message);
                self.push(match dots {
                    true => problem.help("a dot in a name is written `\\.`"),
                    false => problem,
                });
                None
            }
        }
    }

    /// A key that can be any text, so that only what is text for every reader is taken.
    fn key_text<'t>(&mut self, node: Node<'t>, what: &str) -> Option<&'t str> {
        match node.view() {
            View::Scalar(text, Style::Plain) if classify(text) != Plain::Text => {
                let message = match text {
                    "" => format!("{what} is missing"),
                    "null" => format!("`null` without quotes is no text, and {what} is one"),
                    _ => format!("`{}` is {}, and {what} is a text", shown(text), kind(node)),
                };
                let problem = self.error("key-not-text", node, message);
                self.push(match text {
                    "" => problem,
                    _ => problem.help(quoting(text)),
                });
                None
            }
            View::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    fn operand(
        &mut self,
        slot: Slot<'_>,
        operand: Operand,
        key: Node<'_>,
        node: Node<'_>,
    ) -> Option<ParamOperand> {
        match node.view() {
            View::Refused => return None,
            View::Scalar("", Style::Plain) => {
                self.without_value(key, operand);
                return None;
            }
            _ => {}
        }
        match operand {
            Operand::Number => self.number(slot, node).map(ParamOperand::Number),
            Operand::Regex => self.regex(slot, node).map(ParamOperand::Regex),
            Operand::Contains => self.contained(slot, node).map(ParamOperand::Contains),
            Operand::Value => {
                let value = self.value(node, false)?;
                if let (View::Scalar(text, Style::Text), true) = (node.view(), is_numeric(node)) {
                    let message = format!(
                        "`{}` compares with the text \"{}\", which is a number in quotes",
                        slot.key.name,
                        shown(text)
                    );
                    let problem = Problem::warning("quoted-number", self.span(node.at()), message)
                        .label("a text")
                        .help(format!(
                            "write {text} without quotes, so that every spelling of the number is equal"
                        ));
                    self.push(problem);
                }
                Some(ParamOperand::Value(value))
            }
        }
    }

    fn without_value(&mut self, key: Node<'_>, operand: Operand) {
        let name = shown(key.text().unwrap_or_default());
        let problem = self
            .error("no-value", key, format!("`{name}` has no value"))
            .label(format!("{} are expected here", operand.expected()));
        self.push(match operand {
            Operand::Value => problem.help("write `null` if that is meant"),
            _ => problem,
        });
    }

    fn number(&mut self, slot: Slot<'_>, node: Node<'_>) -> Option<Number> {
        let name = slot.key.name;
        let (text, style) = match node.view() {
            View::Scalar(text, style) => (text, style),
            _ => {
                let message = format!("`{name}` compares numbers, and this is {}", kind(node));
                let problem = self.error("not-a-number", node, message);
                self.push(problem.label("expected a number"));
                return None;
            }
        };
        if let (Style::Plain, Plain::Number) = (style, classify(text)) {
            return Number::parse(text);
        }
        let (code, message) = match style {
            Style::Text if is_numeric(node) => (
                "quoted-number",
                format!(
                    "`{name}` compares numbers, and \"{}\" in quotes is a text",
                    shown(text)
                ),
            ),
            Style::Plain if not_finite(text).is_some() => (
                "not-a-number",
                format!("`{name}` compares with a finite number, and `{text}` is none"),
            ),
            _ => (
                "not-a-number",
                format!(
                    "`{name}` compares numbers, and `{}` is {}",
                    shown(text),
                    match kind(node) {
                        "`null`" => "none",
                        "a number to some readers of YAML" => "one to some readers of YAML only",
                        other => other,
                    }
                ),
            ),
        };
        let problem = self.error(code, node, message).label("expected a number");
        self.push(match meant_number(text) {
            Some(number) => problem.help(format!("write {number}")),
            None => problem,
        });
        None
    }

    fn regex(&mut self, slot: Slot<'_>, node: Node<'_>) -> Option<Box<str>> {
        let text = match node.view() {
            View::Scalar(text, Style::Text) => text,
            View::Scalar(text, Style::Plain) if classify(text) == Plain::Text => text,
            view => {
                let message = format!(
                    "`{}` takes a regular expression, and this is {}",
                    slot.key.name,
                    kind(node)
                );
                let problem = self
                    .error("wrong-type", node, message)
                    .label("expected a regular expression");
                self.push(match view {
                    View::Scalar(text, _) => problem.help(quoting(text)),
                    _ => problem,
                });
                return None;
            }
        };
        if text.is_empty() {
            let problem = self
                .error(
                    "bad-regex",
                    node,
                    "an empty expression is found in every text",
                )
                .help("use `param_present` if any value is meant");
            self.push(problem);
            return None;
        }
        match self.compiled(text) {
            Some(Ok(())) => Some(text.into()),
            Some(Err(e)) => {
                let at = e.at.map_or_else(|| node.at(), |at| self.inside(node, at));
                let message = format!(
                    "`{}` is not a regular expression: {}",
                    shown(text),
                    e.message
                );
                self.push(Problem::error("bad-regex", self.span(at), message));
                None
            }
            None => {
                let message = format!(
                    "the regular expressions of the policy take more than {REGEX_BYTES} bytes"
                );
                let problem = self.error("too-large", node, message);
                self.push(problem.label("the limit is passed here"));
                None
            }
        }
    }

    /// Whether an expression compiles, asked once for each; `None` where all of them together have
    /// become too large.
    fn compiled(&mut self, text: &str) -> Option<Result<(), RegexError>> {
        if self.regexes.get(text).is_some() {
            return Some(Ok(()));
        }
        if let Some(error) = self.bad_regexes.get(text) {
            return Some(Err(error.clone()));
        }
        if self.regexes.exceed(REGEX_BYTES) {
            return None;
        }
        match regexes::compile(text) {
            Ok(regex) => {
                self.regexes.insert(Arc::new(regex));
                (!self.regexes.exceed(REGEX_BYTES)).then_some(Ok(()))
            }
            Err(error) => {
                self.bad_regexes.insert(text.into(), error.clone());
                Some(Err(error))
            }
        }
    }

    /// A scalar, or a list of scalars that must all be contained.
    fn contained(&mut self, slot: Slot<'_>, node: Node<'_>) -> Option<Vec<Value>> {
        let items: Vec<Node<'_>> = match node.view() {
            View::List(list) if list.is_empty() => {
                self.empty_list(slot, node);
                return None;
            }
            View::List(list) => list.iter().collect(),
            _ => vec![node],
        };
        let count = items.len();
        let mut out = Vec::new();
        for item in items {
            let value = match item.view() {
                View::Refused => None,
                View::Scalar("", Style::Plain | Style::Text) => {
                    let problem = self.error("no-value", item, "nothing is contained in anything");
                    self.push(problem.label("expected a text, a number or a boolean"));
                    None
                }
                View::List(_) | View::Map(_) | View::Scalar("null", Style::Plain) => {
                    let message = format!(
                        "`{}` looks for a text, a number or a boolean, and this is {}",
                        slot.key.name,
                        kind(item)
                    );
                    let problem = self.error("wrong-type", item, message);
                    self.push(problem.label("expected a text, a number or a boolean"));
                    None
                }
                View::Scalar(..) => self.value(item, false),
            };
            out.extend(value);
        }
        (out.len() == count).then_some(out)
    }

    /// The parameters of an action.
    pub(super) fn object(&mut self, slot: Slot<'_>) -> Option<Vec<(String, Value)>> {
        match slot.node.view() {
            View::Map(map) => self.members(map, true),
            _ => {
                self.wrong_type(slot, slot.node);
                None
            }
        }
    }

    fn members(&mut self, map: Map<'_>, infinite: bool) -> Option<Vec<(String, Value)>> {
        let mut out = Vec::new();
        for (key, value) in map.iter() {
            let name = self.key_text(key, "a key");
            let value = match value.view() {
                View::Scalar("", Style::Plain) => {
                    self.without_value(key, Operand::Value);
                    None
                }
                _ => self.value(value, infinite),
            };
            if let (Some(name), Some(value)) = (name, value) {
                out.push((name.to_owned(), value));
            }
        }
        (out.len() == map.iter().len()).then_some(out)
    }

    /// A JSON value; `infinite` also takes `.nan`, `.inf` and `-.inf`, which actions can hold and
    /// policies cannot compare with.
    fn value(&mut self, node: Node<'_>, infinite: bool) -> Option<Value> {
        match node.view() {
            View::Refused => None,
            View::Map(map) => self.members(map, infinite).map(Value::Object),
            View::List(list) => {
                let items: Vec<Value> = list
                    .iter()
                    .filter_map(|item| self.value(item, infinite))
                    .collect();
                (items.len() == list.iter().len()).then_some(Value::List(items))
            }
            View::Scalar(text, Style::Text) => Some(Value::Text(text.to_owned())),
            View::Scalar(text, Style::Plain) => match classify(text) {
                Plain::Null => Some(Value::Null),
                Plain::Bool(b) => Some(Value::Bool(b)),
                Plain::Number => Number::parse(text).map(Value::Number),
                Plain::Text => Some(Value::Text(text.to_owned())),
                Plain::Absent => {
                    let problem = self.error("no-value", node, "a value is missing here");
                    self.push(problem.help("write `null` if that is meant"));
                    None
                }
                Plain::Ambiguous { what, spelling } => {
                    if let (true, Some(number)) = (infinite, not_finite(text)) {
                        return Some(Value::Number(number));
                    }
                    let message =
                        format!("`{}` is {what} to some readers of YAML only", shown(text));
                    let problem = self.error("ambiguous-value", node, message);
                    self.push(match spelling {
                        Some(s) => problem.help(format!(
                            "write {s} if {what} is meant, or \"{}\" if a text is",
                            shown(text)
                        )),
                        None => {
                            problem.help(format!("write \"{}\" if a text is meant", shown(text)))
                        }
                    });
                    None
                }
            },
        }
    }
}

/// Whether a scalar in quotes is the text of a number.
fn is_numeric(node: Node<'_>) -> bool {
    match node.view() {
        View::Scalar(text, Style::Text) => crate::plain::is_json_number(text),
        _ => false,
    }
}

fn not_finite(text: &str) -> Option<Number> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Number::parse("NaN"),
        ".inf" | ".Inf" | ".INF" => Number::parse("Infinity"),
        "-.inf" | "-.Inf" | "-.INF" => Number::parse("-Infinity"),
        _ => None,
    }
}

/// The number that was meant by a text with separators or another spelling.
fn meant_number(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let joined = trimmed.replace(['_', ',', ' '], "");
    if crate::plain::is_json_number(&joined) && joined.len() < 60 {
        return Some(joined);
    }
    match classify(trimmed) {
        Plain::Ambiguous {
            what: "a number",
            spelling,
        } => spelling.filter(|_| !trimmed.contains(':')),
        _ => None,
    }
}
