//! The keys of a test suite.

use super::{APPROVALS, EFFECTS, RISKS, Shape, Table, key, required};

/// A test suite.
pub(crate) static SUITE: Table = Table {
    name: "suite",
    what: "a test suite",
    may_be_empty: false,
    keys: &[
        key(
            "version",
            Shape::Version,
            "The version of the suite's format. Absent: 1",
            "\"1\"",
            &[],
        ),
        key(
            "policy",
            Shape::File,
            "The policy that is tested, relative to the suite. Absent: the one given to the command",
            "policy.yaml",
            &["policies", "file"],
        ),
        required(key(
            "cases",
            Shape::Tables(&CASE),
            "The cases",
            "[ … ]",
            &["tests", "case", "examples"],
        )),
    ],
};

/// One case of a suite.
pub(crate) static CASE: Table = Table {
    name: "case",
    what: "a case",
    may_be_empty: false,
    keys: &[
        key(
            "name",
            Shape::Name,
            "What the case shows. Absent: `case-1`, `case-2`, … by its place",
            "nobody deletes in production",
            &["id", "title", "description"],
        ),
        required(key(
            "action",
            Shape::Table(&ACTION),
            "What the agent is about to do",
            "{ type: delete_file }",
            &["input", "call", "request"],
        )),
        key(
            "at",
            Shape::Moment,
            "When, as RFC 3339. Absent: 2026-01-05T12:00:00Z, a Monday",
            "\"2026-03-02T23:30:00Z\"",
            &["time", "when", "now", "clock"],
        ),
        required(key(
            "expect",
            Shape::Table(&EXPECT),
            "What the policy must decide",
            "{ approval: block }",
            &["expected", "want", "then", "result"],
        )),
    ],
};

/// An action.
pub(crate) static ACTION: Table = Table {
    name: "action",
    what: "an action",
    may_be_empty: false,
    keys: &[
        required(key(
            "type",
            Shape::Verbatim,
            "Its type: usually the name of a tool",
            "delete_file",
            &["tool", "name", "action", "kind"],
        )),
        key(
            "target",
            Shape::Verbatim,
            "What it acts on. Absent: the empty name",
            "/etc/passwd",
            &["resource", "path", "on"],
        ),
        key(
            "agent",
            Shape::Verbatim,
            "Who acts. Absent: the empty name",
            "billing-agent",
            &["principal", "user", "who"],
        ),
        key(
            "session",
            Shape::Verbatim,
            "The session, which no rule looks at. Absent: none",
            "s-1",
            &["session_id"],
        ),
        key(
            "params",
            Shape::Object,
            "The parameters by name, as JSON values. Absent: none",
            "{ count: 150 }",
            &["param", "parameters", "args", "arguments", "input"],
        ),
        key(
            "effect",
            Shape::Word(&EFFECTS),
            "The effect as the caller states it. Absent: it is found out",
            "delete",
            &["effects"],
        ),
        key(
            "hints",
            Shape::Table(&HINTS),
            "What the tool's own server says of it. Absent: nothing",
            "{ destructive: true }",
            &["annotations"],
        ),
    ],
};

/// What a tool's own server says of it.
pub(crate) static HINTS: Table = Table {
    name: "hints",
    what: "hints",
    may_be_empty: false,
    keys: &[
        key(
            "read_only",
            Shape::Flag,
            "MCP's `readOnlyHint`",
            "false",
            &["readOnlyHint", "readonly"],
        ),
        key(
            "destructive",
            Shape::Flag,
            "MCP's `destructiveHint`",
            "true",
            &["destructiveHint"],
        ),
    ],
};

/// What a case expects.
pub(crate) static EXPECT: Table = Table {
    name: "expect",
    what: "an expectation",
    may_be_empty: false,
    keys: &[
        key(
            "approval",
            Shape::Word(&APPROVALS),
            "What happens with the action. Absent: anything",
            "block",
            &["decision", "verdict", "action"],
        ),
        key(
            "risk",
            Shape::Word(&RISKS),
            "How bad it would be. Absent: anything",
            "critical",
            &["risk_level", "severity"],
        ),
        key(
            "rule",
            Shape::NameOrNull,
            "The rule that decides; `null` if no rule does. Absent: any",
            "no_deletes",
            &["by", "rule_name"],
        ),
    ],
};
