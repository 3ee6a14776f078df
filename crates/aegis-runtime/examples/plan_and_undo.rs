//! A plan is looked at, executed, fails in the middle, and is undone.
//!
//!     cargo run -p aegis-runtime --example plan_and_undo

#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;
use std::sync::Mutex;

use aegis_policy::action::Action;
use aegis_policy::policy::Policy;
use aegis_runtime::{
    Decided, ExecError, Executor, Output, Pending, PlanOptions, Runtime, Verified,
};

const POLICY: &str = r#"
version: 1
rules:
  - { name: bookings, match: { type: ["book_*", "cancel_*"] }, risk_level: medium, approval: auto }
"#;

/// Books seats, of which there are two.
#[derive(Default)]
struct Seats(Mutex<Vec<String>>);

impl Executor for Seats {
    fn execute<'a>(&'a self, action: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
        Box::pin(async move {
            let action = action.action();
            let guest = action.target_name().original().to_owned();
            let mut seats = self
                .0
                .lock()
                .map_err(|_| ExecError::permanent("the list is broken"))?;
            if action.kind_name().canonical() == "cancel_seat" {
                seats.retain(|seat| *seat != guest);
            } else if seats.len() == 2 {
                return Err(ExecError::permanent("all seats are taken"));
            } else {
                seats.push(guest);
            }
            Ok(Output::nothing())
        })
    }

    fn verify<'a>(
        &'a self,
        action: &'a Decided,
        _: &'a Output,
    ) -> Pending<'a, Result<Verified, ExecError>> {
        Box::pin(async move {
            let action = action.action();
            let seats = self
                .0
                .lock()
                .map_err(|_| ExecError::permanent("the list is broken"))?;
            let seated = seats
                .iter()
                .any(|seat| seat == action.target_name().original());
            let booked = action.kind_name().canonical() == "book_seat";
            Ok(match seated == booked {
                true => Verified::Confirmed,
                false => Verified::Wrong("the list says something else".to_owned()),
            })
        })
    }

    fn undo(&self, action: &Decided, _: &Output) -> Option<Action> {
        let guest = action.action().target_name().original();
        Some(Action::new("cancel_seat").target(guest))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::builder()
        .policy(Policy::load("policy.yaml", POLICY)?)
        .executor(Seats::default())
        .without_audit()
        .build()?;
    let guests = ["Anna", "Ben", "Cleo", "Dana"];
    let plan = runtime.plan(guests.map(|guest| Action::new("book_seat").target(guest)));
    println!("{plan}\n");
    let options = PlanOptions {
        rollback: true,
        ..PlanOptions::default()
    };
    println!("{}", runtime.execute(plan, options).await);
    Ok(())
}
