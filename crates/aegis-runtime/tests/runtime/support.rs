//! A store in memory, executors that count, and a runtime of both.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aegis_audit::{
    Algorithm, AuditError, Event, EventType, Hash, Id, Outcome as Word, Receipt, Store, Ticket,
};
use aegis_policy::policy::Policy;
use aegis_runtime::{Builder, Decided, ExecError, Executor, Output, Pending, Runtime};

/// A policy with one rule of every kind.
pub(crate) const POLICY: &str = r#"
version: 1
defaults: { risk_level: high, approval: block }
rules:
  - { name: never, match: { type: "drop_*" }, risk_level: critical, approval: block, reason: gone for good }
  - { name: ask, match: { type: "delete_*" }, risk_level: high, approval: approve, reason: may be needed }
  - { name: free, match: { type: ["read_*", "write_*", "pay_*"] }, risk_level: low, approval: auto }
"#;

pub(crate) fn policy(text: &str) -> Policy {
    Policy::load("policy.yaml", text).unwrap()
}

/// Keeps events in memory; fails from a given event on if told so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
    /// How many events are taken; 0 is all.
    pub(crate) most: Arc<AtomicU64>,
}

impl Memory {
    /// A store that takes so many events and fails afterwards.
    pub(crate) fn failing_after(most: u64) -> Self {
        let memory = Self::default();
        memory.most.store(most + 1, Ordering::SeqCst);
        memory
    }

    pub(crate) fn words(&self) -> Vec<(EventType, Word)> {
        let events = self.events.lock().unwrap();
        events
            .iter()
            .map(|event| (event.event_type(), event.result()))
            .collect()
    }

    /// The last words of each event, for short expectations.
    pub(crate) fn results(&self) -> Vec<&'static str> {
        self.words()
            .into_iter()
            .map(|(_, word)| word.as_str())
            .collect()
    }
}

impl Store for Memory {
    fn append(&self, event: Event) -> Result<Ticket, AuditError> {
        let mut events = self.events.lock().unwrap();
        let most = self.most.load(Ordering::SeqCst);
        let sequence = events.len() as u64;
        if most > 0 && sequence + 1 >= most {
            return Err(AuditError::Full);
        }
        events.push(event);
        let (promise, ticket) = Ticket::new();
        promise.keep(Ok(Receipt {
            event_id: Id::new(),
            sequence,
            hash: Hash::from_bytes(Algorithm::Sha256, [0; 32]),
        }));
        Ok(ticket)
    }
}

/// What an executor does in its run of a number.
type Then = dyn Fn(u32, &Decided) -> Result<Output, ExecError> + Send + Sync;

/// Counts its runs and then does what it is told.
#[derive(Clone)]
pub(crate) struct Counting {
    pub(crate) runs: Arc<AtomicU32>,
    pub(crate) then: Arc<Then>,
}

impl Counting {
    pub(crate) fn ok() -> Self {
        Self::new(|_, _| Ok(Output::nothing()))
    }

    pub(crate) fn new(
        then: impl Fn(u32, &Decided) -> Result<Output, ExecError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            runs: Arc::default(),
            then: Arc::new(then),
        }
    }

    pub(crate) fn count(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }
}

impl Executor for Counting {
    fn execute<'a>(&'a self, action: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
        Box::pin(async move {
            let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
            (self.then)(run, action)
        })
    }
}

/// A runtime of these with [`POLICY`].
pub(crate) fn builder(executor: &Counting, store: &Memory) -> Builder {
    Runtime::builder()
        .policy(policy(POLICY))
        .executor(executor.clone())
        .audit(store.clone())
}
