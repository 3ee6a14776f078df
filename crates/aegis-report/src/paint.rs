//! Colours, written as SGR sequences and only when they are wanted.

use aegis_diag::{Severity, Verdict};

/// A way to set off a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ink {
    /// As it is.
    #[default]
    Plain,
    /// Set off, without a colour.
    Bold,
    /// Less important than what is around it.
    Dim,
    /// As it should be.
    Good,
    /// To be looked at.
    Doubtful,
    /// Not as it should be.
    Bad,
    /// A place or a name.
    Calm,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Doubtful => "33",
            Self::Bad => "1;91",
            Self::Calm => "94",
        }
    }

    /// The colour of a severity.
    #[must_use]
    pub fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Bad,
            Severity::Medium => Self::Doubtful,
            Severity::Low | Severity::Info => Self::Calm,
        }
    }

    /// The colour of a verdict.
    #[must_use]
    pub fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Governed => Self::Good,
            Verdict::Partly => Self::Doubtful,
            Verdict::Ungoverned => Self::Bad,
        }
    }
}

/// Writes colours, or does not.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    /// Whether colours are written.
    pub on: bool,
}

impl Paint {
    /// The text in that ink.
    #[must_use]
    pub fn ink(self, ink: Ink, text: &str) -> String {
        if !self.on || ink == Ink::Plain || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{}m{text}\x1b[0m", ink.code())
    }

    /// The text in bold.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.ink(Ink::Bold, text)
    }
}
