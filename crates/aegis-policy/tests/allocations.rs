//! A decision allocates nothing once its thread has decided before.

#![expect(clippy::panic, reason = "a helper of tests may fail them")]

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::policy::Policy;
use aegis_policy::value::Value;

const POLICY: &str = r#"
timezone: Europe/Paris
defaults: { risk_level: low, approval: auto }
rules:
  - { match: { type: [literal, "prefix*", "*suffix", "*infix*", "a*b?c[d-f]*", "{x,y}_{1,2}*"] }, conditions: { param_eq: { never: 1 } }, approval: block }
  - { match: { type: "?*", target: "*", agent: "bot*" }, conditions: { time_after: "22:00", time_before: "06:00", weekdays: [1, 2] }, approval: block }
  - { conditions: { param_gt: { deep.*.n: 1e300 }, param_lt: { text: 5 } }, approval: block }
  - { conditions: { param_eq: { list: [1, {a: "x"}] }, param_contains: { text: zzz } }, approval: block }
  - { conditions: { param_matches: { text: '(?i)\bnever\b' } }, approval: block }
  - { match: { effect: [pay, exfiltrate] }, conditions: { param_missing: text }, approval: block }
  - { match: { type: "größe*" }, conditions: { param_present: text }, approval: auto }
"#;

fn actions() -> Vec<Action> {
    let json = r#"{"deep":[{"n":1},{"n":"１２"},{"n":1e299}],"text":"some text of a few words","list":[1.0,{"a":"y"}]}"#;
    let Ok(Value::Object(params)) = Value::from_json(json) else {
        panic!("an object");
    };
    let names = [
        "literal",
        "prefixed",
        "a_suffix",
        "an infix here",
        "azbécf!",
        "x_2b",
        "größer",
        "写",
        "quux",
    ];
    let actions = names.map(|name| {
        let action = Action::new(name).target("отчёты").agent("bot-7");
        params.iter().fold(action, |action, (key, value)| {
            action.param(key.clone(), value.clone())
        })
    });
    actions.into()
}

#[test]
fn a_decision_allocates_nothing() {
    let policy = Policy::load("p.yaml", POLICY).expect("a policy");
    let at = Moment::new(1_767_614_400, 0);
    let actions = actions();
    // The first decision of a thread makes room for the sets of rules, and a regular expression
    // builds its automaton from the first texts it sees.
    let before: Vec<_> = actions
        .iter()
        .map(|action| policy.decide(action, at))
        .collect();
    for (action, before) in actions.iter().zip(before) {
        let mut decision = None;
        let count = allocation_counter::measure(|| decision = Some(policy.decide(action, at)));
        assert_eq!(count.count_total, 0, "{action}: {count:?}");
        assert_eq!(decision, Some(before), "{action}");
    }
}

#[test]
fn a_canonical_ascii_name_is_not_copied() {
    let count = allocation_counter::measure(|| {
        assert_eq!(aegis_policy::name::canonical("read_file"), "read_file");
    });
    assert_eq!(count.count_total, 0, "{count:?}");
}
