//! Regular expressions of `param_matches`: linear time, bounded size.
//!
//! The engine guarantees time linear in the text for every pattern; what would need more, such as
//! look-around and back-references, is no part of the language. Matching is unanchored.
//!
//! Building an engine takes much longer than reading a pattern, and so does putting together the
//! characters that `\w` stands for; and most rules of a policy are not asked most of the time. So a
//! pattern whose engine is certain to stay within the bound (`size`) is built when it is first
//! asked; one for which that is not certain is built at once, and refused if it does not fit.
//! Either way a pattern that was accepted can be built.

mod engine;
mod size;

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use regex_syntax::ast;
use regex_syntax::hir::Hir;

use engine::{COMPILED_BYTES, Engine};

/// Groups may be nested this deep.
const NESTING: u32 = 100;

/// A regular expression that can be compiled within the bound.
pub struct Regex {
    /// `None` if it could not be built after all.
    engine: OnceLock<Option<Engine>>,
    text: Box<str>,
    /// What the pattern takes at most when it is built.
    bytes: usize,
}

/// Why a pattern is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RegexError {
    /// What is wrong with it.
    pub message: String,
    /// The bytes of the pattern it is about; `None` if it is about the whole.
    pub at: Option<Range<usize>>,
}

impl Regex {
    /// The pattern as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches anywhere in the text; `None` if that cannot be told, because the engine
    /// could not be built although nothing was found against the pattern.
    ///
    /// The first call builds the engine, which allocates.
    #[must_use]
    pub fn is_match(&self, text: &str) -> Option<bool> {
        self.engine().map(|engine| engine.is_match(text))
    }

    /// About how many bytes it takes in memory; before it is built, at most how many.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        match self.engine.get() {
            Some(Some(engine)) => engine.memory_usage(),
            Some(None) => 0,
            None => self.bytes,
        }
    }

    /// Builds it now if it is not built yet, so that [`memory_usage`](Self::memory_usage) is exact.
    pub fn build(&self) {
        let _ = self.engine();
    }

    fn engine(&self) -> Option<&Engine> {
        let build = || Engine::new(&parse(&self.text).ok()?);
        self.engine.get_or_init(build).as_ref()
    }
}

impl fmt::Debug for Regex {
    /// An engine shows as pages of states.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Regex").field(&self.text).finish()
    }
}

/// Compiles a pattern: Unicode classes, unanchored, case sensitive unless it says `(?i)`.
///
/// # Errors
/// What is not a regular expression, needs look-around or back-references, is nested too deeply, or
/// becomes too large.
pub fn compile(text: &str) -> Result<Regex, RegexError> {
    let ast = parser()
        .parse(text)
        .map_err(|error| syntax_error(&error.into()))?;
    let bound = size::most_bytes(text, &ast).filter(|bytes| *bytes <= COMPILED_BYTES);
    let regex = Regex {
        engine: OnceLock::new(),
        text: text.into(),
        bytes: bound.unwrap_or(COMPILED_BYTES),
    };
    if bound.is_none() {
        let engine = Engine::new(&parse(text)?).ok_or_else(too_large)?;
        let _ = regex.engine.set(Some(engine));
    }
    Ok(regex)
}

/// Reads the syntax alone, without putting together what the classes stand for.
fn parser() -> ast::parse::Parser {
    ast::parse::ParserBuilder::new().nest_limit(NESTING).build()
}

fn parse(text: &str) -> Result<Hir, RegexError> {
    let mut parser = regex_syntax::ParserBuilder::new()
        .nest_limit(NESTING)
        .build();
    parser.parse(text).map_err(|error| syntax_error(&error))
}

fn syntax_error(error: &regex_syntax::Error) -> RegexError {
    let (message, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), Some(error.span())),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), Some(error.span())),
        other => (other.to_string(), None),
    };
    RegexError {
        message,
        at: span.map(|span| span.start.offset..span.end.offset),
    }
}

fn too_large() -> RegexError {
    RegexError {
        message: format!("too large: it would take more than {COMPILED_BYTES} bytes when compiled"),
        at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching_is_unanchored_and_knows_unicode() {
        for (pattern, text, want) in [
            ("drop", "x; drop table", true),
            ("^drop", "x; drop table", false),
            ("(?i)drop", "DROP", true),
            ("drop", "DROP", false),
            (r"^\w+$", "größe", true),
            (r"\d", "٣", true),
            (r"(?i)\bdrop\s+table\b", "x DROP\n table y", true),
            ("a.b", "a\nb", false),
            ("", "", true),
        ] {
            assert_eq!(
                compile(pattern).expect(pattern).is_match(text),
                Some(want),
                "{pattern} {text}"
            );
        }
        assert_eq!(compile("a+").expect("regex").text(), "a+");
    }

    #[test]
    fn time_is_linear() {
        let text = "a".repeat(200_000);
        for pattern in ["(a+)+$b", "(a|aa)+$b"] {
            let found = compile(pattern).expect("regex").is_match(&text);
            assert_eq!(found, Some(false));
        }
    }

    #[test]
    fn the_whole_text_is_searched() {
        let text = format!("{}needle", "x".repeat(1 << 20));
        for pattern in ["needle", "n[e]+dle$"] {
            assert_eq!(compile(pattern).expect("regex").is_match(&text), Some(true));
        }
    }

    #[test]
    fn mistakes_have_a_place() {
        for (pattern, at, message) in [
            ("a(b", Some(1..2), "unclosed group"),
            ("a)b", Some(1..2), "unopened group"),
            ("[a", Some(0..1), "unclosed character class"),
            ("*a", Some(0..0), "repetition operator missing expression"),
            (
                "(?=a)",
                Some(0..3),
                "look-around, including look-ahead and look-behind, is not supported",
            ),
            (r"(a)\1", Some(3..5), "backreferences are not supported"),
            (r"\p{Nope}", Some(0..8), "Unicode property not found"),
        ] {
            let error = compile(pattern).expect_err(pattern);
            assert_eq!(
                (error.at, error.message.as_str()),
                (at, message),
                "{pattern}"
            );
        }
    }

    #[test]
    fn size_is_bounded() {
        let error = compile(r"(\w{1000}){1000}").expect_err("too large");
        assert_eq!(
            error.message,
            "too large: it would take more than 2097152 bytes when compiled"
        );
        assert!(compile(&"(".repeat(10_000)).is_err());
        assert!(compile(&format!("{}a{}", "(".repeat(1_000), ")".repeat(1_000))).is_err());
    }
}
