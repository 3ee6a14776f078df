//! An action together with the decision about it: the only thing that can be executed.

use std::fmt;
use std::sync::Arc;

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::{Decider, Decision, Raised};
use aegis_policy::model::{Approval, Risk, Rule};

use crate::digest::Digest;
use crate::rules::Version;

/// An action that was decided. It cannot be changed and cannot be made outside this crate, and an
/// executor gets nothing else: what was decided is what runs.
#[derive(Clone)]
pub struct Decided(Arc<Inner>);

struct Inner {
    action: Arc<Action>,
    digest: Digest,
    decision: Decision,
    layer: usize,
    version: Arc<Version>,
    at: Moment,
    chain: Box<[Box<str>]>,
}

impl Decided {
    pub(crate) fn new(action: Action, version: &Arc<Version>, at: Moment) -> Self {
        let digest = Digest::of(action.to_json());
        Self::of(Arc::new(action), digest, version, at)
    }

    fn of(action: Arc<Action>, digest: Digest, version: &Arc<Version>, at: Moment) -> Self {
        let (decision, layer) = version.decide(&action, at);
        Self(Arc::new(Inner {
            action,
            digest,
            decision,
            layer,
            version: Arc::clone(version),
            at,
            chain: Box::default(),
        }))
    }

    /// The same action, decided again.
    pub(crate) fn again(&self, version: &Arc<Version>, at: Moment) -> Self {
        let inner = &*self.0;
        let (decision, layer) = version.decide(&inner.action, at);
        Self(Arc::new(Inner {
            action: Arc::clone(&inner.action),
            digest: inner.digest,
            decision,
            layer,
            version: Arc::clone(version),
            at,
            chain: inner.chain.clone(),
        }))
    }

    /// The same, on behalf of these agents, the first of which answers for the others.
    pub(crate) fn on_behalf(self, chain: Vec<Box<str>>) -> Self {
        if chain.is_empty() {
            return self;
        }
        let inner = &*self.0;
        Self(Arc::new(Inner {
            action: Arc::clone(&inner.action),
            digest: inner.digest,
            decision: inner.decision,
            layer: inner.layer,
            version: Arc::clone(&inner.version),
            at: inner.at,
            chain: chain.into(),
        }))
    }

    /// The action.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.0.action
    }

    /// SHA-256 over the canonical JSON of the action.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// What the policy answered.
    #[must_use]
    pub fn decision(&self) -> Decision {
        self.0.decision
    }

    /// Run, ask or refuse.
    #[must_use]
    pub fn approval(&self) -> Approval {
        self.0.decision.approval
    }

    /// How bad it would be.
    #[must_use]
    pub fn risk(&self) -> Risk {
        self.0.decision.risk
    }

    /// The rule that decided; `None` if the defaults or the language did.
    #[must_use]
    pub fn rule(&self) -> Option<&Rule> {
        self.0.version.rule(self.0.decision, self.0.layer)
    }

    /// Who decided, in a word or two: the name of the rule, `defaults` or `language`.
    #[must_use]
    pub fn decided_by(&self) -> &str {
        match (self.rule(), self.0.decision.by) {
            (Some(rule), _) => &rule.name.value,
            (None, Decider::Language) => "language",
            (None, _) => "defaults",
        }
    }

    /// Why: the reason that the rule gives, and why the decision is stricter than the rule, if it is.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let rule = self.rule().and_then(|rule| rule.reason.as_ref());
        let rule = rule.map(|reason| &*reason.value);
        let raised = self.0.decision.raised.map(Raised::message);
        match (rule, raised) {
            (Some(rule), Some(raised)) => Some(format!("{rule}; {raised}")),
            (one, other) => one.or(other).map(str::to_owned),
        }
    }

    /// The layer of the hierarchy that decided; `None` if there is one policy only.
    #[must_use]
    pub fn layer(&self) -> Option<&str> {
        self.0.version.layer(self.0.layer)
    }

    /// The version of the policy that decided.
    #[must_use]
    pub fn version(&self) -> &Arc<Version> {
        &self.0.version
    }

    /// When it was decided.
    #[must_use]
    pub fn at(&self) -> Moment {
        self.0.at
    }

    /// On whose behalf the agent acts, the one who answers for all others first and the agent
    /// itself last; empty if agents are not registered.
    #[must_use]
    pub fn chain(&self) -> &[Box<str>] {
        &self.0.chain
    }
}

impl fmt::Debug for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decided")
            .field("action", &format_args!("{}", self.action()))
            .field("digest", &self.digest())
            .field("approval", &self.approval())
            .field("by", &self.decided_by())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Decided {
    /// `approve, high risk: delete_file prod (rule no_deletes)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (approval, risk) = (self.approval(), self.risk());
        write!(f, "{approval}, {risk} risk: {}", self.action())?;
        match self.rule() {
            Some(rule) => write!(f, " (rule {})", rule.name.value),
            None => write!(f, " ({})", self.decided_by()),
        }
    }
}
