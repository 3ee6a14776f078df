//! Functions as executors, and choosing an executor by the action's type.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use aegis_policy::action::Action;
use aegis_policy::glob::{Glob, GlobError};

use crate::decided::Decided;
use crate::executor::{ExecError, Executor, Output, Pending, Verified};

/// An executor for each type of action.
///
/// Types are patterns as in a policy. The first one that matches takes the action; a type with
/// characters beyond ASCII is only taken by a pattern that spells them.
#[derive(Default, Clone)]
pub struct Executors {
    entries: Vec<(Glob, Arc<dyn Executor>)>,
}

impl Executors {
    /// None at all: no action can be carried out.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an executor for the types that match a pattern.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn with(
        mut self,
        pattern: &str,
        executor: impl Executor + 'static,
    ) -> Result<Self, GlobError> {
        self.entries
            .push((Glob::parse(pattern)?, Arc::new(executor)));
        Ok(self)
    }

    /// Adds an async function for the types that match a pattern.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn function<F, R>(self, pattern: &str, function: F) -> Result<Self, GlobError>
    where
        F: Fn(Decided) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Output, ExecError>> + Send + 'static,
    {
        self.with(pattern, Function(function))
    }

    fn find(&self, action: &Action) -> Option<&Arc<dyn Executor>> {
        let name = action.kind_name();
        let takes = |glob: &Glob| match name.is_foreign() {
            true => glob.matches_spelled(name.canonical()),
            false => glob.matches(name.canonical()),
        };
        self.entries
            .iter()
            .find(|(glob, executor)| takes(glob) && executor.handles(action))
            .map(|(_, executor)| executor)
    }
}

impl fmt::Debug for Executors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns = self.entries.iter().map(|(glob, _)| glob.text());
        f.debug_list().entries(patterns).finish()
    }
}

impl Executor for Executors {
    fn handles(&self, action: &Action) -> bool {
        self.find(action).is_some()
    }

    fn execute<'a>(&'a self, action: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
        match self.find(action.action()) {
            Some(executor) => executor.execute(action),
            None => Box::pin(std::future::ready(Err(unhandled(action.action())))),
        }
    }

    fn verify<'a>(
        &'a self,
        action: &'a Decided,
        output: &'a Output,
    ) -> Pending<'a, Result<Verified, ExecError>> {
        match self.find(action.action()) {
            Some(executor) => executor.verify(action, output),
            None => Box::pin(std::future::ready(Err(unhandled(action.action())))),
        }
    }

    fn undo(&self, action: &Decided, output: &Output) -> Option<Action> {
        self.find(action.action())?.undo(action, output)
    }
}

/// Why an action is not tried at all.
pub(crate) fn unhandled(action: &Action) -> ExecError {
    ExecError::permanent(format!("no executor takes `{action}`"))
}

/// An async function as an executor for every type.
#[derive(Clone, Copy)]
pub struct Function<F>(pub F);

impl<F> fmt::Debug for Function<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function")
    }
}

impl<F, R> Executor for Function<F>
where
    F: Fn(Decided) -> R + Send + Sync,
    R: Future<Output = Result<Output, ExecError>> + Send + 'static,
{
    fn execute<'a>(&'a self, action: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
        Box::pin((self.0)(action.clone()))
    }
}
