//! Test suites: actions, and what a policy must decide about them.
//!
//! A suite is YAML, read as strictly as a policy and with the same tables, so that its mistakes are
//! shown in the same way.

mod coverage;
mod generate;
mod instance;
mod read;
mod run;
mod write;

use std::sync::Arc;

use aegis_diag::{SourceFile, Span};

use crate::action::Action;
use crate::clock::Moment;
use crate::model::{Approval, Located, Risk};

pub use coverage::Coverage;
pub use generate::{Generated, generate};
pub use run::{Mismatch, Outcome, Results, run};

/// When a case takes place if it does not say: 2026-01-05T12:00:00Z, a Monday.
#[must_use]
pub fn default_moment() -> Moment {
    Moment::new(1_767_614_400, 0)
}

/// A test suite that was checked.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The text it was read from.
    pub(crate) file: Arc<SourceFile>,
    /// The path of the policy it is for, relative to the suite.
    pub policy: Option<Located<Box<str>>>,
    /// The cases in the order written.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its unique name; `case-N` (1-based) if not written.
    pub name: Located<Box<str>>,
    /// The whole case.
    pub span: Span,
    /// What the agent is about to do.
    pub action: Action,
    /// When; see [`default_moment`].
    pub at: Option<Moment>,
    /// What the policy must decide.
    pub expect: Expect,
}

/// What a case expects; at least one of these.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// What happens with the action.
    pub approval: Option<Located<Approval>>,
    /// How bad it would be.
    pub risk: Option<Located<Risk>>,
    /// The rule that decides; `None` inside if no rule may.
    pub rule: Option<Located<Option<Box<str>>>>,
}

impl Suite {
    /// The text it was read from.
    #[must_use]
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }
}
