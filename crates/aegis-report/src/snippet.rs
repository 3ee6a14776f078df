//! Remarks as source snippets, drawn by annotate-snippets.
//!
//! The drawing gets a small copy of the lines it needs, cleaned of control characters, so that its
//! cost does not depend on the size of the file and nothing in a file can reach the terminal.

use std::collections::BTreeMap;
use std::ops::Range;

use aegis_diag::{Label, SourceFile};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::remark::{Loudness, Remark};
use crate::{Options, clean};

/// Longest message, label, note or help in characters.
const TEXT: usize = 600;

/// The remark: title, snippets, notes and help. No line ending at the end.
pub(crate) fn render(remark: &Remark<'_>, options: &Options) -> String {
    let width = options.width.clamp(60, 400);
    let renderer = if options.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(width).hyperlink(false);
    renderer.render(&[group(remark, width)])
}

fn group(remark: &Remark<'_>, width: usize) -> Group<'static> {
    let title = level(remark)
        .primary_title(clean::short(remark.message, TEXT))
        .id(remark.id.to_owned());
    let mut group = Group::with_title(title).elements(
        windows(remark, width)
            .iter()
            .map(|window| window.snippet(width)),
    );
    for note in remark.notes {
        group = group.element(Level::NOTE.message(clean::cut(&clean::block(note), TEXT)));
    }
    match remark.help {
        Some(help) => group.element(Level::HELP.message(clean::cut(&clean::block(help), TEXT))),
        None => group,
    }
}

fn level(remark: &Remark<'_>) -> Level<'static> {
    let level = match remark.loudness {
        Loudness::Error => Level::ERROR,
        Loudness::Warning => Level::WARNING,
        Loudness::Note => Level::NOTE,
    };
    level.with_name(remark.word.to_owned())
}

/// A label on one line of a file.
struct Mark<'a> {
    file: &'a SourceFile,
    cell: Option<u32>,
    line: u32,
    /// Characters of the line.
    columns: Range<usize>,
    text: String,
    primary: bool,
}

impl<'a> Mark<'a> {
    /// Of a span over several lines only the part on its first line is marked.
    fn new(label: &'a Label, primary: bool, reach: usize) -> Self {
        let (start, end) = (label.span.start(), label.span.end());
        let file = &*label.span.file;
        let line = file.line(start.line).trim_end();
        let first = start.column.saturating_sub(1) as usize;
        let last = match end.line == start.line {
            true => end.column.saturating_sub(1) as usize,
            false => line.chars().count(),
        };
        Self {
            file,
            cell: start.cell.map(|(cell, _)| cell),
            line: start.line,
            columns: first..last.clamp(first, first + reach),
            text: clean::short(&label.text, TEXT),
            primary,
        }
    }

    fn kind(&self) -> AnnotationKind {
        if self.primary {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        }
    }
}

/// Marks that are drawn together: same file, same cell, and near enough to fit side by side.
struct Window<'a> {
    marks: Vec<Mark<'a>>,
    columns: Range<usize>,
}

fn windows<'a>(remark: &Remark<'a>, width: usize) -> Vec<Window<'a>> {
    let reach = width - 30;
    let mut windows: Vec<Window<'_>> = Vec::new();
    let related = remark
        .related
        .iter()
        .map(|label| Mark::new(label, false, reach));
    for mark in std::iter::once(Mark::new(remark.primary, true, reach)).chain(related) {
        match windows.iter_mut().find(|window| window.takes(&mark, reach)) {
            Some(window) => {
                window.columns = window.joined(&mark);
                window.marks.push(mark);
            }
            None => windows.push(Window {
                columns: mark.columns.clone(),
                marks: vec![mark],
            }),
        }
    }
    windows
}

impl Window<'_> {
    fn joined(&self, mark: &Mark<'_>) -> Range<usize> {
        self.columns.start.min(mark.columns.start)..self.columns.end.max(mark.columns.end)
    }

    fn takes(&self, mark: &Mark<'_>, reach: usize) -> bool {
        self.marks
            .first()
            .is_some_and(|m| m.file.path == mark.file.path && m.cell == mark.cell)
            && self.joined(mark).len() <= reach
    }

    fn snippet(&self, width: usize) -> Snippet<'static, Annotation<'static>> {
        let lines = self.marks.iter().map(|m| m.line);
        let (first, last) = (lines.clone().min().unwrap_or(1), lines.max().unwrap_or(1));
        let mut source = String::new();
        let mut starts = BTreeMap::new();
        for line in first..=last {
            starts.insert(line, source.len());
            // Lines further away are folded; empty ones stand for them.
            if let Some(mark) = self.marks.iter().find(|m| m.line.abs_diff(line) <= 1) {
                source += &clean::source(mark.file.line(line), self.columns.end + 2 * width);
            }
            source.push('\n');
        }
        let annotations: Vec<_> = self
            .marks
            .iter()
            .map(|mark| {
                let start = starts.get(&mark.line).copied().unwrap_or(0);
                let text = source
                    .get(start..)
                    .and_then(|rest| rest.lines().next())
                    .unwrap_or("");
                let span = start + offset(text, mark.columns.start)
                    ..start + offset(text, mark.columns.end);
                mark.kind().span(span).label(mark.text.clone())
            })
            .collect();
        let (path, first) = self.origin(first);
        Snippet::source(source)
            .line_start(first)
            .path(path)
            .annotations(annotations)
    }

    /// What is shown as the path, and the number of a line in it.
    fn origin(&self, line: u32) -> (String, usize) {
        let Some(mark) = self.marks.first() else {
            return (String::new(), line as usize);
        };
        let path = clean::line(&mark.file.path);
        match mark
            .file
            .cells
            .as_ref()
            .and_then(|cells| cells.locate(line))
        {
            Some((cell, in_cell, _)) => (format!("{path}:cell {cell}"), in_cell as usize),
            None => (path.into_owned(), line as usize),
        }
    }
}

/// The byte offset of a character.
fn offset(text: &str, column: usize) -> usize {
    text.char_indices()
        .nth(column)
        .map_or(text.len(), |(offset, _)| offset)
}

#[cfg(test)]
mod tests {
    use aegis_diag::{Finding, Span};

    use super::*;
    use crate::samples::{LLM, file, notebook};

    /// The drawing library has asserts of its own, so every range of a nasty text is tried.
    #[test]
    fn every_span_is_drawn_at_its_place() {
        let text = "é\t😀x\r\n\r\u{200d}\n  y\x1b \n\n";
        for source in [file("a.py", text), file("a.py", ""), notebook()] {
            for (start, end) in pairs(source.text.len().min(30)) {
                let span = Span::new(source.clone(), start..end);
                let rest = Span::new(source.clone(), end..source.text.len());
                let finding = Finding::at(&LLM, span.clone(), "m", "here").because(rest, "there");
                let out = render(&(&finding).into(), &Options::default());
                // Within a line ending, or within a character, there is no exact place.
                let exact = source.text.get(..start).is_some_and(|t| !t.ends_with('\r'))
                    && !source.text[start..].starts_with(['\r', '\n']);
                if exact {
                    assert!(out.contains(&format!("--> {}\n", span.locator())), "{out}");
                }
            }
        }
    }

    fn pairs(most: usize) -> impl Iterator<Item = (usize, usize)> {
        (0..=most).flat_map(move |start| (start..=most).map(move |end| (start, end)))
    }
}
