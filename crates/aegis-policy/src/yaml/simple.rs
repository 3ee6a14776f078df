//! The part of YAML that policies are mostly written in, read in one pass.
//!
//! Block mappings and sequences, flow collections, and scalars on one line; no anchors, tags, block
//! scalars, tabs or carriage returns, no absent values, nothing whose meaning needs a second look.
//! What it does not know for certain it declines, mistakes included, and the whole text goes to the
//! YAML parser, which alone refuses. What it accepts it hands on exactly as the parser would: a test
//! holds the two against each other. It exists because the parser takes most of the time of loading
//! a policy.

use std::borrow::Cow;
use std::ops::Range;

use crate::tree::{Kind, Style};

use super::Build;

/// A longer key is left to the parser, which has a limit for them.
const LONGEST_KEY: usize = 256;

/// The text is not of the simple kind.
#[derive(Debug)]
pub(super) struct Declined;

type Step<T = ()> = Result<T, Declined>;

/// Reads the whole text into the tree.
pub(super) fn read(text: &str, build: &mut Build<'_>) -> Step {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        build,
    };
    if reader.bytes.iter().any(|b| matches!(b, b'\t' | b'\r'))
        || text.contains(['\u{feff}', '\u{fffe}', '\u{ffff}'])
    {
        return Err(Declined);
    }
    reader.document_start();
    let column = reader.next_line()?.ok_or(Declined)?;
    reader.block(column)?;
    match reader.next_line()? {
        None => Ok(()),
        Some(_) => Err(Declined),
    }
}

struct Reader<'a, 'b> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    build: &'a mut Build<'b>,
}

/// A scalar and where it is written.
struct Scalar<'a> {
    text: Cow<'a, str>,
    style: Style,
    at: Range<usize>,
}

impl<'a> Reader<'a, '_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    /// Goes to the first character of the next line that has content, and says in which column it
    /// stands; the place must be the start of a line.
    fn next_line(&mut self) -> Step<Option<usize>> {
        loop {
            let start = self.at;
            self.spaces();
            match self.peek() {
                None => return Ok(None),
                Some(b'\n') => self.at += 1,
                Some(b'#') => self.skip_line(),
                Some(_) if self.marks_document(start) => return Err(Declined),
                Some(_) => return Ok(Some(self.at - start)),
            }
        }
    }

    /// Passes over comments, empty lines and one `---` at the start of the text.
    fn document_start(&mut self) {
        while let Some(b'#' | b'\n') = self.peek() {
            self.skip_line();
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(b"---\n") {
            self.at += 4;
        }
    }

    fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let line = rest.iter().position(|&b| b == b'\n');
        self.at += line.map_or(rest.len(), |end| end + 1);
    }

    /// Whether `---`, `...` or a directive stands at the start of a line.
    fn marks_document(&self, start: usize) -> bool {
        let line = self.bytes.get(start..).unwrap_or_default();
        line.starts_with(b"---") || line.starts_with(b"...") || line.starts_with(b"%")
    }

    /// The column of the next line with content, without going there.
    fn column_ahead(&mut self) -> Step<Option<usize>> {
        let at = self.at;
        let column = self.next_line();
        self.at = at;
        column
    }

    /// After a value: nothing but a comment may follow, and no deeper line, which would go on with
    /// the value or be a mistake.
    fn end_of_value(&mut self, column: usize) -> Step {
        let start = self.at;
        self.spaces();
        match self.peek() {
            None | Some(b'\n') => {}
            Some(b'#') if self.at > start => {}
            Some(_) => return Err(Declined),
        }
        self.skip_line();
        match self.column_ahead()? {
            Some(next) if next > column => Err(Declined),
            _ => Ok(()),
        }
    }

    /// A collection whose first character, which is the next, stands in a column.
    fn block(&mut self, column: usize) -> Step {
        if self.is_dash() {
            self.block_list(column, false)
        } else {
            self.block_map(column)
        }
    }

    /// Whether the next character starts an item of a block sequence.
    fn is_dash(&self) -> bool {
        self.peek() == Some(b'-') && matches!(self.peek_at(1), None | Some(b' ' | b'\n'))
    }

    /// A sequence whose dashes stand in a column; `flush` says that the key it belongs to stands
    /// there too. The parser lets such a sequence start at its first item.
    fn block_list(&mut self, column: usize, flush: bool) -> Step {
        let dash = self.at;
        if flush {
            self.at += 1;
            self.spaces();
        }
        self.start(false)?;
        self.at = dash;
        loop {
            let dash = self.at;
            self.at += 1;
            self.spaces();
            let inside = column + (self.at - dash);
            match self.peek() {
                None | Some(b'\n' | b'#') => return Err(Declined),
                Some(b'[' | b'{') => {
                    self.flow(column)?;
                    self.end_of_value(column)?;
                }
                Some(_) if self.is_dash() => self.block_list(inside, false)?,
                Some(_) => self.item(column, inside)?,
            }
            if self.column_ahead()? != Some(column) {
                break;
            }
            let line = self.at;
            self.next_line()?;
            if !self.is_dash() {
                self.at = line;
                break;
            }
        }
        self.build.end(0..0);
        Ok(())
    }

    /// An item of a block sequence that is a scalar, or a mapping that starts on the same line.
    fn item(&mut self, column: usize, inside: usize) -> Step {
        let start = self.at;
        let scalar = self.scalar(false)?;
        if self.is_colon() {
            self.at = start;
            return self.block_map(inside);
        }
        self.push(scalar);
        self.end_of_value(column)
    }

    fn block_map(&mut self, column: usize) -> Step {
        self.start(true)?;
        loop {
            self.key(false)?;
            self.spaces();
            match self.peek() {
                None => return Err(Declined),
                Some(b'\n' | b'#') => self.value_below(column)?,
                Some(b'[' | b'{') => {
                    self.flow(column)?;
                    self.end_of_value(column)?;
                }
                Some(_) => {
                    let scalar = self.scalar(false)?;
                    self.push(scalar);
                    self.end_of_value(column)?;
                }
            }
            if self.column_ahead()? != Some(column) {
                break;
            }
            let line = self.at;
            self.next_line()?;
            // An item of the sequence around a mapping that stands in the column of its dash.
            if self.is_dash() {
                self.at = line;
                break;
            }
        }
        self.build.end(0..0);
        Ok(())
    }

    /// A value that starts on a line of its own; its key is read, and the rest of its line is empty
    /// or a comment.
    fn value_below(&mut self, column: usize) -> Step {
        self.skip_line();
        let Some(next) = self.next_line()? else {
            return Err(Declined);
        };
        if next > column {
            return self.block(next);
        }
        if next == column && self.is_dash() {
            return self.block_list(next, true);
        }
        Err(Declined)
    }

    /// A key with its colon.
    fn key(&mut self, flow: bool) -> Step {
        let scalar = self.scalar(flow)?;
        if !self.is_colon() || scalar.at.len() > LONGEST_KEY {
            return Err(Declined);
        }
        self.at += 1;
        self.push(scalar);
        Ok(())
    }

    /// Whether a colon follows that makes a key of what stands before it.
    fn is_colon(&self) -> bool {
        self.peek() == Some(b':') && matches!(self.peek_at(1), None | Some(b' ' | b'\n'))
    }

    /// `[…]` or `{…}`, which is the next character, in a block collection that stands in a column.
    fn flow(&mut self, column: usize) -> Step {
        let map = self.peek() == Some(b'{');
        let closing = if map { b'}' } else { b']' };
        self.start(map)?;
        self.at += 1;
        self.flow_space(column)?;
        if self.peek() == Some(closing) {
            return self.close();
        }
        loop {
            if map {
                self.key(true)?;
                self.flow_space(column)?;
            }
            match self.peek() {
                Some(b'[' | b'{') => self.flow(column)?,
                _ => {
                    let scalar = self.scalar(true)?;
                    self.push(scalar);
                }
            }
            self.flow_space(column)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b) if b == closing => return self.close(),
                _ => return Err(Declined),
            }
            self.flow_space(column)?;
        }
    }

    fn close(&mut self) -> Step {
        let at = self.at;
        self.at += 1;
        self.build.end(at..self.at);
        Ok(())
    }

    /// Spaces and line ends between the parts of a flow collection; its lines stand deeper than
    /// the block collection around it.
    fn flow_space(&mut self, column: usize) -> Step {
        loop {
            self.spaces();
            if self.peek() != Some(b'\n') {
                return Ok(());
            }
            self.at += 1;
            let start = self.at;
            self.spaces();
            if self.peek() != Some(b'\n') && self.at - start <= column {
                return Err(Declined);
            }
        }
    }

    fn scalar(&mut self, flow: bool) -> Step<Scalar<'a>> {
        match self.peek() {
            Some(b'"') => self.double_quoted(),
            Some(b'\'') => self.single_quoted(),
            _ => self.plain(flow),
        }
    }

    fn slice(&self, at: Range<usize>) -> Step<&'a str> {
        self.text.get(at).ok_or(Declined)
    }

    /// Goes to the first of some bytes on this line.
    fn find(&mut self, stops: impl Fn(u8) -> bool) -> Step<u8> {
        loop {
            match self.peek() {
                None | Some(b'\n') => return Err(Declined),
                Some(b) if stops(b) => return Ok(b),
                Some(_) => self.at += 1,
            }
        }
    }

    fn double_quoted(&mut self) -> Step<Scalar<'a>> {
        let start = self.at;
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let from = self.at;
            let stop = self.find(|b| matches!(b, b'"' | b'\\'))?;
            add(&mut text, self.slice(from..self.at)?);
            self.at += 1;
            if stop == b'"' {
                break;
            }
            text.to_mut().push(match self.peek() {
                Some(b'\\') => '\\',
                Some(b'"') => '"',
                Some(b'n') => '\n',
                Some(b't') => '\t',
                _ => return Err(Declined),
            });
            self.at += 1;
        }
        Ok(Scalar {
            text,
            style: Style::Text,
            at: start..self.at,
        })
    }

    fn single_quoted(&mut self) -> Step<Scalar<'a>> {
        let start = self.at;
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let from = self.at;
            self.find(|b| b == b'\'')?;
            add(&mut text, self.slice(from..self.at)?);
            self.at += 1;
            if self.peek() != Some(b'\'') {
                break;
            }
            text.to_mut().push('\'');
            self.at += 1;
        }
        Ok(Scalar {
            text,
            style: Style::Text,
            at: start..self.at,
        })
    }

    /// A scalar without quotes, up to a colon that makes it a key, a comment, or the end.
    fn plain(&mut self, flow: bool) -> Step<Scalar<'a>> {
        let start = self.at;
        let fits = match self.peek().ok_or(Declined)? {
            b'-' => self.peek_at(1).is_some_and(|b| b.is_ascii_alphanumeric()),
            b'_' | b'.' | b'/' | b'<' | b'(' | b'$' | b'^' | b'+' | b'~' => true,
            b => b.is_ascii_alphanumeric(),
        };
        if !fits {
            return Err(Declined);
        }
        let mut end = start;
        while let Some(b) = self.peek() {
            match b {
                b'\n' => break,
                b' ' if self.peek_at(1) == Some(b'#') => break,
                b',' | b'[' | b']' | b'{' | b'}' if flow => break,
                b':' if self.is_colon() => break,
                // What this is depends on where it stands.
                b':' if matches!(self.peek_at(1), Some(b',' | b'[' | b']' | b'{' | b'}')) => {
                    return Err(Declined);
                }
                _ => {}
            }
            self.at += 1;
            if b != b' ' {
                end = self.at;
            }
        }
        if self.peek() == Some(b':') && end != self.at {
            return Err(Declined);
        }
        Ok(Scalar {
            text: Cow::Borrowed(self.slice(start..end)?),
            style: Style::Plain,
            at: start..end,
        })
    }

    fn start(&mut self, map: bool) -> Step {
        let opened = self.build.start(map, false, self.at, 0);
        opened.map_err(|_| Declined)
    }

    fn push(&mut self, scalar: Scalar<'_>) {
        let kind = Kind::Scalar(scalar.text.into(), scalar.style);
        let id = self.build.tree.push(kind, scalar.at);
        self.build.done(id, 0);
    }
}

/// Appends to a text that is borrowed as long as it is in one piece.
fn add<'a>(text: &mut Cow<'a, str>, piece: &'a str) {
    if text.is_empty() {
        *text = Cow::Borrowed(piece);
    } else {
        text.to_mut().push_str(piece);
    }
}

#[cfg(test)]
mod tests;
