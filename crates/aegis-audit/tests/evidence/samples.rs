//! Events of every kind.

use std::time::Duration;

use aegis_audit::event::{
    Action, Agent, Answer, Approval, Cost, Decision, DecisionOutcome, Guardrail, GuardrailAction,
    GuardrailKind, LimitAction, LimitKind, Match, RateLimit, Risk, Severity, Span, Trace,
};
use aegis_audit::{Algorithm, Event, Id, Options, Outcome, SqliteStore};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with a store in it.
pub(crate) fn store() -> (TempDir, SqliteStore) {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    (dir, store)
}

/// The store in a folder.
pub(crate) fn open(dir: &TempDir) -> SqliteStore {
    SqliteStore::open(dir.path().join("audit.db"), Options::new().unwrap()).unwrap()
}

pub(crate) fn action(params: Value) -> Action {
    let Value::Object(params) = params else {
        panic!("{params}");
    };
    Action::new("delete_user", "crm", params)
}

/// A decision, the `n`th.
pub(crate) fn decision(n: u64) -> Event {
    let blocked = n.is_multiple_of(3);
    let outcome = if blocked {
        DecisionOutcome::Blocked
    } else {
        DecisionOutcome::Allowed
    };
    let decision =
        Decision::new(outcome, Risk::High, format!("rule-{}", n % 7)).because("as it is");
    Event::policy_decision(
        action(json!({ "id": n, "note": "ünï \u{1f600} \n" })),
        decision,
    )
    .session(format!("s-{}", n % 5))
    .agent(Agent::new(format!("agent-{}", n % 3)))
    .policy_digest("sha256:00")
    .duration("evaluate", Duration::from_micros(3))
}

/// One of every kind, with everything in it that can be.
pub(crate) fn every_kind() -> Vec<Event> {
    let agent = Agent {
        id: Some("worker".to_owned()),
        name: Some("Worker".to_owned()),
        framework: Some("custom".to_owned()),
        model: Some("gpt-5".to_owned()),
        parent_agent_id: Some("root".to_owned()),
        chain_id: Some("c".to_owned()),
        chain_depth: Some(1),
    };
    let hash = Algorithm::Sha256.hash(&[b"x"]);
    let guardrail = Guardrail {
        name: "pii".to_owned(),
        kind: GuardrailKind::Pii,
        action: GuardrailAction::Masked,
        details: Some("two found".to_owned()),
        severity: Some(Severity::High),
        input_content_hash: Some(hash),
        masked_content: Some("a ***".to_owned()),
        matches: vec![Match {
            kind: "email".to_owned(),
            value_hash: Some(hash),
            location: Some(Span {
                start: 1,
                end: u64::MAX,
            }),
            confidence: Some(7.0),
        }],
    };
    let cost = Cost {
        model: Some("gpt-5".to_owned()),
        input_tokens: Some(u64::MAX),
        output_tokens: Some(2),
        total_tokens: Some(3),
        estimated_cost_usd: Some(0.000_001),
        cumulative_cost_usd: Some(12.0),
        budget_remaining_usd: Some(-2.0),
        budget_limit_usd: Some(10.0),
        budget_utilization_pct: Some(120.0),
    };
    let limit = RateLimit {
        limit_type: LimitKind::RequestsPerMinute,
        limit_value: 60.0,
        current_value: 61.0,
        window_seconds: 0,
        action_taken: LimitAction::Blocked,
        retry_after_seconds: Some(u64::MAX),
    };
    let ask = Approval {
        timeout_seconds: Some(300),
        ..Approval::request(Id::new())
    };
    let yes = ask
        .clone()
        .answered(Answer::Approved, Some("ada@example.com".to_owned()));
    let late = ask.clone().answered(Answer::Timeout, None);
    let trace = Trace {
        environment: Some("production".to_owned()),
        service: Some("crm".to_owned()),
        deployment_id: Some("7".to_owned()),
        trace_id: Some("t".to_owned()),
        span_id: Some("u".to_owned()),
    };
    let params = json!({
        "password": "hunter2", "max_tokens": 4096, "big": u64::MAX, "deep": [[{ "a/b~c": "Bearer abcdefghijklmnop" }]],
        "odd": 1e300, "small": 5e-324, "text": "\u{0}\u{1f}\u{7f}\u{2028}\u{fffd}",
    });
    let mut events = vec![
        decision(0),
        decision(1),
        Event::guardrail_trigger(guardrail),
        Event::approval_request(action(params.clone()), ask),
        Event::approval_response(yes),
        Event::approval_response(late),
        Event::cost_alert(cost.clone(), Outcome::OverBudget),
        Event::rate_limit(limit),
        Event::entry(Outcome::Succeeded)
            .session("s \u{202e}\n")
            .agent(agent)
            .action(action(params))
            .cost(cost)
            .trace(trace)
            .action_id(Id::new())
            .action_digest(hash)
            .policy_digest("sha256:11")
            .agent_chain(["root", "worker"])
            .effect("delete")
            .attempt(2)
            .duration("execute", Duration::MAX)
            .error("the key sk-ant-aaaaaaaaaaaaaaaaaaaaaaaa is wrong")
            .detail("status", 503)
            .detail("api_key", "q"),
    ];
    events.extend(Outcome::ALL.iter().map(|outcome| Event::entry(*outcome)));
    events
}
