//! What happens, as events in the store.

use std::sync::Arc;
use std::time::Duration;

use aegis_audit::event::{self, DecisionOutcome, Params};
use aegis_audit::{
    Algorithm, AuditError, Event, EventType, Hash, Id, Receipt, Redactor, Store, Ticket,
};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::model::{Approval, Risk};
use aegis_policy::value::{Number, Value};

use crate::builder::AuditFailure;
use crate::decided::Decided;
use crate::digest::Digest;
use crate::guarded;
use crate::hooks::{Hooks, tell2};

/// Writes events and knows what to do if that fails.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) failure: AuditFailure,
    pub(crate) patience: Duration,
    pub(crate) redactor: Redactor,
}

/// An event on its way to the store.
#[must_use = "an event is durable only once it was waited for"]
pub(crate) struct Entry(Option<(EventType, Result<Ticket, AuditError>)>);

impl Journal {
    /// Whether events go anywhere.
    pub(crate) fn keeps(&self) -> bool {
        self.store.is_some()
    }

    /// What stands for an event when there is no store.
    pub(crate) fn nowhere() -> Entry {
        Entry(None)
    }

    /// The parameters of an action without secrets, for people.
    pub(crate) fn redacted(&self, action: &Action) -> serde_json::Value {
        serde_json::Value::Object(self.redactor.params(&params(action)))
    }

    /// Hands an event to the store. It is made only if there is one.
    pub(crate) fn submit(&self, make: impl FnOnce() -> Event) -> Entry {
        let Some(store) = &self.store else {
            return Entry(None);
        };
        let event = match &self.failure {
            AuditFailure::Refuse => make(),
            AuditFailure::RunAnyway { because } => {
                make().detail("runs_unrecorded_because", because.as_str())
            }
        };
        let event_type = event.event_type();
        let ticket = guarded::call(|| store.append(event)).unwrap_or_else(|panic| {
            Err(AuditError::Storage(format!(
                "the store panicked: {}",
                panic.0
            )))
        });
        Entry(Some((event_type, ticket)))
    }

    /// Waits until an event is durable.
    pub(crate) async fn durable(&self, entry: Entry, hooks: &Hooks) -> Result<(), AuditError> {
        let Some((event_type, ticket)) = entry.0 else {
            return Ok(());
        };
        match self.receipt(ticket).await {
            Ok(receipt) => {
                tell2(&hooks.audit, &event_type, &receipt);
                Ok(())
            }
            Err(error) => match self.failure {
                AuditFailure::Refuse => Err(error),
                AuditFailure::RunAnyway { .. } => Ok(()),
            },
        }
    }

    async fn receipt(&self, ticket: Result<Ticket, AuditError>) -> Result<Receipt, AuditError> {
        let waiting = guarded::wait(|| async { ticket?.await });
        match tokio::time::timeout(self.patience, waiting).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(panic)) => Err(AuditError::Storage(format!(
                "the store panicked: {}",
                panic.0
            ))),
            Err(_) => Err(AuditError::Storage(format!(
                "the event was not durable within {:?}",
                self.patience
            ))),
        }
    }
}

/// The digest as the store writes it.
pub(crate) fn hash(digest: Digest) -> Hash {
    Hash::from_bytes(Algorithm::Sha256, *digest.as_bytes())
}

/// The time as the store writes it.
pub(crate) fn time(moment: Moment) -> aegis_audit::Time {
    std::time::SystemTime::from(moment).into()
}

/// What the policy said about an action, with its parameters.
pub(crate) fn decision_event(decided: &Decided, id: Id) -> Event {
    let decision = decision(decided);
    let event = Event::policy_decision(action(decided.action(), true), decision);
    let layer = decided.layer().map(str::to_owned);
    let event = match layer {
        Some(layer) => event.detail("layer", layer),
        None => event,
    };
    let event = match decided.decision().raised {
        Some(raised) => event.detail("raised", raised.as_str()),
        None => event,
    };
    about(event, decided, id).at(time(decided.at()))
}

/// Any later event about an action: says which and how it was decided, without the parameters.
pub(crate) fn about_event(event: Event, decided: &Decided, id: Id) -> Event {
    let event = event
        .action(action(decided.action(), false))
        .decision(decision(decided));
    about(event, decided, id)
}

/// What ties the events of one action together.
fn about(event: Event, decided: &Decided, id: Id) -> Event {
    let action = decided.action();
    let mut agent = event::Agent::new(action.agent_name().original());
    let chain = decided.chain();
    if let Some((_, above)) = chain.split_last() {
        agent.parent_agent_id = above.last().map(ToString::to_string);
        agent.chain_depth = u32::try_from(above.len()).ok();
    }
    let event = event
        .session(action.session_id().unwrap_or_default())
        .agent(agent)
        .agent_chain(chain.iter().map(ToString::to_string))
        .action_id(id)
        .action_digest(hash(decided.digest()))
        .policy_digest(hash(decided.version().digest()).to_string());
    match decided.decision().effect.effect {
        Some(effect) => event.effect(effect.as_str()),
        None => event,
    }
}

fn decision(decided: &Decided) -> event::Decision {
    let outcome = match decided.approval() {
        Approval::Auto => DecisionOutcome::Allowed,
        Approval::Approve => DecisionOutcome::Escalated,
        Approval::Block => DecisionOutcome::Blocked,
    };
    let risk = match decided.risk() {
        Risk::Low => event::Risk::Low,
        Risk::Medium => event::Risk::Medium,
        Risk::High => event::Risk::High,
        Risk::Critical => event::Risk::Critical,
    };
    let rule = decided.rule().map_or("", |rule| &*rule.name.value);
    let decision = event::Decision::new(outcome, risk, rule);
    match decided.reason() {
        Some(reason) => decision.because(reason),
        None => decision,
    }
}

fn action(action: &Action, with_params: bool) -> event::Action {
    let params = if with_params {
        params(action)
    } else {
        Params::new()
    };
    let (kind, target) = (action.kind_name(), action.target_name());
    event::Action::new(kind.original(), target.original(), params)
}

/// The parameters of an action as the store takes them. Numbers that would be rounded stand as text.
fn params(action: &Action) -> Params {
    action
        .params()
        .iter()
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

fn plain(value: &Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), plain(value)));
            Json::Object(entries.collect())
        }
        Value::Number(number) => exactly(number),
    }
}

fn exactly(number: &Number) -> serde_json::Value {
    let text = number.text();
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    if let Ok(whole) = text.parse::<u64>() {
        return whole.into();
    }
    let float = text.parse::<f64>().ok().filter(|float| float.is_finite());
    let same =
        |float: &f64| Number::from(*float).compare(number) == Some(std::cmp::Ordering::Equal);
    match float.filter(same).and_then(serde_json::Number::from_f64) {
        Some(float) => float.into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_or_text() {
        let plain = |text: &str| plain(&Value::from_json(text).expect("JSON")).to_string();
        assert_eq!(plain("12"), "12");
        assert_eq!(plain("18446744073709551615"), "18446744073709551615");
        assert_eq!(plain("0.5"), "0.5");
        assert_eq!(plain("1e2"), "100.0");
        assert_eq!(plain("99999999999999999999"), "\"99999999999999999999\"");
        assert_eq!(plain("0.1234567890123456789"), "\"0.1234567890123456789\"");
        assert_eq!(plain("1e999"), "\"1e999\"");
        assert_eq!(plain("NaN"), "\"NaN\"");
        assert_eq!(plain(r#"{"a":[null,true]}"#), r#"{"a":[null,true]}"#);
    }
}
