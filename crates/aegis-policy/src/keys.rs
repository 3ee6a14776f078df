//! The keys of policies and of test suites: which there are, where they stand and what they hold.
//!
//! One definition: the reader, the suggestions, the JSON Schemas and the tables of the
//! documentation are all made from these tables. A key that is not here does not exist.

mod policy;
mod suite;
mod words;

pub(crate) use policy::POLICY;
pub(crate) use suite::SUITE;
pub(crate) use words::{APPROVALS, EFFECTS, RISKS};

/// The keys of one mapping.
#[derive(Debug)]
pub(crate) struct Table {
    /// The name of the mapping in documentation and schemas.
    pub(crate) name: &'static str,
    /// What the mapping is, with its article.
    pub(crate) what: &'static str,
    /// Its keys in the order in which they are written and documented.
    pub(crate) keys: &'static [Key],
    /// Whether it may be written without any key.
    pub(crate) may_be_empty: bool,
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// Whether the mapping is refused without it.
    pub(crate) required: bool,
    /// What it is for: a sentence without its full stop. What holds if it is absent comes last.
    pub(crate) doc: &'static str,
    /// A value as it is written.
    pub(crate) example: &'static str,
    /// Words that people write for it.
    pub(crate) aka: &'static [&'static str],
}

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// The version of the language.
    Version,
    /// One of a few words.
    Word(&'static Words),
    /// One of a few words, or a list of them.
    Words(&'static Words),
    /// The IANA name of a time zone.
    Zone,
    /// The name of a rule.
    Name,
    /// The name of a rule, or `null` for none.
    NameOrNull,
    /// Text for people.
    Text,
    /// Text that is taken as it is, possibly empty.
    Verbatim,
    /// The path of a file beside this one.
    File,
    /// A glob, or a list of globs.
    Patterns,
    /// A quoted time of day.
    Time,
    /// A list of ISO weekdays.
    Weekdays,
    /// A mapping from parameter paths to operands.
    Params(Operand),
    /// A parameter path, or a list of them.
    Paths,
    /// A mapping with keys of its own.
    Table(&'static Table),
    /// A list of such mappings.
    Tables(&'static Table),
    /// Any mapping: the parameters of an action.
    Object,
    /// A quoted moment.
    Moment,
    /// `true` or `false`.
    Flag,
}

/// What a parameter is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operand {
    /// Any JSON value.
    Value,
    /// A number.
    Number,
    /// A text, a number or a boolean, or a list of those.
    Contains,
    /// A regular expression.
    Regex,
}

/// A closed set of words.
#[derive(Debug)]
pub(crate) struct Words {
    /// What they are, with the article.
    pub(crate) what: &'static str,
    pub(crate) list: &'static [Word],
}

/// One word.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) word: &'static str,
    /// What it means: a sentence without its full stop.
    pub(crate) doc: &'static str,
    /// Words that people write for it.
    pub(crate) aka: &'static [&'static str],
}

impl Table {
    /// The key of this name.
    pub(crate) fn find(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|k| k.name == name)
    }

    /// The names of its keys.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|k| k.name).collect()
    }

    /// This table and all below it, in the order of the documentation.
    pub(crate) fn all(&'static self) -> Vec<&'static Table> {
        let mut tables = vec![self];
        for key in self.keys {
            if let Shape::Table(t) | Shape::Tables(t) = key.shape {
                for below in t.all() {
                    if !tables.iter().any(|t| std::ptr::eq(*t, below)) {
                        tables.push(below);
                    }
                }
            }
        }
        tables
    }
}

impl Words {
    /// The words in order.
    pub(crate) fn words(&self) -> Vec<&'static str> {
        self.list.iter().map(|w| w.word).collect()
    }
}

impl Shape {
    /// What is expected, for messages: `takes …`.
    pub(crate) fn expected(self) -> String {
        match self {
            Self::Version => "the version `\"1\"`".into(),
            Self::Word(w) => w.what.into(),
            Self::Words(w) => format!("{} or a list of them", w.what),
            Self::Zone => "the name of a time zone".into(),
            Self::Name => "a name".into(),
            Self::NameOrNull => "the name of a rule, or `null`".into(),
            Self::Text | Self::Verbatim => "a text".into(),
            Self::File => "the path of a file".into(),
            Self::Patterns => "a pattern or a list of patterns".into(),
            Self::Time => "a quoted time, such as \"22:00\"".into(),
            Self::Weekdays => "a list of weekdays, such as `[1, 2, 3]`".into(),
            Self::Params(o) => format!("a mapping from parameters to {}", o.expected()),
            Self::Paths => "the name of a parameter or a list of names".into(),
            Self::Table(_) | Self::Object => "a mapping".into(),
            Self::Tables(t) => format!("a list, each item of which is {}", t.what),
            Self::Moment => "a quoted moment, such as \"2026-03-02T23:30:00Z\"".into(),
            Self::Flag => "`true` or `false`".into(),
        }
    }
}

impl Operand {
    /// What the parameters are compared with, in the plural.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Value => "values",
            Self::Number => "numbers",
            Self::Contains => "texts, numbers or booleans, or lists of them",
            Self::Regex => "regular expressions",
        }
    }
}

const fn key(
    name: &'static str,
    shape: Shape,
    doc: &'static str,
    example: &'static str,
    aka: &'static [&'static str],
) -> Key {
    Key {
        name,
        shape,
        required: false,
        doc,
        example,
        aka,
    }
}

const fn required(key: Key) -> Key {
    Key {
        required: true,
        ..key
    }
}

const fn word(word: &'static str, doc: &'static str, aka: &'static [&'static str]) -> Word {
    Word { word, doc, aka }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Approval, Effect, Risk};

    fn tables() -> Vec<&'static Table> {
        let mut all = POLICY.all();
        all.extend(SUITE.all());
        all
    }

    #[test]
    fn the_words_are_those_of_the_model() {
        assert_eq!(RISKS.words(), Risk::WORDS);
        assert_eq!(APPROVALS.words(), Approval::WORDS);
        assert_eq!(EFFECTS.words(), Effect::WORDS);
    }

    #[test]
    fn names_are_unique_and_explained() {
        for table in tables() {
            let mut names = table.names();
            for key in table.keys {
                assert!(
                    !key.doc.is_empty() && !key.doc.ends_with('.'),
                    "{}",
                    key.name
                );
                assert!(!key.example.is_empty(), "{}", key.name);
                assert!(
                    key.aka.iter().all(|a| !table.names().contains(a)),
                    "{}: a key of the table is no other word for {}",
                    table.name,
                    key.name
                );
            }
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.keys.len(), "{}", table.name);
        }
    }

    #[test]
    fn words_have_one_meaning() {
        for words in [&RISKS, &APPROVALS, &EFFECTS] {
            let mut all: Vec<&str> = words.words();
            all.extend(words.list.iter().flat_map(|w| w.aka));
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "{}", words.what);
        }
    }
}
