//! Where events go: the trait, and what a caller gets back.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::AuditError;
use crate::event::Event;
use crate::hash::Hash;
use crate::id::Id;

/// Somewhere events are kept.
pub trait Store: Send + Sync + fmt::Debug {
    /// Hands an event over. The [`Ticket`] resolves once the event is durable, or with the reason
    /// it is not; until then it must not be taken for recorded.
    ///
    /// # Errors
    ///
    /// If the event cannot be accepted at all, which is then not recorded.
    fn append(&self, event: Event) -> Result<Ticket, AuditError>;

    /// Hands an event over and waits until it is durable.
    ///
    /// # Errors
    ///
    /// If the event is not recorded.
    fn record(&self, event: Event) -> Result<Receipt, AuditError> {
        self.append(event)?.wait()
    }
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn append(&self, event: Event) -> Result<Ticket, AuditError> {
        (**self).append(event)
    }
}

/// Proof of a durable event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The identifier the store gave it.
    pub event_id: Id,
    /// Its place in the chain, from 0.
    pub sequence: u64,
    /// The hash of its canonical form.
    pub hash: Hash,
}

/// An event on its way to the disk. It may be awaited or waited for; dropping it does not take the
/// event back.
#[must_use = "an event is durable only once its ticket has resolved"]
#[derive(Debug)]
pub struct Ticket {
    slot: Arc<Slot>,
}

/// The other end of a [`Ticket`], for those who write a [`Store`].
///
/// Dropped without an answer, it answers [`AuditError::Closed`], so that nobody waits for ever.
#[derive(Debug)]
pub struct Promise {
    slot: Arc<Slot>,
    kept: bool,
}

#[derive(Debug, Default)]
struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    answer: Option<Result<Receipt, AuditError>>,
    waker: Option<Waker>,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// A ticket and the promise that resolves it.
    pub fn new() -> (Promise, Self) {
        let slot = Arc::new(Slot::default());
        let promise = Promise {
            slot: Arc::clone(&slot),
            kept: false,
        };
        (promise, Self { slot })
    }

    /// Blocks until the event is durable.
    ///
    /// # Errors
    ///
    /// If the event is not recorded.
    pub fn wait(self) -> Result<Receipt, AuditError> {
        let mut state = self.slot.lock();
        loop {
            if let Some(answer) = state.answer.take() {
                return answer;
            }
            state = self
                .slot
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Future for Ticket {
    type Output = Result<Receipt, AuditError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.slot.lock();
        match &state.answer {
            Some(answer) => Poll::Ready(answer.clone()),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Promise {
    /// Resolves the ticket.
    pub fn keep(mut self, answer: Result<Receipt, AuditError>) {
        self.kept = true;
        self.resolve(answer);
    }

    fn resolve(&self, answer: Result<Receipt, AuditError>) {
        let waker = {
            let mut state = self.slot.lock();
            state.answer = Some(answer);
            state.waker.take()
        };
        self.slot.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if !self.kept {
            self.resolve(Err(AuditError::Closed));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Wake;
    use std::thread;

    use super::*;

    struct Thread(thread::Thread);

    impl Wake for Thread {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    #[test]
    fn a_ticket_can_be_awaited_without_a_runtime() {
        let (promise, mut ticket) = Ticket::new();
        let waker = Arc::new(Thread(thread::current())).into();
        let mut context = Context::from_waker(&waker);
        assert!(Pin::new(&mut ticket).poll(&mut context).is_pending());
        let other = thread::spawn(move || promise.keep(Err(AuditError::Full)));
        let answer = loop {
            match Pin::new(&mut ticket).poll(&mut context) {
                Poll::Ready(answer) => break answer,
                Poll::Pending => thread::park(),
            }
        };
        other.join().unwrap();
        assert!(matches!(answer, Err(AuditError::Full)));
    }

    #[test]
    fn a_broken_promise_is_an_error_and_not_a_wait() {
        let (promise, ticket) = Ticket::new();
        drop(promise);
        assert!(matches!(ticket.wait(), Err(AuditError::Closed)));
    }
}
