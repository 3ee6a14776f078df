//! Exit codes. The table is part of the documentation.

use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing to complain about.
    Fine,
    /// The run was complete, and what it found is not allowed.
    GateFailed,
    /// The run could not be done.
    Error,
    /// There was nothing to judge.
    NothingAnalysed,
}

impl Exit {
    /// Every exit code, in order, with its meaning.
    pub(crate) const ALL: [(Self, u8, &'static str); 4] = [
        (Self::Fine, 0, "the command did what it was asked to; findings alone do not fail a scan"),
        (Self::GateFailed, 1, "a finding is at least as severe as `--fail-on`, or something in scope was not fully analysed under `--strict`"),
        (Self::Error, 2, "bad arguments, a bad `aegis.yaml` or catalog file, a path that does not exist, or an internal error"),
        (Self::NothingAnalysed, 3, "no file was analysed: there is none, all are excluded, or none could be read"),
    ];

    /// What the process returns.
    pub(crate) fn code(self) -> ExitCode {
        let row = Self::ALL.iter().find(|(exit, ..)| *exit == self);
        row.map_or(ExitCode::FAILURE, |(_, code, _)| ExitCode::from(*code))
    }
}
