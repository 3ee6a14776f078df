//! What is recorded: events of the Agent Governance Event Format, AGEF 1.0.
//!
//! Identifier, place in the chain and hashes are the store's to give, so an [`Event`] has none of
//! them. What AGEF has no field for stands in its free section, `metadata`, with the keys of
//! [`Metadata`].

mod sections;

use std::time::Duration;

use serde_json::Value;

pub use sections::{
    Action, Agent, Answer, Approval, Cost, Decision, DecisionOutcome, Guardrail, GuardrailAction,
    GuardrailKind, LimitAction, LimitKind, Match, Metadata, Params, RateLimit, Risk, Severity,
    Span, Trace,
};

use crate::hash::Hash;
use crate::id::Id;
use crate::time::Time;
use crate::words::words;

/// The version of the format that events follow.
pub const AGEF_VERSION: &str = "1.0.0";

/// The kinds of events that AGEF knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// A policy decided about an action.
    PolicyDecision,
    /// A guardrail found something in content.
    GuardrailTrigger,
    /// Somebody is asked to approve an action.
    ApprovalRequest,
    /// An answer to that, or that there was none in time.
    ApprovalResponse,
    /// A cost budget was charged, warned of or exceeded.
    CostAlert,
    /// A rate limit was met.
    RateLimit,
    /// Anything else: how an action ended, a changed policy, a new key.
    AuditEntry,
}

words!(EventType, "an event type", {
    PolicyDecision = "policy_decision",
    GuardrailTrigger = "guardrail_trigger",
    ApprovalRequest = "approval_request",
    ApprovalResponse = "approval_response",
    CostAlert = "cost_alert",
    RateLimit = "rate_limit",
    AuditEntry = "audit_entry",
});

/// What happened, in one word: the last column of `aegis audit`, in `metadata.outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The action may run unattended.
    Allowed,
    /// The action may not run.
    Blocked,
    /// A person is to be asked.
    Escalated,
    /// A person said yes.
    Approved,
    /// A person said no, or something that is no yes.
    Denied,
    /// Nobody answered, or a stage did not end, in time.
    TimedOut,
    /// The caller gave up before the end.
    Cancelled,
    /// The action is about to run: if nothing follows, it is not known how it ended.
    Started,
    /// The action ran and was verified.
    Succeeded,
    /// The action ran and failed, or its verification did.
    Failed,
    /// The executor panicked.
    Panicked,
    /// What the action did was undone.
    RolledBack,
    /// Undoing failed.
    RollbackFailed,
    /// Stopped by a rate limit.
    RateLimited,
    /// Stopped by a cost budget, before the spend.
    OverBudget,
    /// Stopped because the agent repeats itself.
    Looping,
    /// Content went on with parts hidden.
    Masked,
    /// Something was noted and nothing stopped.
    Warned,
    /// Another policy is in force.
    PolicyChanged,
    /// A capability was delegated to another agent.
    Delegated,
    /// A delegation was taken back.
    Revoked,
    /// The store was made.
    StoreCreated,
    /// The first signing key of a store.
    KeyAdded,
    /// A signing key was replaced.
    KeyRotated,
    /// A sink could not be served.
    SinkFailed,
}

words!(Outcome, "an outcome", {
    Allowed = "allowed",
    Blocked = "blocked",
    Escalated = "escalated",
    Approved = "approved",
    Denied = "denied",
    TimedOut = "timed_out",
    Cancelled = "cancelled",
    Started = "started",
    Succeeded = "succeeded",
    Failed = "failed",
    Panicked = "panicked",
    RolledBack = "rolled_back",
    RollbackFailed = "rollback_failed",
    RateLimited = "rate_limited",
    OverBudget = "over_budget",
    Looping = "looping",
    Masked = "masked",
    Warned = "warned",
    PolicyChanged = "policy_changed",
    Delegated = "delegated",
    Revoked = "revoked",
    StoreCreated = "store_created",
    KeyAdded = "key_added",
    KeyRotated = "key_rotated",
    SinkFailed = "sink_failed",
});

/// Something that happened, before it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub(crate) time: Time,
    pub(crate) event_type: EventType,
    pub(crate) session: String,
    pub(crate) agent: Option<Agent>,
    pub(crate) action: Option<Action>,
    pub(crate) decision: Option<Decision>,
    pub(crate) guardrail: Option<Guardrail>,
    pub(crate) approval: Option<Approval>,
    pub(crate) cost: Option<Cost>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) trace: Trace,
    pub(crate) metadata: Metadata,
}

impl Event {
    fn new(event_type: EventType, outcome: Outcome) -> Self {
        Self {
            time: Time::now(),
            event_type,
            session: String::new(),
            agent: None,
            action: None,
            decision: None,
            guardrail: None,
            approval: None,
            cost: None,
            rate_limit: None,
            trace: Trace::default(),
            metadata: Metadata::new(outcome),
        }
    }

    /// A policy decided. The outcome is that of the decision; [`outcome`](Self::outcome) makes it
    /// more precise.
    #[must_use]
    pub fn policy_decision(action: Action, decision: Decision) -> Self {
        let mut event = Self::new(EventType::PolicyDecision, decision.outcome.into());
        event.action = Some(action);
        event.decision = Some(decision);
        event
    }

    /// A guardrail found something.
    #[must_use]
    pub fn guardrail_trigger(guardrail: Guardrail) -> Self {
        let mut event = Self::new(EventType::GuardrailTrigger, guardrail.action.into());
        event.guardrail = Some(guardrail);
        event
    }

    /// Somebody is asked about an action.
    #[must_use]
    pub fn approval_request(action: Action, approval: Approval) -> Self {
        let mut event = Self::new(EventType::ApprovalRequest, Outcome::Escalated);
        event.action = Some(action);
        event.approval = Some(approval);
        event
    }

    /// The answer to a request, or that none came. Without an answer in `approval` it is a no.
    #[must_use]
    pub fn approval_response(approval: Approval) -> Self {
        let outcome = approval.decision.map_or(Outcome::Denied, Into::into);
        let mut event = Self::new(EventType::ApprovalResponse, outcome);
        event.approval = Some(approval);
        event
    }

    /// A cost budget was charged, warned of or exceeded; say which with the outcome.
    #[must_use]
    pub fn cost_alert(cost: Cost, outcome: Outcome) -> Self {
        let mut event = Self::new(EventType::CostAlert, outcome);
        event.cost = Some(cost);
        event
    }

    /// A rate limit was met.
    #[must_use]
    pub fn rate_limit(rate_limit: RateLimit) -> Self {
        let outcome = match rate_limit.action_taken {
            LimitAction::Warned => Outcome::Warned,
            LimitAction::Blocked | LimitAction::Throttled | LimitAction::Queued => {
                Outcome::RateLimited
            }
        };
        let mut event = Self::new(EventType::RateLimit, outcome);
        event.rate_limit = Some(rate_limit);
        event
    }

    /// Anything else, such as how an action ended.
    #[must_use]
    pub fn entry(outcome: Outcome) -> Self {
        Self::new(EventType::AuditEntry, outcome)
    }

    /// Sets when it happened, which is otherwise when this value was made.
    #[must_use]
    pub fn at(mut self, time: impl Into<Time>) -> Self {
        self.time = time.into();
        self
    }

    /// Sets the session it belongs to.
    #[must_use]
    pub fn session(mut self, session: impl Into<String>) -> Self {
        self.session = session.into();
        self
    }

    /// Sets the agent that acts.
    #[must_use]
    pub fn agent(mut self, agent: Agent) -> Self {
        self.agent = Some(agent);
        self
    }

    /// Sets the action it is about.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.action = Some(action);
        self
    }

    /// Sets the decision that led to it.
    #[must_use]
    pub fn decision(mut self, decision: Decision) -> Self {
        self.decision = Some(decision);
        self
    }

    /// Sets the approval that led to it.
    #[must_use]
    pub fn approval(mut self, approval: Approval) -> Self {
        self.approval = Some(approval);
        self
    }

    /// Sets what it cost.
    #[must_use]
    pub fn cost(mut self, cost: Cost) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Sets where it happened, for those who trace.
    #[must_use]
    pub fn trace(mut self, trace: Trace) -> Self {
        self.trace = trace;
        self
    }

    /// Replaces the outcome.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.metadata.outcome = outcome;
        self
    }

    /// Sets what ties together the events of one action.
    #[must_use]
    pub fn action_id(mut self, id: Id) -> Self {
        self.metadata.action_id = Some(id);
        self
    }

    /// Sets the digest of the action that was decided and runs.
    #[must_use]
    pub fn action_digest(mut self, digest: Hash) -> Self {
        self.metadata.action_digest = Some(digest);
        self
    }

    /// Sets the digest of the policy that decided.
    #[must_use]
    pub fn policy_digest(mut self, digest: impl Into<String>) -> Self {
        self.metadata.policy_digest = Some(digest.into());
        self
    }

    /// Sets the agents that delegated, from the root to the one that acts.
    #[must_use]
    pub fn agent_chain<I: Into<String>>(mut self, chain: impl IntoIterator<Item = I>) -> Self {
        self.metadata.agent_chain = chain.into_iter().map(Into::into).collect();
        self
    }

    /// Sets what the action does to the world, such as `delete`.
    #[must_use]
    pub fn effect(mut self, effect: impl Into<String>) -> Self {
        self.metadata.effect = Some(effect.into());
        self
    }

    /// Sets which try it was, from 1.
    #[must_use]
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.metadata.attempt = Some(attempt);
        self
    }

    /// Adds how long a stage took, such as `execute`. Kept in whole microseconds.
    #[must_use]
    pub fn duration(mut self, stage: impl Into<String>, took: Duration) -> Self {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.metadata.durations_us.insert(stage.into(), micros);
        self
    }

    /// Sets what went wrong.
    #[must_use]
    pub fn error(mut self, error: impl Into<String>) -> Self {
        self.metadata.error = Some(error.into());
        self
    }

    /// Adds anything else worth keeping.
    #[must_use]
    pub fn detail(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.details.insert(key.into(), value.into());
        self
    }

    /// When it happened.
    #[must_use]
    pub fn time(&self) -> Time {
        self.time
    }

    /// Which kind of event it is.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        self.event_type
    }

    /// What happened, in one word.
    #[must_use]
    pub fn result(&self) -> Outcome {
        self.metadata.outcome
    }

    /// The action it is about.
    #[must_use]
    pub fn about(&self) -> Option<&Action> {
        self.action.as_ref()
    }
}
