//! The tree as it was is judged as a scan at that time would have judged it.

#![expect(
    clippy::unwrap_used,
    reason = "a file that cannot be written fails the test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aegis_diag::Report;
use aegis_scan::{Config, Input, Overlay, scan, scan_pair};

/// All files below a folder.
fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                out.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
    out
}

fn put(dir: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    fs::remove_dir_all(dir).unwrap();
    fs::create_dir_all(dir).unwrap();
    for (path, bytes) in files {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn overlay(now: &BTreeMap<PathBuf, Vec<u8>>, then: &BTreeMap<PathBuf, Vec<u8>>) -> Overlay {
    let mut files = BTreeMap::new();
    for path in now.keys().chain(then.keys()) {
        if now.get(path) != then.get(path) {
            files.insert(path.clone(), then.get(path).cloned());
        }
    }
    Overlay { files }
}

/// Everything a report says, but for what was out of scope: folders of which nothing is left are not
/// listed again.
fn said(report: &Report) -> String {
    let mut report = report.clone();
    report.files.excluded = 0;
    format!(
        "{:#?}\n{:#?}\n{:?}\n{:?}",
        report.sites,
        report
            .findings
            .iter()
            .map(|f| (f.rule.id, &f.message, &f.primary, &f.fingerprint))
            .collect::<Vec<_>>(),
        report.skipped,
        report.files
    )
}

/// `then` and `now` are both scanned plainly, and as a pair from the disk in the state `now`.
fn same(dir: &Path, then: &BTreeMap<PathBuf, Vec<u8>>, now: &BTreeMap<PathBuf, Vec<u8>>) -> Report {
    let input = Input::Paths(vec![dir.to_path_buf()]);
    let config = Config::default();
    put(dir, then);
    let past = scan(&input, &config).unwrap();
    put(dir, now);
    let present = scan(&input, &config).unwrap();
    let pair = scan_pair(&input, &overlay(now, then), &config).unwrap();
    assert_eq!(said(&pair.0), said(&present));
    assert_eq!(said(&pair.1), said(&past));
    past
}

/// A folder with the support desk in it.
fn desk() -> (tempfile::TempDir, PathBuf, BTreeMap<PathBuf, Vec<u8>>) {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().canonicalize().unwrap().join("desk");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/projects/support-desk");
    let files: BTreeMap<PathBuf, Vec<u8>> = tree(&source)
        .into_iter()
        .map(|(path, bytes)| (dir.join(path.strip_prefix(&source).unwrap()), bytes))
        .collect();
    fs::create_dir_all(&dir).unwrap();
    (temp, dir, files)
}

#[test]
fn every_file_may_be_new_gone_or_changed() {
    let (_temp, dir, all) = desk();
    let mut counts = Vec::new();
    for (i, path) in all.keys().enumerate() {
        let mut state = all.clone();
        let bytes = state.remove(path).unwrap();
        match i % 3 {
            0 => {}
            1 => {
                let half = bytes.len() / 2;
                state.insert(path.clone(), bytes.get(..half).unwrap().to_vec());
            }
            _ => {
                let name = format!("moved_{}", path.file_name().unwrap().to_string_lossy());
                state.insert(path.with_file_name(name), bytes);
            }
        }
        counts.push(same(&dir, &state, &all).sites.len());
        same(&dir, &all, &state);
    }
    counts.sort_unstable();
    counts.dedup();
    assert!(counts.len() > 3, "the changes change something: {counts:?}");
}

#[test]
fn what_a_scan_leaves_out_was_left_out_before() {
    let (_temp, dir, all) = desk();
    let call = b"import openai\nopenai.OpenAI().responses.create(model='m', input='x')\n".to_vec();
    let mut then = all.clone();
    for path in [
        "node_modules/a.py",
        ".hidden/b.py",
        "build/c.py",
        "notes/d.txt",
    ] {
        then.insert(dir.join(path), call.clone());
    }
    same(&dir, &then, &all);
    then.insert(dir.join("build/__init__.py"), Vec::new());
    let mut now = all.clone();
    now.insert(dir.join("build/__init__.py"), Vec::new());
    let past = same(&dir, &then, &now);
    assert!(
        past.sites
            .iter()
            .any(|s| s.span.file.path.ends_with("build/c.py"))
    );
}

#[test]
fn a_tree_that_was_empty_has_no_call_sites() {
    let (_temp, dir, all) = desk();
    let past = same(&dir, &BTreeMap::new(), &all);
    assert_eq!((past.sites.len(), past.files.analysed), (0, 0));
}

#[test]
fn an_overlay_elsewhere_changes_nothing() {
    let (_temp, dir, all) = desk();
    put(&dir, &all);
    let elsewhere = [(
        dir.join("../other/agent.py"),
        Some(b"import openai".to_vec()),
    )];
    let overlay = Overlay {
        files: elsewhere.into(),
    };
    let input = Input::Paths(vec![dir]);
    let (now, before) = scan_pair(&input, &overlay, &Config::default()).unwrap();
    assert_eq!(said(&now), said(&before));
}

#[test]
fn a_copy_of_an_sdk_that_comes_or_goes_is_noticed() {
    let (_temp, dir, all) = desk();
    let mut with = all.clone();
    for module in [
        "__init__",
        "_client",
        "resources/chat/completions",
        "resources/responses",
    ] {
        let text = b"class OpenAI:\n    pass\n".to_vec();
        with.insert(dir.join(format!("openai/{module}.py")), text);
    }
    same(&dir, &with, &all);
    same(&dir, &all, &with);
}
