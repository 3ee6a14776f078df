//! Functions of the embedder that are told what happens. They watch; nothing they do or fail to do
//! changes a decision, and a panic in one is ignored.

use std::fmt;
use std::sync::Arc;

use aegis_audit::{EventType, Receipt};

use crate::approval::{Denial, Request, Yes};
use crate::decided::Decided;
use crate::guarded;
use crate::outcome::Outcome;

type Hook<T> = Arc<dyn Fn(&T) + Send + Sync>;
type Hook2<A, B> = Arc<dyn Fn(&A, &B) + Send + Sync>;

/// All hooks of a runtime.
#[derive(Default, Clone)]
pub(crate) struct Hooks {
    pub(crate) decision: Vec<Hook<Decided>>,
    pub(crate) approval: Vec<Hook2<Request, Result<Yes, Denial>>>,
    pub(crate) execute: Vec<Hook2<Decided, Outcome>>,
    pub(crate) audit: Vec<Hook2<EventType, Receipt>>,
}

/// Calls each of them.
pub(crate) fn tell<T>(hooks: &[Hook<T>], what: &T) {
    for hook in hooks {
        let _ = guarded::call(|| hook(what));
    }
}

/// Calls each of them.
pub(crate) fn tell2<A, B>(hooks: &[Hook2<A, B>], what: &A, more: &B) {
    for hook in hooks {
        let _ = guarded::call(|| hook(what, more));
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("decision", &self.decision.len())
            .field("approval", &self.approval.len())
            .field("execute", &self.execute.len())
            .field("audit", &self.audit.len())
            .finish()
    }
}
