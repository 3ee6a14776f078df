//! `aegis probe`.

use std::fs;

use crate::harness::{Run, Tree, at_home, repository};

/// One tool that deletes contacts is blocked, and everything about contacts may run.
const HOLE: &str = "\
version: \"1\"
defaults: {risk_level: medium, approval: approve}
rules:
  - name: keep-contacts # the law wants it
    match: {type: contact_delete}
    risk_level: critical
    approval: block
    reason: Contacts are never deleted.
  - name: contacts
    match: {type: \"contact_*\"}
    risk_level: low
    approval: auto
";

/// Only what reads runs.
const SOUND: &str = "\
version: \"1\"
defaults: {risk_level: medium, approval: approve}
rules:
  - name: deletes
    match: {effect: delete}
    risk_level: critical
    approval: block
  - name: reads
    match: {effect: read}
    risk_level: low
    approval: auto
";

/// Conditions on so many parameters that no one can know which rules could go.
fn hard() -> String {
    let mut text = String::from("version: \"1\"\nrules:\n");
    for i in 0..24 {
        let [a, b, c] = [i * 7 % 20, i * 3 % 20 + 20, i * 11 % 20 + 40];
        let approval = ["block", "approve", "auto"][i % 3];
        text += &format!(
            "  - name: r{i}\n    match: {{type: pay}}\n    conditions: {{param_gt: {{p{a}: {i}, p{b}: 5}}, param_lt: {{p{c}: {i}}}}}\n    risk_level: high\n    approval: {approval}\n"
        );
    }
    text
}

fn hole() -> Tree {
    Tree::new(&[("policy.yaml", HOLE)])
}

/// The hole with a comment above the rule that is got past.
fn commented(comment: &str) -> Tree {
    let rule = "  - name: keep-contacts";
    let text = HOLE.replace(rule, &format!("  {comment}\n{rule}"));
    Tree::new(&[("policy.yaml", &text)])
}

#[test]
fn the_report_for_people() {
    let run = hole().aegis("probe policy.yaml");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r#"
    Aegis Policy Probe - 14030 probes
    Robustness score: 96/100 (96.9 over the 4225 names of probe-ref/1)
    Friction: 1411 of 1411 harmless names do not run unattended

    HIGH [glob_bypass] rule `keep-contacts` blocks `contact_delete` and misses `contact_delete_record`, `contact_drop`, `contact_remove` and 9 more names, which run unattended: rule `contacts` allows it (AEG202)
     --> policy.yaml:5:19
      |
    5 |     match: {type: contact_delete}
      |                   ^^^^^^^^^^^^^^ this pattern
    ...
    9 |   - name: contacts
      |           -------- this rule decides: auto
      |
      = note: witness: {"type":"contact_delete_record"} at 2026-01-07T12:00:00Z runs unattended by rule `contacts`
      = note: expected: `block` at least
      = note: concerns 12 actions looked at, such as `contact_delete_record`, `contact_drop`, `contact_remove`, `contact_drop_record`, `contact_remove_record`, `contact_wipe`, `contact_clear`, `contact_erase`
      = note: reproduce: aegis simulate policy.yaml --type contact_delete_record --at 2026-01-07T12:00:00Z
      -> add rule `no_delete` before `keep-contacts` (tried: closes this finding; holds up no harmless name)

    1 finding: 1 high
    "#);
    let run = Tree::new(&[("policy.yaml", SOUND)]).aegis("probe policy.yaml");
    let (head, rest) = run.out.split_once('\n').unwrap();
    assert!(head.starts_with("Aegis Policy Probe - "), "{head}");
    assert!(rest.ends_with("\n\nNo findings\n"), "{rest}");
}

#[test]
fn what_is_shown_reproduces_it() {
    let tree = hole();
    let report = tree.aegis("probe policy.yaml --format json").json();
    let witnesses = report["findings"][0]["proof"]["witnesses"].clone();
    assert!(witnesses.as_array().unwrap().len() > 2, "{witnesses}");
    for witness in witnesses.as_array().unwrap() {
        let command = witness["reproduce"].as_str().unwrap();
        let line = command.strip_prefix("aegis ").unwrap();
        let again = tree.aegis(&format!("{line} --format json")).json();
        let decision = &again["actions"][0];
        assert_eq!(decision["approval"], witness["approval"], "{command}");
        assert_eq!(decision["rule"]["name"], witness["rule"], "{command}");
    }
}

#[test]
fn every_format_has_the_finding_and_its_place() {
    let tree = hole();
    let json = tree.aegis("probe policy.yaml --format json").json();
    assert_eq!(json["format"], "aegis/probe");
    assert_eq!(json["summary"]["by_severity"]["high"], 1);
    assert_eq!(json["findings"][0]["location"]["line"], 5);
    assert_eq!(json["findings"][0]["proof"]["category"], "glob_bypass");

    let github = tree.aegis("probe policy.yaml --format github").ok();
    let start = "::error file=policy.yaml,line=5,endLine=5,col=19,endColumn=33,title=AEG202 glob_bypass::rule `keep-contacts` blocks";
    assert!(github.starts_with(start), "{github}");

    let markdown = tree.aegis("probe policy.yaml --format markdown").ok();
    assert!(markdown.starts_with("## Aegis Policy Probe: `policy.yaml`\n"));
    assert!(
        markdown.contains("| high | AEG202 glob_bypass |"),
        "{markdown}"
    );
    assert!(markdown.contains("| `policy.yaml:5:19` |"), "{markdown}");
}

#[test]
fn sarif_is_valid_and_points_into_the_policy() {
    let tree = hole();
    let sarif = tree.aegis("probe policy.yaml --format sarif").json();
    valid_sarif(&sarif);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"AEG202".into(), &"error".into())
    );
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (&region["startLine"], &region["startColumn"]),
        (&5.into(), &19.into())
    );
    let related = &result["relatedLocations"][0]["physicalLocation"]["region"];
    assert_eq!(related["startLine"], 9, "the rule that decides: {related}");
    assert!(result.get("baselineState").is_none(), "{result}");
}

/// Against the schema of OASIS.
#[track_caller]
fn valid_sarif(sarif: &serde_json::Value) {
    let path = repository().join("crates/aegis-report/tests/data/sarif-schema-2.1.0.json");
    let text = fs::read_to_string(path).unwrap();
    let mut schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    // The published pattern of a language, which Aegis does not write, is no regular expression.
    for of in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][of]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(sarif)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn several_reports_are_written_in_one_pass() {
    let tree = hole();
    let run = tree.aegis("probe policy.yaml -o json=probe.json -o sarif=probe.sarif");
    assert!(
        run.out.starts_with("Aegis Policy Probe - "),
        "{}",
        run.all()
    );
    for (format, path) in [("json", "probe.json"), ("sarif", "probe.sarif")] {
        let alone = tree.aegis(&format!("probe policy.yaml --format {format}"));
        assert_eq!(tree.read(path), alone.out);
    }
    let quiet = tree.aegis("probe policy.yaml -q -o json=probe.json");
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
}

#[test]
fn gates() {
    let tree = hole();
    let gate = |flags: &str| {
        let run = tree.aegis(&format!("probe policy.yaml -q {flags}"));
        (run.code, run.err)
    };
    assert_eq!(gate("--fail-on critical"), (0, String::new()));
    assert_eq!(gate("--fail-on none"), (0, String::new()));
    insta::assert_snapshot!(format!("{:?}", gate("--fail-on high")), @r#"(1, "failed: 1 finding is high or worse (`--fail-on high`)\n")"#);
    insta::assert_snapshot!(format!("{:?}", gate("--fail-on low")), @r#"(1, "failed: 1 finding is low or worse (`--fail-on low`)\n")"#);
    assert_eq!(gate("--fail-under 96.9"), (0, String::new()));
    insta::assert_snapshot!(format!("{:?}", gate("--fail-under 97")), @r#"(1, "failed: the robustness score is 96.9, under 97.0 (`--fail-under`)\n")"#);
    let (code, said) = gate("--fail-under 100 --fail-on medium");
    assert_eq!(
        (code, said.lines().count()),
        (1, 2),
        "both are said: {said}"
    );
}

#[test]
fn what_was_not_decided_is_said_and_fails_under_strict() {
    let tree = Tree::new(&[("hard.yaml", &hard()), ("sound.yaml", SOUND)]);
    let run = tree.aegis("probe hard.yaml --strict --format json");
    let json = run.json();
    assert_eq!(run.code, 3, "{}", run.err);
    assert_eq!(json["summary"]["complete"], false);
    let unknown = json["summary"]["unknown"].as_u64().unwrap();
    assert!(unknown > 0);
    let said = format!("{unknown} questions are not decided (`--strict`)");
    assert!(run.err.contains(&said), "{}", run.err);
    assert!(run.rules().contains(&"AEG214".to_owned()));
    assert_eq!(tree.aegis("probe sound.yaml -q --strict").code, 0);
}

#[test]
fn a_waiver_needs_a_reason_and_ends() {
    let ids = |comment: &str| {
        commented(comment)
            .aegis("probe policy.yaml --format json")
            .rules()
    };
    let none = Vec::<String>::new();
    assert_eq!(ids("# aegis: ignore[AEG202] a fixed list"), none);
    assert_eq!(
        ids("# aegis: ignore[glob-bypass] a fixed list until=2026-12-01"),
        none
    );
    assert_eq!(
        ids("# aegis: ignore[AEG202] a fixed list until=2026-11-30"),
        ["AEG202", "AEG291"]
    );
    assert_eq!(ids("# aegis: ignore[AEG202]"), ["AEG202", "AEG290"]);
    assert_eq!(
        ids("# aegis: ignore[AEG203] something else"),
        ["AEG202", "AEG292"]
    );
    assert_eq!(
        ids("# aegis: ignore[AEG2O2] mistyped"),
        ["AEG202", "AEG292"]
    );
    assert_eq!(
        ids("# aegis: ignore[AEG202] x until=soon"),
        ["AEG202", "AEG292"]
    );

    let tree = commented("# aegis: ignore[AEG202] a fixed list");
    let run = tree.aegis("probe policy.yaml --fail-on info");
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out.ends_with("\nNo findings\n1 finding suppressed\n"),
        "{}",
        run.out
    );
    let shown = tree.aegis("probe policy.yaml --include-suppressed").ok();
    assert!(shown.contains("(suppressed: a fixed list)"), "{shown}");
    let sarif = tree
        .aegis("probe policy.yaml --format sarif --include-suppressed")
        .json();
    let suppression = &sarif["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(suppression["kind"], "inSource");
    assert_eq!(suppression["justification"], "a fixed list");
}

#[test]
fn a_baseline_accepts_what_is_known() {
    let tree = hole();
    let run =
        tree.aegis("probe policy.yaml --baseline known.json --write-baseline -q --fail-on low");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "writing is no gate");
    let known = tree.read("known.json");
    let gated = "probe policy.yaml --baseline known.json --fail-on-new --fail-on info";
    let run = tree.aegis(gated);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out.ends_with("\nNo findings\n1 finding suppressed\n"),
        "{}",
        run.out
    );

    // Moved and commented, it is the same finding; written again, the file is the same but for
    // the digest of the policy.
    tree.write("policy.yaml", format!("# moved down\n\n{HOLE}"));
    assert_eq!(tree.aegis(gated).code, 0);
    tree.aegis("probe policy.yaml --baseline known.json --write-baseline -q")
        .ok();
    let without_digest = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|l| !l.contains("policy_sha256"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(
        without_digest(&tree.read("known.json")),
        without_digest(&known)
    );

    // Another hole is new.
    let more =
        "  - name: everything\n    match: {type: \"*\"}\n    risk_level: low\n    approval: auto\n";
    tree.write("policy.yaml", format!("{HOLE}{more}"));
    let run = tree.aegis("probe policy.yaml --baseline known.json --fail-on-new --format json");
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.err.contains("not in the baseline (`--fail-on-new`)"),
        "{}",
        run.err
    );
    assert!(!run.rules().contains(&"AEG202".to_owned()), "{}", run.out);
    let sarif = tree
        .aegis("probe policy.yaml --baseline known.json --format sarif --include-suppressed")
        .json();
    valid_sarif(&sarif);
    let state = |result: &serde_json::Value| {
        let text = |key: &str| result[key].as_str().unwrap().to_owned();
        (text("ruleId"), text("baselineState"))
    };
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let states: Vec<_> = results.iter().map(state).collect();
    assert!(
        states.contains(&("AEG202".into(), "unchanged".into())),
        "{states:?}"
    );
    assert!(
        states.contains(&("AEG206".into(), "new".into())),
        "{states:?}"
    );
}

#[test]
fn a_baseline_guards_what_was_stopped() {
    let tree = hole();
    tree.aegis("probe policy.yaml --baseline known.json --write-baseline -q")
        .ok();
    let guard = "  - name: keep-contacts # the law wants it\n    match: {type: contact_delete}\n    risk_level: critical\n    approval: block\n    reason: Contacts are never deleted.\n";
    assert!(HOLE.contains(guard));
    tree.write("policy.yaml", HOLE.replace(guard, ""));
    let run =
        tree.aegis("probe policy.yaml --baseline known.json --format json --fail-on critical");
    assert_eq!(run.code, 1, "{}", run.all());
    let json = run.json();
    let found = json["findings"].as_array().unwrap().iter();
    let removed: Vec<_> = found.filter(|f| f["rule"]["id"] == "AEG213").collect();
    assert_eq!(removed.len(), 1);
    let message = removed[0]["message"].as_str().unwrap();
    assert!(
        message.contains("was stopped by rule `keep-contacts` and runs unattended now"),
        "{message}"
    );
    assert_eq!(json["gone"].as_array().unwrap().len(), 1, "{json}");

    // Accepted until a day, it comes back after it.
    tree.write("policy.yaml", HOLE);
    let known = tree.read("known.json");
    let accepted = |until: &str| {
        let field = format!(
            "\"reason\": \"until the migration\", \"expires\": \"{until}\", \"rule\": \"AEG202\""
        );
        known.replace("\"rule\": \"AEG202\"", &field)
    };
    tree.write("known.json", accepted("2026-12-01"));
    assert_eq!(
        tree.aegis("probe policy.yaml -q --baseline known.json --fail-on-new")
            .code,
        0
    );
    tree.write("known.json", accepted("2026-11-30"));
    let run = tree.aegis("probe policy.yaml --baseline known.json --fail-on-new");
    assert_eq!(run.code, 1);
    assert!(
        run.out
            .contains("the baseline accepted it until 2026-11-30"),
        "{}",
        run.out
    );
}

#[test]
fn a_fix_keeps_comments_and_mends() {
    let tree = hole();
    let diff = tree.aegis("probe policy.yaml --diff").ok();
    insta::assert_snapshot!(diff, @r#"
    --- a/policy.yaml
    +++ b/policy.yaml
    @@ -1,6 +1,10 @@
     version: "1"
     defaults: {risk_level: medium, approval: approve}
     rules:
    +  - name: no_delete
    +    match: { effect: [delete] }
    +    risk_level: critical
    +    approval: block
       - name: keep-contacts # the law wants it
         match: {type: contact_delete}
         risk_level: critical
    "#);
    assert_eq!(tree.read("policy.yaml"), HOLE, "nothing is changed");

    let run = tree.aegis("probe policy.yaml --fix --fail-on medium");
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.err.starts_with("fixed: "), "{}", run.err);
    assert!(run.out.ends_with("\nNo findings\n"), "{}", run.out);
    let mended = tree.read("policy.yaml");
    for line in HOLE.lines() {
        assert!(mended.contains(line), "{line} is kept");
    }
    let again = tree.aegis("probe policy.yaml --fix --quiet");
    assert_eq!((again.code, again.err.as_str()), (0, ""));
    assert_eq!(
        tree.read("policy.yaml"),
        mended,
        "there is nothing left to fix"
    );
    assert_eq!(tree.aegis("probe policy.yaml --diff").ok(), "");
}

#[test]
fn a_rule_that_never_decides_is_moved_and_only_then_removed() {
    let (head, rules) = HOLE.split_once("rules:\n").unwrap();
    let (block, auto) = rules.split_once("  - name: contacts\n").unwrap();
    let shadowed = format!("{head}rules:\n  - name: contacts\n{auto}{block}");
    let tree = Tree::new(&[("policy.yaml", &shadowed)]);
    let json = tree.aegis("probe policy.yaml --format json").json();
    let found = json["findings"].as_array().unwrap().iter();
    let dead = found.clone().find(|f| f["rule"]["id"] == "AEG207").unwrap();
    let fix = &dead["proof"]["fix"];
    assert_eq!(fix["title"], "move rule `keep-contacts` before `contacts`");
    assert_eq!(fix["safe"], true);
    tree.aegis("probe policy.yaml --fix -q").ok();
    let mended = tree.read("policy.yaml");
    let at = |name: &str| mended.find(name).unwrap();
    assert!(
        at("keep-contacts # the law wants it") < at("name: contacts\n"),
        "{mended}"
    );
    assert!(
        tree.aegis("probe policy.yaml --format json")
            .rules()
            .is_empty()
    );
}

#[test]
fn tools_of_a_list_and_of_the_code() {
    let list = r#"{"tools": [{"name": "contact_purge", "inputSchema": {"properties": {"id": {}}}}, {"name": "contact_list"}]}"#;
    let code = "from agents import Agent, function_tool\n\n@function_tool\ndef contact_purge(contact_id: str) -> str:\n    \"\"\"Purges.\"\"\"\n    return contact_id\n\n\nagent = Agent(name=\"a\", tools=[contact_purge])\n";
    let tree = Tree::new(&[
        ("policy.yaml", HOLE),
        ("tools.json", list),
        ("src/app.py", code),
    ]);
    let first = |flags: &str| {
        let run = tree.aegis(&format!("probe policy.yaml {flags}"));
        let line = run
            .out
            .lines()
            .find(|l| l.starts_with("CRITICAL"))
            .map(str::to_owned);
        (line.unwrap_or_default(), run.out)
    };
    insta::assert_snapshot!(first("--tools tools.json").0, @"CRITICAL [missing_coverage] `contact_purge` (tools.json) runs unattended (rule `contacts` allows it), and it deletes (AEG201)");
    let (line, all) = first("--code src");
    insta::assert_snapshot!(line, @"CRITICAL [missing_coverage] `contact_purge` (src/app.py:4:5) runs unattended (rule `contacts` allows it), and it deletes (AEG201)");
    assert!(all.contains("::: src/app.py:4:5"), "{all}");
    // The name that is made up is less than one that is there.
    let json = tree
        .aegis("probe policy.yaml --tools tools.json --format json")
        .json();
    assert_eq!(json["tools"], 2);
    let severity = |id: &str| {
        let mut found = json["findings"].as_array().unwrap().iter();
        found
            .find(|f| f["rule"]["id"] == id)
            .map(|f| f["severity"].as_str().unwrap())
    };
    assert_eq!(
        (severity("AEG201"), severity("AEG202")),
        (Some("critical"), Some("medium"))
    );
    // With tools that do no harm nothing critical is left.
    tree.write("tools.json", "[{\"name\": \"contact_list\"}]");
    assert_eq!(first("--tools tools.json").0, "");
}

#[test]
fn what_is_merely_possible_is_shown_on_request() {
    let count = |flags: &str| {
        let line = format!("probe fixtures/policies/k8s-sound.yaml --format json {flags}");
        at_home(&line).rules().len()
    };
    assert_eq!((count(""), count("--all")), (0, 1));
}

#[test]
fn equal_inputs_give_equal_bytes() {
    let tree = hole();
    for line in [
        "probe policy.yaml --format json",
        "probe policy.yaml --format json --seed 7 --all",
        "probe policy.yaml --format sarif",
    ] {
        let with = |threads: &str| tree.run(line, &[("RAYON_NUM_THREADS", threads)], "");
        assert_eq!(with("1"), with("4"), "{line}");
        assert_eq!(with("1"), with("1"), "{line}");
    }
}

#[test]
fn the_policy_comes_from_settings_and_from_stdin() {
    let tree = Tree::new(&[
        ("rules/policy.yaml", HOLE),
        ("aegis.yaml", "policy: {path: rules/policy.yaml}\n"),
    ]);
    let run = tree.aegis("probe");
    assert!(
        run.out.contains(" --> rules/policy.yaml:5:19"),
        "{}",
        run.all()
    );
    let run = tree.run("probe -", &[], HOLE);
    assert!(run.out.contains(" --> <stdin>:5:19"), "{}", run.all());
    let run = tree.run("probe - --fix", &[], HOLE);
    insta::assert_snapshot!(run.refused(), @"error: what comes from stdin cannot be fixed in place; `--diff` shows what would change");
    let run = tree.run("probe - --diff", &[], HOLE);
    assert!(run.out.starts_with("--- a/<stdin>\n"), "{}", run.all());
}

#[test]
fn bad_input_is_refused_with_what_was_expected() {
    let tree = Tree::new(&[
        ("policy.yaml", HOLE),
        (
            "broken.yaml",
            "rules:\n  - name: a\n    match: {typ: x}\n    approval: block\n",
        ),
        (
            "other.json",
            "{\"format\": \"aegis/probe\", \"version\": 1}",
        ),
        (
            "later.json",
            "{\"format\": \"aegis/baseline\", \"version\": 2}",
        ),
        (
            "odd.json",
            "{\"tools\": [{\"name\": \"a\"}, {\"title\": \"b\"}]}",
        ),
    ]);
    let refused = |line: &str| tree.aegis(&format!("probe {line}")).refused();
    let broken = tree.aegis("probe broken.yaml");
    assert_eq!((broken.code, broken.out.as_str()), (2, ""));
    assert!(
        broken.err.contains("help: did you mean `type`?"),
        "{}",
        broken.err
    );
    assert!(
        broken.err.contains(" --> broken.yaml:3:13"),
        "{}",
        broken.err
    );
    insta::assert_snapshot!(refused("nope.yaml"), @"error: policy `nope.yaml` cannot be read: No such file or directory (os error 2); it is looked for in `DIR`");
    insta::assert_snapshot!(refused(""), @"error: no policy is named; name its file, or set `policy: { path: policy.yaml }` in `aegis.yaml` (`aegis init` writes both)");
    insta::assert_snapshot!(refused("policy.yaml --baseline nope.json"), @"error: baseline `nope.json` cannot be read: No such file or directory (os error 2); it is looked for in `DIR`");
    insta::assert_snapshot!(refused("policy.yaml --baseline policy.yaml"), @"error: baseline `policy.yaml` cannot be used: line 1, column 1: expected an object, in braces");
    insta::assert_snapshot!(refused("policy.yaml --baseline other.json"), @"error: baseline `other.json` cannot be used: line 1, column 2: `format` is `aegis/probe`, not `aegis/baseline`, so this is no baseline");
    insta::assert_snapshot!(refused("policy.yaml --baseline later.json"), @"error: baseline `later.json` cannot be used: line 1, column 30: `version` is 2, and this Aegis reads version 1");
    insta::assert_snapshot!(refused("policy.yaml --tools odd.json"), @"error: tool list `odd.json` cannot be used: tool 2: it has no `name`");
    insta::assert_snapshot!(refused("policy.yaml --tools policy.yaml"), @"error: tool list `policy.yaml` cannot be used: it is not JSON: expected value at line 1 column 1");
    insta::assert_snapshot!(refused("policy.yaml --code nope"), @"error: `nope` cannot be scanned: No such file or directory (os error 2)");
    for (line, said) in [
        (
            "policy.yaml --fail-on hihg",
            "a similar value exists: 'high'",
        ),
        ("policy.yaml --fail-under 101", "expected 0 to 100"),
        (
            "policy.yaml --format sarfi",
            "a similar value exists: 'sarif'",
        ),
        ("policy.yaml --fix=sfae", "[possible values: safe, unsafe]"),
        ("policy.yaml --write-baseline", "--baseline <FILE>"),
        ("policy.yaml --fail-on-new", "--baseline <FILE>"),
        ("policy.yaml --diff --format json", "cannot be used with"),
        ("policy.yaml --seed x", "invalid digit"),
    ] {
        let err = refused(line);
        assert!(err.contains(said), "{line}: {err}");
    }
}

#[test]
fn hostile_policies_end() {
    let stars = "  - name: stars\n    match: {type: \"*a*a*a*a*a*a*a*b\"}\n    approval: block\n";
    let regex = "  - name: regex\n    match: {type: pay}\n    conditions: {param_matches: {to: \"(a|aa)*(b|bb)*(a|b)*c\"}}\n    approval: block\n";
    let long = format!(
        "  - name: long\n    match: {{type: \"x{}*\"}}\n    approval: block\n",
        "y".repeat(60_000)
    );
    let auto = "  - name: auto\n    match: {type: \"*a*a*a*\"}\n    approval: auto\n";
    let text = format!("version: \"1\"\nrules:\n{stars}{regex}{long}{auto}");
    let run: Run = Tree::new(&[("policy.yaml", &text)]).aegis("probe policy.yaml --format json");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.json()["findings"].is_array());
}

#[test]
fn ready_made_policies_are_clean() {
    let templates = repository().join("policies/templates");
    let mut seen = 0;
    for entry in fs::read_dir(templates).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".yaml") || name.ends_with(".test.yaml") {
            continue;
        }
        seen += 1;
        let run = at_home(&format!(
            "probe policies/templates/{name} --strict --fail-on medium"
        ));
        assert_eq!(run.code, 0, "{name}\n{}", run.all());
    }
    assert!(seen >= 9, "{seen}");
}
