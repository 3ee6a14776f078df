//! An event on its way into a store: without secrets, as canonical text in which only its place in
//! the chain is missing.
//!
//! All of this happens in the thread of the caller. What is left for the one that writes is to put
//! in two numbers and a hash, and to hash the text.

use serde_json::{Map, Value};

use crate::canonical;
use crate::error::AuditError;
use crate::event::{AGEF_VERSION, Cost, Event, EventType, Guardrail, RateLimit};
use crate::hash::{Algorithm, Hash};
use crate::id::Id;
use crate::redact::{Notes, Redactor};
use crate::time::Time;

/// An event that is longer than this is recorded without its parameters.
const MAX_BYTES: usize = 1 << 20;

/// An event that only lacks its place.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) id: Id,
    pub(crate) time: Time,
    pub(crate) columns: Columns,
    text: String,
    evidence_at: usize,
    chain_at: usize,
    algorithm: Algorithm,
}

/// What stores can be searched by. All of it stands in the text as well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The kind of event.
    pub event_type: String,
    /// The session.
    pub session: Option<String>,
    /// The agent that acts.
    pub agent: Option<String>,
    /// The type of the action.
    pub action: Option<String>,
    /// What it is done to.
    pub target: Option<String>,
    /// How bad it would be.
    pub risk: Option<String>,
    /// What the policy or a person said.
    pub decision: Option<String>,
    /// The rule that decided; empty for the defaults.
    pub rule: Option<String>,
    /// What happened, in one word.
    pub outcome: String,
}

impl Draft {
    /// Prepares an event.
    ///
    /// # Errors
    ///
    /// If a section is missing that its type asks for, or a number is none that JSON has.
    pub(crate) fn new(
        event: Event,
        redactor: &Redactor,
        algorithm: Algorithm,
    ) -> Result<Self, AuditError> {
        complete(&event)?;
        let (id, time) = (Id::new(), event.time);
        let (session, sections) = clean(event, redactor)?;
        let mut draft = Self::write(id, time, &session, &sections, algorithm);
        if draft.bytes() > MAX_BYTES {
            draft = Self::write(
                id,
                time,
                &session,
                &shorter(sections, &draft.text),
                algorithm,
            );
        }
        if draft.bytes() > MAX_BYTES {
            let (have, most) = (draft.bytes(), MAX_BYTES);
            let why = format!("it is {have} bytes long without its parameters; at most {most} are");
            return Err(AuditError::Event(why));
        }
        Ok(draft)
    }

    fn write(
        id: Id,
        time: Time,
        session: &str,
        sections: &Map<String, Value>,
        algorithm: Algorithm,
    ) -> Self {
        let columns = Columns::of(session, sections);
        let own = [
            ("agef_version", Value::from(AGEF_VERSION)),
            ("event_id", id.to_string().into()),
            ("timestamp", time.to_string().into()),
        ];
        // The names of sections are in ASCII, so bytes sort as UTF-16 does.
        let mut all: Vec<(&str, &Value)> = own.iter().map(|(key, value)| (*key, value)).collect();
        all.extend(sections.iter().map(|(key, value)| (key.as_str(), value)));
        all.sort_unstable_by_key(|(key, _)| *key);
        let mut draft = Self {
            id,
            time,
            columns,
            text: String::with_capacity(1024),
            evidence_at: 0,
            chain_at: 0,
            algorithm,
        };
        draft.text.push('{');
        for (i, (key, value)) in all.into_iter().enumerate() {
            if i > 0 {
                draft.text.push(',');
            }
            // The sections `guardrail` or `metadata` follow the evidence, and there is always one.
            if draft.evidence_at == 0 && key > "evidence" {
                draft.evidence_at = draft.text.len();
            }
            canonical::write_text(key, &mut draft.text);
            draft.text.push(':');
            match value {
                Value::Object(metadata) if key == "metadata" => draft.metadata(metadata),
                _ => canonical::write(value, &mut draft.text),
            }
        }
        draft.text.push('}');
        draft
    }

    fn bytes(&self) -> usize {
        self.text.len() + self.columns.session.as_ref().map_or(0, String::len)
    }

    /// Writes `metadata`, noting where the chain goes in. `outcome` follows it, so it is never last.
    fn metadata(&mut self, metadata: &Map<String, Value>) {
        self.text.push('{');
        for (i, (key, value)) in canonical::sorted(metadata).into_iter().enumerate() {
            if i > 0 {
                self.text.push(',');
            }
            if self.chain_at == 0 && key.as_str() > "chain" {
                self.chain_at = self.text.len();
            }
            canonical::write_text(key, &mut self.text);
            self.text.push(':');
            canonical::write(value, &mut self.text);
        }
        self.text.push('}');
    }

    /// The canonical text at a place in the chain, and its hash. AGEF knows SHA-256 only, so links
    /// of another function stand in the free section.
    pub(crate) fn seal(&self, previous: Option<Hash>, sequence: u64) -> (String, Hash) {
        let link = previous.map_or_else(|| "null".to_owned(), |hash| format!("\"{hash}\""));
        let mut body = String::with_capacity(self.text.len() + 192);
        let (head, rest) = self.text.split_at(self.evidence_at);
        let (middle, tail) = rest.split_at(self.chain_at - self.evidence_at);
        body.push_str(head);
        body.push_str("\"evidence\":{");
        if self.algorithm == Algorithm::Sha256 {
            body.push_str("\"previous_hash\":");
            body.push_str(&link);
            body.push(',');
        }
        body.push_str("\"sequence_number\":");
        body.push_str(&sequence.to_string());
        if let Some(session) = &self.columns.session {
            body.push_str(",\"session_id\":");
            canonical::write_text(session, &mut body);
        }
        body.push_str("},");
        body.push_str(middle);
        if self.algorithm != Algorithm::Sha256 {
            body.push_str("\"chain\":{\"previous_hash\":");
            body.push_str(&link);
            body.push_str("},");
        }
        body.push_str(tail);
        let hash = self.algorithm.hash(&[body.as_bytes()]);
        (body, hash)
    }
}

impl Columns {
    /// The columns of an event in JSON, without what only the database knows.
    fn of(session: &str, sections: &Map<String, Value>) -> Self {
        let text = |section: &str, key: &str| {
            let value = sections.get(section)?.get(key)?;
            value.as_str().map(str::to_owned)
        };
        Self {
            event_type: sections
                .get("event_type")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            session: Some(session.to_owned()).filter(|s| !s.is_empty()),
            agent: text("agent", "id"),
            action: text("action", "type"),
            target: text("action", "target"),
            risk: text("decision", "risk_level"),
            decision: text("decision", "outcome").or_else(|| text("approval", "decision")),
            rule: text("decision", "rule"),
            outcome: text("metadata", "outcome").unwrap_or_default(),
        }
    }

    /// The columns of a whole event.
    #[must_use]
    pub fn of_event(event: &Map<String, Value>) -> Self {
        let session = event.get("evidence").and_then(|e| e.get("session_id"));
        Self::of(session.and_then(Value::as_str).unwrap_or_default(), event)
    }
}

/// Whether an event has what its type asks for.
fn complete(event: &Event) -> Result<(), AuditError> {
    let missing = match event.event_type {
        EventType::PolicyDecision if event.action.is_none() => "an action",
        EventType::PolicyDecision if event.decision.is_none() => "a decision",
        EventType::GuardrailTrigger if event.guardrail.is_none() => "a guardrail",
        EventType::ApprovalRequest if event.action.is_none() => "an action",
        EventType::ApprovalRequest | EventType::ApprovalResponse if event.approval.is_none() => {
            "an approval"
        }
        EventType::CostAlert if event.cost.is_none() => "a cost",
        EventType::RateLimit if event.rate_limit.is_none() => "a rate limit",
        _ => return Ok(()),
    };
    let why = format!("a `{}` needs {missing}", event.event_type);
    Err(AuditError::Event(why))
}

/// The sections of an event without secrets, and its session.
fn clean(event: Event, redactor: &Redactor) -> Result<(String, Map<String, Value>), AuditError> {
    let mut notes = Notes::default();
    let mut sections = Map::new();
    sections.insert("event_type".to_owned(), event.event_type.as_str().into());
    let mut add = |name: &str, section: Option<Value>| {
        if let Some(section) = section {
            let named = matches!(name, "action");
            let section = redactor.value(section, &format!("/{name}"), named, &mut notes);
            sections.insert(name.to_owned(), section);
        }
    };
    add("agent", event.agent.map(|a| json(&a)).transpose()?);
    add("action", event.action.map(|a| json(&a)).transpose()?);
    add("decision", event.decision.map(|d| json(&d)).transpose()?);
    let guardrail = event.guardrail.map(sound_guardrail);
    add("guardrail", guardrail.map(|g| json(&g)).transpose()?);
    add(
        "cost",
        event
            .cost
            .map(sound_cost)
            .transpose()?
            .map(|c| json(&c))
            .transpose()?,
    );
    let limit = event.rate_limit.map(sound_limit).transpose()?;
    add("rate_limit", limit.map(|l| json(&l)).transpose()?);
    let trace = json(&event.trace)?;
    add(
        "context",
        Some(trace).filter(|t| t.as_object().is_some_and(|t| !t.is_empty())),
    );
    if let Some(approval) = &event.approval {
        let mut approval = json(approval)?;
        // Identifiers and times of an approval are ours; the words of people are not.
        for key in ["approver", "reason"] {
            if let Some(words) = approval.get_mut(key) {
                let pointer = format!("/approval/{key}");
                *words = redactor.value(words.take(), &pointer, false, &mut notes);
            }
        }
        sections.insert("approval".to_owned(), approval);
    }
    let mut metadata = event.metadata;
    let details = std::mem::take(&mut metadata.details).into();
    let details = redactor.value(details, "/metadata/details", true, &mut notes);
    if let Value::Object(details) = details {
        metadata.details = details;
    }
    if let Some(error) = &mut metadata.error {
        let clean = redactor.text(error);
        if *error != clean {
            notes.redacted.push("/metadata/error".to_owned());
            *error = clean;
        }
    }
    metadata.agent_chain = std::mem::take(&mut metadata.agent_chain)
        .into_iter()
        .map(|agent| redactor.name(agent))
        .collect();
    for micros in metadata.durations_us.values_mut() {
        *micros = (*micros).min(canonical::MAX_EXACT);
    }
    metadata.redacted.append(&mut notes.redacted);
    metadata.numbers_as_text.append(&mut notes.numbers_as_text);
    sections.insert("metadata".to_owned(), json(&metadata)?);
    Ok((redactor.name(event.session), sections))
}

fn json(section: &impl serde::Serialize) -> Result<Value, AuditError> {
    serde_json::to_value(section).map_err(|e| AuditError::Event(e.to_string()))
}

fn amount(what: &str, value: f64) -> Result<f64, AuditError> {
    let wrong = || format!("{what} is {value}; expected a number that is not negative");
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(AuditError::Event(wrong()))
    }
}

fn sound_cost(mut cost: Cost) -> Result<Cost, AuditError> {
    let amounts = [
        ("estimated_cost_usd", cost.estimated_cost_usd),
        ("cumulative_cost_usd", cost.cumulative_cost_usd),
        ("budget_limit_usd", cost.budget_limit_usd),
        ("budget_utilization_pct", cost.budget_utilization_pct),
    ];
    for (what, value) in amounts {
        value.map(|value| amount(what, value)).transpose()?;
    }
    // AGEF has no debts and nothing beyond the whole budget.
    cost.budget_remaining_usd = cost
        .budget_remaining_usd
        .map(|left| amount("budget_remaining_usd", left.max(0.0)))
        .transpose()?;
    cost.budget_utilization_pct = cost.budget_utilization_pct.map(|part| part.min(100.0));
    let counts = [
        &mut cost.input_tokens,
        &mut cost.output_tokens,
        &mut cost.total_tokens,
    ];
    for count in counts.into_iter().flatten() {
        *count = (*count).min(canonical::MAX_EXACT);
    }
    Ok(cost)
}

fn sound_limit(mut limit: RateLimit) -> Result<RateLimit, AuditError> {
    amount("limit_value", limit.limit_value)?;
    amount("current_value", limit.current_value)?;
    limit.window_seconds = limit.window_seconds.clamp(1, canonical::MAX_EXACT);
    limit.retry_after_seconds = limit
        .retry_after_seconds
        .map(|s| s.min(canonical::MAX_EXACT));
    Ok(limit)
}

fn sound_guardrail(mut guardrail: Guardrail) -> Guardrail {
    for found in &mut guardrail.matches {
        let sure = found.confidence.filter(|c| c.is_finite());
        found.confidence = sure.map(|c| c.clamp(0.0, 1.0));
        if let Some(span) = &mut found.location {
            span.start = span.start.min(canonical::MAX_EXACT);
            span.end = span.end.min(canonical::MAX_EXACT);
        }
    }
    guardrail
}

/// Sections of an event that is too long, with its parameters and details replaced by what
/// identifies them.
fn shorter(mut sections: Map<String, Value>, text: &str) -> Map<String, Value> {
    let hash = Algorithm::Sha256.hash(&[text.as_bytes()]);
    let mut note = Map::new();
    note.insert("bytes".to_owned(), text.len().into());
    note.insert("sha256".to_owned(), hash.to_string().into());
    let mut left_out = Map::new();
    left_out.insert("left_out".to_owned(), note.into());
    for (section, key) in [("action", "params"), ("metadata", "details")] {
        let section = sections.get_mut(section).and_then(Value::as_object_mut);
        if let Some(place) = section.and_then(|s| s.get_mut(key)) {
            *place = left_out.clone().into();
        }
    }
    // They are long together with what they point into.
    if let Some(metadata) = sections.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("redacted");
        metadata.remove("numbers_as_text");
    }
    sections
}
