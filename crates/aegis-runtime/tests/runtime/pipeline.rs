//! Evaluate, execute, verify; failures, retries, timeouts, cancellation.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use aegis_audit::EventType;
use aegis_policy::action::Action;
use aegis_policy::model::Approval;
use aegis_runtime::approval::{Callback, Request, Verdict};
use aegis_runtime::{
    BuildError, Decided, Digest, ExecError, Executor, Executors, Outcome, Output, Pending, Retry,
    Runtime, Stage, Timeouts, Verified,
};

use crate::support::{Counting, Memory, POLICY, builder, policy};

#[tokio::test]
async fn an_automatic_action_runs_and_both_ends_are_recorded() {
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store).build().unwrap();
    let record = runtime.run_one(Action::new("read_file").target("x")).await;
    assert!(matches!(
        record.outcome(),
        Outcome::Done {
            verified: false,
            ..
        }
    ));
    assert_eq!((record.attempts(), executor.count()), (1, 1));
    assert_eq!(store.results(), ["allowed", "succeeded"]);
    let stages: Vec<_> = record.durations().iter().map(|(stage, _)| *stage).collect();
    assert_eq!(
        stages,
        [Stage::Evaluate, Stage::Execute, Stage::Verify, Stage::Audit]
    );
}

#[tokio::test]
async fn a_blocked_action_never_runs_and_is_recorded() {
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store).build().unwrap();
    for kind in ["drop_table", "DROP_table", "unheard_of", ""] {
        let record = runtime.run_one(Action::new(kind)).await;
        assert!(matches!(record.outcome(), Outcome::Blocked), "{kind}");
    }
    assert_eq!(executor.count(), 0);
    assert_eq!(store.results(), ["blocked"; 4]);
}

#[tokio::test]
async fn what_runs_is_what_was_decided() {
    let seen: Arc<Mutex<Vec<(String, Digest)>>> = Arc::default();
    let (seen_by, store) = (Arc::clone(&seen), Memory::default());
    let executor = Counting::new(move |_, decided| {
        let json = decided.action().to_json();
        seen_by.lock().unwrap().push((json, decided.digest()));
        Ok(Output::nothing())
    });
    let runtime = builder(&executor, &store).build().unwrap();
    let action = Action::new("write_file").target("a").param("text", "b");
    let json = action.to_json();
    let record = runtime.run_one(action).await;
    assert_eq!(*seen.lock().unwrap(), [(json.clone(), Digest::of(&json))]);
    assert_eq!(record.decided().digest(), Digest::of(json));
}

#[tokio::test]
async fn a_failure_a_panic_and_a_type_nobody_takes_are_outcomes_with_a_record() {
    let store = Memory::default();
    let executor = Counting::new(
        |_, decided| match decided.action().target_name().original() {
            "fail" => Err(ExecError::permanent("the disk says no")),
            _ => panic!("executor is broken"),
        },
    );
    let runtime = builder(&executor, &store).build().unwrap();
    let failed = runtime.run_one(Action::new("read_x").target("fail")).await;
    assert_eq!(failed.outcome().to_string(), "failed: the disk says no");
    let panicked = runtime.run_one(Action::new("read_x")).await;
    assert!(matches!(panicked.outcome(), Outcome::Panicked(why) if why == "executor is broken"));

    let only = Executors::new()
        .function("write_*", |_| async { Ok(Output::nothing()) })
        .unwrap();
    let runtime = Runtime::builder()
        .policy(policy(POLICY))
        .executor(only)
        .audit(store.clone());
    let record = runtime
        .build()
        .unwrap()
        .run_one(Action::new("read_x"))
        .await;
    assert!(matches!(record.outcome(), Outcome::NoExecutor));
    let words = [
        "allowed", "failed", "allowed", "panicked", "allowed", "failed",
    ];
    assert_eq!(store.results(), words);
}

#[tokio::test(start_paused = true)]
async fn only_what_did_nothing_is_tried_again() {
    let retry = Retry::attempts(4).base(Duration::from_secs(1));
    let run = async |then: fn(u32) -> Result<Output, ExecError>| {
        let (executor, store) = (Counting::new(move |run, _| then(run)), Memory::default());
        let runtime = builder(&executor, &store)
            .retry(retry.clone())
            .build()
            .unwrap();
        let record = runtime.run_one(Action::new("read_x")).await;
        (
            record.outcome().is_done(),
            executor.count(),
            record.attempts(),
        )
    };
    let third = |run| {
        if run < 3 {
            Err(ExecError::transient("busy"))
        } else {
            Ok(Output::nothing())
        }
    };
    assert_eq!(run(third).await, (true, 3, 3));
    assert_eq!(
        run(|_| Err(ExecError::transient("busy"))).await,
        (false, 4, 4)
    );
    assert_eq!(
        run(|_| Err(ExecError::uncertain("lost"))).await,
        (false, 1, 1)
    );
    assert_eq!(
        run(|_| Err(ExecError::permanent("no"))).await,
        (false, 1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_turns_stricter_stops_the_next_attempt() {
    let (executor, store) = (
        Counting::new(|_, _| Err(ExecError::transient("busy"))),
        Memory::default(),
    );
    let retry = Retry::attempts(10)
        .base(Duration::from_secs(60))
        .longest(Duration::from_secs(600));
    let runtime = builder(&executor, &store).retry(retry).build().unwrap();
    let running = tokio::spawn({
        let runtime = runtime.clone();
        async move { runtime.run_one(Action::new("read_x")).await }
    });
    while executor.count() < 1 {
        tokio::task::yield_now().await;
    }
    runtime
        .update_policy(policy("defaults: { approval: block }\n"))
        .await
        .unwrap();
    let record = running.await.unwrap();
    assert!(matches!(record.outcome(), Outcome::Failed(_)));
    assert!(executor.count() < 10, "{}", executor.count());
}

/// Never ends, and says when it is dropped.
struct Stuck(Arc<AtomicU32>);

struct Dropped(Arc<AtomicU32>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Executor for Stuck {
    fn execute<'a>(&'a self, _: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
        Box::pin(async {
            let _dropped = Dropped(Arc::clone(&self.0));
            std::future::pending().await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_is_stopped_and_said_so() {
    let (dropped, store) = (Arc::default(), Memory::default());
    let runtime = Runtime::builder()
        .policy(policy(POLICY))
        .executor(Stuck(Arc::clone(&dropped)))
        .audit(store.clone())
        .retry(Retry::attempts(5))
        .build()
        .unwrap();
    let record = runtime.run_one(Action::new("read_x")).await;
    assert!(matches!(record.outcome(), Outcome::TimedOut));
    assert_eq!((record.attempts(), dropped.load(Ordering::SeqCst)), (1, 1));
    assert_eq!(store.results(), ["allowed", "timed_out"]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_leaves_a_record_and_nothing_running() {
    let (dropped, store) = (Arc::default(), Memory::default());
    let runtime = Runtime::builder()
        .policy(policy(POLICY))
        .executor(Stuck(Arc::clone(&dropped)))
        .audit(store.clone())
        .build()
        .unwrap();
    let running = runtime.run_one(Action::new("read_x"));
    let gave_up = tokio::time::timeout(Duration::from_secs(1), running).await;
    assert!(gave_up.is_err());
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(store.results(), ["allowed", "cancelled"]);
    // A future that was never polled did nothing.
    drop(runtime.run_one(Action::new("read_x")));
    assert_eq!(store.results().len(), 2);
}

/// Writes, and verifies what it is told to.
struct Checked(fn() -> Result<Verified, ExecError>);

impl Executor for Checked {
    fn execute<'a>(&'a self, _: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
        Box::pin(std::future::ready(Ok("written".into())))
    }

    fn verify<'a>(
        &'a self,
        _: &'a Decided,
        output: &'a Output,
    ) -> Pending<'a, Result<Verified, ExecError>> {
        assert_eq!(output.value, Some("written".into()));
        Box::pin(async { (self.0)() })
    }
}

#[tokio::test]
async fn what_verification_finds_is_the_outcome() {
    let run = async |verify: fn() -> Result<Verified, ExecError>| {
        let store = Memory::default();
        let runtime = Runtime::builder()
            .policy(policy(POLICY))
            .executor(Checked(verify))
            .audit(store.clone())
            .build()
            .unwrap();
        let record = runtime.run_one(Action::new("write_x")).await;
        assert!(record.outcome().output().is_some());
        (
            record.outcome().to_string(),
            store.results().last().copied().unwrap(),
        )
    };
    let confirmed = run(|| Ok(Verified::Confirmed)).await;
    assert_eq!(confirmed, ("done and verified".into(), "succeeded"));
    let wrong = run(|| Ok(Verified::Wrong("the file is empty".into()))).await;
    assert_eq!(
        wrong,
        ("ran, but wrongly: the file is empty".into(), "failed")
    );
    let unknown = run(|| Err(ExecError::transient("gone"))).await;
    assert_eq!(
        unknown,
        ("ran, and could not be verified: gone".into(), "failed")
    );
    let panicked = run(|| panic!("oops")).await;
    let text = "ran, and could not be verified: verification panicked: oops";
    assert_eq!(panicked, (text.into(), "failed"));
}

#[tokio::test]
async fn evaluating_does_nothing_else() {
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store).build().unwrap();
    let decided = runtime.evaluate(Action::new("delete_user").target("7"));
    assert_eq!(decided.approval(), Approval::Approve);
    assert_eq!(
        decided.to_string(),
        "approve, high risk: delete_user 7 (rule ask)"
    );
    assert_eq!((executor.count(), store.results().len()), (0, 0));
}

#[tokio::test]
async fn hooks_are_told_and_their_panics_do_not_matter() {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let note = |what: String| {
        let told = Arc::clone(&told);
        move || told.lock().unwrap().push(what.clone())
    };
    let (decided, executed, audited) = (
        note("decision".into()),
        note("execute".into()),
        note("audit".into()),
    );
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store)
        .on_decision(|_| panic!("a broken hook"))
        .on_decision(move |_| decided())
        .on_execute(move |_, _| executed())
        .on_audit(move |kind, _| {
            assert!(matches!(
                kind,
                EventType::PolicyDecision | EventType::AuditEntry
            ));
            audited();
        })
        .build()
        .unwrap();
    assert!(
        runtime
            .run_one(Action::new("read_x"))
            .await
            .outcome()
            .is_done()
    );
    assert_eq!(
        *told.lock().unwrap(),
        ["decision", "audit", "execute", "audit"]
    );
    runtime.run_one(Action::new("drop_x")).await;
    assert_eq!(told.lock().unwrap().len(), 6);
}

#[test]
fn a_runtime_needs_its_parts() {
    let missing = |builder: aegis_runtime::Builder| builder.build().unwrap_err().to_string();
    assert!(matches!(
        Runtime::builder().build(),
        Err(BuildError::NoPolicy)
    ));
    let with_policy = || Runtime::builder().policy(policy(POLICY));
    assert_eq!(missing(with_policy()), "a runtime needs an executor");
    let both = || with_policy().executor(Counting::ok());
    assert!(missing(both()).starts_with("a runtime needs an audit store"));
    assert!(both().without_audit().build().is_ok());
    let anyway = aegis_runtime::AuditFailure::RunAnyway {
        because: "  ".into(),
    };
    assert!(missing(both().without_audit().audit_failure(anyway)).contains("in writing"));
}

#[tokio::test(start_paused = true)]
async fn a_short_timeout_holds_for_its_stage() {
    let timeouts = Timeouts {
        execute: Duration::from_millis(5),
        ..Timeouts::default()
    };
    let runtime = Runtime::builder()
        .policy(policy(POLICY))
        .executor(Stuck(Arc::default()))
        .without_audit()
        .timeouts(timeouts)
        .build()
        .unwrap();
    let before = tokio::time::Instant::now();
    runtime.run_one(Action::new("read_x")).await;
    assert!(before.elapsed() < Duration::from_secs(1));
}

/// Lets go of the thread a few times before it is done.
struct Halting(Arc<AtomicU32>);

impl Executor for Halting {
    fn execute<'a>(&'a self, _: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
        Box::pin(async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            self.0.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(Output::nothing())
        })
    }
}

#[tokio::test]
async fn dropped_after_any_number_of_polls_the_record_has_a_true_end() {
    let approver = || {
        Callback(|request: Request| async move {
            tokio::task::yield_now().await;
            Ok(request.answer(Verdict::Yes, "anna"))
        })
    };
    for (kind, enough) in [("read_x", 6), ("delete_x", 8)] {
        for polls in 0..=enough {
            let (runs, store) = (Arc::default(), Memory::default());
            let runtime = Runtime::builder()
                .policy(policy(POLICY))
                .executor(Halting(Arc::clone(&runs)))
                .approver(approver())
                .audit(store.clone())
                .build()
                .unwrap();
            let mut running = Box::pin(runtime.run_one(Action::new(kind)));
            let mut done = false;
            for _ in 0..polls {
                let poll = std::future::poll_fn(|cx| Poll::Ready(running.as_mut().poll(cx))).await;
                if poll.is_ready() {
                    done = true;
                    break;
                }
            }
            drop(running);
            let words = store.results();
            let ends = words
                .iter()
                .filter(|word| matches!(**word, "succeeded" | "cancelled"));
            assert_eq!(
                ends.count(),
                usize::from(polls > 0),
                "{kind} {polls}: {words:?}"
            );
            assert_eq!(
                words.last() == Some(&"succeeded"),
                done,
                "{kind} {polls}: {words:?}"
            );
            assert!(!done || runs.load(Ordering::SeqCst) == 1);
            assert!(
                done || polls < enough,
                "{kind} needs more than {enough} polls"
            );
        }
    }
}
