//! An action waits in an inbox until somebody answers: what a web page or a server would do.
//!
//!     cargo run -p aegis-runtime --example asking_a_person

#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;
use std::time::Duration;

use aegis_policy::action::Action;
use aegis_policy::policy::Policy;
use aegis_runtime::approval::{Inbox, Verdict};
use aegis_runtime::{Executors, Output, Runtime, Timeouts};

const POLICY: &str = r#"
version: 1
rules:
  - { name: ask, match: { effect: delete }, risk_level: high, approval: approve, reason: cannot be undone }
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let inbox = Inbox::new();
    let executors = Executors::new().function("delete_*", |_| async { Ok(Output::nothing()) })?;
    let runtime = Runtime::builder()
        .policy(Policy::load("policy.yaml", POLICY)?)
        .executor(executors)
        .approver(inbox.clone())
        .timeouts(Timeouts {
            approve: Duration::from_millis(200),
            ..Timeouts::default()
        })
        .without_audit()
        .build()?;

    // Somebody who looks into the inbox, and knows what may go.
    let person = tokio::spawn(async move {
        for _ in 0..100 {
            for request in inbox.open() {
                println!("asked: {} {}", request.action_type(), request.target());
                let verdict = match request.target() {
                    "draft.txt" => Verdict::Yes,
                    "ledger.xlsx" => Verdict::No,
                    _ => continue,
                };
                // Too late, or twice: refused, and nothing happens.
                let _ = inbox.answer(request.answer(verdict, "anna@example.org"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    for target in ["draft.txt", "ledger.xlsx", "nobody answers"] {
        let action = Action::new("delete_file").target(target).agent("assistant");
        let record = runtime.run_one(action).await;
        match record.approved_by() {
            Some(by) => println!("{record}, approved by {by}"),
            None => println!("{record}"),
        }
    }
    person.abort();
    Ok(())
}
