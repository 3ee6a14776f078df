//! What a policy answers.

use crate::model::{Approval, EffectFound, Risk};

/// The answer of a policy about one action. It is a plain value: no allocation, no lifetime beyond
/// the rule's number; [`Policy::rule`](crate::policy::Policy::rule) gives the rule and
/// [`Policy::explain`](crate::policy::Policy::explain) the reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// How bad it would be.
    pub risk: Risk,
    /// What is to happen: run, ask, or refuse.
    pub approval: Approval,
    /// Who decided.
    pub by: Decider,
    /// Why `approval` is stricter than the decider says, if it is.
    pub raised: Option<Raised>,
    /// What the action does to the world, and how that is known.
    pub effect: EffectFound,
}

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decider {
    /// The rule with this 0-based number.
    Rule(u32),
    /// No rule matched: the defaults.
    Default,
    /// The language itself: an action without a type is blocked whatever the rules say.
    Language,
}

/// Why a decision is stricter than the rule that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Raised {
    /// The type has characters beyond ASCII and the rule does not spell them.
    ForeignType,
    /// The agent has characters beyond ASCII and the rule does not spell them.
    ForeignAgent,
    /// The target looks like an ASCII name and is not, or mixes scripts.
    ConfusableTarget,
}
