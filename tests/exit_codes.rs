//! Every exit code, and what leads to it.

use crate::harness::{CALL, GOVERNED, ODD, Tree, into_closed_pipe};

#[test]
fn findings_alone_do_not_fail_a_scan() {
    let tree = Tree::new(&[("app.py", CALL)]);
    assert_eq!(tree.aegis("scan").code, 0);
    assert_eq!(tree.aegis("scan --fail-on none").code, 0);
}

#[test]
fn fail_on_compares_severities() {
    let tree = Tree::new(&[("app.py", CALL)]);
    for (severity, code) in [("info", 1), ("medium", 1), ("high", 1), ("critical", 0)] {
        assert_eq!(
            tree.aegis(&format!("scan --fail-on {severity}")).code,
            code,
            "{severity}"
        );
    }
    let run = tree.aegis("scan --fail-on medium -q --format json");
    assert_eq!(
        run.err,
        "failed: 1 finding is medium or worse (`--fail-on medium`)\n"
    );
    tree.write("app.py", GOVERNED);
    assert_eq!(tree.aegis("scan --fail-on info").code, 0);
}

#[test]
fn suppressed_and_ignored_findings_do_not_fail() {
    let suppressed = CALL.replace("]))", "]))  # aegis: ignore[AEG101] a demo");
    let tree = Tree::new(&[("app.py", &suppressed)]);
    assert_eq!(tree.aegis("scan --fail-on info").code, 0);
    let tree = Tree::new(&[("app.py", CALL)]);
    assert_eq!(tree.aegis("scan --fail-on info --ignore AEG101").code, 0);
}

#[test]
fn strict_fails_if_anything_was_not_fully_analysed() {
    let tree = Tree::new(&[("app.py", GOVERNED)]);
    assert_eq!(tree.aegis("scan --strict").code, 0);
    tree.write("odd.py", ODD);
    assert_eq!(tree.aegis("scan").code, 0);
    let run = tree.aegis("scan --strict -q --format json");
    assert_eq!(
        (run.code, run.err.as_str()),
        (1, "failed: 1 file is not fully analysed (`--strict`)\n")
    );
}

#[test]
fn nothing_to_analyse_says_why() {
    let why = |files: &[(&str, &str)], line: &str| {
        let run = Tree::new(files).aegis(line);
        assert_eq!(run.code, 3, "{}", run.all());
        run.err
    };
    insta::assert_snapshot!(why(&[("README.md", "hi")], "scan"), @"error: nothing was analysed: there is no `.py` file and no `.ipynb` notebook in the given paths");
    insta::assert_snapshot!(why(&[("app.py", CALL)], "scan --exclude *.py"), @"error: nothing was analysed: no Python file is left; 1 file or folder is excluded, such as `app.py` (see `--exclude`, `--include` and `--no-gitignore`)");
    insta::assert_snapshot!(why(&[("app.py", CALL)], "scan --include other"), @"error: nothing was analysed: no Python file is left; 1 file or folder is excluded, such as `app.py` (see `--exclude`, `--include` and `--no-gitignore`)");
    insta::assert_snapshot!(why(&[("app.py", "a\0b")], "scan --strict --fail-on info"), @"error: nothing was analysed: 1 file was found and it was skipped; `app.py` cannot be decoded: has a NUL byte on line 1");
    insta::assert_snapshot!(why(&[("a.py", "a\0b"), ("b.py", "a\0b")], "scan"), @"error: nothing was analysed: 2 files were found and each was skipped; `a.py` cannot be decoded: has a NUL byte on line 1");
}

#[test]
fn commands_of_a_policy_fail_with_one_and_refuse_with_two() {
    let odd = "rules:\n  - {name: all, match: {type: \"*\"}, approval: auto}\n";
    let suite = "cases:\n  - {action: {type: x}, expect: {approval: block}}\n";
    let tree = Tree::new(&[
        ("odd.yaml", odd),
        ("odd.test.yaml", suite),
        ("bad.yaml", "[]\n"),
    ]);
    for (line, code) in [
        ("validate odd.yaml", 0),
        ("validate odd.yaml --strict", 1),
        ("validate bad.yaml", 2),
        ("simulate odd.yaml x", 0),
        ("simulate odd.yaml x --expect auto", 0),
        ("simulate odd.yaml x --expect block", 1),
        ("simulate bad.yaml x --expect block", 2),
        ("test odd.yaml", 1),
        ("test odd.yaml --generate", 0),
        ("test bad.yaml", 2),
        ("policy show odd.yaml", 0),
        ("policy show bad.yaml", 2),
        ("policy merge odd.yaml bad.yaml", 2),
    ] {
        let run = tree.aegis(line);
        assert_eq!(run.code, code, "{line}: {}", run.all());
    }
}

#[test]
fn an_empty_report_is_still_written() {
    let tree = Tree::new(&[("README.md", "hi")]);
    let run = tree.aegis("scan --format json");
    assert_eq!(run.json()["summary"]["files"]["analysed"], 0);
    assert_eq!(run.code, 3);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for args in [
        &["explain"][..],
        &["--help"],
        &["scan", "fixtures/projects/support-desk"],
        &["man"],
        &["schema"],
        &["init", "--list-templates"],
        &["validate", "policies/templates/starter.yaml"],
        &[
            "simulate",
            "policies/templates/starter.yaml",
            "read",
            "--format",
            "json",
        ],
        &["test", "policies/templates/starter.yaml"],
        &["policy", "show", "policies/templates/starter.yaml"],
        &["policy", "merge", "policies/templates/starter.yaml"],
    ] {
        assert_eq!(into_closed_pipe(args), (Some(0), String::new()), "{args:?}");
    }
}
