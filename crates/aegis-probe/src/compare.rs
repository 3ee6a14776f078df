//! Two policies held against each other, and what a policy stops.

use std::collections::BTreeMap;

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::{Decider, Decision};
use aegis_policy::model::Approval;
use aegis_policy::policy::Policy;

use crate::exact::{self, Exact, Reach};
use crate::search::reference;
use crate::search::scenes::{self, SCENES};
use crate::search::vocabulary::TARGETS;
use crate::{Input, Options};

/// What two policies decide differently.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// One action for each pair of decisions and deciders that differ.
    pub(crate) changes: Vec<Change>,
    /// What could not be compared within the budget; if there is nothing, `changes` is all.
    pub(crate) unknown: Vec<String>,
    /// Whether `changes` has everything that gets weaker, whatever else is unknown.
    pub(crate) weaker_are_known: bool,
}

/// An action that is decided differently.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) action: Action,
    pub(crate) at: Moment,
    pub(crate) old: Decision,
    pub(crate) new: Decision,
}

/// Everything that two policies decide differently.
pub(crate) fn compare(old: &Policy, new: &Policy, options: &Options) -> Comparison {
    let changes = exact::compare(old, new, options);
    let weaker_are_known = changes.weaker_are_known();
    let unshown = changes.unshown.iter().map(|((was, _), (is, _))| {
        format!("whether some action goes from `{was}` to `{is}`: none was found that does, and it is not proved that none is there")
    });
    let mut unknown: Vec<String> = unshown.collect();
    unknown.dedup();
    if !changes.complete {
        let message =
            "some actions, because comparing them takes more steps than the budget allows";
        unknown.push(message.to_owned());
    }
    let changed = changes.regions.into_iter().map(|region| Change {
        action: region.witness.0,
        at: region.witness.1,
        old: region.old,
        new: region.new,
    });
    Comparison {
        changes: changed.collect(),
        unknown,
        weaker_are_known,
    }
}

/// How many actions of a rule are guarded.
const GUARDS: usize = 4;

/// For each rule that restricts, actions that it decides: with names of the reference set, and one
/// made from its patterns.
pub(crate) fn guards(input: &Input<'_>, options: &Options) -> Vec<(Action, Moment)> {
    let policy = input.policy;
    let mut found: BTreeMap<u32, Vec<(Action, Moment)>> = BTreeMap::new();
    let scenes = scenes::all(policy.zone());
    let targets =
        std::iter::once("").chain(TARGETS.iter().filter_map(|of| of.names.first().copied()));
    for target in targets {
        for entry in reference::entries()
            .iter()
            .filter(|entry| entry.form.is_plain())
        {
            let action = Action::new(entry.name).target(target);
            for scene in scenes.iter().take(SCENES) {
                let action = scene
                    .params
                    .iter()
                    .fold(action.clone(), |a, (n, v)| a.param(n.as_str(), v.clone()));
                let decision = policy.decide(&action, scene.at);
                let Decider::Rule(number) = decision.by else {
                    continue;
                };
                if decision.approval == Approval::Auto {
                    continue;
                }
                let of_rule = found.entry(number).or_default();
                if of_rule.len() < GUARDS {
                    of_rule.push((action, scene.at));
                }
            }
        }
    }
    let exact = Exact::new(policy, options);
    let own = policy.checked().rules().iter().enumerate();
    let own = own.filter(|(_, rule)| rule.approval.value != Approval::Auto);
    let own = own.filter_map(|(number, _)| match exact.reachable(number) {
        Reach::Live(action, at) => Some((action, at)),
        Reach::Given(..) | Reach::Dead { .. } | Reach::Unknown => None,
    });
    own.chain(found.into_values().flatten()).collect()
}
