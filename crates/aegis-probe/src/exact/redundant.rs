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
        self.steps.ask();
        let [kinds, targets, agents] = &view.patterns;
        let (own, mut all) = self.instances([kinds, targets, agents]);
        let until = self.covered_from(rule, &own);
        match self.same_without(rule, own) {
            Removal::Same => {}
            Removal::Different => return Removal::Different,
            Removal::Unknown => all = false,
        }
        let between = self.rules.iter().take(until).skip(rule + 1);
        for later in between.filter(|later| later.policy == view.policy) {
            if !self.differ(view, later) || !self.near(view, later) {
                continue;
            }
            let left = self.pairs_left.get();
            if left == 0 {
                return Removal::Unknown;
            }
            self.pairs_left.set(left - 1);
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

    /// The rule from which on no later one can come to decide what this one does: without it, one
    /// that takes everything decides no later than there.
    fn covered_from(&self, rule: usize, own: &[[String; 3]]) -> usize {
        let policy = self.rules.get(rule).map_or(0, |view| view.policy);
        let covers = own.iter().map(|names| {
            let refs = [names[0].as_str(), &names[1], &names[2]];
            let matching = self.matching(policy, &refs).into_iter();
            let mut later = matching
                .map(|number| self.id(policy, number))
                .filter(|id| *id > rule);
            later.find(|id| self.rules.get(*id).is_some_and(View::is_plain))
        });
        let last = covers.map(|id| id.map_or(usize::MAX, |id| id + 1)).max();
        last.unwrap_or(usize::MAX)
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
        let Some(cuts) = self.cuts(&space, &column) else {
            return Removal::Unknown;
        };
        let Some(with) = self.partition(&cuts, None, start) else {
            return Removal::Unknown;
        };
        for before in with {
            let again = vec![part(before.region.clone())];
            let Some(without) = self.partition(&cuts, Some(rule), again) else {
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
