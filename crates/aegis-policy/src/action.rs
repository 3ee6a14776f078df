//! What an agent is about to do.

use std::fmt;

use crate::effect;
use crate::json::{self, JsonError, Keys};
use crate::model::{Effect, EffectFound};
use crate::name::Name;
use crate::value::Value;
use crate::words;

/// An action: what a policy decides about.
///
/// Names are made canonical, and the effect is worked out, when the action is built: once, so that
/// deciding allocates nothing. The original spelling is kept for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The action type: usually the name of a tool, such as `delete_file`.
    pub(crate) kind: Name,
    /// What it acts on; the empty name if absent.
    pub(crate) target: Name,
    /// Who acts; the empty name if absent.
    pub(crate) agent: Name,
    /// The session, which no rule looks at.
    pub(crate) session: Option<String>,
    /// The parameters by name; no name twice.
    pub(crate) params: Vec<(String, Value)>,
    /// The effect the caller states: code that embeds Aegis and knows its tool.
    pub(crate) stated_effect: Option<Effect>,
    /// What the tool's own server says of it.
    pub(crate) hints: Hints,
    /// What the action does, from all of these.
    pub(crate) effect: EffectFound,
}

/// The annotations of an MCP tool. They come from its server, so they may raise an effect and never
/// lower it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hints {
    /// `readOnlyHint`.
    pub read_only: Option<bool>,
    /// `destructiveHint`.
    pub destructive: Option<bool>,
}

/// Why a text is not the JSON of an action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActionError {
    /// It is not JSON, or a key occurs twice.
    #[error("not the JSON of an action: {0}")]
    Json(#[from] JsonError),
    /// It is JSON of another shape.
    #[error("{path} is {found}, not {expected}")]
    Shape {
        /// Where, such as `` `params` ``.
        path: String,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// It has a key that actions do not have.
    #[error("{within} has no key `{key}`; {help}")]
    UnknownKey {
        /// What has it, such as `an action`.
        within: &'static str,
        /// The key.
        key: String,
        /// What was probably meant, or which keys there are.
        help: String,
    },
    /// The effect is none.
    #[error("{0}")]
    Effect(#[from] words::UnknownWord),
}

const KEYS: &[&str] = &[
    "type", "target", "agent", "session", "params", "effect", "hints",
];
const HINT_KEYS: &[&str] = &["read_only", "destructive"];

impl Action {
    /// An action of a type, on nothing, by nobody, without parameters.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        let kind = Name::new(kind);
        let effect = effect::find(kind.canonical(), None, Hints::default());
        Self {
            kind,
            target: Name::default(),
            agent: Name::default(),
            session: None,
            params: Vec::new(),
            stated_effect: None,
            hints: Hints::default(),
            effect,
        }
    }

    /// Sets what it acts on.
    #[must_use]
    pub fn target(mut self, target: &str) -> Self {
        self.target = Name::new(target);
        self
    }

    /// Sets who acts.
    #[must_use]
    pub fn agent(mut self, agent: &str) -> Self {
        self.agent = Name::new(agent);
        self
    }

    /// Sets the session, which no rule looks at.
    #[must_use]
    pub fn session(mut self, session: impl Into<String>) -> Self {
        self.session = Some(session.into());
        self
    }

    /// Sets a parameter; an earlier one of the same name is replaced.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.params.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.params.push((name, value)),
        }
        self
    }

    /// States the effect, for a caller that knows its tool.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.stated_effect = Some(effect);
        self.find_effect()
    }

    /// Sets what the tool's own server says of it.
    #[must_use]
    pub fn hints(mut self, hints: Hints) -> Self {
        self.hints = hints;
        self.find_effect()
    }

    fn find_effect(mut self) -> Self {
        self.effect = effect::find(self.kind.canonical(), self.stated_effect, self.hints);
        self
    }

    /// The action type.
    #[must_use]
    pub fn kind_name(&self) -> &Name {
        &self.kind
    }

    /// What it acts on; the empty name if absent.
    #[must_use]
    pub fn target_name(&self) -> &Name {
        &self.target
    }

    /// Who acts; the empty name if absent.
    #[must_use]
    pub fn agent_name(&self) -> &Name {
        &self.agent
    }

    /// The session.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// The parameters in the order given; no name twice.
    #[must_use]
    pub fn params(&self) -> &[(String, Value)] {
        &self.params
    }

    /// The effect the caller stated.
    #[must_use]
    pub fn stated_effect(&self) -> Option<Effect> {
        self.stated_effect
    }

    /// What the tool's own server says of it.
    #[must_use]
    pub fn tool_hints(&self) -> Hints {
        self.hints
    }

    /// What the action does to the world, and how that is known.
    #[must_use]
    pub fn effect_found(&self) -> EffectFound {
        self.effect
    }

    /// Reads the JSON of an action: an object with any of `type`, `target`, `agent`, `session`,
    /// `params`, `effect` and `hints` (an object with `read_only` and `destructive`). `null` is as
    /// good as absent for all of them.
    ///
    /// # Errors
    /// What is not JSON, has another shape, an unknown key, or the same key twice anywhere: two
    /// readers of one text must never see different actions.
    pub fn from_json(text: &str) -> Result<Self, ActionError> {
        let entries = object(Value::from_json(text)?, "the action")?;
        let mut kind = None;
        let mut action = Self::new("");
        for (key, value) in entries {
            if !KEYS.contains(&key.as_str()) {
                return Err(unknown_key("an action", key, KEYS));
            }
            if value == Value::Null {
                continue;
            }
            match key.as_str() {
                "type" => kind = Some(text_of(value, "type")?),
                "target" => action.target = Name::new(&text_of(value, "target")?),
                "agent" => action.agent = Name::new(&text_of(value, "agent")?),
                "session" => action.session = Some(text_of(value, "session")?),
                "params" => action.params = object(value, "`params`")?,
                "effect" => action.stated_effect = Some(text_of(value, "effect")?.parse()?),
                _ => action.hints = hints_of(value)?,
            }
        }
        action.kind = Name::new(&kind.unwrap_or_default());
        Ok(action.find_effect())
    }

    /// The action as canonical JSON: as it was given, without spaces, keys in the order of their
    /// code points, absent parts left out. Equal actions have equal text, so it can be digested.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut entries = vec![("type".to_owned(), Value::from(self.kind.original()))];
        let mut add = |key: &str, value: Value| entries.push((key.to_owned(), value));
        if !self.target.original().is_empty() {
            add("target", self.target.original().into());
        }
        if !self.agent.original().is_empty() {
            add("agent", self.agent.original().into());
        }
        if let Some(session) = &self.session {
            add("session", session.as_str().into());
        }
        if let Some(effect) = self.stated_effect {
            add("effect", effect.as_str().into());
        }
        let hint = |key: &str, hint: Option<bool>| hint.map(|h| (key.to_owned(), Value::Bool(h)));
        let read_only = hint("read_only", self.hints.read_only);
        let hints: Vec<_> = read_only
            .into_iter()
            .chain(hint("destructive", self.hints.destructive))
            .collect();
        if !hints.is_empty() {
            add("hints", Value::Object(hints));
        }
        if !self.params.is_empty() {
            add("params", Value::Object(self.params.clone()));
        }
        let mut out = String::new();
        json::write(&Value::Object(entries), Keys::Sorted, &mut out);
        out
    }
}

impl fmt::Display for Action {
    /// `type` or `type target`, in the caller's spelling, with invisible characters escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind.original().escape_debug())?;
        if !self.target.original().is_empty() {
            write!(f, " {}", self.target.original().escape_debug())?;
        }
        Ok(())
    }
}

fn object(value: Value, path: &str) -> Result<Vec<(String, Value)>, ActionError> {
    match value {
        Value::Object(entries) => Ok(entries),
        other => Err(shape(path.to_owned(), "an object", &other)),
    }
}

fn text_of(value: Value, key: &str) -> Result<String, ActionError> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(shape(format!("`{key}`"), "text", &other)),
    }
}

fn hints_of(value: Value) -> Result<Hints, ActionError> {
    let mut hints = Hints::default();
    for (key, value) in object(value, "`hints`")? {
        let hint = match key.as_str() {
            "read_only" => &mut hints.read_only,
            "destructive" => &mut hints.destructive,
            _ => return Err(unknown_key("`hints`", key, HINT_KEYS)),
        };
        *hint = match value {
            Value::Null => None,
            Value::Bool(value) => Some(value),
            other => return Err(shape(format!("`hints.{key}`"), "true or false", &other)),
        };
    }
    Ok(hints)
}

fn shape(path: String, expected: &'static str, found: &Value) -> ActionError {
    ActionError::Shape {
        path,
        expected,
        found: found.kind(),
    }
}

fn unknown_key(within: &'static str, key: String, known: &[&str]) -> ActionError {
    let help = match words::nearest(&key, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("expected {}", words::either(known)),
    };
    ActionError::UnknownKey { within, key, help }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EffectSource;

    #[test]
    fn an_action_reads_back_from_its_json() {
        for text in [
            r#"{"type":""}"#,
            r#"{"type":"read"}"#,
            r#"{"agent":"Bot","effect":"read","hints":{"destructive":true,"read_only":false},"params":{"a":1.0,"b":{"c":[null]}},"session":"s","target":" T","type":"Read\u0001"}"#,
        ] {
            let action = Action::from_json(text).expect(text);
            assert_eq!(action.to_json(), text);
            assert_eq!(Action::from_json(&action.to_json()).expect(text), action);
        }
        let built = Action::new("Delete_File")
            .target("Prod")
            .agent("a")
            .session("s")
            .param("n", 1_i64)
            .param("n", Value::Null)
            .effect(Effect::Write)
            .hints(Hints {
                read_only: Some(true),
                destructive: None,
            });
        let text = r#"{"agent":"a","effect":"write","hints":{"read_only":true},"params":{"n":null},"session":"s","target":"Prod","type":"Delete_File"}"#;
        assert_eq!(built.to_json(), text);
        assert_eq!(Action::from_json(text), Ok(built));
        let nulls =
            r#"{"type":"x","target":null,"params":null,"hints":{"read_only":null},"effect":null}"#;
        assert_eq!(Action::from_json(nulls), Ok(Action::new("x")));
        assert_eq!(Action::from_json("{}"), Ok(Action::new("")));
    }

    #[test]
    fn another_shape_is_refused() {
        for (text, want) in [
            ("[]", "the action is a list, not an object"),
            (r#"{"type":5}"#, "`type` is a number, not text"),
            (r#"{"params":[]}"#, "`params` is a list, not an object"),
            (
                r#"{"parms":{}}"#,
                "an action has no key `parms`; did you mean `params`?",
            ),
            (
                r#"{"zzzzzz":{}}"#,
                "an action has no key `zzzzzz`; expected type, target, agent, session, params, effect or hints",
            ),
            (
                r#"{"hints":{"readonly":true}}"#,
                "`hints` has no key `readonly`; did you mean `read_only`?",
            ),
            (
                r#"{"hints":{"read_only":1}}"#,
                "`hints.read_only` is a number, not true or false",
            ),
            (
                r#"{"type":"a","type":"b"}"#,
                "not the JSON of an action: the key `type` occurs twice at byte 12",
            ),
            (
                r#"{"params":{"a":1,"a":1}}"#,
                "not the JSON of an action: the key `a` occurs twice at byte 17",
            ),
        ] {
            assert_eq!(Action::from_json(text).expect_err(text).to_string(), want);
        }
        let error = Action::from_json(r#"{"effect":"raed"}"#).expect_err("no effect");
        assert_eq!(
            error.to_string(),
            "`raed` is not an effect; did you mean `read`?"
        );
    }

    #[test]
    fn the_effect_follows_what_is_known() {
        let found = |action: &Action| (action.effect_found().effect, action.effect_found().source);
        let action = Action::new("removePurpleWidget");
        assert_eq!(found(&action), (Some(Effect::Delete), EffectSource::Name));
        let stated = action.effect(Effect::Read);
        assert_eq!(found(&stated), (Some(Effect::Read), EffectSource::Caller));
        let hinted = Action::new("frobnicate").hints(Hints {
            read_only: Some(false),
            destructive: None,
        });
        assert_eq!(found(&hinted), (Some(Effect::Write), EffectSource::Hints));
        assert_eq!(found(&Action::new("ＣREATE_REFUND")).0, Some(Effect::Pay));
    }

    #[test]
    fn it_is_shown_without_hiding_anything() {
        assert_eq!(
            Action::new("de\u{200b}lete").target("prod").to_string(),
            "de\\u{200b}lete prod"
        );
        assert_eq!(Action::new("read").to_string(), "read");
    }
}
