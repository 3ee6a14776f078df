//! A policy text with the places of its parts, and how it is laid out.

use std::ops::Range;

use aegis_diag::{Edit, SourceFile};
use aegis_policy::document;
use aegis_policy::model::{Checked, Rule};
use aegis_policy::outline::{Entry, Kind, Outline};

/// A policy text that can be changed.
#[derive(Debug)]
pub(crate) struct Sheet<'t> {
    pub(super) text: &'t str,
    pub(super) root: Outline,
    /// Where the conditions of each rule are written.
    pub(super) conditions: Vec<Vec<Option<Range<usize>>>>,
}

impl<'t> Sheet<'t> {
    /// The sheet of a text; `None` if it is no YAML.
    pub(crate) fn new(file: &'t SourceFile) -> Option<Self> {
        let source = document::source(&file.path, file.text.as_bytes()).ok()?;
        let root = document::parse(source).ok()?.outline()?;
        Some(Self {
            text: &file.text,
            root,
            conditions: Vec::new(),
        })
    }

    /// The sheet of a policy that was written in one file.
    pub(crate) fn of(checked: &'t Checked) -> Option<Self> {
        let [file] = checked.files() else { return None };
        let spans = |rule: &Rule| {
            let spans = rule.conditions.iter().map(|c| c.span.as_ref());
            spans.map(|span| span.map(|s| s.range.clone())).collect()
        };
        Some(Self {
            conditions: checked.rules().iter().map(spans).collect(),
            ..Self::new(file)?
        })
    }

    /// The text.
    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// The whole policy.
    pub(crate) fn root(&self) -> &Outline {
        &self.root
    }

    /// The list of rules.
    pub(super) fn rules(&self) -> Option<&Outline> {
        self.root.get("rules")
    }

    /// A rule that is written in its place, not as an alias.
    pub(super) fn rule(&self, number: usize) -> Option<&Outline> {
        let rule = self.rules()?.items().get(number)?;
        matches!(rule.kind, Kind::Map { .. }).then_some(rule)
    }

    /// A part of a rule by its keys.
    pub(super) fn part(&self, rule: usize, keys: &[&str]) -> Option<&Outline> {
        keys.iter()
            .try_fold(self.rule(rule)?, |part, key| part.get(key))
    }

    /// The line ending of the text.
    pub(super) fn newline(&self) -> &'static str {
        match self.text.contains("\r\n") {
            true => "\r\n",
            false => "\n",
        }
    }

    /// Where the line of an offset starts.
    pub(super) fn line_start(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or("");
        before.rfind('\n').map_or(0, |i| i + 1)
    }

    /// Where the line of an offset ends, without its line ending.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let after = self.text.get(at..).unwrap_or("");
        let line = after.split('\n').next().unwrap_or("");
        at + line.trim_end_matches('\r').len()
    }

    /// How many bytes of its line stand before an offset.
    pub(super) fn column(&self, at: usize) -> usize {
        at - self.line_start(at)
    }

    /// For an item of a block list: where its dash stands.
    pub(super) fn dash(&self, item: &Outline) -> Option<usize> {
        let before = self.text.get(..item.at.start)?;
        let dash = before.trim_end().len().checked_sub(1)?;
        (self.text.as_bytes().get(dash) == Some(&b'-')).then_some(dash)
    }

    /// An item of a block list with everything that belongs to it: the comments right above it, and
    /// the rest of its last line.
    pub(crate) fn chunk(&self, item: &Outline) -> Option<Range<usize>> {
        let dash = self.dash(item)?;
        let start = self.line_start(dash);
        if !self.text.get(start..dash)?.trim().is_empty() {
            return None;
        }
        Some(self.with_comments(dash..item.at.end.max(dash + 1)))
    }

    /// A part with the rest of its last line, and the comment lines right above it that are
    /// indented no less.
    pub(crate) fn with_comments(&self, part: Range<usize>) -> Range<usize> {
        let mut start = self.line_start(part.start);
        let column = part.start - start;
        while start > 0 {
            let above = self.line_start(start - 1);
            let line = self.text.get(above..start).unwrap_or("");
            let body = line.trim_start();
            if !body.starts_with('#') || line.len() - body.len() < column {
                break;
            }
            start = above;
        }
        // A block scalar ends behind its line ending.
        let behind = self.text.get(..part.end).is_some_and(|t| t.ends_with('\n'));
        let last = if behind { part.end - 1 } else { part.end };
        start..self.line_end(last)
    }

    /// The rest of a line behind an offset, if it is nothing but a comment or white space.
    pub(super) fn only_comment_after(&self, at: usize) -> bool {
        let rest = self.text.get(at..self.line_end(at)).unwrap_or("").trim();
        rest.is_empty() || rest.starts_with('#')
    }

    /// A text as a YAML scalar in the style of the one it replaces.
    pub(super) fn scalar_like(&self, old: &Outline, new: &str) -> String {
        let written = self.text.get(old.at.clone()).unwrap_or("");
        if written.starts_with('\'') && !new.contains('\'') && !new.contains(['\n', '\r']) {
            return format!("'{new}'");
        }
        if matches!(old.kind, Kind::Scalar { plain: true, .. }) && is_plain(new) {
            return new.to_owned();
        }
        quoted(new)
    }
}

/// Whether a text is the same text for every reader without quotes, wherever it stands.
fn is_plain(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let keyword = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(word)
        && !keyword.contains(&text.to_ascii_lowercase().as_str())
}

/// A text in double quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || aegis_policy::name::is_ignorable(c) => {
                out.push_str(&match u32::from(c) {
                    n @ 0..=0xffff => format!("\\u{n:04X}"),
                    n => format!("\\U{n:08X}"),
                });
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The text after the edits, which are sorted and do not overlap.
pub(crate) fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for edit in edits {
        out.push_str(text.get(done..edit.range.start)?);
        out.push_str(&edit.text);
        done = edit.range.end;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

/// One replacement.
pub(super) fn put(range: Range<usize>, text: impl Into<String>) -> Edit {
    let text = text.into();
    Edit { range, text }
}

/// The entry of a key of a mapping.
pub(super) fn entry<'o>(map: &'o Outline, key: &str) -> Option<&'o Entry> {
    map.entry(key)
}
