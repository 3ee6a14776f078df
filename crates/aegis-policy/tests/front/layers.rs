//! Policies decided together.

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::layers::Layers;
use aegis_policy::model::{Approval, Risk};
use aegis_policy::policy::Policy;

fn policy(text: &str) -> Policy {
    Policy::load("p.yaml", text).unwrap_or_else(|e| panic!("{e}"))
}

fn layers() -> Layers {
    Layers::new(
        "org",
        policy(
            r#"
defaults: { risk_level: low, approval: auto }
rules:
  - { name: no_deletes, match: { type: "delete*" }, risk_level: high, approval: block }
  - { name: pay, match: { type: "pay*" }, risk_level: high, approval: approve }
"#,
        ),
    )
    .with(
        "team",
        policy(
            r#"
defaults: { risk_level: low, approval: auto }
rules:
  - { name: deletes, match: { type: "delete_draft" }, risk_level: low, approval: auto }
  - { name: critical, match: { type: "delete_all" }, risk_level: critical, approval: block }
  - { name: pay_more, match: { type: "pay*" }, risk_level: critical, approval: auto }
"#,
        ),
    )
    .with("agent", policy("defaults: { risk_level: low, approval: auto }\nrules: [{ name: w, match: { type: \"write*\" }, approval: approve, risk_level: low }]\n"))
}

#[test]
fn the_strictest_whole_decision_wins() {
    let layers = layers();
    let decided = |kind: &str| {
        let d = layers.decide(&Action::new(kind), Moment::new(0, 0));
        let name = layers.get(d.layer).unwrap().name.to_string();
        (name, d.decision.approval, d.decision.risk)
    };
    let want = |layer: &str, approval, risk| (layer.to_owned(), approval, risk);
    assert_eq!(
        decided("delete_draft"),
        want("org", Approval::Block, Risk::High)
    );
    assert_eq!(
        decided("delete_all"),
        want("team", Approval::Block, Risk::Critical)
    );
    // Approval first: a higher risk that runs unasked is not stricter than being asked.
    assert_eq!(
        decided("pay_bill"),
        want("org", Approval::Approve, Risk::High)
    );
    assert_eq!(
        decided("write_note"),
        want("agent", Approval::Approve, Risk::Low)
    );
    // All the same: the first layer.
    assert_eq!(decided("look"), want("org", Approval::Auto, Risk::Low));
    assert_eq!(decided(""), want("org", Approval::Block, Risk::Critical));
}

#[test]
fn layers_know_their_conflicts() {
    let layers = layers();
    assert_eq!(layers.iter().count(), 3);
    assert!(layers.get(3).is_none());
    let names: Vec<(usize, usize)> = layers
        .conflicts()
        .iter()
        .map(|c| (c.first.0, c.second.0))
        .collect();
    assert_eq!(names, [(0, 1), (0, 1)]);
}
