//! Programs from an explicit list, and a policy file that changes while they run.
//!
//!     cargo run -p aegis-runtime --example programs_and_reload

#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;
use std::fs;
use std::time::Duration;

use aegis_policy::action::Action;
use aegis_policy::policy::Policy;
use aegis_policy::value::Value;
use aegis_runtime::process::{Processes, Program};
use aegis_runtime::{Retry, Runtime};

const OPEN: &str = "defaults: { risk_level: low, approval: auto }\n";
const CLOSED: &str = "defaults: { risk_level: low, approval: block }\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("policy.yaml");
    fs::write(&path, OPEN)?;
    let programs = Processes::new().allow("say", Program::new("/bin/echo")?.param("text"))?;
    let runtime = Runtime::builder()
        .policy(Policy::from_file(&path)?)
        .executor(programs)
        .retry(Retry::attempts(3))
        .without_audit()
        .build()?;
    let say = async |text: &str| {
        let record = runtime
            .run_one(Action::new("say").param("text", text))
            .await;
        match record
            .outcome()
            .output()
            .and_then(|output| output.value.as_ref())
        {
            Some(Value::Text(said)) => println!("{record}: {}", said.trim_end()),
            _ => println!("{record}"),
        }
    };
    say("$(whoami) is one argument").await;
    say("--help").await;

    let mut watch = runtime.watch(&path, Duration::from_millis(10));
    println!(
        "{}",
        if watch.changed().await.is_some() {
            "watching"
        } else {
            "ended"
        }
    );
    fs::write(&path, CLOSED)?;
    watch.changed().await;
    say("too late").await;
    fs::write(&path, "ruels: []\n")?;
    println!("{:?}", watch.changed().await);
    say("still too late").await;
    Ok(())
}
