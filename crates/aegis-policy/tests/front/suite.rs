//! Test suites: reading, running, coverage, generation.

use aegis_policy::builder::PolicyBuilder;
use aegis_policy::decision::Decider;
use aegis_policy::model::{Approval, Effect, Risk};
use aegis_policy::policy::Policy;
use aegis_policy::suite::{Suite, default_moment, generate, run};

use crate::{checked, seen, style};

const POLICY: &str = r#"
timezone: Europe/Berlin
defaults: { risk_level: medium, approval: approve }
rules:
  - { name: read_safe, match: { type: "read*" }, risk_level: low, approval: auto }
  - { name: bulk, match: { type: "bulk_*" }, conditions: { param_gt: { count: 100 } }, risk_level: high, approval: approve }
  - { name: no_deletes, match: { type: "delete*" }, risk_level: critical, approval: block }
"#;

fn policy(text: &str) -> Policy {
    Policy::load("p.yaml", text).unwrap_or_else(|e| panic!("{e}"))
}

fn suite(text: &str) -> Suite {
    Suite::load("p.test.yaml", text).unwrap_or_else(|e| panic!("{e}"))
}

#[track_caller]
fn refused(text: &str, want: &[&str]) {
    let problems = Suite::load("s.yaml", text).expect_err("refused").0;
    let have: Vec<String> = problems.iter().map(seen).collect();
    assert_eq!(have, want, "{text}");
    problems.iter().for_each(|p| style(&p.message));
}

#[test]
fn a_suite_is_run() {
    let suite = suite(
        r#"
version: "1"
policy: policy.yaml
cases:
  - name: reads run
    action: { type: read_file, target: /tmp/x, agent: bot, session: s1, params: { a: [1, { b: null }] } }
    expect: { approval: auto, risk: low, rule: read_safe }
  - action: { type: bulk_mail, params: { count: 101 } }
    at: "2026-03-02T23:30:00+01:00"
    expect: { rule: bulk }
  - action: { type: order_pizza, effect: pay, hints: { read_only: false, destructive: true } }
    expect: { approval: approve, rule: null }
"#,
    );
    assert_eq!(
        suite.policy.as_ref().map(|p| &*p.value),
        Some("policy.yaml")
    );
    assert_eq!(&*suite.cases[1].name.value, "case-2");
    assert_eq!(
        suite.cases[1].at.unwrap().to_string(),
        "2026-03-02T22:30:00Z"
    );
    assert_eq!(suite.cases[2].action.stated_effect(), Some(Effect::Pay));
    assert_eq!(suite.cases[2].action.tool_hints().destructive, Some(true));
    let results = run(&policy(POLICY), &suite);
    assert!(results.passed(), "{results:?}");
    assert_eq!(results.coverage.rules, [1, 1, 0]);
    assert_eq!(results.coverage.untried(), [2]);
    assert_eq!(results.coverage.default, 1);
    assert_eq!(results.coverage.percent(), Some(66));
    let again = Suite::load("again.yaml", &suite.to_yaml()).unwrap();
    assert_eq!(again.to_yaml(), suite.to_yaml());
    assert!(run(&policy(POLICY), &again).passed());
}

#[test]
fn failures_say_what_was_expected_and_who_decided() {
    let suite = suite(
        r#"
cases:
  - name: deletes run
    action: { type: delete_file }
    expect: { approval: auto, risk: low, rule: no_delete }
  - name: a default
    action: { type: foo }
    expect: { rule: read_safe }
  - name: a name in another script
    action: { type: readä }
    expect: { approval: auto, rule: read_safe }
  - name: no type
    action: { type: "" }
    expect: { approval: auto }
"#,
    );
    let policy = policy(POLICY);
    let results = run(&policy, &suite);
    assert_eq!(results.failed(), 4);
    let problems = results.problems(&suite, &policy);
    let all: Vec<String> = problems.iter().map(seen).collect();
    assert_eq!(
        all,
        [
            "5:25 case-failed `auto` + `no_deletes` (this rule decides): case `deletes run` expects approval `auto`, and gets `block`: rule `no_deletes` decides",
            "5:37 case-failed `low` + `no_deletes` (this rule decides): case `deletes run` expects risk `low`, and gets `critical`: rule `no_deletes` decides",
            "5:48 case-failed `no_delete` + `no_deletes` (this rule decides): case `deletes run` expects rule `no_delete`, and gets `no_deletes`: rule `no_deletes` decides; the policy has no rule `no_delete`; did you mean `no_deletes`?",
            "8:21 case-failed `read_safe`: case `a default` expects rule `read_safe`, and gets `null`: no rule matches, so the defaults decide",
            "11:25 case-failed `auto` + `read_safe` (this rule decides): case `a name in another script` expects approval `auto`, and gets `approve`: rule `read_safe` decides; a person is asked because the type has characters beyond ASCII, and no pattern that spells them allows it",
            "14:25 case-failed `auto`: case `no type` expects approval `auto`, and gets `block`: the language refuses an action without a type",
        ]
    );
    assert_eq!(results.coverage.language, 1);
    problems.iter().for_each(|p| style(&p.message));
}

#[test]
fn mistakes_in_a_suite_are_shown_like_those_of_a_policy() {
    refused(
        "version: 1\n",
        &["1:1 missing-key `version`: a test suite needs `cases`; write `cases: [ … ]`"],
    );
    refused(
        "cases: []\n",
        &["1:8 empty-list `[]`: the suite has no cases"],
    );
    refused(
        "tests:\n  - action: { type: x }\n",
        &[
            "1:1 missing-key `tests`: a test suite needs `cases`; write `cases: [ … ]`",
            "1:1 unknown-key `tests`: `tests` is not a key of a test suite; did you mean `cases`?",
        ],
    );
    refused(
        "cases:\n  - { name: a, action: { target: x }, expect: {} }\n  - { name: a, type: x, expect: { decision: block } }\n",
        &[
            "2:26 missing-key `target`: an action needs `type`; write `type: delete_file`",
            "2:47 empty-mapping `{}`: an expectation cannot be empty; its keys are `approval`, `risk` and `rule`",
            "3:7 missing-key `name`: a case needs `action`; write `action: { type: delete_file }`",
            "3:13 duplicate-case `a` + `a` (first called so here): two cases are called `a`",
            "3:16 unknown-key `type`: `type` is not a key of a case; `type` belongs in `action`",
            "3:35 unknown-key `decision`: `decision` is not a key of an expectation; did you mean `approval`?",
        ],
    );
    refused(
        "cases:\n  - action: { type: 5, params: { n: yes, 1: 2, m: }, effect: Read, hints: { read_only: yes, readOnlyHint: true } }\n    \
         at: 2026-03-02T10:00:00Z\n    expect: { approval: auto, rule: 7 }\n",
        &[
            "2:21 wrong-type `5`: `type` takes a text, and this is a number; quote it: \"5\"",
            "2:37 ambiguous-value `yes`: `yes` is a boolean to some readers of YAML only; write true if a boolean is meant, or \"yes\" if a text is",
            "2:42 key-not-text `1`: `1` is a number, and a key is a text; quote it: \"1\"",
            "2:48 no-value `m`: `m` has no value; write `null` if that is meant",
            "2:62 unknown-word `Read`: `Read` is not an effect; did you mean `read`?",
            "2:88 wrong-type `yes`: `read_only` takes `true` or `false`, and this is a boolean to some readers of YAML; write `read_only: true`",
            "2:93 unknown-key `readOnlyHint`: `readOnlyHint` is not a key of hints; did you mean `read_only`?",
            "3:9 wrong-type `2026-03-02T10:00:00Z`: `at` takes a quoted moment, such as \"2026-03-02T23:30:00Z\", and this is a date to some readers of YAML; quote it: \"2026-03-02T10:00:00Z\"",
            "4:37 wrong-type `7`: `rule` takes the name of a rule, or `null`, and this is a number; quote it: \"7\"",
        ],
    );
    refused(
        "cases:\n  - { action: { type: x }, at: \"yesterday\", expect: { rule: null } }\n",
        &[
            "2:32 bad-moment `\"yesterday\"`: `yesterday` is not a moment; write it as in \"2026-03-02T23:30:00Z\" or \"2026-03-02T23:30:00+01:00\"",
        ],
    );
}

#[test]
fn the_default_moment_is_a_monday_noon() {
    assert_eq!(default_moment().to_string(), "2026-01-05T12:00:00Z");
}

#[test]
fn a_generated_suite_reads_well() {
    let generated = generate(&policy(POLICY), Some("policy.yaml")).unwrap();
    assert_eq!(
        generated.suite.to_yaml(),
        r#"version: "1"
policy: policy.yaml
cases:
  - name: read_safe
    action: { type: read_item }
    expect: { approval: auto, risk: low, rule: read_safe }
  - name: bulk
    action: { type: bulk_item, params: { count: 101 } }
    expect: { approval: approve, risk: high, rule: bulk }
  - name: no_deletes
    action: { type: delete_item }
    expect: { approval: block, risk: critical, rule: no_deletes }
  - name: anything else
    action: { type: some_other_tool }
    expect: { approval: approve, risk: medium, rule: null }
"#
    );
    assert!(generated.unreached.is_empty() && !generated.default_unreached);
}

#[test]
fn every_kind_of_condition_can_be_reached() {
    let policy = policy(
        r#"
timezone: America/New_York
rules:
  - { name: r1, match: { type: t }, conditions: { time_after: "22:00", time_before: "22:01", weekdays: [7] }, approval: auto }
  - { name: r2, match: { type: t }, conditions: { time_after: "23:00", time_before: "01:00", weekdays: [3] }, approval: auto }
  - { name: r3, match: { type: t }, conditions: { param_gt: { n: 5 }, param_lt: { n: 5.5 } }, approval: auto }
  - { name: r4, match: { type: t }, conditions: { param_gte: { a.b.c: 1e300 } }, approval: auto }
  - { name: r5, match: { type: t }, conditions: { param_eq: { x: { y: [1, null] } } }, approval: auto }
  - { name: r6, match: { type: t }, conditions: { param_contains: { tags: [red, 5, true] } }, approval: auto }
  - { name: r7, match: { type: t }, conditions: { param_matches: { q: '^(?i)select\s+\*\s+from \w{2,5}$' } }, approval: auto }
  - { name: r8, match: { type: t }, conditions: { param_present: [to, "items.*.sku"], param_missing: cc }, approval: auto }
  - { name: r9, match: { type: t }, conditions: { semantic: mentions password }, approval: auto }
  - { name: r10, match: { type: t }, conditions: { param_matches: { id: '^\d{3}$' }, param_gt: { id: 500 } }, approval: auto }
  - { name: r11, match: { type: t, effect: [pay] }, approval: auto }
  - { name: r12, match: { type: t, target: ["prod/*", "[a-c]?"], agent: "b*" }, approval: block }
  - { name: r13, match: { type: t }, conditions: { param_lt: { m: -3 }, param_eq: { "k.0": one } }, approval: auto }
  - { name: r14, match: { type: t }, conditions: { weekdays: [6, 7] }, approval: auto }
  - { name: r15, match: { type: "*x*" }, approval: auto }
  - { name: r16, match: { type: "?" }, approval: auto }
  - { name: hidden, match: { type: "xx" }, approval: auto }
"#,
    );
    let generated = generate(&policy, None).unwrap();
    let names: Vec<&str> = generated
        .unreached
        .iter()
        .map(|n| &*policy.rule(*n).unwrap().name.value)
        .collect();
    assert_eq!(names, ["hidden"], "{}", generated.suite.to_yaml());
    let results = run(&policy, &generated.suite);
    assert!(
        results.passed(),
        "{results:?}\n{}",
        generated.suite.to_yaml()
    );
    let tried = results.coverage.tried();
    assert_eq!(tried, policy.checked().rules().len() - names.len());
    // A second run on the text itself gives the same suite.
    let again = Suite::load("again.yaml", &generated.suite.to_yaml()).unwrap();
    assert!(run(&policy, &again).passed());
}

#[test]
fn a_policy_that_reaches_nothing_has_a_suite_all_the_same() {
    let policy = policy("defaults: { approval: block }\n");
    let generated = generate(&policy, None).unwrap();
    assert!(run(&policy, &generated.suite).passed());
    let all = PolicyBuilder::new()
        .rule("all")
        .on_type("*")
        .risk(Risk::High)
        .approval(Approval::Block)
        .build();
    let all = Policy::compile(all.unwrap()).unwrap();
    let generated = generate(&all, None).unwrap();
    assert!(generated.default_unreached);
    let results = run(&all, &generated.suite);
    assert!(results.passed());
    assert_eq!(results.outcomes[0].decision.by, Decider::Rule(0));
    assert_eq!(checked(&all.checked().to_yaml()).rules().len(), 1);
}
