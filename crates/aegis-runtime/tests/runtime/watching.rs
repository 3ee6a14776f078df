//! Following a policy file.

use std::fs;
use std::time::Duration;

use aegis_policy::action::Action;
use aegis_policy::model::Approval;
use aegis_runtime::WatchState;

use crate::support::{Counting, Memory, builder};

const TICK: Duration = Duration::from_millis(10);

#[tokio::test]
async fn a_good_file_comes_into_force_and_a_broken_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.yaml");
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store).build().unwrap();
    let mut watch = runtime.watch(&path, TICK);
    let approval = || runtime.evaluate(Action::new("read_x")).approval();

    assert!(
        matches!(watch.changed().await, Some(WatchState::Refused(why)) if why.contains("cannot be read"))
    );
    assert_eq!(approval(), Approval::Auto);

    fs::write(&path, "defaults: { risk_level: high, approval: block }\n").unwrap();
    assert!(matches!(
        watch.changed().await,
        Some(WatchState::InForce(_))
    ));
    assert_eq!(approval(), Approval::Block);
    let digest = runtime.version().digest();

    for broken in ["ruels: []\n", "rules: [\n", "\u{0}"] {
        fs::write(&path, broken).unwrap();
        assert!(
            matches!(watch.changed().await, Some(WatchState::Refused(_))),
            "{broken}"
        );
        assert_eq!(
            (approval(), runtime.version().digest()),
            (Approval::Block, digest)
        );
    }
    fs::write(&path, "defaults: { risk_level: high, approval: approve }\n").unwrap();
    watch.changed().await;
    assert_eq!(approval(), Approval::Approve);

    let words = store.results();
    assert_eq!(
        words,
        [
            "failed",
            "policy_changed",
            "failed",
            "failed",
            "failed",
            "policy_changed"
        ]
    );
    drop(watch);
    fs::write(&path, "defaults: { risk_level: high, approval: block }\n").unwrap();
    tokio::time::sleep(TICK * 10).await;
    assert_eq!(approval(), Approval::Approve);
}

#[tokio::test]
async fn a_file_that_is_still_being_written_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.yaml");
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store).build().unwrap();
    let whole = "rules:\n  - { name: a, match: { type: a }, risk_level: low, approval: auto }\n  - { name: b, match: { type: b }, risk_level: low, approval: block }\n";
    let half = &whole[..whole.find("  - { name: b").unwrap()];
    fs::write(&path, half).unwrap();
    let slow = Duration::from_secs(1);
    let mut watch = runtime.watch(&path, slow);
    // Between the first look and the second the rest arrives.
    tokio::time::sleep(slow / 4).await;
    fs::write(&path, whole).unwrap();
    watch.changed().await;
    assert_eq!(
        runtime.evaluate(Action::new("b")).approval(),
        Approval::Block
    );
    assert_eq!(store.results(), ["policy_changed"]);
}
