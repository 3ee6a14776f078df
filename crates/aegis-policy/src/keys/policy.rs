//! The keys of a policy.

use super::{APPROVALS, EFFECTS, Operand, RISKS, Shape, Table, key};

/// A policy.
pub(crate) static POLICY: Table = Table {
    name: "policy",
    what: "a policy",
    may_be_empty: false,
    keys: &[
        key(
            "version",
            Shape::Version,
            "The version of the language. Absent: 1",
            "\"1\"",
            &["apiVersion", "api_version"],
        ),
        key(
            "timezone",
            Shape::Zone,
            "The time zone of all times and weekdays, by its IANA name. Absent: UTC",
            "Europe/Berlin",
            &["tz", "time_zone", "zone"],
        ),
        key(
            "defaults",
            Shape::Table(&DEFAULTS),
            "What applies to an action that no rule matches. Absent: medium risk, a person is asked",
            "{ risk_level: medium, approval: approve }",
            &["default"],
        ),
        key(
            "rules",
            Shape::Tables(&RULE),
            "The rules. They are tried in this order, and the first that matches decides",
            "[ … ]",
            &["policies", "policy", "statements"],
        ),
    ],
};

/// The defaults of a policy.
pub(crate) static DEFAULTS: Table = Table {
    name: "defaults",
    what: "the defaults",
    may_be_empty: false,
    keys: &[
        key(
            "risk_level",
            Shape::Word(&RISKS),
            "The risk of an action that no rule matches, and of a rule that states none. Absent: medium",
            "medium",
            &["risk", "severity", "level"],
        ),
        key(
            "approval",
            Shape::Word(&APPROVALS),
            "What happens with an action that no rule matches. Absent: approve",
            "approve",
            &["action", "decision", "verdict", "mode"],
        ),
    ],
};

/// A rule.
pub(crate) static RULE: Table = Table {
    name: "rule",
    what: "a rule",
    may_be_empty: false,
    keys: &[
        key(
            "name",
            Shape::Name,
            "Its unique name, which decisions and tests quote. Absent: `rule-1`, `rule-2`, … by its place",
            "no_deletes",
            &["id", "title", "rule"],
        ),
        key(
            "match",
            Shape::Table(&MATCH),
            "Which actions it speaks of; all of its keys must match. Absent or empty: every action (with a warning)",
            "{ type: \"delete*\" }",
            &["matches", "on", "select", "selector"],
        ),
        key(
            "conditions",
            Shape::Table(&CONDITIONS),
            "What must hold besides; all of it. Absent: nothing",
            "{ param_gt: { count: 100 } }",
            &["condition", "if", "when", "where", "constraints"],
        ),
        key(
            "risk_level",
            Shape::Word(&RISKS),
            "How bad the action would be. Absent: the risk of the defaults",
            "critical",
            &["risk", "severity", "level"],
        ),
        key(
            "approval",
            Shape::Word(&APPROVALS),
            "What is to happen with the action. Absent: approve (with a warning)",
            "block",
            &["action", "decision", "verdict", "then", "do", "permission"],
        ),
        key(
            "reason",
            Shape::Text,
            "Shown to whoever is blocked or asked. Absent: nothing is shown",
            "records are kept for ten years",
            &["message", "description", "comment", "why", "note"],
        ),
    ],
};

/// Which actions a rule speaks of.
pub(crate) static MATCH: Table = Table {
    name: "match",
    what: "a match",
    may_be_empty: true,
    keys: &[
        key(
            "type",
            Shape::Patterns,
            "The type of the action: usually the name of a tool. Absent: any",
            "[\"delete*\", \"drop_table\"]",
            &[
                "tool", "tools", "types", "name", "action", "actions", "kind",
            ],
        ),
        key(
            "target",
            Shape::Patterns,
            "What the action acts on. Absent: any, none included",
            "\"prod/**\"",
            &["targets", "resource", "resources", "path", "url", "on"],
        ),
        key(
            "agent",
            Shape::Patterns,
            "Who acts. Absent: any, none included",
            "\"billing-*\"",
            &["agents", "principal", "user", "who", "role", "caller"],
        ),
        key(
            "effect",
            Shape::Words(&EFFECTS),
            "What the action does to the world, however its tool is called. Absent: anything, unknown included",
            "[delete, privilege]",
            &["effects", "category", "capability"],
        ),
    ],
};

/// What must hold besides.
pub(crate) static CONDITIONS: Table = Table {
    name: "conditions",
    what: "the conditions",
    may_be_empty: false,
    keys: &[
        key(
            "time_after",
            Shape::Time,
            "The wall clock in `timezone` shows this time or a later one. After `time_before`: the window goes past midnight",
            "\"22:00\"",
            &["after", "from", "time_from", "start_time", "not_before"],
        ),
        key(
            "time_before",
            Shape::Time,
            "The wall clock shows an earlier time. Absent: until midnight",
            "\"06:00\"",
            &["before", "until", "time_until", "end_time", "not_after"],
        ),
        key(
            "weekdays",
            Shape::Weekdays,
            "The ISO weekday, 1 for Monday to 7 for Sunday; a window past midnight belongs to the day it starts on",
            "[1, 2, 3, 4, 5]",
            &["weekday", "days", "day", "days_of_week"],
        ),
        key(
            "param_eq",
            Shape::Params(Operand::Value),
            "The parameter equals this JSON value; a number equals the same number in another spelling or in quotes",
            "{ currency: EUR, urgent: true }",
            &["param_equals", "eq", "equals", "param_is"],
        ),
        key(
            "param_gt",
            Shape::Params(Operand::Number),
            "The parameter is a number, or the text of one, greater than this",
            "{ count: 100 }",
            &["gt", "param_greater", "param_more", "param_greater_than"],
        ),
        key(
            "param_gte",
            Shape::Params(Operand::Number),
            "… greater than this or equal",
            "{ count: 100 }",
            &["gte", "ge", "param_ge", "param_min"],
        ),
        key(
            "param_lt",
            Shape::Params(Operand::Number),
            "… less than this",
            "{ price.total: 9.5 }",
            &["lt", "param_less", "param_less_than"],
        ),
        key(
            "param_lte",
            Shape::Params(Operand::Number),
            "… less than this or equal",
            "{ items.*.amount: 3 }",
            &["lte", "le", "param_le", "param_max"],
        ),
        key(
            "param_contains",
            Shape::Params(Operand::Contains),
            "A text contains this text, a list has this member, or an object has this key; of a list, all of them",
            "{ tags: [internal, draft] }",
            &["contains", "param_has", "param_includes", "param_in"],
        ),
        key(
            "param_matches",
            Shape::Params(Operand::Regex),
            "The regular expression is found in the text; anchor it with `^` and `$` if it must be the whole text",
            "{ path: '^/etc/' }",
            &[
                "matches",
                "param_match",
                "param_regex",
                "param_pattern",
                "regex",
            ],
        ),
        key(
            "param_present",
            Shape::Paths,
            "The parameter is there, `null` included; of a list, each of them",
            "to",
            &["present", "param_exists", "exists", "param_required"],
        ),
        key(
            "param_missing",
            Shape::Paths,
            "The parameter is not there; of a list, none of them",
            "[cc, bcc]",
            &["missing", "param_absent", "absent", "param_not_present"],
        ),
        key(
            "semantic",
            Shape::Text,
            "A statement in words about the action, judged by the evaluator that the policy was loaded with",
            "the message asks for a password",
            &["semantics", "llm", "prompt", "meaning", "intent"],
        ),
    ],
};
