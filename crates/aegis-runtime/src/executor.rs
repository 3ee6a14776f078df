//! What carries an action out.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use aegis_policy::action::Action;
use aegis_policy::value::Value;

use crate::decided::Decided;
use crate::money::Money;

/// A future that may move between threads, in a box so that traits can return it.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries actions out. It gets the decided action and nothing else, so it cannot run another one.
///
/// Dropping a future that it returned is how an action is cancelled or times out; an executor whose
/// work goes on after that should say so in its documentation.
pub trait Executor: Send + Sync {
    /// Whether it can carry out actions of this type; asked before anyone is bothered for an
    /// approval. The default is yes.
    fn handles(&self, action: &Action) -> bool {
        let _ = action;
        true
    }

    /// Carries the action out.
    fn execute<'a>(&'a self, action: &'a Decided) -> Pending<'a, Result<Output, ExecError>>;

    /// Looks whether what should have happened did. The default says that nothing was checked.
    fn verify<'a>(
        &'a self,
        action: &'a Decided,
        output: &'a Output,
    ) -> Pending<'a, Result<Verified, ExecError>> {
        let _ = (action, output);
        Box::pin(std::future::ready(Ok(Verified::Unchecked)))
    }

    /// The action that undoes this one, for rolling a plan back. It goes the whole way of any
    /// action: it is decided, approved if the policy says so, and recorded. The default is that
    /// nothing undoes it.
    fn undo(&self, action: &Decided, output: &Output) -> Option<Action> {
        let _ = (action, output);
        None
    }
}

/// What an action gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// The result, for the caller.
    pub value: Option<Value>,
    /// What it really cost, if known: takes the place of the price in the budgets.
    pub cost: Option<Money>,
}

impl Output {
    /// Nothing but that it was done.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The same with what it really cost.
    #[must_use]
    pub fn cost(mut self, cost: Money) -> Self {
        self.cost = Some(cost);
        self
    }
}

impl<T: Into<Value>> From<T> for Output {
    fn from(value: T) -> Self {
        Self {
            value: Some(value.into()),
            cost: None,
        }
    }
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// It happened as it should.
    Confirmed,
    /// Nobody looked.
    Unchecked,
    /// It did not; the text says what is different.
    Wrong(String),
}

/// Why an action could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExecError {
    /// Whether trying again may help.
    pub kind: Failure,
    /// What went wrong: lower case, no full stop.
    pub message: String,
    /// When the other side says that trying again makes sense.
    pub retry_after: Option<Duration>,
}

/// Kinds of failure, as far as trying again is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// Nothing happened, and the next attempt may succeed: a refused connection, a rate limit.
    Transient,
    /// It may have happened, or partly: trying again could do it twice.
    Uncertain,
    /// It cannot succeed.
    Permanent,
}

impl ExecError {
    /// It cannot succeed.
    #[must_use]
    pub fn permanent(message: impl Into<String>) -> Self {
        Self::new(Failure::Permanent, message.into())
    }

    /// Nothing happened, and the next attempt may succeed.
    #[must_use]
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(Failure::Transient, message.into())
    }

    /// It may have happened.
    #[must_use]
    pub fn uncertain(message: impl Into<String>) -> Self {
        Self::new(Failure::Uncertain, message.into())
    }

    /// The same with the time to wait that the other side asked for.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    fn new(kind: Failure, message: String) -> Self {
        Self {
            kind,
            message,
            retry_after: None,
        }
    }
}
