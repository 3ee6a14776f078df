//! Exit codes. The table is part of the documentation.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anyhow::anyhow;

use crate::output::printable;

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
        (
            Self::Fine,
            0,
            "the command did what it was asked to; findings alone do not fail a scan",
        ),
        (
            Self::GateFailed,
            1,
            "a check that was asked for failed: a finding is at least as severe as `--fail-on`, or not in the baseline (`--fail-on-new`); a score is under `--fail-under`; a check of `aegis gate` does not hold; actions are decided more weakly (`aegis diff --fail-on looser`); under `--strict`, something in scope was not fully analysed, or a policy has warnings; a case of a test suite fails, or too few rules decide one (`--fail-under`); a decision is not as in `--expect`",
        ),
        (
            Self::Error,
            2,
            "bad arguments, a policy, test suite, `aegis.yaml` or catalog file with mistakes, a path that does not exist, a file that is there and may not be replaced, or an internal error",
        ),
        (
            Self::NothingAnalysed,
            3,
            "no file was analysed: there is none, all are excluded, or none could be read; under `aegis probe --strict`, a question was not decided",
        ),
    ];

    /// What the process returns.
    pub(crate) fn code(self) -> ExitCode {
        let row = Self::ALL.iter().find(|(exit, ..)| *exit == self);
        row.map_or(ExitCode::FAILURE, |(_, code, _)| ExitCode::from(*code))
    }
}

/// Runs a command; a panic, which is a bug, becomes an error like any other.
pub(crate) fn caught(run: impl FnOnce() -> anyhow::Result<Exit>) -> anyhow::Result<Exit> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let said = said
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        let at = concat!(env!("CARGO_PKG_REPOSITORY"), "/issues");
        Err(anyhow!(
            "this is a bug of Aegis, please report it at {at}: {said}"
        ))
    })
}

/// Prints what the parser has to say: help and version are no errors.
pub(crate) fn of_parser(said: &clap::Error) -> anyhow::Result<Exit> {
    said.print()?;
    Ok(if said.use_stderr() {
        Exit::Error
    } else {
        Exit::Fine
    })
}

/// Prints an error with its chain of causes. A reader of our output that went away, as `head`
/// does, is no error: that is its right.
pub(crate) fn of_error(error: &anyhow::Error, err: &mut dyn Write) -> Exit {
    let io = error.chain().filter_map(|e| e.downcast_ref::<io::Error>());
    if io
        .map(io::Error::kind)
        .any(|kind| kind == io::ErrorKind::BrokenPipe)
    {
        return Exit::Fine;
    }
    // If even stderr is gone, the exit code still tells.
    let _ = writeln!(err, "error: {}", printable(&format!("{error:#}"), &['\n']));
    Exit::Error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let error = caught(|| panic!("on purpose")).unwrap_err().to_string();
        assert!(error.ends_with("/issues: on purpose"), "{error}");
    }

    #[test]
    fn codes_count_from_zero() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|(_, code, _)| *code).collect();
        assert_eq!(codes, [0, 1, 2, 3]);
    }
}
