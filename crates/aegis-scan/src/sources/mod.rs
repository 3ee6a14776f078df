//! Which files are scanned, and their text.
//!
//! [`walk`] finds Python files and notebooks and lists whatever it leaves out, [`read`] decodes one
//! of them, [`imports`] says what a text may import without parsing it.

use std::path::PathBuf;

use aegis_diag::{Cells, SkipReason, Skipped};

mod cursor;
mod decode;
mod encodings;
mod filter;
mod imports;
mod ipython;
mod ipython_lines;
mod load;
mod notebook;
mod past;
mod places;
mod visit;
mod walk;

pub(crate) use imports::{ImportLine, imports};
pub use past::Overlay;
pub(crate) use past::Past;
pub(crate) use walk::walk;

#[cfg(test)]
mod tests;

/// What is scanned and up to which size.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Python files over this many bytes are skipped; so are notebooks with more code than that.
    pub(crate) max_bytes: u64,
    /// Notebooks over this many bytes, outputs included, are skipped.
    pub(crate) max_notebook_bytes: u64,
    /// If there are any: only files that one of these globs matches, or that lie in a folder one
    /// matches, are scanned. Written as in `.gitignore`, relative to the given path.
    pub(crate) include: Vec<String>,
    /// Files and folders that are left out, written likewise; `!glob` keeps what an ignore file or
    /// a built-in exclusion would leave out.
    pub(crate) exclude: Vec<String>,
    /// Whether `.gitignore`, `.ignore` and `.git/info/exclude` count.
    pub(crate) respect_gitignore: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_bytes: 8 << 20,
            max_notebook_bytes: 64 << 20,
            include: Vec::new(),
            exclude: Vec::new(),
            respect_gitignore: true,
        }
    }
}

/// A file to scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it is opened.
    pub(crate) path: PathBuf,
    /// As shown: as the user would type it, `/` as separator, without a leading `./`.
    pub(crate) display: String,
    /// Relative to the given path, `/` as separator; module names are worked out from it.
    pub(crate) module_path: String,
    /// The index of the given path.
    pub(crate) root: usize,
    /// Whether it is a notebook.
    pub(crate) notebook: bool,
}

/// What a walk found and what it left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Walked {
    /// Sorted by display; a file that several given paths reach is there once, by the outermost.
    pub(crate) files: Vec<Found>,
    /// Sorted by path.
    pub(crate) skipped: Vec<Skipped>,
    /// As shown, folders with a trailing `/`, sorted.
    pub(crate) excluded: Vec<String>,
    /// Project and deployment files and `*.dist-info` folders, sorted.
    pub(crate) extra: Vec<PathBuf>,
}

/// The decoded text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// Without a byte order mark; for notebooks the code cells, joined.
    pub(crate) text: String,
    /// Where the cells of a notebook are.
    pub(crate) cells: Option<Cells>,
    /// The size of the file on disk.
    pub(crate) bytes: u64,
}

/// The text of a file that [`walk`] found.
pub(crate) fn read(f: &Found, o: &Options) -> Result<Text, SkipReason> {
    decode(load::load(&f.path, cap(f.notebook, o))?, f.notebook, o)
}

/// The text of bytes that [`read`] would have found on disk.
pub(crate) fn decode_capped(bytes: &[u8], notebook: bool, o: &Options) -> Result<Text, SkipReason> {
    let cap = cap(notebook, o);
    if bytes.len() as u64 > cap {
        return Err(SkipReason::TooLarge(cap));
    }
    decode(bytes.to_vec(), notebook, o)
}

fn cap(notebook: bool, o: &Options) -> u64 {
    if notebook {
        o.max_notebook_bytes
    } else {
        o.max_bytes
    }
}

/// The text of bytes that were read already.
pub(crate) fn decode(raw: Vec<u8>, notebook: bool, o: &Options) -> Result<Text, SkipReason> {
    let bytes = raw.len() as u64;
    if !notebook {
        return Ok(Text {
            text: decode::python(raw)?,
            cells: None,
            bytes,
        });
    }
    let (text, cells) = notebook::extract(&decode::unicode(raw)?)?;
    if text.len() as u64 > o.max_bytes {
        return Err(SkipReason::TooLarge(o.max_bytes));
    }
    Ok(Text {
        text,
        cells: Some(cells),
        bytes,
    })
}
