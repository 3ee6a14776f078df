//! Rate limits, a budget that stops before the spend, and agents that act for each other.
//!
//!     cargo run -p aegis-runtime --example limits_and_agents

#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aegis_policy::action::Action;
use aegis_policy::policy::Policy;
use aegis_policy::value::Value;
use aegis_runtime::identity::Directory;
use aegis_runtime::limits::{Budget, RateLimit};
use aegis_runtime::{Executors, Money, Output, Runtime};

/// So much for a token.
const PRICE: &str = "0.0000025";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let agents = Arc::new(Directory::new());
    agents.register("planner", &["ask_model", "read_*"], None)?;
    let now = SystemTime::now().into();
    agents.delegate("planner", "researcher", &["ask_model", "send_*"], None, now)?;

    let price: Money = PRICE.parse()?;
    let tokens = |action: &Action| {
        let mut params = action.params().iter();
        match params.find(|(name, _)| name == "tokens") {
            Some((_, Value::Number(number))) => number.text().parse::<u64>().ok(),
            Some(_) => None,
            None => Some(0),
        }
    };
    let runtime = Runtime::builder()
        .policy(Policy::load(
            "policy.yaml",
            "defaults: { risk_level: low, approval: auto }\n",
        )?)
        .executor(Executors::new().function("*", |_| async { Ok(Output::nothing()) })?)
        .agents(Arc::clone(&agents))
        .rate_limit(RateLimit::each("*", 4, Duration::from_secs(60))?)
        .budget(Budget::new("models", "*", "0.01".parse()?)?.per(Duration::from_secs(3_600)))
        .price(move |action| Some(price.times(tokens(action)?)))
        .without_audit()
        .build()?;

    let ask = |tokens: i32| {
        Action::new("ask_model")
            .agent("researcher")
            .param("tokens", tokens)
    };
    for action in [
        ask(3_000),
        ask(1_000),
        ask(1),
        Action::new("send_mail").agent("researcher"),
        Action::new("read_mail").agent("planner"),
    ] {
        println!("{}", runtime.run_one(action).await);
    }
    let used = runtime.budget_used("models").unwrap_or_default();
    println!("used: {used}");
    agents.revoke("planner");
    println!("{}", runtime.run_one(ask(0)).await);
    Ok(())
}
