//! Policies that are accepted with a warning, and some that look alike and are fine.

use crate::warned;

#[test]
fn a_rule_without_an_approval_or_a_match() {
    warned(
        "rules:\n  - name: asks\n    match: { type: x }\n",
        &[
            "2:11 no-approval `asks`: rule `asks` has no `approval`, so a person is asked; write `approval: approve`",
        ],
    );
    warned(
        "rules:\n  - name: everything\n    approval: block\n  - name: more\n    match: { type: x }\n    approval: block\n",
        &[
            "2:11 no-match `everything`: rule `everything` has no `match`, so it speaks of every action; write `match: { type: \"*\" }` if that is meant",
            "4:11 unreachable `more` + `everything` (this rule decides first): rule `more` is never reached: rule `everything` before it matches every action; move it before the other rule, or leave it out",
        ],
    );
    warned(
        "rules:\n  - approval: block\n",
        &[
            "2:5 no-match `approval: block`: rule `rule-1` has no `match`, so it speaks of every action; write `match: { type: \"*\" }` if that is meant",
        ],
    );
    warned(
        "rules:\n  - name: everything\n    match: {}\n    approval: approve\n",
        &[
            "3:5 no-match `match: {}`: rule `everything` has no `match`, so it speaks of every action; write `match: { type: \"*\" }` if that is meant",
        ],
    );
    warned(
        "rules:\n  - name: everything\n    match: { type: \"*\" }\n    approval: block\n",
        &[],
    );
}

#[test]
fn automatic_rules_for_everything() {
    warned(
        "rules:\n  - name: open\n    match: { type: \"*\" }\n    approval: auto\n",
        &[
            "3:20 auto-everything `\"*\"`: rule `open` matches every action, and lets it run unasked; name the tools that may run, in `match: { type: [ … ] }`",
        ],
    );
    warned(
        "rules:\n  - name: open\n    approval: auto\n",
        &[
            "2:11 auto-everything `open`: rule `open` has no `match`, so it speaks of every action, and lets it run unasked; name the tools that may run, in `match: { type: [ … ] }`",
        ],
    );
    warned(
        "rules:\n  - name: open\n    match: { type: [\"read*\", \"**\"], target: \"*\" }\n    conditions: { weekdays: [1] }\n    approval: auto\n",
        &[
            "3:30 auto-everything `\"**\"`: rule `open` matches every action, and lets it run unasked; name the tools that may run, in `match: { type: [ … ] }`",
        ],
    );
    warned(
        "rules:\n  - name: fine\n    match: { type: \"*\", effect: read }\n    approval: auto\n",
        &[],
    );
    warned(
        "rules:\n  - name: fine\n    match: { target: \"sandbox/*\" }\n    approval: auto\n",
        &[],
    );
    warned(
        "defaults: { approval: auto }\n",
        &[
            "1:1 no-rules `defaults: { approval: auto }`: the policy has no rules; every action gets the defaults",
            "1:23 auto-default `auto`: an action that no rule speaks of runs unasked; write `approval: approve`, and a rule with `approval: auto` for what may run",
        ],
    );
}

#[test]
fn a_policy_without_rules() {
    warned(
        "version: \"1\"\n",
        &["1:1 no-rules `version: \"1\"`: the policy has no rules; every action gets the defaults"],
    );
    warned(
        "rules: []\n",
        &["1:1 no-rules `rules: []`: the policy has no rules; every action gets the defaults"],
    );
}

#[test]
fn rules_that_are_never_reached() {
    warned(
        "rules:\n  - { name: all, match: { type: \"*\" }, approval: block }\n  - { name: a, match: { type: x }, approval: auto }\n  - { name: b, match: { type: \"*\" }, approval: block }\n",
        &[
            "3:13 unreachable `a` + `all` (this rule decides first): rule `a` is never reached: rule `all` before it matches every action; move it before the other rule, or leave it out",
            "4:13 unreachable `b` + `all` (this rule decides first): rule `b` is never reached: rule `all` before it matches every action; move it before the other rule, or leave it out",
        ],
    );
    warned(
        "rules:\n  - { name: reads, match: { type: [\"read*\", \"list*\"] }, approval: auto }\n  - { name: secret, match: { type: \"read_secret*\" }, approval: block }\n  - { name: list, match: { type: \"LIST_?\" }, conditions: { param_gt: { n: 1 } }, approval: block }\n  - { name: fine, match: { type: \"get*\" }, approval: auto }\n",
        &[
            "3:13 unreachable `secret` + `reads` (this rule decides first): rule `secret` is never reached: rule `reads` before it matches everything that it could; move it before the other rule, or leave it out",
            "4:13 unreachable `list` + `reads` (this rule decides first): rule `list` is never reached: rule `reads` before it matches everything that it could; move it before the other rule, or leave it out",
        ],
    );
    warned(
        "rules:\n  - { name: prod, match: { type: \"read*\", target: \"prod/*\" }, approval: block }\n  - { name: fine, match: { type: \"read*\" }, approval: auto }\n  - { name: gone, match: { type: \"read_x\", target: \"prod/x\", agent: \"b\" }, approval: auto }\n",
        &[
            "4:13 unreachable `gone` + `prod` (this rule decides first): rule `gone` is never reached: rule `prod` before it matches everything that it could; move it before the other rule, or leave it out",
        ],
    );
    warned(
        "rules:\n  - { name: cond, match: { type: \"read*\" }, conditions: { weekdays: [6] }, approval: block }\n  - { name: fine, match: { type: \"read*\" }, approval: auto }\n",
        &[],
    );
    warned(
        "rules:\n  - { name: destroys, match: { effect: [delete, pay] }, approval: block }\n  - { name: pays, match: { effect: pay, type: \"x*\" }, approval: auto }\n  - { name: fine, match: { effect: [pay, read] }, approval: auto }\n",
        &[
            "3:13 unreachable `pays` + `destroys` (this rule decides first): rule `pays` is never reached: rule `destroys` before it matches everything that it could; move it before the other rule, or leave it out",
        ],
    );
    warned(
        "rules:\n  - { name: suffix, match: { type: \"*_file\" }, approval: block }\n  - { name: gone, match: { type: \"delete_file\" }, approval: auto }\n",
        &[
            "3:13 unreachable `gone` + `suffix` (this rule decides first): rule `gone` is never reached: rule `suffix` before it matches everything that it could; move it before the other rule, or leave it out",
        ],
    );
}

#[test]
fn conditions_that_exclude_each_other() {
    warned(
        "rules:\n  - { name: never, match: { type: x }, conditions: { param_gt: { n: 10 }, param_lt: { n: 5 } }, approval: auto }\n",
        &[
            "2:87 never-matches `n: 5` + `n: 10` (the other condition): the conditions of rule `never` exclude each other: no `n` is greater than 10 and less than 5; the rule does nothing",
        ],
    );
    warned(
        "rules:\n  - { name: never, match: { type: x }, conditions: { param_gt: { n: 5 }, param_lte: { n: 5 } }, approval: block }\n",
        &[
            "2:87 never-matches `n: 5` + `n: 5` (the other condition): the conditions of rule `never` exclude each other: no `n` is greater than 5 and at most 5; the rule matches only where neither can be told, such as for `null`",
        ],
    );
    warned(
        "rules:\n  - { name: fine, match: { type: x }, conditions: { param_gte: { n: 5 }, param_lte: { n: 5.0 } }, approval: block }\n",
        &[],
    );
    warned(
        "rules:\n  - { name: never, match: { type: x }, conditions: { param_eq: { n: 1, env: prod }, param_gt: { n: 1e2 }, param_matches: { env: \"^dev\" } }, approval: auto }\n",
        &[
            "2:97 never-matches `n: 1e2` + `n: 1` (the other condition): the conditions of rule `never` exclude each other: no `n` is equal to 1 and greater than 1e2; the rule does nothing",
            "2:124 never-matches `env: \"^dev\"` + `env: prod` (the other condition): the conditions of rule `never` exclude each other: no `env` is equal to \"prod\" and something that matches ^dev; the rule does nothing",
        ],
    );
    warned(
        "rules:\n  - { name: never, match: { type: x }, conditions: { param_present: n, param_missing: n }, approval: block }\n",
        &[
            "2:87 never-matches `n` + `n` (the other condition): rule `never` never matches: `n` cannot be there and missing; the rule does nothing",
        ],
    );
    warned(
        "rules:\n  - { name: never, match: { type: x }, conditions: { param_eq: { a.b: 1 }, param_missing: [a, a.c] }, approval: block }\n",
        &[
            "2:92 never-matches `a` + `a.b: 1` (the other condition): rule `never` never matches: `a` cannot be there and missing; the rule does nothing",
        ],
    );
    warned(
        "rules:\n  - { name: fine, match: { type: x }, conditions: { param_gt: { \"items.*.n\": 10 }, param_lt: { \"items.*.n\": 5 } }, approval: block }\n",
        &[],
    );
    warned(
        "rules:\n  - { name: never, match: { type: x }, conditions: { param_eq: { m: hello }, param_contains: { m: [hell, world] } }, approval: block }\n",
        &[
            "2:96 never-matches `m: [hell, world]` + `m: hello` (the other condition): the conditions of rule `never` exclude each other: no `m` is equal to \"hello\" and something that contains [\"hell\",\"world\"]; the rule matches only where neither can be told, such as for `null`",
        ],
    );
}

#[test]
fn numbers_in_quotes() {
    warned(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_eq: { n: \"100\", zip: \"01234\", v: \"1.0\" } }, approval: block }\n",
        &[
            "2:65 quoted-number `\"100\"`: `param_eq` compares with the text \"100\", which is a number in quotes; write 100 without quotes, so that every spelling of the number is equal",
            "2:89 quoted-number `\"1.0\"`: `param_eq` compares with the text \"1.0\", which is a number in quotes; write 1.0 without quotes, so that every spelling of the number is equal",
        ],
    );
}

#[test]
fn things_listed_twice() {
    warned(
        "rules:\n  - { name: a, match: { type: [\"read*\", \"list*\", \"READ*\"], effect: [pay, pay] }, conditions: { weekdays: [1, 2, 1] }, approval: block }\n",
        &[
            "2:50 repeated-pattern `\"READ*\"` + `\"read*\"` (first here): `type` lists the pattern `READ*` twice; letter case makes no difference",
            "2:74 repeated-effect `pay` + `pay` (first here): `effect` lists `pay` twice",
            "2:113 repeated-weekday `1`: weekday 1 is listed twice",
        ],
    );
}

#[test]
fn patterns_of_another_syntax() {
    warned(
        "rules:\n  - { name: a, match: { type: [\"^delete\", \"drop$\", \"read|write\", \"delete.*\", \"github.*\"] }, approval: block }\n",
        &[
            "2:32 looks-like-regex `\"^delete\"`: `^delete` looks like a regular expression, and is taken letter by letter; in a pattern `*` is any text; write \"delete*\"",
            "2:43 looks-like-regex `\"drop$\"`: `drop$` looks like a regular expression, and is taken letter by letter; in a pattern `*` is any text; write \"*drop\"",
            "2:52 looks-like-regex `\"read|write\"`: `read|write` looks like a regular expression, and is taken letter by letter; for alternatives write a list, or \"{read,write}\"",
            "2:66 looks-like-regex `\"delete.*\"`: `delete.*` looks like a regular expression, and is taken letter by letter; in a pattern `*` is any text; write \"delete*\"",
        ],
    );
    warned(
        "rules:\n  - { name: a, match: { type: \"read*, list*\", target: \"{a,b},c\" }, approval: block }\n",
        &[
            "2:31 looks-like-list `\"read*, list*\"`: `read*, list*` is one pattern with a comma in it; for several patterns write a list: [\"read*\", \"list*\"]; for a comma write `\\,`",
        ],
    );
    warned(
        "rules:\n  - { name: a, match: { type: 'a\\,b' }, approval: block }\n",
        &[],
    );
}

#[test]
fn paths_that_look_like_one_key() {
    warned(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_gt: { config.json: 1, user.age: 2, v1.2: 3 }, param_present: [\"https://x.y\", 'example\\.com'] }, approval: block }\n",
        &[
            "2:62 dotted-key `config.json: 1`: `config.json` is the path `config` then `json`, not one key with a dot in it; for one key write `config\\.json`",
            "2:91 dotted-key `v1.2: 3`: `v1.2` is the path `v1` then `2`, not one key with a dot in it; for one key write `v1\\.2`",
            "2:118 dotted-key `\"https://x.y\"`: `https://x.y` is the path `https://x` then `y`, not one key with a dot in it; for one key write `https://x\\.y`",
        ],
    );
}
