//! `aegis validate`.

use std::fs;

use crate::harness::{POLICY, SUITE, Tree, at_home, repository};

/// A policy with mistakes of several kinds.
const BROKEN: &str = "\
version: \"1\"
defaults: { risk_level: hihg }
rules:
  - name: a
    match: { typ: \"read*\" }
    conditions: { time_after: 22:00 }
    approval: auto
  - name: a
    match: { type: \"x[\" }
    approval: block
";

/// A policy that is legal and was probably not meant.
const ODD: &str = "rules:\n  - name: all\n    match: { type: \"*\" }\n    approval: auto\n  - name: late\n    match: { type: a }\n    approval: block\n";

#[test]
fn a_good_policy_is_told_in_one_line() {
    let tree = Tree::new(&[("policy.yaml", POLICY)]);
    let run = tree.aegis("validate policy.yaml");
    assert_eq!((run.err.as_str(), run.code), ("", 0));
    insta::assert_snapshot!(run.out, @"policy.yaml (policy, 3 rules): no problems");
    assert_eq!(tree.aegis("validate -q policy.yaml").ok(), "");
}

#[test]
fn all_mistakes_are_shown_at_once_with_their_lines() {
    let tree = Tree::new(&[("policy.yaml", BROKEN)]);
    let run = tree.aegis("validate policy.yaml");
    assert_eq!((run.err.as_str(), run.code), ("", 2));
    insta::assert_snapshot!(run.out, @r#"
    error[unknown-word]: `hihg` is not a risk level
     --> policy.yaml:2:25
      |
    2 | defaults: { risk_level: hihg }
      |                         ^^^^ expected `low`, `medium`, `high` or `critical`
      |
      = help: did you mean `high`?

    error[unknown-key]: `typ` is not a key of a match
     --> policy.yaml:5:14
      |
    5 |     match: { typ: "read*" }
      |              ^^^
      |
      = help: did you mean `type`?

    error[unquoted-time]: the time `22:00` must be quoted: some readers of YAML take it for the number 1320
     --> policy.yaml:6:31
      |
    6 |     conditions: { time_after: 22:00 }
      |                               ^^^^^ expected a time from "00:00" to "23:59:59"
      |
      = help: write "22:00"

    error[duplicate-rule]: two rules are called `a`
     --> policy.yaml:8:11
      |
    4 |   - name: a
      |           - first called so here
    ...
    8 |   - name: a
      |           ^ called so again here

    error[bad-pattern]: `x[` is not a pattern: `[` is not closed
     --> policy.yaml:9:22
      |
    9 |     match: { type: "x[" }
      |                      ^
      |
      = help: close it with `]`, or write `\[` for the character itself

    policy.yaml (policy): 5 errors
    "#);
}

#[test]
fn several_files_get_a_line_each() {
    let tree = Tree::new(&[
        ("good.yaml", POLICY),
        ("good.test.yaml", SUITE),
        ("odd.yaml", ODD),
        (
            "aegis.yaml",
            "policy: {path: good.yaml}\nscan: {exlude: [x]}\n",
        ),
    ]);
    let run = tree.aegis("validate good.yaml good.test.yaml odd.yaml aegis.yaml");
    assert_eq!(run.code, 2);
    let (_, table) = run.out.rsplit_once("\n\n  ").unwrap();
    insta::assert_snapshot!(table, @"
    ✓  good.yaml       policy      3 rules
      ✓  good.test.yaml  test suite  4 cases
      !  odd.yaml        policy      2 rules  2 warnings
      ✗  aegis.yaml      settings             1 error

    4 files, 1 refused, 1 error, 2 warnings
    ");
}

#[test]
fn warnings_fail_only_under_strict() {
    let tree = Tree::new(&[("odd.yaml", ODD)]);
    let run = tree.aegis("validate odd.yaml");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r#"
    warning[auto-everything]: rule `all` matches every action, and lets it run unasked
     --> odd.yaml:3:20
      |
    3 |     match: { type: "*" }
      |                    ^^^
      |
      = help: name the tools that may run, in `match: { type: [ … ] }`

    warning[unreachable]: rule `late` is never reached: rule `all` before it matches every action
     --> odd.yaml:5:11
      |
    2 |   - name: all
      |           --- this rule decides first
    ...
    5 |   - name: late
      |           ^^^^
      |
      = help: move it before the other rule, or leave it out

    odd.yaml (policy, 2 rules): 2 warnings
    "#);
    let run = tree.aegis("validate odd.yaml --strict");
    assert_eq!(
        (run.code, run.err.as_str()),
        (1, "failed: 2 warnings (`--strict`)\n")
    );
    tree.write("bad.yaml", BROKEN);
    assert_eq!(tree.aegis("validate odd.yaml bad.yaml --strict").code, 2);
}

#[test]
fn what_a_file_is_is_seen_from_its_keys() {
    let tree = Tree::new(&[
        ("suite.yaml", SUITE),
        ("policy.test.yaml", POLICY),
        ("settings.yaml", "scan:\n  strict: true\n"),
        ("empty.test.yaml", "version: \"1\"\n"),
    ]);
    let json = tree
        .aegis("validate suite.yaml policy.test.yaml settings.yaml empty.test.yaml --format json")
        .json();
    let kinds: Vec<&str> = json["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["suite", "policy", "config", "suite"]);
}

#[test]
fn json_has_every_problem_with_its_place() {
    let tree = Tree::new(&[("policy.yaml", BROKEN), ("good.yaml", POLICY)]);
    let run = tree.aegis("validate policy.yaml good.yaml --format json");
    assert_eq!(run.code, 2);
    let json = run.json();
    assert_eq!(
        (&json["format"], &json["version"], &json["valid"]),
        (&"aegis/validate".into(), &1.into(), &false.into())
    );
    let problems = json["files"][0]["problems"].as_array().unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&problems[0]).unwrap(), @r#"
    {
      "severity": "error",
      "code": "unknown-word",
      "message": "`hihg` is not a risk level",
      "path": "policy.yaml",
      "line": 2,
      "column": 25,
      "end_line": 2,
      "end_column": 29,
      "label": "expected `low`, `medium`, `high` or `critical`",
      "help": "did you mean `high`?"
    }
    "#);
    let duplicate = problems
        .iter()
        .find(|p| p["code"] == "duplicate-rule")
        .unwrap();
    assert_eq!(duplicate["related"][0]["line"], 4);
    assert_eq!(json["files"][1]["problems"], serde_json::json!([]));
}

#[test]
fn github_gets_annotations_and_the_summary() {
    let tree = Tree::new(&[(".git/HEAD", ""), ("sub/odd.yaml", ODD)]);
    let mut command = tree.command();
    let output = command
        .current_dir(tree.path("sub"))
        .args(["validate", "odd.yaml", "--format", "github"])
        .output()
        .unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @"
    ::warning file=sub/odd.yaml,line=3,endLine=3,col=20,endColumn=23,title=auto-everything::rule `all` matches every action, and lets it run unasked%0Ahelp: name the tools that may run, in `match: { type: [ … ] }`
    ::warning file=sub/odd.yaml,line=5,endLine=5,col=11,endColumn=15,title=unreachable::rule `late` is never reached: rule `all` before it matches every action%0Ahelp: move it before the other rule, or leave it out
    odd.yaml (policy, 2 rules): 2 warnings
    ");
    tree.write("::error::x.yaml", POLICY);
    let run = tree.aegis("validate ::error::x.yaml --format github");
    assert!(!run.out.starts_with("::"), "{}", run.out);
}

#[test]
fn sarif_has_every_problem_at_its_level() {
    let tree = Tree::new(&[("odd.yaml", ODD), ("broken.yaml", BROKEN)]);
    let run = tree.aegis("validate odd.yaml broken.yaml --format sarif");
    assert_eq!(run.code, 2);
    let sarif = run.json();
    let wrong = crate::harness::sarif_mistakes(&sarif);
    assert!(wrong.is_empty(), "{wrong:#?}");

    let json = tree
        .aegis("validate odd.yaml broken.yaml --format json")
        .json();
    let files = json["files"].as_array().unwrap().iter();
    let mut expected: Vec<String> = files
        .flat_map(|file| file["problems"].as_array().unwrap())
        .map(|p| {
            format!(
                "{} {} {}:{}",
                p["severity"], p["code"], p["path"], p["line"]
            )
        })
        .collect();
    let run = &sarif["runs"][0];
    let mut keys = std::collections::HashSet::new();
    let mut found: Vec<String> = Vec::new();
    for result in run["results"].as_array().unwrap() {
        let place = &result["locations"][0]["physicalLocation"];
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(keys.insert(result["partialFingerprints"].to_string()));
        found.push(format!(
            "{} {} {}:{}",
            result["level"],
            result["ruleId"],
            place["artifactLocation"]["uri"],
            place["region"]["startLine"]
        ));
    }
    expected.sort();
    found.sort();
    assert!(expected.len() > 3, "{expected:?}");
    assert_eq!(found, expected);
    assert_eq!(
        tree.aegis("validate odd.yaml --format sarif --strict").code,
        1
    );
}

#[test]
fn stdin_is_a_file_like_others() {
    let tree = Tree::new(&[]);
    let run = tree.run("validate -", &[], POLICY);
    assert_eq!(run.out, "<stdin> (policy, 3 rules): no problems\n");
    let run = tree.run("validate -", &[], SUITE);
    assert_eq!(run.out, "<stdin> (test suite, 4 cases): no problems\n");
    let run = tree.run("validate -", &[], BROKEN);
    assert!(
        run.code == 2 && run.out.contains("--> <stdin>:2:25"),
        "{}",
        run.all()
    );
    insta::assert_snapshot!(tree.aegis("validate - -").refused(), @"error: `-` is stdin and can be read once only");
}

#[test]
fn the_policy_of_the_settings_is_checked_if_no_file_is_named() {
    let tree = Tree::new(&[
        ("aegis.yaml", "policy: { path: rules/p.yaml }\n"),
        ("rules/p.yaml", POLICY),
        ("other.yaml", SUITE),
        ("deep/er/x", ""),
    ]);
    assert_eq!(
        tree.aegis("validate").ok(),
        "rules/p.yaml (policy, 3 rules): no problems\n"
    );
    let env = [("AEGIS_POLICY_PATH", "other.yaml")];
    assert_eq!(
        tree.run("validate", &env, "").ok(),
        "other.yaml (test suite, 4 cases): no problems\n"
    );
    insta::assert_snapshot!(tree.aegis("validate --no-config").refused(), @"error: no policy is named; name its file, or set `policy: { path: policy.yaml }` in `aegis.yaml` (`aegis init` writes both)");
    insta::assert_snapshot!(tree.run("validate", &[("AEGIS_POLICY_PAHT", "x")], "").refused(), @"error: variable AEGIS_POLICY_PAHT is not known; did you mean `AEGIS_POLICY_PATH`?");
    let mut command = tree.command();
    let output = command
        .current_dir(tree.path("deep/er"))
        .arg("validate")
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(
        out.ends_with("rules/p.yaml (policy, 3 rules): no problems\n"),
        "{out}"
    );
    tree.write("aegis.yaml", "policy: { paht: x }\n");
    insta::assert_snapshot!(tree.aegis("validate").refused(), @"
    error: key `paht` is not known here
     --> aegis.yaml:1:11
      |
    1 | policy: { paht: x }
      |           ^^^^
      |
      = help: did you mean `path`?
    ");
    tree.write("aegis.yaml", "policy: { path: gone.yaml }\n");
    insta::assert_snapshot!(tree.aegis("validate").refused(), @"error: policy `gone.yaml`, which the settings name, does not exist; `aegis init` writes one");
}

#[test]
fn files_that_cannot_be_read_are_one_error() {
    let tree = Tree::new(&[("policy.yaml", POLICY), ("dir/x", "")]);
    insta::assert_snapshot!(tree.aegis("validate policy.yaml gone.yaml").refused(), @"error: file `gone.yaml` cannot be read: No such file or directory (os error 2); it is looked for in `DIR`");
    insta::assert_snapshot!(tree.aegis("validate dir").refused(), @"error: file `dir` cannot be read: it is a folder; name a file in it");
    insta::assert_snapshot!(tree.aegis("validate /no/such/policy.yaml").refused(), @"error: file `/no/such/policy.yaml` cannot be read: No such file or directory (os error 2)");
}

#[test]
fn files_that_are_no_text_are_refused_like_any_other() {
    let tree = Tree::new(&[]);
    tree.write("latin.yaml", b"rules: []\n# caf\xe9\n");
    tree.write("big.yaml", "# long\n".repeat(300_000));
    tree.write("nul.yaml", "rules: [\0]\n");
    tree.write("empty.yaml", "");
    let out = |file: &str| {
        let run = tree.aegis(&format!("validate {file} -q"));
        assert_eq!((run.code, run.err.as_str()), (2, ""), "{}", run.all());
        run.out
    };
    insta::assert_snapshot!(out("latin.yaml"), @"
    error[not-utf8]: the file is not UTF-8 text
     --> latin.yaml:2:6
      |
    2 | # caf�
      |      ^ this is not a character
      |
      = help: save it as UTF-8
    ");
    insta::assert_snapshot!(out("big.yaml"), @"
    error[too-large]: the file has 2100000 bytes; 1048576 are read
     --> big.yaml:1:1
      |
    1 | # long
      | ^^^^^^
      |
      = help: split it: several policies are merged into one
    ");
    insta::assert_snapshot!(out("nul.yaml"), @r#"
    error[forbidden-character]: the text has a NUL character
     --> nul.yaml:1:9
      |
    1 | rules: [␀]
      |         ^ this is U+0000
      |
      = help: if it is meant, write "\u0000" in double quotes
    "#);
    insta::assert_snapshot!(out("empty.yaml"), @"
    error[empty]: the file is empty
     --> empty.yaml:1:1
      |
    1 |
      | ^
    ");
}

#[test]
fn nothing_in_a_file_draws_on_the_terminal() {
    let tree = Tree::new(&[(
        "p.yaml",
        "rules: [{name: \"\\e[31m\", aproval: \"\\x07\"}]\n\u{1b}[31m: 1\n",
    )]);
    tree.write("\u{1b}[31mred.yaml", BROKEN);
    for format in ["text", "json", "sarif", "github"] {
        let run = tree.words(&[
            "validate",
            "p.yaml",
            "\u{1b}[31mred.yaml",
            "--format",
            format,
        ]);
        assert!(
            run.code == 2 && !run.out.contains('\u{1b}'),
            "{}",
            run.all()
        );
    }
}

#[test]
fn hostile_files_end_soon_and_in_few_words() {
    let tree = Tree::new(&[]);
    let bombs = [
        "[".repeat(100_000),
        "{a: ".repeat(50_000),
        "a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n".to_owned(),
        "rules: !!binary aGk=\n".to_owned(),
        format!("rules:\n{}", "  - {nmae: x}\n".repeat(20_000)),
    ];
    for bomb in bombs {
        tree.write("bomb.yaml", &bomb);
        let run = tree.aegis("simulate bomb.yaml read");
        assert!(run.code == 2 && run.out.is_empty(), "{}", run.all());
        assert!(
            run.err.ends_with(if run.err.contains("errors") {
                "errors\n"
            } else {
                "1 error\n"
            }),
            "{:.300}",
            run.err
        );
    }
}

#[test]
fn templates_and_examples_of_the_repository_have_no_problems() {
    let folder = repository().join("policies/templates");
    let mut files: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| format!("policies/templates/{}", e.unwrap().file_name().display()))
        .collect();
    files.sort();
    files.push("fixtures/projects/support-desk/policy.yaml".to_owned());
    let run = at_home(&format!("validate --strict {}", files.join(" ")));
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.out.ends_with(" files, no problems\n"), "{}", run.out);
}

#[test]
fn schemas_accept_what_is_valid() {
    for (what, file) in [
        ("policy", "policies/templates/crm-agent.yaml"),
        ("suite", "policies/templates/crm-agent.test.yaml"),
    ] {
        let run = at_home(&format!("schema {what}"));
        let schema = run.json();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let text = fs::read_to_string(repository().join(file)).unwrap();
        let value: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{file}: {errors:#?}");
    }
    assert_eq!(at_home("schema").ok(), at_home("schema policy").ok());
    let config = fs::read_to_string(repository().join("docs/aegis.schema.json")).unwrap();
    assert_eq!(at_home("schema config").ok(), config);
    insta::assert_snapshot!(at_home("schema polcy").refused(), @"
    error: invalid value 'polcy' for '[FILE]'
      [possible values: policy, config, suite]

      tip: a similar value exists: 'policy'

    For more information, try '--help'.
    ");
}
