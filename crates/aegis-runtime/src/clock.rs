//! Where the runtime takes the time from.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aegis_policy::clock::Moment;

/// What tells the time. Deadlines of a stage are kept by the timers of tokio; everything that is
/// decided or recorded asks here.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time on the calendar, which rules about hours and the record need. It may jump.
    fn now(&self) -> Moment;

    /// Time since some fixed point, which never goes back: rates and durations are measured in it.
    fn elapsed(&self) -> Duration;
}

/// The clock of the machine.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        let start = Instant::now();
        Self { start }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        SystemTime::now().into()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock that stands still until it is moved: for tests and for replaying what happened.
#[derive(Debug)]
pub struct ManualClock {
    start: Moment,
    passed: Mutex<Duration>,
}

impl ManualClock {
    /// A clock that shows this moment.
    #[must_use]
    pub fn new(start: Moment) -> Self {
        Self {
            start,
            passed: Mutex::new(Duration::ZERO),
        }
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        *passed = passed.saturating_add(by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        after(self.start, self.elapsed())
    }

    fn elapsed(&self) -> Duration {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The moment this long after another one.
#[must_use]
pub(crate) fn after(moment: Moment, by: Duration) -> Moment {
    let nanos = moment.nanos().saturating_add(by.subsec_nanos());
    let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
    Moment::new(
        moment
            .seconds()
            .saturating_add(seconds)
            .saturating_add(i64::from(nanos / 1_000_000_000)),
        nanos % 1_000_000_000,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_when_told() {
        let clock = ManualClock::new(Moment::new(10, 900_000_000));
        clock.advance(Duration::from_millis(1_200));
        assert_eq!(clock.now(), Moment::new(12, 100_000_000));
        assert_eq!(clock.elapsed(), Duration::from_millis(1_200));
    }
}
