//! P1 to P7 as properties, and known values.

use aegis_policy::policy::Policy;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::drafts::{Draft, draft, drafts, write};

fn score(text: &str) -> Score {
    let policy = Policy::load("p.yaml", text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    Score::of(&Board::new(&policy))
}

fn few() -> ProptestConfig {
    ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(few())]

    /// P1: what makes no decision weaker never lowers it.
    #[test]
    fn stricter_never_lowers((default, rules) in drafts(), at in any::<prop::sample::Index>()) {
        let before = score(&write(default, &rules));
        let mut stricter = rules.clone();
        if !stricter.is_empty() {
            let rule = at.get(&stricter).clone();
            let i = at.index(stricter.len());
            stricter[i] = Draft { approval: (rule.approval + 1).min(2), ..rule };
            prop_assert!(score(&write(default, &stricter)).tenths() >= before.tenths());
        }
        prop_assert!(score(&write((default + 1).min(2), &rules)).tenths() >= before.tenths());
        let first = Draft { matches: "type: '*e*'".to_owned(), conditions: "", approval: 2 };
        stricter = rules;
        stricter.insert(0, first);
        prop_assert!(score(&write(default, &stricter)).tenths() >= before.tenths());
    }

    /// P2: an automatic rule never raises it, wherever it stands.
    #[test]
    fn automatic_rules_never_raise((default, mut rules) in drafts(), rule in draft(), at in any::<prop::sample::Index>()) {
        let before = score(&write(default, &rules));
        let rule = Draft { approval: 0, ..rule };
        let at = at.index(rules.len() + 1);
        rules.insert(at, rule);
        prop_assert!(score(&write(default, &rules)).tenths() <= before.tenths());
    }

    /// P3: without a block rule it is never higher.
    #[test]
    fn deleting_a_block_never_raises((default, rules) in drafts(), rule in draft(), at in any::<prop::sample::Index>()) {
        let mut with = rules.clone();
        with.insert(at.index(rules.len() + 1), Draft { approval: 2, ..rule });
        prop_assert!(score(&write(default, &rules)).tenths() <= score(&write(default, &with)).tenths());
    }

    /// P4: moving a stricter rule up over weaker ones never lowers it.
    #[test]
    fn moving_up_never_lowers((default, mut rules) in drafts(), at in any::<prop::sample::Index>()) {
        let before = score(&write(default, &rules));
        if rules.len() > 1 {
            let i = at.index(rules.len() - 1);
            if rules[i].approval < rules[i + 1].approval {
                rules.swap(i, i + 1);
                prop_assert!(score(&write(default, &rules)).tenths() >= before.tenths());
            }
        }
    }

    /// P5: names, comments, duplicates and dead rules make no difference. P7: nor does a second run.
    #[test]
    fn what_decides_nothing_changes_nothing((default, mut rules) in drafts(), at in any::<prop::sample::Index>()) {
        let text = write(default, &rules);
        let before = score(&text);
        prop_assert_eq!(&score(&text), &before);
        let renamed = format!("# a comment\n{}", text.replace("name: r", "name: other"));
        prop_assert_eq!(&score(&renamed), &before);
        if !rules.is_empty() {
            let i = at.index(rules.len());
            let twin = rules[i].clone();
            rules.insert(i + 1, twin);
            prop_assert_eq!(&score(&write(default, &rules)), &before);
        }
    }

    /// P6, whatever else there is.
    #[test]
    fn everything_first((default, mut rules) in drafts(), approval in select(vec![0_usize, 2])) {
        rules.insert(0, Draft { matches: "type: '*'".to_owned(), conditions: "", approval });
        let want = if approval == 0 { 0 } else { 1000 };
        prop_assert_eq!(score(&write(default, &rules)).tenths(), want);
    }
}

#[test]
fn the_ends_of_the_scale() {
    let all = score("defaults: { approval: auto }\nrules: []");
    assert_eq!((all.tenths(), all.capped, all.friction.held), (0, false, 0));
    assert_eq!(all.value(), 0.0);
    let none = score("defaults: { approval: block }\nrules: []");
    assert_eq!(
        (none.tenths(), none.friction.held),
        (1000, none.friction.of)
    );
    assert!(none.friction.of > 1_000);
    let asks = score("rules: []");
    assert!((950..1000).contains(&asks.tenths()), "{}", asks.tenths());
    assert_eq!(asks.unattended, None);
    assert_eq!(asks.reference, "probe-ref/1");
}

#[test]
fn one_hard_action_unattended_caps() {
    let text = "rules: [{ name: a, match: { type: drop-database }, approval: auto }]";
    let capped = score(text);
    assert_eq!((capped.tenths(), capped.capped), (799, true));
    assert_eq!(
        capped.unattended.as_ref().map(|u| u.0.as_str()),
        Some("drop-database")
    );
    // Only with harmless parameters it is a bounded band, not a hole.
    let band = score(
        "rules: [{ name: a, match: { type: create_refund }, conditions: { param_lte: { amount: 50 } }, approval: auto }]",
    );
    assert!(!band.capped && band.tenths() > 900, "{}", band.tenths());
    // At night it is one.
    let night = score(
        "rules: [{ name: a, match: { type: create_refund }, conditions: { weekdays: [7] }, approval: auto }]",
    );
    assert!(night.capped);
}

#[test]
fn templates_keep_the_hard_actions_attended() {
    for template in aegis_policies::TEMPLATES {
        let score = score(template.policy);
        assert_eq!(score.unattended, None, "{}", template.name);
        assert!(
            score.tenths() > 900,
            "{}: {}",
            template.name,
            score.tenths()
        );
    }
}
