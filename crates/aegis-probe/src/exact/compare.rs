//! Where two policies decide differently.
//!
//! Every action is decided by one rule, or the defaults, of either policy. For each such pair that
//! can come about, the instances of what the two have in common stand for all names, and there the
//! columns of both policies are laid over each other.

use std::collections::BTreeMap;

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::{Decider, Decision};
use aegis_policy::policy::Policy;
use rustc_hash::FxHashSet;

use super::boxes;
use super::reach::{renamed, rule_number};
use super::regions::{Outcome, Part, Spelled};
use super::world::{View, World};
use crate::Options;

/// Pairs of rules that are looked at.
const MOST_PAIRS: usize = 200_000;

/// Regions that are handed over.
const MOST_REGIONS: usize = 10_000;

/// A region in which two policies decide differently: one for each pair of deciders and outcomes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Region {
    /// What the old policy decides about the witness, and who.
    pub(crate) old: Decision,
    /// What the new policy decides, and who.
    pub(crate) new: Decision,
    /// An action in it.
    pub(crate) witness: (Action, Moment),
}

/// How two policies differ.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changes {
    /// Where, in the order of the rules of the old policy; each decided by the engine.
    pub(crate) regions: Vec<Region>,
    /// Whether the budget sufficed. If it did and nothing is `unshown`, the regions are all.
    pub(crate) complete: bool,
    /// Further differences that may come about, as what is decided before and after. No action was
    /// found that shows one, as where a name would have to have no known effect.
    pub(crate) unshown: Vec<(Outcome, Outcome)>,
}

impl Changes {
    /// Whether it is proved that the regions are everything in which a decision gets weaker.
    pub(crate) fn weaker_are_known(&self) -> bool {
        let weaker = |((was, _), (is, _)): &(Outcome, Outcome)| is < was;
        self.complete && !self.unshown.iter().any(weaker)
    }
}

/// Who decides before and after, and what comes out.
type Key = (Option<usize>, Option<usize>, Outcome, Outcome);

/// Finds every region in which two policies decide differently.
pub(crate) fn compare(old: &Policy, new: &Policy, options: &Options) -> Changes {
    let world = World::new(&[old, new], options.box_budget);
    let mut comparison = Comparison {
        split: old.checked().rules().len(),
        old,
        new,
        world: &world,
        regions: BTreeMap::new(),
        tried: FxHashSet::default(),
        unshown: FxHashSet::default(),
        complete: true,
    };
    comparison.go();
    comparison
        .unshown
        .retain(|key| !comparison.regions.contains_key(key));
    let mut unshown: Vec<(Outcome, Outcome)> = comparison
        .unshown
        .iter()
        .map(|(_, _, was, is)| (*was, *is))
        .collect();
    unshown.sort_unstable();
    unshown.dedup();
    Changes {
        complete: comparison.complete,
        unshown,
        regions: comparison.regions.into_values().collect(),
    }
}

struct Comparison<'w, 'p> {
    old: &'p Policy,
    new: &'p Policy,
    world: &'w World<'p>,
    /// The first rule of the new policy.
    split: usize,
    regions: BTreeMap<Key, Region>,
    /// Names that were asked about.
    tried: FxHashSet<[String; 3]>,
    /// Differences without a witness so far.
    unshown: FxHashSet<Key>,
    complete: bool,
}

/// For each rule of one policy where the same rule stands in the other, if it does.
fn twins(world: &World<'_>, split: usize) -> (Vec<Option<usize>>, Vec<Option<usize>>) {
    let mut forward = vec![None; split];
    let mut back = vec![None; world.rules.len().saturating_sub(split)];
    let mut known: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let key = |rule: &View| {
        let mut patterns = rule
            .patterns
            .clone()
            .map(|list| list.into_iter().map(|p| p.alternative).collect::<Vec<_>>());
        patterns.iter_mut().for_each(|list| list.sort_unstable());
        format!(
            "{patterns:?}{}{:?}{:?}{:?}",
            rule.effects, rule.approval, rule.risk, rule.tests
        )
    };
    for (at, rule) in world.rules.iter().skip(split).enumerate().rev() {
        known.entry(key(rule)).or_default().push(at);
    }
    for (at, rule) in world.rules.iter().take(split).enumerate() {
        let twin = known.get_mut(&key(rule)).and_then(Vec::pop);
        if let (Some(twin), Some(slot)) = (twin, forward.get_mut(at)) {
            *slot = Some(twin);
            if let Some(slot) = back.get_mut(twin) {
                *slot = Some(at);
            }
        }
    }
    (forward, back)
}

impl Comparison<'_, '_> {
    fn go(&mut self) {
        let world = self.world;
        let (forward, back) = twins(world, self.split);
        let defaults = [0, 1].map(|policy| world.default_outcome(policy));
        let moved = |n: usize, twin: &Option<usize>| *twin != Some(n);
        let same = forward.iter().enumerate().all(|(n, twin)| !moved(n, twin))
            && forward.len() == back.len();
        if same && defaults[0] == defaults[1] {
            return;
        }
        let (anything, complete) = world.anything();
        self.complete &= complete;
        self.at(anything);
        for rule in &world.rules {
            let (names, complete) = {
                let [kinds, targets, agents] = &rule.patterns;
                world.instances([kinds, targets, agents])
            };
            // Against the defaults only a rule that the other policy does not have in the same
            // place comes about.
            let twin = match rule.policy {
                0 => forward.get(rule.number).copied().flatten(),
                _ => back.get(rule.number).copied().flatten(),
            };
            if twin.is_none() {
                self.complete &= complete;
                self.at(names);
            }
        }
        let mut pairs = 0;
        for (i, a) in world.rules.iter().take(self.split).enumerate() {
            let i_new = forward.get(i).copied().flatten();
            for (j, b) in world.rules.iter().skip(self.split).enumerate() {
                // A rule that stands in both policies decides in both what it comes to.
                let j_old = back.get(j).copied().flatten();
                let possible = i_new.is_none_or(|at| at > j) && j_old.is_none_or(|at| at > i);
                if !possible || !world.differ(a, b) || !world.near(a, b) {
                    continue;
                }
                pairs += 1;
                if pairs > MOST_PAIRS || self.regions.len() > MOST_REGIONS {
                    self.complete = false;
                    return;
                }
                let (names, complete) = world.common(a, b);
                self.complete &= complete;
                self.at(names);
            }
        }
    }

    /// Lays the columns at these names over each other.
    fn at(&mut self, names: Vec<[String; 3]>) {
        for names in self.world.with_foreign(names) {
            if self.tried.insert(names.clone()) && self.overlay(&names).is_none() {
                self.complete = false;
            }
        }
    }

    fn overlay(&mut self, names: &[String; 3]) -> Option<()> {
        let world = self.world;
        let refs = [names[0].as_str(), &names[1], &names[2]];
        let (before, _) = world.column(0, &refs);
        let (after, _) = world.column(1, &refs);
        world.steps.ask();
        let both: Vec<usize> = before.iter().chain(&after).copied().collect();
        let space = world.space(&both);
        let part = |region| Part {
            region,
            by: None,
            unsettled: false,
        };
        let spelled = Spelled::new(names);
        let before = world.cuts(&space, &before)?;
        let after = world.cuts(&space, &after)?;
        for old in world.partition(&before, None, vec![part(space.whole())])? {
            let was = world.outcome(0, &old, &spelled);
            let again = vec![part(old.region.clone())];
            for new in world.partition(&after, None, again)? {
                let is = world.outcome(1, &new, &spelled);
                let key = (old.by, new.by, was, is);
                if was == is || self.regions.contains_key(&key) || boxes::is_empty(&new.region) {
                    continue;
                }
                match self.witness(names, &space, &new.region, &key) {
                    Some(region) => {
                        self.regions.insert(key, region);
                    }
                    None => {
                        self.unshown.insert(key);
                    }
                }
            }
        }
        space.is_whole().then_some(())
    }

    fn witness(
        &self,
        names: &[String; 3],
        space: &super::space::Space,
        region: &boxes::Box,
        (old_by, new_by, was, is): &Key,
    ) -> Option<Region> {
        let world = self.world;
        let refs = [names[0].as_str(), &names[1], &names[2]];
        let decider = |by: &Option<usize>| match by.and_then(|id| world.rules.get(id)) {
            Some(rule) => Decider::Rule(rule_number(rule.number)),
            None => Decider::Default,
        };
        let (old_by, new_by) = (decider(old_by), decider(new_by));
        let decided = |action: &Action, at: Moment| {
            let (old, new) = (self.old.decide(action, at), self.new.decide(action, at));
            let fits = (old.by, new.by) == (old_by, new_by)
                && (old.approval, old.risk) == *was
                && (new.approval, new.risk) == *is;
            fits.then_some((old, new))
        };
        for (action, at) in world.actions(0, refs, space, region) {
            if decided(&action, at).is_none() {
                continue;
            }
            let best = world.readable(names, &mut |names| {
                decided(&renamed(&action, names), at).is_some()
            });
            let action = renamed(&action, &best);
            let (old, new) = decided(&action, at)?;
            return Some(Region {
                old,
                new,
                witness: (action, at),
            });
        }
        None
    }
}
