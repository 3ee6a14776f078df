//! Tests of this folder's modules.

use std::fs;
use std::path::Path;

use aegis_diag::SkipReason;
use tempfile::TempDir;

use super::{Found, Options, Text, Walked, read, walk};

mod decoding;
mod globs;
mod importing;
mod magics;
mod never_panics;
mod notebooks;
mod walking;

/// A folder with these files.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        put(dir.path(), name, text.as_bytes());
    }
    dir
}

fn put(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn walked(dir: &TempDir) -> Walked {
    walk(&[dir.path().to_path_buf()], &Options::default())
}

/// The module paths of what was found.
fn modules(w: &Walked) -> Vec<&str> {
    w.files.iter().map(|f| f.module_path.as_str()).collect()
}

/// What was left out, relative to the folder.
fn excluded(dir: &TempDir, w: &Walked) -> Vec<String> {
    let prefix = format!("{}/", dir.path().display());
    w.excluded
        .iter()
        .map(|e| e.strip_prefix(&prefix).unwrap_or(e).to_owned())
        .collect()
}

fn skipped(w: &Walked) -> Vec<(&str, &SkipReason)> {
    w.skipped
        .iter()
        .map(|s| (s.path.rsplit('/').next().unwrap(), &s.reason))
        .collect()
}

/// Reads a file with these bytes.
fn read_as(name: &str, bytes: &[u8]) -> Result<Text, SkipReason> {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), name, bytes);
    read(&found(&dir.path().join(name)), &Options::default())
}

fn found(path: &Path) -> Found {
    let display = path.display().to_string();
    let notebook = display.ends_with(".ipynb");
    Found {
        path: path.to_path_buf(),
        module_path: display.clone(),
        display,
        root: 0,
        notebook,
    }
}
