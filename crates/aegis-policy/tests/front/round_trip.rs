//! Writing a policy as YAML keeps what it decides.

use aegis_policy::action::Action;
use aegis_policy::builder::{PolicyBuilder, RuleBuilder};
use aegis_policy::clock::Moment;
use aegis_policy::model::{Approval, Effect, Risk};
use aegis_policy::policy::Policy;
use aegis_policy::value::Value;
use proptest::prelude::*;
use proptest::sample::select;

use crate::checked;

#[test]
fn the_canonical_form_says_everything() {
    let policy = checked(
        r#"
timezone: UTC
defaults: { risk_level: low }
rules:
  - match: { type: [a, "{b,c}*"], effect: [read, pay] }
    conditions:
      param_eq: { x: null, "5": [1, "1", true, { a: {} , "b c": [] }], 'a\.b': "yes" }
      time_after: "22:00:30"
      param_missing: [p, q]
    reason: |
      two
      lines
  - name: "it's: a name"
    match: { type: "*" }
    conditions: { weekdays: [1, 2, 3, 4, 5, 6, 7] }
    approval: block
"#,
    );
    assert_eq!(
        policy.to_yaml(),
        r#"version: "1"
timezone: UTC
defaults: { risk_level: low, approval: approve }
rules:
  - name: rule-1
    match: { type: ["a", "{b,c}*"], effect: [read, pay] }
    conditions:
      time_after: "22:00:30"
      param_eq: { x: null, "5": [1, "1", true, { a: {}, b c: [] }], 'a\.b': "yes" }
      param_missing: [p, q]
    risk_level: low
    approval: approve
    reason: "two\nlines\n"
  - name: "it's: a name"
    match: { type: "*" }
    conditions: { weekdays: [1, 2, 3, 4, 5, 6, 7] }
    risk_level: low
    approval: block
"#
    );
    assert_eq!(checked(&policy.to_yaml()).to_yaml(), policy.to_yaml());
}

#[test]
fn keys_longer_than_yaml_looks_ahead_survive() {
    let long = "k".repeat(1500);
    let text = format!(
        "rules:\n  - name: a\n    match: {{ type: x }}\n    conditions:\n      param_eq:\n        ? {long}\n        : {{ ? {long}\n            : 1, b: 2 }}\n    approval: block\n"
    );
    let policy = checked(&text);
    assert_eq!(checked(&policy.to_yaml()).to_yaml(), policy.to_yaml());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        select(vec!["a", "b", "1", "yes", "", "a b", "x: y", "ä\u{200b}\n"]).prop_map(Value::from),
        select(vec![0.5, 1e300, -2.0]).prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            prop::collection::btree_map(select(vec!["a", "b", "1", "x y"]), inner, 0..3).prop_map(
                |m| Value::Object(m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
            ),
        ]
    })
}

/// One thing said of a rule.
#[derive(Debug, Clone)]
enum Say {
    Type(&'static str),
    Target(&'static str),
    Effect(Effect),
    Eq(&'static str, Value),
    Gt(&'static str, i64),
    Lte(&'static str, f64),
    Contains(&'static str, &'static str),
    Matches(&'static str, &'static str),
    Present(&'static str),
    Missing(&'static str),
    After(&'static str),
    Days(Vec<u8>),
    Semantic(&'static str),
    Reason(String),
}

const PATHS: [&str; 6] = ["a", "b", "a.b", "a.0", "a.*", r"a\.b"];

fn say() -> impl Strategy<Value = Say> {
    let path = || select(PATHS.to_vec());
    prop_oneof![
        select(vec!["read*", "*", "delete_?", "{a,b}*", "[a-d]*", "ÄB*"]).prop_map(Say::Type),
        select(vec!["prod/*", "*", "", "b"])
            .prop_filter("a pattern", |p| !p.is_empty())
            .prop_map(Say::Target),
        select(Effect::ALL.to_vec()).prop_map(Say::Effect),
        (path(), value()).prop_map(|(p, v)| Say::Eq(p, v)),
        (path(), -2_i64..3).prop_map(|(p, n)| Say::Gt(p, n)),
        (path(), -2.0..3.0).prop_map(|(p, n)| Say::Lte(p, n)),
        (path(), select(vec!["a", "1", "yes"])).prop_map(|(p, t)| Say::Contains(p, t)),
        (path(), select(vec!["^a", r"\d", "a'b\"c", "[ab]+$"]))
            .prop_map(|(p, t)| Say::Matches(p, t)),
        path().prop_map(Say::Present),
        path().prop_map(Say::Missing),
        select(vec!["00:00", "12:00", "23:59:59"]).prop_map(Say::After),
        prop::collection::vec(1_u8..8, 1..4).prop_map(Say::Days),
        select(vec!["mentions a", "is it: \"fine\"?"]).prop_map(Say::Semantic),
        "[ -~ä\\n]{1,20}[a-z]".prop_map(Say::Reason),
    ]
}

fn said(rule: RuleBuilder, say: Say) -> RuleBuilder {
    match say {
        Say::Type(p) => rule.on_type(p),
        Say::Target(p) => rule.on_target(p),
        Say::Effect(e) => rule.on_effect(e),
        Say::Eq(p, v) => rule.param_eq(p, v),
        Say::Gt(p, n) => rule.param_gt(p, n),
        Say::Lte(p, n) => rule.param_lte(p, n),
        Say::Contains(p, t) => rule.param_contains(p, t),
        Say::Matches(p, t) => rule.param_matches(p, t),
        Say::Present(p) => rule.param_present(p),
        Say::Missing(p) => rule.param_missing(p),
        Say::After(t) => rule.time_after(t),
        Say::Days(d) => rule.weekdays(d),
        Say::Semantic(s) => rule.semantic(s),
        Say::Reason(r) => rule.reason(r),
    }
}

fn policy() -> impl Strategy<Value = PolicyBuilder> {
    let risk = select(Risk::ALL.to_vec());
    let approval = select(Approval::ALL.to_vec());
    let rule = (
        prop::collection::vec(say(), 0..6),
        risk.clone(),
        approval.clone(),
    );
    (prop::collection::vec(rule, 0..6), risk, approval).prop_map(|(rules, risk, approval)| {
        let mut policy = PolicyBuilder::new()
            .timezone("Asia/Tokyo")
            .default_risk(risk)
            .default_approval(approval);
        for (i, (says, risk, approval)) in rules.into_iter().enumerate() {
            let rule = policy.rule(format!("r{i}")).risk(risk).approval(approval);
            policy = says.into_iter().fold(rule, said).end();
        }
        policy
    })
}

fn action() -> impl Strategy<Value = Action> {
    (
        select(vec!["read_x", "delete_a", "a", "äb", "", "unknown tool"]),
        select(vec!["", "prod/x", "b"]),
        prop::collection::btree_map(select(vec!["a", "b", "a.b"]), value(), 0..3),
        prop::option::of(select(Effect::ALL.to_vec())),
    )
        .prop_map(|(kind, target, params, effect)| {
            let mut action = Action::new(kind).target(target);
            for (name, value) in params {
                action = action.param(name, value);
            }
            match effect {
                Some(effect) => action.effect(effect),
                None => action,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_round_trip_keeps_every_decision(
        policy in policy(),
        actions in prop::collection::vec((action(), 0_i64..2_000_000_000), 8),
    ) {
        // Rules may say a thing twice, which is refused; everything else must be accepted.
        let built = match policy.build() {
            Ok(built) => built,
            Err(e) => {
                prop_assert!(e.0.iter().all(|p| p.code == "duplicate-key" || !p.is_error()), "{}\n{}", e, policy.draft());
                return Ok(());
            }
        };
        let yaml = built.to_yaml();
        let again = crate::read(&yaml);
        prop_assert!(again.is_ok(), "{}\n{}", again.unwrap_err(), yaml);
        let again = again.unwrap();
        prop_assert_eq!(&again.to_yaml(), &yaml);
        let names = |c: &aegis_policy::model::Checked| -> Vec<_> {
            c.rules().iter().map(|r| (r.name.value.clone(), r.reason.as_ref().map(|r| r.value.clone()))).collect()
        };
        prop_assert_eq!(names(&again), names(&built));
        let (before, after) = (Policy::compile(built).unwrap(), Policy::compile(again).unwrap());
        for (action, at) in &actions {
            let at = Moment::new(*at, 0);
            prop_assert_eq!(before.decide(action, at), after.decide(action, at), "{:?}\n{}", action, yaml);
        }
    }
}
