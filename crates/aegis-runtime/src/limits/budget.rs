//! Cost budgets: what would go beyond one is stopped before it is spent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aegis_policy::glob::{Glob, GlobError};
use aegis_policy::name::Name;

use super::{about, out_of};
use crate::money::Money;

/// What agents may spend together.
///
/// The price of an action is set aside before it runs and replaced by what it really cost. Once the
/// limit is reached nothing more is spent until the window has moved on, or until
/// [`Runtime::reset_budget`](crate::runtime::Runtime::reset_budget) if there is no window.
#[derive(Debug, Clone)]
pub struct Budget {
    name: Box<str>,
    agents: Glob,
    limit: Money,
    window: Option<Duration>,
}

/// An action would have cost more than is left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct OverBudget {
    /// The budget.
    pub budget: String,
    /// Its limit.
    pub limit: Money,
    /// What was spent and set aside before.
    pub used: Money,
    /// What the action would cost; `None` if nobody knows.
    pub price: Option<Money>,
}

impl OverBudget {
    fn message(&self) -> String {
        let (budget, limit, used) = (&self.budget, self.limit, self.used);
        match self.price {
            Some(price) => format!(
                "{price} would go beyond budget `{budget}`: {used} of {limit} are used already"
            ),
            None => format!("the price is not known, and budget `{budget}` limits what is spent"),
        }
    }
}

impl Budget {
    /// What the agents that match a pattern may spend together.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn new(name: impl Into<Box<str>>, agents: &str, limit: Money) -> Result<Self, GlobError> {
        Ok(Self {
            name: name.into(),
            agents: Glob::parse(agents)?,
            limit,
            window: None,
        })
    }

    /// In any stretch of time of this length, instead of for good.
    #[must_use]
    pub fn per(mut self, window: Duration) -> Self {
        self.window = Some(window);
        self
    }
}

/// What one budget has counted.
#[derive(Debug, Default)]
struct Account {
    /// Spent, by time; the oldest first.
    spent: VecDeque<(Duration, Money)>,
    /// The sum of `spent`.
    total: Money,
    /// Set aside for actions that run now.
    reserved: Money,
}

impl Account {
    fn used(&mut self, window: Option<Duration>, now: Duration) -> Money {
        if let Some(window) = window {
            while let Some((_, cost)) = self
                .spent
                .front()
                .filter(|(at, _)| out_of(window, *at) <= now)
            {
                self.total = self.total.minus(*cost);
                self.spent.pop_front();
            }
        }
        self.total.plus(self.reserved)
    }

    fn spend(&mut self, cost: Money, window: Option<Duration>, now: Duration) {
        self.total = self.total.plus(cost);
        let grain = window.map(|window| window / 1_000);
        match (self.spent.back_mut(), grain) {
            // Without a window only the sum counts.
            (Some((_, sum)), None) => *sum = sum.plus(cost),
            // Little by little: taken together at the later time, so nothing is forgotten early.
            (Some((at, sum)), Some(grain)) if out_of(grain, *at) > now => {
                *sum = sum.plus(cost);
            }
            _ => self.spent.push_back((now, cost)),
        }
    }
}

/// All budgets of a runtime and their accounts.
#[derive(Debug, Default)]
pub(crate) struct Budgets {
    budgets: Vec<Budget>,
    accounts: Mutex<Vec<Account>>,
}

/// A price that was set aside. Dropping it without a word means that the money may be gone: the
/// price counts as spent.
#[derive(Debug)]
pub(crate) struct Reservation {
    budgets: Arc<Budgets>,
    concerned: Vec<usize>,
    price: Money,
    at: Duration,
    settled: bool,
}

impl Budgets {
    pub(crate) fn new(budgets: Vec<Budget>) -> Arc<Self> {
        let accounts = budgets.iter().map(|_| Account::default()).collect();
        Arc::new(Self {
            budgets,
            accounts: Mutex::new(accounts),
        })
    }

    /// Whether any budget is about an agent.
    pub(crate) fn concern(&self, agent: &Name) -> bool {
        self.budgets
            .iter()
            .any(|budget| about(&budget.agents, agent))
    }

    /// Sets the price of an action aside in all budgets that are about an agent, or in none.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        agent: &Name,
        price: Option<Money>,
        now: Duration,
    ) -> Result<Reservation, OverBudget> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut concerned = Vec::new();
        for (number, (budget, account)) in self.budgets.iter().zip(accounts.iter_mut()).enumerate()
        {
            if !about(&budget.agents, agent) {
                continue;
            }
            let used = account.used(budget.window, now);
            let fits =
                price.is_some_and(|price| price == Money::ZERO || used.plus(price) <= budget.limit);
            if !fits {
                return Err(OverBudget {
                    budget: budget.name.to_string(),
                    limit: budget.limit,
                    used,
                    price,
                });
            }
            concerned.push(number);
        }
        let price = price.unwrap_or_default();
        for number in &concerned {
            if let Some(account) = accounts.get_mut(*number) {
                account.reserved = account.reserved.plus(price);
            }
        }
        drop(accounts);
        Ok(Reservation {
            budgets: Arc::clone(self),
            concerned,
            price,
            at: now,
            settled: false,
        })
    }

    /// Forgets what was spent; `false` if there is no such budget.
    pub(crate) fn reset(&self, name: &str) -> bool {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = false;
        for (budget, account) in self.budgets.iter().zip(accounts.iter_mut()) {
            if &*budget.name == name {
                account.spent.clear();
                account.total = Money::ZERO;
                found = true;
            }
        }
        found
    }

    /// Spent and set aside; `None` if there is no such budget.
    pub(crate) fn used(&self, name: &str, now: Duration) -> Option<Money> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut both = self.budgets.iter().zip(accounts.iter_mut());
        let (budget, account) = both.find(|(budget, _)| &*budget.name == name)?;
        Some(account.used(budget.window, now))
    }
}

impl Reservation {
    /// The action ran and cost this much; `None` if nobody knows better than the price.
    pub(crate) fn spent(mut self, cost: Option<Money>, now: Duration) {
        self.at = now;
        self.settle(cost.unwrap_or(self.price));
    }

    /// The action did not run.
    pub(crate) fn release(mut self) {
        self.settle(Money::ZERO);
    }

    fn settle(&mut self, cost: Money) {
        self.settled = true;
        let mut accounts = self
            .budgets
            .accounts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for number in &self.concerned {
            let budget = self.budgets.budgets.get(*number);
            if let (Some(budget), Some(account)) = (budget, accounts.get_mut(*number)) {
                account.reserved = account.reserved.minus(self.price);
                if cost > Money::ZERO {
                    account.spend(cost, budget.window, self.at);
                }
            }
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.settled {
            self.settle(self.price);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().expect("an amount")
    }

    fn budgets(window: Option<Duration>) -> Arc<Budgets> {
        let mut budget = Budget::new("team", "bot-*", money("1")).expect("a budget");
        budget.window = window;
        Budgets::new(vec![budget])
    }

    fn reserve(budgets: &Arc<Budgets>, price: &str, now: u64) -> Result<Reservation, OverBudget> {
        let price = Some(money(price));
        budgets.reserve(&Name::new("bot-1"), price, Duration::from_secs(now))
    }

    #[test]
    fn it_stops_before_the_spend_and_at_the_last_digit() {
        let budgets = budgets(None);
        reserve(&budgets, "0.9", 0)
            .expect("fits")
            .spent(None, Duration::ZERO);
        let refused = reserve(&budgets, "0.100000000001", 0).expect_err("too much");
        assert_eq!(
            refused.to_string(),
            "0.100000000001 would go beyond budget `team`: 0.9 of 1 are used already"
        );
        reserve(&budgets, "0.1", 0)
            .expect("exactly fits")
            .spent(None, Duration::ZERO);
        assert!(reserve(&budgets, "0.000000000001", 0).is_err());
        assert!(reserve(&budgets, "0", 0).is_ok());
        assert!(budgets.reset("team") && !budgets.reset("other"));
        assert!(reserve(&budgets, "1", 0).is_ok());
    }

    #[test]
    fn what_runs_at_the_same_time_counts() {
        let budgets = budgets(None);
        let first = reserve(&budgets, "0.6", 0).expect("fits");
        assert!(reserve(&budgets, "0.6", 0).is_err());
        first.release();
        let second = reserve(&budgets, "0.6", 0).expect("fits again");
        // Cancelled: nobody knows whether the money is gone, so it is.
        drop(second);
        assert!(reserve(&budgets, "0.6", 0).is_err());
        assert_eq!(budgets.used("team", Duration::ZERO), Some(money("0.6")));
    }

    #[test]
    fn what_it_really_cost_takes_the_place_of_the_price() {
        let budgets = budgets(None);
        reserve(&budgets, "0.9", 0)
            .expect("fits")
            .spent(Some(money("0.2")), Duration::ZERO);
        reserve(&budgets, "0.8", 0)
            .expect("fits")
            .spent(Some(money("5")), Duration::ZERO);
        assert_eq!(budgets.used("team", Duration::ZERO), Some(money("5.2")));
        assert!(reserve(&budgets, "0.01", 0).is_err());
    }

    #[test]
    fn a_window_moves_on() {
        let budgets = budgets(Some(Duration::from_secs(60)));
        reserve(&budgets, "1", 0)
            .expect("fits")
            .spent(None, Duration::from_secs(5));
        assert!(reserve(&budgets, "0.1", 64).is_err());
        assert!(reserve(&budgets, "1", 65).is_ok());
    }

    #[test]
    fn an_unknown_price_does_not_pass_and_other_agents_do() {
        let budgets = budgets(None);
        let unknown = budgets.reserve(&Name::new("bot-1"), None, Duration::ZERO);
        assert_eq!(
            unknown.expect_err("no price").to_string(),
            "the price is not known, and budget `team` limits what is spent"
        );
        assert!(
            budgets
                .reserve(&Name::new("human"), None, Duration::ZERO)
                .is_ok()
        );
        assert!(budgets.concern(&Name::new("BOT-7")) && !budgets.concern(&Name::new("human")));
    }
}
