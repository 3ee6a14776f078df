//! `aegis gate` in real repositories with real branches.

use std::path::Path;
use std::process::Command;

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

    fn gate(&self, line: &str) -> Run {
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
fn what_others_did_since_is_no_change_of_ours() {
    let repo = Repo::new(&FILES);
    repo.git(&["switch", "-q", "-c", "change"]);
    repo.tree.write("notes.py", "x = 1\n");
    repo.commit("ours");
    repo.git(&["switch", "-q", "main"]);
    // They mend the call and add another; compared with their tree, ours would have a new finding.
    repo.tree.write("desk.py", GOVERNED);
    repo.tree.write("theirs.py", CALL);
    repo.commit("theirs");
    repo.git(&["switch", "-q", "change"]);
    let run = repo.gate(MAIN);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out.contains("\n0 new findings, 0 fixed, "),
        "{}",
        run.all()
    );
}

#[test]
fn a_renamed_file_brings_nothing_new() {
    let repo = Repo::new(&FILES);
    repo.git(&["switch", "-q", "-c", "change"]);
    std::fs::create_dir(repo.tree.path("sub dir")).unwrap();
    repo.git(&["mv", "desk.py", "sub dir/bür o.py"]);
    repo.commit("renamed");
    let run = repo.gate(MAIN);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out.contains("\n0 new findings, 0 fixed, "),
        "{}",
        run.all()
    );
    // Renamed, and one call more.
    let more = format!(
        "{ASK}\n\ndef again(text):\n    return client.responses.create(model=\"gpt-5\", input=text)\n"
    );
    repo.tree.write("sub dir/bür o.py", more);
    let run = repo.gate(MAIN);
    assert!(check(&run, 1, "fail-on-new").starts_with("FAIL"));
    assert!(
        run.out.contains("--> sub dir/bür o.py:11:12"),
        "{}",
        run.all()
    );
    assert!(
        run.out.contains("\n1 new finding, 0 fixed, "),
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
fn what_is_not_committed_counts() {
    let repo = Repo::new(&FILES);
    repo.tree.write("untracked.py", CALL);
    let run = repo.gate("--policy policy.yaml --base HEAD");
    assert!(run.out.contains("--> untracked.py:4:7"), "{}", run.all());
    std::fs::remove_file(repo.tree.path("untracked.py")).unwrap();
    repo.tree.write("desk.py", GOVERNED);
    let run = repo.gate("--policy policy.yaml --base HEAD");
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out.contains("\n  fixed AEG101 desk.py:7:12: "),
        "{}",
        run.all()
    );
}

#[test]
fn a_detached_head_and_a_folder_below_the_top_work() {
    let repo = Repo::new(&[("app/desk.py", ASK), ("app/policy.yaml", POLICY)]);
    repo.git(&["switch", "-q", "--detach"]);
    repo.tree.write("app/extra.py", CALL);
    repo.commit("one more");
    let args = ["gate", "--policy", "policy.yaml", "--base", "main"];
    let mut command = repo.tree.command();
    let output = command
        .current_dir(repo.tree.path("app"))
        .args(args)
        .output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("--> extra.py:4:7"), "{text}");
    assert!(!text.contains("--> desk.py"), "{text}");
}

#[test]
fn a_shallow_clone_says_which_depth_it_needs() {
    let repo = Repo::new(&FILES);
    repo.git(&["switch", "-q", "-c", "change"]);
    repo.tree.write("notes.py", "x = 1\n");
    repo.commit("ours");
    repo.git(&["switch", "-q", "main"]);
    repo.tree.write("theirs.py", "y = 1\n");
    repo.commit("theirs");
    let url = format!("file://{}", repo.tree.path("").display());
    let clone = Tree::new(&[]);
    let to = clone.path("");
    git(
        &to,
        &["clone", "-q", "--depth", "1", "-b", "change", &url, "."],
    );
    let unknown = clone.aegis(&format!("gate {MAIN}")).refused();
    insta::assert_snapshot!(unknown, @"error: base `main` cannot be used: git knows no revision `main`, and this is a shallow clone; fetch all of it: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` for GitLab, `git fetch --unshallow` at hand; or more of it, as in `git fetch --deepen=100`");
    git(&to, &["fetch", "-q", "--depth", "1", "origin", "main:main"]);
    let short = clone.aegis(&format!("gate {MAIN}")).refused();
    insta::assert_snapshot!(short, @"error: base `main` cannot be used: the history of this shallow clone ends before `main` and HEAD meet; fetch all of it: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` for GitLab, `git fetch --unshallow` at hand; or more of it, as in `git fetch --deepen=100`");
    git(&to, &["fetch", "-q", "--unshallow", "origin", "main"]);
    assert_eq!(clone.aegis(&format!("gate {MAIN}")).code, 0);
}

#[test]
fn a_submodule_is_compared_with_the_commit_it_was_at() {
    let inner = Repo::new(&[("lib.py", ASK)]);
    let repo = Repo::new(&FILES);
    let url = inner.tree.path("").display().to_string();
    repo.git(&["submodule", "--quiet", "add", &url, "vendored lib"]);
    repo.commit("submodule");
    repo.git(&["switch", "-q", "-c", "change"]);
    inner.tree.write("more.py", CALL);
    inner.commit("one more");
    git(
        &repo.tree.path("vendored lib"),
        &["pull", "-q", "origin", "main"],
    );
    repo.commit("newer submodule");
    let run = repo.gate(MAIN);
    assert!(check(&run, 1, "fail-on-new").starts_with("FAIL"));
    assert!(
        run.out.contains("--> vendored lib/more.py:4:7"),
        "{}",
        run.all()
    );
    assert!(
        run.out.contains("\n1 new finding, 0 fixed, "),
        "{}",
        run.all()
    );
    // Against the commit before there was one, all of it is new.
    let run = repo.gate("--policy policy.yaml --base main~1");
    assert!(
        run.out.contains("\n2 new findings, 0 fixed, "),
        "{}",
        run.all()
    );
}

#[test]
fn a_policy_that_is_gone_or_missing_never_passes() {
    let repo = Repo::new(&FILES);
    repo.git(&["rm", "-q", "policy.yaml"]);
    let run = repo.gate(MAIN);
    insta::assert_snapshot!(check(&run, 1, "policy"), @"FAIL policy         there must be a policy: `policy.yaml` does not exist, and the base has it");
    assert!(check(&run, 1, "policy-looser").starts_with("FAIL"));
    assert!(
        run.out.contains(
            "was blocked by rule `no_deletes`, now runs unattended: there is no policy any more"
        ),
        "{}",
        run.all()
    );
    let run = repo.gate("--base main");
    insta::assert_snapshot!(check(&run, 1, "policy"), @"FAIL policy         there must be a policy: none is named; use `--policy FILE`, or `aegis init` to write one");
    let run = repo.gate("--no-base --policy other.yaml");
    insta::assert_snapshot!(check(&run, 1, "policy"), @"FAIL policy    there must be a policy: `other.yaml` does not exist");
}

#[test]
fn another_order_of_rules_can_be_looser() {
    let text = "version: \"1\"\nrules:\n  - name: keep\n    match: { type: \"delete*\" }\n    risk_level: high\n    approval: block\n  - name: drafts\n    match: { type: \"*_draft\" }\n    risk_level: low\n    approval: auto\n";
    let (head, rest) = text.split_once("  - name: keep").unwrap();
    let (keep, drafts) = rest.split_once("  - name: drafts").unwrap();
    let turned = format!("{head}  - name: drafts{drafts}  - name: keep{keep}");
    let repo = Repo::new(&[("desk.py", ASK), ("policy.yaml", text)]);
    repo.git(&["switch", "-q", "-c", "change"]);
    repo.tree.write("policy.yaml", turned);
    repo.commit("another order");
    let run = repo.gate(MAIN);
    insta::assert_snapshot!(check(&run, 1, "policy-looser"), @"FAIL policy-looser  the policy may not let through what it held up: it does in 1 case");
    let looser: Vec<&str> = run
        .out
        .lines()
        .skip_while(|l| !l.starts_with("The policy is"))
        .take(3)
        .collect();
    insta::assert_snapshot!(looser.join("\n"), @"
    The policy is looser in 1 case
      looser `delete__draft` was blocked by rule `keep`, now runs unattended by rule `drafts` (policy.yaml:3)
        see: aegis simulate policy.yaml --type delete__draft --at 2026-01-07T12:00:00Z
    ");
    // The command that is shown shows it.
    let command = looser[2].trim().strip_prefix("see: aegis ").unwrap();
    let words: Vec<&str> = command
        .split(' ')
        .map(|word| word.trim_matches('\''))
        .collect();
    let shown = repo.tree.words(&words).ok();
    assert!(shown.contains("auto"), "{shown}");
    let run = repo.gate(&format!(
        "{MAIN} --policy-looser warn --max-drop 100 --fail-on-new none"
    ));
    assert!(check(&run, 0, "policy-looser").ends_with("(`--policy-looser warn`)"));
}

#[test]
fn a_policy_with_another_name_is_compared_with_what_it_was() {
    let repo = Repo::new(&FILES);
    repo.git(&["mv", "policy.yaml", "rules.yaml"]);
    repo.tree.write(
        "rules.yaml",
        POLICY.replace("approval: block", "approval: auto"),
    );
    let run = repo.gate("--policy rules.yaml --base main --max-drop 100 --fail-on-new none");
    assert!(check(&run, 1, "policy-looser").starts_with("FAIL"));
    // One that is new has nothing to be looser than.
    repo.tree.write("fresh.yaml", POLICY);
    let run = repo.gate("--policy fresh.yaml --base main --max-drop 100 --fail-on-new none");
    assert!(check(&run, 0, "policy-looser").starts_with("ok"));
    assert!(
        run.out.contains("The policy is stricter in"),
        "{}",
        run.all()
    );
}

#[test]
fn settings_that_name_another_policy_are_no_way_round() {
    let named = |name: &str| format!("policy: {{ path: {name} }}\ngate: {{ base: main }}\n");
    let loose = POLICY.replace("approval: block", "approval: auto");
    let repo = Repo::new(&[
        ("desk.py", ASK),
        ("strict.yaml", POLICY),
        ("loose.yaml", &loose),
        ("aegis.yaml", &named("strict.yaml")),
    ]);
    assert!(check(&repo.gate(""), 0, "policy-looser").starts_with("ok"));
    repo.tree.write("aegis.yaml", named("loose.yaml"));
    let run = repo.gate("--max-drop 100 --fail-on-new none");
    assert!(
        check(&run, 1, "policy-looser").starts_with("FAIL"),
        "{}",
        run.all()
    );
    assert!(
        run.err.contains("note: `aegis.yaml` is changed"),
        "{}",
        run.all()
    );
}

#[test]
fn a_stored_report_is_a_base() {
    let tree = Tree::new(&FILES);
    tree.aegis("gate --policy policy.yaml --no-base -o json=base.json --quiet")
        .ok();
    tree.write("old.yaml", POLICY);
    let with = "gate --policy policy.yaml --base-report base.json";
    let run = tree.aegis(with);
    let said = check(&run, 1, "policy-looser");
    assert!(
        said.contains("a stored report holds no policy; `--base-policy FILE` names it"),
        "{said}"
    );
    let run = tree.aegis(&format!("{with} --base-policy old.yaml"));
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out.contains("\n0 new findings, 0 fixed, "),
        "{}",
        run.all()
    );
    tree.write("extra.py", CALL);
    let run = tree.aegis(&format!("{with} --base-policy old.yaml --format json"));
    assert_eq!(run.code, 1, "{}", run.all());
    let json = run.json();
    assert_eq!(json["format"], "aegis/gate");
    assert_eq!(json["change"]["base"], "report base.json");
    assert_eq!(json["change"]["new"].as_array().unwrap().len(), 1);
    assert_eq!(json["change"]["new_sites"], 1);
    assert!(
        run.err.ends_with("not hold\n") && run.err.contains("FAIL fail-on-new: "),
        "{}",
        run.all()
    );
    let base = tree.read("base.json");
    let refused = |text: &str| {
        tree.write("base.json", text);
        tree.aegis(with).refused()
    };
    insta::assert_snapshot!(refused("[]"), @"error: report `base.json` cannot be used as the base: it is no report of Aegis: expected an object, in braces");
    insta::assert_snapshot!(refused("{\n\"format\": 1}"), @"error: report `base.json` cannot be used as the base: it is no report of Aegis: invalid type: integer `1`, expected a string at line 2 column 11");
    insta::assert_snapshot!(refused(&base.replace("aegis/gate", "aegis/scan")), @"error: report `base.json` cannot be used as the base: its `format` is `aegis/scan`, and `aegis/gate` is needed; `aegis gate --no-base -o json=FILE` writes one");
    insta::assert_snapshot!(refused(&base.replacen("\"version\": 1", "\"version\": 9", 1)), @"error: report `base.json` cannot be used as the base: its `version` is 9, and this Aegis reads version 1");
    insta::assert_snapshot!(refused(&base.replace("\"complete\": true", "\"complete\": false")), @"error: report `base.json` cannot be used as the base: it says that not every file was analysed, so nothing can be compared with it");
}

#[test]
fn what_cannot_be_told_about_the_policy_fails() {
    let repo = Repo::new(&[("desk.py", ASK), ("policy.yaml", "rules: [\n")]);
    repo.tree.write("policy.yaml", POLICY);
    let run = repo.gate(MAIN);
    insta::assert_snapshot!(check(&run, 1, "policy-looser"), @"FAIL policy-looser  the policy may not let through what it held up: that cannot be told: `policy.yaml` at main (0518649) is no policy (1 error)");
    insta::assert_snapshot!(check(&run, 1, "max-drop"), @"FAIL max-drop       the score may not drop: what it was cannot be told: `policy.yaml` at main (0518649) is no policy (1 error)");
    // A policy that no commit can ever tell of.
    let repo = Repo::new(&[("desk.py", ASK), (".gitignore", "policy.yaml\n")]);
    repo.tree.write("policy.yaml", POLICY);
    let run = repo.gate(MAIN);
    insta::assert_snapshot!(check(&run, 1, "policy-looser"), @"FAIL policy-looser  the policy may not let through what it held up: that cannot be told: `policy.yaml` is not under version control");
}

#[test]
fn a_link_that_leads_to_another_policy_is_no_same_policy() {
    let repo = Repo::new(&[
        ("desk.py", ASK),
        ("strict.yaml", POLICY),
        ("loose.yaml", "rules: []\n"),
    ]);
    let link = repo.tree.path("policy.yaml");
    std::os::unix::fs::symlink("strict.yaml", &link).unwrap();
    repo.commit("link");
    assert!(check(&repo.gate(MAIN), 0, "policy-looser").starts_with("ok"));
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("loose.yaml", &link).unwrap();
    let run = repo.gate(MAIN);
    insta::assert_snapshot!(check(&run, 1, "policy-looser"), @"FAIL policy-looser  the policy may not let through what it held up: that cannot be told: `policy.yaml` is, or was, a symbolic link, and that changed");
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
fn every_base_that_is_none_has_its_own_message() {
    let repo = Repo::new(&FILES);
    let said = |line: &str| repo.gate(&format!("--policy policy.yaml {line}")).refused();
    insta::assert_snapshot!(said(""), @"error: nothing to compare with is named; use `--base origin/main` (or set `gate: { base: origin/main }` in `aegis.yaml`), `--base-report FILE`, or `--no-base` to check only what needs no base");
    insta::assert_snapshot!(said("--base nowhere"), @"error: base `nowhere` cannot be used: git knows no revision `nowhere`; fetch it first (`git fetch origin`), or compare with a stored report (`--base-report FILE`), or judge without a base (`--no-base`)");
    insta::assert_snapshot!(said("--base=--output=x"), @"error: base `--output=x` cannot be used: git knows no revision `--output=x`; fetch it first (`git fetch origin`), or compare with a stored report (`--base-report FILE`), or judge without a base (`--no-base`)");
    insta::assert_snapshot!(said("--base 0000000000000000000000000000000000000000"), @"error: base `0000000000000000000000000000000000000000` cannot be used: `0000000000000000000000000000000000000000` stands for no commit, as in the first push of a branch; compare with a stored report (`--base-report FILE`), or judge without a base (`--no-base`)");
    repo.git(&["update-ref", "refs/remotes/origin/trunk", "main"]);
    insta::assert_snapshot!(said("--base trunk"), @"error: base `trunk` cannot be used: git knows no revision `trunk`; did you mean `origin/trunk`?");
    repo.git(&["switch", "-q", "--orphan", "other"]);
    repo.tree.write("desk.py", ASK);
    repo.tree.write("policy.yaml", POLICY);
    repo.commit("other");
    insta::assert_snapshot!(said("--base main"), @"error: base `main` cannot be used: `main` and HEAD have no commit in common; compare with a stored report (`--base-report FILE`), or judge without a base (`--no-base`)");
    let outside = Tree::new(&FILES);
    let run = outside.aegis(&format!("gate {MAIN}"));
    insta::assert_snapshot!(run.refused(), @"error: base `main` cannot be used: `.` is not in a git repository (not a git repository (or any of the parent directories): .git); compare with a stored report (`--base-report FILE`), or judge without a base (`--no-base`)");
    git(&outside.path(""), &["init", "-q"]);
    let run = outside.aegis(&format!("gate {MAIN}"));
    insta::assert_snapshot!(run.refused(), @"error: base `main` cannot be used: there is no commit yet, so there is nothing to compare with; compare with a stored report (`--base-report FILE`), or judge without a base (`--no-base`)");
    let elsewhere = outside.path("desk.py");
    let line = format!(
        "desk.py {} --policy policy.yaml --base other",
        elsewhere.display()
    );
    let run = repo.gate(&line).refused();
    assert!(run.contains("is not in the repository `DIR`"), "{run}");
}

#[test]
fn without_a_base_only_what_needs_none_is_checked() {
    let repo = Repo::new(&FILES);
    let run = repo.gate("--policy policy.yaml --no-base");
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out.ends_with("Gate passed: 2 checks\n"),
        "{}",
        run.all()
    );
    let run = repo.gate("--policy policy.yaml --no-base --fail-on high");
    assert!(check(&run, 1, "fail-on").starts_with("FAIL"));
    let both = repo.gate("--policy policy.yaml --no-base --base main");
    assert_eq!(both.code, 2, "{}", both.all());
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
fn the_base_is_what_it_was_whatever_attributes_and_settings_say() {
    let repo = Repo::new(&FILES);
    repo.tree.write(".gitattributes", "*.py diff=evil\n");
    repo.commit("attributes");
    repo.git(&["config", "diff.evil.textconv", "touch textconv; cat"]);
    repo.git(&["config", "diff.external", "touch external"]);
    repo.git(&["config", "core.fsmonitor", "touch fsmonitor"]);
    repo.git(&["config", "diff.noprefix", "true"]);
    repo.git(&["config", "diff.renames", "false"]);
    repo.git(&["-c", "core.fsmonitor=false", "mv", "desk.py", "other.py"]);
    let run = repo.gate(MAIN);
    assert_eq!(run.code, 0, "{}", run.all());
    for name in ["textconv", "external", "fsmonitor"] {
        assert!(!repo.tree.path(name).exists(), "{name} was run");
    }
}
