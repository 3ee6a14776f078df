//! `aegis policy merge` and `aegis policy show`.

use crate::harness::{POLICY, SUITE, Tree};

const TEAM: &str = "\
timezone: Europe/Berlin
defaults: { risk_level: high }
rules:
  - name: reads
    match: { type: \"read_*\", target: [\"docs/*\", notes] }
    conditions: { param_lte: { size: 12345678901234567890123 }, param_present: path }
    approval: auto
  - match: { agent: \"*-bot\" }
    approval: block
    reason: bots do not
";

fn tree() -> Tree {
    Tree::new(&[("base.yaml", POLICY), ("team.yaml", TEAM)])
}

#[test]
fn later_policies_come_first_and_replace() {
    let tree = tree();
    let run = tree.aegis("policy merge base.yaml team.yaml");
    assert_eq!(run.code, 0);
    insta::assert_snapshot!(run.out, @r#"
    # Merged by `aegis policy merge base.yaml team.yaml`.
    version: "1"
    timezone: Europe/Berlin
    defaults: { risk_level: high, approval: approve }
    rules:
      # team.yaml:4
      - name: reads
        match: { type: "read_*", target: ["docs/*", "notes"] }
        conditions: { param_lte: { size: 12345678901234567890123 }, param_present: path }
        risk_level: high
        approval: auto
      # team.yaml:8
      - name: rule-2
        match: { agent: "*-bot" }
        risk_level: high
        approval: block
        reason: bots do not
      # base.yaml:4
      - name: no_deletes
        match: { effect: delete }
        risk_level: critical
        approval: block
        reason: Records are kept. Archive them instead.
      # base.yaml:9
      - name: bulk
        match: { type: "bulk_*" }
        conditions: { param_gt: { count: 100 } }
        risk_level: high
        approval: approve
    "#);
    insta::assert_snapshot!(run.err, @"note: rule `reads` at base.yaml:14 is replaced by the one at team.yaml:4");
    let quiet = tree.aegis("policy merge base.yaml team.yaml -q -o merged.yaml");
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    assert_eq!(tree.read("merged.yaml"), run.out);
    assert_eq!(
        tree.aegis("validate merged.yaml").ok(),
        "merged.yaml (policy, 4 rules): no problems\n"
    );
}

#[test]
fn what_the_parts_do_not_show_is_warned_about() {
    let tree = Tree::new(&[
        (
            "a.yaml",
            "timezone: Asia/Tokyo\nrules:\n  - name: night\n    match: { type: x }\n    conditions: { time_after: \"22:00\" }\n    approval: block\n",
        ),
        ("b.yaml", TEAM),
    ]);
    let run = tree.aegis("policy merge a.yaml b.yaml");
    assert_eq!(run.code, 0);
    insta::assert_snapshot!(run.err, @r#"
    warning[timezone-changed]: the time in rule `night` was written for Asia/Tokyo and is read in Europe/Berlin
     --> a.yaml:5:19
      |
    5 |     conditions: { time_after: "22:00" }
      |                   ^^^^^^^^^^^^^^^^^^^
      |
     ::: b.yaml:1:11
      |
    1 | timezone: Europe/Berlin
      |           ------------- the zone of the merged policy
      |
      = help: write the same `timezone` in all policies that are merged
    "#);
}

#[test]
fn the_policy_that_applies_is_shown() {
    let tree = tree();
    insta::assert_snapshot!(tree.aegis("policy show base.yaml team.yaml").ok(), @"
    base.yaml + team.yaml: 4 rules, time zone Europe/Berlin

         rule        decision  risk      place        speaks of
      1  reads       auto      high      team.yaml:4  type read_*; target docs/*, notes; param_lte: { size: 12345678901234567890123 }; param_present: path
      2  rule-2      block     high      team.yaml:8  agent *-bot
      3  no_deletes  block     critical  base.yaml:4  effect delete
      4  bulk        approve   high      base.yaml:9  type bulk_*; param_gt: { count: 100 }
         (defaults)  approve   high      base.yaml:2  everything else

    Replaced
      reads  base.yaml:14  by  team.yaml:4
    ");
    tree.write("aegis.yaml", "policy: {path: team.yaml}");
    assert_eq!(
        tree.aegis("policy show").out,
        tree.aegis("policy show team.yaml").out
    );
    let yaml = tree
        .aegis("policy show --format yaml base.yaml team.yaml")
        .ok();
    let merged = tree.aegis("policy merge -q base.yaml team.yaml").ok();
    let bare = |text: &str| {
        text.lines()
            .filter(|l| !l.trim_start().starts_with('#'))
            .map(|l| format!("{l}\n"))
            .collect::<String>()
    };
    assert_eq!(yaml, bare(&merged));
}

#[test]
fn json_says_where_everything_comes_from() {
    let tree = tree();
    let json = tree
        .aegis("policy show base.yaml team.yaml --format json")
        .json();
    assert_eq!(
        (&json["format"], &json["version"]),
        (&"aegis/policy-show".into(), &1.into())
    );
    assert_eq!(json["rules"][3]["from"]["path"], "base.yaml");
    assert_eq!(json["defaults"]["approval_from"]["path"], "base.yaml");
    assert_eq!(json["defaults"]["risk_level_from"]["path"], "team.yaml");
    assert_eq!(json["replaced"][0]["by"]["line"], 4);
    let text = tree.aegis("policy show team.yaml --format json").out;
    assert!(
        text.contains(r#"{"param_lte":{"size":12345678901234567890123}}"#),
        "{text}"
    );
    let merged = tree
        .aegis("policy merge base.yaml team.yaml -q --format json")
        .json();
    assert_eq!(merged["rules"], json["rules"]);
    tree.write("yaml.yaml", json["yaml"].as_str().unwrap());
    tree.aegis("validate yaml.yaml").ok();
}

#[test]
fn stdin_can_be_one_of_the_policies() {
    let tree = tree();
    let run = tree.run("policy show base.yaml -", &[], TEAM);
    assert!(
        run.out.starts_with("base.yaml + <stdin>: 4 rules"),
        "{}",
        run.all()
    );
    insta::assert_snapshot!(tree.aegis("policy merge - -").refused(), @"error: `-` is stdin and can be read once only");
}

#[test]
fn what_is_wrong_is_one_clear_error() {
    let tree = tree();
    tree.write("dir/x", "");
    insta::assert_snapshot!(tree.aegis("policy merge base.yaml gone.yaml").refused(), @"error: policy `gone.yaml` cannot be read: No such file or directory (os error 2); it is looked for in `DIR`");
    insta::assert_snapshot!(tree.aegis("policy merge base.yaml -o dir").refused(), @"error: policy `dir` cannot be written: it is a folder; name a file in it");
    insta::assert_snapshot!(tree.aegis("policy merge base.yaml -o no/such/p.yaml").refused(), @"error: policy `no/such/p.yaml` cannot be written: there is no folder `no/such`; make it first");
    insta::assert_snapshot!(tree.aegis("policy show --no-config").refused(), @"error: no policy is named; name its file, or set `policy: { path: policy.yaml }` in `aegis.yaml` (`aegis init` writes both)");
    tree.write("suite.yaml", SUITE);
    let error = tree.aegis("policy show base.yaml suite.yaml").refused();
    assert!(
        error.ends_with("\nerror: policy `suite.yaml` cannot be used: 1 error\n"),
        "{error}"
    );
    insta::assert_snapshot!(tree.aegis("policy mrege").refused(), @"
    error: unrecognized subcommand 'mrege'

      tip: a similar subcommand exists: 'merge'

    Usage: aegis policy <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn rules_that_disagree_are_found() {
    let tree = tree();
    tree.write("agent.yaml", "rules:\n  - {name: lists, match: {type: \"list*\", agent: a}, approval: block}\n  - {name: tidy, match: {type: \"*_tmp\", target: \"/tmp/*\"}, approval: auto}\n");
    let run = tree.aegis("policy conflicts base.yaml agent.yaml");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @"
      rule        says     place         rule   says   place         for example
      no_deletes  block    base.yaml:4   tidy   auto   agent.yaml:3  _tmp (delete) on /tmp/
      bulk        approve  base.yaml:9   tidy   auto   agent.yaml:3  bulk_tmp on /tmp/
      reads       auto     base.yaml:14  lists  block  agent.yaml:2  list by a

    3 conflicts; decided in layers, the stricter rule applies
    ");
    let run = tree.aegis("policy conflicts base.yaml agent.yaml --strict --format json");
    assert_eq!(
        (run.code, run.err.as_str()),
        (1, "failed: 3 conflicts (`--strict`)\n")
    );
    let json = run.json();
    assert_eq!(
        (&json["format"], &json["version"]),
        (&"aegis/policy-conflicts".into(), &1.into())
    );
    assert_eq!(json["conflicts"][0]["applies"], "block");
    assert_eq!(
        json["conflicts"][0]["rules"][1]["from"]["path"],
        "agent.yaml"
    );
    tree.write(
        "agent.yaml",
        "rules:\n  - {name: z, match: {type: z}, approval: block}\n",
    );
    let run = tree.aegis("policy conflicts base.yaml agent.yaml --strict");
    assert_eq!(run.ok(), "no conflicts\n");
    insta::assert_snapshot!(tree.aegis("policy conflicts base.yaml").refused(), @"error: conflicts are between policies; name two or more");
}
