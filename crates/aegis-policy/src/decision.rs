//! What a policy answers.

use crate::model::{Approval, EffectFound, Risk};
use crate::words::words;

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
    /// The effect is unknown, and an earlier rule that restricts would have decided for some
    /// effects.
    UnknownEffect,
}

words!(Raised, "a reason to ask", {
    ForeignType = "foreign_type",
    ForeignAgent = "foreign_agent",
    ConfusableTarget = "confusable_target",
    UnknownEffect = "unknown_effect",
});

impl Raised {
    /// The reason as a sentence without a full stop.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::ForeignType => {
                "the type has characters beyond ASCII, and no pattern that spells them allows it"
            }
            Self::ForeignAgent => {
                "the agent has characters beyond ASCII, and no pattern that spells them allows it"
            }
            Self::ConfusableTarget => {
                "the target can be taken for another name: it looks like ASCII and is not, or mixes scripts"
            }
            Self::UnknownEffect => {
                "the effect is not known, and an earlier rule restricts some effects"
            }
        }
    }
}
