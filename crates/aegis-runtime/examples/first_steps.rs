//! A policy, an executor of functions, and a record on disk.
//!
//!     cargo run -p aegis-runtime --example first_steps

#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use aegis_audit::sqlite::{Options, SqliteStore};
use aegis_policy::action::Action;
use aegis_policy::policy::Policy;
use aegis_runtime::{Executors, Runtime};

const POLICY: &str = r#"
version: 1
rules:
  - { name: no_drops, match: { type: "drop_*" }, risk_level: critical, approval: block, reason: tables stay }
  - { name: reading, match: { effect: read }, risk_level: low, approval: auto }
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("aegis_audit.db"), Options::new()?)?;
    let executors = Executors::new().function("*", |action| async move {
        let target = action.action().target_name().original().to_owned();
        Ok(format!("the content of {target}").into())
    })?;
    let runtime = Runtime::builder()
        .policy(Policy::load("policy.yaml", POLICY)?)
        .executor(executors)
        .audit(store)
        .build()?;

    for (kind, target) in [
        ("read_file", "notes.txt"),
        ("drop_table", "users"),
        ("send_mail", "all@example.org"),
    ] {
        let action = Action::new(kind).target(target).agent("assistant");
        println!("{}", runtime.run_one(action).await);
    }
    Ok(())
}
