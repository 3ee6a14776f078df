//! Attacks a policy: what can be known exactly is proved, the rest is searched for.
//!
//! One straight way, [`probe`]: a compiled policy and the program's own tools go through the
//! analyses, which hand over suspects; these are grouped by cause and get places, words and
//! severity; every witness is decided again by the engine, and every fix is tried on a copy before
//! it is shown. Nothing here reads a clock, a file or a random source: equal inputs give equal
//! reports.

mod assemble;
mod compare;
#[cfg(test)]
mod drafts;
mod fix;
mod replay;
mod waiver;

pub mod diff;
pub mod guards;
pub mod report;
pub mod rules;
pub mod score;

pub(crate) mod exact;
pub(crate) mod search;
pub(crate) mod suspect;

use aegis_diag::{Finding, Span, Suppressed};
use aegis_policy::action::Hints;
use aegis_policy::policy::Policy;

use crate::assemble::Assembled;
use crate::guards::Guards;
use crate::score::Score;
use crate::suspect::Suspect;

pub use crate::fix::{Mended, Mode, mend, unified};

/// One of the program's own tools: found in its code by the scanner, or listed by an MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// The name the agent calls it by: the action type.
    pub name: String,
    /// What it acts on, where that is known and always the same.
    pub target: Option<String>,
    /// The names of its parameters, in the order they are declared.
    pub params: Vec<String>,
    /// What its server says of it. Hints may raise an effect and never lower it.
    pub hints: Hints,
    /// Where it is defined, for tools from code.
    pub span: Option<Span>,
    /// Where it is known from, as shown to people: `src/tools.py:12` or the name of the list.
    pub source: String,
}

/// What is probed.
#[derive(Debug, Clone, Copy)]
pub struct Input<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// The program's own tools, sorted by name; empty if they are not known.
    pub tools: &'p [Tool],
}

/// How it is probed. Every budget counts steps, never time, so that results do not depend on the
/// machine.
#[derive(Debug, Clone)]
pub struct Options {
    /// The seed of the fuzzer; the same seed tries the same actions.
    pub seed: u64,
    /// How many decisions the search for near misses may take.
    pub near_budget: usize,
    /// How many pieces a region may be cut into before the answer is unknown.
    pub box_budget: usize,
    /// How many actions the fuzzer tries.
    pub fuzz_cases: usize,
    /// Also report misspelt names, and names that ask a person instead of being blocked.
    pub all: bool,
    /// Look for changes that mend findings, and probe each again.
    pub fixes: bool,
    /// How many rules may be probed again for that, over all changes that are tried.
    pub fix_budget: usize,
    /// The day, as `YYYY-MM-DD`: waivers that ended before it do not count. Without it none is over.
    pub today: Option<String>,
    /// What must stay restricted.
    pub guards: Option<Guards>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            near_budget: 2_000_000,
            box_budget: 4_096,
            fuzz_cases: 320,
            all: false,
            fixes: true,
            fix_budget: 2_000,
            today: None,
            guards: None,
        }
    }
}

/// What one run of the probe has to say.
#[derive(Debug, Clone)]
pub struct ProbeReport {
    /// What counts against the policy: the worst first, then from the top of the policy.
    pub findings: Vec<Finding>,
    /// What waivers in the policy suppressed, and what a baseline knows if one was applied since.
    pub suppressed: Vec<Suppressed>,
    /// Whether a baseline was applied: then all findings are new.
    pub compared: bool,
    /// Entries of the baseline that nothing corresponds to any more; empty until one is applied.
    pub gone: Vec<String>,
    /// How robust the policy is.
    pub score: Score,
    /// How many decisions were evaluated.
    pub probes: u64,
    /// Questions that could not be decided within the budget; findings say which.
    pub unknown: usize,
    /// Where Aegis disagrees with itself: a bug of Aegis, never of the policy.
    pub bugs: Vec<String>,
}

impl ProbeReport {
    /// Counts what was not decided again, after findings were taken out.
    pub fn recount(&mut self) {
        self.unknown = unknown(&self.findings);
    }
}

/// What the analyses gather.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What they suspect, in any order.
    pub(crate) suspects: Vec<Suspect>,
    /// How many decisions they evaluated.
    pub(crate) probes: u64,
    /// Where the exact part and the engine disagree, in words: bugs of Aegis.
    pub(crate) bugs: Vec<String>,
}

/// What a policy looks like before anyone says what of it is meant.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) findings: Vec<Assembled>,
    pub(crate) bugs: Vec<String>,
    pub(crate) probes: u64,
    pub(crate) score: Score,
}

impl Run {
    fn fingerprints(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|a| a.finding.fingerprint.as_str())
    }
}

/// Attacks a policy.
#[must_use]
pub fn probe(input: &Input<'_>, options: &Options) -> ProbeReport {
    let mut run = run(input, options); //                             policy -> findings
    if options.fixes {
        fix::find(input, options, &mut run); //                       findings -> what mends them
    }
    let Run {
        mut findings,
        bugs,
        probes,
        score,
    } = run;
    let today = options.today.as_deref();
    let mut suppressed = waiver::apply(input.policy, today, &mut findings);
    if let Some(guards) = &options.guards {
        findings.extend(guards.removed(input.policy));
    }
    assemble::sort(&mut findings);
    suppressed.sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
    let findings: Vec<Finding> = findings.into_iter().map(|a| a.finding).collect();
    ProbeReport {
        unknown: unknown(&findings),
        findings,
        suppressed,
        compared: false,
        gone: Vec::new(),
        score,
        probes,
        bugs,
    }
}

/// How many questions findings say were not decided.
fn unknown(findings: &[Finding]) -> usize {
    let questions = |finding: &Finding| {
        let affected = finding.proof.as_ref().map(|proof| proof.affected.count);
        match finding.rule == &rules::UNKNOWN {
            true => affected.unwrap_or(0).max(1),
            false => 0,
        }
    };
    findings.iter().map(questions).sum()
}

/// The analyses, and what they suspect in words and places.
pub(crate) fn run(input: &Input<'_>, options: &Options) -> Run {
    let mut found = Found::default();
    exact::analyse(input, options, &mut found); //                    what is so for every action
    let score = search::analyse(input, options, &mut found); //       what names mean, and at random
    let probes = found.probes;
    let (findings, bugs) = assemble::assemble(input, found);
    Run {
        findings,
        bugs,
        probes,
        score,
    }
}
