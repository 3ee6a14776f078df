//! Words of a list, the version, time zones and names.

use crate::refused;

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
