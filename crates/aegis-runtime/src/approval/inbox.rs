//! Open requests that somebody else answers: a web page, a server, another thread.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aegis_audit::Id;
use tokio::sync::oneshot;

use super::{Answer, Approver, ApproverError, Request, rule_out};
use crate::clock::{Clock, SystemClock};
use crate::executor::Pending;

/// Holds requests until they are answered, withdrawn or too late. Clones share them.
#[derive(Debug, Clone)]
pub struct Inbox {
    open: Arc<Mutex<BTreeMap<Id, Open>>>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct Open {
    request: Request,
    sender: oneshot::Sender<Answer>,
}

/// Why an answer was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// There is no such request, or no more: it was answered, withdrawn, or is too late.
    #[error("no request {0} is open")]
    NotOpen(Id),
    /// The answer does not count; the request stays open.
    #[error("the answer does not count: {0}")]
    DoesNotCount(String),
}

impl Default for Inbox {
    fn default() -> Self {
        Self {
            open: Arc::default(),
            clock: Arc::new(SystemClock::default()),
        }
    }
}

impl Inbox {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with another clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// What waits for an answer, the oldest first.
    #[must_use]
    pub fn open(&self) -> Vec<Request> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.values().map(|open| open.request.clone()).collect()
    }

    /// Answers a request. The caller has made sure that `answer.by` is who they say and may approve.
    ///
    /// # Errors
    /// A request that is not open, and an answer that does not count.
    pub fn answer(&self, answer: Answer) -> Result<(), Refused> {
        let id = answer.request;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = open.get(&id).ok_or(Refused::NotOpen(id))?;
        if let Some(why) = rule_out(&waiting.request, &answer, self.clock.now()) {
            return Err(Refused::DoesNotCount(why));
        }
        let waiting = open.remove(&id).ok_or(Refused::NotOpen(id))?;
        waiting
            .sender
            .send(answer)
            .map_err(|_| Refused::NotOpen(id))
    }
}

/// Takes the request out when nobody waits for its answer any more.
struct Withdraw<'a>(&'a Inbox, Id);

impl Drop for Withdraw<'_> {
    fn drop(&mut self) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&self.1);
    }
}

impl Approver for Inbox {
    fn channel(&self) -> &'static str {
        "inbox"
    }

    fn ask<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<Answer, ApproverError>> {
        Box::pin(async move {
            let (sender, receiver) = oneshot::channel();
            let _withdraw = Withdraw(self, request.id());
            {
                let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
                let request = request.clone();
                open.insert(request.id(), Open { request, sender });
            }
            let gone = |_| ApproverError::new("the inbox was closed");
            receiver.await.map_err(gone)
        })
    }
}
