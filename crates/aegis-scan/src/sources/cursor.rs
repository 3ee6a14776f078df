//! Reads the few tokens that import statements consist of.

/// Whether a byte can be part of a name.
pub(super) fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

/// Goes back from an offset over bytes of a kind.
pub(super) fn back(bytes: &[u8], from: usize, kind: impl Fn(u8) -> bool) -> usize {
    let before = bytes.get(..from).unwrap_or_default();
    before.iter().rposition(|&b| !kind(b)).map_or(0, |i| i + 1)
}

/// A place in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) pos: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.pos..).unwrap_or_default()
    }

    fn skip(&mut self, kind: impl Fn(u8) -> bool) -> &'a str {
        let start = self.pos;
        self.pos += self.rest().iter().take_while(|&&b| kind(b)).count();
        self.text.get(start..self.pos).unwrap_or("")
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let there = self.rest().first() == Some(&byte);
        self.pos += usize::from(there);
        there
    }

    /// Skips blanks and continued lines.
    pub(super) fn blanks(&mut self) {
        loop {
            self.skip(|b| matches!(b, b' ' | b'\t' | b'\x0c'));
            let ends: [&[u8]; 3] = [b"\\\r\n", b"\\\n", b"\\\r"];
            match ends.iter().find(|e| self.rest().starts_with(e)) {
                Some(end) => self.pos += end.len(),
                None => return,
            }
        }
    }

    /// Skips whatever has no meaning in brackets: blanks, line ends, comments.
    pub(super) fn space(&mut self) {
        loop {
            self.blanks();
            match self.rest().first() {
                Some(b'\n' | b'\r') => self.pos += 1,
                Some(b'#') => {
                    self.skip(|b| !matches!(b, b'\n' | b'\r'));
                }
                _ => return,
            }
        }
    }

    /// Skips blanks and line ends but no comments.
    pub(super) fn gap(&mut self) {
        self.skip(|b| b.is_ascii_whitespace());
    }

    /// A name, or nothing.
    pub(super) fn name(&mut self) -> &'a str {
        self.skip(is_name)
    }

    /// A name other than `import`, which would start a statement of its own.
    pub(super) fn other_name(&mut self) -> &'a str {
        let start = self.pos;
        let name = self.name();
        if name == "import" {
            self.pos = start;
            return "";
        }
        name
    }

    /// Whether this word comes next; it is skipped then.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let start = self.pos;
        if self.name() == word {
            return true;
        }
        self.pos = start;
        false
    }

    /// `a.b`; empty if there is none.
    pub(super) fn dotted(&mut self) -> String {
        let mut dotted = self.other_name().to_owned();
        while !dotted.is_empty() {
            let mut ahead = *self;
            ahead.blanks();
            if !ahead.eat(b'.') {
                break;
            }
            ahead.blanks();
            let part = ahead.other_name();
            if part.is_empty() {
                break;
            }
            dotted.push('.');
            dotted.push_str(part);
            *self = ahead;
        }
        dotted
    }

    /// Skips `as x`, and the space around it.
    pub(super) fn renamed(&mut self, space: impl Fn(&mut Self)) {
        space(self);
        if self.word("as") {
            space(self);
            self.other_name();
            space(self);
        }
    }

    /// Skips `name=` of an argument.
    pub(super) fn keyword(&mut self) {
        let mut ahead = *self;
        if ahead.name().is_empty() {
            return;
        }
        ahead.gap();
        if ahead.eat(b'=') && !ahead.eat(b'=') {
            ahead.gap();
            *self = ahead;
        }
    }

    /// The dotted name in a string literal, or its beginning in an f-string.
    pub(super) fn literal(&mut self) -> Option<String> {
        let mut value = self.one_literal()?;
        loop {
            let mut ahead = *self;
            ahead.gap();
            let Some(more) = ahead.one_literal() else {
                return Some(value);
            };
            value.push_str(&more);
            *self = ahead;
        }
    }

    fn one_literal(&mut self) -> Option<String> {
        let mut ahead = *self;
        ahead.skip(|b| matches!(b | 0x20, b'r' | b'u' | b'b' | b'f' | b't'));
        let quote = ahead
            .rest()
            .first()
            .copied()
            .filter(|b| matches!(b, b'"' | b'\''))?;
        let quotes = if ahead.rest().starts_with(&[quote; 3]) {
            3
        } else {
            1
        };
        ahead.pos += quotes;
        let value = ahead
            .skip(|b| is_name(b) || matches!(b, b'.' | b'-'))
            .to_owned();
        match ahead.rest().first() {
            Some(&b) if b == quote => ahead.pos += quotes,
            Some(b'{' | b':') => {}
            _ => return None,
        }
        *self = ahead;
        Some(value)
    }
}
