//! Enforces a policy on live actions.
//!
//! An action goes one way, whoever sends it:
//!
//! ```text
//! Action
//!   | evaluate   identity, policy, limits                          Decided
//!   | approve    a person, if the policy says so                   an answer that names the request
//!   | execute    with retries; gets the decided action only        Output
//!   | verify     did it happen?
//!   | audit      durable before the action runs and before the caller sees the result
//!   v
//! Record
//! ```
//!
//! ```
//! use aegis_policy::action::Action;
//! use aegis_policy::policy::Policy;
//! use aegis_runtime::{ExecError, Executors, Outcome, Output, Runtime};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let policy = Policy::load("policy.yaml", r#"
//! version: 1
//! rules:
//!   - { name: reading, match: { effect: read }, risk_level: low, approval: auto }
//! "#)?;
//! let executors = Executors::new().function("*_file", |action| async move {
//!     Ok::<Output, ExecError>(format!("read {}", action.action().target_name().original()).into())
//! })?;
//! let runtime = Runtime::builder().policy(policy).executor(executors).without_audit().build()?;
//!
//! let record = runtime.run_one(Action::new("read_file").target("notes.txt")).await;
//! assert!(matches!(record.outcome(), Outcome::Done { .. }));
//! let record = runtime.run_one(Action::new("delete_file").target("notes.txt")).await;
//! assert!(matches!(record.outcome(), Outcome::Denied(_)), "nobody there to approve");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything needs a tokio runtime with timers. Limits, budgets and open requests live in the
//! process: several processes that share a policy each count for themselves.

pub mod approval;
pub mod clock;
pub mod identity;
pub mod limits;
pub mod plan;
pub mod process;
pub mod runtime;

mod builder;
mod decided;
mod digest;
mod ends;
mod executor;
mod flight;
mod functions;
mod guarded;
mod hooks;
mod journal;
mod money;
mod outcome;
mod random;
mod retry;
mod rules;
mod show;
mod watch;

pub use self::builder::{AuditFailure, BuildError, Builder, Timeouts, WriteAhead};
pub use self::decided::Decided;
pub use self::digest::Digest;
pub use self::executor::{ExecError, Executor, Failure, Output, Pending, Verified};
pub use self::functions::{Executors, Function};
pub use self::money::{Money, MoneyError};
pub use self::outcome::{Outcome, Record, Stage};
pub use self::plan::{Plan, PlanOptions, PlanRecord};
pub use self::retry::Retry;
pub use self::rules::{Rules, Version};
pub use self::runtime::{DelegateError, Runtime, UpdateError};
pub use self::show::neutral;
pub use self::watch::{Watch, WatchState};
