//! The Governance Score, formula `aegis-score/1`.
//!
//! Three parts, each a share from 0 to 1000 tenths of a percent, rounded down:
//!
//! | part | weight | share |
//! |---|---|---|
//! | coverage | 50 | call sites, weighed by what they can do ([`weight`]): governed 1, partly governed ½ |
//! | robustness | 35 | the robustness score of the policy; 0 without one |
//! | evidence | 15 | an audit trail, policy tests that hold dangerous effects back, a gate in CI: a third each |
//!
//! In every part the share is Σ weight·got / Σ weight·of over its inputs. The score is
//! ⌊Σ weight·share / 100⌋ tenths of a point, at most 79.0 while something critical is open, and none
//! if there is no call site.
//!
//! It is a function of verdicts, of how strictly actions are decided, and of evidence, and rises with
//! each of them. What a comment, a waiver, a baseline or `ignore` hides counts as if it were not
//! hidden. No denominator depends on the rules of a policy, so a deleted rule cannot make the rest
//! look better.

mod coverage;
mod facts;
mod gains;

use aegis_diag::{
    CallKind, CallSite, Finding, Report, ScoreCap, ScoreInput, ScorePart, Scorecard, Severity,
    Tenths, Verdict,
};

use crate::evidence::Evidence;

pub use coverage::{sites, weight};
pub(crate) use gains::{Better, gains};

/// Name and version of the formula.
pub const FORMULA: &str = "aegis-score/1";
/// The most that a score can be while something critical is open, in tenths.
pub const CAP: Tenths = 790;
/// The parts: id, title and weight in percent.
pub const PARTS: [(&str, &str, u16); 3] = [
    ("coverage", "Governed calls", 50),
    ("robustness", "Policy robustness", 35),
    ("evidence", "Evidence", 15),
];

/// What a score is computed from.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// What the scanner found.
    pub scan: &'a Report,
    /// What is known about the policy; `None` if there is none.
    pub policy: Option<&'a PolicyFacts>,
    /// What can be checked in the tree.
    pub evidence: &'a Evidence,
}

/// What a score needs to know about a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFacts {
    /// Its file, as shown to people.
    pub path: String,
    /// How robust it is, in tenths.
    pub robustness: Tenths,
    /// The version of the set of names that this was found with.
    pub reference: &'static str,
    /// How many rules it has.
    pub rules: usize,
    /// How many different patterns on action types its rules have.
    pub types: usize,
    /// How many of the program's own tools a rule decides about, and how many there are.
    pub tools: (usize, usize),
    /// What is critical, each with its place; suppressed or not.
    pub critical: Vec<String>,
    /// How many findings of each severity count against it, from info to critical.
    pub findings: [usize; 5],
    /// How many findings are suppressed.
    pub suppressed: usize,
    /// Questions that could not be decided within the budget.
    pub undecided: usize,
}

/// The score, with everything it was computed from but without ways to raise it.
#[must_use]
pub fn card(inputs: &Inputs<'_>) -> Scorecard {
    let parts = vec![
        part(0, coverage::inputs(&inputs.scan.sites)),
        part(1, vec![robustness(inputs.policy)]),
        part(2, inputs.evidence.inputs()),
    ];
    let critical = critical(inputs);
    let applies = !inputs.scan.sites.is_empty();
    let shares = shares(&parts);
    let raw = total(shares, 0);
    let cap = critical.first().filter(|_| applies && raw > CAP);
    let mut card = Scorecard {
        formula: FORMULA,
        score: applies.then(|| total(shares, critical.len())),
        cap: cap.map(|first| ScoreCap {
            at: CAP,
            because: because(first, critical.len()),
        }),
        parts,
        gains: Vec::new(),
        facts: Vec::new(),
    };
    card.facts = facts::facts(inputs, &card);
    card
}

/// A part from its inputs.
fn part(index: usize, inputs: Vec<ScoreInput>) -> ScorePart {
    let (id, title, weight) = PARTS.get(index).copied().unwrap_or_default();
    ScorePart {
        id,
        title,
        weight,
        score: Share::of(&inputs).tenths(),
        inputs,
    }
}

/// What is reached of a part, in exact whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Share {
    got: u64,
    of: u64,
}

impl Share {
    /// Weights and counts are multiples of a twentieth: a half of a call, a tenth of a point.
    const UNIT: u64 = 20;

    /// Σ weight·got and Σ weight·of.
    fn of(inputs: &[ScoreInput]) -> Self {
        let units = |x: f64| (x * Self::UNIT as f64).round() as u64;
        let sum = |n: fn(&ScoreInput) -> f64| -> u64 {
            let each = inputs.iter().map(|i| units(i.weight) * units(n(i)));
            each.sum()
        };
        Self {
            got: sum(|i| i.got),
            of: sum(|i| i.of),
        }
    }

    /// In tenths of a percent, rounded down; 0 of nothing.
    fn tenths(self) -> Tenths {
        let share = (self.got.min(self.of) * 1000).checked_div(self.of);
        Tenths::try_from(share.unwrap_or(0)).unwrap_or(1000)
    }
}

/// ⌊Σ weight·share / 100⌋, at most the cap while something critical is open.
fn total(shares: [Tenths; 3], critical: usize) -> Tenths {
    let weighed = PARTS.iter().zip(shares);
    let sum: u32 = weighed
        .map(|((_, _, weight), share)| u32::from(*weight) * u32::from(share))
        .sum();
    let raw = Tenths::try_from(sum / 100).unwrap_or(1000);
    if critical > 0 { raw.min(CAP) } else { raw }
}

fn shares(parts: &[ScorePart]) -> [Tenths; 3] {
    let mut shares = [0; 3];
    for (share, part) in shares.iter_mut().zip(parts) {
        *share = part.score;
    }
    shares
}

fn robustness(policy: Option<&PolicyFacts>) -> ScoreInput {
    ScoreInput {
        id: "policy".to_owned(),
        title: "Robustness score".to_owned(),
        weight: 1.0,
        got: policy.map_or(0.0, |p| f64::from(p.robustness) / 10.0),
        of: 100.0,
        note: Some(policy.map_or_else(
            || "no policy".to_owned(),
            |p| format!("{}, over {}", p.path, p.reference),
        )),
    }
}

/// Everything critical that is open, whether it is suppressed or not: each with its place.
fn critical(inputs: &Inputs<'_>) -> Vec<String> {
    let scan = inputs.scan;
    // A rule that is switched off reports nothing, and its call sites are there all the same.
    let exec = scan.sites.iter().filter(|site| runs_freely(site));
    let mut all: Vec<String> = exec
        .map(|site| format!("AEG105 at {}", site.span.locator()))
        .collect();
    let hidden = scan.suppressed.iter().map(|s| &s.finding);
    let found = scan
        .findings
        .iter()
        .chain(hidden)
        .filter(|f| is_critical(f));
    all.extend(found.map(place));
    all.sort();
    all.dedup();
    all.extend(
        inputs
            .policy
            .iter()
            .flat_map(|p| p.critical.iter().cloned()),
    );
    all
}

/// Whether a call site is critical: a model runs code there and nothing is asked.
fn runs_freely(site: &CallSite) -> bool {
    site.kind == CallKind::AgentExec && site.verdict == Verdict::Ungoverned
}

/// Whether a finding holds the score down.
pub(crate) fn is_critical(finding: &Finding) -> bool {
    finding.severity == Severity::Critical
}

/// A finding in short: `AEG201 at policy.yaml:3:5`.
pub(crate) fn place(finding: &Finding) -> String {
    format!("{} at {}", finding.rule.id, finding.primary.span.locator())
}

fn because(first: &str, n: usize) -> String {
    match n {
        1 => format!("a critical finding is open: {first}"),
        _ => format!("{n} critical findings are open, such as {first}"),
    }
}

#[cfg(test)]
mod tests;
