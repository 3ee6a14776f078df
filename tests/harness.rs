//! Runs `aegis` in a tree of files, with an empty environment: same output on every machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use tempfile::TempDir;

/// A module with one ungoverned call, on line 4.
pub(crate) const CALL: &str = "\
from openai import OpenAI

client = OpenAI()
print(client.chat.completions.create(model=\"gpt-5\", messages=[\"hi\"]))
";

/// The same call, governed.
pub(crate) const GOVERNED: &str = "\
import aegis
from openai import OpenAI

aegis.auto_instrument()
client = OpenAI()
print(client.chat.completions.create(model=\"gpt-5\", messages=[\"hi\"]))
";

/// A module with a syntax error, which is only seen in files that may matter.
pub(crate) const ODD: &str = "import openai\n\nx = = 1\n";

/// A policy of three rules: a block, one with a condition, and reading.
pub(crate) const POLICY: &str = "\
version: \"1\"
defaults: { risk_level: medium, approval: approve }
rules:
  - name: no_deletes
    match: { effect: delete }
    risk_level: critical
    approval: block
    reason: Records are kept. Archive them instead.
  - name: bulk
    match: { type: \"bulk_*\" }
    conditions: { param_gt: { count: 100 } }
    risk_level: high
    approval: approve
  - name: reads
    match: { type: [\"read*\", \"list*\"] }
    risk_level: low
    approval: auto
";

/// A suite that passes on it.
pub(crate) const SUITE: &str = "\
version: \"1\"
cases:
  - name: nobody deletes
    action: { type: delete_user }
    expect: { approval: block, rule: no_deletes }
  - name: large batches are asked about
    action: { type: bulk_update, params: { count: 150 } }
    expect: { approval: approve, risk: high, rule: bulk }
  - name: reading is harmless
    action: { type: read_file, target: notes.md }
    expect: { approval: auto, risk: low, rule: reads }
  - name: the rest is asked about
    action: { type: frobnicate }
    expect: { approval: approve, risk: medium, rule: null }
";

/// A folder of files that goes away with the test.
pub(crate) struct Tree {
    dir: TempDir,
}

impl Tree {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self {
            dir: TempDir::new().unwrap(),
        };
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn command(&self) -> Command {
        command(self.dir.path())
    }

    /// Runs `aegis` with the words of a line.
    pub(crate) fn aegis(&self, line: &str) -> Run {
        self.run(line, &[], "")
    }

    /// Runs `aegis` with words that may hold spaces.
    pub(crate) fn words(&self, words: &[&str]) -> Run {
        let output = self.command().args(words).output().unwrap();
        Run::new(&output, self.dir.path())
    }

    pub(crate) fn run(&self, line: &str, env: &[(&str, &str)], stdin: &str) -> Run {
        let mut command = self.command();
        command
            .args(line.split_whitespace())
            .envs(env.iter().copied())
            .write_stdin(stdin);
        Run::new(&command.output().unwrap(), self.dir.path())
    }
}

fn command(dir: &Path) -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("aegis");
    command
        .env_clear()
        .env("AEGIS_TODAY", "2026-12-01")
        .current_dir(dir)
        .timeout(Duration::from_secs(120));
    command
}

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `aegis` at the top of the repository.
pub(crate) fn at_home(line: &str) -> Run {
    let output = command(repository())
        .args(line.split_whitespace())
        .output()
        .unwrap();
    Run::new(&output, repository())
}

/// What a run said and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// The time a scan took and the folder it ran in are masked.
    fn new(output: &Output, dir: &Path) -> Self {
        let dir = dir.canonicalize().unwrap();
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).replace(&dir.display().to_string(), "DIR");
            text.split_inclusive('\n').map(without_time).collect()
        };
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Both streams and the exit code, for snapshots.
    pub(crate) fn all(&self) -> String {
        format!(
            "exit {}\n--- stdout\n{}--- stderr\n{}",
            self.code, self.out, self.err
        )
    }

    /// Asserts the exit code and returns stdout.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.all());
        self.out
    }

    /// Asserts that the run was refused in one error, and returns it.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.code, 2, "{}", self.all());
        assert_eq!(self.out, "", "{}", self.all());
        assert_eq!(self.err.matches("error: ").count(), 1, "{}", self.all());
        self.err
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}\n{}", self.all()))
    }

    /// The ids of the rules that a JSON report has findings of, in order.
    pub(crate) fn rules(&self) -> Vec<String> {
        let findings = self.json()["findings"].as_array().unwrap().clone();
        findings
            .iter()
            .map(|f| {
                f["rule"]["id"]
                    .as_str()
                    .or(f["rule"].as_str())
                    .unwrap()
                    .to_owned()
            })
            .collect()
    }
}

fn without_time(line: &str) -> String {
    match line.split_once(" in ") {
        Some((head, _)) if line.starts_with("Scanned ") => format!("{head} in TIME\n"),
        _ => line.to_owned(),
    }
}

/// Whether permissions do not stop this user, as root.
pub(crate) fn reads_everything(path: &Path) -> bool {
    fs::File::open(path).is_ok()
}

/// Starts `aegis` with stdout closed at once, as `| head -0` does.
pub(crate) fn into_closed_pipe(args: &[&str]) -> (Option<i32>, String) {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("aegis"))
        .args(args)
        .env_clear()
        .current_dir(repository())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// What is wrong with a document by the schema of SARIF 2.1.0.
pub(crate) fn sarif_mistakes(sarif: &serde_json::Value) -> Vec<String> {
    let schema = repository().join("crates/aegis-report/tests/data/sarif-schema-2.1.0.json");
    let mut schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    // As published, the pattern of a language, which Aegis does not write, is no regular expression.
    for of in ["run", "toolComponent"] {
        schema["definitions"][of]["properties"]["language"]
            .as_object_mut()
            .unwrap()
            .remove("pattern");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator
        .iter_errors(sarif)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect()
}
