//! The last step: what is shown where, and that no surface can change the verdict.

use std::fs;

use serde_json::{Value, json};

use super::hub::Hub;
use super::runner::{Job, Outcome, event};

const MARKER: &str = "<!-- aegis:report:aegis -->";
const SARIF: &str = r#"{"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": []}"#;

fn finding(severity: &str, line: u32, new: bool) -> Value {
    json!({
        "rule": {"id": "AEG101", "name": "ungoverned-llm-call"}, "severity": severity,
        "message": format!("call {line} is not governed"), "new": new,
        "location": {"path": "src/app.py", "line": line, "column": 3, "end_line": line, "end_column": 9, "raw_line": line},
    })
}

/// A report of the gate, which fails if a finding is new.
fn report(findings: &[Value]) -> Value {
    let passed = findings.iter().all(|f| f["new"] == false);
    json!({
        "format": "aegis/gate", "version": 1,
        "summary": {"complete": true, "findings": findings.len(), "suppressed": 1,
            "call_sites": {"total": 4, "governed": 3, "partly": 0, "ungoverned": 1}},
        "findings": findings,
        "score": {"formula": "aegis-score/1", "score": 845},
        "change": {"base": "main (1a2b3c4)", "score_before": 845, "new": [], "fixed": [],
            "score_new": null, "new_sites": 0, "looser": [], "stricter": 0, "undecided": 0,
            "checks": [{"id": "fail-on-new", "passed": passed, "message": "no new finding may be high or worse"}]},
    })
}

/// A job on a pull request of the repository itself, whose gate left these files.
fn job(hub: &Hub) -> Job {
    let mut job = Job::new("pull_request", &event("pull_request"));
    job.on(hub);
    job
}

struct Left<'a> {
    exit: &'a str,
    report: Option<Value>,
    markdown: &'a str,
    sarif: Option<&'a str>,
    log: &'a str,
}

fn left(report: &Value) -> Left<'static> {
    let passed = report["change"]["checks"][0]["passed"] == true;
    Left {
        exit: if passed { "0" } else { "1" },
        report: Some(report.clone()),
        markdown: "## Aegis\n\nThe report.\n",
        sarif: Some(SARIF),
        log: "",
    }
}

fn publish(job: &Job, left: &Left<'_>) -> Outcome {
    let files = job.path("temp/gate");
    fs::create_dir_all(&files).unwrap();
    let write = |name: &str, text: Option<&str>| match text {
        Some(text) => fs::write(files.join(name), text).unwrap(),
        None => drop(fs::remove_file(files.join(name))),
    };
    write(
        "report.json",
        left.report.as_ref().map(Value::to_string).as_deref(),
    );
    write("report.md", left.report.as_ref().map(|_| left.markdown));
    write("report.sarif", left.sarif);
    write("gate.log", Some(left.log));
    let binary = assert_cmd::cargo::cargo_bin!("aegis");
    job.run_steps(
        &["publish"],
        &[
            ("steps.install.outputs.binary", binary.to_str().unwrap()),
            ("steps.gate.outputs.exit", left.exit),
            ("steps.gate.outputs.files", files.to_str().unwrap()),
        ],
    )
}

fn bodies(hub: &Hub) -> Vec<String> {
    hub.comments()
        .iter()
        .map(|c| c["body"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_failing_gate_is_shown_everywhere_in_order() {
    let hub = Hub::start();
    let mut job = job(&hub);
    job.input("check-run", "Aegis");
    job.input("status", "aegis/gate");
    let outcome = publish(
        &job,
        &left(&report(&[
            finding("high", 7, true),
            finding("low", 9, false),
        ])),
    );
    hub.content();
    assert_eq!(outcome.code, 1, "{}", outcome.log);
    assert_eq!(outcome.summary, "## Aegis\n\nThe report.\n");
    let repository = "/repos/Codertocat/Hello-World";
    assert_eq!(
        hub.requests(),
        [
            format!("POST {repository}/code-scanning/sarifs"),
            format!("GET {repository}/code-scanning/sarifs/47177e22-5596-11eb-80a1-c1e54ef945c6"),
            format!("GET {repository}/issues/2/comments"),
            format!("POST {repository}/issues/2/comments"),
            format!("POST {repository}/check-runs"),
            format!("POST {repository}/statuses/ec26c3e57ca3a959ca5aad62de7213c562f8c821"),
        ]
    );
    assert_eq!(
        bodies(&hub),
        [format!("{MARKER}\n## Aegis\n\nThe report.\n")]
    );
    let sarif = &hub.sarifs()[0];
    assert_eq!(
        (&sarif["ref"], &sarif["validate"]),
        (&json!("refs/pull/2/merge"), &json!(true))
    );
    let check = &hub.checks()[0];
    assert_eq!(
        (&check["conclusion"], &check["batches"]),
        (&json!("failure"), &json!([2]))
    );
    let badge = fs::read_to_string(job.path("temp/gate/badge.svg")).unwrap();
    assert!(
        badge.starts_with("<svg") && badge.contains("84/100"),
        "{badge}"
    );
    let title = "Governance score 84 → 84, gate failed: no new finding may be high or worse";
    assert_eq!(check["output"]["title"], title);
    assert_eq!(hub.statuses()[0]["description"], title);
    let noted: Vec<_> = outcome
        .noted()
        .iter()
        .map(|n| format!("{} {}", n.level, n.properties))
        .collect();
    assert_eq!(
        noted,
        [
            "error file=src/app.py,line=7,endLine=7,col=3,endColumn=9,title=AEG101 ungoverned-llm-call",
            "notice file=src/app.py,line=9,endLine=9,col=3,endColumn=9,title=AEG101 ungoverned-llm-call",
            "error title=Aegis",
        ]
    );
    let outputs: Vec<_> = outcome
        .outputs
        .iter()
        .filter(|(_, v)| !v.is_empty())
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    let files = job.path("temp/gate").display().to_string();
    insta::assert_snapshot!(outputs.join("\n").replace(&files, "FILES"), @"
    badge-file=FILES/badge.svg
    call-sites=4
    conclusion=failure
    findings=2
    fixed-findings=0
    governed-call-sites=3
    grade=D
    new-findings=1
    previous-score=84
    report-file=FILES/report.json
    sarif-file=FILES/report.sarif
    score=84
    suppressed-findings=1
    ");
}

#[test]
fn a_comment_is_changed_in_place_wherever_it_is() {
    let hub = Hub::start();
    for n in 0..230 {
        hub.comment("octocat", "User", &format!("comment {n}"));
    }
    hub.comment("mallory", "User", &format!("{MARKER}\nnot ours"));
    let ours = hub.comment("github-actions[bot]", "Bot", &format!("{MARKER}\r\nold"));
    hub.comment("other[bot]", "Bot", &format!("quoted:\n{MARKER}"));
    let outcome = publish(&job(&hub), &left(&report(&[finding("high", 7, true)])));
    hub.content();
    assert_eq!(outcome.code, 1);
    let bodies = bodies(&hub);
    assert_eq!(bodies.len(), 233, "no second comment");
    assert!(bodies[ours as usize - 1].ends_with("The report.\n"));
    assert!(
        bodies[230].ends_with("not ours"),
        "the marker alone does not make it ours"
    );
    let pages: Vec<_> = hub
        .seen()
        .iter()
        .filter(|r| r.path.ends_with("/issues/2/comments"))
        .map(|r| r.query.clone())
        .collect();
    assert_eq!(
        pages,
        ["per_page=100", "per_page=100&page=2", "per_page=100&page=3"]
    );
}

#[test]
fn a_person_s_token_changes_that_person_s_comment() {
    let hub = Hub::start();
    hub.comment("mallory", "User", &format!("{MARKER}\ntheirs"));
    hub.comment("release-manager", "User", &format!("{MARKER}\nours"));
    hub.token_of("release-manager");
    publish(&job(&hub), &left(&report(&[finding("high", 7, true)])));
    hub.content();
    let bodies = bodies(&hub);
    assert!(
        bodies[0].ends_with("theirs") && bodies[1].ends_with("The report.\n"),
        "{bodies:?}"
    );
}

#[test]
fn nothing_is_said_when_nothing_changed_but_an_old_comment_is_brought_up_to_date() {
    let hub = Hub::start();
    let calm = left(&report(&[finding("low", 9, false)]));
    let outcome = publish(&job(&hub), &calm);
    assert_eq!((outcome.code, bodies(&hub).len()), (0, 0));
    assert!(
        outcome
            .log
            .contains("nothing changed, so there is no comment"),
        "{}",
        outcome.log
    );
    hub.comment(
        "github-actions[bot]",
        "Bot",
        &format!("{MARKER}\nit failed"),
    );
    publish(&job(&hub), &calm);
    assert!(bodies(&hub)[0].ends_with("The report.\n"));
    // Once more there is nothing to do.
    publish(&job(&hub), &calm);
    assert_eq!(
        hub.requests()
            .iter()
            .filter(|r| r.starts_with("PATCH"))
            .count(),
        1
    );
    let other = Hub::start();
    let mut always = job(&other);
    always.input("comment", "always");
    publish(&always, &calm);
    let mut never = job(&other);
    never.input("comment", "never");
    publish(&never, &left(&report(&[finding("high", 7, true)])));
    assert_eq!(bodies(&other).len(), 1);
    hub.content();
    other.content();
}

#[test]
fn a_fork_and_dependabot_get_what_needs_no_token() {
    let mut fork = event("pull_request");
    fork["pull_request"]["head"]["repo"]["full_name"] = json!("mallory/Hello-World");
    let mut deleted = event("pull_request");
    deleted["pull_request"]["head"]["repo"] = Value::Null;
    for (event, actor, why) in [
        (fork, "mallory", "comes from a fork"),
        (deleted, "mallory", "comes from a fork"),
        (event("pull_request"), "dependabot[bot]", "Dependabot"),
    ] {
        let hub = Hub::start();
        let mut job = Job::new("pull_request", &event);
        job.on(&hub);
        job.var("GITHUB_ACTOR", actor);
        job.input("check-run", "Aegis");
        job.input("status", "aegis");
        let outcome = publish(&job, &left(&report(&[finding("high", 7, true)])));
        assert_eq!(outcome.code, 1, "the gate still judges");
        assert_eq!(hub.requests(), [""; 0]);
        assert_eq!(outcome.log.matches(why).count(), 4, "{}", outcome.log);
        assert!(
            outcome.summary.contains("The report.")
                && outcome.log.contains("::error file=src/app.py")
        );
    }
}

#[test]
fn a_merge_queue_is_judged_and_nothing_is_uploaded() {
    let hub = Hub::start();
    let event = event("merge_group");
    let mut job = Job::new("merge_group", &event);
    job.on(&hub);
    job.var(
        "GITHUB_REF",
        event["merge_group"]["head_ref"].as_str().unwrap(),
    );
    job.input("status", "aegis");
    let outcome = publish(&job, &left(&report(&[])));
    hub.content();
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    assert!(
        outcome.log.contains("takes no results of a merge queue"),
        "{}",
        outcome.log
    );
    assert_eq!(hub.requests().len(), 1, "{:?}", hub.requests());
    assert_eq!(hub.statuses()[0]["state"], "success");
}

#[test]
fn refusals_are_notices_and_the_verdict_stands() {
    for (status, code) in [("0", 0), ("1", 1)] {
        let hub = Hub::start();
        let mut job = job(&hub);
        job.input("check-run", "Aegis");
        job.input("status", "aegis");
        let findings = [finding("high", 7, status == "1")];
        hub.refuse(
            "POST",
            "/code-scanning/sarifs",
            9,
            403,
            &[],
            "Resource not accessible by integration",
        );
        hub.refuse("GET", "/issues/2/comments", 9, 404, &[], "Not Found");
        hub.refuse("POST", "/check-runs", 9, 422, &[], "Validation Failed");
        hub.refuse("POST", "/statuses/", 9, 401, &[], "Bad credentials");
        let mut left = left(&report(&findings));
        left.report.as_mut().unwrap()["change"]["score_before"] = json!(900);
        let outcome = publish(&job, &left);
        assert_eq!(outcome.code, code, "{}", outcome.log);
        assert_eq!(
            outcome.outputs["conclusion"],
            if code == 0 { "success" } else { "failure" }
        );
        let said: Vec<_> = outcome
            .said()
            .into_iter()
            .filter(|s| s.contains("GitHub answers"))
            .collect();
        insta::allow_duplicates! {
            insta::assert_snapshot!(said.join("\n"), @"
            notice: GitHub answers 403 to POST /repos/Codertocat/Hello-World/code-scanning/sarifs: Resource not accessible by integration; the job needs `permissions: { security-events: write }` [title=Aegis%3A no code scanning]
            notice: GitHub answers 404 to GET /repos/Codertocat/Hello-World/issues/2/comments?per_page=100: Not Found; the job needs `permissions: { pull-requests: write }` [title=Aegis%3A no comment]
            notice: GitHub answers 422 to POST /repos/Codertocat/Hello-World/check-runs: Validation Failed [title=Aegis%3A no check run]
            notice: GitHub answers 401 to POST /repos/Codertocat/Hello-World/statuses/ec26c3e57ca3a959ca5aad62de7213c562f8c821: Bad credentials; the token is not valid [title=Aegis%3A no commit status]
            ");
        }
    }
}

#[test]
fn a_sarif_file_that_github_rejects_is_told() {
    let hub = Hub::start();
    hub.refuse(
        "POST",
        "/code-scanning/sarifs",
        9,
        413,
        &[],
        "Payload Too Large",
    );
    let outcome = publish(&job(&hub), &left(&report(&[])));
    assert!(
        outcome.log.contains("GitHub answers 413") && outcome.code == 0,
        "{}",
        outcome.log
    );
}

#[test]
fn a_sarif_file_over_the_limit_is_not_sent() {
    let hub = Hub::start();
    // What gzip cannot make smaller.
    let mut seed = 1u64;
    let noise: String = (0..15_500_000)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b' ' + u8::try_from(seed >> 58).unwrap() + u8::from(seed >> 58 > 1) * 30)
        })
        .filter(|c| !matches!(c, '"' | '\\'))
        .collect();
    let sarif = SARIF.replace("json.schemastore", &noise);
    let report = report(&[]);
    let outcome = publish(
        &job(&hub),
        &Left {
            sarif: Some(&sarif),
            ..left(&report)
        },
    );
    assert!(
        outcome
            .log
            .contains("bytes after gzip, and GitHub takes 10000000"),
        "{}",
        outcome.log
    );
    assert!(hub.sarifs().is_empty() && outcome.code == 0);
}

#[test]
fn limits_are_waited_for_and_failures_tried_again() {
    let hub = Hub::start();
    hub.refuse(
        "POST",
        "/code-scanning/sarifs",
        1,
        429,
        &[("retry-after", "1")],
        "Too many",
    );
    hub.refuse("GET", "/code-scanning/sarifs/", 1, 503, &[], "");
    hub.hang_up("GET", "/issues/2/comments", 1);
    hub.refuse(
        "POST",
        "/issues/2/comments",
        1,
        403,
        &[("retry-after", "0")],
        "You have exceeded a secondary rate limit",
    );
    let outcome = publish(&job(&hub), &left(&report(&[finding("high", 7, true)])));
    hub.content();
    assert_eq!(
        (hub.sarifs().len(), bodies(&hub).len()),
        (1, 1),
        "{}",
        outcome.log
    );
    assert_eq!(
        outcome.said().len(),
        1,
        "only the verdict: {:?}",
        outcome.said()
    );
}

#[test]
fn a_wait_that_is_too_long_is_given_up() {
    let hub = Hub::start();
    hub.refuse(
        "GET",
        "/issues/2/comments",
        9,
        403,
        &[("retry-after", "3600")],
        "slow down",
    );
    let outcome = publish(&job(&hub), &left(&report(&[finding("high", 7, true)])));
    assert!(
        outcome
            .log
            .contains("GitHub allows no more requests for now; again in 3600 s"),
        "{}",
        outcome.log
    );
    assert_eq!(outcome.code, 1);
}

#[test]
fn a_comment_that_was_made_by_a_request_that_failed_is_not_made_twice() {
    let hub = Hub::start();
    hub.fail_late("POST", "/issues/2/comments");
    publish(&job(&hub), &left(&report(&[finding("high", 7, true)])));
    hub.content();
    assert_eq!(bodies(&hub).len(), 1);
}

#[test]
fn long_reports_are_cut_and_say_so() {
    let hub = Hub::start();
    let mut job = job(&hub);
    job.input("check-run", "Aegis");
    let markdown = "A line of the report with an emoji 😀 in it.\n".repeat(40_000);
    let report = report(&[finding("high", 7, true)]);
    let outcome = publish(
        &job,
        &Left {
            markdown: &markdown,
            ..left(&report)
        },
    );
    hub.content();
    for text in [
        &outcome.summary,
        &bodies(&hub)[0],
        hub.checks()[0]["output"]["summary"].as_str().unwrap(),
    ] {
        assert!(text.contains("**Cut:** "), "{} bytes", text.len());
        assert!(text.len() > 60_000);
    }
    // The comment is there already: a change is cut like a new one.
    publish(
        &job,
        &Left {
            markdown: &format!("Changed.\n{markdown}"),
            ..left(&report)
        },
    );
    hub.content();
    assert!(bodies(&hub)[0].contains("Changed.") && bodies(&hub).len() == 1);
}

#[test]
fn many_findings_are_ranked_and_a_check_run_has_them_in_batches() {
    let hub = Hub::start();
    let mut job = job(&hub);
    job.input("check-run", "Aegis");
    job.input("comment", "never");
    let mut findings: Vec<_> = (1..=120).map(|n| finding("high", n, true)).collect();
    findings.push(finding("critical", 500, true));
    let outcome = publish(&job, &left(&report(&findings)));
    hub.content();
    let check = &hub.checks()[0];
    assert_eq!(check["batches"], json!([50, 50, 21]));
    assert_eq!(
        (&check["status"], &check["conclusion"]),
        (&json!("completed"), &json!("failure"))
    );
    let first = hub
        .seen()
        .into_iter()
        .find(|r| r.path.ends_with("/check-runs"))
        .unwrap();
    assert_eq!(
        first.body["status"], "in_progress",
        "complete only when all of it is there"
    );
    assert!(outcome.noted()[0].message.contains("call 500"));
    assert!(
        outcome.log.contains("112 errors not shown as annotations"),
        "{}",
        outcome.log
    );
}

#[test]
fn a_gate_that_could_not_judge_is_published_and_fails() {
    let hub = Hub::start();
    hub.comment(
        "github-actions[bot]",
        "Bot",
        &format!("{MARKER}\nall is well"),
    );
    let broken = Left {
        exit: "2",
        report: None,
        markdown: "",
        sarif: None,
        log: "error: policy `policy.yaml` cannot be read\n",
    };
    let outcome = publish(&job(&hub), &broken);
    hub.content();
    assert_eq!(
        (outcome.code, outcome.outputs["conclusion"].as_str()),
        (2, "error")
    );
    assert!(
        bodies(&hub)[0].contains("policy `policy.yaml` cannot be read"),
        "{:?}",
        bodies(&hub)
    );
    for (exit, code) in [("0", 2), ("3", 3), ("137", 2)] {
        let outcome = publish(
            &job(&hub),
            &Left {
                exit,
                ..left(&json!({}))
            },
        );
        assert_eq!(outcome.code, code, "exit {exit}: {}", outcome.log);
    }
}

#[test]
fn without_a_token_the_rest_is_shown() {
    let hub = Hub::start();
    let mut job = job(&hub);
    job.input("token", "");
    let outcome = publish(&job, &left(&report(&[finding("high", 7, true)])));
    assert_eq!((outcome.code, hub.requests().len()), (1, 0));
    assert!(outcome.log.contains("there is no token"), "{}", outcome.log);
}

#[test]
fn the_token_is_not_sent_in_the_open() {
    let hub = Hub::start();
    let mut job = job(&hub);
    job.var("GITHUB_API_URL", "http://ghe.example.invalid/api/v3");
    let outcome = publish(&job, &left(&report(&[finding("high", 7, true)])));
    assert!(outcome.log.contains("is not encrypted"), "{}", outcome.log);
}
