//! `aegis.yaml`, variables and flags.

use std::fs;

use crate::harness::{CALL, ODD, Tree, repository};

#[test]
fn the_closest_file_upwards_counts() {
    let tree = Tree::new(&[
        ("aegis.yaml", "scan: {ignore: [AEG101]}"),
        ("a/app.py", CALL),
        ("b/aegis.yaml", "scan: {ignore: []}"),
        ("b/deep/app.py", CALL),
    ]);
    let rules = |line: &str| tree.aegis(&format!("scan --format json {line}")).rules();
    assert_eq!(rules("a"), [""; 0]);
    assert_eq!(rules("a/app.py"), [""; 0]);
    assert_eq!(rules("b/deep"), ["AEG101"]);
    assert_eq!(rules("a b"), [""; 0], "the first path decides");
    assert_eq!(rules("b a"), ["AEG101", "AEG101"]);
    assert_eq!(rules("a --no-config"), ["AEG101"]);
    assert_eq!(rules("a --config b/aegis.yaml"), ["AEG101"]);
    let run = tree.run(
        "scan --format json a",
        &[("AEGIS_CONFIG", "b/aegis.yaml")],
        "",
    );
    assert_eq!(run.rules(), ["AEG101"]);
    let run = tree.run("scan --format json - --stdin-filename b/x.py", &[], CALL);
    assert_eq!(
        run.rules(),
        [""; 0],
        "for stdin, the folder the scan runs in"
    );
    insta::assert_snapshot!(tree.aegis("scan --config x.yaml --no-config").refused(), @"
    error: the argument '--config <FILE>' cannot be used with '--no-config'

    Usage: aegis scan --config <FILE> [PATHS]...

    For more information, try '--help'.
    ");
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let tree = Tree::new(&[
        ("aegis.yaml", "scan: {select: [AEG101], fail_on: critical}"),
        ("app.py", CALL),
        ("odd.py", ODD),
    ]);
    let run =
        |line: &str, env: &[(&str, &str)]| tree.run(&format!("scan --format json {line}"), env, "");
    assert_eq!(run("", &[]).rules(), ["AEG101"]);
    let variable = [
        ("AEGIS_SCAN_SELECT", "AEG102, AEG191"),
        ("AEGIS_SCAN_FAIL_ON", "low"),
    ];
    assert_eq!(run("", &variable).rules(), ["AEG191"]);
    assert_eq!(
        run("--select AEG1", &variable).rules(),
        ["AEG101", "AEG191"]
    );
    let codes = [
        run("", &[]).code,
        run("", &variable).code,
        run("--fail-on none", &variable).code,
    ];
    assert_eq!(codes, [0, 1, 0]);
}

#[test]
fn every_key_of_the_file_counts() {
    let tree = Tree::new(&[
        ("app.py", CALL),
        ("odd.py", ODD),
        ("gen/app.py", CALL),
        (".git/HEAD", ""),
        (".gitignore", "gen\n"),
    ]);
    let with = |settings: &str| {
        tree.write("aegis.yaml", format!("scan: {{{settings}}}\n"));
        let run = tree.aegis("scan --format json -q");
        (run.code, run.rules().join(" "))
    };
    let is = |code: i32, rules: &str| (code, rules.to_owned());
    assert_eq!(with(""), is(0, "AEG101 AEG191"));
    assert_eq!(with("include: [app.py]"), is(0, "AEG101"));
    assert_eq!(with("exclude: [odd.py]"), is(0, "AEG101"));
    assert_eq!(with("select: [unparsed-code]"), is(0, "AEG191"));
    assert_eq!(with("ignore: [AEG19]"), is(0, "AEG101"));
    assert_eq!(with("governors: [llm-guard]"), is(0, "AEG101 AEG191"));
    assert_eq!(with("fail_on: high"), is(1, "AEG101 AEG191"));
    assert_eq!(with("strict: true"), is(1, "AEG101 AEG191"));
    assert_eq!(with("threads: 2"), is(0, "AEG101 AEG191"));
    assert_eq!(with("max_file_bytes: 50"), is(0, "AEG190 AEG191"));
    assert_eq!(
        with("respect_gitignore: false"),
        is(0, "AEG101 AEG101 AEG191")
    );
    tree.write(
        "app.py",
        CALL.replace("]))", "]))  # aegis: ignore[AEG101]"),
    );
    assert_eq!(with(""), is(0, "AEG191"));
    assert_eq!(with("require_reason: true"), is(0, "AEG101 AEG192 AEG191"));
    let guarded = "from ours import audited\nfrom openai import OpenAI\n\n\n@audited\ndef ask():\n    OpenAI().responses.create()\n\n\nask()\n";
    tree.write("app.py", guarded);
    assert_eq!(with("ignore: [AEG19]"), is(0, "AEG101"));
    assert_eq!(
        with("ignore: [AEG19], own_governors: [ours.audited]"),
        is(0, "")
    );
}

#[test]
fn globs_of_the_file_are_relative_to_it() {
    let tree = Tree::new(&[
        ("aegis.yaml", "scan: {exclude: [src/gen/, /lib]}"),
        ("src/gen/a.py", CALL),
        ("src/b.py", CALL),
        ("src/lib/c.py", CALL),
        ("lib/d.py", CALL),
    ]);
    let places = |line: &str| {
        let out = tree.aegis(&format!("scan --format concise {line}")).out;
        out.lines()
            .filter_map(|l| Some(l.split_once(":4:7: AEG")?.0.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(places(""), ["src/b.py", "src/lib/c.py"]);
    assert_eq!(places("src"), ["src/b.py", "src/lib/c.py"]);
    assert_eq!(
        places("src/gen"),
        ["src/gen/a.py"],
        "what is named is scanned"
    );
    assert_eq!(places("lib"), ["lib/d.py"]);
    tree.write("aegis.yaml", "scan: {include: [src/gen]}");
    assert_eq!(places(""), ["src/gen/a.py"]);
    assert_eq!(places("src"), ["src/gen/a.py"]);
    assert_eq!(places("src/gen"), ["src/gen/a.py"]);
    assert_eq!(places("lib"), [""; 0]);
}

#[test]
fn sections_of_later_releases_are_accepted() {
    let tree = Tree::new(&[("app.py", CALL)]);
    tree.write(
        "aegis.yaml",
        "score: {root: x}\ngate: {}\npolicy: {path: p.yaml}\nguardrails: {store: {path: x}}\naudit: {path: x}\n",
    );
    assert_eq!(tree.aegis("scan").code, 0);
}

#[test]
fn a_mistake_is_shown_with_its_place_and_what_to_write() {
    let tree = Tree::new(&[
        ("app.py", CALL),
        (
            "aegis.yaml",
            "# ours\nscan:\n  select:\n    - AEG101\n  exlude: [tests]\n",
        ),
    ]);
    insta::assert_snapshot!(tree.aegis("scan").refused(), @"
    error: key `exlude` is not known here
     --> aegis.yaml:5:3
      |
    5 |   exlude: [tests]
      |   ^^^^^^
      |
      = help: did you mean `exclude`?
    ");
    tree.write("sub/app.py", CALL);
    let error = tree.aegis("scan sub").refused();
    assert!(error.contains("--> aegis.yaml:5:3"), "{error}");
    let error = tree.aegis("catalog list").refused();
    assert!(error.contains("--> aegis.yaml:5:3"), "{error}");
}

#[test]
fn variables_are_checked() {
    let tree = Tree::new(&[("app.py", CALL)]);
    let refused = |name: &str, value: &str| tree.run("scan", &[(name, value)], "").refused();
    insta::assert_snapshot!(refused("AEGIS_SCAN_THREDS", "2"), @"error: variable AEGIS_SCAN_THREDS is not known; did you mean `AEGIS_SCAN_THREADS`?");
    insta::assert_snapshot!(refused("AEGIS_SCAN_THREADS", "none"), @"error: variable AEGIS_SCAN_THREADS: `none` is not a number of threads; expected 1 to 256");
    insta::assert_snapshot!(refused("AEGIS_SCAN_IGNORE", "AEG101,zebra"), @"error: variable AEGIS_SCAN_IGNORE: `zebra` is not a rule; `aegis explain` lists all rules");
    assert_eq!(
        tree.run("scan", &[("AEGIS_INSTRUMENT", "1")], "").code,
        0,
        "variables of the runtime are not ours"
    );
}

#[test]
fn the_schema_accepts_what_the_program_accepts() {
    let schema = fs::read_to_string(repository().join("docs/aegis.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let tree = Tree::new(&[("app.py", CALL)]);
    for (good, settings) in [
        (true, serde_json::json!({})),
        (
            true,
            serde_json::json!({"scan": {"fail_on": "critical", "exclude": ["tests/"], "threads": 4, "strict": false}, "policy": {"path": "p.yaml"}}),
        ),
        (false, serde_json::json!({"scan": {"exlude": []}})),
        (false, serde_json::json!({"scan": {"fail_on": "bad"}})),
        (false, serde_json::json!({"scan": {"threads": 0}})),
        (false, serde_json::json!({"scan": {"exclude": "tests"}})),
        (false, serde_json::json!({"scan": []})),
        (false, serde_json::json!({"other": {}})),
        (false, serde_json::json!({"policy": {"file": "p.yaml"}})),
        (false, serde_json::json!({"policy": {"path": ["p.yaml"]}})),
    ] {
        assert_eq!(validator.is_valid(&settings), good, "{settings}");
        tree.write("aegis.yaml", settings.to_string());
        assert_eq!(
            tree.aegis("scan").code,
            if good { 0 } else { 2 },
            "{settings}"
        );
    }
}
