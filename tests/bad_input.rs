//! Hostile and broken input: listed, counted, never a crash, never silent, the rest unaffected.

use std::fs;

use crate::harness::{CALL, Run, Tree, reads_everything};

/// The call of a file named `rest.py` is found whatever else lies in the tree, and `what` is said
/// about the file that is broken.
#[track_caller]
fn listed(tree: &Tree, path: &str, what: &str) -> Run {
    tree.write("rest.py", CALL);
    let run = tree.aegis("scan --format json -q");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.all());
    let json = run.json();
    let sites = json["call_sites"].as_array().unwrap();
    assert!(
        sites.iter().any(|s| s["location"]["path"] == "rest.py"),
        "{json:#}"
    );
    let skipped = json["skipped"].as_array().unwrap().clone();
    assert!(
        skipped.iter().any(|s| s["path"] == path
            && s["reason"]["code"].as_str().or(s["code"].as_str()) == Some(what)),
        "{skipped:#?}"
    );
    assert_eq!(tree.aegis("scan --strict").code, 1);
    run
}

/// The lines of the call sites in a file.
fn lines(run: &Run, path: &str) -> Vec<u64> {
    let json = run.json();
    let sites = json["call_sites"].as_array().unwrap().iter();
    sites
        .filter(|s| s["location"]["path"] == path)
        .map(|s| s["location"]["line"].as_u64().unwrap())
        .collect()
}

#[test]
fn a_path_that_does_not_exist() {
    let tree = Tree::new(&[("app.py", CALL)]);
    insta::assert_snapshot!(tree.aegis("scan app.py gone").refused(), @"error: `gone` cannot be scanned: No such file or directory (os error 2); it is looked for in `DIR`");
    insta::assert_snapshot!(tree.aegis("scan /no/such/place").refused(), @"error: `/no/such/place` cannot be scanned: No such file or directory (os error 2)");
}

#[test]
fn settings_that_cannot_be_read() {
    let tree = Tree::new(&[("app.py", CALL), ("dir/x", "")]);
    insta::assert_snapshot!(tree.aegis("scan --config gone.yaml").refused(), @"error: settings file `gone.yaml` cannot be read (`--no-config` does without): No such file or directory (os error 2)");
    insta::assert_snapshot!(tree.aegis("scan --config dir").refused(), @"error: settings file `dir` cannot be read (`--no-config` does without): it is a folder; name a file");
    tree.write("latin.yaml", b"# caf\xe9\n");
    insta::assert_snapshot!(tree.aegis("scan --config latin.yaml").refused(), @"error: settings file `latin.yaml` cannot be read (`--no-config` does without): it is not UTF-8: byte 5 is not part of a character");
    fs::create_dir(tree.path("aegis.yaml")).unwrap();
    insta::assert_snapshot!(tree.aegis("scan").refused(), @"error: settings file `aegis.yaml` cannot be read (`--no-config` does without): it is a folder; name a file");
}

#[test]
fn settings_of_a_hostile_shape() {
    let tree = Tree::new(&[("app.py", CALL)]);
    let bombs = [
        format!("scan: {}", "[".repeat(100_000)),
        format!("policy: {}", "{a: ".repeat(50_000)),
        "a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n".to_owned(),
        "scan: !!binary aGk=\n".to_owned(),
        "scan: {exclude: [\"\\x07\\x1b[31mred\"], zzz: 1}\n".to_owned(),
        "\u{feff}scan: {x\u{1b}[31m: 1}\n".to_owned(),
    ];
    for bomb in bombs {
        tree.write("aegis.yaml", &bomb);
        let error = tree.aegis("scan").refused();
        assert!(
            !error.contains('\u{1b}') && error.len() < 20_000,
            "{} bytes: {error:.300}",
            error.len()
        );
    }
    tree.write("aegis.yaml", "x".repeat(5 << 20));
    insta::assert_snapshot!(tree.aegis("scan").refused(), @"error: settings file `aegis.yaml` cannot be read (`--no-config` does without): it is larger than 4194304 bytes");
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere() {
    let tree = Tree::new(&[]);
    std::os::unix::fs::symlink("gone.py", tree.path("link.py")).unwrap();
    listed(&tree, "link.py", "bad_link");
    std::os::unix::fs::symlink("gone.yaml", tree.path("aegis.yaml")).unwrap();
    insta::assert_snapshot!(tree.aegis("scan").refused(), @"error: settings file `aegis.yaml` cannot be read (`--no-config` does without): No such file or directory (os error 2)");
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles() {
    let tree = Tree::new(&[("a/app.py", CALL)]);
    std::os::unix::fs::symlink("..", tree.path("a/up")).unwrap();
    std::os::unix::fs::symlink("self.py", tree.path("self.py")).unwrap();
    let run = listed(&tree, "self.py", "bad_link");
    assert_eq!(lines(&run, "a/app.py"), [4]);
    assert_eq!(
        run.rules().iter().filter(|r| *r == "AEG101").count(),
        2,
        "nothing twice: {}",
        run.all()
    );
    assert!(
        run.json()["excluded"][0]
            .as_str()
            .unwrap()
            .starts_with("a/up")
    );
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::new(&[("secret.py", CALL), ("closed/app.py", CALL)]);
    for path in ["secret.py", "closed"] {
        fs::set_permissions(tree.path(path), fs::Permissions::from_mode(0o000)).unwrap();
    }
    if !reads_everything(&tree.path("secret.py")) {
        listed(&tree, "secret.py", "unreadable");
        listed(&tree, "closed/", "unreadable");
    }
    fs::set_permissions(tree.path("closed"), fs::Permissions::from_mode(0o700)).unwrap();
}

#[cfg(unix)]
#[test]
fn what_is_no_file() {
    let tree = Tree::new(&[("folder.py/inside.py", CALL)]);
    let made = std::process::Command::new("mkfifo")
        .arg(tree.path("pipe.py"))
        .status();
    tree.write("rest.py", CALL);
    let run = tree.aegis("scan --format json -q");
    assert_eq!(lines(&run, "folder.py/inside.py"), [4]);
    if made.is_ok_and(|status| status.success()) {
        listed(&tree, "pipe.py", "unreadable");
    }
}

#[test]
fn a_catalog_file_with_mistakes() {
    let tree = Tree::new(&[
        ("app.py", CALL),
        ("aegis.yaml", "scan:\n  catalog: [more/ourlib.yaml]\n"),
    ]);
    insta::assert_snapshot!(tree.aegis("scan").refused(), @"error: catalog file `more/ourlib.yaml`, which the settings name, cannot be read: No such file or directory (os error 2)");
    tree.write("more/ourlib.yaml", "framework: ourlib\nname: Ours\nprovider: ours\npackages:\n  - {pypi: '-', imports: [ourlib], unverified: our own}\nfunctions:\n  ourlib.ask: llm_cal\n");
    insta::assert_snapshot!(tree.aegis("scan").refused(), @"
    error: the catalog has mistakes:
    more/ourlib.yaml:7: `llm_cal` is not a kind; expected llm_call, agent_run, tool_def, mcp_client or agent_exec
    ");
    tree.write("more/ourlib.yaml", "framework: other\nname: [\n");
    insta::assert_snapshot!(tree.aegis("catalog list").refused(), @"
    error: the catalog has mistakes:
    more/ourlib.yaml:2: expected string scalar at line 2, column 7
    ");
}

#[test]
fn syntax_errors_do_not_hide_the_rest_of_the_file() {
    let tree = Tree::new(&[]);
    tree.write("odd.py", format!("{CALL}\nx = = 1\n\n{CALL}"));
    let run = listed(&tree, "odd.py", "syntax_error");
    assert_eq!(lines(&run, "odd.py"), [4, 11]);
}

#[test]
fn other_encodings() {
    let tree = Tree::new(&[]);
    let latin = format!("# -*- coding: latin-1 -*-\nword = 'caf\u{e9}'\n{CALL}");
    tree.write(
        "latin.py",
        latin
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap())
            .collect::<Vec<u8>>(),
    );
    tree.write("bom.py", format!("\u{feff}{CALL}"));
    tree.write("crlf.py", CALL.replace('\n', "\r\n"));
    tree.write("wrong.py", b"word = 'caf\xe9'\n");
    tree.write("unknown.py", "# -*- coding: klingon -*-\n");
    let run = listed(&tree, "wrong.py", "undecodable");
    listed(&tree, "unknown.py", "undecodable");
    assert_eq!(lines(&run, "latin.py"), [6]);
    assert_eq!(lines(&run, "bom.py"), [4]);
    assert_eq!(lines(&run, "crlf.py"), [4]);
}

#[test]
fn null_bytes() {
    let tree = Tree::new(&[]);
    tree.write("nul.py", format!("{CALL}\0\n"));
    listed(&tree, "nul.py", "undecodable");
}

#[test]
fn notebooks_that_are_none() {
    let tree = Tree::new(&[]);
    for (path, text) in [
        ("cut.ipynb", "{\"cells\": [{"),
        ("list.ipynb", "[1, 2]"),
        ("empty.ipynb", ""),
    ] {
        tree.write(path, text);
        listed(&tree, path, "bad_notebook");
    }
}

#[test]
fn expressions_nested_a_hundred_thousand_deep() {
    let tree = Tree::new(&[]);
    let n = 100_000;
    let expressions = [
        ("parens.py", format!("{}1{}", "(".repeat(n), ")".repeat(n))),
        ("minus.py", format!("{}1", "-".repeat(n))),
        ("attributes.py", format!("a{}", ".b".repeat(n))),
        ("calls.py", format!("f{}", "()".repeat(n))),
        ("lists.py", format!("{}{}", "[".repeat(n), "]".repeat(n))),
    ];
    for (path, expression) in &expressions {
        tree.write(path, format!("{CALL}x = {expression}\n{CALL}"));
    }
    for (path, _) in &expressions {
        let run = listed(&tree, path, "too_deep");
        assert_eq!(lines(&run, path), [4, 9], "{path}");
    }
}

#[test]
fn statements_nested_deep() {
    let tree = Tree::new(&[]);
    let blocks: String = (0..3_000)
        .map(|i| format!("{}if x:\n", " ".repeat(i)))
        .collect();
    tree.write(
        "deep.py",
        format!("{CALL}{blocks}{}pass\n", " ".repeat(3_000)),
    );
    tree.write(
        "elif.py",
        format!(
            "{CALL}if x:\n    pass\n{}",
            "elif x:\n    pass\n".repeat(20_000)
        ),
    );
    tree.write("rest.py", CALL);
    let run = tree.aegis("scan --format json -q");
    assert_eq!(
        (run.code, lines(&run, "deep.py"), lines(&run, "elif.py")),
        (0, vec![4], vec![4]),
        "{}",
        run.err
    );
}

#[test]
fn a_sum_of_twenty_thousand_terms_with_a_call_at_its_end() {
    let tree = Tree::new(&[]);
    let sum = format!(
        "from openai import OpenAI\nx = {}OpenAI().responses.create(input='x').output_text\n",
        "'a' + ".repeat(20_000)
    );
    tree.write("sum.py", sum);
    let run = tree.aegis("scan --format json --strict");
    assert_eq!(
        (run.code, lines(&run, "sum.py")),
        (0, vec![2]),
        "{}",
        run.err
    );
    let text = tree.aegis("scan");
    assert!(
        text.out.lines().all(|line| line.chars().count() < 400),
        "long lines are trimmed"
    );
}

#[test]
fn a_file_of_fifty_megabytes() {
    let tree = Tree::new(&[]);
    tree.write("big.py", format!("{CALL}{}", "x = 1\n".repeat(8_500_000)));
    let run = listed(&tree, "big.py", "too_large");
    assert!(run.rules().contains(&"AEG190".to_owned()));
    assert_eq!(lines(&run, "big.py"), [0; 0]);
}

#[test]
fn names_that_try_to_draw_on_the_terminal() {
    let tree = Tree::new(&[]);
    tree.write("\u{1b}[31m\nred.py", "a\0b");
    tree.write("rest.py", CALL.replace("hi", "\u{1b}[31m"));
    for format in ["text", "concise", "github"] {
        let run = tree.aegis(&format!("scan --format {format}"));
        assert!(
            !run.out.contains('\u{1b}') && !run.err.contains('\u{1b}'),
            "{format}: {}",
            run.all()
        );
    }
    fs::remove_file(tree.path("rest.py")).unwrap();
    let run = tree.aegis("scan -q");
    assert_eq!(run.code, 3);
    assert!(
        !run.err.contains('\u{1b}') && run.err.lines().count() == 1,
        "{}",
        run.all()
    );
}
