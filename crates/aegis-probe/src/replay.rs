//! Recorded actions: one JSON object a line, as `{"at": "2026-03-02T23:30:00Z", "action": {...}}`.
//!
//! `action` is an action as `aegis simulate --action-file` takes it; keys beside the two are allowed
//! and not looked at, so that a log which says more can be read as it is.

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::value::Value;

/// A recorded action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What was to be done.
    pub action: Action,
    /// When.
    pub at: Moment,
}

/// A line that is no recorded action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ReplayError {
    /// The 1-based line.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

/// Reads recorded actions; empty lines are passed over.
///
/// # Errors
/// The first line that is none.
pub fn read(text: &str) -> Result<Vec<Recorded>, ReplayError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(i, line)| {
            recorded(line).map_err(|message| ReplayError {
                line: i + 1,
                message,
            })
        })
        .collect()
}

fn recorded(line: &str) -> Result<Recorded, String> {
    let value = Value::from_json(line).map_err(|e| format!("not JSON: {e}"))?;
    let Value::Object(entries) = value else {
        return Err(format!("{} instead of an object", value.kind()));
    };
    let get = |key: &str| entries.iter().find(|(k, _)| k == key).map(|(_, v)| v);
    let action = get("action").ok_or("there is no `action`")?;
    let action = Action::from_json(&action.to_json()).map_err(|e| format!("`action`: {e}"))?;
    let at = match get("at") {
        Some(Value::Text(text)) => Moment::parse(text),
        _ => return Err("there is no `at`, the time as text".to_owned()),
    };
    let at = at.ok_or("`at` is not a time as in RFC 3339, such as `2026-03-02T23:30:00Z`")?;
    Ok(Recorded { action, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_mistakes_name_their_line() {
        let text =
            "{\"at\":\"2026-03-02T23:30:00Z\",\"action\":{\"type\":\"read\"},\"extra\":1}\n\n";
        let read_back = read(text).unwrap();
        assert_eq!(read_back.len(), 1);
        assert_eq!(read_back[0].action, Action::new("read"));
        let wrong = |line: &str| read(&format!("\n{line}\n")).unwrap_err().to_string();
        assert!(wrong("{}").starts_with("line 2: there is no `action`"));
        assert!(wrong("[]").contains("a list instead of an object"));
        assert!(wrong(r#"{"action":{"type":"x"}}"#).contains("no `at`"));
        assert!(wrong(r#"{"action":{"tpe":"x"},"at":"1"}"#).contains("did you mean `type`"));
        assert!(wrong(r#"{"action":{"type":"x"},"at":"1"}"#).contains("RFC 3339"));
    }
}
