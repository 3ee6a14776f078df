//! Policies of an organisation, a team and an agent, decided together.
//!
//! Every layer decides by itself, and the most restrictive of these decisions is the decision, as a
//! whole: a layer never takes the approval from one and the risk from another. So no layer can
//! loosen what another one holds.

use crate::action::Action;
use crate::clock::Moment;
use crate::conflicts::{Conflict, conflicts};
use crate::decision::Decision;
use crate::model::{Approval, Checked, Risk};
use crate::policy::Policy;

/// A hierarchy of policies; at least one.
#[derive(Debug)]
pub struct Layers {
    first: Box<Layer>,
    more: Vec<Layer>,
}

/// A policy and what it is called in the hierarchy.
#[derive(Debug)]
pub struct Layer {
    /// Such as `org`, `team` or `agent`.
    pub name: Box<str>,
    /// Its policy.
    pub policy: Policy,
}

/// A decision and the layer that took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayeredDecision {
    /// The most restrictive decision of all layers.
    pub decision: Decision,
    /// The 0-based number of the layer that took it; the first of several that are equally strict.
    pub layer: usize,
}

impl Layers {
    /// A hierarchy of one layer, the most general one.
    #[must_use]
    pub fn new(name: impl Into<Box<str>>, policy: Policy) -> Self {
        let name = name.into();
        Self {
            first: Box::new(Layer { name, policy }),
            more: Vec::new(),
        }
    }

    /// Adds a layer below the others.
    #[must_use]
    pub fn with(mut self, name: impl Into<Box<str>>, policy: Policy) -> Self {
        let name = name.into();
        self.more.push(Layer { name, policy });
        self
    }

    /// The layers, the most general one first.
    pub fn iter(&self) -> impl Iterator<Item = &Layer> {
        std::iter::once(&*self.first).chain(&self.more)
    }

    /// The layer with a 0-based number.
    #[must_use]
    pub fn get(&self, layer: usize) -> Option<&Layer> {
        match layer.checked_sub(1) {
            None => Some(&self.first),
            Some(below) => self.more.get(below),
        }
    }

    /// What is to happen with an action, and which layer says so. Approvals are compared first,
    /// then risks.
    #[must_use]
    pub fn decide(&self, action: &Action, at: Moment) -> LayeredDecision {
        let mut strictest = LayeredDecision {
            decision: self.first.policy.decide(action, at),
            layer: 0,
        };
        for (layer, below) in self.more.iter().enumerate() {
            let decision = below.policy.decide(action, at);
            if strictness(&decision) > strictness(&strictest.decision) {
                strictest = LayeredDecision {
                    decision,
                    layer: layer + 1,
                };
            }
        }
        strictest
    }

    /// Where rules of two layers speak of the same action and want different things. The numbers of
    /// the policies are those of the layers.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict<'_>> {
        let checked: Vec<&Checked> = self.iter().map(|l| l.policy.checked()).collect();
        conflicts(&checked)
    }
}

fn strictness(decision: &Decision) -> (Approval, Risk) {
    (decision.approval, decision.risk)
}
