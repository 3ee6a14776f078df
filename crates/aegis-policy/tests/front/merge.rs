//! Merging policies.

use aegis_policy::check::check;
use aegis_policy::document::{parse, source};
use aegis_policy::merge::{Merged, merge};
use aegis_policy::model::{Approval, Checked, Risk};

use crate::seen;

fn file(name: &str, text: &str) -> Checked {
    check(parse(source(name, text.as_bytes()).unwrap()).unwrap()).unwrap_or_else(|e| panic!("{e}"))
}

fn merged(texts: &[&str]) -> Merged {
    let mut files = texts
        .iter()
        .enumerate()
        .map(|(i, t)| file(&format!("{i}.yaml"), t));
    merge(files.next().unwrap(), files)
}

fn rules(merged: &Merged) -> Vec<String> {
    let place =
        |r: &aegis_policy::model::Rule| format!("{}@{}", r.name.value, r.file().unwrap_or("-"));
    merged.policy.rules().iter().map(place).collect()
}

const BASE: &str = r#"
defaults: { risk_level: low, approval: block }
rules:
  - { name: a, match: { type: "a*" }, approval: block }
  - { name: b, match: { type: "b*" }, approval: block }
  - { match: { type: "c*" }, approval: approve }
"#;

#[test]
fn later_rules_come_first_and_replace() {
    let merged = merged(&[
        BASE,
        "rules:\n  - { name: d, match: { type: \"d*\" }, approval: auto }\n  - { name: b, match: { type: \"bb*\" }, approval: auto }\n",
        "rules:\n  - { name: e, match: { type: \"e*\" }, approval: auto }\n  - { match: { type: \"f*\" }, approval: auto }\n",
    ]);
    assert_eq!(
        rules(&merged),
        [
            "e@2.yaml",
            "rule-2@2.yaml",
            "d@1.yaml",
            "b@1.yaml",
            "a@0.yaml",
            "rule-6@0.yaml"
        ]
    );
    let [replaced] = &merged.replaced[..] else {
        panic!("{:?}", merged.replaced)
    };
    assert_eq!(
        (&*replaced.rule.name.value, replaced.rule.file()),
        ("b", Some("0.yaml"))
    );
    assert_eq!(replaced.by.as_ref().unwrap().file.path, "1.yaml");
    assert_eq!(merged.policy.files().len(), 3);
    let again = file("again.yaml", &merged.policy.to_yaml());
    assert_eq!(again.to_yaml(), merged.policy.to_yaml());
}

#[test]
fn defaults_come_from_the_last_file_that_writes_them_key_by_key() {
    let merged = merged(&[
        BASE,
        "defaults: { approval: approve }\n",
        "defaults: { risk_level: critical }\nrules:\n  - { name: x, match: { type: x }, risk_level: medium, approval: auto }\n",
        "version: \"1\"\n",
    ]);
    let defaults = merged.policy.defaults();
    assert_eq!(
        (defaults.risk.value, defaults.approval.value),
        (Risk::Critical, Approval::Approve)
    );
    assert_eq!(defaults.risk.span.as_ref().unwrap().file.path, "2.yaml");
    // A rule that states no risk takes that of the whole.
    let risks: Vec<Risk> = merged.policy.rules().iter().map(|r| r.risk.value).collect();
    assert_eq!(
        risks,
        [Risk::Medium, Risk::Critical, Risk::Critical, Risk::Critical]
    );
}

#[test]
fn rules_without_a_name_replace_nothing() {
    let merged = merged(&[
        "rules:\n  - { match: { type: a }, approval: block }\n  - { name: rule-1, match: { type: b }, approval: block }\n"
            .replace("rule-1", "rule-4")
            .as_str(),
        "rules:\n  - { match: { type: c }, approval: auto }\n  - { match: { type: d }, approval: auto }\n",
    ]);
    assert_eq!(
        rules(&merged),
        [
            "rule-1@1.yaml",
            "rule-2@1.yaml",
            "rule-3@0.yaml",
            "rule-4@0.yaml"
        ]
    );
    let crowded = self::merged(&[
        "rules:\n  - { name: rule-2, match: { type: a }, approval: block }\n",
        "rules:\n  - { match: { type: c }, approval: auto }\n  - { match: { type: d }, approval: auto }\n",
    ]);
    assert_eq!(
        rules(&crowded),
        ["rule-1@1.yaml", "rule-2-2@1.yaml", "rule-2@0.yaml"]
    );
}

#[test]
fn times_that_move_into_another_zone_are_reported() {
    let merged = merged(&[
        "rules:\n  - { name: night, match: { type: a }, conditions: { time_after: \"22:00\" }, approval: block }\n",
        "timezone: Asia/Tokyo\n",
    ]);
    assert_eq!(merged.policy.timezone(), "Asia/Tokyo");
    let warnings: Vec<String> = merged.policy.warnings().iter().map(seen).collect();
    assert_eq!(
        warnings,
        [
            "2:54 timezone-changed `time_after: \"22:00\"` + `Asia/Tokyo` (the zone of the merged policy): the time in rule `night` was written for UTC and is read in Asia/Tokyo; write the same `timezone` in all policies that are merged"
        ]
    );
    let kept = self::merged(&[
        "timezone: Asia/Tokyo\n",
        "rules:\n  - { name: night, match: { type: a }, conditions: { time_after: \"22:00\" }, approval: block }\n",
    ]);
    assert_eq!(kept.policy.timezone(), "Asia/Tokyo");
    assert_eq!(kept.policy.warnings().len(), 1);
    let same = self::merged(&[
        "timezone: Asia/Tokyo\nrules: [{ match: { type: a }, conditions: { weekdays: [1] }, approval: block }]\n",
        "timezone: Asia/Tokyo\nrules: [{ match: { type: b }, conditions: { weekdays: [1] }, approval: block }]\n",
    ]);
    assert!(same.policy.warnings().is_empty());
}

#[test]
fn warnings_are_those_of_the_whole() {
    let merged = merged(&[
        "rules:\n  - { name: a, match: { type: \"x^\" }, approval: block }\n  - { name: b, match: { type: \"x$\" }, approval: block }\n",
        "rules:\n  - { name: b, match: { type: \"*\" }, approval: block }\n",
        "defaults: { approval: auto }\n",
        "defaults: { approval: block }\n",
    ]);
    let codes: Vec<&str> = merged.policy.warnings().iter().map(|w| w.code).collect();
    assert_eq!(
        codes,
        ["unreachable"],
        "the odd pattern was replaced, the default overridden"
    );
}
