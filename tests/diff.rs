//! `aegis diff` and `aegis plan`.

use std::process::Command;

use crate::harness::Tree;

const OLD: &str = "\
version: \"1\"
defaults: {risk_level: medium, approval: approve}
rules:
  - name: no-delete
    match: {type: \"delete_*\"}
    risk_level: critical
    approval: block
  - name: reads
    match: {type: [\"read_*\", \"list_*\"]}
    risk_level: low
    approval: auto
  - name: refunds
    match: {type: refund}
    conditions: {param_lte: {amount: 50}}
    risk_level: low
    approval: auto
";

/// Larger refunds run, one kind of reading does not, and a rule is called something else.
fn changed() -> String {
    OLD.replace("amount: 50", "amount: 500")
        .replace(", \"list_*\"", "")
        .replace("name: no-delete", "name: keep")
}

fn tree() -> Tree {
    Tree::new(&[("old.yaml", OLD), ("new.yaml", &changed())])
}

#[test]
fn what_opens_and_what_closes() {
    let run = tree().aegis("diff old.yaml new.yaml");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r#"
    Aegis policy diff: old.yaml -> new.yaml
    1 region looser, 1 region stricter; nothing else changes

    LOOSER approve (risk medium) -> auto (risk low)
      action:  {"params":{"amount":50.5},"type":"refund"} at 2026-01-07T12:00:00Z
      before:  asks a person, by the defaults
      now:     runs unattended, by rule `refunds` on line 12
      see:     aegis simulate new.yaml --type refund --param-json amount=50.5 --at 2026-01-07T12:00:00Z

    STRICTER auto (risk low) -> approve (risk medium)
      action:  {"type":"list_item"} at 2026-01-07T12:00:00Z
      before:  runs unattended, by rule `reads` on line 8
      now:     asks a person, by the defaults
      see:     aegis simulate new.yaml --type list_item --at 2026-01-07T12:00:00Z

    Written differently:
      ~ `keep` was called `no-delete`
      ~ `reads` modified: match.type
      ~ `refunds` modified: conditions
    "#);
    let markdown = tree()
        .aegis("diff old.yaml new.yaml --format markdown")
        .ok();
    insta::assert_snapshot!(markdown, @r#"
    ## Policy diff: `old.yaml` → `new.yaml`

    1 region looser, 1 region stricter; nothing else changes

    | | action | before | now |
    |---|---|---|---|
    | **looser** | `{"params":{"amount":50.5},"type":"refund"}` at 2026-01-07T12:00:00Z | asks a person, by the defaults | runs unattended, by rule `refunds` on line 12 |
    | **stricter** | `{"type":"list_item"}` at 2026-01-07T12:00:00Z | runs unattended, by rule `reads` on line 8 | asks a person, by the defaults |

    **Written differently**

    - `keep` was called `no-delete`
    - `reads` modified: match.type
    - `refunds` modified: conditions
    "#);
}

#[test]
fn json_says_the_same() {
    let tree = tree();
    let json = tree.aegis("diff old.yaml new.yaml --format json").json();
    assert_eq!(json["format"], "aegis/policy-diff");
    assert_eq!((&json["looser"], &json["stricter"]), (&1.into(), &1.into()));
    assert_eq!(json["complete"], true);
    for region in json["regions"].as_array().unwrap() {
        let now = region["witness"]["reproduce"].as_str().unwrap();
        let before = region["reproduce_old"].as_str().unwrap();
        for (command, side) in [(before, "old"), (now, "new")] {
            let line = command.strip_prefix("aegis ").unwrap();
            let again = tree.aegis(&format!("{line} --format json")).json();
            let decision = &again["actions"][0];
            assert_eq!(decision["approval"], region[side]["approval"], "{command}");
            assert_eq!(decision["rule"]["name"], region[side]["rule"], "{command}");
        }
    }
}

#[test]
fn no_change_is_said_only_where_it_is_proved() {
    let tree = tree();
    // Order, names, spelling and comments change nothing here.
    let (head, rules) = OLD.split_once("rules:\n").unwrap();
    let (first, rest) = rules.split_once("  - name: reads\n").unwrap();
    let moved = format!(
        "# another order\n{head}rules:\n  - name: reads\n{rest}{}",
        first.replace("no-delete", "keep")
    );
    tree.write("moved.yaml", moved);
    let run = tree.aegis("diff old.yaml moved.yaml --fail-on any");
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out
            .contains("\nNo decision changes: proved for every action\n"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("`keep` was called `no-delete`"),
        "{}",
        run.out
    );
    // A weaker rule that moves up does.
    let all = "  - name: all\n    match: {type: \"*\"}\n    risk_level: low\n    approval: auto\n";
    tree.write("last.yaml", format!("{OLD}{all}"));
    tree.write(
        "first.yaml",
        OLD.replace("rules:\n", &format!("rules:\n{all}")),
    );
    let run = tree.aegis("diff last.yaml first.yaml --fail-on looser");
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.out.contains("block (risk critical) -> auto (risk low)"),
        "{}",
        run.out
    );
    // Defaults are compared as well.
    tree.write(
        "auto.yaml",
        OLD.replace("medium, approval: approve", "medium, approval: auto"),
    );
    assert_eq!(
        tree.aegis("diff old.yaml auto.yaml --fail-on looser").code,
        1
    );
    assert_eq!(
        tree.aegis("diff auto.yaml old.yaml --fail-on looser").code,
        0
    );
}

#[test]
fn zones_with_the_same_clock_are_the_same() {
    let windowed = |zone: &str, from: &str| {
        format!(
            "version: \"1\"\ntimezone: {zone}\nrules:\n  - name: night\n    match: {{type: deploy}}\n    conditions: {{time_after: \"{from}\", time_before: \"06:00\"}}\n    risk_level: high\n    approval: block\n  - name: day\n    match: {{type: deploy}}\n    risk_level: low\n    approval: auto\n"
        )
    };
    let tree = Tree::new(&[
        ("berlin.yaml", &windowed("Europe/Berlin", "22:00")),
        ("paris.yaml", &windowed("Europe/Paris", "22:00")),
        ("london.yaml", &windowed("Europe/London", "22:00")),
    ]);
    let run = tree.aegis("diff berlin.yaml paris.yaml --fail-on any");
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.out.contains("No decision changes"), "{}", run.out);
    let json = tree
        .aegis("diff berlin.yaml london.yaml --format json")
        .json();
    assert_eq!(
        (&json["looser"], &json["stricter"]),
        (&1.into(), &1.into()),
        "{json}"
    );
    assert_eq!(json["complete"], true, "{json}");
}

#[test]
fn gates() {
    let tree = tree();
    let gate = |line: &str| {
        let run = tree.aegis(&format!("diff {line}"));
        (run.code, run.err)
    };
    insta::assert_snapshot!(format!("{:?}", gate("old.yaml new.yaml --fail-on looser")), @r#"(1, "failed: some actions are decided more weakly (`--fail-on`)\n")"#);
    tree.write("strict.yaml", OLD.replace("amount: 50", "amount: 5"));
    assert_eq!(
        gate("old.yaml strict.yaml --fail-on looser"),
        (0, String::new())
    );
    insta::assert_snapshot!(format!("{:?}", gate("old.yaml strict.yaml --fail-on any")), @r#"(1, "failed: decisions change (`--fail-on`)\n")"#);
}

#[test]
fn recorded_actions_are_counted() {
    let tree = tree();
    let line = |kind: &str, amount: u32| {
        format!(
            "{{\"at\": \"2026-03-02T23:30:00Z\", \"user\": 7, \"action\": {{\"type\": \"{kind}\", \"params\": {{\"amount\": {amount}}}}}}}\n"
        )
    };
    let log = [
        line("refund", 20),
        line("refund", 100),
        line("refund", 900),
        line("list_x", 0),
    ]
    .concat();
    tree.write("log.jsonl", format!("{log}\n"));
    let run = tree.aegis("diff old.yaml new.yaml --replay log.jsonl");
    assert!(
        run.out.contains("Replayed 4 actions: 1 looser, 1 stricter"),
        "{}",
        run.all()
    );
    let json = tree
        .aegis("diff old.yaml new.yaml --replay log.jsonl --format json")
        .json();
    let replay = &json["replay"];
    assert_eq!(
        (&replay["actions"], &replay["looser"], &replay["stricter"]),
        (&4.into(), &1.into(), &1.into())
    );
    tree.write(
        "log.jsonl",
        format!("{log}{{\"action\": {{\"type\": \"x\"}}}}\n"),
    );
    insta::assert_snapshot!(tree.aegis("diff old.yaml new.yaml --replay log.jsonl").refused(), @"error: record `log.jsonl` cannot be used: line 5: there is no `at`, the time as text");
}

#[test]
fn bad_input_is_refused() {
    let tree = tree();
    tree.write(
        "broken.yaml",
        "rules:\n  - {name: a, match: {type: x}, approval: blok}\n",
    );
    let refused = |line: &str| tree.aegis(&format!("diff {line}")).refused();
    insta::assert_snapshot!(refused("old.yaml nope.yaml"), @"error: policy `nope.yaml` cannot be read: No such file or directory (os error 2); it is looked for in `DIR`");
    insta::assert_snapshot!(refused("- -"), @"error: only one of the two policies can come from stdin; name a file for the other");
    let run = tree.aegis("diff old.yaml broken.yaml");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("did you mean `block`?"), "{}", run.err);
    assert!(refused("old.yaml new.yaml --format sarif").contains("text, json, markdown"));
    assert!(refused("old.yaml new.yaml --fail-on looesr").contains("'looser'"));
    assert!(refused("old.yaml").contains("<NEW>"));
    let run = tree.run("diff old.yaml - --fail-on looser", &[], &changed());
    assert_eq!(run.code, 1, "{}", run.all());
}

/// Runs git in a tree, on nobody's settings.
fn git(tree: &Tree, args: &[&str]) {
    let output = Command::new("git")
        .current_dir(tree.path("."))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(args)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {args:?}: {said}");
}

/// `aegis plan` with a path to look for git in.
fn plan(tree: &Tree, line: &str) -> crate::harness::Run {
    let path = std::env::vars_os()
        .find(|(name, _)| name == "PATH")
        .unwrap()
        .1;
    let path = path.to_str().unwrap();
    tree.run(&format!("plan {line}"), &[("PATH", path)], "")
}

#[test]
fn a_plan_compares_with_a_revision() {
    let tree = Tree::new(&[
        ("conf/policy.yaml", OLD),
        ("aegis.yaml", "policy: {path: conf/policy.yaml}\n"),
    ]);
    git(&tree, &["init", "-q"]);
    git(&tree, &["add", "."]);
    git(&tree, &["commit", "-qm", "one"]);
    let run = plan(&tree, "conf/policy.yaml --fail-on any");
    assert_eq!(run.code, 0, "{}", run.all());
    tree.write("conf/policy.yaml", changed());
    let run = plan(&tree, "conf/policy.yaml --fail-on looser");
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.out
            .starts_with("Aegis policy diff: HEAD:conf/policy.yaml -> conf/policy.yaml\n"),
        "{}",
        run.out
    );
    git(&tree, &["commit", "-qam", "two"]);
    assert_eq!(
        plan(&tree, "--fail-on any").code,
        0,
        "the policy of the settings, as committed"
    );
    assert_eq!(plan(&tree, "--base HEAD~1 --fail-on looser").code, 1);
    assert_eq!(plan(&tree, "--base main --fail-on any").code, 0);

    tree.write("new.yaml", OLD);
    insta::assert_snapshot!(plan(&tree, "new.yaml").refused(), @"error: `new.yaml` does not exist at `HEAD`; there is nothing to compare with");
    insta::assert_snapshot!(plan(&tree, "conf/policy.yaml --base nope").refused(), @"error: git knows no revision `nope`; fetch it first (a shallow clone in CI has only one)");
    assert!(
        plan(&tree, "conf/policy.yaml --base=--help")
            .refused()
            .contains("is not a revision")
    );
    insta::assert_snapshot!(plan(&tree, "-").refused(), @"error: what comes from stdin is at no revision; name a file, or use `aegis diff`");
    insta::assert_snapshot!(plan(&tree, "nope.yaml").refused(), @"error: policy `nope.yaml` does not exist");
    let outside = Tree::new(&[("policy.yaml", OLD)]);
    insta::assert_snapshot!(plan(&outside, "policy.yaml").refused(), @"error: `policy.yaml` is not in a git repository; `aegis diff OLD NEW` compares two files");
}
