//! Regular expressions of `param_matches`: linear time, bounded size.
//!
//! The engine guarantees time linear in the text for every pattern; what would need more, such as
//! look-around and back-references, is no part of the language. Matching is unanchored.

use std::ops::Range;

use regex_automata::meta;
use regex_automata::util::syntax;

/// The compiled form of one pattern may take this many bytes.
const COMPILED_BYTES: usize = 2 << 20;

/// And its lazily built automaton this many per thread that uses it at the same time.
const CACHE_BYTES: usize = 1 << 20;

/// Groups may be nested this deep.
const NESTING: u32 = 100;

/// A compiled regular expression.
#[derive(Debug, Clone)]
pub struct Regex {
    engine: meta::Regex,
    text: Box<str>,
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

    /// Whether it matches anywhere in the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.engine.is_match(text)
    }

    /// About how many bytes it takes in memory.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        self.engine.memory_usage()
    }
}

/// Compiles a pattern: Unicode classes, unanchored, case sensitive unless it says `(?i)`.
///
/// # Errors
/// What is not a regular expression, needs look-around or back-references, is nested too deeply, or
/// becomes too large.
pub fn compile(text: &str) -> Result<Regex, RegexError> {
    let mut parser = regex_syntax::ParserBuilder::new()
        .nest_limit(NESTING)
        .build();
    let hir = parser.parse(text).map_err(|error| syntax_error(&error))?;
    let config = meta::Config::new()
        .nfa_size_limit(Some(COMPILED_BYTES))
        .hybrid_cache_capacity(CACHE_BYTES);
    let engine = meta::Builder::new()
        .configure(config)
        .syntax(syntax::Config::new())
        .build_from_hir(&hir)
        .map_err(|error| build_error(&error))?;
    Ok(Regex {
        engine,
        text: text.into(),
    })
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

fn build_error(error: &meta::BuildError) -> RegexError {
    let message = match error.size_limit() {
        Some(limit) => format!("too large: it would take more than {limit} bytes when compiled"),
        None => error.to_string(),
    };
    RegexError { message, at: None }
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
                want,
                "{pattern} {text}"
            );
        }
        assert_eq!(compile("a+").expect("regex").text(), "a+");
    }

    #[test]
    fn time_is_linear() {
        let text = "a".repeat(200_000);
        assert!(!compile("(a+)+$b").expect("regex").is_match(&text));
        assert!(!compile("(a|aa)+$b").expect("regex").is_match(&text));
    }

    #[test]
    fn the_whole_text_is_searched() {
        let text = format!("{}needle", "x".repeat(1 << 20));
        assert!(compile("needle").expect("regex").is_match(&text));
        assert!(compile("n[e]+dle$").expect("regex").is_match(&text));
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
