//! What differs between a commit and the files on disk.

use std::path::{Path, PathBuf};

use super::git::{self, Git, GitError};
use super::{Base, BaseError, submodules};

const LINK: &str = "120000";
const SUBMODULE: &str = "160000";
const NONE: &str = "000000";

/// One record of `git diff --raw`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The mode in the commit; `000000` if there was nothing.
    pub(super) old_mode: String,
    /// The mode on disk.
    pub(super) new_mode: String,
    /// The object in the commit.
    pub(super) old_id: String,
    /// `A`, `M`, `D`, `T`, `R`, `C`, `U`.
    pub(super) status: char,
    /// The path before.
    pub(super) old: PathBuf,
    /// The path now; the same unless it was renamed or copied.
    pub(super) new: PathBuf,
}

/// Fills in what differs in a repository and in its submodules.
pub(super) fn read(git: &Git, base: &mut Base) -> Result<(), BaseError> {
    let top = base.top.clone();
    let commit = base.commit.clone();
    below(git, &top, &commit, base)
}

/// The same for one working tree and a commit of its own.
pub(super) fn below(git: &Git, top: &Path, commit: &str, base: &mut Base) -> Result<(), BaseError> {
    // `--no-ext-diff` and `--no-textconv`: attributes of the repository name programs to run.
    let raw = git.must(&[
        "diff",
        "--raw",
        "-z",
        "-M",
        "--no-abbrev",
        "--no-relative",
        "--no-ext-diff",
        "--no-textconv",
        "--ignore-submodules=none",
        "--end-of-options",
        commit,
        "--",
    ])?;
    let records = records(&raw)?;
    let mut wanted: Vec<(PathBuf, String)> = Vec::new();
    for record in &records {
        let (old, new) = (top.join(&record.old), top.join(&record.new));
        if record.old_mode == SUBMODULE || record.new_mode == SUBMODULE {
            submodules::read(record, &new, base)?;
            if record.old_mode == SUBMODULE || record.old_mode == NONE {
                continue;
            }
        }
        for (mode, path) in [(&record.old_mode, &old), (&record.new_mode, &new)] {
            if mode == LINK {
                base.links.insert(path.clone());
            }
        }
        match record.status {
            // Something of the index that the file on disk settles with a record of its own.
            'U' => continue,
            'R' => {
                base.renames.insert(new.clone(), old.clone());
                base.overlay.files.insert(new, None);
            }
            'A' | 'C' => {
                base.overlay.files.insert(new, None);
                continue;
            }
            _ => {}
        }
        match record.old_mode.as_str() {
            LINK => {
                base.overlay.files.insert(old, None);
            }
            _ => wanted.push((old, record.old_id.clone())),
        }
    }
    let ids: Vec<String> = wanted.iter().map(|(_, id)| id.clone()).collect();
    for ((path, _), bytes) in wanted.into_iter().zip(git.blobs(&ids)?) {
        base.overlay.files.insert(path, Some(bytes));
    }
    untracked(git, top, base)
}

/// Files that no commit has yet are new.
fn untracked(git: &Git, top: &Path, base: &mut Base) -> Result<(), BaseError> {
    let out = git.must(&["ls-files", "--others", "--exclude-standard", "-z"])?;
    for name in out.split(|b| *b == 0).filter(|name| !name.is_empty()) {
        let path = top.join(git::path(name));
        // A folder here is a repository of its own, which nothing says what it was.
        if name.ends_with(b"/") {
            hide(&path, base);
            continue;
        }
        base.overlay.files.entry(path).or_insert(None);
    }
    Ok(())
}

/// Hides everything in a folder.
pub(super) fn hide(folder: &Path, base: &mut Base) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                if entry.file_name() != ".git" {
                    hide(&path, base);
                }
            }
            _ => {
                base.overlay.files.insert(path, None);
            }
        }
    }
}

/// The records of `git diff --raw -z --no-abbrev`.
pub(super) fn records(raw: &[u8]) -> Result<Vec<Record>, GitError> {
    let wrong = |what: &[u8]| GitError::Answer {
        command: "diff",
        what: String::from_utf8_lossy(what).into_owned(),
    };
    let mut out = Vec::new();
    let mut parts = raw.split(|b| *b == 0);
    while let Some(head) = parts.next().filter(|head| !head.is_empty()) {
        let text = String::from_utf8_lossy(head);
        let words: Vec<&str> = text.trim_start_matches(':').split(' ').collect();
        let [old_mode, new_mode, old_id, _, status] = words.as_slice() else {
            return Err(wrong(head));
        };
        let status = status.chars().next().ok_or_else(|| wrong(head))?;
        let mut path = || {
            let name = parts.next().filter(|name| !name.is_empty());
            name.map(git::path).ok_or_else(|| wrong(head))
        };
        let old = path()?;
        let new = if matches!(status, 'R' | 'C') {
            path()?
        } else {
            old.clone()
        };
        if !git::is_id(old_id) {
            return Err(wrong(head));
        }
        out.push(Record {
            old_mode: (*old_mode).to_owned(),
            new_mode: (*new_mode).to_owned(),
            old_id: (*old_id).to_owned(),
            status,
            old,
            new,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_cut_at_zeros() {
        let id = "0123456789012345678901234567890123456789";
        let raw = format!(
            ":100644 100644 {id} {id} M\0a b\n.py\0:100644 100644 {id} {id} R087\0old.py\0new é.py\0:000000 100644 {id} {id} A\0x.py\0"
        );
        let got = records(raw.as_bytes()).unwrap();
        let shown: Vec<String> = got
            .iter()
            .map(|r| format!("{} {:?} {:?}", r.status, r.old, r.new))
            .collect();
        assert_eq!(
            shown,
            [
                r#"M "a b\n.py" "a b\n.py""#,
                r#"R "old.py" "new é.py""#,
                r#"A "x.py" "x.py""#
            ]
        );
        for broken in [":100644 M\0a\0", &raw[..90], ":1 2 zz 4 M\0a\0"] {
            assert!(records(broken.as_bytes()).is_err(), "{broken:?}");
        }
    }
}
