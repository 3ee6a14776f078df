//! Several actions: summary, order, fail-fast, rollback, changes in between.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aegis_policy::action::Action;
use aegis_policy::model::Approval;
use aegis_runtime::{Decided, ExecError, Executor, Outcome, Output, Pending, PlanOptions, Runtime};

use crate::support::{Counting, Memory, POLICY, builder, policy};

fn read(targets: &[&str]) -> Vec<Action> {
    targets
        .iter()
        .map(|target| Action::new("read_x").target(target))
        .collect()
}

#[tokio::test]
async fn a_plan_says_what_will_happen() {
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store).build().unwrap();
    let kinds = ["read_file", "delete_user", "drop_table", "unheard_of"];
    let plan = runtime.plan(kinds.map(|kind| Action::new(kind).target("t")));
    assert_eq!(
        plan.to_string(),
        "4 actions: 1 automatic, 1 to approve, 2 blocked\n\
        \u{20}  1  auto     low       read_file t  (free)\n\
        \u{20}  2  approve  high      delete_user t  (ask: may be needed)\n\
        \u{20}  3  block    critical  drop_table t  (never: gone for good)\n\
        \u{20}  4  block    high      unheard_of t  (defaults)"
    );
    assert_eq!(plan.count(Approval::Block), 2);
    assert_eq!((executor.count(), store.results().len()), (0, 0));
}

#[tokio::test]
async fn a_plan_with_a_blocked_action_does_nothing_and_is_recorded() {
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store).build().unwrap();
    let plan = runtime.plan([
        Action::new("read_x"),
        Action::new("drop_x"),
        Action::new("read_y"),
    ]);
    let record = runtime.execute(plan.clone(), PlanOptions::default()).await;
    let outcomes: Vec<_> = record
        .steps()
        .iter()
        .map(|step| step.outcome().to_string())
        .collect();
    let skipped = "skipped after a failure";
    assert_eq!(outcomes, [skipped, "blocked by the policy", skipped]);
    assert_eq!((record.is_done(), executor.count()), (false, 0));
    assert_eq!(store.results(), ["blocked", "cancelled", "cancelled"]);

    let anyway = PlanOptions {
        fail_fast: false,
        ..PlanOptions::default()
    };
    let record = runtime.execute(plan, anyway).await;
    assert_eq!((executor.count(), record.is_done()), (2, false));
}

#[tokio::test]
async fn the_first_failure_stops_what_comes_after_or_not() {
    let failing = || {
        Counting::new(
            |_, decided| match decided.action().target_name().original() {
                "bad" => Err(ExecError::permanent("no")),
                _ => Ok(Output::nothing()),
            },
        )
    };
    for (fail_fast, runs, words) in [
        (
            true,
            2,
            vec!["allowed", "succeeded", "allowed", "failed", "cancelled"],
        ),
        (
            false,
            3,
            vec![
                "allowed",
                "succeeded",
                "allowed",
                "failed",
                "allowed",
                "succeeded",
            ],
        ),
    ] {
        let (executor, store) = (failing(), Memory::default());
        let runtime = builder(&executor, &store).build().unwrap();
        let options = PlanOptions {
            fail_fast,
            ..PlanOptions::default()
        };
        let record = runtime
            .execute(runtime.plan(read(&["a", "bad", "b"])), options)
            .await;
        assert_eq!((executor.count(), store.results()), (runs, words));
        assert!(!record.is_done());
    }
}

#[tokio::test(start_paused = true)]
async fn in_parallel_as_many_run_at_once_as_are_allowed() {
    struct Waiting(Arc<Mutex<(usize, usize)>>);
    impl Executor for Waiting {
        fn execute<'a>(&'a self, _: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
            Box::pin(async {
                {
                    let mut counts = self.0.lock().unwrap();
                    counts.0 += 1;
                    counts.1 = counts.1.max(counts.0);
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
                self.0.lock().unwrap().0 -= 1;
                Ok(Output::nothing())
            })
        }
    }
    for (parallel, most) in [(0, 1), (1, 1), (3, 3), (100, 10)] {
        let counts = Arc::default();
        let runtime = Runtime::builder()
            .policy(policy(POLICY))
            .executor(Waiting(Arc::clone(&counts)))
            .without_audit()
            .build()
            .unwrap();
        let options = PlanOptions {
            parallel,
            ..PlanOptions::default()
        };
        let record = runtime
            .execute(runtime.plan(read(&["x"; 10])), options)
            .await;
        assert!(record.is_done());
        assert_eq!(counts.lock().unwrap().1, most);
    }
}

#[tokio::test]
async fn an_older_plan_is_decided_again() {
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store).build().unwrap();
    let plan = runtime.plan(read(&["a", "b"]));
    assert_eq!(plan.count(Approval::Auto), 2);
    let stricter = "rules: [{ name: b, match: { target: b }, risk_level: high, approval: block },
        { name: rest, match: { type: '*' }, risk_level: low, approval: auto }]\n";
    runtime.update_policy(policy(stricter)).await.unwrap();
    let options = PlanOptions {
        fail_fast: false,
        ..PlanOptions::default()
    };
    let record = runtime.execute(plan, options).await;
    assert!(record.steps()[0].outcome().is_done());
    assert!(matches!(record.steps()[1].outcome(), Outcome::Blocked));
    assert_eq!(record.steps()[1].decided().decided_by(), "b");
    assert_eq!(executor.count(), 1);
}

/// Writes a log of what it does; knows how to undo writes.
#[derive(Clone, Default)]
struct Undoing(Arc<Mutex<Vec<String>>>);

impl Executor for Undoing {
    fn execute<'a>(&'a self, action: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
        Box::pin(async move {
            let text = action.action().to_string();
            self.0.lock().unwrap().push(text.clone());
            if text == "write_x bad" {
                Err(ExecError::permanent("no"))
            } else {
                Ok(text.into())
            }
        })
    }

    fn undo(&self, action: &Decided, _: &Output) -> Option<Action> {
        let target = action.action().target_name().original();
        match target {
            "for good" => None,
            "late" => Some(Action::new("drop_x").target(target)),
            _ => Some(Action::new("write_undo").target(target)),
        }
    }
}

#[tokio::test]
async fn what_was_done_is_undone_in_reverse_decided_and_recorded() {
    let (executor, store) = (Undoing::default(), Memory::default());
    let runtime = Runtime::builder()
        .policy(policy(POLICY))
        .executor(executor.clone())
        .audit(store.clone())
        .build()
        .unwrap();
    let targets = ["a", "for good", "late", "b", "bad", "never"];
    let plan = runtime.plan(targets.map(|target| Action::new("write_x").target(target)));
    let options = PlanOptions {
        rollback: true,
        ..PlanOptions::default()
    };
    let record = runtime.execute(plan, options).await;
    let log = executor.0.lock().unwrap().clone();
    assert_eq!(
        log,
        [
            "write_x a",
            "write_x for good",
            "write_x late",
            "write_x b",
            "write_x bad",
            "write_undo b",
            "write_undo a"
        ]
    );
    let undone: Vec<_> = record
        .undone()
        .iter()
        .map(|undone| {
            (
                undone.step,
                undone.record.as_ref().map(|r| r.outcome().is_done()),
            )
        })
        .collect();
    assert_eq!(
        undone,
        [
            (3, Some(true)),
            (2, Some(false)),
            (1, None),
            (0, Some(true))
        ]
    );
    assert!(
        record
            .to_string()
            .contains("undo 2  nothing is known to undo it"),
        "{record}"
    );
    let words = store.results();
    let count = |word| words.iter().filter(|w| **w == word).count();
    assert_eq!(
        (
            count("rolled_back"),
            count("rollback_failed"),
            count("blocked")
        ),
        (2, 2, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn giving_a_plan_up_leaves_a_record_for_what_ran() {
    struct Slow;
    impl Executor for Slow {
        fn execute<'a>(&'a self, _: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
            Box::pin(std::future::pending())
        }
    }
    let store = Memory::default();
    let runtime = Runtime::builder()
        .policy(policy(POLICY))
        .executor(Slow)
        .audit(store.clone())
        .build()
        .unwrap();
    let options = PlanOptions {
        parallel: 2,
        ..PlanOptions::default()
    };
    let executing = runtime.execute(runtime.plan(read(&["a", "b", "c"])), options);
    assert!(
        tokio::time::timeout(Duration::from_secs(1), executing)
            .await
            .is_err()
    );
    tokio::task::yield_now().await;
    let mut words = store.results();
    words.sort_unstable();
    assert_eq!(words, ["allowed", "allowed", "cancelled", "cancelled"]);
}
