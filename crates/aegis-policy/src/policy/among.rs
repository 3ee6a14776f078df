//! Deciding many actions that have names in common: an analysis looks each name up once and
//! combines the answers, with the same decision as [`Policy::decide`].

use super::Policy;
use crate::action::Action;
use crate::clock::Moment;
use crate::decision::Decision;

/// A field of `match` that patterns on names stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameField {
    /// `type`
    Type,
    /// `target`
    Target,
    /// `agent`
    Agent,
}

impl Policy {
    /// Adds to `out` the rules that speak of a canonical name in a field: bit `n % 64` of word
    /// `n / 64` is the rule with the 0-based number `n`. What `out` held before is dropped.
    pub fn speaking_of(&self, field: NameField, canonical: &str, out: &mut Vec<u64>) {
        let index = match field {
            NameField::Type => &self.kind,
            NameField::Target => &self.target,
            NameField::Agent => &self.agent,
        };
        out.clear();
        out.extend_from_slice(index.universal());
        index.find(canonical, out);
    }

    /// What [`decide`](Self::decide) answers, for an action whose type, target and agent these
    /// rules speak of, in this order: the sets that [`speaking_of`](Self::speaking_of) gives for
    /// its names.
    #[must_use]
    pub fn decide_among(&self, sets: [&[u64]; 3], action: &Action, at: Moment) -> Decision {
        if action.kind.canonical().is_empty() {
            return self.decide(action, at);
        }
        let (by, unsettled) = self.first_among(sets, action, at);
        self.decision(action, by, unsettled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deciding_among_the_rules_that_speak_is_deciding() {
        let policy = Policy::load(
            "p",
            "
defaults: { approval: auto }
rules:
  - { name: a, match: { type: 'get_*', target: 'prod*' }, approval: block }
  - { name: b, match: { type: '*_x', agent: [bot, 'c?'] }, conditions: { param_gt: { n: 1 } }, approval: approve }
  - { name: c, match: { effect: delete, target: '{a,b}*' }, approval: block }
",
        )
        .expect("policy");
        let at = Moment::new(0, 0);
        let mut sets = [Vec::new(), Vec::new(), Vec::new()];
        for kind in ["", "get_a", "get_x", "delete_x", "frob", "wörk"] {
            for target in ["", "prod", "a", "bc"] {
                for agent in ["", "bot", "cx"] {
                    let action = Action::new(kind)
                        .target(target)
                        .agent(agent)
                        .param("n", 2_i64);
                    policy.speaking_of(NameField::Type, kind, &mut sets[0]);
                    policy.speaking_of(NameField::Target, target, &mut sets[1]);
                    policy.speaking_of(NameField::Agent, agent, &mut sets[2]);
                    let among = policy.decide_among([&sets[0], &sets[1], &sets[2]], &action, at);
                    assert_eq!(among, policy.decide(&action, at), "{action} by {agent}");
                }
            }
        }
    }
}
