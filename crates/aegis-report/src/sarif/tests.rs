//! What OASIS and GitHub ask of a log.

use aegis_diag::{Finding, Report, Severity};
use serde_json::Value;

use super::*;
use crate::samples::{LLM, at, file, gate, notebook_finding, report, script_finding};

/// See `tests/data/README.md`.
const SCHEMA: &str = include_str!("../../tests/data/sarif-schema-2.1.0.json");

/// The log of a report, checked.
fn checked(report: &Report, options: &Options) -> Value {
    let log: Value = serde_json::from_str(&render(report, options)).unwrap();
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap();
    // The published pattern of a language, which Aegis does not write, has a stray `]` and is no
    // regular expression of ECMA 262.
    for of in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][of]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&log)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    ingest(&log);
    log
}

fn text(value: &Value, most: usize) {
    let text = value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is not text"));
    assert!(!text.is_empty() && text.chars().count() <= most, "{text:?}");
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The limits of GitHub code scanning, as documented.
fn ingest(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].is_string());
    assert_eq!(list(&log["runs"]).len(), 1);
    let run = &log["runs"][0];
    let rules = list(&run["tool"]["driver"]["rules"]);
    assert!(rules.len() <= 25_000);
    rules.iter().for_each(ingest_rule);
    let results = list(&run["results"]);
    assert!(results.len() <= 25_000);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        text(&result["message"]["text"], 1_024);
        assert_eq!(list(&result["locations"]).len(), 1);
        ingest_location(&result["locations"][0]);
        assert!(list(&result["relatedLocations"]).len() <= 100);
        list(&result["relatedLocations"])
            .iter()
            .for_each(ingest_location);
        for flow in list(&result["codeFlows"]) {
            assert!(list(&flow["threadFlows"][0]["locations"]).len() <= 1_000);
        }
    }
}

fn ingest_rule(rule: &Value) {
    text(&rule["id"], 255);
    text(&rule["name"], 255);
    text(&rule["shortDescription"]["text"], 1_024);
    text(&rule["fullDescription"]["text"], 1_024);
    text(&rule["help"]["text"], usize::MAX);
    let properties = &rule["properties"];
    let tags = list(&properties["tags"]);
    assert!(
        tags.len() <= 10 && tags.contains(&"security".into()),
        "{tags:?}"
    );
    let severity: f64 = properties["security-severity"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(severity > 0.0 && severity <= 10.0);
    assert!(
        ["very-high", "high", "medium", "low"].contains(&properties["precision"].as_str().unwrap())
    );
}

fn ingest_location(location: &Value) {
    let physical = &location["physicalLocation"];
    let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
    assert!(
        !uri.starts_with('/') && !uri.contains(['\\', ' ']) && uri.is_ascii(),
        "{uri}"
    );
    let region = &physical["region"];
    let line = region["startLine"].as_u64().unwrap();
    assert!(line >= 1 && region["endLine"].as_u64().unwrap() >= line);
    if uri.ends_with(".ipynb") {
        assert!(region["startColumn"].is_null() && region["endColumn"].is_null());
    } else {
        assert!(region["startColumn"].as_u64().unwrap() >= 1);
        assert!(region["endColumn"].as_u64().unwrap() >= 1);
    }
}

#[test]
fn a_report_is_valid_sarif_that_github_takes() {
    let options = Options {
        root: "apps".into(),
        tool_version: "1.2.3".into(),
        ..Options::default()
    };
    checked(&report(), &options);
    insta::assert_snapshot!(render(&report(), &options));
}

#[test]
fn an_empty_report_is_valid_sarif_too() {
    let log = checked(&Report::default(), &Options::default());
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn suppressed_findings_are_left_out_unless_they_are_asked_for() {
    let log = checked(&report(), &Options::default());
    assert_eq!(list(&log["runs"][0]["results"]).len(), 2);
    let options = Options {
        include_suppressed: true,
        ..Options::default()
    };
    let log = checked(&report(), &options);
    let last = list(&log["runs"][0]["results"]).last().unwrap();
    assert_eq!(last["suppressions"][0]["kind"], "inSource");
    assert_eq!(last["suppressions"][0]["justification"], "read only");
}

#[test]
fn a_gate_says_what_is_new_and_findings_of_policies_have_their_fix() {
    let mut report = gate();
    report.suppressed[0].by = aegis_diag::SuppressedBy::Baseline;
    let options = Options {
        include_suppressed: true,
        ..Options::default()
    };
    let log = checked(&report, &options);
    let results = list(&log["runs"][0]["results"]);
    let states: Vec<_> = results
        .iter()
        .map(|r| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            format!("{} {}", text(&r["ruleId"]), text(&r["baselineState"]))
        })
        .collect();
    insta::assert_snapshot!(states.join(", "), @"AEG202 new, AEG101 new, AEG103 unchanged, AEG102 unchanged");
    let policy = &results[0];
    insta::assert_snapshot!(policy["fixes"], @r#"[{"description":{"text":"Widen `delete*` to `*delete*`."},"artifactChanges":[{"artifactLocation":{"uri":"policy.yaml","uriBaseId":"%SRCROOT%"},"replacements":[{"deletedRegion":{"startLine":4,"startColumn":20,"endLine":4,"endColumn":29},"insertedContent":{"text":"\"*delete*\""}}]}]}]"#);
    assert_eq!(policy["properties"]["proof"]["certainty"], "heuristic");
    assert!(policy["partialFingerprints"]["primaryLocationLineHash"].is_string());
    assert_eq!(results[3]["suppressions"][0]["kind"], "external");
    assert_eq!(
        list(&checked(&report, &Options::default())["runs"][0]["results"]).len(),
        3
    );
}

#[test]
fn the_worst_results_are_kept_and_the_rest_is_counted() {
    let source = file("a.py", "call()\n");
    let finding = |n: usize| {
        let mut finding = Finding::at(&LLM, at(&source, "call"), "not governed", "");
        finding.severity = if n.is_multiple_of(2) {
            Severity::Low
        } else {
            Severity::Critical
        };
        finding
    };
    let findings = (0..26_000).map(finding).collect();
    let log = checked(
        &Report {
            findings,
            ..Report::default()
        },
        &Options::default(),
    );
    let run = &log["runs"][0];
    let levels: Vec<_> = list(&run["results"])
        .iter()
        .map(|r| r["level"].as_str().unwrap())
        .collect();
    assert_eq!(levels.len(), 25_000);
    assert!(
        levels[..13_000].iter().all(|l| *l == "error")
            && levels[13_000..].iter().all(|l| *l == "note")
    );
    let notification = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    insta::assert_snapshot!(notification.as_str().unwrap(), @"1000 results were left out because GitHub refuses more than 25000; the worst ones are here.");
}

#[test]
fn columns_are_utf16_and_uris_are_encoded() {
    let source = file("dir #1/é.py", "é😀 = call()\n");
    let mut finding = Finding::at(&LLM, at(&source, "call()"), "x".repeat(5_000), "");
    finding.fingerprint = "0f".repeat(16);
    let log = checked(
        &Report {
            findings: vec![finding],
            ..Report::default()
        },
        &Options::default(),
    );
    let result = &log["runs"][0]["results"][0];
    insta::assert_snapshot!(result["locations"], @r#"[{"physicalLocation":{"artifactLocation":{"uri":"dir%20%231/%C3%A9.py","uriBaseId":"%SRCROOT%"},"region":{"startLine":1,"startColumn":7,"endLine":1,"endColumn":13,"snippet":{"text":"call()"}}}}]"#);
    insta::assert_snapshot!(result["partialFingerprints"], @r#"{"aegis/v1":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","primaryLocationLineHash":"4552ea5492e50049:1"}"#);
}

#[test]
fn the_line_hash_is_that_of_the_line_and_notebooks_have_none() {
    let findings = vec![script_finding(), notebook_finding()];
    let hash = aegis_diag::line_hashes(&findings[0].primary.span.file.text)[6].clone();
    let log = checked(
        &Report {
            findings,
            ..Report::default()
        },
        &Options::default(),
    );
    let prints = |i: usize| &log["runs"][0]["results"][i]["partialFingerprints"];
    assert_eq!(prints(0)["primaryLocationLineHash"], hash);
    assert!(prints(1)["primaryLocationLineHash"].is_null() && prints(1)["aegis/v1"].is_string());
    let notebook = &log["runs"][0]["results"][1];
    assert_eq!(
        notebook["locations"][0]["physicalLocation"]["region"]["startLine"],
        31
    );
    assert_eq!(
        (
            &notebook["properties"]["cell"],
            &notebook["properties"]["cellLine"]
        ),
        (&3.into(), &2.into())
    );
}

#[test]
fn an_internal_error_is_an_unsuccessful_run() {
    let mut report = report();
    report.skipped[0].reason = SkipReason::Panicked("index out of bounds".into());
    let log = checked(&report, &Options::default());
    assert_eq!(
        log["runs"][0]["invocations"][0]["executionSuccessful"],
        false
    );
}
