//! `aegis simulate`.

use crate::harness::{POLICY, Tree};

fn tree() -> Tree {
    Tree::new(&[("policy.yaml", POLICY)])
}

#[test]
fn actions_are_decided_in_a_table() {
    let tree = tree();
    let out = tree
        .aegis("simulate policy.yaml read:crm delete:db bulk_update frobnicate --at 2026-12-01T10:00:00+01:00")
        .ok();
    insta::assert_snapshot!(out, @"
    policy.yaml at 2026-12-01T09:00:00Z

      type         target  decision  risk      rule        place           effect
      read         crm     auto      low       reads       policy.yaml:14  read (from the catalogue)
      delete       db      block     critical  no_deletes  policy.yaml:4   delete (from the catalogue)
      bulk_update          approve   medium    (defaults)  policy.yaml:2   write (from its name)
      frobnicate           approve   medium    (defaults)  policy.yaml:2   unknown

    Reasons
      no_deletes  Records are kept. Archive them instead.
    ");
}

#[test]
fn parameters_are_numbers_or_text_as_they_look() {
    let tree = tree();
    let decided = |flags: &str| {
        let run = tree.aegis(&format!(
            "simulate policy.yaml bulk_update --format json {flags}"
        ));
        let json = run.json();
        let action = &json["actions"][0];
        (
            action["by"].as_str().unwrap().to_owned(),
            action["action"]["params"].to_string(),
        )
    };
    let is = |by: &str, params: &str| (by.to_owned(), params.to_owned());
    assert_eq!(decided("--param count=150"), is("rule", r#"{"count":150}"#));
    assert_eq!(
        decided("--param count=50"),
        is("default", r#"{"count":50}"#)
    );
    assert_eq!(
        decided("--param-json count=\"150\""),
        is("rule", r#"{"count":"150"}"#)
    );
    assert_eq!(
        decided("--param count=many"),
        is("rule", r#"{"count":"many"}"#)
    );
    assert_eq!(
        decided("--param count=007 --param x=null"),
        is("default", r#"{"count":"007","x":null}"#)
    );
    assert_eq!(
        decided("--param-json count=[150]"),
        is("rule", r#"{"count":[150]}"#)
    );
}

#[test]
fn an_explanation_has_everything_that_the_decision_rests_on() {
    let tree = tree();
    let out = tree
        .aegis("simulate policy.yaml bulk_update:crm read --param count=150 --agent bot --explain --at 2026-12-01T10:00:00Z")
        .ok();
    insta::assert_snapshot!(out, @r#"
    policy.yaml at 2026-12-01T10:00:00Z

    bulk_update crm: approve, risk high
      rule       bulk at policy.yaml:9
      effect     write (from its name)
      agent      bot
      params     {"count":150}
      condition  `param_gt: { count: 100 }` holds, it saw 150
      passed over
        1  no_deletes  policy.yaml:4  the effect is write, not delete

    read: auto, risk low
      rule    reads at policy.yaml:14
      effect  read (from the catalogue)
      agent   bot
      params  {"count":150}
      passed over
        1  no_deletes  policy.yaml:4  the effect is read, not delete
        2  bulk        policy.yaml:9  the type `read` is not `bulk_*`
    "#);
}

#[test]
fn many_rules_about_other_types_are_counted() {
    let mut policy = "rules:\n".to_owned();
    for n in 0..40 {
        policy += &format!("  - {{name: r{n}, match: {{type: t{n}}}, approval: block}}\n");
    }
    let tree = Tree::new(&[("policy.yaml", &policy)]);
    let out = tree.aegis("simulate policy.yaml t39 --explain").ok();
    assert!(
        out.ends_with("  29 more rules are about other types; `--format json` has all\n"),
        "{out}"
    );
    assert_eq!(
        out.lines().filter(|l| l.contains("is not")).count(),
        10,
        "{out}"
    );
}

#[test]
fn the_clock_is_that_of_the_policy() {
    let policy = "timezone: Europe/Berlin\nrules:\n  - name: night\n    match: { type: send }\n    conditions: { time_after: \"22:00\", time_before: \"06:00\" }\n    approval: block\n";
    let tree = Tree::new(&[("policy.yaml", policy)]);
    let out = |at: &str| {
        tree.aegis(&format!("simulate policy.yaml send --at {at}"))
            .ok()
    };
    insta::assert_snapshot!(out("2026-12-01T21:30:00Z"), @"
    policy.yaml at 2026-12-01T21:30:00Z, Tue 22:30:00 Europe/Berlin

      type  decision  risk    rule   place          effect
      send  block     medium  night  policy.yaml:3  send (from its name)
    ");
    assert!(out("2026-12-01T20:30:00Z").contains("  approve "));
    // Now, to the second.
    let out = tree.aegis("simulate policy.yaml send").ok();
    let head = out.lines().next().unwrap();
    assert!(
        head.starts_with("policy.yaml at 20") && head.ends_with(" Europe/Berlin"),
        "{head}"
    );
}

#[test]
fn effects_come_from_the_caller_or_the_hints_too() {
    let tree = tree();
    let effect = |flags: &str| {
        let json = tree
            .aegis(&format!(
                "simulate policy.yaml frobnicate --format json {flags}"
            ))
            .json();
        let action = json["actions"][0].clone();
        format!(
            "{} {} {}",
            action["effect"], action["effect_source"], action["approval"]
        )
        .replace('"', "")
    };
    assert_eq!(effect(""), "null nothing approve");
    assert_eq!(effect("--effect delete"), "delete caller block");
    assert_eq!(effect("--destructive-hint"), "delete hints block");
    assert_eq!(
        effect("--destructive-hint=false --read-only-hint=false"),
        "write hints approve"
    );
    insta::assert_snapshot!(tree.aegis("simulate policy.yaml x --effect delte").refused(), @"
    error: invalid value 'delte' for '--effect <EFFECT>'
      [possible values: read, write, delete, execute, send, pay, deploy, privilege, exfiltrate]

      tip: a similar value exists: 'delete'

    For more information, try '--help'.
    ");
}

#[test]
fn a_type_may_hold_colons() {
    let tree = tree();
    let run = tree.aegis("simulate policy.yaml mcp:fs:read");
    assert_eq!(run.code, 0);
    insta::assert_snapshot!(run.err, @"note: `mcp:fs:read` was read as type `mcp` and target `fs:read`; if `mcp:fs` is the type, write `--type 'mcp:fs' --target 'read'`");
    let json = tree
        .aegis("simulate policy.yaml --type mcp:fs:read --target a:b --format json")
        .json();
    assert_eq!(
        json["actions"][0]["action"],
        serde_json::json!({"type": "mcp:fs:read", "target": "a:b"})
    );
    let run = tree.aegis("simulate policy.yaml read:https://example.com/a:b");
    assert_eq!(run.err, "");
}

#[test]
fn actions_come_from_files_too() {
    let tree = tree();
    tree.write(
        "one.json",
        "{\n \"type\": \"read_file\",\n \"params\": {\"a\": 1}\n}\n",
    );
    tree.write(
        "list.json",
        "[{\"type\": \"read_file\"}, {\"type\": \"delete_user\", \"agent\": \"bot\"}]",
    );
    tree.write(
        "lines.jsonl",
        "{\"type\": \"read_file\"}\n\n{\"type\": \"list_users\"}\n",
    );
    let approvals = |line: &str, stdin: &str| {
        let json = tree
            .run(&format!("simulate {line} --format json"), &[], stdin)
            .json();
        let actions = json["actions"].as_array().unwrap().iter();
        actions
            .map(|a| a["approval"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(approvals("policy.yaml --action-file one.json", ""), "auto");
    assert_eq!(
        approvals("policy.yaml --action-file list.json", ""),
        "auto block"
    );
    assert_eq!(
        approvals("policy.yaml --action-file lines.jsonl", ""),
        "auto auto"
    );
    assert_eq!(
        approvals("policy.yaml --action-file -", "{\"type\": \"delete_x\"}"),
        "block"
    );
    assert_eq!(
        approvals("policy.yaml delete_y --type z --action-file one.json", ""),
        "block approve auto"
    );
    assert_eq!(approvals("- delete_y", POLICY), "block");
}

#[test]
fn numbers_that_json_cannot_write_are_no_obstacle() {
    let tree = tree();
    let run = tree.run(
        "simulate policy.yaml --action-file - --format json",
        &[],
        "{\"type\": \"bulk_x\", \"params\": {\"count\": NaN}}",
    );
    let json = run.json();
    assert_eq!(
        json["actions"][0]["action"],
        r#"{"params":{"count":NaN},"type":"bulk_x"}"#
    );
    assert_eq!(json["actions"][0]["approval"], "approve");
}

#[test]
fn names_that_hide_something_are_shown_and_raised() {
    let tree = tree();
    let run = tree.words(&[
        "simulate",
        "policy.yaml",
        "read_fil\u{435}",
        "read\u{200b}_x",
        "--at",
        "2026-12-01T10:00:00Z",
    ]);
    insta::assert_snapshot!(run.ok(), @r#"
    policy.yaml at 2026-12-01T10:00:00Z

      type            decision          risk  rule   place           effect
      read_filе       approve (raised)  low   reads  policy.yaml:14  unknown
      read\u{200b}_x  auto              low   reads  policy.yaml:14  read (from its name)

    Raised from auto
      read_filе  the type has characters beyond ASCII, and no pattern that spells them allows it
    "#);
    let run = tree.words(&["simulate", "policy.yaml", ""]);
    insta::assert_snapshot!(run.out.lines().last().unwrap(), @"        block     critical  (no type)         unknown");
}

#[test]
fn expectations_fail_the_run() {
    let tree = tree();
    let run = tree.aegis("simulate policy.yaml delete_x delete_y --expect block");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let run = tree.aegis("simulate policy.yaml delete_x read list --expect block --format json");
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.err, @"failed: 2 actions are decided otherwise (`--expect block`); the first is `read`: auto");
    let json = run.json();
    assert_eq!(
        json["summary"],
        serde_json::json!({"actions": 3, "auto": 2, "approve": 0, "block": 1, "as_expected": false})
    );
}

#[test]
fn the_strictest_layer_decides() {
    let tree = tree();
    tree.write("team.yaml", "rules:\n  - {name: no_lists, match: {type: \"list*\"}, approval: block, reason: not here}\n  - {name: most, match: {type: [read, delete, frobnicate]}, approval: auto}\n");
    let line = "simulate --layer org=policy.yaml --layer team=team.yaml read list_users delete frobnicate --at 2026-12-01T10:00:00Z";
    insta::assert_snapshot!(tree.aegis(line).ok(), @"
    org (policy.yaml), team (team.yaml) at 2026-12-01T10:00:00Z

      type        decision  risk      layer  rule        place          effect
      read        auto      medium    team   most        team.yaml:3    read (from the catalogue)
      list_users  block     medium    team   no_lists    team.yaml:2    read (from the catalogue)
      delete      block     critical  org    no_deletes  policy.yaml:4  delete (from the catalogue)
      frobnicate  approve   medium    org    (defaults)  policy.yaml:2  unknown

    Reasons
      no_lists    not here
      no_deletes  Records are kept. Archive them instead.
    ");
    let json = tree.aegis(&format!("{line} --format json")).json();
    assert_eq!(
        json["policies"][1],
        serde_json::json!({"layer": "team", "path": "team.yaml", "rules": 2})
    );
    let action = &json["actions"][1];
    assert_eq!(
        (&action["layer"], &action["approval"]),
        (&"team".into(), &"block".into())
    );
    assert_eq!(
        (
            &action["layers"][0]["layer"],
            &action["layers"][0]["approval"]
        ),
        (&"org".into(), &"auto".into())
    );
    insta::assert_snapshot!(tree.aegis("simulate --layer a=policy.yaml --layer a=team.yaml x").refused(), @"error: two layers are called `a`; give each its own name");
    insta::assert_snapshot!(tree.aegis("simulate --layer policy.yaml x").refused(), @"
    error: invalid value 'policy.yaml' for '--layer <NAME=FILE>': expected NAME=FILE, such as `org=org.yaml`

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(tree.aegis("simulate --layer a=policy.yaml team.yaml x").refused(), @"error: `team.yaml` looks like a policy, and `--layer` names one already; for an action of this name use `--type`");
}

#[test]
fn the_policy_may_come_from_the_settings() {
    let tree = tree();
    tree.write("aegis.yaml", "policy: {path: policy.yaml}");
    let head = |line: &str| {
        let out = tree
            .aegis(&format!("{line} --at 2026-12-01T10:00:00Z"))
            .ok();
        out.lines().next().unwrap().to_owned()
    };
    assert_eq!(head("simulate read"), "policy.yaml at 2026-12-01T10:00:00Z");
    tree.write("strange.name", POLICY);
    assert_eq!(
        head("simulate --policy strange.name read"),
        "strange.name at 2026-12-01T10:00:00Z"
    );
    // An action may end like a file.
    assert_eq!(
        head("simulate read:other.yaml"),
        "policy.yaml at 2026-12-01T10:00:00Z"
    );
    insta::assert_snapshot!(tree.aegis("simulate read --no-config").refused(), @"error: no policy is named; name its file, or set `policy: { path: policy.yaml }` in `aegis.yaml` (`aegis init` writes both)");
}

#[test]
fn json_says_why_if_it_is_asked() {
    let tree = tree();
    let json = tree
        .aegis("simulate policy.yaml delete_user read --explain --format json --at 2026-12-01T10:00:00Z")
        .json();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["actions"][1]).unwrap(), @r#"
    {
      "action": {
        "type": "read"
      },
      "approval": "auto",
      "risk": "low",
      "by": "rule",
      "rule": {
        "name": "reads",
        "number": 3,
        "file": "policy.yaml",
        "line": 14,
        "column": 11
      },
      "reason": null,
      "raised": null,
      "effect": "read",
      "effect_source": "catalogue",
      "clock": null,
      "conditions": [],
      "earlier": [
        {
          "rule": {
            "name": "no_deletes",
            "number": 1,
            "file": "policy.yaml",
            "line": 4,
            "column": 11
          },
          "because": {
            "part": "effect",
            "wanted": [
              "delete"
            ],
            "found": "read"
          }
        },
        {
          "rule": {
            "name": "bulk",
            "number": 2,
            "file": "policy.yaml",
            "line": 9,
            "column": 11
          },
          "because": {
            "part": "type",
            "patterns": [
              "bulk_*"
            ],
            "name": "read"
          }
        }
      ]
    }
    "#);
    let plain = tree.aegis("simulate policy.yaml read --format json").json();
    assert!(plain["actions"][0].get("earlier").is_none());
    assert_eq!(
        (&json["format"], &json["version"], &json["at"]),
        (
            &"aegis/simulate".into(),
            &1.into(),
            &"2026-12-01T10:00:00Z".into()
        )
    );
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let tree = tree();
    let colours = |line: &str| tree.aegis(line).out.contains('\u{1b}');
    assert!(!colours("simulate policy.yaml read"));
    assert!(colours("simulate policy.yaml read --color always"));
    assert!(colours(
        "simulate policy.yaml read --color always --explain"
    ));
    assert!(!colours(
        "simulate policy.yaml read --color always --format json"
    ));
    assert!(colours("policy show policy.yaml --color always"));
    tree.write("bad.yaml", "rulse: []\n");
    assert!(colours("validate bad.yaml --color always"));
    assert!(!colours("validate bad.yaml"));
    assert!(
        tree.aegis("simulate bad.yaml x --color always")
            .err
            .contains('\u{1b}')
    );
}

#[test]
fn what_is_wrong_is_one_clear_error() {
    let tree = tree();
    let refused = |line: &str| tree.aegis(&format!("simulate {line}")).refused();
    insta::assert_snapshot!(refused("policy.yaml"), @"error: no action to decide about; name one, such as `read_file` or `delete:db`, or use `--type` or `--action-file`");
    insta::assert_snapshot!(refused("policy.yaml --param a=1"), @"error: `--param` says how an action is, but no action is named; add one as `TYPE:TARGET` or with `--type`");
    insta::assert_snapshot!(refused("gone.yaml read"), @"error: policy `gone.yaml` cannot be read: No such file or directory (os error 2); it is looked for in `DIR`");
    insta::assert_snapshot!(refused("policy.yaml read --at 2026-12-01"), @"
    error: invalid value '2026-12-01' for '--at <TIME>': `2026-12-01` is not a moment; add the time: `2026-12-01T12:00:00Z`

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused("policy.yaml read --at yesterday"), @"
    error: invalid value 'yesterday' for '--at <TIME>': `yesterday` is not a moment; expected RFC 3339, such as `2026-03-02T23:30:00Z`

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused("policy.yaml read --param count"), @"
    error: invalid value 'count' for '--param <NAME=VALUE>': expected NAME=VALUE, such as `count=150`

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused("policy.yaml read --param-json count={"), @r#"
    error: invalid value 'count={' for '--param-json <NAME=JSON>': the value of `count` is not JSON: a key in double quotes is missing at byte 1; for text use `--param`, or quote it: 'count="…"'

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(refused("policy.yaml read --param a=1 --param-json a=2"), @"error: parameter `a` is given twice; keep one of the two");
    insta::assert_snapshot!(refused("policy.yaml --target x"), @"
    error: the following required arguments were not provided:
      --type <TYPE>

    Usage: aegis simulate --type <TYPE> --target <TARGET> <POLICY|ACTION>...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused("policy.yaml read --expect deny"), @"
    error: invalid value 'deny' for '--expect <APPROVAL>'
      [possible values: auto, approve, block]

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused("policy.yaml --action-file gone.json"), @"error: action file `gone.json` cannot be read: No such file or directory (os error 2); it is looked for in `DIR`");
    insta::assert_snapshot!(refused("- --action-file -"), @"error: `-` is stdin and can be read once only");
    let json = |text: &str| {
        tree.write("a.json", text);
        refused("policy.yaml --action-file a.json")
    };
    insta::assert_snapshot!(json("{\"type\": \"a\""), @r#"error: action file `a.json` cannot be used: not the JSON of an action: `,` or `}` is missing at byte 12; expected `{"type": "delete_file", "target": "prod", "params": {…}}`"#);
    insta::assert_snapshot!(json("{\"type\": \"a\", \"type\": \"b\"}"), @r#"error: action file `a.json` cannot be used: not the JSON of an action: the key `type` occurs twice at byte 14; expected `{"type": "delete_file", "target": "prod", "params": {…}}`"#);
    insta::assert_snapshot!(json("{\"type\": \"a\"}\n{\"type\": }\n"), @r#"error: action file `a.json` cannot be used: line 2: not the JSON of an action: a value is missing at byte 9; expected `{"type": "delete_file", "target": "prod", "params": {…}}`"#);
    insta::assert_snapshot!(json("{\"tool\": \"a\"}"), @"error: action file `a.json` cannot be used: an action has no key `tool`; expected type, target, agent, session, params, effect or hints");
    insta::assert_snapshot!(json("[]"), @"error: action file `a.json` cannot be used: it holds no action");
    tree.write("latin.json", b"{\"type\": \"caf\xe9\"}");
    insta::assert_snapshot!(refused("policy.yaml --action-file latin.json"), @"error: action file `latin.json` cannot be used: it is not UTF-8: byte 13 is not part of a character");
}

#[test]
fn dots_in_the_name_of_a_parameter_are_pointed_at() {
    let run = tree().aegis("simulate policy.yaml read --param a.b=1");
    insta::assert_snapshot!(run.err, @r#"note: `a.b` is one parameter with a dot in its name; a value inside `a` is written `--param-json 'a={"b": …}'`"#);
}

#[test]
fn a_refused_policy_is_shown_and_then_named() {
    let tree = Tree::new(&[("bad.yaml", "rulse: []\n")]);
    insta::assert_snapshot!(tree.aegis("simulate bad.yaml read").refused(), @"
    error[unknown-key]: `rulse` is not a key of a policy
     --> bad.yaml:1:1
      |
    1 | rulse: []
      | ^^^^^
      |
      = help: did you mean `rules`?

    error: policy `bad.yaml` cannot be used: 1 error
    ");
    tree.write(
        "odd.yaml",
        "rules:\n  - {name: all, match: {type: \"*\"}, approval: auto}\n",
    );
    let run = tree.aegis("simulate odd.yaml read");
    assert_eq!(
        (run.code, run.err.as_str()),
        (
            0,
            "note: odd.yaml has 1 warning; `aegis validate` shows them\n"
        )
    );
}
