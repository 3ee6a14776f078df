//! A function of the embedder that asks.

use std::fmt;
use std::future::Future;

use super::{Answer, Approver, ApproverError, Request};
use crate::executor::Pending;

/// An async function that gets a request and answers it. Whom it asks, and whether they may
/// approve, is its business; the answer is judged like any other.
#[derive(Clone, Copy)]
pub struct Callback<F>(pub F);

impl<F> fmt::Debug for Callback<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

impl<F, R> Approver for Callback<F>
where
    F: Fn(Request) -> R + Send + Sync,
    R: Future<Output = Result<Answer, ApproverError>> + Send + 'static,
{
    fn channel(&self) -> &'static str {
        "callback"
    }

    fn ask<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<Answer, ApproverError>> {
        Box::pin((self.0)(request.clone()))
    }
}
