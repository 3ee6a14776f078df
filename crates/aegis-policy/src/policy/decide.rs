//! The decision: pure, in time that hardly depends on the number of rules. It allocates nothing but
//! what is kept: the space of a thread at its first decision, and the engine of a regular
//! expression that is asked for the first time.

use std::cell::Cell;

use super::index::Index;
use super::{Policy, Ready};
use crate::action::Action;
use crate::clock::{Moment, Wall};
use crate::condition::{Scene, both};
use crate::decision::{Decider, Decision, Raised};
use crate::model::{Approval, Risk, Truth};

thread_local! {
    /// Space for the sets of rules of one decision, kept from one decision to the next. It is taken
    /// out while it is used, so an evaluator may decide as well.
    static SPACE: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
}

/// So many rules at the start of a policy are held against the names one by one before the rest is
/// looked up: what must never happen is mostly said first.
const FIRST_RULES: usize = 2;

/// If no more rules than this speak of the type of an action, each is held against the other names
/// one by one: that is quicker than looking these names up among the patterns of all rules.
const FEW_RULES: u32 = 4;

/// Unless one of them has more patterns than this on the other names.
const FEW_PATTERNS: usize = 4;

/// What a rule does with an action it speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It decides.
    Decides,
    /// It does not apply.
    Passes,
    /// It would decide if the effect were known: it restricts, and nothing tells that the action
    /// does not have its effect.
    Unsettled,
}

impl Policy {
    /// Decides about an action at a moment. The same question always has the same answer.
    ///
    /// The first rule that matches decides. A condition that cannot be told holds for a rule that
    /// restricts and fails for one that allows. An action whose effect is unknown meets no rule
    /// about effects; but if one that restricts would have decided, it does not become automatic
    /// by what comes later. Neither does an action with a name that a reader could take for
    /// another. In these cases a person is asked, and [`Decision::raised`] says why.
    #[must_use]
    pub fn decide(&self, action: &Action, at: Moment) -> Decision {
        if action.kind.canonical().is_empty() {
            return Decision {
                risk: Risk::Critical,
                approval: Approval::Block,
                by: Decider::Language,
                raised: None,
                effect: action.effect,
            };
        }
        if let Some(by) = self.first_rules(action) {
            return self.decision(action, by, false);
        }
        let mut space = SPACE.try_with(Cell::take).unwrap_or_default();
        let (by, unsettled) = self.first(action, at, &mut space);
        // While a thread ends there is nowhere to keep it.
        let _ = SPACE.try_with(|kept| kept.set(space));
        self.decision(action, by, unsettled)
    }

    /// The rule that decides, if it is one of the first and the names alone tell.
    fn first_rules(&self, action: &Action) -> Option<Decider> {
        let (kind, target) = (action.kind.canonical(), action.target.canonical());
        for (number, rule) in (0..).zip(self.rules.iter().take(FIRST_RULES)) {
            if self.kind.has_any(&rule.kinds, kind)?
                && self.target.has_any(&rule.targets, target)?
                && self.agent.has_any(&rule.agents, action.agent.canonical())?
            {
                let by_names = rule.conditions.is_empty() && !rule.has_effects;
                return by_names.then_some(Decider::Rule(number));
            }
        }
        None
    }

    /// Who decides, and whether an earlier rule was left unsettled.
    fn first(&self, action: &Action, at: Moment, space: &mut Vec<u64>) -> (Decider, bool) {
        space.clear();
        space.resize(self.words, 0);
        self.kind.find(action.kind.canonical(), space);
        if let Some(found) = self.first_of_few(space, action, at) {
            return found;
        }
        space.resize(self.words * 3, 0);
        let (kinds, rest) = space.split_at_mut(self.words);
        let (targets, agents) = rest.split_at_mut(self.words);
        self.target.find(action.target.canonical(), targets);
        self.agent.find(action.agent.canonical(), agents);
        self.first_among([kinds, targets, agents], action, at)
    }

    /// The same if few rules speak of the type; `None` if they are not few.
    fn first_of_few(&self, kinds: &[u64], action: &Action, at: Moment) -> Option<(Decider, bool)> {
        let effects = self.effects.possible(action.effect.effect);
        let all = kinds.iter().zip(self.kind.universal()).zip(effects);
        let all = all.map(|((kind, universal), effect)| (kind | universal) & effect);
        let mut few = 0;
        for set in all.clone() {
            few += set.count_ones();
            if few > FEW_RULES {
                return None;
            }
        }
        let scene = self.scene(action, at);
        let mut unsettled = false;
        for (word, mut left) in all.enumerate().filter(|(_, set)| *set != 0) {
            while left != 0 {
                let number = word * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                let rule = self.rules.get(number)?;
                if !self
                    .target
                    .has_any(&rule.targets, action.target.canonical())?
                    || !self.agent.has_any(&rule.agents, action.agent.canonical())?
                {
                    continue;
                }
                match rule.verdict(&scene) {
                    Verdict::Decides => {
                        let number = u32::try_from(number).unwrap_or(u32::MAX);
                        return Some((Decider::Rule(number), unsettled));
                    }
                    Verdict::Unsettled => unsettled = true,
                    Verdict::Passes => {}
                }
            }
        }
        Some((Decider::Default, unsettled))
    }

    /// Who decides among the rules that speak of the type, the target and the agent, and whether
    /// an earlier rule was left unsettled. Rules that speak of every name need not be in the sets.
    pub(super) fn first_among(
        &self,
        [kinds, targets, agents]: [&[u64]; 3],
        action: &Action,
        at: Moment,
    ) -> (Decider, bool) {
        let scene = self.scene(action, at);
        let fields = kinds
            .iter()
            .zip(self.kind.universal())
            .zip(targets.iter().zip(self.target.universal()))
            .zip(agents.iter().zip(self.agent.universal()))
            .zip(self.effects.possible(action.effect.effect));
        let mut unsettled = false;
        for (word, ((((kind, k), (target, t)), (agent, a)), effect)) in fields.enumerate() {
            let mut left = (kind | k) & (target | t) & (agent | a) & effect;
            while left != 0 {
                let number = word * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                let Some(rule) = self.rules.get(number) else {
                    continue;
                };
                match rule.verdict(&scene) {
                    Verdict::Decides => {
                        let number = u32::try_from(number).unwrap_or(u32::MAX);
                        return (Decider::Rule(number), unsettled);
                    }
                    Verdict::Unsettled => unsettled = true,
                    Verdict::Passes => {}
                }
            }
        }
        (Decider::Default, unsettled)
    }

    pub(super) fn scene<'a>(&'a self, action: &'a Action, at: Moment) -> Scene<'a> {
        // Only a policy that looks at the clock pays for the calendar.
        let wall = if self.uses_clock {
            self.zone.wall(at)
        } else {
            Wall {
                weekday: 1,
                second: 0,
            }
        };
        Scene {
            action,
            wall,
            evaluator: &*self.evaluator,
        }
    }

    pub(super) fn decision(&self, action: &Action, by: Decider, unsettled: bool) -> Decision {
        let rule = match by {
            Decider::Rule(number) => self.rules.get(number as usize),
            _ => None,
        };
        let (risk, approval) = match rule {
            Some(rule) => (rule.risk, rule.approval),
            None => (
                self.checked.defaults.risk.value,
                self.checked.defaults.approval.value,
            ),
        };
        let raised = match approval {
            Approval::Auto => self.raised(action, rule, unsettled),
            _ => None,
        };
        Decision {
            risk,
            approval: if raised.is_some() {
                Approval::Approve
            } else {
                approval
            },
            by,
            raised,
            effect: action.effect,
        }
    }

    /// Why an action may not be automatic although the decider says so.
    fn raised(&self, action: &Action, rule: Option<&Ready>, unsettled: bool) -> Option<Raised> {
        let spelled = |index: &Index, alternatives: Option<&[u32]>, name: &str| {
            let mut alternatives = alternatives.unwrap_or_default().iter();
            alternatives.any(|&alternative| index.matches(alternative, name))
        };
        let kind = action.kind.canonical();
        if action.kind.is_foreign() && !spelled(&self.kind, rule.map(|r| &*r.spelled_kinds), kind) {
            return Some(Raised::ForeignType);
        }
        let agent = action.agent.canonical();
        if action.agent.is_foreign()
            && !spelled(&self.agent, rule.map(|r| &*r.spelled_agents), agent)
        {
            return Some(Raised::ForeignAgent);
        }
        if action.target.is_deceptive() {
            return Some(Raised::ConfusableTarget);
        }
        unsettled.then_some(Raised::UnknownEffect)
    }
}

impl Index {
    /// Whether any of these alternatives matches a canonical name; `None` if they are too many to
    /// ask one by one.
    fn has_any(&self, alternatives: &Option<Box<[u32]>>, name: &str) -> Option<bool> {
        let Some(alternatives) = alternatives else {
            return Some(true);
        };
        let mut each = alternatives.iter();
        (alternatives.len() <= FEW_PATTERNS).then(|| each.any(|&one| self.matches(one, name)))
    }
}

impl Ready {
    /// What this rule does with an action whose names, and effect if it is known, it speaks of.
    pub(super) fn verdict(&self, scene: &Scene<'_>) -> Verdict {
        let mut all = Truth::True;
        for condition in &self.conditions {
            all = both(all, condition.truth(scene));
            if all == Truth::False {
                return Verdict::Passes;
            }
        }
        if all == Truth::CannotTell && self.approval == Approval::Auto {
            return Verdict::Passes;
        }
        if self.has_effects && scene.action.effect.effect.is_none() {
            return match self.approval {
                Approval::Auto => Verdict::Passes,
                Approval::Approve | Approval::Block => Verdict::Unsettled,
            };
        }
        Verdict::Decides
    }
}
