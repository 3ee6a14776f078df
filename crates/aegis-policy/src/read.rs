//! Tree -> typed values, driven by the tables of keys. Goes on after a mistake, so that all of them
//! are reported at once; what was refused is absent from the result.

mod param;
mod scalar;
mod suggest;
mod time;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use aegis_diag::{SourceFile, Span};
use smallvec::SmallVec;

use crate::clock::Moment;
use crate::condition::Regexes;
use crate::keys::{Key, Shape, Table};
use crate::model::ParamPath;
use crate::plain::{Plain, classify};
use crate::problem::{Problem, shown};
use crate::regexes::RegexError;
use crate::tree::{Map, Node, Style, View};
use crate::value::{Number, Value};
use suggest::all_of;

/// More problems than anybody reads; looking for what was meant is not free.
const MAX_PROBLEMS: usize = 1000;

/// A value of the kind that the shape of its key says.
#[derive(Debug)]
pub(crate) enum Read {
    /// `Word`: the number of the word in its list.
    Word(usize),
    /// `Words`.
    Words(Vec<(usize, Range<usize>)>),
    /// `Zone`, `Name`, `Text`, `Verbatim`, `File`.
    Text(Box<str>),
    /// `NameOrNull` without a name.
    Null,
    /// `Patterns`, as written.
    Patterns(Vec<(Box<str>, Range<usize>)>),
    /// `Time`: seconds since midnight.
    Time(u32),
    /// `Weekdays`: bit `n - 1` is weekday `n`.
    Weekdays(u8),
    /// `Params`.
    Params(Vec<Param>),
    /// `Paths`.
    Paths(Vec<(ParamPath, Range<usize>)>),
    /// `Table`.
    Fields(Fields),
    /// `Tables`.
    List(Vec<Fields>),
    /// `Object`.
    Object(Vec<(String, Value)>),
    /// `Moment`.
    Moment(Moment),
    /// `Flag`.
    Flag(bool),
    /// `Version`: there is one, so nothing is to be known of it.
    Version,
}

/// One entry of a mapping of parameters.
#[derive(Debug)]
pub(crate) struct Param {
    pub(crate) path: ParamPath,
    /// From the path to the operand.
    pub(crate) at: Range<usize>,
    pub(crate) operand: ParamOperand,
}

/// What a parameter is compared with.
#[derive(Debug)]
pub(crate) enum ParamOperand {
    Value(Value),
    Number(Number),
    Contains(Vec<Value>),
    Regex(Box<str>),
}

/// A mapping that was read: what its keys hold.
#[derive(Debug)]
pub(crate) struct Fields {
    /// The mapping.
    pub(crate) at: Range<usize>,
    fields: Vec<(&'static Key, Field)>,
    /// The keys that are there, those that were refused included.
    written: Vec<&'static str>,
    /// Whether nothing at all is written in it.
    is_empty: bool,
}

/// One key that was read.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) key_at: Range<usize>,
    /// The value.
    pub(crate) at: Range<usize>,
    pub(crate) read: Read,
}

impl Fields {
    /// Takes a key out, if it is there and was accepted.
    pub(crate) fn take(&mut self, name: &str) -> Option<Field> {
        let i = self.fields.iter().position(|(k, _)| k.name == name)?;
        Some(self.fields.swap_remove(i).1)
    }

    /// Whether a key is written, be it that it was refused or taken out.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.written.contains(&name)
    }
}

impl Field {
    /// Whether it holds a mapping without keys.
    pub(crate) fn is_empty_mapping(&self) -> bool {
        matches!(&self.read, Read::Fields(fields) if fields.is_empty)
    }

    /// From the key to the end of the value.
    pub(crate) fn whole(&self) -> Range<usize> {
        self.key_at.start..self.at.end.max(self.key_at.end)
    }
}

/// A key with its value, while it is read.
#[derive(Clone, Copy)]
struct Slot<'t> {
    key: &'static Key,
    key_node: Node<'t>,
    node: Node<'t>,
}

/// Reads one text.
pub(crate) struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    /// The tables that suggestions are looked for in.
    tables: Vec<&'static Table>,
    problems: Vec<Problem>,
    /// The regular expressions that were compiled, and those that could not be.
    regexes: Regexes,
    bad_regexes: HashMap<Box<str>, RegexError>,
}

impl<'a> Reader<'a> {
    /// A reader of texts with the keys of `root`; goes on from the problems found so far.
    pub(crate) fn new(
        file: &'a Arc<SourceFile>,
        root: &'static Table,
        problems: Vec<Problem>,
    ) -> Self {
        Self {
            file,
            tables: root.all(),
            problems,
            regexes: Regexes::default(),
            bad_regexes: HashMap::new(),
        }
    }

    /// The regular expressions that were compiled.
    pub(crate) fn take_regexes(&mut self) -> Regexes {
        std::mem::take(&mut self.regexes)
    }

    /// What was found.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    pub(crate) fn span(&self, at: Range<usize>) -> Span {
        Span::new(Arc::clone(self.file), at)
    }

    pub(crate) fn push(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        } else if self.problems.len() == MAX_PROBLEMS {
            let start = self.span(0..0);
            let message = format!("there are more than {MAX_PROBLEMS} problems");
            self.problems
                .push(Problem::error("too-many-problems", start, message));
        }
    }

    /// A mistake at a node; if an alias stands there, what it stands for is shown too.
    fn error(&self, code: &'static str, node: Node<'_>, message: impl Into<String>) -> Problem {
        let problem = Problem::error(code, self.span(node.at()), message);
        match node.origin() {
            Some(at) => problem.because(self.span(at), "the alias stands for this"),
            None => problem,
        }
    }

    /// Reads the whole text.
    pub(crate) fn root(&mut self, table: &'static Table, node: Node<'_>) -> Option<Fields> {
        match node.view() {
            View::Map(_) => self.table(table, node, None),
            View::Refused => None,
            View::Scalar("", Style::Plain) => {
                let problem = self.error("empty", node, "the file is empty");
                self.push(problem.help(format!("{} has `{}`", table.what, table.first())));
                None
            }
            _ => {
                let message = format!("{} is a mapping, and this is {}", table.what, kind(node));
                let problem = self.error("wrong-type", node, message);
                self.push(problem.help(format!("start with `{}:`", table.first())));
                None
            }
        }
    }

    /// Reads a mapping with known keys.
    fn table(
        &mut self,
        table: &'static Table,
        node: Node<'_>,
        slot: Option<Slot<'_>>,
    ) -> Option<Fields> {
        let map = match (node.view(), slot) {
            (View::Map(map), _) => map,
            (View::Refused, _) => return None,
            (_, Some(slot)) if matches!(slot.key.shape, Shape::Table(_)) => {
                self.wrong_type(slot, node);
                return None;
            }
            _ => {
                let message = format!("{} is a mapping, and this is {}", table.what, kind(node));
                let problem = self.error("wrong-type", node, message);
                self.push(problem.help(format!("write `{}: …`", table.first())));
                return None;
            }
        };
        if map.is_empty() && !table.may_be_empty {
            let problem = self
                .error(
                    "empty-mapping",
                    node,
                    format!("{} cannot be empty", table.what),
                )
                .label("no key is written here");
            self.push(problem.help(format!("its keys are {}", all_of(&table.names()))));
            return None;
        }
        let mut fields = Vec::with_capacity(map.iter().len());
        let mut written = Vec::with_capacity(map.iter().len());
        for (key_node, value) in map.iter() {
            let Some(name) = key_node.text() else {
                continue;
            };
            let Some(key) = table.find(name) else {
                let problem = self.unknown_key(table, name, key_node);
                self.push(problem);
                continue;
            };
            written.push(key.name);
            let slot = Slot {
                key,
                key_node,
                node: value,
            };
            if let Some(read) = self.read(slot) {
                let (key_at, at) = (key_node.at(), value.at());
                fields.push((key, Field { key_at, at, read }));
            }
        }
        self.missing_keys(table, map, node, &written);
        let at = node.at();
        Some(Fields {
            at,
            fields,
            written,
            is_empty: map.is_empty(),
        })
    }

    fn missing_keys(
        &mut self,
        table: &'static Table,
        map: Map<'_>,
        node: Node<'_>,
        written: &[&str],
    ) {
        for key in table.keys.iter().filter(|k| k.required) {
            if !written.contains(&key.name) {
                let at = map.iter().next().map_or(node, |(k, _)| k);
                let problem = self
                    .error(
                        "missing-key",
                        at,
                        format!("{} needs `{}`", table.what, key.name),
                    )
                    .label(format!("`{}` is missing here", key.name))
                    .help(format!("write `{}: {}`", key.name, key.example));
                self.push(problem);
            }
        }
    }

    fn read(&mut self, slot: Slot<'_>) -> Option<Read> {
        let node = slot.node;
        match node.view() {
            View::Refused => return None,
            View::Scalar("", Style::Plain) => {
                self.no_value(slot);
                return None;
            }
            _ => {}
        }
        match slot.key.shape {
            Shape::Version => self.version(slot),
            Shape::Word(words) => self.word(slot, words, node).map(Read::Word),
            Shape::Words(words) => self.words(slot, words),
            Shape::Zone => self.zone(slot).map(Read::Text),
            Shape::Name => self.name(slot).map(Read::Text),
            Shape::NameOrNull => match node.view() {
                View::Scalar("null", Style::Plain) => Some(Read::Null),
                _ => self.name(slot).map(Read::Text),
            },
            Shape::Text | Shape::File => self.prose(slot).map(Read::Text),
            Shape::Verbatim => self.text(slot, node).map(|t| Read::Text(t.into())),
            Shape::Patterns => self.patterns(slot),
            Shape::Time => self.time(slot).map(Read::Time),
            Shape::Weekdays => self.weekdays(slot).map(Read::Weekdays),
            Shape::Params(operand) => self.params(slot, operand).map(Read::Params),
            Shape::Paths => self.paths(slot).map(Read::Paths),
            Shape::Table(table) => self.table(table, node, Some(slot)).map(Read::Fields),
            Shape::Tables(table) => self.tables(slot, table).map(Read::List),
            Shape::Object => self.object(slot).map(Read::Object),
            Shape::Moment => self.moment(slot).map(Read::Moment),
            Shape::Flag => self.flag(slot).map(Read::Flag),
        }
    }

    fn tables(&mut self, slot: Slot<'_>, table: &'static Table) -> Option<Vec<Fields>> {
        match slot.node.view() {
            View::List(list) => Some(
                list.iter()
                    .filter_map(|item| self.table(table, item, Some(slot)))
                    .collect(),
            ),
            _ => {
                self.wrong_type(slot, slot.node);
                None
            }
        }
    }

    /// The items of a key that takes one value or a list of them; an empty list is refused.
    fn one_or_more<'t>(&mut self, slot: Slot<'t>) -> Option<SmallVec<[Node<'t>; 4]>> {
        match slot.node.view() {
            View::List(list) if list.is_empty() => {
                self.empty_list(slot, slot.node);
                None
            }
            View::List(list) => Some(list.iter().collect()),
            _ => Some(SmallVec::from_iter([slot.node])),
        }
    }

    fn empty_list(&mut self, slot: Slot<'_>, node: Node<'_>) {
        let message = format!("the list of `{}` is empty", slot.key.name);
        let problem = self
            .error("empty-list", node, message)
            .label(format!("expected {}", slot.key.shape.expected()))
            .help("leave the key out if it is to say nothing");
        self.push(problem);
    }

    fn no_value(&mut self, slot: Slot<'_>) {
        let message = format!("`{}` has no value", slot.key.name);
        let problem = self
            .error("no-value", slot.key_node, message)
            .label(format!("expected {}", slot.key.shape.expected()))
            .help("leave the key out if it is to say nothing");
        self.push(problem);
    }

    fn wrong_type(&mut self, slot: Slot<'_>, node: Node<'_>) {
        let expected = slot.key.shape.expected();
        let message = format!(
            "`{}` takes {expected}, and this is {}",
            slot.key.name,
            kind(node)
        );
        let problem = self
            .error("wrong-type", node, message)
            .label(format!("expected {expected}"));
        let help = match (slot.key.shape, node.view()) {
            // `{a,b}*` and `[ab]*` without quotes are collections to YAML.
            (Shape::Patterns, View::Map(_)) => "a pattern with braces is quoted: \"{a,b}*\"".into(),
            (Shape::Flag, View::Scalar(text, _)) => match classify(text) {
                Plain::Ambiguous {
                    spelling: Some(spelling),
                    ..
                } => format!("write `{}: {spelling}`", slot.key.name),
                _ => format!("write `{0}: true` or `{0}: false`", slot.key.name),
            },
            (Shape::Tables(table), _) => format!("start each with `- {}: …`", table.first()),
            (Shape::Weekdays, View::Scalar(text, _)) => {
                format!("put brackets around it: `[{}]`", shown(text))
            }
            _ => format!("write `{}: {}`", slot.key.name, slot.key.example),
        };
        self.push(problem.help(help));
    }

    /// Text, and nothing that some YAML reader takes for something else.
    fn text<'t>(&mut self, slot: Slot<'_>, node: Node<'t>) -> Option<&'t str> {
        let (text, style) = match node.view() {
            View::Scalar(text, style) => (text, style),
            View::Refused => return None,
            View::List(_) | View::Map(_) => {
                self.wrong_type(slot, node);
                return None;
            }
        };
        match style {
            Style::Plain if !matches!(classify(text), Plain::Text) => {
                let message = format!(
                    "`{}` takes {}, and this is {}",
                    slot.key.name,
                    slot.key.shape.expected(),
                    kind(node)
                );
                let mut problem = self
                    .error("wrong-type", node, message)
                    .label(format!("expected {}", slot.key.shape.expected()));
                if !text.is_empty() {
                    problem = problem.help(quoting(text));
                }
                self.push(problem);
                None
            }
            _ => Some(text),
        }
    }

    /// Where a part of a scalar's text is written, as far as the text stands in the file as it is.
    fn inside(&self, node: Node<'_>, part: Range<usize>) -> Range<usize> {
        let at = node.at();
        let (Some(text), None) = (node.text(), node.origin()) else {
            return at;
        };
        let written = self.file.text.get(at.clone()).unwrap_or_default();
        let start = match written.strip_prefix(['"', '\'']) {
            Some(rest) if rest.get(..rest.len().saturating_sub(1)) == Some(text) => at.start + 1,
            None if written == text => at.start,
            _ => return at,
        };
        start + part.start..start + part.end
    }
}

/// `quote it: "…"`.
fn quoting(text: &str) -> String {
    format!("quote it: \"{}\"", shown(text))
}

/// What a node is, for `this is …`.
fn kind(node: Node<'_>) -> &'static str {
    match node.view() {
        View::List(_) => "a list",
        View::Map(_) => "a mapping",
        View::Refused => "refused",
        View::Scalar(_, Style::Text) => "a text",
        View::Scalar(text, Style::Plain) => match classify(text) {
            Plain::Absent => "nothing",
            Plain::Null => "`null`",
            Plain::Bool(_) => "a boolean",
            Plain::Number => "a number",
            Plain::Text => "a text",
            Plain::Ambiguous { what, .. } => match what {
                "a number" => "a number to some readers of YAML",
                "a boolean" => "a boolean to some readers of YAML",
                "a date" => "a date to some readers of YAML",
                _ => "nothing to some readers of YAML",
            },
        },
    }
}
