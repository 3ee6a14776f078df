//! The generated parts of the documentation: the key tables of `docs/policy.md`, the table of
//! problems there, and the schemas. The tests here fail if a file is stale; `AEGIS_BLESS=1`
//! refreshes them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::keys::{POLICY, SUITE, Shape, Table};
use crate::problem::CODES;
use crate::schema;

#[test]
fn the_schemas_are_current() {
    for (file, schema) in [
        ("policy.schema.json", schema::policy()),
        ("policy.test.schema.json", schema::suite()),
    ] {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        assert_file(&docs().join(file), &text);
    }
}

#[test]
fn the_key_tables_are_current() {
    let path = docs().join("policy.md");
    let mut page = std::fs::read_to_string(&path).unwrap();
    let mut tables = POLICY.all();
    tables.extend(SUITE.all());
    for table in tables {
        page = replaced(&page, &format!("keys {}", table.name), &keys(table));
    }
    page = replaced(&page, "problems", &problems());
    assert_file(&path, &page);
}

/// Every word in quotes after `error(` and the like is a known code, and every code is in use.
#[test]
fn every_code_is_listed_and_used() {
    let mut sources = String::new();
    read_all(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut sources,
    );
    for (code, _) in CODES {
        let uses = sources.matches(&format!("\"{code}\"")).count();
        assert!(uses > 1, "nothing reports `{code}`");
        assert!(
            code.bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit()),
            "{code}"
        );
    }
    assert!(CODES.is_sorted_by(|a, b| a.0 < b.0), "sort CODES");
    for start in ["Problem::error(", "Problem::warning("] {
        for part in sources.split(start).skip(1) {
            let Some(rest) = part.trim_start().strip_prefix('"') else {
                continue;
            };
            let code = rest.split('"').next().unwrap();
            assert!(
                CODES.iter().any(|(c, _)| *c == code),
                "`{code}` is not in CODES"
            );
        }
    }
}

fn read_all(folder: &Path, out: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, out);
        } else if !path.ends_with("reference.rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            out.push_str(text.split("#[cfg(test)]\nmod tests").next().unwrap());
        }
    }
}

fn keys(table: &Table) -> String {
    let mut out = String::from("| key | value | for example | what it says |\n|---|---|---|---|\n");
    for key in table.keys {
        let shape = match key.shape {
            Shape::Word(words) | Shape::Words(words) => {
                let all: Vec<String> = words.words().iter().map(|w| format!("`{w}`")).collect();
                match key.shape {
                    Shape::Words(_) => format!("one of {}, or a list", all.join(", ")),
                    _ => format!("one of {}", all.join(", ")),
                }
            }
            Shape::Table(table) => format!("[mapping](#{})", anchor(table)),
            Shape::Tables(table) => format!("list of [{}](#{})", table.name, anchor(table)),
            other => other.expected(),
        };
        let required = if key.required { " (required)" } else { "" };
        let _ = writeln!(
            out,
            "| `{}`{required} | {} | `{}` | {} |",
            key.name,
            cell(&shape),
            cell(key.example),
            cell(key.doc)
        );
    }
    out
}

fn anchor(table: &Table) -> String {
    format!("keys-of-{}", table.what.replace(' ', "-"))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn problems() -> String {
    let mut out = String::from("| code | what was found |\n|---|---|\n");
    for (code, doc) in CODES {
        let _ = writeln!(out, "| `{code}` | {} |", cell(doc));
    }
    out
}

/// The page with the part between two markers replaced.
fn replaced(page: &str, marker: &str, text: &str) -> String {
    let (start, end) = (
        format!("<!-- {marker} -->\n"),
        format!("<!-- end {marker} -->"),
    );
    let (before, rest) = page
        .split_once(&start)
        .unwrap_or_else(|| panic!("docs/policy.md has no `{start}`"));
    let (_, after) = rest
        .split_once(&end)
        .unwrap_or_else(|| panic!("docs/policy.md has no `{end}`"));
    format!("{before}{start}{text}{end}{after}")
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn assert_file(path: &Path, want: &str) {
    if std::env::vars_os().any(|(name, _)| name == "AEGIS_BLESS") {
        std::fs::write(path, want).unwrap();
    }
    let have = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        have.replace("\r\n", "\n") == want.replace("\r\n", "\n"),
        "{} is stale: run `AEGIS_BLESS=1 cargo test -p aegis-policy`",
        path.display()
    );
}
