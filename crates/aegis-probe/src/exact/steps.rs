//! What the exact analysis may spend. Steps are counted, never time, so that the answer does not
//! depend on the machine.

use std::cell::Cell;

/// Steps that one question may take for each piece that a region may be cut into.
const QUESTION: u64 = 256;

/// Steps that all questions may take together, counted the same way.
const ALL: u64 = 8_192;

/// Rules with conditions in one column that are told apart.
const MOST_CONDITIONAL: usize = 64;

/// What is left to spend. A step is a look at one variable of one region.
#[derive(Debug)]
pub(super) struct Steps {
    /// Pieces that a region may be cut into.
    pieces: usize,
    /// Left for the question that is asked.
    question: Cell<u64>,
    /// Left for all that are asked after it as well.
    all: Cell<u64>,
    /// Whether something was too much since that was last asked.
    over: Cell<bool>,
}

impl Steps {
    /// As many as go with this number of pieces.
    pub(super) fn new(pieces: usize) -> Self {
        let piece = u64::try_from(pieces).unwrap_or(u64::MAX);
        Self {
            pieces,
            question: Cell::new(piece.saturating_mul(QUESTION)),
            all: Cell::new(piece.saturating_mul(ALL)),
            over: Cell::new(false),
        }
    }

    /// Begins a question: it has its own share.
    pub(super) fn ask(&self) {
        let piece = u64::try_from(self.pieces).unwrap_or(u64::MAX);
        let share = piece.saturating_mul(QUESTION).min(self.all.get());
        self.question.set(share);
    }

    /// Takes steps; `None` if there are not that many left.
    pub(super) fn spend(&self, steps: usize) -> Option<()> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.all.set(self.all.get().saturating_sub(steps));
        match self.question.get().checked_sub(steps) {
            Some(left) => {
                self.question.set(left);
                Some(())
            }
            None => {
                self.question.set(0);
                self.too_much()
            }
        }
    }

    /// Whether a region may be cut into this many pieces.
    pub(super) fn pieces(&self, pieces: usize) -> Option<()> {
        match pieces > self.pieces {
            true => self.too_much(),
            false => Some(()),
        }
    }

    /// Whether a column may have this many rules with conditions.
    pub(super) fn column(&self, rules: usize) -> Option<()> {
        match rules > MOST_CONDITIONAL {
            true => self.too_much(),
            false => Some(()),
        }
    }

    /// Whether something was too much since this was last asked.
    pub(super) fn were_exceeded(&self) -> bool {
        self.over.take()
    }

    fn too_much(&self) -> Option<()> {
        self.over.set(true);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_has_its_share_and_all_have_theirs() {
        let steps = Steps::new(1);
        steps.ask();
        assert_eq!(steps.spend(256), Some(()));
        assert!(!steps.were_exceeded());
        assert_eq!(steps.spend(1), None);
        assert!(steps.were_exceeded() && !steps.were_exceeded());
        for _ in 0..30 {
            steps.ask();
            assert_eq!(steps.spend(256), Some(()));
        }
        steps.ask();
        assert_eq!(steps.spend(256), None, "the one step too many counted");
        assert_eq!(steps.pieces(1).and(steps.column(64)), Some(()));
        assert_eq!(steps.pieces(2).or(steps.column(65)), None);
    }
}
