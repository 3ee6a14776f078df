//! What the release workflow does to the checksum table, and that the Action can then run the release.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::runner::git;
use crate::harness::repository;

/// A repository with the table and the script, at a first commit.
fn project() -> TempDir {
    let dir = TempDir::new().unwrap();
    for (from, to) in [
        ("scripts/release-table.sh", "scripts/release-table.sh"),
        (
            ".github/action/checksums.txt",
            ".github/action/checksums.txt",
        ),
    ] {
        let to = dir.path().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(repository().join(from), to).unwrap();
    }
    git(dir.path(), &["-c", "init.defaultBranch=main", "init", "-q"]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-qm", "start"]);
    dir
}

fn add(dir: &Path, version: &str, sums: &str) -> Output {
    fs::write(dir.join("SHA256SUMS"), sums).unwrap();
    Command::new("bash")
        .args(["scripts/release-table.sh", version, "SHA256SUMS"])
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap()
}

fn sums(version: &str, digit: char) -> String {
    let digest = digit.to_string().repeat(64);
    format!(
        "{digest}  aegis-{version}-x86_64-unknown-linux-musl.tar.gz\n{digest}  aegis-{version}-aarch64-apple-darwin.tar.gz\n"
    )
}

fn table(dir: &Path) -> String {
    let text = fs::read_to_string(dir.join(".github/action/checksums.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let short = |line: &str| match line.split_once("  ") {
        Some((digest, name)) => format!("{} {name}\n", &digest[..1]),
        None => format!("{line}\n"),
    };
    lines.map(short).collect()
}

#[test]
fn releases_are_added_on_top_and_earlier_ones_stay() {
    let dir = project();
    assert!(
        add(dir.path(), "0.1.0", &sums("0.1.0", 'a'))
            .status
            .success()
    );
    git(dir.path(), &["commit", "-qam", "0.1.0"]);
    git(dir.path(), &["tag", "v0.1.0"]);
    git(dir.path(), &["tag", "v0"]);
    // The next release starts from the branch, which never had the table of the first.
    git(dir.path(), &["reset", "-q", "--hard", "HEAD~1"]);
    assert!(
        add(dir.path(), "0.2.0", &sums("0.2.0", 'b'))
            .status
            .success()
    );
    insta::assert_snapshot!(table(dir.path()), @"
    version 0.2.0
    b aegis-0.2.0-x86_64-unknown-linux-musl.tar.gz
    b aegis-0.2.0-aarch64-apple-darwin.tar.gz
    a aegis-0.1.0-x86_64-unknown-linux-musl.tar.gz
    a aegis-0.1.0-aarch64-apple-darwin.tar.gz
    ");
}

#[test]
fn a_table_that_would_lie_is_not_written() {
    let dir = project();
    let before = table(dir.path());
    for (version, sums) in [
        ("0.1", sums("0.1", 'a')),
        ("0.1.0", sums("0.2.0", 'a')),
        ("0.1.0", "x  aegis-0.1.0-y.tar.gz\n".to_owned()),
        ("0.1.0", String::new()),
    ] {
        let output = add(dir.path(), version, &sums);
        assert!(!output.status.success(), "{version} {sums}");
        assert_eq!(table(dir.path()), before);
    }
    assert!(
        add(dir.path(), "0.1.0", &sums("0.1.0", 'a'))
            .status
            .success()
    );
    git(dir.path(), &["commit", "-qam", "0.1.0"]);
    git(dir.path(), &["tag", "v0.1.0"]);
    assert!(
        !add(dir.path(), "0.1.0", &sums("0.1.0", 'b'))
            .status
            .success(),
        "a release is made once"
    );
}
