//! Source files, byte spans in them, and the places people read.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A decoded source text. For a notebook, `text` is the code cells joined in order and `cells`
/// says where each of them came from.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as shown to people: relative to where the scan was started, `/` as separator.
    pub path: String,
    /// The text as UTF-8, line endings as in the file, without a byte order mark.
    pub text: String,
    /// Present for notebooks only.
    pub cells: Option<Cells>,
    line_starts: Vec<u32>,
}

/// Where the code cells of a notebook lie in the joined text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    /// The code cells in document order.
    pub cells: Vec<Cell>,
}

/// One code cell of a notebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// 0-based index over all cells of the notebook, markdown cells included.
    pub index: u32,
    /// 1-based line of the joined text on which the cell starts.
    pub first_line: u32,
    /// For each line of the cell, the 1-based line of the raw `.ipynb` file that holds it.
    pub raw_lines: Vec<u32>,
}

/// A position as shown to people and to other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// 1-based line; of the joined text for notebooks.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
    /// 1-based column in UTF-16 code units, which SARIF and editors count in.
    pub column_utf16: u32,
    /// For notebooks: the 0-based cell index over all cells and the 1-based line in that cell.
    pub cell: Option<(u32, u32)>,
    /// 1-based line in the file as it lies on disk: the raw JSON line for notebooks, else `line`.
    pub raw_line: u32,
}

impl fmt::Debug for SourceFile {
    /// Everything that has a span has its file: the whole text would drown what is looked at.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({} bytes)", self.path, self.text.len())
    }
}

impl SourceFile {
    /// A source file; line starts are computed once, here.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>, cells: Option<Cells>) -> Self {
        let text = text.into();
        let mut line_starts = vec![0];
        for (i, b) in text.bytes().enumerate() {
            let crlf = b == b'\r' && text.as_bytes().get(i + 1) == Some(&b'\n');
            if b == b'\n' || (b == b'\r' && !crlf) {
                line_starts.push(u32::try_from(i + 1).unwrap_or(u32::MAX));
            }
        }
        Self {
            path: path.into(),
            text,
            cells,
            line_starts,
        }
    }

    /// The number of lines; an empty text has one.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The text of a 1-based line without its line ending; empty beyond the end.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let i = line as usize;
        let Some(&start) = i.checked_sub(1).and_then(|i| self.line_starts.get(i)) else {
            return "";
        };
        let end = self
            .line_starts
            .get(i)
            .map_or(self.text.len(), |&e| e as usize);
        self.text
            .get(start as usize..end)
            .unwrap_or("")
            .trim_end_matches(['\n', '\r'])
    }

    /// The byte offset at which a 1-based line starts, if the file has that line.
    #[must_use]
    pub fn line_start(&self, line: u32) -> Option<usize> {
        let i = (line as usize).checked_sub(1)?;
        self.line_starts.get(i).map(|&s| s as usize)
    }

    /// The place of a byte offset; offsets beyond the end are the end, offsets inside a character
    /// its start.
    #[must_use]
    pub fn place(&self, offset: usize) -> Place {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_starts.partition_point(|&s| s as usize <= offset);
        let start = self
            .line_starts
            .get(line.saturating_sub(1))
            .map_or(0, |&s| s as usize);
        let before = self.text.get(start..offset).unwrap_or("");
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let (cell, raw_line) = match self.cells.as_ref().and_then(|c| c.locate(line)) {
            Some((cell, in_cell, raw)) => (Some((cell, in_cell)), raw),
            None => (None, line),
        };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
        Place {
            line,
            column: count(before.chars().count()),
            column_utf16: count(before.encode_utf16().count()),
            cell,
            raw_line,
        }
    }
}

impl Cells {
    /// Cell index, 1-based line in the cell and raw line of a 1-based line of the joined text.
    #[must_use]
    pub fn locate(&self, line: u32) -> Option<(u32, u32, u32)> {
        let i = self
            .cells
            .partition_point(|c| c.first_line <= line)
            .checked_sub(1)?;
        let cell = self.cells.get(i)?;
        let inside = line - cell.first_line;
        let raw = cell
            .raw_lines
            .get(inside as usize)
            .or(cell.raw_lines.last())
            .copied()
            .unwrap_or(1);
        Some((cell.index, inside + 1, raw))
    }
}

/// A byte range in a source file. Lines and columns exist only in renderers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Bytes of `file.text`.
    pub range: Range<usize>,
}

impl Span {
    /// A span; a range beyond the text is cut to it.
    #[must_use]
    pub fn new(file: Arc<SourceFile>, range: Range<usize>) -> Self {
        let end = range.end.min(file.text.len());
        let start = range.start.min(end);
        Self {
            file,
            range: start..end,
        }
    }

    /// The text below the span; empty if it does not lie on character boundaries.
    #[must_use]
    pub fn text(&self) -> &str {
        self.file.text.get(self.range.clone()).unwrap_or("")
    }

    /// Where the span starts.
    #[must_use]
    pub fn start(&self) -> Place {
        self.file.place(self.range.start)
    }

    /// Where the span ends (exclusive).
    #[must_use]
    pub fn end(&self) -> Place {
        self.file.place(self.range.end)
    }

    /// `path:line:column`, or `nb.ipynb:cell 3:5:9` for notebooks (1-based cell line and column).
    #[must_use]
    pub fn locator(&self) -> String {
        let p = self.start();
        match p.cell {
            Some((cell, line)) => format!("{}:cell {cell}:{line}:{}", self.file.path, p.column),
            None => format!("{}:{}:{}", self.file.path, p.line, p.column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_utf16_units() {
        let f = SourceFile::new("a.py", "x = 1\r\né😀 = y\n", None);
        let y = f.text.find('y').unwrap();
        let p = f.place(y);
        assert_eq!((p.line, p.column, p.column_utf16), (2, 6, 7));
        assert_eq!(f.line(2), "é😀 = y");
        assert_eq!(f.line(9), "");
        assert_eq!(f.place(usize::MAX).line, 3);
    }

    #[test]
    fn a_lone_carriage_return_ends_a_line_and_crlf_ends_one() {
        let f = SourceFile::new("a.py", "a\rb\r\nc", None);
        assert_eq!(f.line_count(), 3);
        assert_eq!((f.line(1), f.line(2), f.line(3)), ("a", "b", "c"));
    }

    #[test]
    fn notebook_places_name_cell_and_raw_line() {
        let cells = Cells {
            cells: vec![
                Cell {
                    index: 1,
                    first_line: 1,
                    raw_lines: vec![10, 11],
                },
                Cell {
                    index: 3,
                    first_line: 3,
                    raw_lines: vec![30],
                },
            ],
        };
        let f = Arc::new(SourceFile::new("n.ipynb", "a = 1\nb\nc = 2\n", Some(cells)));
        let span = Span::new(Arc::clone(&f), 8..9);
        assert_eq!(span.start().cell, Some((3, 1)));
        assert_eq!(span.start().raw_line, 30);
        assert_eq!(span.locator(), "n.ipynb:cell 3:1:1");
        assert_eq!(f.place(6).cell, Some((1, 2)));
    }
}
