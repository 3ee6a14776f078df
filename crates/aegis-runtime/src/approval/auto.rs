//! Answers without a person.

use super::{Answer, Approver, ApproverError, Request, Verdict};
use crate::executor::Pending;

/// Gives every request the same answer: for tests, and only there. The record names it
/// `automatic (nobody was asked)`.
#[derive(Debug, Clone, Copy)]
pub struct Auto(Verdict);

impl Auto {
    /// Says yes to everything.
    #[must_use]
    pub fn yes_for_tests() -> Self {
        Self(Verdict::Yes)
    }

    /// Says no to everything.
    #[must_use]
    pub fn no() -> Self {
        Self(Verdict::No)
    }
}

impl Approver for Auto {
    fn channel(&self) -> &'static str {
        "automatic"
    }

    fn ask<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<Answer, ApproverError>> {
        let answer = request.answer(self.0, "automatic (nobody was asked)");
        Box::pin(std::future::ready(Ok(answer)))
    }
}
