//! Events that say how an action ended or what stopped it.

use aegis_audit::Event;
use aegis_audit::event::{self, LimitAction, LimitKind};

use crate::approval::{Denial, Yes};
use crate::money::Money;
use crate::outcome::Outcome;

/// How an action ended, in the word of the record.
pub(crate) fn end_word(outcome: &Outcome) -> aegis_audit::Outcome {
    match outcome {
        Outcome::Done { .. } => aegis_audit::Outcome::Succeeded,
        Outcome::TimedOut => aegis_audit::Outcome::TimedOut,
        Outcome::Panicked(_) => aegis_audit::Outcome::Panicked,
        _ => aegis_audit::Outcome::Failed,
    }
}

/// What is recorded beside the decision when a limit stops the action.
pub(crate) fn refusal_event(refusal: &Outcome) -> Option<Event> {
    let event = match refusal {
        Outcome::RateLimited(limited) => {
            let count = f64::from(limited.count);
            Event::rate_limit(event::RateLimit {
                limit_type: LimitKind::Custom,
                limit_value: count,
                current_value: count + 1.0,
                window_seconds: limited.window.as_secs().max(1),
                action_taken: LimitAction::Blocked,
                retry_after_seconds: Some(limited.retry_after.as_secs().saturating_add(1)),
            })
            .detail("agents", limited.agents.as_str())
        }
        Outcome::OverBudget(over) => {
            // The section of the format holds binary fractions; the details hold the exact amounts.
            let dollars = |money: Money| money.to_string().parse::<f64>().ok();
            let cost = event::Cost {
                estimated_cost_usd: over.price.and_then(dollars),
                cumulative_cost_usd: dollars(over.used),
                budget_limit_usd: dollars(over.limit),
                ..event::Cost::default()
            };
            let price = over
                .price
                .map_or("unknown".to_owned(), |price| price.to_string());
            Event::cost_alert(cost, aegis_audit::Outcome::OverBudget)
                .detail("budget", over.budget.as_str())
                .detail("price", price)
                .detail("used", over.used.to_string())
                .detail("limit", over.limit.to_string())
        }
        Outcome::Looping(_) => Event::entry(aegis_audit::Outcome::Looping),
        Outcome::NoExecutor => Event::entry(aegis_audit::Outcome::Failed),
        _ => return None,
    };
    Some(event.error(refusal.to_string()))
}

/// What an answer, or that there is none, looks like in the record.
pub(crate) fn response(
    asked: event::Approval,
    answer: &Result<Yes, Denial>,
    now: aegis_audit::Time,
) -> event::Approval {
    let (word, by, reason) = match answer {
        Ok(yes) => (
            event::Answer::Approved,
            Some(yes.by.clone()),
            yes.comment.clone(),
        ),
        Err(Denial::Silence) => (event::Answer::Timeout, None, None),
        Err(Denial::No { by, comment }) => {
            (event::Answer::Denied, Some(by.clone()), comment.clone())
        }
        Err(denial) => (event::Answer::Denied, None, Some(denial.to_string())),
    };
    let mut approval = asked.answered(word, by);
    approval.responded_at = Some(now);
    approval.reason = reason;
    approval
}
