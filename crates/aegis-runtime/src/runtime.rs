//! The runtime: what an agent embeds.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aegis_audit::{AuditError, Event};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;

use crate::approval::Approver;
use crate::builder::{Builder, Price, Timeouts, WriteAhead};
use crate::clock::Clock;
use crate::decided::Decided;
use crate::executor::Executor;
use crate::flight::Flight;
use crate::hooks::Hooks;
use crate::identity::{Directory, DirectoryError};
use crate::journal::{self, Journal};
use crate::limits::{Budgets, Loops, Rates};
use crate::money::Money;
use crate::outcome::Record;
use crate::plan::{Plan, PlanOptions, PlanRecord};
use crate::retry::Retry;
use crate::rules::{Rules, Version};
use crate::watch::Watch;

/// Enforces a policy on live actions. Clones are the same runtime.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) version: RwLock<Arc<Version>>,
    pub(crate) changing: tokio::sync::Mutex<()>,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) approver: Option<Arc<dyn Approver>>,
    pub(crate) journal: Journal,
    pub(crate) write_ahead: WriteAhead,
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: Retry,
    pub(crate) directory: Option<Arc<Directory>>,
    pub(crate) rates: Rates,
    pub(crate) budgets: Arc<Budgets>,
    pub(crate) price: Option<Price>,
    pub(crate) loops: Option<Loops>,
    pub(crate) hooks: Hooks,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Inner {
    pub(crate) fn version(&self) -> Arc<Version> {
        Arc::clone(&self.version.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn decide(&self, action: Action) -> Decided {
        Decided::new(action, &self.version(), self.clock.now())
    }

    /// Records something about an agent.
    async fn note_agent(
        &self,
        agent: &str,
        make: impl FnOnce() -> Event,
    ) -> Result<(), AuditError> {
        let entry = self.journal.submit(|| {
            let agent = aegis_audit::event::Agent::new(agent);
            make().agent(agent).at(journal::time(self.clock.now()))
        });
        self.journal.durable(entry, &self.hooks).await
    }

    pub(crate) fn decide_again(&self, decided: &Decided) -> Decided {
        decided.again(&self.version(), self.clock.now())
    }
}

/// Why the policy was not changed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// The change could not be recorded, so the policy in force stays.
    #[error("the policy was not changed, since the change cannot be recorded: {0}")]
    NotRecorded(#[from] AuditError),
    /// The tokio runtime is shutting down.
    #[error("the policy was not changed: the program is ending")]
    Ending,
}

/// Why nothing was delegated.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DelegateError {
    /// The runtime has no directory of agents.
    #[error("the runtime has no directory of agents")]
    NoDirectory,
    /// The directory refuses it.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// It could not be recorded, so the new agent is revoked again.
    #[error("the delegation was taken back, since it cannot be recorded: {0}")]
    NotRecorded(AuditError),
}

impl Runtime {
    /// Puts a runtime together.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }

    /// Takes an action the whole way. Dropping the future cancels the action; the record says so.
    pub async fn run_one(&self, action: Action) -> Record {
        Flight::new(&self.0, self.0.decide(action)).fly().await
    }

    /// Decides about an action and does nothing else: no limit counts it, nothing is recorded.
    #[must_use]
    pub fn evaluate(&self, action: Action) -> Decided {
        self.0.decide(action)
    }

    /// Decides about several actions, to be looked at before any of them runs.
    #[must_use]
    pub fn plan(&self, actions: impl IntoIterator<Item = Action>) -> Plan {
        let (version, now) = (self.0.version(), self.0.clock.now());
        let decide = |action| Decided::new(action, &version, now);
        Plan::new(actions.into_iter().map(decide).collect())
    }

    /// Takes the actions of a plan the whole way, each decided again before it runs: the policy or
    /// the time may have changed since the plan was made.
    pub async fn execute(&self, plan: Plan, options: PlanOptions) -> PlanRecord {
        crate::plan::execute(self, plan, options).await
    }

    /// The policy in force.
    #[must_use]
    pub fn version(&self) -> Arc<Version> {
        self.0.version()
    }

    /// Puts another policy in force, for every action that is decided from then on, and records the
    /// change first. Actions that wait for a person or for another attempt are decided again before
    /// they run.
    ///
    /// # Errors
    /// If the change cannot be recorded. The policy in force then stays.
    pub async fn update_policy(
        &self,
        rules: impl Into<Rules>,
    ) -> Result<Arc<Version>, UpdateError> {
        let (inner, rules) = (Arc::clone(&self.0), rules.into());
        // In a task of its own: a caller that gives up must not leave a record of a change that
        // was not made.
        let change = tokio::spawn(async move { change(&inner, rules).await });
        change.await.map_err(|_| UpdateError::Ending)?
    }

    /// Follows a policy file: whenever its content changes, and is the same at two looks in a row,
    /// it is put in force. A file that does not load changes nothing; that is recorded, and
    /// [`Watch::state`] says it. Ends when the watch is dropped.
    #[must_use]
    pub fn watch(&self, path: impl Into<PathBuf>, every: Duration) -> Watch {
        Watch::start(self.clone(), path.into(), every)
    }

    /// Registers an agent that acts on behalf of another, as [`Directory::delegate`] does, and
    /// records it.
    ///
    /// # Errors
    /// As there; and if it cannot be recorded.
    pub async fn delegate(
        &self,
        from: &str,
        to: &str,
        capabilities: &[&str],
        expires: Option<Moment>,
    ) -> Result<(), DelegateError> {
        let inner = &self.0;
        let directory = inner.directory.as_ref().ok_or(DelegateError::NoDirectory)?;
        let now = inner.clock.now();
        directory.delegate(from, to, capabilities, expires, now)?;
        let recorded = inner.note_agent(to, || {
            let event = Event::entry(aegis_audit::Outcome::Delegated)
                .detail("from", from)
                .detail("capabilities", capabilities.to_vec());
            match expires {
                Some(expires) => event.detail("expires", expires.to_string()),
                None => event,
            }
        });
        recorded.await.map_err(|error| {
            directory.revoke(to);
            DelegateError::NotRecorded(error)
        })
    }

    /// Revokes an agent and all that act on its behalf, as [`Directory::revoke`] does, and records
    /// it; `false` if there is none. It is revoked even if that cannot be recorded.
    ///
    /// # Errors
    /// If it cannot be recorded.
    pub async fn revoke(&self, agent: &str) -> Result<bool, AuditError> {
        let inner = &self.0;
        let directory = inner.directory.as_ref();
        if !directory.is_some_and(|directory| directory.revoke(agent)) {
            return Ok(false);
        }
        let revoked = || Event::entry(aegis_audit::Outcome::Revoked);
        inner.note_agent(agent, revoked).await?;
        Ok(true)
    }

    /// Forgets what a budget counted; `false` if there is none of that name. What runs now stays set
    /// aside.
    #[must_use]
    pub fn reset_budget(&self, name: &str) -> bool {
        self.0.budgets.reset(name)
    }

    /// What of a budget is spent or set aside; `None` if there is none of that name.
    #[must_use]
    pub fn budget_used(&self, name: &str) -> Option<Money> {
        self.0.budgets.used(name, self.0.clock.elapsed())
    }
}

async fn change(inner: &Inner, rules: Rules) -> Result<Arc<Version>, UpdateError> {
    let _one_at_a_time = inner.changing.lock().await;
    let (old, new) = (inner.version(), Version::new(rules));
    let entry = inner.journal.submit(|| {
        Event::entry(aegis_audit::Outcome::PolicyChanged)
            .at(journal::time(inner.clock.now()))
            .policy_digest(journal::hash(new.digest()).to_string())
            .detail("previous_policy", journal::hash(old.digest()).to_string())
    });
    inner.journal.durable(entry, &inner.hooks).await?;
    *inner
        .version
        .write()
        .unwrap_or_else(PoisonError::into_inner) = Arc::clone(&new);
    Ok(new)
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("policy", &self.0.version().digest())
            .field("audit", &self.0.journal.keeps())
            .finish_non_exhaustive()
    }
}
