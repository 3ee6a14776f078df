//! The first step: which program is run, and that nothing but the released one can be.

use std::fs;
use std::process::Command;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::hub::Hub;
use super::runner::{Job, Outcome, event};

const ARCHIVE: &str = "aegis-1.2.3-x86_64-unknown-linux-musl.tar.gz";
const PATH: &str =
    "/octo/aegis/releases/download/v1.2.3/aegis-1.2.3-x86_64-unknown-linux-musl.tar.gz";

/// A job that wants a release, of which this host has the archive.
fn job(hub: &Hub) -> (Job, Vec<u8>) {
    let mut job = Job::new("push", &event("push"));
    job.on(hub);
    job.inputs.remove("binary");
    let bytes = archive(&job, "echo aegis 1.2.3");
    (job, bytes)
}

/// An archive as the release workflow packs it.
fn archive(job: &Job, script: &str) -> Vec<u8> {
    let folder = job.path("home").join(ARCHIVE.trim_end_matches(".tar.gz"));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("aegis"), format!("#!/bin/sh\n{script}\n")).unwrap();
    let packed = job.path("home").join("x.tar.gz");
    let status = Command::new("tar")
        .arg("-czf")
        .arg(&packed)
        .arg("-C")
        .arg(job.path("home"))
        .arg(folder.file_name().unwrap())
        .status();
    assert!(status.unwrap().success());
    fs::read(packed).unwrap()
}

fn table(job: &Job, default: &str, bytes: &[u8]) {
    let digest: String = Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let text = format!("# table\nversion {default}\n{digest}  {ARCHIVE}\n");
    fs::write(job.path("action/.github/action/checksums.txt"), text).unwrap();
}

fn install(job: &Job) -> Outcome {
    job.run_steps(&["install"], &[])
}

#[track_caller]
fn refused(job: &Job) -> String {
    let outcome = install(job);
    assert_eq!(outcome.code, 2, "{}", outcome.log);
    assert_eq!(outcome.outputs["conclusion"], "error");
    let said = outcome.said();
    let error = said
        .iter()
        .find(|s| s.starts_with("error: "))
        .unwrap_or_else(|| panic!("{}", outcome.log));
    assert!(
        outcome.summary.contains("## Aegis gate failed"),
        "{}",
        outcome.summary
    );
    error.replace(" [title=Aegis]", "")
}

#[test]
fn the_released_program_is_loaded_once_and_checked_every_time() {
    let hub = Hub::start();
    let (job, bytes) = job(&hub);
    table(&job, "1.2.3", &bytes);
    hub.file(PATH, &bytes);
    let first = install(&job);
    assert_eq!(first.code, 0, "{}", first.log);
    assert!(first.log.contains("aegis 1.2.3"), "{}", first.log);
    // The second run finds the archive in the cache: the host has none any more.
    hub.file(PATH, b"something else");
    assert_eq!(install(&job).code, 0);
    // A cached archive that was changed is not run.
    let cached = job.path("tools/aegis/1.2.3").join(ARCHIVE);
    fs::write(&cached, archive(&job, "echo changed")).unwrap();
    let error = refused(&job);
    assert!(
        error.contains("is not the released one: its SHA-256 is"),
        "{error}"
    );
    hub.file(PATH, &bytes);
    let mended = install(&job);
    assert_eq!(mended.code, 0, "{}", mended.log);
    assert!(mended.log.contains("aegis 1.2.3") && !mended.log.contains("changed\n"));
}

#[test]
fn a_wrong_download_is_never_run_and_never_kept() {
    let hub = Hub::start();
    let (job, bytes) = job(&hub);
    table(&job, "1.2.3", &bytes);
    hub.file(PATH, &archive(&job, "touch ../../pwned"));
    let error = refused(&job);
    assert!(error.contains("is not the released one"), "{error}");
    let cache = job.path("tools/aegis/1.2.3");
    assert_eq!(fs::read_dir(cache).unwrap().count(), 0);
}

#[test]
fn the_version_is_that_of_the_tag_else_that_of_the_table_unless_it_is_given() {
    let hub = Hub::start();
    let (mut job, bytes) = job(&hub);
    table(&job, "1.2.3", &bytes);
    hub.file(PATH, &bytes);
    for action_ref in [
        "v1.2.3",
        "v1",
        "main",
        "0123456789abcdef0123456789abcdef01234567",
    ] {
        job.action_ref = action_ref.to_owned();
        assert_eq!(install(&job).code, 0, "{action_ref}");
    }
    job.action_ref = "v9.9.9".to_owned();
    insta::assert_snapshot!(refused(&job), @"error: the checksum table of this version of the Action has no entry for `aegis-9.9.9-x86_64-unknown-linux-musl.tar.gz`: use a tag of the Action that has it, or give the input `binary`");
    job.input("version", "v1.2.3");
    assert_eq!(install(&job).code, 0);
    job.input("version", "latest");
    insta::assert_snapshot!(refused(&job), @"error: version: `latest` is not a release; expected one such as `0.1.0`");
    job.input("version", "1.2.3;touch pwned");
    assert!(refused(&job).contains("is not a release"));
}

#[test]
fn what_belongs_to_no_release_is_refused() {
    let hub = Hub::start();
    let (mut job, bytes) = job(&hub);
    job.action_ref = String::new();
    table(&job, "none", &bytes);
    insta::assert_snapshot!(refused(&job), @"error: this version of the Action (`a local path`) belongs to no release: use a release tag, or build aegis and give the input `binary`");
    table(&job, "1.2.3", &bytes);
    job.action_repository = String::new();
    insta::assert_snapshot!(refused(&job), @"error: the Action is used from a local path, so it is not known which repository it comes from: give the input `binary`");
    job.action_repository = "octo/aegis".to_owned();
    job.var("RUNNER_ARCH", "X86");
    assert!(refused(&job).contains("there is no release for the architecture `X86`"));
    job.var("RUNNER_ARCH", "ARM64");
    job.var("RUNNER_OS", "macOS");
    assert!(refused(&job).contains("no entry for `aegis-1.2.3-aarch64-apple-darwin.tar.gz`"));
    job.var("RUNNER_OS", "Windows");
    assert!(refused(&job).contains("no entry for `aegis-1.2.3-x86_64-pc-windows-msvc.tar.gz`"));
    assert!(hub.requests().is_empty());
}

#[test]
fn a_program_that_is_given_is_taken_and_nothing_is_loaded() {
    let mut job = Job::new(
        "push",
        &json!({"ref": "refs/heads/main", "repository": {"full_name": "octo/desk"}}),
    );
    let outcome = install(&job);
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    assert!(outcome.log.starts_with("aegis "), "{}", outcome.log);
    job.input("binary", "nowhere/aegis");
    insta::assert_snapshot!(refused(&job), @"error: binary: there is no file `nowhere/aegis`");
    fs::write(job.workspace().join("notes.txt"), "x").unwrap();
    job.input("binary", "notes.txt");
    insta::assert_snapshot!(refused(&job), @"error: binary: `notes.txt` cannot be executed");
}
