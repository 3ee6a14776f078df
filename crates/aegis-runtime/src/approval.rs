//! Asking a person.
//!
//! A [`Request`] goes to an [`Approver`]; what comes back is an [`Answer`]. Only an answer that names
//! the request, comes in time, from somebody, and is an explicit yes becomes a [`Yes`]. Everything
//! else, silence included, is a [`Denial`].

mod ask;
mod auto;
mod callback;
mod inbox;
mod prompt;
pub mod reading;
mod request;

use std::fmt;

use aegis_audit::Id;

use crate::digest::Digest;
use crate::executor::Pending;

pub use self::auto::Auto;
pub use self::callback::Callback;
pub use self::inbox::{Inbox, Refused};
pub use self::prompt::{NoTerminal, Prompt};
pub use self::request::Request;

pub(crate) use self::ask::{ask, rule_out};

/// A way to ask a person.
///
/// The future is dropped when the deadline passes or the caller gives up: an approver that has
/// something to take back does it then.
pub trait Approver: Send + Sync {
    /// What the record calls it, such as `slack`.
    fn channel(&self) -> &str;

    /// Asks, and waits for an answer.
    fn ask<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<Answer, ApproverError>>;
}

/// What somebody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The request it names.
    pub request: Id,
    /// The action it names.
    pub digest: Digest,
    /// Yes or no.
    pub verdict: Verdict,
    /// Who answered, as the channel knows them.
    pub by: String,
    /// What they said about it.
    pub comment: Option<String>,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// An explicit yes.
    Yes,
    /// Anything else.
    No,
}

/// A yes that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yes {
    pub(crate) digest: Digest,
    pub(crate) by: String,
    pub(crate) channel: String,
    pub(crate) comment: Option<String>,
}

impl Yes {
    /// Who said it.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// Through which channel.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// What they said about it.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }
}

/// Why there is no yes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// The runtime has no approver.
    #[error("there is nobody to ask")]
    NobodyToAsk,
    /// Somebody said no.
    #[error("{by} said no")]
    No {
        /// Who.
        by: String,
        /// What they said about it.
        comment: Option<String>,
    },
    /// Nobody answered in time.
    #[error("nobody answered in time")]
    Silence,
    /// An answer came that does not count.
    #[error("the answer does not count: {0}")]
    DoesNotCount(String),
    /// Asking did not work.
    #[error("asking did not work: {0}")]
    Failed(#[from] ApproverError),
}

/// Why asking did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ApproverError(pub String);

impl ApproverError {
    /// An error with this message: lower case, no full stop, no secrets.
    #[must_use]
    pub fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }
}
