//! Who decides what at one instance: a column of rules cuts the contexts into regions.

use aegis_policy::model::{Approval, Risk};

use super::boxes::{self, Box};
use super::space::Space;
use super::world::{View, World};

/// A region of contexts and who decides there.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The contexts.
    pub(super) region: Box,
    /// The rule, by its number in the world; the defaults if none.
    pub(super) by: Option<usize>,
    /// An earlier rule would have decided had the effect been known.
    pub(super) unsettled: bool,
}

/// What a rule does to the regions of a space.
#[derive(Debug)]
pub(super) struct Cut {
    /// The rule, by its number in the world.
    rule: usize,
    /// Where it decides.
    takes: Box,
    /// Where it would if the effect were known.
    unsettles: Option<Box>,
}

/// What comes out, whoever decided it.
pub(super) type Outcome = (Approval, Risk);

/// Names and what the engine makes of their spelling.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelled<'a> {
    pub(super) names: [&'a str; 3],
    deceptive: bool,
}

impl<'a> Spelled<'a> {
    /// These names.
    pub(super) fn new(names: &'a [String; 3]) -> Self {
        let [kind, target, agent] = names;
        Self {
            names: [kind, target, agent],
            deceptive: aegis_policy::name::Name::new(target).is_deceptive(),
        }
    }
}

impl World<'_> {
    /// What the rules of a column do to the regions of a space. `None` if there are too many.
    pub(super) fn cuts(&self, space: &Space, column: &[usize]) -> Option<Vec<Cut>> {
        self.steps.column(column.len())?;
        self.steps.spend(column.len() * space.axes.len())?;
        let cut = |rule: &usize| {
            let view = self.rules.get(*rule)?;
            Some(Cut {
                rule: *rule,
                takes: space.takes(view),
                unsettles: view.unsettles().then(|| space.unsettled(view)),
            })
        };
        Some(column.iter().filter_map(cut).collect())
    }

    /// Cuts regions by who decides; `skip` is left out. `None` if there are too many pieces.
    pub(super) fn partition(
        &self,
        cuts: &[Cut],
        skip: Option<usize>,
        start: Vec<Part>,
    ) -> Option<Vec<Part>> {
        let mut open = start;
        let mut out = Vec::new();
        for cut in cuts.iter().filter(|cut| Some(cut.rule) != skip) {
            let Cut {
                rule,
                takes,
                unsettles,
            } = cut;
            let before = open.len();
            self.steps.spend(before * takes.len())?;
            let mut next: Vec<Part> = Vec::with_capacity(open.len());
            for part in open {
                if let Some(region) = boxes::meet(&part.region, takes) {
                    let by = Some(*rule);
                    out.push(Part { region, by, ..part });
                }
                let mut left = Vec::new();
                boxes::subtract(&part.region, takes, &mut left);
                for region in left {
                    let unsettled = match &unsettles {
                        Some(unsettles) if !part.unsettled => unsettles,
                        _ => {
                            next.push(Part { region, ..part });
                            continue;
                        }
                    };
                    if let Some(inside) = boxes::meet(&region, unsettled) {
                        next.push(Part {
                            region: inside,
                            by: None,
                            unsettled: true,
                        });
                    }
                    let mut outside = Vec::new();
                    boxes::subtract(&region, unsettled, &mut outside);
                    next.extend(outside.into_iter().map(|region| Part { region, ..part }));
                }
            }
            self.steps
                .spend(next.len().saturating_sub(before) * takes.len())?;
            open = next;
            self.steps.pieces(open.len() + out.len())?;
        }
        out.extend(open);
        Some(out)
    }

    /// What comes out where this decides.
    pub(super) fn outcome(&self, policy: usize, part: &Part, spelled: &Spelled<'_>) -> Outcome {
        let rule = part.by.and_then(|id| self.rules.get(id));
        let (approval, risk) = match rule {
            Some(rule) => (rule.approval, rule.risk),
            None => self.default_outcome(policy),
        };
        let foreign = |field: usize| {
            let name = spelled.names.get(field).copied().unwrap_or_default();
            !name.is_ascii() && !rule.is_some_and(|rule| self.spells(rule, field, name))
        };
        let raised = part.unsettled || spelled.deceptive || foreign(0) || foreign(2);
        match approval {
            Approval::Auto if raised => (Approval::Approve, risk),
            approval => (approval, risk),
        }
    }

    /// What the defaults say.
    pub(super) fn default_outcome(&self, policy: usize) -> Outcome {
        match self.policies.get(policy) {
            Some(policy) => {
                let defaults = policy.checked().defaults();
                (defaults.approval.value, defaults.risk.value)
            }
            None => (Approval::Approve, Risk::Medium),
        }
    }

    /// Whether a rule matches a name through a pattern that spells characters beyond ASCII.
    fn spells(&self, rule: &View, field: usize, name: &str) -> bool {
        let patterns = rule.patterns.get(field).into_iter().flatten();
        let alternatives = patterns.filter_map(|p| self.alternative(field, p.alternative));
        alternatives
            .filter(|a| !a.is_ascii())
            .any(|a| a.matches(name))
    }

    /// Instances with the same filled beyond ASCII in type, agent or both, if that can matter.
    pub(super) fn with_foreign(&self, names: Vec<[String; 3]>) -> Vec<[String; 3]> {
        if !self.spells_anything {
            return names;
        }
        let mut out = Vec::with_capacity(names.len() * 2);
        for names in names {
            let kinds = [Some(names[0].clone()), self.foreign(0, &names[0])];
            let agents = [Some(names[2].clone()), self.foreign(2, &names[2])];
            for kind in kinds.iter().flatten() {
                for agent in agents.iter().flatten() {
                    out.push([kind.clone(), names[1].clone(), agent.clone()]);
                }
            }
        }
        out
    }
}
