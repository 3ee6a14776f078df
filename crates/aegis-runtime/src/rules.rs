//! The policy in force and what identifies it.

use std::fmt;
use std::sync::Arc;

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::{Decider, Decision};
use aegis_policy::layers::Layers;
use aegis_policy::model::Rule;
use aegis_policy::policy::Policy;

use crate::digest::Digest;

/// What decides: one policy, or a hierarchy of them.
#[derive(Debug)]
pub enum Rules {
    /// One policy.
    Policy(Box<Policy>),
    /// The strictest of several.
    Layers(Box<Layers>),
}

impl From<Policy> for Rules {
    fn from(policy: Policy) -> Self {
        Self::Policy(Box::new(policy))
    }
}

impl From<Layers> for Rules {
    fn from(layers: Layers) -> Self {
        Self::Layers(Box::new(layers))
    }
}

impl Rules {
    fn policy(&self, layer: usize) -> Option<&Policy> {
        match self {
            Self::Policy(policy) => Some(policy),
            Self::Layers(layers) => layers.get(layer).map(|layer| &layer.policy),
        }
    }

    /// Taken over the canonical YAML, so comments and layout do not change it.
    fn digest(&self) -> Digest {
        let mut text = String::new();
        match self {
            Self::Policy(policy) => text.push_str(&policy.checked().to_yaml()),
            Self::Layers(layers) => {
                for layer in layers.iter() {
                    text.push_str("# layer ");
                    text.push_str(&layer.name.escape_debug().to_string());
                    text.push('\n');
                    text.push_str(&layer.policy.checked().to_yaml());
                }
            }
        }
        Digest::of(text)
    }
}

/// One version of the policy. A runtime has one of them in force at any time.
pub struct Version {
    rules: Rules,
    digest: Digest,
}

impl Version {
    pub(crate) fn new(rules: Rules) -> Arc<Self> {
        let digest = rules.digest();
        Arc::new(Self { rules, digest })
    }

    /// What decides.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The digest of the policy's canonical YAML.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    pub(crate) fn decide(&self, action: &Action, at: Moment) -> (Decision, usize) {
        match &self.rules {
            Rules::Policy(policy) => (policy.decide(action, at), 0),
            Rules::Layers(layers) => {
                let found = layers.decide(action, at);
                (found.decision, found.layer)
            }
        }
    }

    pub(crate) fn rule(&self, decision: Decision, layer: usize) -> Option<&Rule> {
        match decision.by {
            Decider::Rule(number) => self.rules.policy(layer)?.rule(number),
            Decider::Default | Decider::Language => None,
        }
    }

    pub(crate) fn layer(&self, layer: usize) -> Option<&str> {
        match &self.rules {
            Rules::Policy(_) => None,
            Rules::Layers(layers) => layers.get(layer).map(|layer| &*layer.name),
        }
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Version")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}
