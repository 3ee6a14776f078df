//! The record: durable before the action, durable before the result, and what if it is not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aegis_audit::{AuditError, Event, Store, Ticket};
use aegis_policy::action::Action;
use aegis_runtime::approval::Auto;
use aegis_runtime::{AuditFailure, Outcome, Output, Runtime, WriteAhead};

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
