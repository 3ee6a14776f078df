//! Patterns on names.
//!
//! A pattern is made canonical like a name, then parsed. It matches the whole name: `*` is any run
//! of characters, empty ones and `/`, `:` and `.` included; `?` is one character; `[a-z]` one of a
//! set and `[!a-z]` or `[^a-z]` one outside it; `{a,b}` either, nested and empty branches included;
//! `\` takes the next character as it is.
//!
//! Braces are expanded, so a pattern is a list of alternatives without braces. That is what the
//! index of a policy and any analysis of it work on; each alternative also counts by itself where
//! it matters whether a name is spelled in ASCII.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use crate::name;

mod parse;
mod relate;

pub use relate::Meet;

/// A pattern expands to at most this many alternatives.
pub const MOST_ALTERNATIVES: usize = 1024;

/// And all its alternatives together have at most this many bytes.
pub const MOST_BYTES: usize = 1 << 16;

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: Box<str>,
    alternatives: Vec<Alternative>,
}

/// One way to take the braces of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Alternative {
    tokens: Vec<Token>,
}

/// A piece of an alternative. Literals are not empty and no two of them, and no two `Any`, follow
/// each other, so equal tokens mean equal spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    /// These characters.
    Literal(Box<str>),
    /// `*`: any run of characters, the empty one included.
    Any,
    /// `?`: one character.
    One,
    /// `[...]`: one character inside, or outside, of a set.
    Set(Set),
}

/// A set of characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set {
    /// Whether it means every character outside.
    pub negated: bool,
    /// Its ranges, both ends included, in order and not overlapping.
    pub ranges: Vec<(char, char)>,
}

/// Why a pattern is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GlobError {
    /// The bytes of the pattern as written that it is about; all of them where the canonical form
    /// of the pattern leaves no closer place.
    pub at: Range<usize>,
    /// What is wrong with it.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Set {
    /// Whether the set contains a character.
    #[must_use]
    pub fn contains(&self, c: char) -> bool {
        let inside = self.ranges.iter().any(|&(low, high)| low <= c && c <= high);
        inside != self.negated
    }
}

impl Alternative {
    /// Its tokens.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether it is spelled in ASCII only: no character beyond is written in it. It may still
    /// match such characters, with `*`, `?` or a negated set.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.tokens.iter().all(|token| match token {
            Token::Literal(text) => text.is_ascii(),
            Token::Set(set) => set
                .ranges
                .iter()
                .all(|(low, high)| low.is_ascii() && high.is_ascii()),
            Token::Any | Token::One => true,
        })
    }

    /// Whether it matches every name.
    #[must_use]
    pub fn is_universal(&self) -> bool {
        self.tokens == [Token::Any]
    }

    /// The longest of its literals in bytes, the first of several.
    #[must_use]
    pub fn longest_literal(&self) -> Option<&str> {
        let literals = self.tokens.iter().filter_map(|token| match token {
            Token::Literal(text) => Some(&**text),
            _ => None,
        });
        literals.reduce(|best, next| if next.len() > best.len() { next } else { best })
    }

    /// Whether it matches a canonical name.
    ///
    /// On a mismatch it goes back to the last `*` only, which is enough because an earlier one
    /// never needs to take more. Time is at most the product of the lengths.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let mut tokens = self.tokens.as_slice();
        let mut rest = name;
        let mut back: Option<(&[Token], &str)> = None;
        loop {
            let step = match tokens.split_first() {
                Some((Token::Any, after)) => {
                    if after.is_empty() {
                        return true;
                    }
                    back = Some((after, rest));
                    tokens = after;
                    continue;
                }
                Some((token, after)) => token.step(rest).map(|rest| (after, rest)),
                None if rest.is_empty() => return true,
                None => None,
            };
            if let Some((after, left)) = step {
                (tokens, rest) = (after, left);
                continue;
            }
            let Some((after_star, from)) = back else {
                return false;
            };
            let Some(from) = next_start(after_star, from) else {
                return false;
            };
            back = Some((after_star, from));
            (tokens, rest) = (after_star, from);
        }
    }
}

/// Where the tokens after a `*` may start next, beyond the first character of `from`.
fn next_start<'n>(after_star: &[Token], from: &'n str) -> Option<&'n str> {
    let mut chars = from.chars();
    chars.next()?;
    let from = chars.as_str();
    match after_star.first() {
        Some(Token::Literal(text)) => from.find(&**text).and_then(|at| from.get(at..)),
        _ => Some(from),
    }
}

impl Token {
    /// Takes what this token, which is not `*`, matches off the front of a name.
    fn step<'n>(&self, name: &'n str) -> Option<&'n str> {
        if let Self::Literal(text) = self {
            return name.strip_prefix(&**text);
        }
        let mut chars = name.chars();
        let c = chars.next()?;
        let fits = match self {
            Self::Set(set) => set.contains(c),
            _ => true,
        };
        fits.then_some(chars.as_str())
    }
}

impl Glob {
    /// Parses a pattern.
    ///
    /// # Errors
    /// An empty pattern, a bracket or brace without its partner, `{}`, an empty set, a range that
    /// runs backwards, a backslash at the end, and a pattern that expands to too much.
    pub fn parse(pattern: &str) -> Result<Self, GlobError> {
        let text = name::canonical(pattern);
        let alternatives = parse::alternatives(&text).map_err(|error| {
            let at = parse::place(pattern, &text, error.at);
            GlobError { at, ..error }
        })?;
        Ok(Self {
            text: text.into(),
            alternatives,
        })
    }

    /// The canonical text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The alternatives; at least one, none twice, in the order of the braces.
    #[must_use]
    pub fn alternatives(&self) -> &[Alternative] {
        &self.alternatives
    }

    /// The same, for who needs nothing else of it.
    #[must_use]
    pub fn into_alternatives(self) -> Vec<Alternative> {
        self.alternatives
    }

    /// Whether it matches a canonical name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.alternatives
            .iter()
            .any(|alternative| alternative.matches(name))
    }

    /// Whether it matches a canonical name through an alternative that spells characters beyond
    /// ASCII.
    #[must_use]
    pub fn matches_spelled(&self, name: &str) -> bool {
        let spelled = self
            .alternatives
            .iter()
            .filter(|alternative| !alternative.is_ascii());
        spelled
            .into_iter()
            .any(|alternative| alternative.matches(name))
    }
}

impl fmt::Display for Alternative {
    /// A pattern without braces that parses to this alternative; `{,}` stands for the empty one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tokens.is_empty() {
            return f.write_str("{,}");
        }
        for token in &self.tokens {
            match token {
                Token::Literal(text) => {
                    for c in text.chars() {
                        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | ',' | '\\') {
                            f.write_str("\\")?;
                        }
                        write!(f, "{c}")?;
                    }
                }
                Token::Any => f.write_str("*")?,
                Token::One => f.write_str("?")?,
                Token::Set(set) => write!(f, "{set}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.negated { "[!" } else { "[" })?;
        let member = |f: &mut fmt::Formatter<'_>, c: char| {
            if matches!(c, ']' | '[' | '!' | '^' | '-' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")
        };
        for &(low, high) in &self.ranges {
            member(f, low)?;
            if low != high {
                f.write_str("-")?;
                member(f, high)?;
            }
        }
        f.write_str("]")
    }
}

/// Whether a pattern matches a canonical name, worked out in the plainest way from the text of the
/// pattern: without expanding braces, without an index, in no hurry. It is what the matcher and the
/// index of a compiled policy are tested against.
///
/// # Errors
/// As [`Glob::parse`], but without its bounds.
pub fn reference(pattern: &str, name: &str) -> Result<bool, GlobError> {
    let text = name::canonical(pattern);
    let nodes = parse::nodes(&text)?;
    let chars: Vec<char> = name.chars().collect();
    let ends = parse::ends(&nodes, &chars, &BTreeSet::from([0]));
    Ok(ends.contains(&chars.len()))
}

#[cfg(test)]
mod tests;
