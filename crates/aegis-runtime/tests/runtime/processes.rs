//! Programs from the list, and nothing else.

use std::time::Duration;

use aegis_policy::action::Action;
use aegis_policy::value::Value;
use aegis_runtime::process::{ListError, Processes, Program};
use aegis_runtime::{Outcome, Record, Runtime, Timeouts};

use crate::support::policy;

const ALL: &str = "defaults: { risk_level: low, approval: auto }\n";

async fn run(program: Program, action: Action) -> Record {
    within(Duration::from_secs(60), program, action).await
}

async fn within(execute: Duration, program: Program, action: Action) -> Record {
    let processes = Processes::new().allow("run_it", program).unwrap();
    let timeouts = Timeouts {
        execute,
        ..Timeouts::default()
    };
    let runtime = Runtime::builder()
        .policy(policy(ALL))
        .executor(processes)
        .timeouts(timeouts)
        .without_audit()
        .build()
        .unwrap();
    runtime.run_one(action).await
}

fn program(path: &str) -> Program {
    Program::new(path).unwrap()
}

fn text(record: &Record) -> String {
    match record
        .outcome()
        .output()
        .and_then(|output| output.value.as_ref())
    {
        Some(Value::Text(text)) => text.clone(),
        _ => panic!("{record}"),
    }
}

#[tokio::test]
async fn arguments_are_arguments_whatever_is_in_them() {
    let echo = program("/bin/echo")
        .arg("-n")
        .param("a")
        .params("more")
        .target();
    let action = Action::new("run_it")
        .target("$(id)")
        .param("a", "; rm -rf / #")
        .param(
            "more",
            Value::List(vec!["`id`".into(), 3.into(), true.into()]),
        );
    let record = run(echo, action).await;
    assert_eq!(text(&record), "; rm -rf / # `id` 3 true $(id)");
}

#[tokio::test]
async fn the_environment_is_empty_but_for_what_is_listed() {
    let record = run(
        program("/usr/bin/env").env("LANG", "C"),
        Action::new("run_it"),
    )
    .await;
    assert_eq!(text(&record), "LANG=C\n");
    let record = run(program("/bin/pwd"), Action::new("run_it")).await;
    assert_eq!(text(&record), "/\n");
}

#[tokio::test]
async fn what_could_be_an_option_or_is_no_argument_is_refused() {
    let refused = async |program: Program, action: Action| {
        let record = run(program, action).await;
        match record.outcome() {
            Outcome::Failed(error) => error.message.clone(),
            other => panic!("{other}"),
        }
    };
    let echo = || program("/bin/echo").param("a");
    let with = |value: Value| Action::new("run_it").param("a", value);
    let option = "parameter `a` is `--help`, which could be taken for an option";
    assert_eq!(refused(echo(), with("--help".into())).await, option);
    assert!(refused(echo(), with((-1).into())).await.contains("`-1`"));
    assert!(
        refused(echo(), with("a\0b".into()))
            .await
            .contains("a\\u{0}b")
    );
    assert_eq!(
        refused(echo(), Action::new("run_it")).await,
        "parameter `a` is missing"
    );
    let list = with(Value::List(vec![]));
    assert!(
        refused(echo(), list)
            .await
            .starts_with("parameter `a` is a list, not")
    );
    let target = program("/bin/echo").target();
    assert!(
        refused(target, Action::new("run_it").target("-x"))
            .await
            .starts_with("the target")
    );
    let several = program("/bin/echo").params("a");
    assert!(
        refused(several, with("x".into()))
            .await
            .contains("is text, not a list")
    );
}

#[tokio::test]
async fn a_program_that_is_not_listed_does_not_run() {
    let record = run(program("/bin/echo"), Action::new("run_other")).await;
    assert!(matches!(record.outcome(), Outcome::NoExecutor));
    assert!(matches!(Program::new("echo"), Err(ListError::Relative(_))));
    let twice = Processes::new()
        .allow("a", program("/bin/echo"))
        .unwrap()
        .allow("A", program("/bin/pwd"));
    assert_eq!(twice.unwrap_err(), ListError::Twice("A".into()));
}

#[tokio::test]
async fn a_bad_end_too_much_output_and_too_much_time_are_failures() {
    let record = run(
        program("/bin/ls").target(),
        Action::new("run_it").target("/no/such/\u{1b}"),
    )
    .await;
    let said = record.outcome().to_string();
    assert!(
        said.starts_with("failed: /bin/ls ended with code 2: "),
        "{said}"
    );
    assert!(!said.contains('\u{1b}'));
    let endless = program("/usr/bin/yes").output_bytes(10_000);
    let record = run(endless, Action::new("run_it")).await;
    assert_eq!(
        record.outcome().to_string(),
        "failed: it wrote more than 10000 bytes"
    );
    let sleep = program("/bin/sleep").arg("60");
    let record = within(Duration::from_millis(300), sleep, Action::new("run_it")).await;
    assert!(matches!(record.outcome(), Outcome::TimedOut));
    let record = run(program("/no/such/program"), Action::new("run_it")).await;
    assert!(
        record
            .outcome()
            .to_string()
            .contains("/no/such/program cannot be started")
    );
}
