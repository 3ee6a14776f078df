//! Everything the probe can report.

use aegis_diag::{Rule, Severity};

const SINCE: &str = "0.1.0";

/// A rule with its page.
macro_rules! rule {
    ($const:ident, $id:literal, $name:literal, $severity:ident, $tags:expr, $summary:literal) => {
        #[doc = $summary]
        pub static $const: Rule = Rule {
            id: $id,
            name: $name,
            severity: Severity::$severity,
            summary: $summary,
            tags: $tags,
            cwe: None,
            since: SINCE,
            page: include_str!(concat!("rules/", $id, ".md")),
        };
    };
}

rule!(
    MISSING_COVERAGE,
    "AEG201",
    "missing-coverage",
    Critical,
    &["ASI02", "LLM06:2025"],
    "A dangerous action runs unattended because no rule speaks of it"
);
rule!(
    GLOB_BYPASS,
    "AEG202",
    "glob-bypass",
    High,
    &["ASI02", "LLM06:2025"],
    "The same operation under another name gets past a restrictive rule"
);
rule!(
    DEFAULT_FALLTHROUGH,
    "AEG203",
    "default-fallthrough",
    High,
    &["ASI02"],
    "What no rule matches runs unattended"
);
rule!(
    ESCALATION,
    "AEG204",
    "escalation",
    High,
    &["ASI02", "ASI03"],
    "Automatic actions add up to something no single rule would allow"
);
rule!(
    TARGET_GAP,
    "AEG205",
    "target-gap",
    High,
    &["ASI02"],
    "A restriction on a target misses other spellings of it"
);
rule!(
    WILDCARD_RULE,
    "AEG206",
    "wildcard-rule",
    Critical,
    &["ASI02", "LLM06:2025"],
    "A rule makes everything automatic"
);
rule!(
    SHADOWED_RULE,
    "AEG207",
    "shadowed-rule",
    High,
    &[],
    "A rule never decides because earlier rules match everything it matches"
);
rule!(
    REDUNDANT_RULE,
    "AEG208",
    "redundant-rule",
    Low,
    &[],
    "Removing a rule changes no decision"
);
rule!(
    RULE_CONFLICT,
    "AEG209",
    "rule-conflict",
    Medium,
    &[],
    "A weaker rule stands before a stricter one and takes actions from it"
);
rule!(
    CONDITION_GAP,
    "AEG210",
    "condition-gap",
    High,
    &["ASI02"],
    "A restriction ends where its condition does not hold, and what is left runs unattended"
);
rule!(
    CONDITION_NEVER,
    "AEG211",
    "condition-never-matches",
    High,
    &[],
    "The conditions of a rule can never hold together"
);
rule!(
    NORMALIZATION,
    "AEG212",
    "normalization",
    Medium,
    &["ASI02"],
    "Another spelling of the same characters is decided differently"
);
rule!(
    GUARD_REMOVED,
    "AEG213",
    "guard-removed",
    Critical,
    &["ASI02"],
    "An action that the baseline says was restricted is decided more weakly now"
);
rule!(
    UNKNOWN,
    "AEG214",
    "unknown",
    Medium,
    &[],
    "A question could not be decided within the budget"
);
rule!(
    AGENT_GAP,
    "AEG215",
    "agent-gap",
    High,
    &["ASI03"],
    "A restriction holds for some agents and others run unattended"
);
rule!(
    WAIVER_WITHOUT_REASON,
    "AEG290",
    "waiver-without-reason",
    Low,
    &[],
    "A waiver gives no reason and does not count"
);
rule!(
    WAIVER_EXPIRED,
    "AEG291",
    "waiver-expired",
    Medium,
    &[],
    "A waiver is over its date and does not count"
);
rule!(
    WAIVER_UNUSED,
    "AEG292",
    "waiver-unused",
    Low,
    &[],
    "A waiver suppresses nothing"
);

/// Every rule, sorted by id.
pub static RULES: [&Rule; 18] = [
    &MISSING_COVERAGE,
    &GLOB_BYPASS,
    &DEFAULT_FALLTHROUGH,
    &ESCALATION,
    &TARGET_GAP,
    &WILDCARD_RULE,
    &SHADOWED_RULE,
    &REDUNDANT_RULE,
    &RULE_CONFLICT,
    &CONDITION_GAP,
    &CONDITION_NEVER,
    &NORMALIZATION,
    &GUARD_REMOVED,
    &UNKNOWN,
    &AGENT_GAP,
    &WAIVER_WITHOUT_REASON,
    &WAIVER_EXPIRED,
    &WAIVER_UNUSED,
];

/// The rule with this id or name, in any case.
#[must_use]
pub fn find(word: &str) -> Option<&'static Rule> {
    let same = |text: &str| text.eq_ignore_ascii_case(word);
    RULES
        .into_iter()
        .find(|rule| same(rule.id) || same(rule.name))
}
