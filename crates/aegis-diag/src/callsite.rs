//! Call sites: the places where a program talks to a model or lets a model act.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Span;

/// What a call site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// A request to a model provider.
    LlmCall,
    /// A framework entry that drives a model.
    AgentRun,
    /// A function, class, object or schema exposed to a model.
    ToolDef,
    /// A call to, or the attachment of, an MCP server.
    McpClient,
    /// Shell or code execution handed to an agent.
    AgentExec,
}

impl CallKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::LlmCall,
        Self::AgentRun,
        Self::ToolDef,
        Self::McpClient,
        Self::AgentExec,
    ];

    /// The word used in catalogs and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LlmCall => "llm_call",
            Self::AgentRun => "agent_run",
            Self::ToolDef => "tool_def",
            Self::McpClient => "mcp_client",
            Self::AgentExec => "agent_exec",
        }
    }
}

impl fmt::Display for CallKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a call site is under governance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A governor covers it on every way in.
    Governed,
    /// A governor covers it on some ways in but not on all.
    Partly,
    /// Nothing governs it.
    Ungoverned,
}

impl Verdict {
    /// The word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Governed => "governed",
            Self::Partly => "partly governed",
            Self::Ungoverned => "ungoverned",
        }
    }
}

/// One step of an explanation: a place and what happens there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub span: Span,
    /// What happens: a short phrase, lower case, no full stop.
    pub text: String,
}

/// What the model sees of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Tool {
    /// The name the model calls it by, if it is known.
    pub name: Option<String>,
    /// The description the model reads.
    pub description: Option<String>,
    /// The parameters the model fills in, in order.
    pub params: Vec<ToolParam>,
}

/// A parameter of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolParam {
    /// Its name.
    pub name: String,
    /// Its annotation or schema type as written, if there is one.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// Whether the model must give it.
    pub required: bool,
}

/// A tool that runs code or commands that the model chooses, whatever its name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolRuns {
    /// The tool, as in [`CallSite::span`].
    pub tool: Span,
    /// The call that runs something: in the function of the tool, or in one that it calls.
    pub call: Span,
    /// That call as the catalog names it, such as `subprocess.run`.
    pub api: String,
}

/// A model that a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelUse {
    /// The name as the provider knows it, such as `gpt-5`.
    pub name: String,
    /// Who answers; empty if not known.
    pub provider: String,
    /// The call site.
    pub span: Span,
}

/// One call site with its verdict.
#[derive(Debug, Clone)]
pub struct CallSite {
    /// The call expression, or the name of the definition.
    pub span: Span,
    /// What it is.
    pub kind: CallKind,
    /// Catalog id of the framework, such as `openai`.
    pub framework: String,
    /// The API in the words of the framework, such as `chat.completions.create`.
    pub operation: String,
    /// The canonical path in the catalog, such as `openai.OpenAI.chat.completions.create`.
    pub api: String,
    /// Who answers, such as `openai`; empty if not known.
    pub provider: String,
    /// The callee as written in the source, shortened, such as `self.client.chat.completions.create`.
    pub symbol: String,
    /// The enclosing function or class, dotted, such as `desk.agent:Agent.answer`.
    pub scope: String,
    /// Governed or not.
    pub verdict: Verdict,
    /// Why: one sentence, no full stop.
    pub reason: String,
    /// The way in (or the governor) that shows it, outermost first.
    pub way: Vec<Step>,
    /// What would govern it; empty if it is governed.
    pub remedy: String,
    /// For tools: what the model sees.
    pub tool: Option<Tool>,
    /// Whether the site is recognised by its shape only, its receiver's type being unknown.
    pub by_shape: bool,
}

impl CallSite {
    /// The order of every report: path, position, kind.
    #[must_use]
    pub fn sort_key(&self) -> (&str, usize, usize, CallKind) {
        (
            &self.span.file.path,
            self.span.range.start,
            self.span.range.end,
            self.kind,
        )
    }
}
