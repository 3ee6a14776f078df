//! What an agent is about to do.

use crate::model::Effect;
use crate::name::Name;
use crate::value::Value;

/// An action: what a policy decides about.
///
/// Names are made canonical when the action is built, once, so that deciding allocates nothing.
/// The original spelling is kept for the audit.
#[derive(Debug, Clone)]
pub struct Action {
    /// The action type: usually the name of a tool, such as `delete_file`.
    pub(crate) kind: Name,
    /// What it acts on; the empty name if absent.
    pub(crate) target: Name,
    /// Who acts; the empty name if absent.
    pub(crate) agent: Name,
    /// The session, which no rule looks at.
    pub(crate) session: Option<String>,
    /// The parameters by name.
    pub(crate) params: Vec<(String, Value)>,
    /// The effect the caller states: code that embeds Aegis and knows its tool.
    pub(crate) stated_effect: Option<Effect>,
    /// What the tool's own server says of it.
    pub(crate) hints: Hints,
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
