//! `aegis baseline`, and what it keeps from counting.

use crate::harness::{CALL, POLICY, Tree};

/// A function with one ungoverned call.
const ASK: &str = "\
from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.chat.completions.create(model=\"gpt-5\", messages=[text])
";

const SCAN: &str = "scan --baseline aegis-baseline.json --fail-on high";

fn written() -> Tree {
    let tree = Tree::new(&[("desk.py", ASK)]);
    let run = tree.aegis("baseline write --reason legacy --owner ann --expires 2027-01-31");
    assert_eq!(run.err, "aegis-baseline.json accepts 1 finding now\n");
    run.ok();
    tree
}

#[test]
fn the_file_is_made_to_be_read() {
    insta::assert_snapshot!(written().read("aegis-baseline.json"), @r#"
    {
      "format": "aegis/baseline",
      "version": 1,
      "findings": [
        {
          "id": "586c8e5b5e7ef394f512aa4309321f04",
          "rule": "AEG101",
          "severity": "high",
          "path": "desk.py",
          "scope": "desk:ask",
          "symbol": "client.chat.completions.create",
          "message": "`chat.completions.create` (openai) is ungoverned: reached from desk.py:6, and nothing in the program governs it",
          "count": 1,
          "reason": "legacy",
          "expires": "2027-01-31",
          "owner": "ann"
        }
      ]
    }
    "#);
}

#[test]
fn what_is_known_does_not_count_and_is_not_hidden() {
    let tree = written();
    let run = tree.aegis(SCAN);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.all());
    assert!(run.out.contains("1 finding suppressed"), "{}", run.all());
    let json = tree.aegis(&format!("{SCAN} --format json")).json();
    assert_eq!(json["findings"], serde_json::json!([]));
    assert_eq!(json["suppressed"][0]["suppressed_by"], "baseline");
    assert_eq!(json["suppressed"][0]["suppression_reason"], "legacy");
    assert_eq!(json["summary"]["suppressed"], 1);
    let sarif = tree.aegis(&format!("{SCAN} --format sarif")).json();
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
    let github = tree.aegis(&format!("{SCAN} --format github")).ok();
    assert!(!github.contains("::error"), "{github}");
    let shown = tree.aegis(&format!("{SCAN} --include-suppressed")).ok();
    assert!(shown.contains("(suppressed: legacy)"), "{shown}");
}

#[test]
fn lines_may_move_and_an_equal_call_is_new() {
    let tree = written();
    let moved = ASK
        .replace("def ask", "# One.\n\n\ndef ask")
        .replace("    return client", "    if text:\n        return client");
    tree.write("desk.py", &moved);
    tree.aegis(SCAN).ok();
    let call = "        return client.chat.completions.create(model=\"gpt-5\", messages=[text])\n";
    let twice = moved.replace(
        call,
        &format!("{}{call}", call.replace("return", "first =")),
    );
    tree.write("desk.py", &twice);
    let run = tree.aegis(SCAN);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.err.contains("1 finding is high or worse"),
        "{}",
        run.all()
    );
    // In another function it is another call.
    tree.write("desk.py", moved.replace("def ask", "def answer"));
    assert_eq!(tree.aegis(SCAN).code, 1);
    // Another name of the file is another file: a scan does not know of renames.
    tree.write("desk.py", "");
    tree.write("bureau.py", ASK);
    let run = tree.aegis(SCAN);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.err
            .contains("note: 1 entry of aegis-baseline.json accepts more than there is"),
        "{}",
        run.all()
    );
}

#[test]
fn equal_calls_are_counted() {
    let call = "    return client.chat.completions.create(model=\"gpt-5\", messages=[text])\n";
    let twice = ASK.replace(
        call,
        &format!("{}{call}", call.replace("return", "first =")),
    );
    let tree = Tree::new(&[("desk.py", &twice)]);
    tree.aegis("baseline write").ok();
    let known: serde_json::Value = serde_json::from_str(&tree.read("aegis-baseline.json")).unwrap();
    assert_eq!(known["findings"].as_array().unwrap().len(), 1);
    assert_eq!(known["findings"][0]["count"], 2);
    tree.write("desk.py", ASK);
    tree.aegis(SCAN).ok();
    let shown = tree.aegis("baseline show").ok();
    assert!(shown.contains("stale: 1 of 2 no longer found"), "{shown}");
    let run = tree.aegis("baseline prune");
    assert_eq!(run.err, "aegis-baseline.json accepts 1 finding less\n");
    tree.write("desk.py", &twice);
    assert_eq!(tree.aegis(SCAN).code, 1);
}

#[test]
fn what_expired_counts_again_and_says_so() {
    let tree = written();
    let run = tree.run(SCAN, &[("AEGIS_TODAY", "2027-01-31")], "");
    assert_eq!(run.code, 0, "the last day counts: {}", run.all());
    let run = tree.run(SCAN, &[("AEGIS_TODAY", "2027-02-01")], "");
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.out
            .contains("note: the baseline accepted it until 2027-01-31"),
        "{}",
        run.all()
    );
    assert!(
        run.err.contains("note: 1 finding counts again"),
        "{}",
        run.all()
    );
    let shown = tree
        .run("baseline show", &[("AEGIS_TODAY", "2027-02-01")], "")
        .ok();
    insta::assert_snapshot!(shown, @"
    AEG101 high desk.py in ask
      `chat.completions.create` (openai) is ungoverned: reached from desk.py:6, and nothing in the program governs it
      reason: legacy
      owner: ann
      expired on 2027-01-31: it counts again

    aegis-baseline.json accepts 1 finding in 1 entry
    1 entry expired
    ");
}

#[test]
fn update_adds_and_keeps_reasons_and_prune_drops() {
    let tree = written();
    let again = tree.aegis("baseline write").refused();
    insta::assert_snapshot!(again, @"error: baseline `aegis-baseline.json` cannot be written: it is there already; `--force` replaces it");
    tree.write("more.py", CALL);
    let run = tree.aegis("baseline update --reason newer");
    assert_eq!(run.err, "aegis-baseline.json accepts 1 finding more\n");
    tree.aegis(SCAN).ok();
    let text = tree.read("aegis-baseline.json");
    assert!(
        text.contains("\"reason\": \"legacy\"") && text.contains("\"reason\": \"newer\""),
        "{text}"
    );
    tree.write("desk.py", "");
    assert_eq!(
        tree.aegis("baseline update").err,
        "aegis-baseline.json accepts 0 findings more\n"
    );
    assert!(
        tree.read("aegis-baseline.json").contains("legacy"),
        "update takes nothing away"
    );
    // An entry about something that was not looked at is not stale.
    assert_eq!(
        tree.aegis("baseline prune more.py").err,
        "aegis-baseline.json accepts 0 findings less\n"
    );
    assert_eq!(
        tree.aegis("baseline prune").err,
        "aegis-baseline.json accepts 1 finding less\n"
    );
    let text = tree.read("aegis-baseline.json");
    assert!(!text.contains("legacy") && text.contains("newer"), "{text}");
    let json = tree.aegis("baseline show --format json").json();
    assert_eq!(
        (&json["format"], &json["accepted"]),
        (&"aegis/baseline-status".into(), &1.into())
    );
    // What is replaced hands its reasons on.
    tree.aegis("baseline write --force").ok();
    assert!(tree.read("aegis-baseline.json").contains("newer"));
}

#[test]
fn a_broken_baseline_is_refused_with_its_line() {
    let tree = written();
    let text = tree.read("aegis-baseline.json");
    let said = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        tree.write("aegis-baseline.json", text.replace(from, to));
        tree.aegis(SCAN).refused()
    };
    insta::assert_snapshot!(said("\"count\": 1,", "\"count\": 1"), @"error: baseline `aegis-baseline.json` cannot be used: line 14, column 7: expected `,` or `}`");
    insta::assert_snapshot!(said("2027-01-31", "2027-02-31"), @"error: baseline `aegis-baseline.json` cannot be used: line 15, column 19: `2027-02-31` is not a day; expected one such as `2027-01-31`");
    insta::assert_snapshot!(said("\"owner\"", "\"ower\""), @"error: baseline `aegis-baseline.json` cannot be used: line 16, column 12: unknown field `ower`, expected one of `id`, `rule`, `severity`, `path`, `scope`, `symbol`, `message`, `count`, `reason`, `expires`, `owner`; did you mean `owner`?");
    insta::assert_snapshot!(said("desk:ask", "desk:other"), @"error: baseline `aegis-baseline.json` cannot be used: line 6, column 14: `id` does not fit `rule`, `path`, `scope` and `symbol`, which would be `6cc14c6217617c8cc0e871686c25ba70`; entries are added by `aegis baseline update`");
    tree.write("aegis-baseline.json", "[]");
    insta::assert_snapshot!(tree.aegis(SCAN).refused(), @"error: baseline `aegis-baseline.json` cannot be used: line 1, column 1: expected an object, in braces");
    std::fs::remove_file(tree.path("aegis-baseline.json")).unwrap();
    assert!(tree.aegis(SCAN).refused().contains("cannot be read"));
    assert!(
        tree.aegis("baseline update")
            .refused()
            .contains("cannot be read")
    );
}

#[test]
fn a_worse_finding_counts_again() {
    let tree = written();
    let text = tree.read("aegis-baseline.json");
    tree.write(
        "aegis-baseline.json",
        text.replace("\"high\"", "\"medium\""),
    );
    let run = tree.aegis(SCAN);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.out.contains("note: the baseline accepted it as medium"),
        "{}",
        run.all()
    );
}

#[test]
fn what_cannot_be_analysed_is_not_taken_for_gone() {
    let tree = written();
    tree.write("desk.py", ASK.replace("def ask(text):", "def ask(text:"));
    let run = tree.aegis("baseline prune");
    assert!(run.refused().contains("not everything could be analysed"));
    assert!(tree.read("aegis-baseline.json").contains("legacy"));
}

#[test]
fn one_file_holds_what_is_known_of_code_and_policy() {
    let tree = Tree::new(&[("desk.py", ASK), ("policy.yaml", POLICY)]);
    tree.aegis("baseline write --policy policy.yaml").ok();
    let probed = tree
        .aegis("probe policy.yaml --baseline aegis-baseline.json --format json")
        .json();
    assert_eq!(probed["findings"], serde_json::json!([]));
    assert_eq!(probed["gone"], serde_json::json!([]));
    tree.aegis(SCAN).ok();
    // What the probe writes leaves the entries about code alone.
    tree.aegis("probe policy.yaml --baseline aegis-baseline.json --write-baseline --quiet")
        .ok();
    tree.aegis(SCAN).ok();
    // A scan says nothing about the policy, so its entries are not stale.
    let run = tree.aegis("scan --baseline aegis-baseline.json");
    assert_eq!(run.err, "", "{}", run.all());
    // What the policy stopped must stay stopped.
    tree.write(
        "policy.yaml",
        POLICY.replace("approval: block", "approval: auto"),
    );
    let run = tree.aegis("probe policy.yaml --baseline aegis-baseline.json --format json");
    assert!(run.rules().contains(&"AEG213".to_owned()), "{}", run.all());
    let update = tree.aegis("baseline update --policy policy.yaml");
    update.ok();
    let run = tree.aegis("probe policy.yaml --baseline aegis-baseline.json --format json");
    assert!(
        run.rules().contains(&"AEG213".to_owned()),
        "an update accepts no weaker policy: {}",
        run.all()
    );
    tree.aegis("baseline write --force --policy policy.yaml")
        .ok();
    let run = tree.aegis("probe policy.yaml --baseline aegis-baseline.json --format json");
    assert!(!run.rules().contains(&"AEG213".to_owned()), "{}", run.all());
}
