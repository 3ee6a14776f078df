//! Policies without anything to find.

use super::*;

fn clean(text: &str) {
    let found = suspects(text);
    let grave = grave(&found);
    assert!(grave.is_empty(), "{text}\n{grave:#?}");
}

#[test]
fn templates_are_clean() {
    for template in aegis_policies::TEMPLATES {
        let found = suspects(template.policy);
        let grave = grave(&found);
        assert!(grave.is_empty(), "{}\n{grave:#?}", template.name);
    }
}

#[test]
fn asking_or_blocking_everything_is_clean() {
    for text in [
        "rules: []",
        "defaults: { approval: block }\nrules: []",
        "rules: [{ name: a, match: { type: '*' }, approval: approve }]",
        "defaults: { approval: auto }\nrules: [{ name: a, match: { type: '*' }, approval: block }]",
    ] {
        let found = suspects(text);
        assert!(found.is_empty(), "{text}\n{found:#?}");
    }
}

#[test]
fn automating_reads_is_clean() {
    for text in [
        "rules: [{ name: reads, match: { effect: read }, approval: auto }]",
        "rules: [{ name: reads, match: { type: ['get_*', 'list_*', 'read_*', 'search_*'] }, approval: auto }]",
        "defaults: { approval: block }\nrules: [{ name: reads, match: { type: ['get*', 'describe*', 'fetch*', 'view_*', 'find*'] }, approval: auto }]",
        "rules:
  - { name: no_deletes, match: { type: 'delete_*' }, approval: block }
  - { name: money, match: { type: '*refund*' }, approval: approve }
  - { name: reads, match: { type: ['get_*', 'list_*', 'search_*'] }, approval: auto }",
        "rules:
  - { name: no_deletes, match: { type: '*delete*' }, approval: block }
  - { name: labels, match: { type: [add_label, create_label] }, approval: auto }
  - { name: reads, match: { effect: read }, approval: auto }",
        // What exports does not pay, although it may export a payment.
        "rules:
  - { name: no_paying, match: { type: 'pay_*' }, approval: block }
  - { name: large, match: { type: 'export_*' }, conditions: { param_gt: { rows: 1000 } }, approval: approve }
  - { name: unclear, match: { type: 'export_*' }, conditions: { param_missing: rows }, approval: approve }
  - { name: exports, match: { type: 'export_*' }, approval: auto }",
    ] {
        clean(text);
    }
}

/// Policies of many trades, as people write them, that are as they should be.
#[test]
fn sound_policies_are_clean() {
    for text in include_str!("sound.yaml").split("\n---\n") {
        clean(text);
    }
}
