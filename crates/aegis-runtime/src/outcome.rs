//! How an action ended.

use std::fmt;
use std::time::Duration;

use aegis_audit::AuditError;

use crate::approval::Denial;
use crate::decided::Decided;
use crate::executor::{ExecError, Output};
use crate::identity::NotPermitted;
use crate::limits::{Looping, OverBudget, RateLimited};

/// A stage on the way of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Identity, policy and limits.
    Evaluate,
    /// A person is asked.
    Approve,
    /// The executor works, or waits for the next attempt.
    Execute,
    /// The result is looked at.
    Verify,
    /// The record is written.
    Audit,
}

impl Stage {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Evaluate => "evaluate",
            Self::Approve => "approve",
            Self::Execute => "execute",
            Self::Verify => "verify",
            Self::Audit => "audit",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How an action ended. Only [`Done`](Self::Done) is a success.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It ran, and verification found nothing wrong.
    Done {
        /// What it gave.
        output: Output,
        /// Whether anybody looked: `false` if the executor verifies nothing.
        verified: bool,
    },
    /// The policy refuses it.
    Blocked,
    /// The agent may not do it.
    NotPermitted(NotPermitted),
    /// No executor takes actions of this type.
    NoExecutor,
    /// It came too soon.
    RateLimited(RateLimited),
    /// It would cost too much.
    OverBudget(OverBudget),
    /// The agent goes round in circles.
    Looping(Looping),
    /// It needed a yes and got none.
    Denied(Denial),
    /// The executor could not carry it out.
    Failed(ExecError),
    /// It ran, and verification found that it did not do what it should.
    Wrong {
        /// What it gave.
        output: Output,
        /// What is different.
        difference: String,
    },
    /// It ran, and whether it did what it should could not be found out.
    Unverified {
        /// What it gave.
        output: Output,
        /// Why not.
        error: ExecError,
    },
    /// The executor did not end in time. Whether it happened is not known.
    TimedOut,
    /// The executor panicked. Whether it happened is not known.
    Panicked(String),
    /// The record could not be written, and so it did not run.
    NotRecorded(AuditError),
    /// It ran, and the record of how it ended could not be written.
    RanUnrecorded {
        /// Why not.
        error: AuditError,
        /// How it ended.
        ended: Box<Outcome>,
    },
    /// An earlier step of its plan failed.
    Skipped,
}

impl Outcome {
    /// Whether it ran and nothing is known to be wrong.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }

    /// What it gave, if it ran to its end.
    #[must_use]
    pub fn output(&self) -> Option<&Output> {
        match self {
            Self::Done { output, .. }
            | Self::Wrong { output, .. }
            | Self::Unverified { output, .. } => Some(output),
            Self::RanUnrecorded { ended, .. } => ended.output(),
            _ => None,
        }
    }

    /// Whether the executor was started, so that something may have happened.
    #[must_use]
    pub fn ran(&self) -> bool {
        match self {
            Self::Done { .. }
            | Self::Failed(_)
            | Self::Wrong { .. }
            | Self::Unverified { .. }
            | Self::TimedOut
            | Self::Panicked(_)
            | Self::RanUnrecorded { .. } => true,
            Self::Blocked
            | Self::NotPermitted(_)
            | Self::NoExecutor
            | Self::RateLimited(_)
            | Self::OverBudget(_)
            | Self::Looping(_)
            | Self::Denied(_)
            | Self::NotRecorded(_)
            | Self::Skipped => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done { verified: true, .. } => f.write_str("done and verified"),
            Self::Done { .. } => f.write_str("done"),
            Self::Blocked => f.write_str("blocked by the policy"),
            Self::NotPermitted(why) => write!(f, "not permitted: {why}"),
            Self::NoExecutor => f.write_str("no executor takes it"),
            Self::RateLimited(why) => write!(f, "rate limited: {why}"),
            Self::OverBudget(why) => write!(f, "over budget: {why}"),
            Self::Looping(why) => write!(f, "going round in circles: {why}"),
            Self::Denied(why) => write!(f, "not approved: {why}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::Wrong { difference, .. } => write!(f, "ran, but wrongly: {difference}"),
            Self::Unverified { error, .. } => write!(f, "ran, and could not be verified: {error}"),
            Self::TimedOut => f.write_str("did not end in time"),
            Self::Panicked(message) => write!(f, "the executor panicked: {message}"),
            Self::NotRecorded(why) => write!(f, "did not run, since it cannot be recorded: {why}"),
            Self::RanUnrecorded { error, ended } => {
                write!(f, "{ended}; how it ended is not recorded: {error}")
            }
            Self::Skipped => f.write_str("skipped after a failure"),
        }
    }
}

/// What became of an action.
#[derive(Debug, Clone)]
pub struct Record {
    pub(crate) decided: Decided,
    pub(crate) outcome: Outcome,
    pub(crate) approved_by: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) durations: Vec<(Stage, Duration)>,
}

impl Record {
    /// The action and the last decision about it.
    #[must_use]
    pub fn decided(&self) -> &Decided {
        &self.decided
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Who said yes, if somebody was asked and did.
    #[must_use]
    pub fn approved_by(&self) -> Option<&str> {
        self.approved_by.as_deref()
    }

    /// How often the executor was started.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long each stage took that was gone through.
    #[must_use]
    pub fn durations(&self) -> &[(Stage, Duration)] {
        &self.durations
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.decided.action(), self.outcome)
    }
}
