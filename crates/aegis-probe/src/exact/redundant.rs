//! Rules without which every action is decided the same.
//!
//! A rule that looks idle at its own instances may still shield a later rule: it is also asked
//! about at the instances of what it has in common with each of them.

use super::Exact;
use super::regions::{Part, Spelled};
use super::world::{View, World};

/// What becomes of a policy without one of its rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// No decision changes.
    Same,
    /// Some do.
    Different,
    /// That could not be found out within the budget.
    Unknown,
}

impl Exact<'_> {
    /// Whether decisions change without a rule.
    pub(crate) fn removal(&self, rule: usize) -> Removal {
        self.world.removal(rule)
    }
}

impl World<'_> {
    /// Whether decisions change without a rule.
    pub(super) fn removal(&self, rule: usize) -> Removal {
        let Some(view) = self.rules.get(rule) else {
            return Removal::Same;
        };
        let [kinds, targets, agents] = &view.patterns;
        let (own, mut all) = self.instances([kinds, targets, agents]);
        match self.same_without(rule, own) {
            Removal::Same => {}
            Removal::Different => return Removal::Different,
            Removal::Unknown => all = false,
        }
        for later in self.rules.iter().skip(rule + 1) {
            if later.policy != view.policy || !self.differ(view, later) || !self.near(view, later) {
                continue;
            }
            let (names, complete) = self.common(view, later);
            all &= complete;
            match self.same_without(rule, names) {
                Removal::Same => {}
                Removal::Different => return Removal::Different,
                Removal::Unknown => all = false,
            }
        }
        if all { Removal::Same } else { Removal::Unknown }
    }

    /// Whether two rules can decide differently.
    pub(super) fn differ(&self, a: &View, b: &View) -> bool {
        use aegis_policy::model::Approval;
        let spelled = a.approval == Approval::Auto && self.spells_anything;
        (a.approval, a.risk) != (b.approval, b.risk) || spelled || a.unsettles()
    }

    fn same_without(&self, rule: usize, names: Vec<[String; 3]>) -> Removal {
        let mut all = true;
        for names in self.with_foreign(names) {
            match self.same_at(rule, &names) {
                Removal::Same => {}
                Removal::Different => return Removal::Different,
                Removal::Unknown => all = false,
            }
        }
        if all { Removal::Same } else { Removal::Unknown }
    }

    fn same_at(&self, rule: usize, names: &[String; 3]) -> Removal {
        let Some(view) = self.rules.get(rule) else {
            return Removal::Same;
        };
        let refs = [names[0].as_str(), &names[1], &names[2]];
        // The whole column below the rule, should the rule end it.
        let matching = self.matching(view.policy, &refs);
        let mut column = Vec::new();
        for number in matching {
            let id = self.id(view.policy, number);
            column.push(id);
            let plain = self.rules.get(id).is_some_and(View::is_plain);
            if plain && id < rule {
                return Removal::Same;
            }
            if plain && id != rule {
                break;
            }
        }
        let spelled = Spelled::new(names);
        let plain = |id: &usize| self.rules.get(*id).is_some_and(View::is_plain);
        if column.iter().all(plain) {
            // Without conditions it is the next rule that decides.
            let outcome = |by: Option<usize>| {
                let part = Part {
                    region: super::boxes::Box::new(),
                    by,
                    unsettled: false,
                };
                self.outcome(view.policy, &part, &spelled)
            };
            let next = column.iter().copied().find(|id| *id > rule);
            return match outcome(Some(rule)) == outcome(next) {
                true => Removal::Same,
                false => Removal::Different,
            };
        }
        if column.len() > super::reach::MOST_CONDITIONAL {
            return Removal::Unknown;
        }
        let space = self.space(&column);
        let part = |region| Part {
            region,
            by: None,
            unsettled: false,
        };
        let mut start = vec![part(space.may(view))];
        if view.unsettles() {
            start.push(part(space.unsettled(view)));
        }
        start.retain(|part| !super::boxes::is_empty(&part.region));
        let Some(with) = self.partition(&space, &column, None, start) else {
            return Removal::Unknown;
        };
        for before in with {
            let again = vec![part(before.region.clone())];
            let Some(without) = self.partition(&space, &column, Some(rule), again) else {
                return Removal::Unknown;
            };
            let outcome = self.outcome(view.policy, &before, &spelled);
            for after in without {
                if self.outcome(view.policy, &after, &spelled) != outcome {
                    return Removal::Different;
                }
            }
        }
        if space.is_whole() {
            Removal::Same
        } else {
            Removal::Unknown
        }
    }
}
