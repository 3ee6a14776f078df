//! Lines that IPython takes and Python does not: magics, shell commands, help.
//!
//! They are overwritten in place, so that the line and column of all else stays as it is.

use super::ipython_lines::{Scanner, lines};

/// Cell magics below which the rest of the cell is Python run in this or another process.
const PYTHON_CELLS: [&str; 22] = [
    "time",
    "timeit",
    "capture",
    "prun",
    "python",
    "python3",
    "pypy",
    "debug",
    "memit",
    "mprun",
    "ipytest",
    "pyinstrument",
    "scalene",
    "snakeviz",
    "heat",
    "px",
    "wandb",
    "skip_if",
    "cache",
    "local",
    "spark",
    "pyspark",
];

/// Magics that a line of code follows, with those of their options that take a value.
const CODE_LINES: [(&str, &str); 6] = [
    ("time", ""),
    ("timeit", "nrpv"),
    ("prun", "lsTD"),
    ("memit", "rti"),
    ("lprun", "fmTDsu"),
    ("mprun", "fT"),
];

/// Words that, alone on the first line, make a cell one of another language on some platforms.
const OTHER_LANGUAGES: [&str; 12] = [
    "md",
    "markdown",
    "sql",
    "sh",
    "bash",
    "scala",
    "r",
    "fs",
    "html",
    "js",
    "javascript",
    "sparksql",
];

/// Installers that IPython runs without a `%`.
const INSTALLERS: [&str; 6] = ["pip", "pip3", "conda", "mamba", "micromamba", "uv"];

/// What an installer is told to do.
const INSTALLER_COMMANDS: [&str; 12] = [
    "install",
    "uninstall",
    "list",
    "show",
    "freeze",
    "download",
    "add",
    "remove",
    "update",
    "upgrade",
    "pip",
    "sync",
];

/// The cell with everything overwritten that is no Python; as many bytes, the same lines.
pub(super) fn neutralised(cell: &str) -> String {
    let mut editor = Editor {
        text: cell.as_bytes().to_vec(),
    };
    editor.cell(cell);
    String::from_utf8(editor.text).unwrap_or_else(|_| cell.to_owned())
}

struct Editor {
    text: Vec<u8>,
}

/// What the first line of a cell says about it.
enum Head {
    /// A magic; the rest is Python, beginning with what is left of this line from an offset on.
    Python(usize),
    Other,
    /// No magic.
    None,
}

impl Editor {
    fn cell(&mut self, cell: &str) {
        let mut scanner = Scanner::default();
        let mut at_head = true;
        let mut all = lines(cell);
        while let Some((start, line)) = all.next() {
            let body = line.trim_start();
            let blank = body.is_empty() || body.starts_with('#');
            if at_head && !blank {
                match head(body) {
                    Head::Other => return self.blank(start, cell.len() - start),
                    Head::Python(code) => {
                        self.filler(start + line.len() - body.len(), code, body.len());
                        continue;
                    }
                    Head::None => at_head = false,
                }
            }
            if !self.line(start, line, &mut scanner) {
                continue;
            }
            // The command goes on after a backslash.
            let mut last = line;
            while last.ends_with('\\') {
                let Some((start, next)) = all.next() else {
                    break;
                };
                self.blank(start, next.len());
                last = next;
            }
        }
    }

    /// Deals with one line; true if its end belongs to something that is no Python.
    fn line(&mut self, start: usize, line: &str, scanner: &mut Scanner) -> bool {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let mut from = 0;
        if !scanner.inside() {
            if let Some(code) = code_magic(body) {
                self.filler(start + indent, code, body.len());
                from = indent + code;
            } else if escaped(body) {
                self.filler(start + indent, body.len(), body.len());
                return true;
            }
        }
        let Some(escape) = scanner.feed(line, from) else {
            return false;
        };
        let rest = line.get(escape..).unwrap_or("");
        if let Some(code) = code_magic(rest).filter(|&code| code < rest.len()) {
            self.blank(start + escape, code);
            scanner.feed(line, escape + code);
            return false;
        }
        let value: &[u8] = if rest.len() >= 4 { b"None" } else { b"0" };
        self.write(start + escape, rest.len(), value);
        true
    }

    /// Overwrites the first `code` bytes of a statement with a harmless one; if something is left
    /// of its `len` bytes, that follows.
    fn filler(&mut self, start: usize, code: usize, len: usize) {
        let word: &[u8] = match code {
            0..=3 => b"0",
            _ if code > 4 && code < len => b"pass;",
            _ => b"pass",
        };
        self.write(start, code, word);
    }

    fn blank(&mut self, start: usize, len: usize) {
        self.write(start, len, b"");
    }

    /// Overwrites a range, line ends apart, with a word and blanks.
    fn write(&mut self, start: usize, len: usize, word: &[u8]) {
        let range = self.text.iter_mut().skip(start).take(len);
        for (i, byte) in range.enumerate() {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = word.get(i).copied().unwrap_or(b' ');
            }
        }
    }
}

/// The word a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
    text.get(..end.unwrap_or(text.len())).unwrap_or("")
}

fn head(body: &str) -> Head {
    if let Some(magic) = body.strip_prefix("%%") {
        let name = word(magic);
        if !PYTHON_CELLS.contains(&name) {
            return Head::Other;
        }
        let takes_code = matches!(name, "time" | "timeit");
        let code = if takes_code {
            after_options(magic, name).map(|n| n + 2)
        } else {
            None
        };
        return Head::Python(code.unwrap_or(body.len()));
    }
    let Some(magic) = body.strip_prefix('%') else {
        return Head::None;
    };
    match magic.trim_end() {
        "python" | "pyspark" => Head::Python(body.len()),
        name if OTHER_LANGUAGES.contains(&name) => Head::Other,
        _ => Head::None,
    }
}

/// How much of a line is a magic that code follows.
fn code_magic(body: &str) -> Option<usize> {
    let magic = body.strip_prefix('%')?;
    after_options(magic, word(magic)).map(|n| n + 1)
}

/// Where the code after a magic word and its options starts; at the end if there is none.
fn after_options(magic: &str, name: &str) -> Option<usize> {
    let (_, valued) = CODE_LINES.iter().find(|(n, _)| *n == name)?;
    let mut rest = magic.get(name.len()..)?.trim_start();
    while let Some(option) = rest.strip_prefix('-') {
        let (flag, after) = split_word(option);
        rest = after;
        if flag.len() == 1 && valued.contains(flag) {
            rest = split_word(rest).1;
        }
    }
    Some(magic.len() - rest.len())
}

fn split_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    (word, rest.trim_start())
}

/// Whether a whole line is for IPython.
fn escaped(body: &str) -> bool {
    // No statement of Python starts with any of these.
    if body.starts_with(['%', '!', '?', '/', ',', ';']) {
        return true;
    }
    let end = body.trim_end();
    if end.ends_with('?') && !end.contains(['#', '"', '\'']) {
        return true;
    }
    if ["cd ..", "cd ~"].iter().any(|c| body.starts_with(c)) {
        return true;
    }
    let mut words = body.split_whitespace();
    let command = words.next().is_some_and(|w| INSTALLERS.contains(&w));
    command
        && words
            .next()
            .is_some_and(|w| INSTALLER_COMMANDS.contains(&w))
}
