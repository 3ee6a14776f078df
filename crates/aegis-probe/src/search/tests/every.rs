//! What is only told when everything is asked for.

use super::*;

/// The families of names that a rule misses, with `--all` and without, the worst severity of each.
fn families(text: &str, all: bool) -> Vec<(&'static str, Severity)> {
    let policy = Policy::load("p.yaml", text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let input = Input {
        policy: &policy,
        tools: &[],
    };
    let options = Options {
        all,
        ..Options::default()
    };
    let mut found = Found::default();
    analyse(&input, &options, &mut found);
    let misses = found
        .suspects
        .iter()
        .filter(|s| s.rule == &crate::rules::GLOB_BYPASS);
    let mut families: Vec<_> = misses.map(|s| (s.operator, s.severity)).collect();
    families.sort_unstable();
    families
}

#[test]
fn slips_of_the_pen_count_when_all_is_asked_for() {
    let text = "rules:\n  - { name: never, match: { type: 'delete_*' }, approval: block }\n  \
                - { name: most, match: { type: '?elete_record' }, approval: auto }\n";
    assert_eq!(families(text, false), []);
    let all = families(text, true);
    assert!(all.contains(&("misspelt", Severity::Low)), "{all:?}");
}

#[test]
fn what_asks_instead_of_being_blocked_is_told_when_all_is_asked_for() {
    let text = "defaults: { approval: approve }\nrules:\n  - { name: never, match: { type: 'delete_*' }, approval: block }\n";
    assert_eq!(families(text, false), []);
    assert_eq!(families(text, true), [("weakened", Severity::Low)]);
    // A rule that asks is missed by nothing that asks.
    let asks = text.replace("block", "approve");
    assert_eq!(families(&asks, true), []);
}
