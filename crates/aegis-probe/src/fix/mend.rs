//! Applying fixes: one at a time, probing again after each.

use aegis_policy::policy::Policy;
use aegis_policy::problem::Problems;

use super::sheet;
use crate::{Input, Options, Tool, probe};

/// Which fixes are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Those that make no decision weaker and remove nothing.
    Safe,
    /// All that were tried and mend something.
    All,
}

/// A policy after its fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The text.
    pub text: String,
    /// What was done, in order.
    pub applied: Vec<String>,
}

/// Applies fixes to the text of a policy until none is left. The number of rounds is bounded by the
/// number of findings at the start, with some to spare for what a fix brings to light.
///
/// # Errors
/// A text that is no policy.
pub fn mend(
    name: &str,
    text: &str,
    tools: &[Tool],
    options: &Options,
    mode: Mode,
) -> Result<Mended, Problems> {
    let mut mended = Mended {
        text: text.to_owned(),
        applied: Vec::new(),
    };
    let options = Options {
        fixes: true,
        ..options.clone()
    };
    let mut left = None;
    loop {
        let policy = Policy::load(name, &mended.text)?;
        let input = Input {
            policy: &policy,
            tools,
        };
        let report = probe(&input, &options);
        let rounds = left.get_or_insert(2 * report.findings.len() + 4);
        let mut fixes = report.findings.iter().filter_map(|finding| {
            let fix = finding.proof.as_ref()?.fix.as_ref()?;
            (fix.safe || mode == Mode::All).then_some(fix)
        });
        let next = fixes.next().filter(|_| *rounds > 0);
        let Some(fix) = next else { return Ok(mended) };
        let Some(text) = sheet::apply(&mended.text, &fix.edits) else {
            return Ok(mended);
        };
        mended.text = text;
        mended.applied.push(fix.title.clone());
        *rounds -= 1;
    }
}

/// The change from one text to another as a unified diff; empty if there is none.
#[must_use]
pub fn unified(name: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    similar::TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_string()
}
