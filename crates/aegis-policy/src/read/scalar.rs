//! Words, names, patterns, texts, flags and the version.

use crate::clock;
use crate::glob::Glob;
use crate::keys::{Word, Words};
use crate::name;
use crate::problem::{Problem, invisible, shown};
use crate::tree::{Node, Style, View};
use crate::words::nearest;

use super::suggest::{listed, same};
use super::{Read, Reader, Slot};

/// The longest name of a rule, in characters.
const MAX_NAME: usize = 200;

impl Reader<'_> {
    pub(super) fn version(&mut self, slot: Slot<'_>) -> Option<Read> {
        let Some(text) = slot.node.text() else {
            self.wrong_type(slot, slot.node);
            return None;
        };
        if text == "1" {
            return Some(Read::Version);
        }
        let message = format!("version `{}` is not known to this release", shown(text));
        let problem = self
            .error("unknown-version", slot.node, message)
            .label("expected \"1\"")
            .help("write `version: \"1\"`");
        self.push(problem);
        None
    }

    pub(super) fn word(
        &mut self,
        slot: Slot<'_>,
        words: &'static Words,
        node: Node<'_>,
    ) -> Option<usize> {
        let text = match node.view() {
            View::Scalar(text, _) => text,
            View::Refused => return None,
            View::List(_) | View::Map(_) => {
                self.wrong_type(slot, node);
                return None;
            }
        };
        if let Some(i) = words.list.iter().position(|w| w.word == text) {
            return Some(i);
        }
        let message = format!("`{}` is not {}", shown(text), words.what);
        let problem = self
            .error("unknown-word", node, message)
            .label(format!("expected {}", listed(&words.words())));
        let problem = match words.meant(text) {
            Some(word) => problem.help(format!("did you mean `{word}`?")),
            None => problem,
        };
        self.push(problem);
        None
    }

    pub(super) fn words(&mut self, slot: Slot<'_>, words: &'static Words) -> Option<Read> {
        let items = self.one_or_more(slot)?;
        let mut out = Vec::new();
        let count = items.len();
        for item in items {
            if let Some(word) = self.word(slot, words, item) {
                out.push((word, item.at()));
            }
        }
        (out.len() == count).then_some(Read::Words(out))
    }

    pub(super) fn flag(&mut self, slot: Slot<'_>) -> Option<bool> {
        match slot.node.view() {
            View::Scalar("true", Style::Plain) => Some(true),
            View::Scalar("false", Style::Plain) => Some(false),
            _ => {
                self.wrong_type(slot, slot.node);
                None
            }
        }
    }

    pub(super) fn zone(&mut self, slot: Slot<'_>) -> Option<Box<str>> {
        let text = self.text(slot, slot.node)?;
        if clock::zone_known(text) {
            return Some(text.into());
        }
        let message = format!("`{}` is not the name of a time zone", shown(text));
        let problem = self
            .error("unknown-timezone", slot.node, message)
            .label("expected an IANA name, such as `Europe/Berlin` or `UTC`");
        let problem = match nearest_zone(text) {
            _ if text.contains('+') || text.contains(|c: char| c.is_ascii_digit()) => {
                problem.help("an offset is not a zone: name a place, such as `Europe/Berlin`")
            }
            Some(zone) => problem.help(format!("did you mean `{zone}`?")),
            None => problem,
        };
        self.push(problem);
        None
    }

    /// A name that people quote: one line, nothing that does not show.
    pub(super) fn name(&mut self, slot: Slot<'_>) -> Option<Box<str>> {
        let text = self.text(slot, slot.node)?;
        let why = if text.trim().is_empty() {
            "a name cannot be empty"
        } else if text.trim() != text {
            "a name has no space at its ends"
        } else if text.chars().any(invisible) {
            "a name has only characters that show"
        } else if text.chars().count() > MAX_NAME {
            "a name has at most 200 characters"
        } else if self.folded(slot.node) {
            "a name is written on one line"
        } else {
            return Some(text.into());
        };
        let problem = self
            .error("bad-name", slot.node, why)
            .label(format!("`{}`", shown(text)));
        self.push(problem);
        None
    }

    /// Text for people: not empty, and nothing that would reach into a terminal.
    pub(super) fn prose(&mut self, slot: Slot<'_>) -> Option<Box<str>> {
        let text = self.text(slot, slot.node)?;
        let hidden = |c: char| {
            invisible(c) && !matches!(c, '\n' | '\t' | '\u{200c}' | '\u{200d}' | '\u{fe0f}')
        };
        let message = if text.trim().is_empty() {
            format!("`{}` is empty", slot.key.name)
        } else if let Some(c) = text.chars().find(|c| hidden(*c)) {
            format!(
                "`{}` has the character U+{:04X}, which does not show",
                slot.key.name,
                u32::from(c)
            )
        } else {
            return Some(text.into());
        };
        let problem = self.error("bad-text", slot.node, message);
        self.push(problem.help("leave the key out if it is to say nothing"));
        None
    }

    pub(super) fn patterns(&mut self, slot: Slot<'_>) -> Option<Read> {
        let items = self.one_or_more(slot)?;
        let mut out = Vec::new();
        let count = items.len();
        for item in items {
            if let Some(pattern) = self.pattern(slot, item) {
                out.push((pattern, item.at()));
            }
        }
        (out.len() == count).then_some(Read::Patterns(out))
    }

    fn pattern(&mut self, slot: Slot<'_>, node: Node<'_>) -> Option<Box<str>> {
        if let (View::List(_), false) = (node.view(), node.at() == slot.node.at()) {
            let problem = self
                .error("wrong-type", node, "a list of patterns holds no list")
                .label("expected a pattern")
                .help("a pattern with brackets is quoted: \"[ab]*\"");
            self.push(problem);
            return None;
        }
        let text = self.text(slot, node)?;
        if self.folded(node) {
            let problem = self
                .error("bad-pattern", node, "a pattern is written on one line")
                .label("the lines are read as one text")
                .help("for several patterns write a list: [\"read*\", \"list*\"]");
            self.push(problem);
            return None;
        }
        if name::canonical(text).is_empty() {
            let problem = self
                .error("bad-pattern", node, "an empty pattern matches nothing")
                .help("write \"*\" for everything, or leave the key out");
            self.push(problem);
            return None;
        }
        let error = match Glob::parse(text) {
            Ok(_) => return Some(text.into()),
            Err(error) => error,
        };
        let at = self.span(self.inside(node, error.at));
        let message = format!("`{}` is not a pattern: {}", shown(text), error.message);
        let mut problem = Problem::error("bad-pattern", at, message);
        if let Some(origin) = node.origin() {
            problem = problem.because(self.span(origin), "the alias stands for this");
        }
        problem.help = error.help;
        self.push(problem);
        None
    }

    /// Whether an unquoted text goes over several lines, which are joined by spaces.
    fn folded(&self, node: Node<'_>) -> bool {
        matches!(node.view(), View::Scalar(_, Style::Plain))
            && self
                .file
                .text
                .get(node.origin().unwrap_or_else(|| node.at()))
                .is_some_and(|written| written.contains(['\n', '\r']))
    }
}

impl Words {
    /// The word that was meant by a wrong one: another spelling, another word, or the nearest.
    fn meant(&self, text: &str) -> Option<&'static str> {
        let is = |w: &&Word| same(w.word, text) || w.aka.iter().any(|a| same(a, text));
        if let Some(word) = self.list.iter().find(is) {
            return Some(word.word);
        }
        let words = self
            .list
            .iter()
            .flat_map(|w| std::iter::once(&w.word).chain(w.aka));
        let near = nearest(text, words.copied())?;
        let is = |w: &&Word| w.word == near || w.aka.contains(&near);
        self.list.iter().find(is).map(|w| w.word)
    }
}

/// The zone that was meant: by its city, or by its spelling.
fn nearest_zone(text: &str) -> Option<&'static str> {
    let city = text.rsplit('/').next().unwrap_or(text).replace(' ', "_");
    let of_city = |zone: &&str| {
        zone.rsplit('/')
            .next()
            .is_some_and(|last| last.eq_ignore_ascii_case(&city))
    };
    clock::zone_names()
        .find(of_city)
        .or_else(|| nearest(text, clock::zone_names()))
}
