//! How long to wait before a request is tried again.
//!
//! GitHub's rules: after a refusal for too many requests wait as long as `Retry-After` says; without
//! it, until `X-RateLimit-Reset` if nothing remains; else at least a minute.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often a request is tried at most.
pub(super) const MOST_ATTEMPTS: u32 = 4;
const SECONDARY: Duration = Duration::from_secs(60);

/// The time that all requests of a run may spend on waiting, and how to wait.
#[derive(Debug, Clone)]
pub struct Patience {
    left: Duration,
    sleep: fn(Duration),
}

impl Default for Patience {
    fn default() -> Self {
        Self::new(Duration::from_secs(180), std::thread::sleep)
    }
}

impl Patience {
    /// So much time, spent this way.
    #[must_use]
    pub fn new(left: Duration, sleep: fn(Duration)) -> Self {
        Self { left, sleep }
    }

    /// Waits, unless that is more than what is left.
    pub(super) fn take(&mut self, time: Duration) -> bool {
        let Some(left) = self.left.checked_sub(time) else {
            return false;
        };
        self.left = left;
        (self.sleep)(time);
        true
    }
}

/// Too many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limited {
    /// How long to wait.
    pub(super) wait: Duration,
}

/// Whether an answer refuses a request because there were too many, in which case it was not done.
pub(super) fn limited<'h>(
    status: u16,
    header: &impl Fn(&str) -> Option<&'h str>,
    message: &str,
) -> Option<Limited> {
    limited_at(status, header, message, SystemTime::now())
}

fn limited_at<'h>(
    status: u16,
    header: &impl Fn(&str) -> Option<&'h str>,
    message: &str,
    now: SystemTime,
) -> Option<Limited> {
    if !matches!(status, 403 | 429) {
        return None;
    }
    let number = |name: &str| header(name)?.trim().parse::<u64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(Limited {
            wait: Duration::from_secs(seconds),
        });
    }
    if number("x-ratelimit-remaining") == Some(0)
        && let Some(reset) = number("x-ratelimit-reset")
    {
        let reset = UNIX_EPOCH + Duration::from_secs(reset);
        let wait = reset.duration_since(now).unwrap_or_default() + Duration::from_secs(1);
        return Some(Limited { wait });
    }
    let secondary = message.to_lowercase().contains("secondary rate limit");
    (secondary || status == 429).then_some(Limited { wait: SECONDARY })
}

/// The pause after so many failures: one second, two, four.
pub(super) fn backoff(attempt: u32) -> Duration {
    Duration::from_secs(1 << attempt.saturating_sub(1).min(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(status: u16, headers: &[(&str, &'static str)], message: &str) -> Option<u64> {
        let header = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        let now = UNIX_EPOCH + Duration::from_secs(1_000);
        limited_at(status, &header, message, now).map(|l| l.wait.as_secs())
    }

    #[test]
    fn the_wait_is_the_one_that_github_asks_for() {
        assert_eq!(wait(429, &[("retry-after", "7")], ""), Some(7));
        assert_eq!(wait(403, &[("retry-after", "7")], ""), Some(7));
        let used_up = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1030"),
        ];
        assert_eq!(wait(403, &used_up, ""), Some(31));
        assert_eq!(
            wait(403, &[], "You have exceeded a secondary rate limit"),
            Some(60)
        );
        assert_eq!(wait(429, &[], ""), Some(60));
    }

    #[test]
    fn a_missing_permission_is_no_rate_limit() {
        assert_eq!(
            wait(
                403,
                &[("x-ratelimit-remaining", "4999")],
                "Resource not accessible"
            ),
            None
        );
        assert_eq!(wait(500, &[("retry-after", "7")], ""), None);
    }

    #[test]
    fn patience_ends() {
        let mut patience = Patience::new(Duration::from_secs(3), |_| {});
        assert!(patience.take(backoff(1)) && patience.take(backoff(2)));
        assert!(!patience.take(backoff(3)));
    }
}
