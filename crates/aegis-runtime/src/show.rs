//! Text from agents, made harmless for people's eyes and terminals.

use std::fmt::Write as _;

use aegis_policy::name::is_ignorable;

/// A text with everything spelled out that does not show, turns the direction of reading, or
/// reaches into a terminal. Nothing else is changed, and it stays one line.
#[must_use]
pub fn neutral(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_ignorable(c) || matches!(c, '\u{2028}' | '\u{2029}') {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// At most so many characters; what is left out is counted.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => {
            let (kept, rest) = text.split_at_checked(at).unwrap_or((text, ""));
            format!("{kept}... ({} more characters)", rest.chars().count())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_or_escapes() {
        assert_eq!(
            neutral("a\u{1b}[2J\n\u{202e}b\u{200b}é"),
            "a\\u{1b}[2J\\n\\u{202e}b\\u{200b}é"
        );
        assert_eq!(cut("abcdef", 3), "abc... (3 more characters)");
        assert_eq!(cut("äbc", 3), "äbc");
    }
}
