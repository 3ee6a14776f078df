//! The sections of an event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Outcome;
use crate::hash::Hash;
use crate::id::Id;
use crate::time::Time;
use crate::words::words;

/// Parameters of an action, or anything else that is a JSON object.
pub type Params = Map<String, Value>;

/// Who acts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agent {
    /// The agent; what policies match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The framework it is built with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framework: Option<String>,
    /// The model it uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The agent that delegated to it; none for a root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_agent_id: Option<String>,
    /// What ties together the agents of one delegation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain_id: Option<String>,
    /// How many delegations lie between it and the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain_depth: Option<u32>,
}

impl Agent {
    /// An agent of which only the identifier is known.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            ..Self::default()
        }
    }
}

/// What an agent is about to do, or did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Action {
    /// The type, as the caller wrote it.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is done to, as the caller wrote it.
    pub target: String,
    /// The parameters. Secrets are taken out when the event is recorded.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub params: Params,
    /// A sentence for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Action {
    /// An action.
    #[must_use]
    pub fn new(kind: impl Into<String>, target: impl Into<String>, params: Params) -> Self {
        Self {
            kind: kind.into(),
            target: target.into(),
            params,
            description: None,
        }
    }
}

/// What AGEF calls the outcome of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DecisionOutcome {
    /// It may run.
    Allowed,
    /// It may not.
    Blocked,
    /// It may run with parts hidden.
    Masked,
    /// It may run and somebody should look.
    Warned,
    /// A person decides.
    Escalated,
}

words!(DecisionOutcome, "a decision", {
    Allowed = "allowed",
    Blocked = "blocked",
    Masked = "masked",
    Warned = "warned",
    Escalated = "escalated",
});

impl From<DecisionOutcome> for Outcome {
    fn from(decided: DecisionOutcome) -> Self {
        match decided {
            DecisionOutcome::Allowed => Self::Allowed,
            DecisionOutcome::Blocked => Self::Blocked,
            DecisionOutcome::Masked => Self::Masked,
            DecisionOutcome::Warned => Self::Warned,
            DecisionOutcome::Escalated => Self::Escalated,
        }
    }
}

/// How bad it would be, in the spelling of AGEF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// Nothing to worry about.
    Low,
    /// The usual.
    Medium,
    /// Should be looked at.
    High,
    /// Irreversible, costly or dangerous.
    Critical,
}

words!(Risk, "a risk", {
    Low = "LOW",
    Medium = "MEDIUM",
    High = "HIGH",
    Critical = "CRITICAL",
});

/// What the policy said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Whether it may run.
    pub outcome: DecisionOutcome,
    /// How bad it would be.
    pub risk_level: Risk,
    /// The rule that decided; empty for the defaults.
    pub rule: String,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether a person has to approve.
    pub approval_required: bool,
}

impl Decision {
    /// A decision of a rule; the empty name stands for the defaults.
    #[must_use]
    pub fn new(outcome: DecisionOutcome, risk_level: Risk, rule: impl Into<String>) -> Self {
        Self {
            outcome,
            risk_level,
            rule: rule.into(),
            reason: None,
            approval_required: outcome == DecisionOutcome::Escalated,
        }
    }

    /// Adds why.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

/// What a guardrail looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuardrailKind {
    /// Personal data.
    Pii,
    /// Instructions hidden in content.
    Injection,
    /// Insults and threats.
    Toxicity,
    /// Subjects that are off limits.
    Topic,
    /// A pattern.
    Regex,
    /// A meaning.
    Semantic,
    /// Anything else.
    Custom,
}

words!(GuardrailKind, "a kind of guardrail", {
    Pii = "pii_detection",
    Injection = "injection_detection",
    Toxicity = "toxicity_detection",
    Topic = "topic_restriction",
    Regex = "regex_pattern",
    Semantic = "semantic_similarity",
    Custom = "custom",
});

/// What a guardrail did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuardrailAction {
    /// Stopped the content.
    Blocked,
    /// Hid parts of it.
    Masked,
    /// Let it through and said so.
    Warned,
    /// Let it through.
    Allowed,
}

words!(GuardrailAction, "an action of a guardrail", {
    Blocked = "blocked",
    Masked = "masked",
    Warned = "warned",
    Allowed = "allowed",
});

impl From<GuardrailAction> for Outcome {
    fn from(action: GuardrailAction) -> Self {
        match action {
            GuardrailAction::Blocked => Self::Blocked,
            GuardrailAction::Masked => Self::Masked,
            GuardrailAction::Warned => Self::Warned,
            GuardrailAction::Allowed => Self::Allowed,
        }
    }
}

/// How bad a finding of a guardrail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Should be looked at.
    Medium,
    /// Should be stopped.
    High,
    /// Must be stopped.
    Critical,
}

words!(Severity, "a severity", {
    Low = "low",
    Medium = "medium",
    High = "high",
    Critical = "critical",
});

/// What a guardrail found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guardrail {
    /// The guardrail.
    pub name: String,
    /// What it looks for.
    #[serde(rename = "type")]
    pub kind: GuardrailKind,
    /// What it did.
    pub action: GuardrailAction,
    /// A sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// How bad it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The hash of the content, which is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_content_hash: Option<Hash>,
    /// The content with parts hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_content: Option<String>,
    /// What was found, one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<Match>,
}

/// One thing a guardrail found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// What it is, such as `email`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The hash of its text, which is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_hash: Option<Hash>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Span>,
    /// How sure the guardrail is, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// Part of a content, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Where it starts.
    pub start: u64,
    /// Where it ends; this character is no longer part of it.
    pub end: u64,
}

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// An explicit yes.
    Approved,
    /// A no, or something that is no yes.
    Denied,
    /// Nothing, in time.
    Timeout,
}

words!(Answer, "an answer", {
    Approved = "approved",
    Denied = "denied",
    Timeout = "timeout",
});

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Approved => Self::Approved,
            Answer::Denied => Self::Denied,
            Answer::Timeout => Self::TimedOut,
        }
    }
}

/// A request for approval and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The request; its answer has the same.
    pub request_id: Id,
    /// When it was asked.
    pub requested_at: Time,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responded_at: Option<Time>,
    /// Who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Answer>,
    /// Why, in the words of who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long there was to answer, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
}

impl Approval {
    /// A request that is made now.
    #[must_use]
    pub fn request(request_id: Id) -> Self {
        Self {
            request_id,
            requested_at: Time::now(),
            responded_at: None,
            approver: None,
            decision: None,
            reason: None,
            timeout_seconds: None,
        }
    }

    /// The answer to it, given now. Nobody answers a timeout.
    #[must_use]
    pub fn answered(mut self, answer: Answer, approver: Option<String>) -> Self {
        self.responded_at = Some(Time::now());
        self.decision = Some(answer);
        self.approver = approver;
        self
    }
}

/// What model calls cost. Amounts are in US dollars.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cost {
    /// The model that was paid for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tokens that went in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens that came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<u64>,
    /// What this call costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_cost_usd: Option<f64>,
    /// What was spent so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cumulative_cost_usd: Option<f64>,
    /// What is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_remaining_usd: Option<f64>,
    /// What may be spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_limit_usd: Option<f64>,
    /// How much of it is spent, from 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_utilization_pct: Option<f64>,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitKind {
    /// Actions in a minute.
    RequestsPerMinute,
    /// Actions in an hour.
    RequestsPerHour,
    /// Tokens in a minute.
    TokensPerMinute,
    /// Tokens in an hour.
    TokensPerHour,
    /// Dollars in an hour.
    CostPerHour,
    /// Anything else.
    Custom,
}

words!(LimitKind, "a kind of limit", {
    RequestsPerMinute = "requests_per_minute",
    RequestsPerHour = "requests_per_hour",
    TokensPerMinute = "tokens_per_minute",
    TokensPerHour = "tokens_per_hour",
    CostPerHour = "cost_per_hour",
    Custom = "custom",
});

/// What a limit did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitAction {
    /// Slowed the action down.
    Throttled,
    /// Put it in a queue.
    Queued,
    /// Stopped it.
    Blocked,
    /// Let it through and said so.
    Warned,
}

words!(LimitAction, "an action of a limit", {
    Throttled = "throttled",
    Queued = "queued",
    Blocked = "blocked",
    Warned = "warned",
});

/// A limit that was met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// What it counts.
    pub limit_type: LimitKind,
    /// How much of it is allowed.
    pub limit_value: f64,
    /// How much there was.
    pub current_value: f64,
    /// The length of the window, in seconds, at least 1.
    pub window_seconds: u64,
    /// What was done.
    pub action_taken: LimitAction,
    /// When to try again, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
}

/// Where it happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trace {
    /// Such as `production`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The program the agent runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The release of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// The trace of OpenTelemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The span of OpenTelemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
}

/// What AGEF has no field for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// What happened, in one word.
    pub outcome: Outcome,
    /// What ties together the events of one action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_id: Option<Id>,
    /// The digest of the action that was decided and runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_digest: Option<Hash>,
    /// The digest of the policy that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_digest: Option<String>,
    /// The agents that delegated, from the root to the one that acts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agent_chain: Vec<String>,
    /// What the action does to the world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// Which try it was, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// How long each stage took, in microseconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub durations_us: BTreeMap<String, u64>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Where secrets were taken out, as JSON pointers into the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
    /// Where integers stand as text because a JSON number cannot hold them exactly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers_as_text: Vec<String>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Params,
}

impl Metadata {
    pub(super) fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            action_id: None,
            action_digest: None,
            policy_digest: None,
            agent_chain: Vec::new(),
            effect: None,
            attempt: None,
            durations_us: BTreeMap::new(),
            error: None,
            redacted: Vec::new(),
            numbers_as_text: Vec::new(),
            details: Map::new(),
        }
    }
}
