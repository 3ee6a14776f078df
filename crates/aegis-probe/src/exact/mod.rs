//! What can be known about a policy for every action there is.
//!
//! Names and contexts part: a rule's patterns are asked about with the few *instances* that stand
//! for all names they match ([`words`]), and at an instance only the contexts are left, which are
//! boxes over independent variables ([`space`], [`boxes`]). What each condition says of a context
//! is asked from the engine ([`cells`]). Every claim that something can happen is shown by an
//! action that the engine decided; every claim that it cannot is a cover without a gap; what needs
//! more than the budget is unknown.

mod agents;
mod alphabet;
mod analyse;
mod boxes;
mod cells;
mod compare;
mod gaps;
mod merge;
mod numbers;
mod overlap;
mod pairs;
mod reach;
mod redundant;
mod regions;
mod shadow;
mod space;
mod steps;
mod texts;
mod time;
mod witness;
mod words;
mod world;
mod zones;

#[cfg(test)]
mod tests;

use aegis_policy::policy::Policy;

use self::world::World;
use crate::Options;

pub(crate) use self::analyse::analyse;
pub(crate) use self::compare::compare;
pub(crate) use self::reach::Reach;
pub(crate) use self::redundant::Removal;

/// The exact analysis of a policy.
#[derive(Debug)]
pub(crate) struct Exact<'p> {
    world: World<'p>,
    policy: &'p Policy,
}

impl<'p> Exact<'p> {
    /// Takes a policy apart.
    pub(crate) fn new(policy: &'p Policy, options: &Options) -> Self {
        Self {
            world: World::new(&[policy], options.box_budget),
            policy,
        }
    }
}
