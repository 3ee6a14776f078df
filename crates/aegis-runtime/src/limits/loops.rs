//! Noticing an agent that goes round in circles.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{MOST_ENTRIES, out_of};
use crate::decided::Decided;

/// When an agent counts as going round in circles: the same actions, parameter for parameter, in
/// the same order again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopGuard {
    /// So many rounds in a row are stopped; at least 2.
    pub rounds: usize,
    /// A round has at most so many actions: 1 finds `A A A`, 2 also `A B A B`. At most 16.
    pub longest: usize,
    /// Actions longer ago than this are forgotten, so that polling every hour is no loop.
    pub within: Duration,
}

impl Default for LoopGuard {
    fn default() -> Self {
        Self {
            rounds: 5,
            longest: 4,
            within: Duration::from_secs(600),
        }
    }
}

/// An agent repeats itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the last {length} actions were done {rounds} times in a row")]
pub struct Looping {
    /// How many actions make a round.
    pub length: usize,
    /// How many rounds there were, with this one.
    pub rounds: usize,
}

/// What was done last, the oldest first, by agent and session.
type Table = HashMap<(Box<str>, Box<str>), VecDeque<(Duration, u64)>>;

/// What agents did last.
#[derive(Debug)]
pub(crate) struct Loops {
    guard: LoopGuard,
    last: Mutex<Table>,
}

impl Loops {
    pub(crate) fn new(guard: LoopGuard) -> Self {
        let guard = LoopGuard {
            rounds: guard.rounds.max(2),
            longest: guard.longest.clamp(1, 16),
            ..guard
        };
        Self {
            guard,
            last: Mutex::default(),
        }
    }

    /// Notes an action and says whether it completes a round too many.
    pub(crate) fn note(&self, action: &Decided, now: Duration) -> Result<(), Looping> {
        let agent = action.action().agent_name().canonical();
        let session = action.action().session_id().unwrap_or_default();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (Box::from(agent), Box::from(session));
        if last.len() >= MOST_ENTRIES && !last.contains_key(&key) {
            self.make_room(&mut last, now);
        }
        let done = last.entry(key).or_default();
        let keep = self.guard.rounds.saturating_mul(self.guard.longest);
        while done.len() >= keep
            || done
                .front()
                .is_some_and(|(at, _)| out_of(self.guard.within, *at) <= now)
        {
            done.pop_front();
        }
        done.push_back((now, action.digest().short()));
        self.find(done)
    }

    fn find(&self, done: &VecDeque<(Duration, u64)>) -> Result<(), Looping> {
        let rounds = self.guard.rounds;
        let repeats = |length: usize| {
            let last = done.iter().rev().take(rounds * length);
            let shifted = done.iter().rev().skip(length);
            done.len() >= rounds * length
                && last
                    .take((rounds - 1) * length)
                    .zip(shifted)
                    .all(|(a, b)| a.1 == b.1)
        };
        match (1..=self.guard.longest).find(|length| repeats(*length)) {
            Some(length) => Err(Looping { length, rounds }),
            None => Ok(()),
        }
    }

    /// Forgets who has been idle; if nobody has, the one who has been idle longest.
    fn make_room(&self, last: &mut Table, now: Duration) {
        let newest = |done: &VecDeque<(Duration, u64)>| done.back().map(|(at, _)| *at);
        let within = self.guard.within;
        last.retain(|_, done| newest(done).is_some_and(|at| out_of(within, at) > now));
        if last.len() >= MOST_ENTRIES {
            let idle = last.iter().min_by_key(|(key, done)| (newest(done), *key));
            if let Some(key) = idle.map(|(key, _)| key.clone()) {
                last.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aegis_policy::action::Action;
    use aegis_policy::clock::Moment;
    use aegis_policy::policy::Policy;

    use super::*;
    use crate::rules::Version;

    const NONE: [usize; 0] = [];

    /// The positions in a text of action names at which a loop is found.
    fn found(guard: LoopGuard, actions: &str, step: u64) -> Vec<usize> {
        let policy = Policy::load("p.yaml", "version: 1\n").expect("a policy");
        let version = Version::new(policy.into());
        let loops = Loops::new(guard);
        let mut found = Vec::new();
        for (at, name) in actions.chars().enumerate() {
            let action = Action::new(&name.to_string());
            let decided = Decided::new(action, &version, Moment::new(0, 0));
            let now = Duration::from_secs(step * at as u64);
            if loops.note(&decided, now).is_err() {
                found.push(at);
            }
        }
        found
    }

    #[test]
    fn rounds_of_one_and_of_several_actions_are_found() {
        let guard = LoopGuard {
            rounds: 3,
            longest: 3,
            within: Duration::from_secs(100),
        };
        assert_eq!(found(guard, "aabbaa", 1), NONE);
        assert_eq!(found(guard, "baaaac", 1), [3, 4]);
        assert_eq!(found(guard, "ababab", 1), [5]);
        assert_eq!(found(guard, "xabcabcabc", 1), [9]);
        assert_eq!(found(guard, "abcdabcdabcd", 1), NONE);
        assert_eq!(found(guard, "abacab", 1), NONE);
    }

    #[test]
    fn what_is_long_ago_is_no_loop() {
        let guard = LoopGuard {
            rounds: 3,
            longest: 1,
            within: Duration::from_secs(100),
        };
        assert_eq!(found(guard, "aaaaaa", 60), NONE);
        assert_eq!(found(guard, "aaaa", 40), [2, 3]);
    }
}
