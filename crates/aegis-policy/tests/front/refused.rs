//! Policies that are refused: every mistake with its place, what was expected and what was meant.

use crate::refused;

#[test]
fn unknown_keys_are_shown_with_what_was_meant() {
    refused(
        "ruels: []\n",
        &["1:1 unknown-key `ruels`: `ruels` is not a key of a policy; did you mean `rules`?"],
    );
    refused(
        "rules:\n  - nmae: a\n    match: { type: x }\n    approval: block\n",
        &["2:5 unknown-key `nmae`: `nmae` is not a key of a rule; did you mean `name`?"],
    );
    refused(
        "rules:\n  - name: a\n    Match: { type: x }\n    approval: block\n",
        &["3:5 unknown-key `Match`: `Match` is not a key of a rule; did you mean `match`?"],
    );
    refused(
        "rules:\n  - name: a\n    matches: { types: x }\n    when: { after: \"09:00\" }\n    riskLevel: low\n    decision: block\n",
        &[
            "3:5 unknown-key `matches`: `matches` is not a key of a rule; did you mean `match`?",
            "4:5 unknown-key `when`: `when` is not a key of a rule; did you mean `conditions`?",
            "5:5 unknown-key `riskLevel`: `riskLevel` is not a key of a rule; did you mean `risk_level`?",
            "6:5 unknown-key `decision`: `decision` is not a key of a rule; did you mean `approval`?",
        ],
    );
    refused(
        "default: { risk: low }\n",
        &[
            "1:1 unknown-key `default`: `default` is not a key of a policy; did you mean `defaults`?",
        ],
    );
    refused(
        "colour: red\n",
        &[
            "1:1 unknown-key `colour`: `colour` is not a key of a policy; the keys of a policy are `version`, `timezone`, `defaults` and `rules`",
        ],
    );
    refused(
        "rules:\n  - name: a\n    type: \"delete*\"\n    param_gt: { count: 1 }\n    timezone: UTC\n    approval: block\n",
        &[
            "3:5 unknown-key `type`: `type` is not a key of a rule; `type` belongs in `match`",
            "4:5 unknown-key `param_gt`: `param_gt` is not a key of a rule; `param_gt` belongs in `conditions`",
            "5:5 unknown-key `timezone`: `timezone` is not a key of a rule; `timezone` belongs at the top level",
        ],
    );
    refused(
        "rules:\n  - name: a\n    match: { param_gte: { n: 1 } }\n    conditions: { parm_gte: { n: 1 }, param_gt_: { n: 1 }, weekday: [1] }\n    approval: block\n",
        &[
            "3:14 unknown-key `param_gte`: `param_gte` is not a key of a match; `param_gte` belongs in `conditions`",
            "4:19 unknown-key `parm_gte`: `parm_gte` is not a key of the conditions; did you mean `param_gte`?",
            "4:39 unknown-key `param_gt_`: `param_gt_` is not a key of the conditions; did you mean `param_gt`?",
            "4:60 unknown-key `weekday`: `weekday` is not a key of the conditions; did you mean `weekdays`?",
        ],
    );
    refused(
        "rules:\n  - ty\u{200b}pe: x\n",
        &[
            "2:5 unknown-key `ty\u{200b}pe`: `ty\\u{200b}pe` is not a key of a rule; `type` belongs in `match`",
        ],
    );
}

#[test]
fn values_of_the_wrong_kind_are_shown_with_what_was_expected() {
    refused(
        "42\n",
        &[
            "1:1 wrong-type `42`: a policy is a mapping, and this is a number; start with `version:`",
        ],
    );
    refused(
        "- name: a\n",
        &[
            "1:1 wrong-type `- name: a`: a policy is a mapping, and this is a list; start with `version:`",
        ],
    );
    refused(
        "rules: { name: a }\n",
        &[
            "1:8 wrong-type `{ name: a }`: `rules` takes a list, each item of which is a rule, and this is a mapping; start each with `- name: …`",
        ],
    );
    refused(
        "rules: none\n",
        &[
            "1:8 wrong-type `none`: `rules` takes a list, each item of which is a rule, and this is a text; start each with `- name: …`",
        ],
    );
    refused(
        "rules:\n  - just a text\n  - [a]\n",
        &[
            "2:5 wrong-type `just a text`: a rule is a mapping, and this is a text; write `name: …`",
            "3:5 wrong-type `[a]`: a rule is a mapping, and this is a list; write `name: …`",
        ],
    );
    refused(
        "rules:\n",
        &["1:1 no-value `rules`: `rules` has no value; leave the key out if it is to say nothing"],
    );
    refused(
        "defaults: low\n",
        &[
            "1:11 wrong-type `low`: `defaults` takes a mapping, and this is a text; write `defaults: { risk_level: medium, approval: approve }`",
        ],
    );
    refused(
        "rules:\n  - name: [a]\n    match: [type, x]\n    conditions: x\n    risk_level: { low: 1 }\n    approval: [auto]\n    reason: { en: no }\n",
        &[
            "2:11 wrong-type `[a]`: `name` takes a name, and this is a list; write `name: no_deletes`",
            "3:12 wrong-type `[type, x]`: `match` takes a mapping, and this is a list; write `match: { type: \"delete*\" }`",
            "4:17 wrong-type `x`: `conditions` takes a mapping, and this is a text; write `conditions: { param_gt: { count: 100 } }`",
            "5:17 wrong-type `{ low: 1 }`: `risk_level` takes a risk level, and this is a mapping; write `risk_level: critical`",
            "6:15 wrong-type `[auto]`: `approval` takes an approval, and this is a list; write `approval: block`",
            "7:13 wrong-type `{ en: no }`: `reason` takes a text, and this is a mapping; write `reason: records are kept for ten years`",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: 5, target: true, agent: null, effect: { read: 1 } }, approval: block }\n",
        &[
            "2:31 wrong-type `5`: `type` takes a pattern or a list of patterns, and this is a number; quote it: \"5\"",
            "2:42 wrong-type `true`: `target` takes a pattern or a list of patterns, and this is a boolean; quote it: \"true\"",
            "2:55 wrong-type `null`: `agent` takes a pattern or a list of patterns, and this is `null`; quote it: \"null\"",
            "2:69 wrong-type `{ read: 1 }`: `effect` takes an effect or a list of them, and this is a mapping; write `effect: [delete, privilege]`",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: [[read], { a: b }, \"\"] }, approval: block }\n",
        &[
            "2:32 wrong-type `[read]`: a list of patterns holds no list; a pattern with brackets is quoted: \"[ab]*\"",
            "2:40 wrong-type `{ a: b }`: `type` takes a pattern or a list of patterns, and this is a mapping; a pattern with braces is quoted: \"{a,b}*\"",
            "2:50 bad-pattern `\"\"`: an empty pattern matches nothing; write \"*\" for everything, or leave the key out",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_gt: [count, 5], param_present: { a: 1 }, param_missing: [[a]] }, approval: block }\n",
        &[
            "2:60 wrong-type `[count, 5]`: `param_gt` takes a mapping from parameters to numbers, and this is a list; write `param_gt: { count: 100 }`",
            "2:87 wrong-type `{ a: 1 }`: `param_present` takes the name of a parameter or a list of names, and this is a mapping; write `param_present: to`",
            "2:113 wrong-type `[a]`: `param_missing` takes the name of a parameter or a list of names, and this is a list; write `param_missing: [cc, bcc]`",
        ],
    );
}

#[test]
fn empty_values_are_refused() {
    refused(
        "rules:\n  - name:\n    match:\n    conditions:\n    risk_level:\n    approval:\n    reason:\n",
        &[
            "2:5 no-value `name`: `name` has no value; leave the key out if it is to say nothing",
            "3:5 no-value `match`: `match` has no value; leave the key out if it is to say nothing",
            "4:5 no-value `conditions`: `conditions` has no value; leave the key out if it is to say nothing",
            "5:5 no-value `risk_level`: `risk_level` has no value; leave the key out if it is to say nothing",
            "6:5 no-value `approval`: `approval` has no value; leave the key out if it is to say nothing",
            "7:5 no-value `reason`: `reason` has no value; leave the key out if it is to say nothing",
        ],
    );
    refused(
        "rules:\n  - { }\n",
        &[
            "2:5 empty-mapping `{ }`: a rule cannot be empty; its keys are `name`, `match`, `conditions`, `risk_level`, `approval` and `reason`",
        ],
    );
    refused(
        "defaults: {}\n",
        &[
            "1:11 empty-mapping `{}`: the defaults cannot be empty; its keys are `risk_level` and `approval`",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: [], effect: [] }, conditions: {}, approval: block }\n",
        &[
            "2:31 empty-list `[]`: the list of `type` is empty; leave the key out if it is to say nothing",
            "2:43 empty-list `[]`: the list of `effect` is empty; leave the key out if it is to say nothing",
            "2:61 empty-mapping `{}`: the conditions cannot be empty; its keys are `time_after`, `time_before`, `weekdays`, `param_eq`, `param_gt`, `param_gte`, `param_lt`, `param_lte`, `param_contains`, `param_matches`, `param_present`, `param_missing` and `semantic`",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: \"\" , target: \"\u{200b}\" }, reason: \"\", approval: block }\n",
        &[
            "2:31 bad-pattern `\"\"`: an empty pattern matches nothing; write \"*\" for everything, or leave the key out",
            "2:44 bad-pattern `\"\u{200b}\"`: an empty pattern matches nothing; write \"*\" for everything, or leave the key out",
            "2:59 bad-text `\"\"`: `reason` is empty; leave the key out if it is to say nothing",
        ],
    );
    refused(
        "rules:\n  - name: a\n    match: { type: x }\n    conditions:\n      weekdays: []\n      param_gt: {}\n      param_eq: { a: }\n      param_present: []\n      param_contains: { a: [], b: \"\" }\n      param_matches: { a: \"\" }\n      semantic: \" \"\n    approval: block\n",
        &[
            "5:17 empty-list `[]`: the list of `weekdays` is empty; leave the key out if it is to say nothing",
            "6:17 empty-mapping `{}`: `param_gt` names no parameter; write `param_gt: { count: 100 }`",
            "7:19 no-value `a`: `a` has no value; write `null` if that is meant",
            "8:22 empty-list `[]`: the list of `param_present` is empty; leave the key out if it is to say nothing",
            "9:28 empty-list `[]`: the list of `param_contains` is empty; leave the key out if it is to say nothing",
            "9:35 no-value `\"\"`: nothing is contained in anything",
            "10:27 bad-regex `\"\"`: an empty expression is found in every text; use `param_present` if any value is meant",
            "11:17 bad-text `\" \"`: `semantic` is empty; leave the key out if it is to say nothing",
        ],
    );
}

#[test]
fn words_are_lower_case_and_known() {
    refused(
        "defaults: { risk_level: High, approval: ask }\n",
        &[
            "1:25 unknown-word `High`: `High` is not a risk level; did you mean `high`?",
            "1:41 unknown-word `ask`: `ask` is not an approval; did you mean `approve`?",
        ],
    );
    refused(
        "defaults: { risk_level: severe, approval: yes }\n",
        &[
            "1:25 unknown-word `severe`: `severe` is not a risk level; did you mean `high`?",
            "1:43 unknown-word `yes`: `yes` is not an approval",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x, effect: [read, Delete, wirte, banana] }, approval: Auto, risk_level: 3 }\n",
        &[
            "2:49 unknown-word `Delete`: `Delete` is not an effect; did you mean `delete`?",
            "2:57 unknown-word `wirte`: `wirte` is not an effect; did you mean `write`?",
            "2:64 unknown-word `banana`: `banana` is not an effect",
            "2:85 unknown-word `Auto`: `Auto` is not an approval; did you mean `auto`?",
            "2:103 unknown-word `3`: `3` is not a risk level",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, approval: allow, risk_level: hihg }\n",
        &[
            "2:46 unknown-word `allow`: `allow` is not an approval; did you mean `auto`?",
            "2:65 unknown-word `hihg`: `hihg` is not a risk level; did you mean `high`?",
        ],
    );
}

#[test]
fn the_version_is_one_that_is_known() {
    refused(
        "version: 2\n",
        &[
            "1:10 unknown-version `2`: version `2` is not known to this release; write `version: \"1\"`",
        ],
    );
    refused(
        "version: \"1.0\"\n",
        &[
            "1:10 unknown-version `\"1.0\"`: version `1.0` is not known to this release; write `version: \"1\"`",
        ],
    );
    refused(
        "version: 1.0\n",
        &[
            "1:10 unknown-version `1.0`: version `1.0` is not known to this release; write `version: \"1\"`",
        ],
    );
    refused(
        "version: [1]\n",
        &[
            "1:10 wrong-type `[1]`: `version` takes the version `\"1\"`, and this is a list; write `version: \"1\"`",
        ],
    );
}

#[test]
fn time_zones_are_known_by_name() {
    refused(
        "timezone: Europe/Berln\n",
        &[
            "1:11 unknown-timezone `Europe/Berln`: `Europe/Berln` is not the name of a time zone; did you mean `Europe/Berlin`?",
        ],
    );
    refused(
        "timezone: berlin\n",
        &[
            "1:11 unknown-timezone `berlin`: `berlin` is not the name of a time zone; did you mean `Europe/Berlin`?",
        ],
    );
    refused(
        "timezone: UTC+2\n",
        &[
            "1:11 unknown-timezone `UTC+2`: `UTC+2` is not the name of a time zone; an offset is not a zone: name a place, such as `Europe/Berlin`",
        ],
    );
    refused(
        "timezone: europe/berlin\n",
        &[
            "1:11 unknown-timezone `europe/berlin`: `europe/berlin` is not the name of a time zone; did you mean `Europe/Berlin`?",
        ],
    );
    refused(
        "timezone: 2\n",
        &[
            "1:11 wrong-type `2`: `timezone` takes the name of a time zone, and this is a number; quote it: \"2\"",
        ],
    );
}

#[test]
fn names_are_unique_and_show() {
    refused(
        "rules:\n  - { name: a, match: { type: x }, approval: block }\n  - { name: b, match: { type: y }, approval: block }\n  - { name: a, match: { type: z }, approval: block }\n",
        &["4:13 duplicate-rule `a` + `a` (first called so here): two rules are called `a`"],
    );
    refused(
        "rules:\n  - { name: rule-2, match: { type: x }, approval: block }\n  - { match: { type: y }, approval: block }\n",
        &[
            "3:5 duplicate-rule `{ match: { type: y }, approval: block }` + `rule-2` (first called so here): two rules are called `rule-2`; a rule without a name is called by its place, here `rule-2`: give it a name",
        ],
    );
    refused(
        "rules:\n  - { name: \" a\", match: { type: x }, approval: block }\n  - { name: \"b\\u202e\", match: { type: x2 }, approval: block }\n  - { name: 7, match: { type: x3 }, approval: block }\n  - { name: \"a\\nb\", match: { type: x4 }, approval: block }\n  - name: two\n      lines\n    match: { type: x5 }\n    approval: block\n",
        &[
            "2:13 bad-name `\" a\"`: a name has no space at its ends",
            "3:13 bad-name `\"b\\u202e\"`: a name has only characters that show",
            "4:13 wrong-type `7`: `name` takes a name, and this is a number; quote it: \"7\"",
            "5:13 bad-name `\"a\\nb\"`: a name has only characters that show",
            "6:11 bad-name `two\n      lines`: a name is written on one line",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, approval: block, reason: \"\\e[31mred\" }\n",
        &[
            "2:61 bad-text `\"\\e[31mred\"`: `reason` has the character U+001B, which does not show; leave the key out if it is to say nothing",
        ],
    );
}

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

#[test]
fn times_are_quoted_and_possible() {
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: 22:00, time_before: 6:30:00 }, approval: block }\n",
        &[
            "2:62 unquoted-time `22:00`: the time `22:00` must be quoted: some readers of YAML take it for the number 1320; write \"22:00\"",
            "2:82 unquoted-time `6:30:00`: the time `6:30:00` must be quoted: some readers of YAML take it for the number 23400; write \"06:30:00\"",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: \"9:00\", time_before: \"24:00\" }, approval: block }\n",
        &[
            "2:62 bad-time `\"9:00\"`: `9:00` is not a time; write \"09:00\"",
            "2:83 bad-time `\"24:00\"`: `24:00` is no time of day: hours go from 00 to 23; leave `time_before` out: the window then ends at midnight",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: \"24:00\", time_before: \"12:60\" }, approval: block }\n",
        &[
            "2:62 bad-time `\"24:00\"`: `24:00` is no time of day: hours go from 00 to 23; write \"00:00\"",
            "2:84 bad-time `\"12:60\"`: `12:60` is no time of day: minutes go from 00 to 59; two digits for the hour and two for the minute, such as \"09:30\"",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: 9, time_before: \"5pm\" }, approval: block }\n",
        &[
            "2:62 unquoted-time `9`: the time `9` must be quoted: some readers of YAML take it for a number; write \"09:00\"",
            "2:78 bad-time `\"5pm\"`: `5pm` is not a time; write \"17:00\"",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: noon, time_before: [ \"12:00\" ] }, approval: block }\n",
        &[
            "2:62 bad-time `noon`: `noon` is not a time; two digits for the hour and two for the minute, such as \"09:30\"",
            "2:81 wrong-type `[ \"12:00\" ]`: `time_before` takes a quoted time, such as \"22:00\", and this is a list; write `time_before: \"06:00\"`",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: \"09:00\", time_before: \"09:00\" }, approval: block }\n",
        &[
            "2:84 empty-window `\"09:00\"` + `\"09:00\"` (starts here): a window that starts and ends at the same time is empty; leave both out if the whole day is meant",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_before: \"00:00\" }, approval: block }\n",
        &[
            "2:63 empty-window `\"00:00\"`: no time of day is before midnight; leave `time_before` out: the window then ends at midnight",
        ],
    );
}

#[test]
fn weekdays_are_numbers() {
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { weekdays: [0, 1, 8] }, approval: block }\n",
        &[
            "2:61 bad-weekday `0`: `0` is not a weekday; write `7`",
            "2:67 bad-weekday `8`: `8` is not a weekday",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { weekdays: [mon, \"2\", 3.0, [4], -1] }, approval: block }\n",
        &[
            "2:61 bad-weekday `mon`: `mon` is not a weekday; write `1`",
            "2:66 bad-weekday `\"2\"`: a weekday is a number, and \"2\" in quotes is a text; write `2`",
            "2:71 bad-weekday `3.0`: `3.0` is not a weekday",
            "2:76 bad-weekday `[4]`: a weekday is a number, and this is a list",
            "2:81 bad-weekday `-1`: `-1` is not a weekday",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { weekdays: 1 }, approval: block }\n",
        &[
            "2:60 wrong-type `1`: `weekdays` takes a list of weekdays, such as `[1, 2, 3]`, and this is a number; put brackets around it: `[1]`",
        ],
    );
}

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

#[test]
fn a_key_stands_once() {
    refused(
        "rules:\n  - name: a\n    match: { type: x, \"type\": y }\n    approval: block\n    approval: auto\n",
        &[
            "3:23 duplicate-key `\"type\"` + `type` (first written here): `type` is written twice",
            "5:5 duplicate-key `approval` + `approval` (first written here): `approval` is written twice",
        ],
    );
    refused(
        "version: \"1\"\nrules: []\nversion: \"1\"\n",
        &[
            "3:1 duplicate-key `version` + `version` (first written here): `version` is written twice",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_gt: { n: 1, 'n': 2 } }, approval: block }\n",
        &["2:68 duplicate-key `'n'` + `n` (first written here): `n` is written twice"],
    );
}

#[test]
fn aliases_that_lead_nowhere_or_everywhere() {
    refused(
        "rules:\n  - { name: a, match: *shared, approval: block }\n",
        &[
            "2:23 unknown-alias `*shared`: `*shared` is an alias, and no anchor `&shared` stands before it; a pattern that starts with `*` is quoted: \"*shared\"",
        ],
    );
    refused(
        "rules: &r\n  - { name: a, match: *r, approval: block }\n",
        &["2:23 alias-loop `*r`: an alias stands inside the part it stands for"],
    );
    refused(
        "x: &a [1,1,1,1,1,1,1,1,1,1]\ny: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nz: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nu: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\nv: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nw: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
        &["5:29 alias-bomb `*d`: aliases stand for more than 100000 nodes or 4194304 bytes"],
    );
    refused(
        "rules:\n  - { name: a, match: { <<: 5 }, approval: block }\n",
        &[
            "2:29 merge-not-mapping `5` + `<<` (merged by this key): `<<` merges mappings, and this is none; write the alias of a mapping, or a list of such aliases",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { <<: [x] }, approval: block }\n",
        &[
            "2:30 merge-not-mapping `x` + `<<` (merged by this key): `<<` merges mappings, and this is none; write the alias of a mapping, or a list of such aliases",
        ],
    );
}

#[test]
fn mistakes_behind_an_alias_are_shown_where_they_are() {
    refused(
        "rules:\n  - { name: a, match: &m { typ: x }, approval: block }\n  - { name: b, match: *m, approval: block }\n",
        &["2:28 unknown-key `typ`: `typ` is not a key of a match; did you mean `type`?"],
    );
    refused(
        "rules:\n  - { name: a, match: { type: &t \"x[\" }, approval: block }\n  - { name: b, match: { type: *t }, approval: block }\n",
        &[
            "2:36 bad-pattern `[`: `x[` is not a pattern: `[` is not closed; close it with `]`, or write `\\[` for the character itself",
            "3:31 bad-pattern `*t` + `\"x[\"` (the alias stands for this): `x[` is not a pattern: `[` is not closed; close it with `]`, or write `\\[` for the character itself",
        ],
    );
    refused(
        "rules:\n  - &r { name: a, match: { type: x }, approval: block }\n  - *r\n",
        &["3:5 duplicate-rule `*r` + `a` (first called so here): two rules are called `a`"],
    );
}

#[test]
fn yaml_that_policies_do_not_have() {
    refused(
        "%YAML 1.1\n---\nrules: []\n",
        &[
            "1:1 syntax `%`: a line that starts with `%` is a YAML directive, which a policy cannot have; leave the line out",
        ],
    );
    refused(
        "rules: !!seq []\n",
        &["1:8 tag `!!seq`: `!!seq` is a YAML tag; leave it out, and quote what must stay a text"],
    );
    refused(
        "rules:\n  - !rule { name: a }\n  - { name: !!str 5, match: { type: !<tag:x> y }, approval: block }\n",
        &[
            "2:5 tag `!rule`: `!rule` is a YAML tag; a text that starts with `!` is quoted: \"!rule\"",
            "3:13 tag `!!str`: `!!str` is a YAML tag; leave it out, and quote what must stay a text",
            "3:37 tag `!<tag:x>`: `!<tag:x>` is a YAML tag; leave it out, and quote what must stay a text",
        ],
    );
    refused(
        "rules: []\n...\nversion: \"1\"\n",
        &[
            "3:1 several-documents ``: a second document starts here; put it into a file of its own: several files are merged into one policy",
        ],
    );
}

#[test]
fn texts_that_are_no_yaml() {
    refused(
        "rules:\n  - name: a\n   match: { type: x }\n",
        &["3:4 syntax `m`: a `- ` is expected here; items of one list start in the same column"],
    );
    refused(
        "rules: [\n",
        &["1:8 syntax `[`: `[` is opened here and never closed"],
    );
    refused(
        "rules:\n  - name: \"a\n",
        &["2:11 syntax `\"`: a quote is opened here and never closed"],
    );
    refused(
        "rules: ]\n",
        &[
            "1:8 syntax `]`: a bracket is closed that was not opened; put the text into double quotes",
        ],
    );
    refused(
        "rules:\n  - name: a: b\n",
        &[
            "2:12 syntax `:`: a `:` is not expected here; quote a text that contains a colon; keys of one mapping start in the same column",
        ],
    );
    refused(
        "rules:\n  - name: \"a\" b\n",
        &[
            "2:15 syntax `b`: nothing can follow the closing quote here; put the whole text into quotes; a quote inside double quotes is written `\\\"`",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x } approval: block }\n",
        &[
            "2:35 syntax `a`: a `,` or `}` is expected here; a text with braces, brackets or commas is quoted inside `{}`",
        ],
    );
    refused(
        "rules:\n\t- name: a\n",
        &["2:2 syntax `-`: a tab cannot indent a line; indent with spaces"],
    );
    refused(
        "rules:\n  - name: \"a\\d\"\n",
        &[
            "2:11 syntax `\"`: this is no escape that double quotes know; write `\\\\` for a backslash, or use single quotes, which have no escapes",
        ],
    );
    refused(
        "rules:\n- name: a\nversion \"1\"\n",
        &[
            "3:1 syntax `v`: a key with a `:` is expected here; keys of one mapping start in the same column, and a space follows the `:`",
        ],
    );
    refused(
        "just a text\n",
        &[
            "1:1 wrong-type `just a text`: a policy is a mapping, and this is a text; start with `version:`",
        ],
    );
}

#[test]
fn characters_that_do_not_show_are_refused() {
    refused(
        "rules:\n  - { name: \"a\u{7}b\u{202e}c\u{2028}d\u{feff}e\0\" }\n",
        &[
            "2:15 forbidden-character `\u{7}`: the text has a control character; if it is meant, write \"\\u0007\" in double quotes",
            "2:17 forbidden-character `\u{202e}`: the text has a direction mark, which can make a line look like another one; if it is meant, write \"\\u202E\" in double quotes",
            "2:19 forbidden-character `\u{2028}`: the text has a line separator that YAML readers disagree about; if it is meant, write \"\\u2028\" in double quotes",
            "2:21 forbidden-character `\u{feff}`: the text has a byte order mark in the middle of the text; if it is meant, write \"\\uFEFF\" in double quotes",
            "2:23 forbidden-character `\0`: the text has a NUL character; if it is meant, write \"\\u0000\" in double quotes",
        ],
    );
}
