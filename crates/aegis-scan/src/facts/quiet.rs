//! Long runs of comments, made cheap to parse.
//!
//! For every comment the grammar's scanner reads ahead to the next statement to learn its
//! indentation, so a run of comment lines costs its length squared: 10,000 short lines take
//! seconds. Comment lines of long runs are overwritten by spaces of the same length before
//! parsing, so that every other place stays what it is.

use std::borrow::Cow;
use std::ops::Range;

/// Runs of fewer comment lines are left to the parser.
const LONG: usize = 20;

/// The text without its long runs of comments, and what stood in them: offset and comment.
pub(super) fn quiet(text: &str) -> (Cow<'_, str>, Vec<(usize, &str)>) {
    if !has_long_run(text) {
        return (Cow::Borrowed(text), Vec::new());
    }
    let runs = long_runs(text);
    let mut bytes = text.as_bytes().to_vec();
    let mut comments = Vec::new();
    for line in runs.into_iter().flatten() {
        comments.push((line.start, text.get(line.clone()).unwrap_or("")));
        if let Some(part) = bytes.get_mut(line) {
            part.fill(b' ');
        }
    }
    // Whole comments were replaced, so no character was cut.
    String::from_utf8(bytes).map_or_else(
        |_| (Cow::Borrowed(text), Vec::new()),
        |quiet| (Cow::Owned(quiet), comments),
    )
}

/// A quick look that may take lines of a text literal for comments.
fn has_long_run(text: &str) -> bool {
    let mut run = 0;
    for line in text.as_bytes().split(|&b| b == b'\n') {
        match line.trim_ascii_start().first() {
            Some(b'#') => run += 1,
            None => {}
            Some(_) => run = 0,
        }
        if run >= LONG {
            return true;
        }
    }
    false
}

/// Runs of comments with nothing but white space between them; text literals are told apart.
fn long_runs(text: &str) -> Vec<Vec<Range<usize>>> {
    let bytes = text.as_bytes();
    let at = |i: usize| bytes.get(i).copied();
    let mut runs = Vec::new();
    let mut run: Vec<Range<usize>> = Vec::new();
    let mut alone = true;
    let mut i = 0;
    while let Some(b) = at(i) {
        match b {
            b'\n' | b'\r' => {
                alone = true;
                i += 1;
            }
            b' ' | b'\t' | b'\x0c' => i += 1,
            b'#' => {
                let end = memchr::memchr2(b'\n', b'\r', bytes.get(i..).unwrap_or_default())
                    .map_or(bytes.len(), |n| i + n);
                if alone {
                    run.push(i..end);
                }
                i = end;
            }
            _ => {
                if run.len() >= LONG {
                    runs.push(std::mem::take(&mut run));
                }
                run.clear();
                alone = false;
                i = match b {
                    b'"' | b'\'' => literal_end(bytes, i, b),
                    b'\\' => i + 2,
                    _ => i + 1,
                };
            }
        }
    }
    if run.len() >= LONG {
        runs.push(run);
    }
    runs
}

/// Where the text literal that starts at `i` with this quote ends.
fn literal_end(bytes: &[u8], i: usize, quote: u8) -> usize {
    let triple = bytes.get(i..i + 3) == Some(&[quote; 3]);
    let mut i = i + if triple { 3 } else { 1 };
    while let Some(&b) = bytes.get(i) {
        if b == b'\\' {
            i += 2;
        } else if triple && bytes.get(i..i + 3) == Some(&[quote; 3]) {
            return i + 3;
        } else if !triple && (b == quote || b == b'\n') {
            // An open literal ends with its line; the line end is for the caller to see.
            return i + usize::from(b == quote);
        } else {
            i += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(n: usize) -> String {
        "# größer, it's \"\"\" quoted\n\n".repeat(n)
    }

    #[test]
    fn long_runs_become_spaces_and_are_handed_over() {
        let text = format!("a = 1  # kept\n{}    b = 2\n", run(LONG));
        let (quiet, comments) = quiet(&text);
        assert_eq!(quiet.len(), text.len());
        assert_eq!(
            quiet.split_whitespace().collect::<Vec<_>>(),
            ["a", "=", "1", "#", "kept", "b", "=", "2"]
        );
        assert_eq!(comments.len(), LONG);
        assert!(
            comments
                .iter()
                .all(|(at, c)| text.get(*at..*at + c.len()) == Some(c))
        );
        assert!(matches!(
            super::quiet(&format!("a = 1\n{}", run(LONG - 1))),
            (Cow::Borrowed(_), _)
        ));
    }

    #[test]
    fn text_literals_keep_what_looks_like_comments() {
        for (open, quote) in [
            ("x = '''\n", "'''"),
            ("x = 'it\\'s', r\"\"\"\\\n", "\"\"\""),
        ] {
            let text = format!("{open}{}{quote}\n", "# in the text\n".repeat(LONG + 5));
            let (quiet, comments) = quiet(&text);
            assert_eq!(quiet, text);
            assert!(comments.is_empty());
        }
    }
}
