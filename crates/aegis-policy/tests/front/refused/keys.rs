//! Keys, and the kinds of value they take.

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
