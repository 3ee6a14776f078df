//! All steps of the Action, on real repositories with real branches, cloned as `actions/checkout` does.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::hub::Hub;
use super::runner::{Job, Outcome, event, git};
use crate::harness::{CALL, GOVERNED, POLICY};

/// The policy with deletes allowed.
const LOOSER: &str = "\
version: \"1\"
defaults: { risk_level: medium, approval: approve }
rules:
  - name: reads
    match: { type: [\"read*\", \"list*\", \"delete*\"] }
    risk_level: low
    approval: auto
";

/// A repository on a host: `main`, a branch `topic`, and the merge that GitHub makes of both.
struct Origin {
    dir: tempfile::TempDir,
}

impl Origin {
    /// `main` has a governed call and a policy; then `topic` gets these changes and `main` a commit of its
    /// own.
    fn new(topic: &[(&str, &str)]) -> Self {
        let origin = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        origin.git(&["-c", "init.defaultBranch=main", "init", "-q"]);
        origin.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        origin.git(&["config", "commit.gpgSign", "false"]);
        origin.commit(
            &[("src/app.py", GOVERNED), ("policy.yaml", POLICY)],
            "start",
        );
        // Enough history for a shallow clone to lack some.
        for n in 0..3 {
            origin.commit(&[("notes.md", &format!("{n}"))], "notes");
        }
        origin.git(&["checkout", "-qb", "topic"]);
        origin.commit(topic, "topic");
        origin.git(&["checkout", "-q", "main"]);
        origin.commit(&[("src/other.py", GOVERNED)], "meanwhile");
        origin.git(&["checkout", "-q", "--detach"]);
        origin.git(&["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
        origin.git(&["update-ref", "refs/pull/2/merge", "HEAD"]);
        origin.git(&["update-ref", "refs/pull/2/head", "topic"]);
        origin
    }

    fn git(&self, args: &[&str]) -> String {
        git(self.dir.path(), args)
    }

    fn sha(&self, revision: &str) -> String {
        self.git(&["rev-parse", revision])
    }

    fn commit(&self, files: &[(&str, &str)], message: &str) {
        for (path, text) in files {
            let path = self.dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// The event of the pull request, with the commits of this repository.
    fn pull(&self) -> Value {
        let mut event = event("pull_request");
        event["pull_request"]["head"]["sha"] = json!(self.sha("topic"));
        event["pull_request"]["base"]["sha"] = json!(self.sha("main~1"));
        event
    }

    /// A job of a host with the commit of a ref checked out and nothing else.
    fn job(&self, name: &str, event: &Value, git_ref: &str, hub: &Hub) -> Job {
        let mut job = Job::new(name, event);
        job.on(hub);
        self.checkout(&job.workspace(), git_ref);
        job.var("GITHUB_REF", git_ref);
        job.var("GITHUB_SHA", &self.sha(git_ref));
        job.input("paths", "src");
        job.input("policy", "policy.yaml");
        job
    }

    fn checkout(&self, dir: &Path, git_ref: &str) {
        let url = format!("file://{}", self.dir.path().display());
        git(dir, &["init", "-q"]);
        git(dir, &["remote", "add", "origin", &url]);
        let sha = self.sha(git_ref);
        git(
            dir,
            &[
                "fetch",
                "-q",
                "--no-tags",
                "--depth=1",
                "origin",
                &format!("+{sha}:refs/remotes/checkout"),
            ],
        );
        git(
            dir,
            &["checkout", "-q", "--detach", "refs/remotes/checkout"],
        );
    }

    fn of_pull(&self, hub: &Hub) -> Job {
        self.job("pull_request", &self.pull(), "refs/pull/2/merge", hub)
    }
}

impl Job {
    /// Runs all steps.
    fn run(&self) -> Outcome {
        self.run_steps(&["install", "gate", "publish"], &[])
    }
}

#[track_caller]
fn ended(outcome: &Outcome, code: i32, conclusion: &str) {
    assert_eq!(outcome.code, code, "{}", outcome.log);
    assert_eq!(outcome.outputs["conclusion"], conclusion, "{}", outcome.log);
}

#[test]
fn a_pull_request_with_a_new_ungoverned_call_fails_and_says_where() {
    let origin = Origin::new(&[("src/new call.py", CALL)]);
    let hub = Hub::start();
    let job = origin.of_pull(&hub);
    let outcome = job.run();
    hub.content();
    ended(&outcome, 1, "failure");
    let outputs = &outcome.outputs;
    assert_eq!(
        (
            outputs["new-findings"].as_str(),
            outputs["call-sites"].as_str()
        ),
        ("1", "3")
    );
    assert_eq!(outputs["grade"], "F");
    for file in ["report-file", "sarif-file", "html-file", "badge-file"] {
        assert!(
            Path::new(&outputs[file]).is_file(),
            "{file}: {}",
            outputs[file]
        );
    }
    let noted = outcome.noted();
    let on_line = noted
        .iter()
        .filter(|n| n.properties.contains("file=src/new call.py,line=4"));
    assert_eq!(on_line.count(), 1, "{noted:#?}");
    let comments = hub.comments();
    let body = comments[0]["body"].as_str().unwrap();
    assert!(
        body.contains("new call.py") && body.contains("AEG101"),
        "{body}"
    );
    assert!(
        !body.contains("other.py"),
        "what happened on main is not of this change: {body}"
    );
    assert_eq!(
        outcome.summary.trim(),
        body.split_once('\n').unwrap().1.trim()
    );
    let sarif = &hub.sarifs()[0];
    assert_eq!(sarif["commit_sha"], origin.sha("refs/pull/2/merge"));
    let results = sarif["sarif"]["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
}

#[test]
fn a_pull_request_that_changes_nothing_passes_in_silence() {
    let origin = Origin::new(&[("docs/page.md", "text")]);
    let hub = Hub::start();
    let outcome = origin.of_pull(&hub).run();
    hub.content();
    ended(&outcome, 0, "success");
    assert!(hub.comments().is_empty(), "{:?}", hub.comments());
    assert_eq!(outcome.outputs["score"], outcome.outputs["previous-score"]);
}

#[test]
fn a_looser_policy_fails() {
    let origin = Origin::new(&[("policy.yaml", LOOSER)]);
    let hub = Hub::start();
    let mut job = origin.of_pull(&hub);
    let outcome = job.run();
    ended(&outcome, 1, "failure");
    assert!(
        outcome.log.contains("title=Policy is looser::"),
        "{}",
        outcome.log
    );
    job.input("policy-looser", "warn");
    job.input("max-drop", "100");
    job.input("fail-on-new", "none");
    ended(&job.run(), 0, "success");
    hub.content();
}

#[test]
fn a_push_is_compared_with_what_was_there_before() {
    let origin = Origin::new(&[("src/new.py", CALL)]);
    let hub = Hub::start();
    let mut event = event("push");
    event["ref"] = json!("refs/heads/topic");
    event["before"] = json!(origin.sha("topic~1"));
    let job = origin.job("push", &event, "refs/heads/topic", &hub);
    let outcome = job.run();
    ended(&outcome, 1, "failure");
    assert_eq!(outcome.outputs["new-findings"], "1");
    assert!(hub.comments().is_empty());
    assert_eq!(hub.sarifs()[0]["ref"], "refs/heads/topic");
    // A new branch is compared with the default branch.
    event["before"] = json!("0".repeat(40));
    event["repository"]["default_branch"] = json!("main");
    let outcome = origin.job("push", &event, "refs/heads/topic", &hub).run();
    ended(&outcome, 1, "failure");
    assert_eq!(outcome.outputs["new-findings"], "1");
    hub.content();
}

#[test]
fn a_merge_queue_is_gated_and_nothing_is_uploaded() {
    let origin = Origin::new(&[("src/new.py", CALL)]);
    let hub = Hub::start();
    let queue = "refs/heads/gh-readonly-queue/main/pr-2-x";
    origin.git(&["update-ref", queue, "refs/pull/2/merge"]);
    let mut event = event("merge_group");
    event["merge_group"]["base_sha"] = json!(origin.sha("main"));
    let outcome = origin.job("merge_group", &event, queue, &hub).run();
    ended(&outcome, 1, "failure");
    assert_eq!(hub.requests(), [""; 0]);
}

#[test]
fn a_schedule_has_no_base_and_only_absolute_checks() {
    let origin = Origin::new(&[("src/new.py", CALL)]);
    let hub = Hub::start();
    let mut job = origin.job(
        "schedule",
        &event("workflow_dispatch"),
        "refs/heads/topic",
        &hub,
    );
    let outcome = job.run();
    ended(&outcome, 0, "success");
    assert_eq!(
        (
            outcome.outputs["previous-score"].as_str(),
            outcome.outputs["grade"].as_str()
        ),
        ("n/a", "n/a")
    );
    assert!(
        outcome.log.contains("nothing to compare with"),
        "{}",
        outcome.log
    );
    job.input("fail-on", "high");
    ended(&job.run(), 1, "failure");
}

#[test]
fn a_fork_is_judged_with_the_token_left_alone() {
    let origin = Origin::new(&[("src/new.py", CALL)]);
    let hub = Hub::start();
    let mut event = origin.pull();
    event["pull_request"]["head"]["repo"]["full_name"] = json!("mallory/Hello-World");
    let outcome = origin
        .job("pull_request", &event, "refs/pull/2/merge", &hub)
        .run();
    ended(&outcome, 1, "failure");
    assert_eq!(hub.requests(), [""; 0]);
    assert!(outcome.summary.contains("new.py"));
}

#[test]
fn foreign_code_is_not_run_with_the_rights_of_the_base() {
    let origin = Origin::new(&[("src/new.py", CALL)]);
    let hub = Hub::start();
    let target = |git_ref: &str| {
        let mut job = origin.job("pull_request_target", &origin.pull(), git_ref, &hub);
        job.var("GITHUB_REF", "refs/heads/main");
        job.var("GITHUB_SHA", &origin.sha("main"));
        job
    };
    for git_ref in ["refs/pull/2/merge", "refs/pull/2/head"] {
        let mut job = target(git_ref);
        let outcome = job.run();
        ended(&outcome, 2, "error");
        assert!(outcome.log.contains("refusing to run"), "{}", outcome.log);
        assert!(outcome.summary.contains("refusing to run"));
        assert_eq!(hub.requests(), [""; 0]);
        job.input("allow-pull-request-head", "true");
        job.input("sarif", "file");
        job.input("comment", "never");
        ended(&job.run(), 1, "failure");
    }
    let mut job = target("refs/heads/main");
    job.input("base", "none");
    let outcome = job.run();
    ended(&outcome, 0, "success");
    assert!(
        outcome.log.contains("the gate judges the base branch"),
        "{}",
        outcome.log
    );
}

#[test]
fn what_cannot_be_judged_never_passes_and_is_published() {
    let origin = Origin::new(&[("docs/page.md", "text")]);
    let hub = Hub::start();
    let mut job = origin.of_pull(&hub);
    job.input("policy", "missing.yaml");
    let outcome = job.run();
    assert_ne!(outcome.code, 0, "{}", outcome.log);
    assert_ne!(outcome.outputs["conclusion"], "success");
    assert!(
        outcome.summary.contains("missing.yaml"),
        "{}",
        outcome.summary
    );
    assert!(
        hub.comments()[0]["body"]
            .as_str()
            .unwrap()
            .contains("missing.yaml")
    );
    // The history is missing and cannot be fetched.
    let job = origin.of_pull(&hub);
    git(&job.workspace(), &["remote", "remove", "origin"]);
    let outcome = job.run();
    ended(&outcome, 2, "error");
    assert!(
        outcome.summary.contains("fetch-depth: 0"),
        "{}",
        outcome.summary
    );
    hub.content();
}

#[test]
fn inputs_are_words_and_nothing_else() {
    let origin = Origin::new(&[("docs/page.md", "text")]);
    let hub = Hub::start();
    for (name, value) in [
        ("policy", "$(touch pwned)"),
        ("base", "`touch pwned`"),
        ("paths", "src\n;touch pwned\n--config=pwned"),
        ("fail-under", "1;touch pwned"),
        ("comment-key", "x' ; touch pwned '"),
        ("working-directory", ".;touch pwned"),
        ("sarif", "upload;touch pwned"),
        ("binary", "aegis;touch pwned"),
        ("status", "$(touch pwned)"),
    ] {
        let mut job = origin.of_pull(&hub);
        job.input(name, value);
        let outcome = job.run();
        let plain = name == "status";
        assert_eq!(outcome.code == 0, plain, "{name}: {}", outcome.log);
        assert!(!job.workspace().join("pwned").exists(), "{name} ran");
    }
    assert_eq!(hub.statuses()[0]["context"], "$(touch pwned)");
}

#[test]
fn scanned_text_reaches_neither_the_runner_nor_the_page() {
    let hostile = "from openai import OpenAI\n\n\
        OpenAI().chat.completions.create(model=\"m\", messages=[\"<img src=x onerror=1> @octocat [x](http://evil)\"])  # ::error::x\n\
        \"\"\"\n::set-output name=score::100\n::stop-commands::x\n##[error]y\n\"\"\"\n";
    let origin = Origin::new(&[("src/::error::a `b` <b>.py", hostile)]);
    let hub = Hub::start();
    let outcome = origin.of_pull(&hub).run();
    hub.content();
    // The runner of the test fails on any command that it does not expect.
    ended(&outcome, 1, "failure");
    assert_ne!(outcome.outputs["score"], "100");
    let comments = hub.comments();
    let body = comments[0]["body"].as_str().unwrap();
    assert!(!body.contains("<img"), "{body}");
}

#[test]
fn a_folder_of_a_larger_repository_is_named_from_its_root() {
    let origin = Origin::new(&[
        ("apps/the desk/lib/a.py", CALL),
        ("apps/the desk/p.yaml", POLICY),
    ]);
    let hub = Hub::start();
    let mut job = origin.of_pull(&hub);
    job.input("working-directory", "apps/the desk");
    job.input("paths", "\n  lib  \n");
    job.input("policy", "p.yaml");
    let outcome = job.run();
    hub.content();
    ended(&outcome, 1, "failure");
    assert!(
        outcome.log.contains("file=apps/the desk/lib/a.py,line=4"),
        "{}",
        outcome.log
    );
}
