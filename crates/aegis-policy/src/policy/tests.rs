use super::*;
use crate::action::{Action, Hints};
use crate::clock::Moment;
use crate::decision::{Decider, Decision, Raised};
use crate::model::{EffectSource, Truth};

const NOON: &str = "2026-01-05T12:00:00Z";

fn policy(text: &str) -> Policy {
    Policy::load("policy.yaml", text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn noon() -> Moment {
    Moment::parse(NOON).expect("a time")
}

fn decide(policy: &Policy, action: &Action) -> Decision {
    let decision = policy.decide(action, noon());
    assert_eq!(policy.explain(action, noon()).decision, decision);
    decision
}

/// The approval and the name of the rule that decided, or `-`.
fn outcome(policy: &Policy, action: &Action) -> (Approval, String) {
    let decision = decide(policy, action);
    let name = match decision.by {
        Decider::Rule(number) => policy.rule(number).expect("a rule").name.value.to_string(),
        _ => "-".to_owned(),
    };
    (decision.approval, name)
}

const QUICK_START: &str = r#"
version: "1"
defaults: { risk_level: medium, approval: approve }
rules:
  - name: read_safe
    match: { type: "read*" }
    risk_level: low
    approval: auto
  - name: bulk_ops_need_approval
    match: { type: "bulk_*" }
    conditions: { param_gt: { count: 100 } }
    risk_level: high
    approval: approve
  - name: no_deletes
    match: { type: "delete*" }
    risk_level: critical
    approval: block
    reason: nothing is deleted by agents
"#;

#[test]
fn the_first_rule_that_matches_decides() {
    let policy = policy(QUICK_START);
    let bulk = |n: i64| Action::new("bulk_update").param("count", n);
    for (action, approval, rule) in [
        (Action::new("read_file"), Approval::Auto, "read_safe"),
        (Action::new("READ"), Approval::Auto, "read_safe"),
        (bulk(101), Approval::Approve, "bulk_ops_need_approval"),
        (bulk(100), Approval::Approve, "-"),
        (
            Action::new("bulk_update").param("count", "many"),
            Approval::Approve,
            "bulk_ops_need_approval",
        ),
        (Action::new("bulk_update"), Approval::Approve, "-"),
        (Action::new("Delete_File"), Approval::Block, "no_deletes"),
        (Action::new("write"), Approval::Approve, "-"),
    ] {
        assert_eq!(
            outcome(&policy, &action),
            (approval, rule.to_owned()),
            "{action}"
        );
    }
    let decision = decide(&policy, &Action::new("delete_x"));
    assert_eq!(
        (decision.risk, decision.by, decision.raised),
        (Risk::Critical, Decider::Rule(2), None)
    );
}

#[test]
fn an_action_without_a_type_is_blocked() {
    let policy =
        policy("defaults: { approval: auto }\nrules: [{ match: { type: '*' }, approval: auto }]");
    for kind in ["", "  ", "\u{200b}\t", "\u{a0}"] {
        let decision = decide(&policy, &Action::new(kind));
        assert_eq!(
            (decision.approval, decision.by),
            (Approval::Block, Decider::Language)
        );
    }
}

#[test]
fn lists_braces_and_every_kind_of_pattern() {
    let policy = policy(
        r#"
defaults: { approval: block }
rules:
  - { name: literal, match: { type: [alpha, "beta"] } }
  - { name: prefix, match: { type: "pre*" } }
  - { name: longer_prefix, match: { type: "prefix_*", target: "x" } }
  - { name: suffix, match: { type: "*_suf" } }
  - { name: infix, match: { type: "*inner*" } }
  - { name: middle, match: { type: "a*b" } }
  - { name: set, match: { type: "[0-9]?" } }
  - { name: braces, match: { type: "{get,list}_{x,y*}" } }
  - { name: same_infix, match: { type: "?inner*z" } }
  - { name: target, match: { type: "t*", target: "{,?}" } }
  - { name: agent, match: { agent: "bot-*" } }
"#,
    );
    for (kind, target, agent, rule) in [
        ("alpha", "", "", "literal"),
        ("beta", "", "", "literal"),
        ("pre", "", "", "prefix"),
        ("prefix_a", "x", "", "prefix"),
        ("a_suf", "", "", "suffix"),
        ("an_inner_b", "", "", "infix"),
        ("axxb", "", "", "middle"),
        ("ab", "", "", "middle"),
        ("7é", "", "", "set"),
        ("get_x", "", "", "braces"),
        ("list_yes", "", "", "braces"),
        ("get_xy", "", "", "-"),
        ("test", "", "", "target"),
        ("test", "z", "", "target"),
        ("test", "zz", "", "-"),
        ("other", "", "Bot-7", "agent"),
    ] {
        let action = Action::new(kind).target(target).agent(agent);
        if rule == "-" || rule == "target" {
            assert_eq!(outcome(&policy, &action).1, rule, "{action}");
        } else {
            assert_eq!(
                outcome(&policy, &action),
                (Approval::Approve, rule.to_owned()),
                "{action}"
            );
        }
    }
}

#[test]
fn an_empty_pattern_is_refused_but_an_empty_branch_is_the_empty_name() {
    assert!(Policy::load("p", "rules: [{ match: { target: '' } }]").is_err());
    let policy = policy("rules: [{ match: { target: '{,none}' }, approval: block }]");
    assert_eq!(decide(&policy, &Action::new("x")).approval, Approval::Block);
    assert_eq!(
        decide(&policy, &Action::new("x").target("none")).approval,
        Approval::Block
    );
    assert_eq!(
        decide(&policy, &Action::new("x").target("some")).approval,
        Approval::Approve
    );
}

#[test]
fn foreign_and_confusable_names_are_never_automatic() {
    let policy = policy(
        r#"
defaults: { risk_level: low, approval: auto }
rules:
  - { name: stop, match: { type: "stop*" }, approval: block }
  - { name: spelt, match: { type: "{read,lös}*", agent: ["*", "бот*"] }, approval: auto }
"#,
    );
    let raised = |action: Action| decide(&policy, &action).raised;
    assert_eq!(raised(Action::new("read_a")), None);
    assert_eq!(raised(Action::new("read_ä")), Some(Raised::ForeignType));
    assert_eq!(raised(Action::new("lösche_ä")), None);
    assert_eq!(raised(Action::new("写")), Some(Raised::ForeignType));
    assert_eq!(raised(Action::new("stop_ä")), None);
    assert_eq!(raised(Action::new("read").agent("бот 7")), None);
    assert_eq!(raised(Action::new("read").agent("ботик-ä")), None);
    assert_eq!(
        raised(Action::new("read").agent("ä")),
        Some(Raised::ForeignAgent)
    );
    assert_eq!(
        raised(Action::new("write").agent("бот")),
        Some(Raised::ForeignAgent)
    );
    assert_eq!(
        raised(Action::new("read").target("pr\u{43e}d")),
        Some(Raised::ConfusableTarget)
    );
    assert_eq!(raised(Action::new("read").target("отчёты")), None);
    let decision = decide(&policy, &Action::new("read_ä"));
    assert_eq!(
        (decision.approval, decision.risk, decision.by),
        (Approval::Approve, Risk::Low, Decider::Rule(1))
    );
}

#[test]
fn an_unknown_effect_is_never_automatic_around_a_rule_about_effects() {
    let text = |approval: &str| {
        format!(
            r#"
defaults: {{ risk_level: low, approval: {approval} }}
rules:
  - {{ name: reads, match: {{ effect: read }}, approval: auto }}
  - {{ name: destroys, match: {{ effect: [delete, pay], target: "prod*" }}, conditions: {{ param_lt: {{ n: 10 }} }}, approval: block }}
  - {{ name: named, match: {{ type: "frob*" }}, approval: auto }}
"#
        )
    };
    let policy_auto = policy(&text("auto"));
    let action = || Action::new("frobnicate").target("prod");
    let see = |action: Action| {
        let decision = decide(&policy_auto, &action);
        (decision.approval, decision.by, decision.raised)
    };
    assert_eq!(
        see(Action::new("get_issue")),
        (Approval::Auto, Decider::Rule(0), None)
    );
    // Nothing about effects could have stopped these.
    assert_eq!(
        see(Action::new("frobnicate")),
        (Approval::Auto, Decider::Rule(2), None)
    );
    assert_eq!(see(action()), (Approval::Auto, Decider::Rule(2), None));
    assert_eq!(
        see(action().param("n", 10_i64)),
        (Approval::Auto, Decider::Rule(2), None)
    );
    // Something could have stopped these, for all that is known.
    let asked = (
        Approval::Approve,
        Decider::Rule(2),
        Some(Raised::UnknownEffect),
    );
    assert_eq!(see(action().param("n", 9_i64)), asked);
    assert_eq!(see(action().param("n", "few")), asked);
    let by_default = Action::new("quux").target("prod").param("n", 1_i64);
    assert_eq!(
        see(by_default.clone()),
        (
            Approval::Approve,
            Decider::Default,
            Some(Raised::UnknownEffect)
        )
    );
    assert_eq!(
        see(by_default.clone().effect(Effect::Write)),
        (Approval::Auto, Decider::Default, None)
    );
    assert_eq!(
        see(by_default.clone().effect(Effect::Pay)),
        (Approval::Block, Decider::Rule(1), None)
    );
    let hinted = by_default.clone().hints(Hints {
        read_only: None,
        destructive: Some(true),
    });
    assert_eq!(see(hinted), (Approval::Block, Decider::Rule(1), None));
    // What asks or blocks anyway is not raised.
    let strict = policy(&text("block"));
    let decision = decide(&strict, &by_default);
    assert_eq!(
        (decision.approval, decision.raised),
        (Approval::Block, None)
    );
    assert_eq!(
        (decision.effect.effect, decision.effect.source),
        (None, EffectSource::Nothing)
    );
}

#[test]
fn windows_follow_the_zone() {
    let policy = policy(
        r#"
timezone: Europe/Paris
defaults: { approval: auto }
rules:
  - { name: nights, conditions: { time_after: "22:00", time_before: "06:00", weekdays: [5] }, approval: block }
"#,
    );
    for (at, approval) in [
        ("2026-01-09T20:59:59Z", Approval::Auto),
        ("2026-01-09T21:00:00Z", Approval::Block),
        ("2026-01-10T04:59:59Z", Approval::Block),
        ("2026-01-10T05:00:00Z", Approval::Auto),
        ("2026-01-10T21:00:00Z", Approval::Auto),
    ] {
        let at = Moment::parse(at).expect(at);
        assert_eq!(
            policy.decide(&Action::new("read"), at).approval,
            approval,
            "{at}"
        );
    }
    let told = policy.explain(&Action::new("read"), noon());
    assert_eq!(told.clock.as_deref(), Some("Mon 13:00:00 Europe/Paris"));
}

#[test]
fn statements_go_to_the_evaluator() {
    #[derive(Debug)]
    struct Yes;
    impl Evaluator for Yes {
        fn holds(&self, statement: &str, action: &Action) -> Truth {
            (statement == "is harmless" && action.kind_name().canonical() == "post").into()
        }
    }
    let text = r#"
rules:
  - { name: harmless, match: { type: "p*" }, conditions: { semantic: "is harmless" }, approval: auto }
  - { name: secret, conditions: { semantic: "mentions password" }, approval: block }
"#;
    let plain = policy(text);
    assert_eq!(
        outcome(&plain, &Action::new("post")),
        (Approval::Approve, "-".to_owned())
    );
    let tells = Action::new("post").param("text", "the password is x");
    assert_eq!(
        outcome(&plain, &tells),
        (Approval::Block, "secret".to_owned())
    );
    let plugged = policy(text).with_evaluator(Arc::new(Yes));
    assert_eq!(
        outcome(&plugged, &Action::new("post")),
        (Approval::Auto, "harmless".to_owned())
    );
    assert_eq!(
        outcome(&plugged, &Action::new("put")),
        (Approval::Approve, "-".to_owned())
    );
}

#[test]
fn an_evaluator_may_decide_too() {
    #[derive(Debug)]
    struct Inner(Policy);
    impl Evaluator for Inner {
        fn holds(&self, _: &str, action: &Action) -> Truth {
            (self.0.decide(action, Moment::new(0, 0)).approval == Approval::Block).into()
        }
    }
    let inner = policy("rules: [{ match: { type: '*x*' }, approval: block }]");
    let text = r#"
rules:
  - { name: outer, match: { type: "a*" }, conditions: { semantic: "the other policy blocks it" }, approval: block }
  - { name: last, match: { type: "ab" }, approval: auto }
"#;
    let policy = policy(text).with_evaluator(Arc::new(Inner(inner)));
    assert_eq!(outcome(&policy, &Action::new("ax")).1, "outer");
    assert_eq!(outcome(&policy, &Action::new("ab")).1, "last");
}

#[test]
fn an_explanation_names_what_did_not_fit() {
    let policy = policy(
        r#"
defaults: { risk_level: low, approval: auto }
rules:
  - { name: other_type, match: { type: ["read*", "list*"] } }
  - { name: other_target, match: { type: "pay*", target: "prod" } }
  - { name: other_agent, match: { agent: "bot" } }
  - { name: other_effect, match: { effect: [delete, deploy] } }
  - { name: small, match: { type: "pay*" }, conditions: { param_lt: { sum.total: 50 } }, approval: auto }
  - { name: large, match: { type: "pay*" }, conditions: { param_gt: { sum.total: 50 }, param_present: sum }, approval: block, reason: too much }
"#,
    );
    let action = Action::from_json(
        r#"{"type":"pay_invoice","target":"test","params":{"sum":{"total":"x"}}}"#,
    );
    let told = policy.explain(&action.expect("action"), noon());
    assert_eq!(
        told.to_string(),
        "\
block (risk low): rule `large` (policy.yaml:9:13)
  reason: too much
  effect: pay (from name)
  condition `param_gt: { sum.total: 50 }` cannot be told, it saw \"x\"
  condition `param_present: sum` holds, it saw {\"total\":\"x\"}
  not `other_type` (policy.yaml:4:13): the type `pay_invoice` is not `read*` or `list*`
  not `other_target` (policy.yaml:5:13): the target `test` is not `prod`
  not `other_agent` (policy.yaml:6:13): there is no agent, and the rule wants `bot`
  not `other_effect` (policy.yaml:7:13): the effect is pay, not delete or deploy
  not `small` (policy.yaml:8:13): `param_lt: { sum.total: 50 }` cannot be told, it saw \"x\"
"
    );
    let json = serde_json::to_value(&told).expect("JSON");
    assert_eq!(json["by"], "rule");
    assert_eq!(json["rule"]["name"], "large");
    assert_eq!(json["rule"]["line"], 9);
    assert_eq!(json["earlier"][0]["because"]["part"], "type");
    assert_eq!(json["earlier"][4]["because"]["part"], "condition");
    assert_eq!(json["earlier"][4]["because"]["truth"], "cannot_tell");
    assert_eq!(json["conditions"][1]["truth"], "true");
    let told = policy.explain(&Action::new("frobnicate"), noon());
    assert!(told.to_string().starts_with("approve (risk low): no rule decided, so the defaults apply\n  raised from auto: the effect is not known"), "{told}");
    let told = policy.explain(&Action::new(""), noon());
    assert!(
        told.to_string()
            .starts_with("block (risk critical): an action without a type")
    );
}

#[test]
fn too_much_is_refused() {
    let glob = "{aaaa,bbbb}".repeat(10) + &"x".repeat(20);
    let patterns: Vec<String> = (0..140).map(|i| format!("'{glob}{i}'")).collect();
    let text = format!(
        "rules: [{{ match: {{ type: [{}] }} }}]",
        patterns.join(", ")
    );
    let problems = Policy::load("p", &text).expect_err("too large");
    assert_eq!(problems.0[0].code, "too-large");
    let rule =
        |i: usize| format!("  - {{ conditions: {{ param_matches: {{ a: '\\w{{90}}{i}' }} }} }}\n");
    let rules: String = (0..100).map(rule).collect();
    let problems = Policy::load("p", &format!("rules:\n{rules}")).expect_err("too large");
    assert!(
        problems.0.iter().any(|problem| problem.code == "too-large"),
        "{problems}"
    );
}

#[test]
fn a_policy_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Policy>();
}
