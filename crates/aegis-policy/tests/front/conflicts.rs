//! Rules of two policies that want different things.

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::conflicts::{Conflict, conflicts};
use aegis_policy::decision::Decider;
use aegis_policy::model::Approval;
use aegis_policy::policy::Policy;

use crate::checked;

fn said(conflict: &Conflict<'_>) -> String {
    let (i, a) = conflict.first;
    let (j, b) = conflict.second;
    let example = conflict.example.as_ref().unwrap();
    let effect = example.effect.map_or("", |e| e.as_str());
    format!(
        "{i}.{} {j}.{} at {}|{}|{}|{effect}",
        a.name.value, b.name.value, example.kind, example.target, example.agent
    )
}

fn found(a: &str, b: &str) -> Vec<String> {
    let (a, b) = (checked(a), checked(b));
    conflicts(&[&a, &b]).iter().map(said).collect()
}

#[test]
fn rules_conflict_where_their_patterns_meet() {
    assert_eq!(
        found(
            r#"
rules:
  - { name: no_deletes, match: { type: "delete*" }, approval: block }
  - { name: reads, match: { type: ["read*", "list*"] }, approval: auto }
  - { name: prod, match: { type: "*", target: "prod/*", agent: "bot-*" }, approval: approve }
"#,
            r#"
rules:
  - { name: files, match: { type: "*_file" }, approval: auto }
  - { name: same, match: { type: "delete_user" }, approval: block }
  - { name: mine, match: { target: "*/mine" }, approval: block }
  - { name: odd, match: { type: "write*", target: "test/*" }, approval: auto }
"#
        ),
        [
            "0.no_deletes 1.files at delete_file|||",
            "0.reads 1.mine at read|/mine||",
            "0.prod 1.files at _file|prod/|bot-|",
            "0.prod 1.same at delete_user|prod/|bot-|",
            "0.prod 1.mine at |prod/mine|bot-|",
        ]
    );
}

#[test]
fn effects_and_conditions_can_keep_rules_apart() {
    let none: [&str; 0] = [];
    assert_eq!(
        found(
            "rules: [{ name: a, match: { effect: [delete, pay] }, approval: block }]",
            "rules: [{ name: b, match: { effect: [read, pay] }, approval: auto }, { name: c, match: { effect: read }, approval: auto }]"
        ),
        ["0.a 1.b at |||pay"]
    );
    assert_eq!(
        found(
            "rules: [{ name: a, match: { type: x }, conditions: { param_gt: { n: 100 } }, approval: block }]",
            "rules: [{ name: b, match: { type: x }, conditions: { param_lte: { n: 100 } }, approval: auto }]"
        ),
        none
    );
    assert_eq!(
        found(
            "rules: [{ name: a, match: { type: x }, conditions: { param_gt: { n: 100 } }, approval: block }]",
            "rules: [{ name: b, match: { type: x }, conditions: { param_lte: { n: 101 } }, approval: auto }]"
        ),
        ["0.a 1.b at x|||"]
    );
}

#[test]
fn an_example_is_decided_as_the_conflict_says() {
    let (a, b) = (
        checked(
            "rules: [{ name: a, match: { type: \"{read,write}_*\", target: \"[a-c]?\" }, approval: block }]",
        ),
        checked(
            "rules: [{ name: b, match: { type: \"*_?ile\", target: \"*[c-z]\" }, approval: auto }]",
        ),
    );
    let all = conflicts(&[&a, &b]);
    let [conflict] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!(conflict.stricter(), Approval::Block);
    let example = conflict.example.clone().unwrap();
    let action = Action::new(&example.kind).target(&example.target);
    for policy in [a.clone(), b.clone()] {
        let decision = Policy::compile(policy)
            .unwrap()
            .decide(&action, Moment::new(0, 0));
        assert_eq!(decision.by, Decider::Rule(0), "{example:?}");
    }
}
