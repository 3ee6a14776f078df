//! The first part: call sites, weighed by what they can do.

use aegis_diag::{CallKind, CallSite, ScoreInput, Verdict};
use aegis_policy::action::Hints;
use aegis_policy::effect;
use aegis_policy::model::Effect;

/// A class of call sites: what it counts, its word and its title.
type Class = (u8, String, String);

/// How much a call site counts, from 1 to 5.
///
/// | call site | weight |
/// |---|---|
/// | `llm_call` | 1 |
/// | `agent_run` | 2 |
/// | `mcp_client` | 3 |
/// | `agent_exec` | 5 |
/// | `tool_def` that reads | 1 |
/// | `tool_def` that writes | 2 |
/// | `tool_def` that sends or deploys, or of unknown effect | 3 |
/// | `tool_def` that deletes, executes, pays, changes privileges or carries data out | 5 |
///
/// The effect of a tool is the one that the policy language finds in its name.
#[must_use]
pub fn weight(site: &CallSite) -> u8 {
    class(site).0
}

/// The call sites of one kind or effect: how many halves of them are governed, how many there are.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    halves: u32,
    all: u32,
    partly: u32,
}

/// One input for each class of call sites, the weightiest first.
pub(super) fn inputs(all: &[CallSite]) -> Vec<ScoreInput> {
    let mut counts: Vec<(Class, Count)> = Vec::new();
    for site in all {
        let class = class(site);
        let at = counts.iter().position(|(c, _)| *c == class);
        let at = at.unwrap_or_else(|| {
            counts.push((class, Count::default()));
            counts.len() - 1
        });
        if let Some((_, count)) = counts.get_mut(at) {
            count.all += 1;
            count.halves += halves(site.verdict);
            count.partly += u32::from(site.verdict == Verdict::Partly);
        }
    }
    counts.sort_by(|(a, _), (b, _)| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    counts.into_iter().map(input).collect()
}

fn input(((weight, id, title), count): (Class, Count)) -> ScoreInput {
    ScoreInput {
        id,
        title,
        weight: f64::from(weight),
        got: f64::from(count.halves) / 2.0,
        of: f64::from(count.all),
        note: (count.partly > 0).then(|| format!("{} partly governed", count.partly)),
    }
}

pub(super) fn halves(verdict: Verdict) -> u32 {
    match verdict {
        Verdict::Governed => 2,
        Verdict::Partly => 1,
        Verdict::Ungoverned => 0,
    }
}

/// How many call sites are governed, partly governed, and there at all.
#[must_use]
pub fn sites(all: &[CallSite]) -> (usize, usize, usize) {
    let count = |verdict| all.iter().filter(|site| site.verdict == verdict).count();
    (count(Verdict::Governed), count(Verdict::Partly), all.len())
}

fn class(site: &CallSite) -> Class {
    let kind = site.kind.as_str();
    let plain = |weight, title: &str| (weight, kind.to_owned(), title.to_owned());
    match site.kind {
        CallKind::LlmCall => plain(1, "Model calls"),
        CallKind::AgentRun => plain(2, "Agent runs"),
        CallKind::McpClient => plain(3, "MCP calls"),
        CallKind::AgentExec => plain(5, "Code execution"),
        CallKind::ToolDef => {
            let (weight, word, title) = tool(effect_of(site));
            (weight, format!("{kind}.{word}"), title.to_owned())
        }
    }
}

/// What a tool does, as far as its name tells.
fn effect_of(site: &CallSite) -> Option<Effect> {
    let name = site.tool.as_ref()?.name.as_deref()?;
    effect::find(name, None, Hints::default()).effect
}

fn tool(effect: Option<Effect>) -> (u8, &'static str, &'static str) {
    match effect {
        Some(Effect::Read) => (1, "read", "Tools that read"),
        Some(Effect::Write) => (2, "write", "Tools that write"),
        Some(Effect::Send) => (3, "send", "Tools that send"),
        Some(Effect::Deploy) => (3, "deploy", "Tools that deploy"),
        Some(Effect::Delete) => (5, "delete", "Tools that delete"),
        Some(Effect::Execute) => (5, "execute", "Tools that run code"),
        Some(Effect::Pay) => (5, "pay", "Tools that pay"),
        Some(Effect::Privilege) => (5, "privilege", "Tools that change privileges"),
        Some(Effect::Exfiltrate) => (5, "exfiltrate", "Tools that carry data out"),
        None => (3, "unknown", "Tools of unknown effect"),
    }
}
