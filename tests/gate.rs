//! `aegis gate` in real repositories with real branches.

use std::path::Path;
use std::process::Command;

mod base;
mod policy;

use crate::harness::{CALL, GOVERNED, ODD, POLICY, Run, Tree};

/// A repository that goes away with the test.
pub(crate) struct Repo {
    pub(crate) tree: Tree,
}

impl Repo {
    /// A repository whose branch `main` has one commit with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let repo = Self {
            tree: Tree::new(files),
        };
        repo.git(&["init", "-q", "-b", "main"]);
        repo.commit("first");
        repo
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        git(&self.tree.path(""), args)
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    pub(crate) fn gate(&self, line: &str) -> Run {
        let config = [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
        ];
        self.tree.run(&format!("gate {line}"), &config, "")
    }
}

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgSign=false",
        ])
        .args([
            "-c",
            "protocol.file.allow=always",
            "-c",
            "core.autocrlf=false",
        ])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([
            ("GIT_AUTHOR_NAME", "A"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ])
        .envs([
            ("GIT_COMMITTER_NAME", "A"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ])
        .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {args:?}: {said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A function with one ungoverned call.
const ASK: &str = "\
from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.chat.completions.create(model=\"gpt-5\", messages=[text])
";

/// One ungoverned call and a policy.
const FILES: [(&str, &str); 2] = [("desk.py", ASK), ("policy.yaml", POLICY)];

/// A suite that shows what the policy holds back.
const POLICY_SUITE: &str = "\
version: \"1\"
cases:
  - name: nobody deletes
    action: { type: delete_user }
    expect: { approval: block, rule: no_deletes }
  - name: running commands is asked about
    action: { type: execute_command }
    expect: { approval: approve }
";

const MAIN: &str = "--policy policy.yaml --base main";

/// Asserts the exit code, and returns what was said of a check.
#[track_caller]
fn check(run: &Run, code: i32, id: &str) -> String {
    assert_eq!(run.code, code, "{}", run.all());
    let line = run.out.lines().find(|line| {
        let mut words = line.split_whitespace().skip(1);
        line.starts_with("  ") && words.next() == Some(id)
    });
    line.unwrap_or_else(|| panic!("no check `{id}`: {}", run.all()))
        .trim()
        .to_owned()
}

#[test]
fn a_change_that_changes_nothing_passes() {
    let repo = Repo::new(&FILES);
    let run = repo.gate(MAIN);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out.ends_with("\nGate passed: 5 checks\n"),
        "{}",
        run.all()
    );
    assert!(
        run.out.contains("\n0 new findings, 0 fixed, "),
        "{}",
        run.all()
    );
    assert_eq!(run.err, "");
    assert_eq!(run, repo.gate(MAIN), "the same input, the same bytes");
}

#[test]
fn a_new_ungoverned_call_fails_and_is_shown() {
    let repo = Repo::new(&FILES);
    repo.git(&["switch", "-q", "-c", "change"]);
    repo.tree.write("extra.py", CALL);
    repo.commit("one more");
    let run = repo.gate(MAIN);
    assert!(
        check(&run, 1, "fail-on-new").starts_with("FAIL"),
        "{}",
        run.all()
    );
    assert!(run.out.contains("--> extra.py:4:7"), "{}", run.all());
    assert!(!run.out.contains("--> desk.py"), "{}", run.all());
    assert!(
        run.out.contains("\n1 new finding, 0 fixed, "),
        "{}",
        run.all()
    );
    assert!(
        run.out.contains("\n1 new call site\n0.0 % of"),
        "{}",
        run.all()
    );
    assert!(
        check(
            &repo.gate(&format!("{MAIN} --fail-on-new none --max-drop 100")),
            0,
            "max-drop"
        )
        .starts_with("ok")
    );
    let governed = repo.gate(&format!("{MAIN} --fail-under-new 100"));
    assert!(check(&governed, 1, "fail-under-new").starts_with("FAIL"));
}

#[test]
fn the_number_is_that_of_the_score_and_no_baseline_raises_it() {
    let repo = Repo::new(&FILES);
    let number = |text: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with("Governance Score: "));
        line.unwrap_or_else(|| panic!("no score: {text}"))
            .to_owned()
    };
    let alone = number(&repo.tree.aegis("score --policy policy.yaml").ok());
    assert!(alone.ends_with("/100"), "{alone}");
    assert_eq!(number(&repo.gate(MAIN).out), alone);
    repo.tree.aegis("baseline write --policy policy.yaml").ok();
    let run = repo.gate(&format!("{MAIN} --baseline aegis-baseline.json"));
    assert_eq!(number(&run.out), alone);
    assert!(run.out.contains("suppressed"), "{}", run.all());
    // What the baseline guards is reported and makes no other number.
    repo.tree.write(
        "policy.yaml",
        POLICY.replace("approval: block", "approval: approve"),
    );
    let with = repo.gate(&format!("{MAIN} --baseline aegis-baseline.json"));
    assert!(with.out.contains("critical[AEG213]"), "{}", with.all());
    let without = repo.gate(MAIN);
    assert_eq!(number(&with.out), number(&without.out));
}

#[test]
fn a_lower_score_fails_whatever_made_it_lower() {
    let workflow = "on: pull_request\njobs:\n  gate:\n    runs-on: ubuntu-latest\n    steps:\n      - run: aegis gate --base origin/main\n";
    let suite = POLICY_SUITE;
    let repo = Repo::new(&[
        ("desk.py", GOVERNED),
        ("policy.yaml", POLICY),
        ("policy.test.yaml", suite),
        (".github/workflows/gate.yml", workflow),
        ("aegis.yaml", "audit: { path: audit.db }\n"),
    ]);
    let same = repo.gate(MAIN);
    assert!(
        check(&same, 0, "max-drop").contains("as before"),
        "{}",
        same.all()
    );
    for path in [
        "policy.test.yaml",
        ".github/workflows/gate.yml",
        "aegis.yaml",
    ] {
        let text = repo.tree.read(path);
        std::fs::remove_file(repo.tree.path(path)).unwrap();
        let run = repo.gate(MAIN);
        assert!(
            check(&run, 1, "max-drop").contains("it dropped by"),
            "{path}: {}",
            run.all()
        );
        repo.tree.write(path, text);
    }
    repo.tree.write("desk.py", ASK);
    let run = repo.gate(&format!("{MAIN} --fail-on-new none"));
    assert!(
        check(&run, 1, "max-drop").contains("it dropped by"),
        "{}",
        run.all()
    );
    let run = repo.gate(&format!(
        "{MAIN} --fail-on-new none --max-drop 100 --fail-under 99"
    ));
    assert!(
        check(&run, 1, "fail-under").starts_with("FAIL"),
        "{}",
        run.all()
    );
}

#[test]
fn lines_that_move_bring_nothing_new_and_an_equal_call_does() {
    let repo = Repo::new(&FILES);
    repo.git(&["switch", "-q", "-c", "change"]);
    let moved = ASK
        .replace("def ask", "# One.\n# Two.\n\n\ndef ask")
        .replace("    return client", "    if text:\n        return client");
    repo.tree.write("desk.py", &moved);
    repo.commit("moved");
    let run = repo.gate(MAIN);
    assert_eq!(run.code, 0, "{}", run.all());
    let call = "        return client.chat.completions.create(model=\"gpt-5\", messages=[text])\n";
    let twice = moved.replace(
        call,
        &format!("{}{call}", call.replace("return", "first =")),
    );
    repo.tree.write("desk.py", twice);
    let run = repo.gate(MAIN);
    assert!(
        run.out.contains("\n1 new finding, 0 fixed, "),
        "{}",
        run.all()
    );
    assert_eq!(run.code, 1);
}

#[test]
fn an_incomplete_scan_fails() {
    let repo = Repo::new(&FILES);
    repo.tree.write("odd.py", ODD);
    let run = repo.gate(MAIN);
    insta::assert_snapshot!(check(&run, 1, "complete"), @"FAIL complete       everything must be analysed: 1 file was not, or not fully; `odd.py` has a syntax error on line 3; the rest was analysed");
    // The other way round it is mended, and that is no reason to fail.
    repo.commit("odd");
    repo.tree.write("odd.py", "import openai\n");
    let run = repo.gate(MAIN);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.err
            .starts_with("note: 1 file of the base could not be analysed"),
        "{}",
        run.all()
    );
}

#[test]
fn settings_and_variables_are_asked_too() {
    let repo = Repo::new(&FILES);
    repo.tree.write(
        "aegis.yaml",
        "policy: { path: policy.yaml }\ngate: { base: main, fail_on: high, max_drop: 0.5 }\n",
    );
    let run = repo.gate("");
    assert!(check(&run, 1, "fail-on").starts_with("FAIL"));
    assert!(
        check(&run, 1, "max-drop").contains("at most 0.5"),
        "{}",
        run.all()
    );
    assert!(
        run.err.contains("note: `aegis.yaml` is changed"),
        "{}",
        run.all()
    );
    let run = repo.tree.run("gate", &[("AEGIS_GATE_FAIL_ON", "none")], "");
    assert_eq!(run.code, 0, "{}", run.all());
    repo.tree.write("aegis.yaml", "gate: { fail_on: hihg }\n");
    let run = repo.gate("");
    assert!(run.refused().contains("did you mean `high`?"));
}

#[test]
fn nothing_to_analyse_is_no_pass() {
    let repo = Repo::new(&[("policy.yaml", POLICY)]);
    let run = repo.gate(MAIN);
    assert_eq!(run.code, 3, "{}", run.all());
}

#[test]
fn what_is_known_does_not_count_even_if_it_is_new() {
    let repo = Repo::new(&FILES);
    repo.git(&["switch", "-q", "-c", "change"]);
    repo.tree.write("extra.py", CALL);
    repo.tree
        .aegis("baseline write --policy policy.yaml --reason later")
        .ok();
    let run = repo.gate(&format!(
        "{MAIN} --baseline aegis-baseline.json --max-drop 100"
    ));
    assert!(
        check(&run, 0, "fail-on-new").starts_with("ok"),
        "{}",
        run.all()
    );
    // What is renamed is still known, by the name that the baseline has.
    repo.commit("known");
    repo.git(&["mv", "extra.py", "other.py"]);
    let run = repo.gate("--policy policy.yaml --base HEAD --baseline aegis-baseline.json");
    assert_eq!(run.code, 0, "{}", run.all());
    let run = repo
        .tree
        .aegis("scan --baseline aegis-baseline.json --fail-on high");
    assert_eq!(
        run.code,
        1,
        "a scan does not know of renames: {}",
        run.all()
    );
}

#[test]
fn reports_name_packages_and_link_to_the_files() {
    let repo = Repo::new(&FILES);
    repo.tree.write("extra.py", CALL);
    let link = "--link-base https://example.com/blob/1/ -o markdown=gate.md -o cyclonedx=bom.json";
    let run = repo.gate(&format!("{MAIN} --quiet {link}"));
    assert_eq!(run.code, 1, "{}", run.all());
    let markdown = repo.tree.read("gate.md");
    assert!(
        markdown.contains("https://example.com/blob/1/extra.py#L"),
        "{markdown}"
    );
    let bom = repo.tree.read("bom.json");
    assert!(bom.contains("\"pkg:pypi/openai\""), "{bom}");
}
