use proptest::prelude::*;

use super::*;
use crate::sources::imports::imports;
use crate::sources::{decode, ipython, notebook};

/// Bytes that often look like what is expected.
fn bytes(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(pieces).prop_map(|p| p.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|p| p.concat())
}

const PYTHON: &[&str] = &[
    "import",
    "from",
    ".",
    "(",
    ")",
    ",",
    "*",
    "#",
    "coding:",
    "latin-1",
    "utf-8",
    "\n",
    "\r",
    "\\\n",
    " ",
    "'",
    "\"\"\"",
    "é",
    "import_module",
    "as",
    "=",
    "%",
    "!",
    "?",
    "%%time",
    "%timeit -n ",
    "a",
    "\u{feff}",
    "gbk",
    "x =",
    "pip install",
];

const JSON: &[&str] = &[
    "{\"cells\":[",
    "{\"cell_type\":\"code\",\"source\":",
    "[",
    "]",
    "}",
    "\"",
    "\\n",
    "\n",
    ",",
    ":",
    "\"a\\nb\"",
    "\\ud800",
    "null",
    "1",
    "\"metadata\":{",
    "\"worksheets\":[",
    "\"input\":",
    "é",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn python_files_of_any_bytes_are_read_or_refused(raw in bytes(PYTHON)) {
        if let Ok(text) = decode::python(raw) {
            imports(&text);
        }
    }

    #[test]
    fn imports_and_cells_of_any_text_are_handled(raw in bytes(PYTHON)) {
        let text = String::from_utf8_lossy(&raw);
        imports(&text);
        let out = ipython::neutralised(&text);
        prop_assert_eq!(out.len(), text.len());
        let ends = |t: &str| t.match_indices(['\n', '\r']).map(|(i, _)| i).collect::<Vec<_>>();
        prop_assert_eq!(ends(&out), ends(&text));
    }

    #[test]
    fn notebooks_of_any_bytes_are_read_or_refused(raw in bytes(JSON)) {
        if let Ok(text) = decode::unicode(raw) {
            let _ = notebook::extract(&text);
        }
    }

    #[test]
    fn cells_of_any_source_know_their_lines(sources in prop::collection::vec(bytes(PYTHON), 0..5)) {
        let sources: Vec<_> = sources.iter().map(|s| String::from_utf8_lossy(s)).collect();
        let cells: Vec<_> = sources
            .iter()
            .map(|s| serde_json::json!({"cell_type": "code", "source": s}))
            .collect();
        let json = serde_json::json!({"cells": cells}).to_string();
        let (text, cells) = notebook::extract(&json).unwrap();
        let lines: usize = cells.cells.iter().map(|c| c.raw_lines.len()).sum();
        let file = aegis_diag::SourceFile::new("n.ipynb", text.clone(), None);
        prop_assert_eq!(lines + 1, file.line_count());
        for pair in cells.cells.windows(2) {
            let count = u32::try_from(pair[0].raw_lines.len()).unwrap();
            prop_assert_eq!(pair[0].first_line + count, pair[1].first_line);
        }
    }

}

proptest! {
    #[test]
    fn files_of_any_bytes_are_read_or_refused(
        raw in prop::collection::vec(any::<u8>(), 0..200), notebook: bool
    ) {
        let _ = read_as(if notebook { "a.ipynb" } else { "a.py" }, &raw);
    }
}
