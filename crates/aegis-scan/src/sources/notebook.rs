//! Jupyter notebooks: the code cells as one Python text.

use aegis_diag::{Cell, Cells, SkipReason};
use memchr::{memchr_iter, memchr2_iter};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::ipython;

/// What is needed of a notebook; all else, outputs above all, is passed over.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
    /// nbformat 4.
    #[serde(borrow, default)]
    cells: Option<Vec<Part<'a>>>,
    /// nbformat 3.
    #[serde(borrow, default)]
    worksheets: Option<Vec<Sheet<'a>>>,
}

#[derive(Deserialize)]
struct Sheet<'a> {
    #[serde(borrow, default)]
    cells: Vec<Part<'a>>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    cell_type: Option<&'a RawValue>,
    #[serde(borrow, default)]
    source: Option<&'a RawValue>,
    /// nbformat 3: the source of a code cell.
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
    /// nbformat 3.
    #[serde(borrow, default)]
    language: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    kernelspec: Option<&'a RawValue>,
    #[serde(borrow, default)]
    language_info: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Kernel {
    #[serde(default)]
    language: Option<String>,
}

#[derive(Deserialize)]
struct Language {
    #[serde(default)]
    file_extension: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

/// The code cells of a notebook, joined, and where they come from. A notebook in another language
/// than Python has none.
pub(super) fn extract(json: &str) -> Result<(String, Cells), SkipReason> {
    let bad = |why: String| SkipReason::Notebook(why);
    if json.trim_start().starts_with('[') {
        return Err(bad("is a list at line 1".into()));
    }
    let doc: Document = serde_json::from_str(json).map_err(|e| bad(e.to_string()))?;
    let parts = match (doc.cells, doc.worksheets) {
        (Some(cells), _) => cells,
        (None, Some(sheets)) => sheets.into_iter().flat_map(|s| s.cells).collect(),
        (None, None) => return Err(bad("has no `cells`, at line 1".into())),
    };
    let mut joined = Joined {
        lines: Lines {
            json,
            at: 0,
            line: 1,
        },
        ..Joined::default()
    };
    if doc.metadata.is_some_and(|m| !is_python(m)) {
        return Ok((joined.text, joined.cells));
    }
    for (index, part) in parts.iter().enumerate() {
        let code = part.cell_type.and_then(string).is_some_and(|t| t == "code");
        let other = part
            .language
            .and_then(string)
            .is_some_and(|l| !python_name(&l));
        if let (true, false, Some(source)) = (code, other, part.source.or(part.input)) {
            joined.add(u32::try_from(index).unwrap_or(u32::MAX), source)?;
        }
    }
    Ok((joined.text, joined.cells))
}

/// The value of a JSON string.
fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// Whether the code is Python, as it is if nothing says otherwise. What the kernel last reported
/// counts for more than what the notebook asks for.
fn is_python(raw: &RawValue) -> bool {
    let Ok(metadata) = serde_json::from_str::<Metadata>(raw.get()) else {
        return true;
    };
    let info = metadata
        .language_info
        .and_then(|r| serde_json::from_str::<Language>(r.get()).ok());
    let kernel = metadata
        .kernelspec
        .and_then(|r| serde_json::from_str::<Kernel>(r.get()).ok());
    // Dialects such as Coconut say what they are compiled to by their file extension.
    if info.as_ref().and_then(|i| i.file_extension.as_deref()) == Some(".py") {
        return true;
    }
    let said = |name: Option<String>| name.filter(|n| !n.trim().is_empty());
    let name = said(info.and_then(|i| i.name)).or(said(kernel.and_then(|k| k.language)));
    name.is_none_or(|n| python_name(&n))
}

fn python_name(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    name.starts_with("python") || name.starts_with("ipython") || name == "pyspark"
}

/// Counts the lines of the raw text, going forward.
#[derive(Debug, Default)]
struct Lines<'a> {
    json: &'a str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    /// The 1-based raw line on which a value that was borrowed from the text starts.
    fn of(&mut self, value: &str) -> u32 {
        let offset = (value.as_ptr() as usize).saturating_sub(self.json.as_ptr() as usize);
        if offset < self.at {
            (self.at, self.line) = (0, 1);
        }
        let between = self
            .json
            .as_bytes()
            .get(self.at..offset)
            .unwrap_or_default();
        let count = memchr_iter(b'\n', between).count();
        self.line = self
            .line
            .saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        self.at = offset;
        self.line
    }
}

#[derive(Debug, Default)]
struct Joined<'a> {
    lines: Lines<'a>,
    text: String,
    cells: Cells,
    /// The number of lines of `text`.
    count: u32,
}

impl Joined<'_> {
    fn add(&mut self, index: u32, source: &RawValue) -> Result<(), SkipReason> {
        let line = self.lines.of(source.get());
        let bad = |why: String| SkipReason::Notebook(format!("cell {index} at line {line}: {why}"));
        let mut cell = String::new();
        // The raw line of what starts at an offset of the cell.
        let mut pieces = vec![(0, line)];
        for piece in strings(source).map_err(|e| bad(e.to_string()))? {
            pieces.push((cell.len(), self.lines.of(piece.get())));
            let piece: String =
                serde_json::from_str(piece.get()).map_err(|e| bad(e.to_string()))?;
            cell.push_str(&piece);
        }
        if !cell.ends_with('\n') {
            cell.push('\n');
        }
        let raw_lines = raw_lines(&cell, &pieces);
        let count = u32::try_from(raw_lines.len()).unwrap_or(u32::MAX);
        self.cells.cells.push(Cell {
            index,
            first_line: self.count + 1,
            raw_lines,
        });
        self.count = self.count.saturating_add(count);
        self.text.push_str(&ipython::neutralised(&cell));
        Ok(())
    }
}

/// The strings a source consists of, as they lie in the raw text.
fn strings(source: &RawValue) -> serde_json::Result<Vec<&RawValue>> {
    match source.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(source.get()),
        _ => Ok(vec![source]),
    }
}

/// The raw line of each line of a cell.
fn raw_lines(cell: &str, pieces: &[(usize, u32)]) -> Vec<u32> {
    let raw = |at: usize| {
        let i = pieces
            .partition_point(|&(start, _)| start <= at)
            .saturating_sub(1);
        pieces.get(i).map_or(1, |&(_, line)| line)
    };
    let bytes = cell.as_bytes();
    let ends = memchr2_iter(b'\n', b'\r', bytes)
        .filter(|&i| bytes.get(i) == Some(&b'\n') || bytes.get(i + 1) != Some(&b'\n'));
    let starts = std::iter::once(0).chain(ends.map(|i| i + 1));
    starts
        .filter(|&start| start < bytes.len())
        .map(raw)
        .collect()
}
