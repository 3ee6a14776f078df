//! A runtime that asks about one action.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aegis_policy::action::Action;
use aegis_policy::policy::Policy;
use aegis_remote::{Client, People};
use aegis_runtime::approval::Approver;
use aegis_runtime::{Function, Output, Record, Runtime, Timeouts};

/// How often servers of tests are asked.
pub(crate) const OFTEN: Duration = Duration::from_millis(5);

pub(crate) fn client() -> Client {
    Client::new().unwrap()
}

pub(crate) fn people() -> People {
    People::new(["U1", "U2", "1001", "1002"]).unwrap()
}

pub(crate) fn policy(approval: &str) -> Policy {
    let text = format!("defaults: {{ risk_level: high, approval: {approval} }}\n");
    Policy::load("policy.yaml", &text).unwrap()
}

/// Enough for an answer on a busy machine; nobody waits so long, unless something is wrong.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Enough to read whatever is there, where no answer is expected.
pub(crate) const SHORT: Duration = Duration::from_millis(600);

/// What becomes of an action that a person has to approve, and how often it ran.
pub(crate) async fn ask(approver: impl Approver + 'static) -> (Record, u32) {
    ask_for(approver, LONG).await
}

/// The patience that fits an expectation.
pub(crate) fn patience(why: &str) -> Duration {
    if why.contains("in time") { SHORT } else { LONG }
}

/// The same with so much patience.
pub(crate) async fn ask_for(
    approver: impl Approver + 'static,
    patience: Duration,
) -> (Record, u32) {
    let runs = Arc::new(AtomicU32::new(0));
    let counting = Arc::clone(&runs);
    let runtime = Runtime::builder()
        .policy(policy("approve"))
        .executor(Function(move |_| {
            counting.fetch_add(1, Ordering::SeqCst);
            async { Ok(Output::nothing()) }
        }))
        .approver(approver)
        .timeouts(Timeouts {
            approve: patience,
            ..Timeouts::default()
        })
        .without_audit()
        .build()
        .unwrap();
    let action = Action::new("delete_user")
        .target("<!channel> `x` *y* @everyone")
        .agent("bot")
        .param("api_key", "sk-live-4242424242424242");
    let record = runtime.run_one(action).await;
    (record, runs.load(Ordering::SeqCst))
}

/// The code in what a person was shown.
pub(crate) fn code_in(text: &str) -> String {
    let after = text
        .split_once("approve ")
        .unwrap_or_else(|| panic!("{text}"))
        .1;
    after
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}

/// A yes that ran, by somebody.
pub(crate) fn approved(result: &(Record, u32), by: &str) {
    assert_eq!(
        (result.0.approved_by(), result.1),
        (Some(by), 1),
        "{}",
        result.0
    );
}

/// No yes, nothing ran, and the reason holds this text.
pub(crate) fn refused(result: &(Record, u32), why: &str) {
    assert_eq!(result.1, 0, "{}", result.0);
    assert!(result.0.to_string().contains(why), "{why} in {}", result.0);
}
