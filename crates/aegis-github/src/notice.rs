//! What is said to the log of the run: workflow commands, which the runner shows as annotations.

use std::io::{self, Write};

use aegis_report::clean;
use aegis_report::github::workflow_command;

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Good to know.
    Notice,
    /// Should be looked at.
    Warning,
    /// Must be looked at.
    Error,
}

impl Level {
    /// The name of the workflow command.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Says something about the run itself, not about a place.
///
/// # Errors
///
/// If the log cannot be written to.
pub fn say(out: &mut dyn Write, level: Level, title: &str, message: &str) -> io::Result<()> {
    let title = clean::line(title);
    let line = workflow_command(level.as_str(), &[("title", &title)], &clean::block(message));
    writeln!(out, "{line}")
}
