//! How often, for how much, and how repetitively agents may act.

mod budget;
mod loops;
mod rate;

use std::time::Duration;

pub use self::budget::{Budget, OverBudget};
pub use self::loops::{LoopGuard, Looping};
pub use self::rate::{RateLimit, RateLimited};

pub(crate) use self::budget::{Budgets, Reservation};
pub(crate) use self::loops::Loops;
pub(crate) use self::rate::Rates;

use aegis_policy::glob::Glob;
use aegis_policy::name::Name;

/// Whether a limit is about an agent. A limit restricts, so unlike a rule that allows it also holds
/// for a name with characters beyond ASCII.
fn about(glob: &Glob, agent: &Name) -> bool {
    glob.matches(agent.canonical())
}

/// Tables by agent or session hold so many entries and no more.
const MOST_ENTRIES: usize = 10_000;

/// The time at which something from `at` is out of a window.
fn out_of(window: Duration, at: Duration) -> Duration {
    at.saturating_add(window)
}
