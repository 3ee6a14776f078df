//! The record: durable before the action, durable before the result, and what if it is not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aegis_audit::sqlite::{Filter, Options, Reader, SqliteStore};
use aegis_audit::verify::Against;
use aegis_audit::{AuditError, Event, Store, Ticket};
use aegis_policy::action::Action;
use aegis_runtime::approval::Auto;
use aegis_runtime::limits::{Budget, LoopGuard, RateLimit};
use aegis_runtime::{AuditFailure, ExecError, Money, Outcome, Output, Runtime, WriteAhead};

use crate::support::{Counting, Memory, POLICY, builder, policy};

#[tokio::test]
async fn an_action_whose_decision_cannot_be_recorded_does_not_run() {
    let (executor, store) = (Counting::ok(), Memory::failing_after(0));
    let runtime = builder(&executor, &store).build().unwrap();
    for kind in ["read_x", "delete_x", "drop_x"] {
        let record = runtime.run_one(Action::new(kind)).await;
        assert!(
            matches!(record.outcome(), Outcome::NotRecorded(AuditError::Full)),
            "{kind}"
        );
    }
    assert_eq!(executor.count(), 0);
}

#[tokio::test]
async fn an_approval_that_cannot_be_recorded_lets_nothing_run() {
    for recorded in 0..3 {
        let (executor, store) = (Counting::ok(), Memory::failing_after(recorded));
        let runtime = builder(&executor, &store)
            .approver(Auto::yes_for_tests())
            .build()
            .unwrap();
        let record = runtime.run_one(Action::new("delete_x")).await;
        assert!(
            matches!(record.outcome(), Outcome::NotRecorded(_)),
            "{recorded}"
        );
        assert_eq!(executor.count(), 0, "{recorded}");
    }
}

#[tokio::test]
async fn a_result_that_cannot_be_recorded_is_told_as_that() {
    let (executor, store) = (Counting::ok(), Memory::failing_after(1));
    let runtime = builder(&executor, &store).build().unwrap();
    let record = runtime.run_one(Action::new("read_x")).await;
    let Outcome::RanUnrecorded { ended, .. } = record.outcome() else {
        panic!("{}", record.outcome());
    };
    assert!(ended.is_done() && !record.outcome().is_done() && record.outcome().ran());
    assert_eq!(executor.count(), 1);
}

#[tokio::test]
async fn whoever_accepts_it_in_writing_runs_without_a_record() {
    let (executor, store) = (Counting::ok(), Memory::failing_after(0));
    let because = "reads only, and the service must not stop".to_owned();
    let runtime = builder(&executor, &store)
        .audit_failure(AuditFailure::RunAnyway { because })
        .build()
        .unwrap();
    assert!(
        runtime
            .run_one(Action::new("read_x"))
            .await
            .outcome()
            .is_done()
    );
    assert_eq!(executor.count(), 1);
}

/// Holds promises back until told, so that the order of things can be seen.
#[derive(Debug, Clone, Default)]
struct Slow {
    inner: Memory,
    held: Arc<Mutex<Vec<aegis_audit::store::Promise>>>,
    free: Arc<AtomicBool>,
}

impl Store for Slow {
    fn append(&self, event: Event) -> Result<Ticket, AuditError> {
        if self.free.load(Ordering::SeqCst) {
            return self.inner.append(event);
        }
        drop(self.inner.append(event)?);
        let (promise, ticket) = Ticket::new();
        self.held.lock().unwrap().push(promise);
        Ok(ticket)
    }
}

fn slow(executor: &Counting, write_ahead: WriteAhead) -> (Slow, Runtime) {
    let store = Slow::default();
    let runtime = Runtime::builder()
        .policy(policy(POLICY))
        .executor(executor.clone())
        .audit(store.clone())
        .write_ahead(write_ahead)
        .build()
        .unwrap();
    (store, runtime)
}

async fn soon(runtime: &Runtime, action: Action) -> Option<aegis_runtime::Record> {
    let running = runtime.run_one(action);
    tokio::time::timeout(Duration::from_secs(1), running)
        .await
        .ok()
}

#[tokio::test(start_paused = true)]
async fn nothing_runs_before_its_decision_is_durable() {
    let executor = Counting::ok();
    let (store, runtime) = slow(&executor, WriteAhead::Always);
    assert!(soon(&runtime, Action::new("read_x")).await.is_none());
    assert_eq!(executor.count(), 0);
    // Given up while the decision was on its way: it may be in the store, so the end is too.
    assert_eq!(store.inner.results(), ["allowed", "cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_read_may_run_first_but_is_not_told_first() {
    let executor = Counting::ok();
    let (store, runtime) = slow(&executor, WriteAhead::UnlessRead);
    assert!(soon(&runtime, Action::new("read_x")).await.is_none());
    assert_eq!(executor.count(), 1);
    assert_eq!(store.inner.results(), ["allowed", "succeeded"]);
    assert!(soon(&runtime, Action::new("write_x")).await.is_none());
    assert_eq!(executor.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_is_a_failure_and_not_a_wait() {
    let executor = Counting::ok();
    let (_store, runtime) = slow(&executor, WriteAhead::Always);
    let record = runtime.run_one(Action::new("read_x")).await;
    assert!(matches!(
        record.outcome(),
        Outcome::NotRecorded(AuditError::Storage(_))
    ));
    assert_eq!(executor.count(), 0);
}

/// Breaks.
#[derive(Debug)]
struct Broken;

impl Store for Broken {
    fn append(&self, _: Event) -> Result<Ticket, AuditError> {
        panic!("the store is broken")
    }
}

#[tokio::test]
async fn a_store_that_panics_is_a_failure_and_not_a_crash() {
    let executor = Counting::new(|_, _| Ok(Output::nothing()));
    let runtime = Runtime::builder()
        .policy(policy(POLICY))
        .executor(executor.clone())
        .audit(Broken);
    let record = runtime
        .build()
        .unwrap()
        .run_one(Action::new("read_x"))
        .await;
    assert!(
        record
            .outcome()
            .to_string()
            .contains("the store panicked: the store is broken")
    );
    assert_eq!(executor.count(), 0);
}

#[tokio::test]
async fn a_change_of_policy_is_recorded_or_does_not_happen() {
    let (executor, store) = (Counting::ok(), Memory::failing_after(1));
    let runtime = builder(&executor, &store).build().unwrap();
    let changed = runtime
        .update_policy(policy("defaults: { approval: auto }\n"))
        .await;
    let digest = changed.unwrap().digest();
    assert_eq!(store.results(), ["policy_changed"]);
    assert!(runtime.update_policy(policy(POLICY)).await.is_err());
    assert_eq!(runtime.version().digest(), digest);
}

/// Everything that can become of an action, in the store that people use.
#[tokio::test(flavor = "multi_thread")]
async fn every_outcome_is_in_the_store_and_the_chain_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aegis_audit.db");
    let store = SqliteStore::open(&path, Options::new().unwrap()).unwrap();
    let executor = Counting::new(
        |_, decided| match decided.action().target_name().original() {
            "fail" => Err(ExecError::permanent("no")),
            "panic" => panic!("broken"),
            _ => Ok(Output::nothing()),
        },
    );
    let runtime = Runtime::builder()
        .policy(policy(POLICY))
        .executor(executor)
        .approver(Auto::yes_for_tests())
        .rate_limit(RateLimit::each("hasty", 1, Duration::from_secs(3_600)).unwrap())
        .budget(Budget::new("poor", "poor", Money::ZERO).unwrap())
        .price(|_| Some(Money::whole(1)))
        .loop_guard(LoopGuard {
            rounds: 2,
            longest: 1,
            within: Duration::from_secs(60),
        })
        .audit(store)
        .build()
        .unwrap();
    let all = [
        ("read_x", "", "a"),
        ("delete_x", "", "b"),
        ("drop_x", "", "c"),
        ("read_x", "fail", "d"),
        ("read_x", "panic", "e"),
        ("read_x", "1", "hasty"),
        ("read_x", "2", "hasty"),
        ("pay_x", "", "poor"),
        ("read_x", "", "f"),
        ("read_x", "", "f"),
    ];
    for (kind, target, agent) in all {
        let action = Action::new(kind).target(target).agent(agent).session("s");
        runtime
            .run_one(
                action
                    .param("token", "secret-value-1")
                    .param("max_tokens", 7),
            )
            .await;
    }
    runtime
        .update_policy(policy("defaults: { approval: block }\n"))
        .await
        .unwrap();
    let callers: Vec<_> = (0..64)
        .map(|n| {
            let runtime = runtime.clone();
            tokio::spawn(async move {
                runtime
                    .run_one(Action::new("x").agent(&n.to_string()))
                    .await
            })
        })
        .collect();
    for caller in callers {
        assert!(matches!(caller.await.unwrap().outcome(), Outcome::Blocked));
    }
    let reader = Reader::open(&path).unwrap();
    let mut words: Vec<String> = Vec::new();
    let mut each = |row: aegis_audit::sqlite::Record| {
        assert!(!row.body.contains("secret-value-1"), "{}", row.body);
        words.push(row.columns.outcome);
        true
    };
    reader.walk(&Filter::default(), &mut each).unwrap();
    for word in [
        "allowed",
        "blocked",
        "escalated",
        "approved",
        "succeeded",
        "failed",
        "panicked",
        "rate_limited",
        "over_budget",
        "looping",
        "policy_changed",
    ] {
        assert!(
            words.iter().any(|known| known == word),
            "{word} in {words:?}"
        );
    }
    assert_eq!(words.iter().filter(|word| *word == "blocked").count(), 65);
    assert!(
        aegis_audit::verify::store(&reader, &Against::default())
            .unwrap()
            .is_intact()
    );
}
