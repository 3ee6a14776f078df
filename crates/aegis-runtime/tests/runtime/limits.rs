//! Rates, budgets, loops and identity in the pipeline.

use std::sync::Arc;
use std::time::Duration;

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_runtime::clock::ManualClock;
use aegis_runtime::identity::Directory;
use aegis_runtime::limits::{Budget, LoopGuard, RateLimit};
use aegis_runtime::{DelegateError, ExecError, Money, Outcome, Output};

use crate::support::{Counting, Memory, builder};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Moment::new(1_000_000, 0)))
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_rate_limit_stops_and_lets_go_again() {
    let (executor, store, clock) = (Counting::ok(), Memory::default(), clock());
    let minute = Duration::from_secs(60);
    let runtime = builder(&executor, &store)
        .rate_limit(RateLimit::each("bot-*", 2, minute).unwrap())
        .clock(Arc::clone(&clock) as _)
        .build()
        .unwrap();
    let run = async |agent: &str, kind: &str| {
        runtime
            .run_one(Action::new(kind).agent(agent))
            .await
            .outcome()
            .is_done()
    };
    // What the policy blocks does not count.
    assert!(!run("bot-1", "drop_x").await);
    assert!(run("bot-1", "read_x").await && run("bot-1", "read_x").await);
    assert!(!run("bot-1", "read_x").await && run("bot-2", "read_x").await);
    clock.advance(minute);
    assert!(run("bot-1", "read_x").await);
    assert_eq!(executor.count(), 4);
    let words = store.words();
    let limited = words
        .iter()
        .filter(|(_, word)| word.as_str() == "rate_limited")
        .count();
    assert_eq!(limited, 1);
}

#[tokio::test]
async fn a_budget_stops_before_the_spend_to_the_last_digit() {
    let store = Memory::default();
    let executor = Counting::new(|_, _| Ok(Output::nothing()));
    let price = |action: &Action| match action.target_name().original() {
        "unknown" => None,
        text => text.parse().ok(),
    };
    let runtime = builder(&executor, &store)
        .budget(Budget::new("team", "*", money("0.000003")).unwrap())
        .price(price)
        .build()
        .unwrap();
    let pay = async |target: &str| runtime.run_one(Action::new("pay_api").target(target)).await;
    assert!(pay("0.00000299").await.outcome().is_done());
    let over = pay("0.000000010001").await;
    assert!(
        over.outcome()
            .to_string()
            .contains("0.00000299 of 0.000003 are used"),
        "{over}"
    );
    assert!(matches!(
        pay("unknown").await.outcome(),
        Outcome::OverBudget(_)
    ));
    assert!(pay("0.00000001").await.outcome().is_done());
    assert!(matches!(
        pay("0.000000000001").await.outcome(),
        Outcome::OverBudget(_)
    ));
    assert_eq!(executor.count(), 2);
    assert!(runtime.reset_budget("team"));
    assert!(pay("0.000003").await.outcome().is_done());
    assert!(store.results().contains(&"over_budget"));
}

#[tokio::test]
async fn what_did_not_happen_costs_nothing_and_what_may_have_does() {
    let executor = Counting::new(
        |_, decided| match decided.action().target_name().original() {
            "transient" => Err(ExecError::transient("busy")),
            "uncertain" => Err(ExecError::uncertain("lost")),
            "cheaper" => Ok(Output::nothing().cost(money("0.25"))),
            _ => panic!("broken"),
        },
    );
    for (target, used) in [
        ("transient", "0"),
        ("uncertain", "1"),
        ("cheaper", "0.25"),
        ("panic", "1"),
    ] {
        let store = Memory::default();
        let runtime = builder(&executor, &store)
            .budget(Budget::new("team", "*", money("10")).unwrap())
            .price(|_| Some(Money::whole(1)))
            .build()
            .unwrap();
        runtime.run_one(Action::new("pay_api").target(target)).await;
        assert_eq!(runtime.budget_used("team"), Some(money(used)), "{target}");
        runtime.run_one(Action::new("delete_x")).await;
        assert_eq!(
            runtime.budget_used("team"),
            Some(money(used)),
            "denied after {target}"
        );
    }
}

#[tokio::test]
async fn many_at_once_do_not_overspend() {
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store)
        .budget(Budget::new("team", "*", Money::whole(10)).unwrap())
        .price(|_| Some(Money::whole(1)))
        .build()
        .unwrap();
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let runtime = runtime.clone();
            tokio::spawn(async move { runtime.run_one(Action::new("pay_x").param("n", n)).await })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += u32::from(task.await.unwrap().outcome().is_done());
    }
    assert_eq!((done, executor.count()), (10, 10));
}

#[tokio::test]
async fn an_agent_that_goes_round_in_circles_is_stopped() {
    let (executor, store) = (Counting::ok(), Memory::default());
    let guard = LoopGuard {
        rounds: 3,
        longest: 2,
        within: Duration::from_secs(60),
    };
    let runtime = builder(&executor, &store)
        .loop_guard(guard)
        .build()
        .unwrap();
    let run = async |session: &str, n: i32| {
        let action = Action::new("read_x").session(session).param("n", n);
        runtime.run_one(action).await.outcome().is_done()
    };
    for n in [1, 2, 1, 2, 1] {
        assert!(run("a", n).await);
    }
    assert!(!run("a", 2).await && run("b", 2).await && run("a", 3).await);
    assert!(store.results().contains(&"looping"));
}

#[tokio::test]
async fn agents_do_what_they_and_those_above_them_may() {
    let (executor, store) = (Counting::ok(), Memory::default());
    let directory = Arc::new(Directory::new());
    let now = Moment::new(0, 0);
    directory
        .register("lead", &["read_*", "delete_*"], None)
        .unwrap();
    directory
        .delegate("lead", "helper", &["*"], None, now)
        .unwrap();
    let runtime = builder(&executor, &store)
        .agents(Arc::clone(&directory))
        .build()
        .unwrap();
    let run = async |agent: &str, kind: &str| runtime.run_one(Action::new(kind).agent(agent)).await;
    let record = run("helper", "read_x").await;
    assert!(record.outcome().is_done());
    assert_eq!(record.decided().chain().join(" > "), "lead > helper");
    for (agent, kind) in [
        ("helper", "write_x"),
        ("stranger", "read_x"),
        ("", "read_x"),
    ] {
        let record = run(agent, kind).await;
        assert!(
            matches!(record.outcome(), Outcome::NotPermitted(_)),
            "{agent} {kind}"
        );
    }
    // Capabilities only restrict: the policy still asks.
    assert!(matches!(
        run("helper", "delete_x").await.outcome(),
        Outcome::Denied(_)
    ));
    directory.revoke("lead");
    assert!(matches!(
        run("helper", "read_x").await.outcome(),
        Outcome::NotPermitted(_)
    ));
    assert_eq!(executor.count(), 1);
}

#[tokio::test]
async fn delegations_and_revocations_are_recorded_or_do_not_hold() {
    let (executor, store) = (Counting::ok(), Memory::failing_after(2));
    let directory = Arc::new(Directory::new());
    directory.register("lead", &["*"], None).unwrap();
    let runtime = builder(&executor, &store)
        .agents(directory)
        .build()
        .unwrap();
    runtime
        .delegate("lead", "helper", &["read_*"], None)
        .await
        .unwrap();
    assert_eq!(runtime.revoke("helper").await.ok(), Some(true));
    assert_eq!(runtime.revoke("nobody").await.ok(), Some(false));
    assert_eq!(store.results(), ["delegated", "revoked"]);
    let refused = runtime.delegate("lead", "other", &["*"], None).await;
    assert!(matches!(refused, Err(DelegateError::NotRecorded(_))));
    let record = runtime.run_one(Action::new("read_x").agent("other")).await;
    assert!(!record.outcome().is_done());
    let none = builder(&executor, &store).build().unwrap();
    assert!(matches!(
        none.delegate("a", "b", &[], None).await,
        Err(DelegateError::NoDirectory)
    ));
}
