//! The robustness score of a policy: how much of what is dangerous runs unattended, over a fixed set
//! of actions.
//!
//! For each dangerous effect and each class of targets the names of the reference set are decided in
//! fixed circumstances. An action loses 1 if it is automatic without parameters, with harmful ones
//! or at night; 0.3 if it is automatic only with harmless parameters; 0.15 if it asks a person
//! although it is among the hardest to take back; else nothing. Names are weighed by how plain they
//! are, cells by how much harm they do. The score is what is left of 100, and at most 79.9 if one of
//! the hardest actions runs unattended.
//!
//! Every loss is a function of decisions that only falls as they get stricter, so no change that
//! makes nothing weaker lowers the score. All sums are of whole numbers: equal decisions, equal
//! score, whatever order the rules stand in.

use aegis_policy::decision::Decision;
use aegis_policy::model::{Approval, Effect};
use serde::Serialize;

use crate::search::board::{Board, Outcome};
use crate::search::reference::{self, Entry};
use crate::search::scenes::BENIGN;
use crate::search::vocabulary::{TARGETS, is_critical};

/// A loss of one, in hundredths.
const ALL: u64 = 100;
/// What a cell can lose, in billionths.
const BILLION: u64 = 1_000_000_000;
/// The best that a policy gets if one of the hardest actions runs unattended, in tenths.
const CAP: u16 = 799;

/// The effects that are rated, the reading of secrets among them, and their weights.
const RATED: [(Effect, u64); 9] = [
    (Effect::Delete, 5),
    (Effect::Execute, 5),
    (Effect::Pay, 5),
    (Effect::Privilege, 5),
    (Effect::Exfiltrate, 4),
    (Effect::Deploy, 3),
    (Effect::Send, 3),
    (Effect::Read, 3),
    (Effect::Write, 2),
];

/// How robust a policy is, and what that was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Tenths of a point, 0 to 1000.
    tenths: u16,
    /// Whether it would be higher, were it not that one of the hardest actions runs unattended.
    pub capped: bool,
    /// One of those actions, if there is one: name and target.
    pub unattended: Option<(String, String)>,
    /// What the policy costs those who only read.
    pub friction: Friction,
    /// What each effect loses on each class of targets.
    pub cells: Vec<Cell>,
    /// The version of the set of names.
    pub reference: &'static str,
    /// How many names the set has.
    pub names: usize,
}

/// How many harmless actions have to wait for a person, or are refused. It is shown beside the score
/// and never part of it: blocking everything is safe and useless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Friction {
    /// Published tools that only read and do not run unattended.
    pub held: u32,
    /// Published tools that only read.
    pub of: u32,
}

/// An effect on a class of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The effect; `read` is the reading of secrets.
    pub effect: &'static str,
    /// The class of targets.
    pub target: &'static str,
    /// How much it weighs.
    pub weight: u64,
    /// What it loses, in thousandths, rounded down.
    pub loss: u16,
    /// Whether it is among the hardest to take back.
    pub hard: bool,
}

impl Score {
    /// The score, 0 to 100, with one decimal, rounded down.
    #[must_use]
    pub fn value(&self) -> f64 {
        f64::from(self.tenths) / 10.0
    }

    /// The score in tenths of a point, for exact comparison.
    #[must_use]
    pub fn tenths(&self) -> u16 {
        self.tenths
    }

    /// Rates the decisions about the reference set.
    pub(crate) fn of(board: &Board<'_>) -> Self {
        let mut cells = Vec::new();
        let (mut weights, mut lost) = (0, 0);
        let mut unattended = None;
        for (effect, by_effect) in RATED {
            let rated = Rated::new(board, effect);
            for (class, target) in TARGETS.iter().enumerate() {
                if effect == Effect::Read && !target.is_secret() {
                    continue;
                }
                let hard = is_critical(effect) && target.is_hard();
                let weight = by_effect * if target.is_hard() { 3 } else { 2 };
                let loss = rated.loss(class, hard);
                weights += weight;
                lost += weight * loss;
                if hard && unattended.is_none() {
                    unattended = rated.unattended(class);
                }
                cells.push(Cell {
                    effect: effect.as_str(),
                    target: target.name,
                    weight,
                    loss: u16::try_from(loss / 1_000_000).unwrap_or(1000),
                    hard,
                });
            }
        }
        let left = (weights * BILLION).saturating_sub(lost);
        let raw = u16::try_from(1000 * left / (weights * BILLION).max(1)).unwrap_or(1000);
        let (automatic, all) = board.reads();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            tenths: if unattended.is_some() {
                raw.min(CAP)
            } else {
                raw
            },
            capped: unattended.is_some() && raw > CAP,
            unattended,
            friction: Friction {
                held: count(all - automatic.len()),
                of: count(all),
            },
            cells,
            reference: reference::VERSION,
            names: reference::entries().len(),
        }
    }
}

/// The names of one effect: which group, how they weigh together.
struct Rated<'b, 'p> {
    board: &'b Board<'p>,
    groups: Vec<(usize, u64)>,
    secret: bool,
}

impl<'b, 'p> Rated<'b, 'p> {
    fn new(board: &'b Board<'p>, effect: Effect) -> Self {
        let secret = effect == Effect::Read;
        let counts = |entry: &&&Entry| !secret || entry.secret;
        let groups = board.groups.iter().enumerate();
        let groups = groups.filter(|(_, group)| group.effect == effect);
        let groups = groups.map(|(at, group)| {
            let members = group.members.iter().filter(counts);
            (at, members.map(|entry| entry.form.weight()).sum())
        });
        Self {
            board,
            groups: groups.filter(|(_, weight)| *weight > 0).collect(),
            secret,
        }
    }

    /// What the effect loses on a class of targets, in billionths.
    fn loss(&self, class: usize, hard: bool) -> u64 {
        let (mut lost, mut all) = (0, 0);
        for target in self.board.targets.iter().filter(|t| t.class == class) {
            for &(group, weight) in &self.groups {
                if let Some(outcome) = self.board.outcome(group, target) {
                    lost += weight * loss(outcome, hard);
                }
                all += weight * ALL;
            }
        }
        lost * BILLION / all.max(1)
    }

    /// A plain name that runs unattended on a class of targets.
    fn unattended(&self, class: usize) -> Option<(String, String)> {
        let targets = self.board.targets.iter().filter(|t| t.class == class);
        for target in targets {
            for &(at, _) in &self.groups {
                let outcome = self.board.outcome(at, target)?;
                let group = self.board.groups.get(at)?;
                let mut plain = group.members.iter().filter(|entry| entry.form.is_plain());
                if loss(outcome, true) == ALL
                    && let Some(entry) = plain.find(|entry| !self.secret || entry.secret)
                {
                    return Some((entry.name.to_owned(), target.name.to_owned()));
                }
            }
        }
        None
    }
}

/// What an action loses, in hundredths.
fn loss(outcome: &Outcome, hard: bool) -> u64 {
    let one = |(scene, decision): (usize, &Decision)| match decision.approval {
        Approval::Auto if scene == BENIGN => 30,
        Approval::Auto => ALL,
        Approval::Approve if hard => 15,
        Approval::Approve | Approval::Block => 0,
    };
    outcome.iter().enumerate().map(one).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
