//! Trying again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::executor::{ExecError, Failure};

/// How often and how soon a failed action is tried again.
///
/// The wait before attempt *n* is a random part of `base * 2^n`, at most `longest` (exponential
/// backoff with full jitter), and never less than the other side asked for. Only failures that the
/// filter takes are tried again: by default those where nothing happened, so that nothing is done
/// twice. A stage that timed out and an executor that panicked are not tried again.
#[derive(Clone)]
pub struct Retry {
    attempts: u32,
    base: Duration,
    longest: Duration,
    filter: Arc<dyn Fn(&ExecError) -> bool + Send + Sync>,
}

impl Retry {
    /// One attempt.
    #[must_use]
    pub fn never() -> Self {
        Self::attempts(1)
    }

    /// At most this many attempts, the first included, with waits from 100 ms up to 10 s.
    #[must_use]
    pub fn attempts(attempts: u32) -> Self {
        Self {
            attempts: attempts.max(1),
            base: Duration::from_millis(100),
            longest: Duration::from_secs(10),
            filter: Arc::new(|error| error.kind == Failure::Transient),
        }
    }

    /// Sets the longest wait before the second attempt.
    #[must_use]
    pub fn base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// Sets the longest wait before any attempt.
    #[must_use]
    pub fn longest(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// Sets which failures are tried again.
    #[must_use]
    pub fn only_if(mut self, filter: impl Fn(&ExecError) -> bool + Send + Sync + 'static) -> Self {
        self.filter = Arc::new(filter);
        self
    }

    /// How long to wait after so many attempts; `None` if it is over. A longer wait than
    /// `longest` that the other side asks for ends it: hurrying would be refused again.
    pub(crate) fn wait(&self, made: u32, error: &ExecError, random: u64) -> Option<Duration> {
        if made >= self.attempts || !(self.filter)(error) {
            return None;
        }
        let asked = error.retry_after.unwrap_or_default();
        if asked > self.longest {
            return None;
        }
        let doubled = 1_u32
            .checked_shl(made.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let most = self.base.saturating_mul(doubled).min(self.longest);
        let nanos = most.as_nanos().saturating_add(1);
        let part = u128::from(random) % nanos;
        Some(Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX)).max(asked))
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::never()
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("attempts", &self.attempts)
            .field("base", &self.base)
            .field("longest", &self.longest)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_longest_and_end() {
        let retry = Retry::attempts(5)
            .base(Duration::from_secs(1))
            .longest(Duration::from_secs(3));
        let error = ExecError::transient("busy");
        // The largest part: one less than the remainder's divisor.
        let most = |made, seconds: u64| retry.wait(made, &error, seconds * 1_000_000_000);
        assert_eq!(most(1, 1), Some(Duration::from_secs(1)));
        assert_eq!(most(2, 2), Some(Duration::from_secs(2)));
        assert_eq!(most(3, 3), Some(Duration::from_secs(3)));
        assert_eq!(most(4, 3), Some(Duration::from_secs(3)));
        assert_eq!(most(5, 3), None);
        assert_eq!(retry.wait(1, &error, 0), Some(Duration::ZERO));
    }

    #[test]
    fn only_failures_that_did_nothing_are_tried_again() {
        let retry = Retry::attempts(3);
        assert_eq!(retry.wait(1, &ExecError::permanent("no"), 1), None);
        assert_eq!(retry.wait(1, &ExecError::uncertain("perhaps"), 1), None);
        let all = retry.only_if(|_| true);
        assert!(all.wait(1, &ExecError::uncertain("perhaps"), 1).is_some());
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept() {
        let retry = Retry::attempts(3);
        let asked =
            |seconds| ExecError::transient("busy").retry_after(Duration::from_secs(seconds));
        assert_eq!(retry.wait(1, &asked(2), 0), Some(Duration::from_secs(2)));
        assert_eq!(retry.wait(1, &asked(60), 0), None);
    }
}
