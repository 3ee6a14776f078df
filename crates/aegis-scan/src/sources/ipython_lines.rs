//! Just enough of Python's lexical structure to tell where a statement starts.

/// The lines of a text without their ends, with the offset of each.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|r| !r.is_empty())?;
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        let here = start;
        start += end
            + if after.starts_with("\r\n") {
                2
            } else {
                usize::from(!after.is_empty())
            };
        Some((here, line))
    })
}

/// Follows strings, brackets and continued lines from line to line.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    depth: usize,
    /// The quote of a string that is not closed, and whether it is a triple one.
    open: Option<(u8, bool)>,
    continued: bool,
}

impl Scanner {
    /// Whether the next line does not start a statement.
    pub(super) fn inside(&self) -> bool {
        self.depth > 0 || self.open.is_some() || self.continued
    }

    /// Takes in a line from an offset on. Stops at a `%` or `!` that follows the `=` of an
    /// assignment and returns where it is.
    pub(super) fn feed(&mut self, line: &str, from: usize) -> Option<usize> {
        let bytes = line.as_bytes();
        self.continued = false;
        let mut i = from;
        while let Some(&b) = bytes.get(i) {
            if self.open.is_some() {
                i = self.string(bytes, i);
                continue;
            }
            match b {
                b'#' => break,
                b'"' | b'\'' => {
                    let triple = bytes
                        .get(i..i + 3)
                        .is_some_and(|t| t.iter().all(|&c| c == b));
                    self.open = Some((b, triple));
                    i += if triple { 2 } else { 0 };
                }
                b'(' | b'[' | b'{' => self.depth += 1,
                b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                b'\\' if i + 1 == bytes.len() => self.continued = true,
                b'=' if self.depth == 0 => {
                    if let Some(at) = escape(bytes, i) {
                        return Some(at);
                    }
                }
                _ => {}
            }
            i += 1;
        }
        // A string in single quotes ends with its line, unless a backslash continues it.
        if matches!(self.open, Some((_, false))) {
            self.continued = line.ends_with('\\');
            self.open = self.open.filter(|_| self.continued);
        }
        None
    }

    /// Takes in the rest of a string; where it, or the line, ends.
    fn string(&mut self, bytes: &[u8], from: usize) -> usize {
        let Some((quote, triple)) = self.open else {
            return from;
        };
        let mut i = from;
        while let Some(&b) = bytes.get(i) {
            let closes = !triple || bytes.get(i..i + 3).is_some_and(|t| t == [quote; 3]);
            match b {
                b'\\' => i += 1,
                b if b == quote && closes => {
                    self.open = None;
                    return i + if triple { 3 } else { 1 };
                }
                _ => {}
            }
            i += 1;
        }
        i
    }
}

/// The `%` or `!` after an `=` that assigns.
fn escape(bytes: &[u8], equals: usize) -> Option<usize> {
    let before = equals.checked_sub(1).and_then(|i| bytes.get(i));
    if matches!(before, Some(b'=' | b'!' | b'<' | b'>')) {
        return None;
    }
    let rest = bytes.get(equals + 1..)?;
    let gap = rest.iter().position(|b| !matches!(b, b' ' | b'\t'))?;
    matches!(rest.get(gap), Some(b'%' | b'!')).then_some(equals + 1 + gap)
}
