//! Neutralises text of scanned files: no terminal escape, no control character and no invisible
//! direction mark gets through to a terminal.

use std::borrow::Cow;

/// What is shown in place of a character that must not reach a terminal.
fn substitute(c: char) -> Option<char> {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => Some(char::REPLACEMENT_CHARACTER),
        _ => None,
    }
}

fn replace(s: &str, keep: &[char]) -> String {
    s.chars()
        .map(|c| {
            if keep.contains(&c) {
                c
            } else {
                substitute(c).unwrap_or(c)
            }
        })
        .collect()
}

/// A text for one line: path, message, name. Line endings become visible, tabs become spaces.
#[must_use]
pub fn line(s: &str) -> Cow<'_, str> {
    if s.chars().all(|c| substitute(c).is_none()) {
        return Cow::Borrowed(s);
    }
    Cow::Owned(replace(&s.replace('\t', " "), &[]))
}

/// A text that may have several lines.
#[must_use]
pub fn block(s: &str) -> String {
    replace(&s.replace("\r\n", "\n").replace('\t', "    "), &['\n'])
}

/// The first `max` characters of a source line; every character stays one character and tabs stay,
/// so that columns still count.
#[must_use]
pub fn source(s: &str, max: usize) -> String {
    s.chars()
        .take(max)
        .map(|c| {
            if c == '\t' {
                c
            } else {
                substitute(c).unwrap_or(c)
            }
        })
        .collect()
}

/// Like [`line()`], cut to `max` characters.
#[must_use]
pub fn short(s: &str, max: usize) -> String {
    cut(&line(s), max)
}

/// The text cut to `max` characters, with an ellipsis in the last place if something was cut.
#[must_use]
pub fn cut(s: &str, max: usize) -> String {
    match s.char_indices().nth(max) {
        None => s.to_owned(),
        Some(_) => s.chars().take(max.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_gets_through_and_plain_text_is_untouched() {
        assert_eq!(
            line("\x1b[31mred\x07\u{9b}2J\u{202e}\r\n\t."),
            "␛[31mred␇�2J�␍␊ ."
        );
        assert!(matches!(line("é😀 = 'ok'"), Cow::Borrowed(_)));
        assert_eq!(block("a\r\n\tb\x1bc"), "a\n    b␛c");
        assert_eq!(source("\tx\x1by", 3), "\tx␛");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert_eq!(cut("ééé", 3), "ééé");
        assert_eq!(cut("éééé", 3), "éé…");
    }
}
