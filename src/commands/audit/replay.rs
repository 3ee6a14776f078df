//! The actions of a store, for `aegis diff --replay`.

use std::path::Path;

use aegis_audit::event::EventType;
use aegis_audit::sqlite::{Filter, Reader, Record};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_probe::diff::RecordedAction;
use anyhow::{Context, anyhow};
use serde_json::{Map, Value};

/// Every action that was decided about, once for each decision.
pub(in crate::commands) fn actions(path: &Path) -> anyhow::Result<Vec<RecordedAction>> {
    let reader = Reader::open(path)?;
    let filter = Filter {
        event_type: Some(EventType::PolicyDecision.to_string()),
        ..Filter::default()
    };
    let mut found = Ok(Vec::new());
    reader.walk(&filter, &mut |record| {
        let read = action(&record).with_context(|| format!("event {}", record.sequence));
        match (&mut found, read) {
            (Ok(list), Ok(action)) => list.push(action),
            (Ok(_), Err(error)) => found = Err(error),
            (Err(_), _) => {}
        }
        found.is_ok()
    })?;
    found
}

fn action(record: &Record) -> anyhow::Result<RecordedAction> {
    let event: Value = serde_json::from_str(&record.body)?;
    let part = |pointer: &str| event.pointer(pointer).cloned();
    let mut action = Map::new();
    let parts = [
        ("type", "/action/type"),
        ("target", "/action/target"),
        ("params", "/action/params"),
        ("agent", "/agent/id"),
        ("session", "/evidence/session_id"),
    ];
    for (key, pointer) in parts {
        if let Some(value) = part(pointer) {
            action.insert(key.to_owned(), value);
        }
    }
    let at = Moment::parse(&record.time.to_string()).ok_or_else(|| anyhow!("its time is none"))?;
    let action = Action::from_json(&Value::Object(action).to_string())?;
    Ok(RecordedAction { action, at })
}
