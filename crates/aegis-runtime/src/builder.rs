//! Putting a runtime together.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aegis_audit::{AuditError, EventType, Receipt, Redactor, Store};
use aegis_policy::action::Action;

use crate::approval::{Approver, Denial, Request, Yes};
use crate::clock::{Clock, SystemClock};
use crate::decided::Decided;
use crate::executor::Executor;
use crate::hooks::Hooks;
use crate::identity::Directory;
use crate::journal::Journal;
use crate::limits::{Budget, Budgets, LoopGuard, Loops, RateLimit, Rates};
use crate::money::Money;
use crate::outcome::Outcome;
use crate::retry::Retry;
use crate::rules::{Rules, Version};
use crate::runtime::{Inner, Runtime};

/// What happens to actions while events cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AuditFailure {
    /// They do not run.
    #[default]
    Refuse,
    /// They run without a record.
    RunAnyway {
        /// Why that is acceptable; it is written into the events that can be recorded.
        because: String,
    },
}

/// Whether the decision has to be on disk before the action runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriteAhead {
    /// Always.
    #[default]
    Always,
    /// Not for an automatic action whose effect is to read: its decision and its end are made
    /// durable together, before the caller sees the result. Saves one of two waits for the disk.
    UnlessRead,
}

/// How long each stage may take. There is no unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// A person may think so long; silence after that is a no.
    pub approve: Duration,
    /// One attempt of the executor.
    pub execute: Duration,
    /// Verification.
    pub verify: Duration,
    /// Until an event is durable.
    pub audit: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            approve: Duration::from_secs(300),
            execute: Duration::from_secs(60),
            verify: Duration::from_secs(30),
            audit: Duration::from_secs(30),
        }
    }
}

/// What is missing or wrong in a runtime.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There is nothing to decide with.
    #[error("a runtime needs a policy")]
    NoPolicy,
    /// There is nothing to carry actions out with.
    #[error("a runtime needs an executor")]
    NoExecutor,
    /// Nothing was said about the record.
    #[error("a runtime needs an audit store, or `without_audit` said in so many words")]
    NoAudit,
    /// Running without a record needs a reason.
    #[error("to run actions that cannot be recorded, say in writing why that is acceptable")]
    NoReason,
    /// There are budgets and nothing knows a price.
    #[error("budgets need `price`, which says what an action costs")]
    NoPrice,
    /// The patterns of secrets do not compile.
    #[error(transparent)]
    Redactor(#[from] AuditError),
}

#[derive(Debug, Default)]
enum Audit {
    #[default]
    Unsaid,
    None,
    Store(Arc<dyn Store>),
}

pub(crate) type Price = Arc<dyn Fn(&Action) -> Option<Money> + Send + Sync>;

/// Puts a [`Runtime`] together: it needs a policy, an executor and a word about the record.
#[derive(Default)]
pub struct Builder {
    rules: Option<Rules>,
    executor: Option<Arc<dyn Executor>>,
    approver: Option<Arc<dyn Approver>>,
    audit: Audit,
    failure: AuditFailure,
    write_ahead: WriteAhead,
    timeouts: Timeouts,
    retry: Retry,
    directory: Option<Arc<Directory>>,
    rates: Vec<RateLimit>,
    budgets: Vec<Budget>,
    price: Option<Price>,
    loops: Option<LoopGuard>,
    hooks: Hooks,
    clock: Option<Arc<dyn Clock>>,
    redactor: Option<Redactor>,
}

impl Builder {
    /// What decides: a policy or layers of them.
    #[must_use]
    pub fn policy(mut self, rules: impl Into<Rules>) -> Self {
        self.rules = Some(rules.into());
        self
    }

    /// What carries actions out.
    #[must_use]
    pub fn executor(mut self, executor: impl Executor + 'static) -> Self {
        self.executor = Some(Arc::new(executor));
        self
    }

    /// Who is asked. Without it nothing that needs approval runs.
    #[must_use]
    pub fn approver(mut self, approver: impl Approver + 'static) -> Self {
        self.approver = Some(Arc::new(approver));
        self
    }

    /// Where the record is kept.
    #[must_use]
    pub fn audit(mut self, store: impl Store + 'static) -> Self {
        self.audit = Audit::Store(Arc::new(store));
        self
    }

    /// Keeps no record at all.
    #[must_use]
    pub fn without_audit(mut self) -> Self {
        self.audit = Audit::None;
        self
    }

    /// What happens to actions while events cannot be recorded; by default they do not run.
    #[must_use]
    pub fn audit_failure(mut self, failure: AuditFailure) -> Self {
        self.failure = failure;
        self
    }

    /// Whether the decision has to be on disk before the action runs; by default it always has.
    #[must_use]
    pub fn write_ahead(mut self, write_ahead: WriteAhead) -> Self {
        self.write_ahead = write_ahead;
        self
    }

    /// How long each stage may take.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// How failed actions are tried again; by default they are not.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The agents and what they may do; an agent that is not in it may do nothing. Without a
    /// directory any name may act, and only the policy restricts it.
    #[must_use]
    pub fn agents(mut self, directory: Arc<Directory>) -> Self {
        self.directory = Some(directory);
        self
    }

    /// Adds a rate limit. All limits about an agent must let an action pass.
    #[must_use]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rates.push(limit);
        self
    }

    /// Adds a budget. All budgets about an agent must have room for an action.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budgets.push(budget);
        self
    }

    /// What an action costs, before it runs; `None` if that is not known, which no budget lets pass.
    #[must_use]
    pub fn price(
        mut self,
        price: impl Fn(&Action) -> Option<Money> + Send + Sync + 'static,
    ) -> Self {
        self.price = Some(Arc::new(price));
        self
    }

    /// Stops agents that go round in circles.
    #[must_use]
    pub fn loop_guard(mut self, guard: LoopGuard) -> Self {
        self.loops = Some(guard);
        self
    }

    /// Calls a function after every decision.
    #[must_use]
    pub fn on_decision(mut self, hook: impl Fn(&Decided) + Send + Sync + 'static) -> Self {
        self.hooks.decision.push(Arc::new(hook));
        self
    }

    /// Calls a function after every request for approval, answered or not.
    #[must_use]
    pub fn on_approval(
        mut self,
        hook: impl Fn(&Request, &Result<Yes, Denial>) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.approval.push(Arc::new(hook));
        self
    }

    /// Calls a function after every action that ran, however it ended.
    #[must_use]
    pub fn on_execute(mut self, hook: impl Fn(&Decided, &Outcome) + Send + Sync + 'static) -> Self {
        self.hooks.execute.push(Arc::new(hook));
        self
    }

    /// Calls a function after every event that is durable.
    #[must_use]
    pub fn on_audit(mut self, hook: impl Fn(&EventType, &Receipt) + Send + Sync + 'static) -> Self {
        self.hooks.audit.push(Arc::new(hook));
        self
    }

    /// What takes secrets out of the parameters that approvers see. The store has its own.
    #[must_use]
    pub fn redactor(mut self, redactor: Redactor) -> Self {
        self.redactor = Some(redactor);
        self
    }

    /// Where the time is taken from; by default from the machine.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The runtime.
    ///
    /// # Errors
    /// If something is missing.
    pub fn build(self) -> Result<Runtime, BuildError> {
        let rules = self.rules.ok_or(BuildError::NoPolicy)?;
        let executor = self.executor.ok_or(BuildError::NoExecutor)?;
        let store = match self.audit {
            Audit::Unsaid => return Err(BuildError::NoAudit),
            Audit::None => None,
            Audit::Store(store) => Some(store),
        };
        if let AuditFailure::RunAnyway { because } = &self.failure
            && because.trim().is_empty()
        {
            return Err(BuildError::NoReason);
        }
        if !self.budgets.is_empty() && self.price.is_none() {
            return Err(BuildError::NoPrice);
        }
        Ok(Runtime::new(Inner {
            version: std::sync::RwLock::new(Version::new(rules)),
            changing: tokio::sync::Mutex::new(()),
            executor,
            approver: self.approver,
            journal: Journal {
                store,
                failure: self.failure,
                patience: self.timeouts.audit,
                redactor: self.redactor.map_or_else(common_redactor, Ok)?,
            },
            write_ahead: self.write_ahead,
            timeouts: self.timeouts,
            retry: self.retry,
            directory: self.directory,
            rates: Rates::new(self.rates),
            budgets: Budgets::new(self.budgets),
            price: self.price,
            loops: self.loops.map(Loops::new),
            hooks: self.hooks,
            clock: self
                .clock
                .unwrap_or_else(|| Arc::new(SystemClock::default())),
        }))
    }
}

/// Its patterns take a while to prepare, so all runtimes share one.
fn common_redactor() -> Result<Redactor, AuditError> {
    static COMMON: OnceLock<Result<Redactor, AuditError>> = OnceLock::new();
    COMMON.get_or_init(Redactor::new).clone()
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("rules", &self.rules)
            .field("audit", &self.audit)
            .field("failure", &self.failure)
            .field("timeouts", &self.timeouts)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
