//! Policies made up for properties.

use proptest::prelude::*;
use proptest::sample::select;

/// A rule as YAML without its name.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) matches: String,
    pub(crate) conditions: &'static str,
    /// By its number in [`APPROVALS`].
    pub(crate) approval: usize,
}

const APPROVALS: [&str; 3] = ["auto", "approve", "block"];

/// A policy of such rules.
pub(crate) fn write(default: usize, rules: &[Draft]) -> String {
    let mut text = format!("defaults: {{ approval: {} }}\nrules:\n", APPROVALS[default]);
    for (i, rule) in rules.iter().enumerate() {
        let Draft {
            matches,
            conditions,
            approval,
        } = rule;
        text += &format!(
            "  - {{ name: r{i}, match: {{ {matches} }}, {conditions} approval: {} }}\n",
            APPROVALS[*approval]
        );
    }
    if rules.is_empty() {
        text = text.replace("rules:\n", "rules: []\n");
    }
    text
}

/// Any rule.
pub(crate) fn draft() -> impl Strategy<Value = Draft> {
    let kinds = select(vec![
        "*",
        "delete*",
        "*delete*",
        "*remove*",
        "get_*",
        "*_all",
        "run*",
        "*pay*",
        "create_*",
        "[a-m]*",
        "?*",
        "send_email",
        "*refund*",
        "{grant,revoke}*",
        "mcp__*",
        "*e*",
    ]);
    let kind = kinds.prop_map(|k| format!("type: '{k}'"));
    let effect = select(vec![
        "delete",
        "execute",
        "[pay, privilege]",
        "read",
        "[write, send, deploy]",
    ])
    .prop_map(|e| format!("effect: {e}"));
    let target = select(vec![
        "",
        ", target: 'prod*'",
        ", target: '*s'",
        ", target: [vault, db]",
    ]);
    let names = prop_oneof![3 => kind, 1 => effect];
    let conditions = select(vec![
        "",
        "",
        "",
        "conditions: { param_lt: { amount: 50 } },",
        "conditions: { param_missing: amount },",
        "conditions: { time_after: '22:00', time_before: '06:00' },",
        "conditions: { weekdays: [1, 2, 3, 4, 5] },",
        "conditions: { param_matches: { sql: drop } },",
    ]);
    (names, target, conditions, 0_usize..3).prop_map(|(names, target, conditions, approval)| {
        Draft {
            matches: format!("{names}{target}"),
            conditions,
            approval,
        }
    })
}

/// A default and some rules.
pub(crate) fn drafts() -> impl Strategy<Value = (usize, Vec<Draft>)> {
    (0_usize..3, prop::collection::vec(draft(), 0..8))
}
