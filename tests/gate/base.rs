//! What a change is compared with.

use super::*;

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
