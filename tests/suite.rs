//! `aegis test`.

use crate::harness::{POLICY, SUITE, Tree};

fn tree() -> Tree {
    Tree::new(&[("policy.yaml", POLICY), ("policy.test.yaml", SUITE)])
}

/// The suite with wrong expectations.
fn wrong() -> String {
    SUITE
        .replace(
            "approval: block, rule: no_deletes",
            "approval: auto, rule: no_delete",
        )
        .replace("risk: high, rule: bulk", "risk: critical, rule: reads")
}

#[test]
fn the_suite_beside_the_policy_is_run() {
    let tree = tree();
    insta::assert_snapshot!(tree.aegis("test policy.yaml").ok(), @"  ✓  policy.test.yaml  4 cases passed  3 of 3 rules tried (100%)");
    assert_eq!(tree.aegis("test policy.yaml -q").ok(), "");
    let same = tree.aegis("test policy.yaml").out;
    assert_eq!(tree.aegis("test policy.yaml policy.test.yaml").out, same);
    assert_eq!(
        tree.aegis("test policy.test.yaml").out,
        same,
        "the policy beside the suite"
    );
    tree.write("aegis.yaml", "policy: {path: policy.yaml}");
    assert_eq!(tree.aegis("test").out, same);
}

#[test]
fn a_failure_is_shown_with_its_line_and_what_decided() {
    let tree = tree();
    tree.write("policy.test.yaml", wrong());
    let run = tree.aegis("test policy.yaml");
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    insta::assert_snapshot!(run.out, @"
    failed[case-failed]: `nobody deletes`: `delete_user` gets block, risk critical, from rule `no_deletes`
     --> policy.test.yaml:5:25
      |
    5 |     expect: { approval: auto, rule: no_delete }
      |                         ^^^^        --------- it is no_deletes
      |                         |
      |                         it is block
      |
     ::: policy.yaml:4:11
      |
    4 |   - name: no_deletes
      |           ---------- this rule decides
      |
      = help: the policy has no rule `no_delete`; did you mean `no_deletes`?

    failed[case-failed]: `large batches are asked about`: `bulk_update` gets approve, risk high, from rule `bulk`
     --> policy.test.yaml:8:40
      |
    8 |     expect: { approval: approve, risk: critical, rule: reads }
      |                                        ^^^^^^^^        ----- it is bulk
      |                                        |
      |                                        it is high
      |
     ::: policy.yaml:9:11
      |
    9 |   - name: bulk
      |           ---- this rule decides
      |
      = note: rule `reads` stands behind the one that decides

      ✗  policy.test.yaml  2 of 4 cases failed  3 of 3 rules tried (100%)
    ");
    let quiet = tree.aegis("test policy.yaml -q");
    assert!(
        quiet.code == 1 && run.out.starts_with(quiet.out.trim_end()),
        "{}",
        quiet.all()
    );
}

#[test]
fn why_the_expected_rule_did_not_decide_is_said() {
    let policy = "timezone: Europe/Berlin\nrules:\n  - name: night\n    match: { type: send }\n    conditions: { time_after: \"22:00\" }\n    approval: block\n  - name: small\n    match: { type: send }\n    conditions: { param_lt: { n: 5 } }\n    approval: auto\n";
    let suite = "cases:\n  - action: { type: send, params: { n: 7 } }\n    at: \"2026-07-01T19:59:59Z\"\n    expect: { approval: block, rule: night }\n  - action: { type: send, params: { n: 7 } }\n    expect: { rule: small }\n  - action: { type: \"s\\u0435nd\", params: { n: 1 } }\n    expect: { approval: auto }\n";
    let tree = Tree::new(&[("p.yaml", policy), ("p.test.yaml", suite)]);
    let run = tree.aegis("test p.yaml -q");
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.out, @r#"
    failed[case-failed]: `case-1`: `send` gets approve, risk medium, from the defaults
     --> p.test.yaml:4:25
      |
    4 |     expect: { approval: block, rule: night }
      |                         ^^^^^        ----- no rule decides
      |                         |
      |                         it is approve
      |
      = note: rule `night` does not decide: `time_after: "22:00"` does not hold, it saw Wed 21:59:59
      = note: the clock shows Wed 21:59:59 Europe/Berlin

    failed[case-failed]: `case-2`: `send` gets approve, risk medium, from the defaults
     --> p.test.yaml:6:21
      |
    6 |     expect: { rule: small }
      |                     ^^^^^ no rule decides
      |
      = note: rule `small` does not decide: `param_lt: { n: 5 }` does not hold, it saw 7

    failed[case-failed]: `case-3`: `sеnd` gets approve, risk medium, from the defaults
     --> p.test.yaml:8:25
      |
    8 |     expect: { approval: auto }
      |                         ^^^^ it is approve
    "#);
}

#[test]
fn rules_that_decide_no_case_are_listed() {
    let tree = tree();
    let short = SUITE.split("  - name: reading").next().unwrap();
    tree.write("policy.test.yaml", short);
    insta::assert_snapshot!(tree.aegis("test policy.yaml").ok(), @"
    1 rule of policy.yaml decides no case
      reads  policy.yaml:14

      ✓  policy.test.yaml  2 cases passed  2 of 3 rules tried (66%)
    ");
    assert_eq!(tree.aegis("test policy.yaml --fail-under 66.6").code, 0);
    let run = tree.aegis("test policy.yaml --fail-under 66.7");
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.err, @"failed: 2 of 3 rules of policy.yaml decide a case (`--fail-under 66.7`)");
    insta::assert_snapshot!(tree.aegis("test policy.yaml --fail-under 101").refused(), @"
    error: invalid value '101' for '--fail-under <PERCENT>': `101` is not a percentage; expected 0 to 100, with one decimal at most

    For more information, try '--help'.
    ");
}

#[test]
fn several_suites_of_a_policy_are_taken_together() {
    let tree = tree();
    let (head, tail) = SUITE.split_once("  - name: reading").unwrap();
    tree.write("a.test.yaml", head);
    tree.write(
        "b.test.yaml",
        format!("policy: policy.yaml\ncases:\n  - name: reading{tail}"),
    );
    insta::assert_snapshot!(tree.aegis("test policy.yaml a.test.yaml b.test.yaml --fail-under 100").ok(), @"
      ✓  a.test.yaml         2 cases passed
      ✓  b.test.yaml         2 cases passed
         all of policy.yaml                  3 of 3 rules tried (100%)

    4 cases passed
    ");
    tree.write("a.yaml", POLICY);
    let run = tree.aegis("test a.test.yaml b.test.yaml policy.test.yaml");
    insta::assert_snapshot!(run.ok(), @"
    1 rule of a.yaml decides no case
      reads  a.yaml:14

      ✓  a.test.yaml         2 cases passed  2 of 3 rules tried (66%)
      ✓  b.test.yaml         2 cases passed
      ✓  policy.test.yaml    4 cases passed
         all of policy.yaml                  3 of 3 rules tried (100%)

    8 cases passed
    ");
}

#[test]
fn json_has_every_case_and_the_coverage() {
    let tree = tree();
    tree.write("policy.test.yaml", wrong());
    let run = tree.aegis("test policy.yaml --format json");
    assert_eq!(run.code, 1);
    let json = run.json();
    assert_eq!(
        (&json["format"], &json["version"], &json["passed"]),
        (&"aegis/test".into(), &1.into(), &false.into())
    );
    assert_eq!(
        json["summary"],
        serde_json::json!({"cases": 4, "passed": 2, "failed": 2})
    );
    let policy = &json["policies"][0];
    insta::assert_snapshot!(serde_json::to_string_pretty(&policy["suites"][0]["cases"][0]).unwrap(), @r#"
    {
      "name": "nobody deletes",
      "line": 3,
      "passed": false,
      "approval": "block",
      "risk": "critical",
      "rule": "no_deletes",
      "mismatches": [
        {
          "part": "approval",
          "expected": "auto",
          "found": "block"
        },
        {
          "part": "rule",
          "expected": "no_delete",
          "found": "no_deletes",
          "help": "the policy has no rule `no_delete`; did you mean `no_deletes`?"
        }
      ]
    }
    "#);
    assert_eq!(policy["coverage"]["percent"], 100);
    assert_eq!(policy["coverage"]["by_rule"][1]["rule"], "bulk");
}

#[test]
fn junit_is_xml_that_ci_systems_read() {
    let tree = tree();
    tree.write(
        "policy.test.yaml",
        wrong().replace("nobody deletes", "\"nobody <deletes> & \\\"x\\\"\""),
    );
    let run = tree.aegis("test policy.yaml --format junit");
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.out, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="aegis test" tests="4" failures="2" errors="0" time="0.000">
      <testsuite name="policy.test.yaml" tests="4" failures="2" errors="0" skipped="0" time="0.000">
        <testcase name="nobody &lt;deletes&gt; &amp; &quot;x&quot;" classname="policy.yaml" file="policy.test.yaml" line="3" time="0.000">
          <failure message="`nobody &lt;deletes&gt; &amp; &quot;x&quot;`: `delete_user` gets block, risk critical, from rule `no_deletes`" type="case-failed">expected approval auto, rule no_delete&#10;policy.test.yaml:5:25: it is block&#10;policy.test.yaml:5:37: it is no_deletes&#10;policy.yaml:4:11: this rule decides&#10;help: the policy has no rule `no_delete`; did you mean `no_deletes`?</failure>
        </testcase>
        <testcase name="large batches are asked about" classname="policy.yaml" file="policy.test.yaml" line="6" time="0.000">
          <failure message="`large batches are asked about`: `bulk_update` gets approve, risk high, from rule `bulk`" type="case-failed">expected risk critical, rule reads&#10;policy.test.yaml:8:40: it is high&#10;policy.test.yaml:8:56: it is bulk&#10;policy.yaml:9:11: this rule decides&#10;rule `reads` stands behind the one that decides</failure>
        </testcase>
        <testcase name="reading is harmless" classname="policy.yaml" file="policy.test.yaml" line="9" time="0.000"/>
        <testcase name="the rest is asked about" classname="policy.yaml" file="policy.test.yaml" line="12" time="0.000"/>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn github_gets_annotations() {
    let tree = tree();
    tree.write("policy.test.yaml", wrong());
    let run = tree.aegis("test policy.yaml --format github");
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.out, @"
    ::error file=policy.test.yaml,line=5,endLine=5,col=25,endColumn=29,title=case-failed::`nobody deletes`: `delete_user` gets block, risk critical, from rule `no_deletes`%0Aexpected approval auto, rule no_delete%0Ahelp: the policy has no rule `no_delete`; did you mean `no_deletes`?
    ::error file=policy.test.yaml,line=8,endLine=8,col=40,endColumn=48,title=case-failed::`large batches are asked about`: `bulk_update` gets approve, risk high, from rule `bulk`%0Aexpected risk critical, rule reads%0Arule `reads` stands behind the one that decides
      ✗  policy.test.yaml  2 of 4 cases failed  3 of 3 rules tried (100%)
    ");
}

#[test]
fn a_suite_can_be_made_and_passes() {
    let tree = Tree::new(&[("rules/policy.yaml", POLICY), ("tests/x", "")]);
    let printed = tree.aegis("test rules/policy.yaml --generate").ok();
    insta::assert_snapshot!(printed, @r#"
    version: "1"
    policy: policy.yaml
    cases:
      - name: no_deletes
        action: { type: some_other_tool, effect: delete }
        expect: { approval: block, risk: critical, rule: no_deletes }
      - name: bulk
        action: { type: bulk_item, params: { count: 101 } }
        expect: { approval: approve, risk: high, rule: bulk }
      - name: reads
        action: { type: read_item }
        expect: { approval: auto, risk: low, rule: reads }
      - name: anything else
        action: { type: some_other_tool }
        expect: { approval: approve, risk: medium, rule: null }
    "#);
    let run = tree.aegis("test rules/policy.yaml --generate -o rules/policy.test.yaml");
    insta::assert_snapshot!(run.ok(), @"Wrote rules/policy.test.yaml (4 cases)");
    assert_eq!(tree.read("rules/policy.test.yaml"), printed);
    tree.aegis("test rules/policy.yaml --fail-under 100").ok();
    insta::assert_snapshot!(tree.aegis("test rules/policy.yaml --generate -o rules/policy.test.yaml").refused(), @"error: test suite `rules/policy.test.yaml` cannot be written: it is there already; `--force` replaces it");
    tree.write("rules/policy.test.yaml", "mine\n");
    tree.aegis("test rules/policy.yaml --generate -o rules/policy.test.yaml --force")
        .ok();
    assert_eq!(tree.read("rules/policy.test.yaml"), printed);
    tree.aegis("test rules/policy.yaml --generate -o tests/p.test.yaml")
        .ok();
    assert!(
        tree.read("tests/p.test.yaml")
            .contains("policy: \"../rules/policy.yaml\"\n")
    );
    tree.aegis("test tests/p.test.yaml").ok();
    insta::assert_snapshot!(tree.aegis("test rules/policy.yaml --generate -o no/such/x.yaml").refused(), @"error: test suite `no/such/x.yaml` cannot be written: there is no folder `no/such`; make it first");
    insta::assert_snapshot!(tree.aegis("test rules/policy.yaml -o x.yaml").refused(), @"
    error: the following required arguments were not provided:
      --generate

    Usage: aegis test --generate --output <FILE> <FILES>...

    For more information, try '--help'.
    ");
}

#[test]
fn rules_that_no_case_can_reach_are_named() {
    let policy = format!(
        "{POLICY}  - name: never\n    match: {{ type: \"read_*\" }}\n    approval: block\n"
    );
    let tree = Tree::new(&[("policy.yaml", &policy)]);
    let run = tree.aegis("test policy.yaml --generate");
    assert_eq!(run.code, 0);
    insta::assert_snapshot!(run.err, @"
    note: policy.yaml has 1 warning; `aegis validate` shows them
    note: no action was found that is decided by `never`; usually earlier rules take everything they speak of
    ");
}

#[test]
fn what_is_wrong_is_one_clear_error() {
    let tree = tree();
    let refused = |line: &str| tree.aegis(&format!("test {line}")).refused();
    insta::assert_snapshot!(refused("gone.yaml"), @"error: file `gone.yaml` cannot be read: No such file or directory (os error 2); it is looked for in `DIR`");
    insta::assert_snapshot!(refused("policy.yaml policy.yaml"), @"error: `policy.yaml` is no test suite; one policy is tested at a time, its suites come after it");
    insta::assert_snapshot!(refused("policy.test.yaml policy.yaml"), @"error: the first file must be a policy, or all must be test suites");
    insta::assert_snapshot!(refused(""), @"error: no policy is named; name its file, or set `policy: { path: policy.yaml }` in `aegis.yaml` (`aegis init` writes both)");
    tree.write("alone.yaml", POLICY);
    insta::assert_snapshot!(refused("alone.yaml"), @"error: policy `alone.yaml` has no test suite: there is no `alone.test.yaml`; `aegis test alone.yaml --generate -o alone.test.yaml` makes one");
    tree.write("cases.yaml", SUITE);
    insta::assert_snapshot!(refused("cases.yaml"), @"error: test suite `cases.yaml` does not say which policy it is for; write the policy before it, or `policy: policy.yaml` into it");
    tree.write("lost.test.yaml", SUITE);
    insta::assert_snapshot!(refused("lost.test.yaml"), @"error: policy `lost.yaml` cannot be read: No such file or directory (os error 2); it is looked for in `DIR`");
    tree.write(
        "bad.test.yaml",
        SUITE.replacen(
            "expect: { approval: block, rule: no_deletes }",
            "expect: { aproval: block }",
            1,
        ),
    );
    let error = refused("policy.yaml bad.test.yaml");
    assert!(
        error.starts_with(
            "error[unknown-key]: `aproval` is not a key of an expectation\n --> bad.test.yaml:5:15\n"
        ),
        "{error}"
    );
    assert!(
        error.ends_with("\nerror: test suite `bad.test.yaml` cannot be used: 1 error\n"),
        "{error}"
    );
}
