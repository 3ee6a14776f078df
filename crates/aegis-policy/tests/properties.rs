//! What holds for every policy and every action.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a helper of tests may fail them"
)]

use std::thread;

use aegis_policy::action::{Action, Hints};
use aegis_policy::clock::Moment;
use aegis_policy::condition::{Scene, both};
use aegis_policy::decision::{Decider, Decision, Raised};
use aegis_policy::glob::{self, Glob};
use aegis_policy::model::{Approval, Effect, Located, Match, Risk, Rule, Truth};
use aegis_policy::name::{self, Name};
use aegis_policy::number::is_numeric;
use aegis_policy::policy::Policy;
use aegis_policy::value::{Number, Value};
use aegis_policy::{effect, path, regexes};
use proptest::prelude::*;
use proptest::sample::select;

/// Pieces of patterns over so small an alphabet that they meet names.
fn pattern() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a",
        "b",
        "ab",
        "B",
        "ä",
        "ß",
        "*",
        "?",
        "[ab]",
        "[!a]",
        "[^ä]",
        "[a-c]",
        "{a,b}",
        "{,b}",
        "{a*,?b}",
        "{a,{b,c}}",
        "\\*",
        ":",
        "Ａ",
    ]);
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

/// Names over the same alphabet, in many spellings.
fn name() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a", "b", "c", "A", "Ａ", "ä", "ß", "SS", "s", "*", ":", "а", "\u{200b}", "本",
    ]);
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let number = select(vec![
        "0",
        "1",
        "1.0",
        "-1",
        "2",
        "1e1",
        "1e400",
        "NaN",
        "Infinity",
        "9007199254740993",
    ]);
    let text = select(vec!["", "1", "+01.0", "a", "ab", "１", "NaN", "all"]);
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number.prop_map(|n| Value::Number(Number::parse(n).expect("a number"))),
        text.prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        let keys = select(vec!["a", "b", "p"]);
        let entries = prop::collection::btree_map(keys, inner.clone(), 0..3);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::List),
            entries.prop_map(|map| {
                Value::Object(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
            }),
        ]
    })
}

fn action() -> impl Strategy<Value = Action> {
    let params = prop::collection::btree_map(select(vec!["p", "q", "a.b"]), value(), 0..3);
    let effect = prop::option::weighted(0.3, select(Effect::ALL));
    let hints = prop::option::weighted(0.2, (any::<Option<bool>>(), any::<Option<bool>>()));
    (name(), name(), name(), params, effect, hints).prop_map(
        |(kind, target, agent, params, effect, hints)| {
            let mut action = Action::new(&kind).target(&target).agent(&agent);
            for (key, value) in params {
                action = action.param(key, value);
            }
            if let Some(effect) = effect {
                action = action.effect(effect);
            }
            if let Some((read_only, destructive)) = hints {
                action = action.hints(Hints {
                    read_only,
                    destructive,
                });
            }
            action
        },
    )
}

/// Words of names that are no verbs, known and unknown.
fn thing() -> impl Strategy<Value = &'static str> {
    select(vec![
        "user", "users", "file", "table", "status", "info", "history", "mcp", "github", "crm",
        "customer", "payment", "role", "message", "frobnitz", "v2", "all", "database", "pods",
    ])
}

/// Any second of two weeks.
fn moment() -> impl Strategy<Value = Moment> {
    (0..14_i64 * 86_400).prop_map(|second| Moment::new(1_767_225_600 + second, 0))
}

fn conditions() -> impl Strategy<Value = String> {
    let all = vec![
        "param_gt: { p: 0 }",
        "param_lt: { p: 1.5 }",
        "param_gte: { q: 1 }",
        "param_lte: { 'p.*': 1 }",
        "param_eq: { p: 1, q: a }",
        "param_eq: { p: null }",
        "param_eq: { p: [1, a] }",
        "param_contains: { p: a }",
        "param_contains: { 'p.a': [1] }",
        "param_matches: { p: '^[a1]+$' }",
        "param_present: p",
        "param_missing: [p, 'q.0']",
        "time_after: '22:00', time_before: '06:00'",
        "weekdays: [1, 2, 6]",
        "semantic: mentions a",
        "semantic: is harmless",
    ];
    prop::collection::vec(select(all), 0..3).prop_map(|chosen| {
        let mut by_key = std::collections::BTreeMap::new();
        for text in chosen {
            by_key.insert(text.split(':').next(), text);
        }
        let each: Vec<_> = by_key.into_values().collect();
        match each.as_slice() {
            [] => String::new(),
            each => format!(", conditions: {{ {} }}", each.join(", ")),
        }
    })
}

fn quoted(text: &str) -> String {
    Value::from(text).to_json()
}

fn rule() -> impl Strategy<Value = String> {
    let patterns = || prop::option::weighted(0.5, prop::collection::vec(pattern(), 1..3));
    let effects = prop::sample::subsequence(vec!["read", "write", "delete", "pay"], 1..3);
    let effects = prop::option::weighted(0.3, effects);
    let risk = select(vec!["low", "high", "critical"]);
    let approval = select(vec!["auto", "approve", "block"]);
    let parts = (
        patterns(),
        patterns(),
        patterns(),
        effects,
        conditions(),
        risk,
        approval,
    );
    parts.prop_map(
        |(kind, target, agent, effect, conditions, risk, approval)| {
            let mut matches = Vec::new();
            for (key, patterns) in [("type", kind), ("target", target), ("agent", agent)] {
                if let Some(patterns) = patterns {
                    let each: Vec<_> = patterns.iter().map(|p| quoted(p)).collect();
                    matches.push(format!("{key}: [{}]", each.join(", ")));
                }
            }
            if let Some(effects) = effect {
                matches.push(format!("effect: [{}]", effects.join(", ")));
            }
            let matches = match matches.as_slice() {
                [] => String::new(),
                each => format!("match: {{ {} }}, ", each.join(", ")),
            };
            format!("  - {{ {matches}risk_level: {risk}, approval: {approval}{conditions} }}\n")
        },
    )
}

/// A policy as text: its head, and its rules.
fn policy_text() -> impl Strategy<Value = (String, Vec<String>)> {
    let approval = select(vec!["auto", "approve", "block"]);
    let zone = select(vec!["UTC", "Asia/Tokyo"]);
    let head = (approval, zone).prop_map(|(approval, zone)| {
        format!(
            "timezone: {zone}\ndefaults: {{ risk_level: medium, approval: {approval} }}\nrules:\n"
        )
    });
    (head, prop::collection::vec(rule(), 1..9))
}

fn load(head: &str, rules: &[String]) -> Policy {
    let text = format!("{head}{}", rules.concat());
    Policy::load("p.yaml", &text).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

type Patterns = Option<Vec<Located<Box<str>>>>;

fn reference(pattern: &str, name: &Name) -> bool {
    glob::reference(pattern, name.canonical()).expect("a pattern")
}

/// Whether one of the patterns matches, or there are none.
fn meets(patterns: &Patterns, name: &Name) -> bool {
    let matches = |p: &Located<Box<str>>| reference(&p.value, name);
    patterns
        .as_ref()
        .is_none_or(|patterns| patterns.iter().any(matches))
}

/// Whether a branch of a pattern that is not all ASCII matches.
fn spells(patterns: &Patterns, name: &Name) -> bool {
    let spelled = |p: &Located<Box<str>>| {
        let glob = Glob::parse(&p.value).expect("a pattern");
        let branches = glob.alternatives().iter().map(ToString::to_string);
        let foreign: Vec<String> = branches.filter(|branch| !branch.is_ascii()).collect();
        foreign.iter().any(|branch| reference(branch, name))
    };
    patterns
        .as_ref()
        .is_some_and(|patterns| patterns.iter().any(spelled))
}

/// Whether a rule decides, as the specification reads; notes if only the effect is missing.
fn decides(
    rule: &Rule,
    number: u32,
    policy: &Policy,
    scene: &Scene<'_>,
    unsettled: &mut bool,
) -> bool {
    let (action, m) = (scene.action, &rule.matches);
    let auto = rule.approval.value == Approval::Auto;
    if !meets(&m.kind, action.kind_name())
        || !meets(&m.target, action.target_name())
        || !meets(&m.agent, action.agent_name())
    {
        return false;
    }
    let truths = policy.conditions(number).iter().map(|c| c.truth(scene));
    let truth = truths.fold(Truth::True, both);
    if truth == Truth::False || (truth == Truth::CannotTell && auto) {
        return false;
    }
    match (&m.effect, action.effect_found().effect) {
        (None, _) => true,
        (Some(wanted), Some(effect)) => wanted.iter().any(|w| w.value == effect),
        (Some(_), None) => {
            *unsettled |= !auto;
            false
        }
    }
}

/// The language as its specification reads, rule by rule, without an index.
fn naive(policy: &Policy, action: &Action, at: Moment) -> Decision {
    let decision = |risk, approval, by, raised| Decision {
        risk,
        approval,
        by,
        raised,
        effect: action.effect_found(),
    };
    if action.kind_name().canonical().is_empty() {
        return decision(Risk::Critical, Approval::Block, Decider::Language, None);
    }
    let scene = Scene {
        action,
        wall: policy.zone().wall(at),
        evaluator: policy.evaluator(),
    };
    let mut unsettled = false;
    let mut rules = (0_u32..).zip(policy.checked().rules());
    let found = rules.find(|(i, rule)| decides(rule, *i, policy, &scene, &mut unsettled));
    let (risk, approval, by) = match found {
        Some((i, rule)) => (rule.risk.value, rule.approval.value, Decider::Rule(i)),
        None => {
            let defaults = policy.checked().defaults();
            (
                defaults.risk.value,
                defaults.approval.value,
                Decider::Default,
            )
        }
    };
    if approval != Approval::Auto {
        return decision(risk, approval, by, None);
    }
    let none = Match::default();
    let matches = found.map_or(&none, |(_, rule)| &rule.matches);
    let (kind, agent) = (action.kind_name(), action.agent_name());
    let raised = if kind.is_foreign() && !spells(&matches.kind, kind) {
        Some(Raised::ForeignType)
    } else if agent.is_foreign() && !spells(&matches.agent, agent) {
        Some(Raised::ForeignAgent)
    } else if action.target_name().is_deceptive() {
        Some(Raised::ConfusableTarget)
    } else {
        unsettled.then_some(Raised::UnknownEffect)
    };
    let approval = if raised.is_some() {
        Approval::Approve
    } else {
        approval
    };
    decision(risk, approval, by, raised)
}

/// The same name in another spelling.
fn respelled(name: &Name, how: &[u8]) -> String {
    let mut out = String::from("\u{feff} ");
    for (c, how) in name.original().chars().zip(how.iter().cycle()) {
        match how % 4 {
            0 => out.extend(c.to_uppercase()),
            1 if c.is_ascii_graphic() => out.extend(char::from_u32(u32::from(c) + 0xfee0)),
            2 => out.extend(['\u{ad}', c, '\u{202e}']),
            _ => out.push(c),
        }
    }
    out + "\u{200d}\t"
}

/// The same action with other names, its parameters in the opposite order.
fn rebuilt(action: &Action, spell: impl Fn(&Name) -> String) -> Action {
    let mut other = Action::new(&spell(action.kind_name()))
        .target(&spell(action.target_name()))
        .agent(&spell(action.agent_name()))
        .hints(action.tool_hints());
    for (key, value) in action.params().iter().rev() {
        other = other.param(key.clone(), value.clone());
    }
    match action.stated_effect() {
        Some(effect) => other.effect(effect),
        None => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_agrees_with_the_specification(
        (head, rules) in policy_text(),
        actions in prop::collection::vec(action(), 1..12),
        at in moment(),
    ) {
        let policy = load(&head, &rules);
        for action in &actions {
            let decision = policy.decide(action, at);
            prop_assert_eq!(decision, naive(&policy, action, at), "{}", action);
            let told = policy.explain(action, at);
            prop_assert_eq!(told.decision, decision);
            prop_assert!(!told.to_string().is_empty());
            let tried = match decision.by {
                Decider::Rule(number) => number as usize,
                Decider::Default => rules.len(),
                Decider::Language => 0,
            };
            prop_assert_eq!(told.earlier.len(), tried, "a rule that is passed over has a reason");
        }
    }

    #[test]
    fn a_block_rule_in_front_never_makes_a_decision_weaker(
        (head, rules) in policy_text(),
        first in rule(),
        action in action(),
        at in moment(),
    ) {
        let before = load(&head, &rules).decide(&action, at);
        let first = first.replace("approval: auto", "approval: block");
        let mut stricter = vec![first.replace("approval: approve", "approval: block")];
        stricter.extend(rules);
        let after = load(&head, &stricter).decide(&action, at);
        prop_assert!(after.approval >= before.approval, "{:?} {:?}", before, after);
    }

    #[test]
    fn spellings_of_a_name_decide_alike(
        (head, rules) in policy_text(),
        action in action(),
        how in prop::collection::vec(any::<u8>(), 1..5),
        at in moment(),
    ) {
        // A statement in words is about the spelling, not about the name.
        prop_assume!(!rules.concat().contains("semantic"));
        let policy = load(&head, &rules);
        let other = rebuilt(&action, |name| respelled(name, &how));
        prop_assert_eq!(other.kind_name().canonical(), action.kind_name().canonical());
        prop_assert_eq!(policy.decide(&other, at), policy.decide(&action, at));
    }

    #[test]
    fn a_decision_depends_on_nothing_else(
        (head, rules) in policy_text(),
        actions in prop::collection::vec(action(), 1..6),
        at in moment(),
    ) {
        let policy = load(&head, &rules);
        let all = |policy: &Policy| -> Vec<Decision> {
            actions.iter().map(|action| policy.decide(action, at)).collect()
        };
        let want = all(&policy);
        let again = load(&head, &rules);
        prop_assert_eq!(&want, &all(&again));
        let same = thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| all(&policy) == want)).collect();
            threads.into_iter().all(|t| t.join().expect("no panic"))
        });
        prop_assert!(same, "threads decide differently");
        for (action, want) in actions.iter().zip(&want) {
            let json = Action::from_json(&action.to_json()).expect("its own JSON");
            prop_assert_eq!(&policy.decide(&json, at), want);
            let turned = rebuilt(action, |name| name.original().to_owned());
            prop_assert_eq!(&policy.decide(&turned, at), want);
            prop_assert_eq!(turned.to_json(), action.to_json());
        }
    }

    #[test]
    fn a_policy_written_out_decides_alike(
        (head, rules) in policy_text(),
        actions in prop::collection::vec(action(), 1..6),
        at in moment(),
    ) {
        let policy = load(&head, &rules);
        let yaml = policy.checked().to_yaml();
        let again = match Policy::load("again.yaml", &yaml) {
            Ok(policy) => policy,
            Err(problems) => return Err(TestCaseError::fail(format!("{problems}\n{yaml}"))),
        };
        for action in &actions {
            prop_assert_eq!(policy.decide(action, at), again.decide(action, at), "{}", action);
        }
    }

    #[test]
    fn a_pattern_matches_as_the_reference_does(
        pattern in pattern(),
        names in prop::collection::vec(name(), 1..20),
    ) {
        let glob = Glob::parse(&pattern).expect("a pattern");
        let branches: Vec<_> = glob.alternatives().iter().map(ToString::to_string).collect();
        for name in names {
            let name = Name::new(&name);
            prop_assert_eq!(glob.matches(name.canonical()), reference(&pattern, &name));
            let again = branches.iter().any(|branch| reference(branch, &name));
            prop_assert_eq!(glob.matches(name.canonical()), again, "branches read back");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// A verb that is hardly ever anything else and deletes, before, between or after things, is
    /// never drowned by them, whoever serves the tool and however it is spelled.
    #[test]
    fn a_name_that_deletes_never_reads(
        deed in select(vec!["delete", "destroy", "remove", "purge", "wipe", "erase", "truncate"]),
        before in prop::collection::vec(thing(), 0..4),
        after in prop::collection::vec(thing(), 0..4),
        separator in select(vec!["_", "-", " ", "."]),
        upper in any::<bool>(),
    ) {
        let words: Vec<&str> = before.into_iter().chain([deed]).chain(after).collect();
        let name = words.join(separator);
        let name = if upper { name.to_uppercase() } else { name };
        prop_assert_ne!(effect::by_words(&name), Some(Effect::Read), "{}", name);
        prop_assert_ne!(effect::find(&name, None, Hints::default()).effect, Some(Effect::Read), "{}", name);
    }

    #[test]
    fn a_canonical_name_stays_as_it_is(text in any::<String>()) {
        let once = name::canonical(&text).into_owned();
        prop_assert_eq!(name::canonical(&once), once.as_str());
        let name = Name::new(&text);
        prop_assert_eq!(name.canonical(), once.as_str());
        prop_assert_eq!(name.original(), text.as_str());
    }

    #[test]
    fn nothing_panics(text in any::<String>(), pattern in r"[ab*?\[\]{},\\!^é-]{0,12}") {
        let _ = Policy::load("p.yaml", &text);
        let rule = format!("rules:\n  - match: {{ type: {} }}\n", quoted(&text));
        let _ = Policy::load("p.yaml", &rule);
        let _ = Action::from_json(&text);
        let _ = Value::from_json(&text);
        let _ = path::parse(&text);
        let _ = regexes::compile(&text);
        let _ = Moment::parse(&text);
        let _ = is_numeric(&text);
        let _ = Number::parse(&text);
        for pattern in [&text, &pattern] {
            let name = name::canonical(&text);
            match (Glob::parse(pattern), glob::reference(pattern, &name)) {
                (Ok(glob), Ok(want)) => prop_assert_eq!(glob.matches(&name), want),
                (Err(error), Err(other)) => {
                    prop_assert_eq!(error.message, other.message);
                    prop_assert!(pattern.get(error.at).is_some(), "not on character boundaries");
                }
                (glob, other) => prop_assert!(false, "{:?} {:?}", glob, other),
            }
        }
    }

    #[test]
    fn values_read_back(value in value()) {
        prop_assert_eq!(&Value::from_json(&value.to_json()).expect("JSON"), &value);
    }

    #[test]
    fn numbers_have_one_order(a in -99_999_i32..99_999, b in -99_999_i32..99_999, scale in 0_u32..4) {
        let number = |n: i32| {
            let digits = 10_i32.pow(scale);
            let sign = if n < 0 { "-" } else { "" };
            let (whole, part) = (n.abs() / digits, n.abs() % digits);
            let width = scale as usize;
            let point = if scale == 0 { String::new() } else { format!(".{part:0width$}") };
            Number::parse(&format!("{sign}{whole}{point}")).expect("a number")
        };
        prop_assert_eq!(number(a).compare(&number(b)), Some(a.cmp(&b)));
        let exponent = Number::parse(&format!("{a}e-{scale}")).expect("a number");
        prop_assert_eq!(exponent.compare(&number(b)), Some(a.cmp(&b)));
    }

    #[test]
    fn arbitrary_actions_are_decided(
        kind in any::<String>(),
        target in any::<String>(),
        agent in any::<String>(),
        seconds in any::<i64>(),
    ) {
        let text = "timezone: Europe/London\nrules:\n  - match: { type: '*a*', target: '?*' }\n    \
            conditions: { time_before: '12:00' }\n    approval: auto\n";
        let policy = Policy::load("p.yaml", text).expect("a policy");
        let action = Action::new(&kind).target(&target).agent(&agent);
        let at = Moment::new(seconds, 0);
        prop_assert_eq!(policy.decide(&action, at), naive(&policy, &action, at));
        prop_assert!(!policy.explain(&action, at).to_string().is_empty());
        prop_assert_eq!(Action::from_json(&action.to_json()), Ok(action));
    }
}
