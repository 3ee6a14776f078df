//! Sliding-window rate limits.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aegis_policy::glob::{Glob, GlobError};
use aegis_policy::name::Name;

use super::{MOST_ENTRIES, about, out_of};

/// At most so many actions in any stretch of time of a given length.
///
/// Actions count when they pass the policy, whether they then succeed or not. The window slides: no
/// burst at the seam between two windows.
#[derive(Debug, Clone)]
pub struct RateLimit {
    /// All if `None`.
    agents: Option<Glob>,
    count: u32,
    window: Duration,
    each: bool,
}

/// An action came too soon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the limit of {count} actions in {window:?} for `{agents}` is reached; try again in {retry_after:?}"
)]
pub struct RateLimited {
    /// The pattern of the limit.
    pub agents: String,
    /// How many actions it lets pass.
    pub count: u32,
    /// In this time.
    pub window: Duration,
    /// When the next one passes, if none comes in between.
    pub retry_after: Duration,
}

impl RateLimit {
    /// For all agents together.
    #[must_use]
    pub fn global(count: u32, window: Duration) -> Self {
        Self {
            agents: None,
            count,
            window,
            each: false,
        }
    }

    /// For all agents that match a pattern, counted together.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn together(agents: &str, count: u32, window: Duration) -> Result<Self, GlobError> {
        Ok(Self {
            agents: Some(Glob::parse(agents)?),
            ..Self::global(count, window)
        })
    }

    /// For every agent that matches a pattern, each counted alone. An agent that can choose its own
    /// name can also choose a fresh one: put a limit that counts together beside this one.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn each(agents: &str, count: u32, window: Duration) -> Result<Self, GlobError> {
        Ok(Self {
            each: true,
            ..Self::together(agents, count, window)?
        })
    }

    fn is_about(&self, agent: &Name) -> bool {
        self.agents
            .as_ref()
            .is_none_or(|agents| about(agents, agent))
    }

    fn reached(&self, retry_after: Duration) -> RateLimited {
        RateLimited {
            agents: self.agents.as_ref().map_or("*", Glob::text).to_owned(),
            count: self.count,
            window: self.window,
            retry_after,
        }
    }
}

/// All limits of a runtime and what they counted.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    limits: Vec<RateLimit>,
    counted: Mutex<Vec<HashMap<Box<str>, VecDeque<Duration>>>>,
}

impl Rates {
    pub(crate) fn new(limits: Vec<RateLimit>) -> Self {
        let counted = limits.iter().map(|_| HashMap::new()).collect();
        Self {
            limits,
            counted: Mutex::new(counted),
        }
    }

    /// Counts an action of an agent, if all limits let it pass; counts nothing otherwise.
    pub(crate) fn take(&self, agent: &Name, now: Duration) -> Result<(), RateLimited> {
        if self.limits.is_empty() {
            return Ok(());
        }
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let concerned = || self.limits.iter().filter(|limit| limit.is_about(agent));
        if concerned().next().is_none() {
            return Ok(());
        }
        let key = |limit: &RateLimit| if limit.each { agent.canonical() } else { "" };
        for (limit, counted) in self.limits.iter().zip(counted.iter_mut()) {
            if limit.is_about(agent) {
                passes(limit, counted, key(limit), now)?;
            }
        }
        for (limit, counted) in self.limits.iter().zip(counted.iter_mut()) {
            if limit.is_about(agent) {
                counted.entry(key(limit).into()).or_default().push_back(now);
            }
        }
        Ok(())
    }
}

fn passes(
    limit: &RateLimit,
    counted: &mut HashMap<Box<str>, VecDeque<Duration>>,
    key: &str,
    now: Duration,
) -> Result<(), RateLimited> {
    let expired = |at: &Duration| out_of(limit.window, *at) <= now;
    if counted.len() >= MOST_ENTRIES && !counted.contains_key(key) {
        counted.retain(|_, times| times.back().is_some_and(|last| !expired(last)));
        // Too many agents at once to count them: none of the new ones passes.
        if counted.len() >= MOST_ENTRIES {
            return Err(limit.reached(limit.window));
        }
    }
    let Some(times) = counted.get_mut(key) else {
        return if limit.count == 0 {
            Err(limit.reached(limit.window))
        } else {
            Ok(())
        };
    };
    while times.front().is_some_and(expired) {
        times.pop_front();
    }
    if u32::try_from(times.len()).unwrap_or(u32::MAX) < limit.count {
        return Ok(());
    }
    let free = times.front().map_or(limit.window, |at| {
        out_of(limit.window, *at).saturating_sub(now)
    });
    Err(limit.reached(free))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(rates: &Rates, agent: &str, millis: u64) -> bool {
        rates
            .take(&Name::new(agent), Duration::from_millis(millis))
            .is_ok()
    }

    #[test]
    fn the_window_slides() {
        let rates = Rates::new(vec![RateLimit::global(2, SECOND)]);
        assert!(at(&rates, "a", 900) && at(&rates, "b", 950));
        // The seam of a fixed window at 1,000 ms would let these pass.
        assert!(!at(&rates, "a", 1_050) && !at(&rates, "c", 1_899));
        assert!(at(&rates, "a", 1_900) && !at(&rates, "a", 1_900));
        let refused = rates.take(&Name::new("a"), Duration::from_millis(1_940));
        assert_eq!(
            refused.expect_err("full").retry_after,
            Duration::from_millis(10)
        );
    }

    #[test]
    fn each_agent_alone_whatever_its_spelling() {
        let rates = Rates::new(vec![RateLimit::each("bot-*", 1, SECOND).expect("a limit")]);
        assert!(at(&rates, "bot-1", 0) && at(&rates, "bot-2", 0));
        assert!(!at(&rates, "BOT-1", 1) && !at(&rates, "bot\u{200b}-2", 1));
        assert!(at(&rates, "other", 1) && at(&rates, "other", 1));
    }

    #[test]
    fn an_action_that_one_limit_stops_does_not_count_for_the_others() {
        let each = RateLimit::each("*", 5, SECOND).expect("a limit");
        let rates = Rates::new(vec![each, RateLimit::global(1, SECOND)]);
        assert!(at(&rates, "a", 0));
        for _ in 0..10 {
            assert!(!at(&rates, "a", 500));
        }
        assert!(at(&rates, "a", 1_000));
    }

    #[test]
    fn inventing_agents_does_not_fill_the_memory_or_pass() {
        let rates = Rates::new(vec![RateLimit::each("*", 1, SECOND).expect("a limit")]);
        for agent in 0..MOST_ENTRIES {
            assert!(at(&rates, &agent.to_string(), 0));
        }
        assert!(!at(&rates, "one more", 1));
        assert!(at(&rates, "one more", 1_000));
    }

    #[test]
    fn nothing_passes_a_limit_of_none() {
        let rates = Rates::new(vec![RateLimit::global(0, SECOND)]);
        assert!(!at(&rates, "a", 0));
    }
}
