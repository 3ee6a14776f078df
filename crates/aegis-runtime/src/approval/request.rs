//! What a person is asked.

use std::fmt;
use std::time::Duration;

use aegis_audit::Id;
use aegis_policy::clock::Moment;
use serde_json::{Value, json};

use super::{Answer, Verdict};
use crate::decided::Decided;
use crate::digest::Digest;
use crate::show::{cut, neutral};

/// A person reads so many characters of the parameters; the rest is counted.
const PARAMS_SHOWN: usize = 1_500;

/// A question about one action. Secrets are taken out of the parameters before anybody sees them.
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) id: Id,
    pub(crate) code: String,
    pub(crate) decided: Decided,
    pub(crate) params: Value,
    pub(crate) asked: Moment,
    pub(crate) deadline: Moment,
    pub(crate) patience: Duration,
}

impl Request {
    /// What ties the answer to the request. It is used once.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// A short code that stands for the request where people type: ten letters and digits that
    /// nobody can guess.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The digest of the action.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.decided.digest()
    }

    /// The action type, in the caller's spelling.
    #[must_use]
    pub fn action_type(&self) -> &str {
        self.decided.action().kind_name().original()
    }

    /// What it acts on; empty if nothing.
    #[must_use]
    pub fn target(&self) -> &str {
        self.decided.action().target_name().original()
    }

    /// Who wants to act; empty if not known.
    #[must_use]
    pub fn agent(&self) -> &str {
        self.decided.action().agent_name().original()
    }

    /// The parameters without secrets: a JSON object.
    #[must_use]
    pub fn params(&self) -> &Value {
        &self.params
    }

    /// Who decided that a person is asked: the name of the rule, or `defaults`.
    #[must_use]
    pub fn decided_by(&self) -> &str {
        self.decided.decided_by()
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        self.decided.reason()
    }

    /// When it was asked.
    #[must_use]
    pub fn asked(&self) -> Moment {
        self.asked
    }

    /// An answer after this moment does not count.
    #[must_use]
    pub fn deadline(&self) -> Moment {
        self.deadline
    }

    /// How long there is to answer, from when it was asked.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// An answer to this request. For channels that know that the answer names it.
    #[must_use]
    pub fn answer(&self, verdict: Verdict, by: impl Into<String>) -> Answer {
        Answer {
            request: self.id,
            digest: self.digest(),
            verdict,
            by: by.into(),
            comment: None,
        }
    }

    /// The request as JSON, for machines that ask people.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let action = self.decided.action();
        json!({
            "request": self.id.to_string(),
            "code": self.code,
            "digest": self.digest().to_string(),
            "action": {
                "type": self.action_type(),
                "target": self.target(),
                "agent": self.agent(),
                "session": action.session_id(),
                "params": self.params,
            },
            "on_behalf_of": self.decided.chain(),
            "risk": self.decided.risk().as_str(),
            "rule": self.decided_by(),
            "reason": self.reason(),
            "asked": self.asked.to_string(),
            "deadline": self.deadline.to_string(),
        })
    }
}

impl fmt::Display for Request {
    /// What a person reads, with everything that does not show spelled out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, name: &str, text: &str| match text {
            "" => Ok(()),
            text => writeln!(f, "{name:<9} {}", neutral(text)),
        };
        row(f, "action", self.action_type())?;
        row(f, "target", self.target())?;
        row(f, "agent", self.agent())?;
        row(f, "on behalf", &self.decided.chain().join(" > "))?;
        row(f, "params", &cut(&self.params.to_string(), PARAMS_SHOWN))?;
        row(f, "risk", self.decided.risk().as_str())?;
        row(f, "rule", self.decided_by())?;
        row(f, "reason", &self.reason().unwrap_or_default())?;
        row(f, "digest", &self.digest().to_string())?;
        row(f, "until", &self.deadline.to_string())?;
        let code = &self.code;
        write!(
            f,
            "To allow it answer exactly `approve {code}`; to refuse it `deny {code}`."
        )
    }
}
