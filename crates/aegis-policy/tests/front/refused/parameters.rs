//! Paths of parameters and what they are compared with.

use crate::refused;

#[test]
fn operands_of_an_order_are_numbers() {
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_gt: { a: \"100\", b: 1_000, c: ten, d: [1], e: { f: 1 } } }, approval: block }\n",
        &[
            "2:65 quoted-number `\"100\"`: `param_gt` compares numbers, and \"100\" in quotes is a text; write 100",
            "2:75 not-a-number `1_000`: `param_gt` compares numbers, and `1_000` is one to some readers of YAML only; write 1000",
            "2:85 not-a-number `ten`: `param_gt` compares numbers, and `ten` is a text",
            "2:93 not-a-number `[1]`: `param_gt` compares numbers, and this is a list",
            "2:101 not-a-number `{ f: 1 }`: `param_gt` compares numbers, and this is a mapping",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_lt: { a: .inf, b: .nan, c: 0x10, d: 007, e: +5, f: .5 } }, approval: block }\n",
        &[
            "2:65 not-a-number `.inf`: `param_lt` compares with a finite number, and `.inf` is none",
            "2:74 not-a-number `.nan`: `param_lt` compares with a finite number, and `.nan` is none",
            "2:83 not-a-number `0x10`: `param_lt` compares numbers, and `0x10` is one to some readers of YAML only",
            "2:92 not-a-number `007`: `param_lt` compares numbers, and `007` is one to some readers of YAML only",
            "2:100 not-a-number `+5`: `param_lt` compares numbers, and `+5` is one to some readers of YAML only; write 5",
            "2:107 not-a-number `.5`: `param_lt` compares numbers, and `.5` is one to some readers of YAML only; write 0.5",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_lte: { a: true, b: null, c: \"1,000\", d: 10%, e: 1:30 } }, approval: block }\n",
        &[
            "2:66 not-a-number `true`: `param_lte` compares numbers, and `true` is a boolean",
            "2:75 not-a-number `null`: `param_lte` compares numbers, and `null` is none",
            "2:84 not-a-number `\"1,000\"`: `param_lte` compares numbers, and `1,000` is a text; write 1000",
            "2:96 not-a-number `10%`: `param_lte` compares numbers, and `10%` is a text",
            "2:104 not-a-number `1:30`: `param_lte` compares numbers, and `1:30` is one to some readers of YAML only",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_gte: 5 }, approval: block }\n",
        &[
            "2:61 wrong-type `5`: `param_gte` takes a mapping from parameters to numbers, and this is a number; write `param_gte: { count: 100 }`",
        ],
    );
}

#[test]
fn values_mean_the_same_to_every_reader() {
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_eq: { a: yes, b: Off, c: TRUE, d: ~, e: NULL } }, approval: block }\n",
        &[
            "2:65 ambiguous-value `yes`: `yes` is a boolean to some readers of YAML only; write true if a boolean is meant, or \"yes\" if a text is",
            "2:73 ambiguous-value `Off`: `Off` is a boolean to some readers of YAML only; write false if a boolean is meant, or \"Off\" if a text is",
            "2:81 ambiguous-value `TRUE`: `TRUE` is a boolean to some readers of YAML only; write true if a boolean is meant, or \"TRUE\" if a text is",
            "2:90 ambiguous-value `~`: `~` is nothing to some readers of YAML only; write null if nothing is meant, or \"~\" if a text is",
            "2:96 ambiguous-value `NULL`: `NULL` is nothing to some readers of YAML only; write null if nothing is meant, or \"NULL\" if a text is",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_eq: { a: 0x10, b: 010, c: 1_000, d: 2026-03-02, e: 22:00, f: [on, { g: .inf }] } }, approval: block }\n",
        &[
            "2:65 ambiguous-value `0x10`: `0x10` is a number to some readers of YAML only; write \"0x10\" if a text is meant",
            "2:74 ambiguous-value `010`: `010` is a number to some readers of YAML only; write \"010\" if a text is meant",
            "2:82 ambiguous-value `1_000`: `1_000` is a number to some readers of YAML only; write 1000 if a number is meant, or \"1_000\" if a text is",
            "2:92 ambiguous-value `2026-03-02`: `2026-03-02` is a date to some readers of YAML only; write \"2026-03-02\" if a text is meant",
            "2:107 ambiguous-value `22:00`: `22:00` is a number to some readers of YAML only; write 1320 if a number is meant, or \"22:00\" if a text is",
            "2:118 ambiguous-value `on`: `on` is a boolean to some readers of YAML only; write true if a boolean is meant, or \"on\" if a text is",
            "2:127 ambiguous-value `.inf`: `.inf` is a number to some readers of YAML only; write \".inf\" if a text is meant",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_contains: { a: null, b: [[1]], c: { d: 1 }, e: [yes] } }, approval: block }\n",
        &[
            "2:71 wrong-type `null`: `param_contains` looks for a text, a number or a boolean, and this is `null`",
            "2:81 wrong-type `[1]`: `param_contains` looks for a text, a number or a boolean, and this is a list",
            "2:90 wrong-type `{ d: 1 }`: `param_contains` looks for a text, a number or a boolean, and this is a mapping",
            "2:104 ambiguous-value `yes`: `yes` is a boolean to some readers of YAML only; write true if a boolean is meant, or \"yes\" if a text is",
        ],
    );
}

#[test]
fn keys_of_parameters_are_text() {
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_gt: { 1: 5, true: 5, null: 5, on: 5 } }, approval: block }\n",
        &[
            "2:62 key-not-text `1`: `1` is a number, and the name of a parameter is a text; quote it: \"1\"",
            "2:68 key-not-text `true`: `true` is a boolean, and the name of a parameter is a text; quote it: \"true\"",
            "2:77 key-not-text `null`: `null` without quotes is no text, and the name of a parameter is one; quote it: \"null\"",
            "2:86 key-not-text `on`: `on` is a boolean to some readers of YAML, and the name of a parameter is a text; quote it: \"on\"",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_present: [1, yes, x] }, approval: block }\n",
        &[
            "2:66 key-not-text `1`: `1` is a number, and the name of a parameter is a text; quote it: \"1\"",
            "2:69 key-not-text `yes`: `yes` is a boolean to some readers of YAML, and the name of a parameter is a text; quote it: \"yes\"",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_eq: { a: { 1: 2 } } }, approval: block }\n",
        &["2:67 key-not-text `1`: `1` is a number, and a key is a text; quote it: \"1\""],
    );
    refused(
        "rules:\n  - name: a\n    match: { type: x }\n    conditions:\n      param_eq:\n        ? [b, c]\n        : 1\n    approval: block\n",
        &[
            "6:11 key-not-text `[b, c]`: a key is a text, not a list or a mapping; quote a text that starts with a bracket or a brace",
        ],
    );
}

#[test]
fn paths_are_well_formed() {
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_gt: { a..b: 1, .c: 1, \"d.\": 1, \"\": 1 } }, approval: block }\n",
        &[
            "2:64 bad-path `.`: `a..b` is not a parameter path: a step of the path is empty; a dot in a name is written `\\.`",
            "2:71 bad-path `.`: `.c` is not a parameter path: a step of the path is empty; a dot in a name is written `\\.`",
            "2:78 bad-path `\"d.\"`: `d.` is not a parameter path: a step of the path is empty; a dot in a name is written `\\.`",
            "2:87 bad-path `\"\"`: the name of a parameter is empty",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_present: [\"a.b*\", 'a\\x', 'b\\'] }, approval: block }\n",
        &[
            "2:70 bad-path `*`: `a.b*` is not a parameter path: `*` stands for a whole step: write `\\*` for the character",
            "2:76 bad-path `\\`: `a\\x` is not a parameter path: unknown escape `\\x`: only `\\.`, `\\*` and `\\\\` can be escaped",
            "2:83 bad-path `\\`: `b\\` is not a parameter path: nothing follows the backslash",
        ],
    );
}

#[test]
fn regular_expressions_are_well_formed() {
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_matches: { a: \"(\", b: \"[z-a]\", c: 5, d: [x], e: '(?=x)' } }, approval: block }\n",
        &[
            "2:71 bad-regex `(`: `(` is not a regular expression: unclosed group",
            "2:80 bad-regex `z-a`: `[z-a]` is not a regular expression: invalid character class range, the start must be <= the end",
            "2:90 wrong-type `5`: `param_matches` takes a regular expression, and this is a number; quote it: \"5\"",
            "2:96 wrong-type `[x]`: `param_matches` takes a regular expression, and this is a list",
            "2:105 bad-regex `(?=`: `(?=x)` is not a regular expression: look-around, including look-ahead and look-behind, is not supported",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_matches: { a: \"\\\\w{10000}{10000}\" } }, approval: block }\n",
        &[
            "2:70 bad-regex `\"\\\\w{10000}{10000}\"`: `\\w{10000}{10000}` is not a regular expression: too large: it would take more than 2097152 bytes when compiled",
        ],
    );
}
