//! Mistakes in a settings file, with their place.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aegis_diag::{SourceFile, Span};
use aegis_policy::problem::Problem;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::words;

/// A mistake in a settings file: what, where, and what to write instead.
#[derive(Debug)]
pub(super) struct Mistake {
    file: Arc<SourceFile>,
    at: Range<usize>,
    message: String,
    help: Option<String>,
}

impl Mistake {
    pub(super) fn new(file: &Arc<SourceFile>, error: &serde_saphyr::Error) -> Self {
        let (message, help) = explain(error);
        Self {
            file: Arc::clone(file),
            at: range(file, error),
            message,
            help,
        }
    }

    /// The mistake as a problem among others.
    pub(super) fn problem(self) -> Problem {
        let problem = Problem::error("settings", Span::new(self.file, self.at), self.message);
        match self.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    }
}

impl std::error::Error for Mistake {}

impl fmt::Display for Mistake {
    /// The message, then the place with the line underlined.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snippet = Snippet::source(self.file.text.as_str())
            .path(self.file.path.as_str())
            .annotation(AnnotationKind::Primary.span(self.at.clone()));
        let group = Level::ERROR
            .primary_title(self.message.as_str())
            .element(snippet);
        let group = match &self.help {
            Some(help) => group.element(Level::HELP.message(help.as_str())),
            None => group,
        };
        let drawn = Renderer::plain().render(&[group]).to_string();
        f.write_str(drawn.strip_prefix("error: ").unwrap_or(&drawn))
    }
}

/// Where the mistake is: the word that starts there.
fn range(file: &SourceFile, error: &serde_saphyr::Error) -> Range<usize> {
    let location = error.location();
    let line = location
        .and_then(|l| u32::try_from(l.line()).ok())
        .unwrap_or(1)
        .max(1);
    let column = location
        .and_then(|l| usize::try_from(l.column()).ok())
        .unwrap_or(1)
        .max(1);
    let start = file.line_start(line).unwrap_or(file.text.len());
    let rest = file.line(line);
    let before = rest
        .char_indices()
        .nth(column - 1)
        .map_or(rest.len(), |(i, _)| i);
    let word = rest.get(before..).unwrap_or("");
    let end = match word.chars().next() {
        Some(quote @ ('"' | '\'')) => word
            .get(1..)
            .and_then(|w| w.find(quote))
            .map_or(word.len(), |i| i + 2),
        _ => word
            .find([':', ',', ']', '}', '#', ' '])
            .filter(|&i| i > 0)
            .unwrap_or(word.len()),
    };
    start + before..start + before + end
}

/// What is wrong, and what to do.
fn explain(error: &serde_saphyr::Error) -> (String, Option<String>) {
    use serde_saphyr::Error as E;
    let (message, help): (String, Option<&str>) = match error {
        E::AliasError { error, .. } | E::WithSnippet { error, .. } => return explain(error),
        E::SerdeUnknownField {
            field: word,
            expected,
            ..
        } => {
            return (
                format!("key `{word}` is not known here"),
                Some(advice(word, expected)),
            );
        }
        E::SerdeUnknownVariant {
            variant: word,
            expected,
            ..
        } => {
            return (
                format!("`{word}` is not known here"),
                Some(advice(word, expected)),
            );
        }
        E::DuplicateMappingKey { key: Some(key), .. } => (
            format!("key `{key}` is written twice"),
            Some("keep one of the two"),
        ),
        E::SerdeInvalidType {
            unexpected,
            expected,
            ..
        }
        | E::SerdeInvalidValue {
            unexpected,
            expected,
            ..
        } => (format!("expected {expected}, found {unexpected}"), None),
        E::Unexpected {
            expected: "mapping start",
            ..
        } => (
            "expected a mapping".into(),
            Some("write `key: value` lines, further to the right"),
        ),
        E::Unexpected {
            expected: "sequence start",
            ..
        } => (
            "expected a list".into(),
            Some("put it in brackets: `[one, two]`"),
        ),
        E::Unexpected {
            expected: "string scalar",
            ..
        }
        | E::NullIntoString { .. } => ("expected a word or text".into(), None),
        E::InvalidScalar { .. } => ("expected a whole number".into(), None),
        E::InvalidBooleanStrict { .. } => ("expected `true` or `false`".into(), None),
        E::MultipleDocuments { .. } => (
            "a second document starts here".into(),
            Some("keep one document in the file"),
        ),
        E::Message { msg, .. } => match msg.split_once("; ") {
            Some((message, help)) => (message.to_owned(), Some(help)),
            None => (msg.clone(), None),
        },
        other => {
            let text = other.to_string();
            (
                text.split(" at line ").next().unwrap_or(&text).to_owned(),
                None,
            )
        }
    };
    (message, help.map(str::to_owned))
}

fn advice(word: &str, expected: &[&'static str]) -> String {
    let known = format!(
        "known are {}",
        words::either(expected).replace(" or ", " and ")
    );
    words::did_you_mean(word, expected.iter().copied(), &known)
}
