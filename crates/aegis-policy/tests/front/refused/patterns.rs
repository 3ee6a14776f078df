//! Patterns.

use crate::refused;

#[test]
fn patterns_are_well_formed() {
    refused(
        "rules:\n  - { name: a, match: { type: \"read[\" }, approval: block }\n",
        &[
            "2:36 bad-pattern `[`: `read[` is not a pattern: `[` is not closed; close it with `]`, or write `\\[` for the character itself",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: [\"{a,b\", \"a}\", \"[]\", \"[z-a]\", \"a\\\\\"] }, approval: block }\n",
        &[
            "2:33 bad-pattern `{`: `{a,b` is not a pattern: `{` is not closed; close it with `}`, or write `\\{` for the character itself",
            "2:42 bad-pattern `}`: `a}` is not a pattern: `}` without a `{` before it; write `\\}` for the character itself",
            "2:47 bad-pattern `[]`: `[]` is not a pattern: the set is empty; put characters between the brackets; write `[\\]]` for a closing bracket",
            "2:54 bad-pattern `z-a`: `[z-a]` is not a pattern: the range `z-a` runs backwards; write `a-z`, or `\\-` for the character itself",
            "2:61 bad-pattern `\"a\\\\\"`: `a\\` is not a pattern: nothing follows the backslash; write `\\\\` for a backslash",
        ],
    );
    refused(
        "rules:\n  - name: a\n    match: { type: 'it''s {' }\n    approval: block\n",
        &[
            "3:20 bad-pattern `'it''s {'`: `it's {` is not a pattern: `{` is not closed; close it with `}`, or write `\\{` for the character itself",
        ],
    );
    refused(
        "rules:\n  - name: a\n    match: { type: {read,list}_* }\n    approval: block\n",
        &[
            "3:31 syntax `_`: a `,` or `}` is expected here; a text with braces, brackets or commas is quoted inside `{}`",
        ],
    );
    refused(
        "rules:\n  - name: a\n    match:\n      type: read*\n        list*\n    approval: block\n",
        &[
            "4:13 bad-pattern `read*\n        list*`: a pattern is written on one line; for several patterns write a list: [\"read*\", \"list*\"]",
        ],
    );
    refused(
        "rules:\n  - name: a\n    match: { type: [ab]c }\n    approval: block\n",
        &[
            "3:24 syntax `c`: a `,` or `}` is expected here; a text with braces, brackets or commas is quoted inside `{}`",
        ],
    );
}

#[test]
fn patterns_that_yaml_takes_for_something_else() {
    refused(
        "rules:\n  - name: a\n    match: { type: * }\n    approval: block\n",
        &["3:20 syntax `*`: a text that starts with `*` or `&` must be quoted; write `\"*\"`"],
    );
    refused(
        "rules:\n  - name: a\n    match: { type: *_file }\n    approval: block\n",
        &[
            "3:20 unknown-alias `*_file`: `*_file` is an alias, and no anchor `&_file` stands before it; a pattern that starts with `*` is quoted: \"*_file\"",
        ],
    );
    refused(
        "rules:\n  - name: a\n    match:\n      type: !important\n    approval: block\n",
        &[
            "4:13 tag `!important`: `!important` is a YAML tag; a text that starts with `!` is quoted: \"!important\"",
        ],
    );
    refused(
        "rules:\n  - name: a\n    match: { type: @tool }\n    approval: block\n",
        &["3:20 syntax `@`: a text cannot start with `@`; put the text into double quotes"],
    );
    refused(
        "rules:\n  - name: a\n    match:\n      type: %x\n    approval: block\n",
        &["4:13 syntax `%`: a text cannot start with `%`; put the text into double quotes"],
    );
    refused(
        "rules:\n  - name: a\n    match: { type: [on, ~, 1e3, 2026-01-01] }\n    approval: block\n",
        &[
            "3:21 wrong-type `on`: `type` takes a pattern or a list of patterns, and this is a boolean to some readers of YAML; quote it: \"on\"",
            "3:25 wrong-type `~`: `type` takes a pattern or a list of patterns, and this is nothing to some readers of YAML; quote it: \"~\"",
            "3:28 wrong-type `1e3`: `type` takes a pattern or a list of patterns, and this is a number; quote it: \"1e3\"",
            "3:33 wrong-type `2026-01-01`: `type` takes a pattern or a list of patterns, and this is a date to some readers of YAML; quote it: \"2026-01-01\"",
        ],
    );
}
