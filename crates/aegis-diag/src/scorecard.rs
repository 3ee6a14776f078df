//! The score of a program and its policy, with everything it was computed from.

use serde::Serialize;

/// A score or a part of one in tenths of a point: 0 to 1000.
pub type Tenths = u16;

/// The Governance Score of a program and its policy. Computed by `aegis-gate`; every input, weight
/// and denominator is here, so that a reader can compute it again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scorecard {
    /// Name and version of the formula, such as `aegis-score/1`.
    pub formula: &'static str,
    /// The score; `None` if there is nothing to govern.
    pub score: Option<Tenths>,
    /// Why the score was held down, if it was.
    pub cap: Option<ScoreCap>,
    /// The parts, in the order of their weight.
    pub parts: Vec<ScorePart>,
    /// What would raise the score at the least cost, best first; at most three.
    pub gains: Vec<ScoreGain>,
    /// What is said about the run in one line each, in order: a heading such as `Governed calls`
    /// and a text such as `21/25 (84%)`.
    pub facts: Vec<(String, String)>,
}

impl Scorecard {
    /// The score in whole points, rounded down so that 100 means all of it.
    #[must_use]
    pub fn points(&self) -> Option<u16> {
        self.score.map(|tenths| tenths / 10)
    }
}

/// A ceiling that took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScoreCap {
    /// The score cannot be above this.
    pub at: Tenths,
    /// Why: `a critical finding is open: AEG201 at policy.yaml:3`.
    pub because: String,
}

/// One weighted part of the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScorePart {
    /// A stable word, such as `coverage`.
    pub id: &'static str,
    /// What it is called in reports.
    pub title: &'static str,
    /// Its weight in percent; those of all parts add up to 100.
    pub weight: u16,
    /// How much of it is reached.
    pub score: Tenths,
    /// What it was computed from.
    pub inputs: Vec<ScoreInput>,
}

/// One input of a part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreInput {
    /// A stable word, such as `agent_exec`.
    pub id: String,
    /// What it is called in reports.
    pub title: String,
    /// How much one unit of it counts within its part.
    pub weight: f64,
    /// How many units are reached; a partly governed call is half a one.
    pub got: f64,
    /// How many units there are: the denominator.
    pub of: f64,
    /// Anything a reader should know, such as where it was found.
    pub note: Option<String>,
}

/// A way to raise the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreGain {
    /// By how much the score rises if only this is done.
    pub gain: Tenths,
    /// What to do, as an order: `govern the shell tool at src/tools.py:12`.
    pub action: String,
    /// The page or command that helps, if there is one.
    pub help: Option<String>,
}
