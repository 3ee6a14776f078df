//! The arguments of the commands for GitHub Actions.

use std::path::PathBuf;

use aegis_github::surfaces::comment::{Key, When};
use clap::{ArgAction, Args, Subcommand, ValueEnum, ValueHint};

use crate::words;

const INPUT: &str = "Input";
const SURFACES: &str = "Surfaces";

/// Arguments of `aegis github`.
#[derive(Debug, Args)]
pub(crate) struct GithubArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: GithubCommand,
}

/// The commands of `aegis github`.
#[derive(Debug, Subcommand)]
pub(crate) enum GithubCommand {
    /// Say what the event asks for: kind, base, and whether the run is refused
    ///
    /// Prints `name=value` lines for scripts. Exits with 2 in a `pull_request_target` run with
    /// anything but the base branch checked out.
    Event(EventArgs),
    /// Show the result of a gate as summary, annotations, alerts, comment and checks
    ///
    /// A surface that fails says so in a notice and changes nothing. Exits as the gate did, and never
    /// with 0 if there is no report that says all checks hold.
    Publish(Box<PublishArgs>),
}

/// Arguments of `aegis github event`.
#[derive(Debug, Args)]
pub(crate) struct EventArgs {
    /// Allow `pull_request_target` with code of the pull request checked out
    #[arg(long, value_name = "BOOL", default_value_t = false, action = ArgAction::Set)]
    pub(crate) allow_pull_request_head: bool,
}

/// Arguments of `aegis github publish`.
#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// Exit code of `aegis gate`
    #[arg(long, value_name = "CODE", help_heading = INPUT)]
    pub(crate) gate_exit: u8,
    /// Its report as JSON; the file may be missing if the gate failed before it wrote one
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = INPUT)]
    pub(crate) report: PathBuf,
    /// Its report as Markdown, for summary, comment and check run
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = INPUT)]
    pub(crate) markdown: Option<PathBuf>,
    /// Its report as SARIF
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = INPUT)]
    pub(crate) sarif: Option<PathBuf>,
    /// What it wrote to stderr, shown if there is no report
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = INPUT)]
    pub(crate) log: Option<PathBuf>,
    /// Draw the badge of the score there, as SVG
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = INPUT)]
    pub(crate) badge: Option<PathBuf>,
    /// Another file for the steps that follow: `NAME=PATH` becomes an output if the file exists
    #[arg(long = "file", value_name = "NAME=PATH", value_parser = named_file, help_heading = INPUT)]
    pub(crate) files: Vec<(&'static str, PathBuf)>,

    /// Annotate lines
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, help_heading = SURFACES)]
    pub(crate) annotations: bool,
    /// Upload the SARIF file to code scanning
    #[arg(long, value_name = "BOOL", default_value_t = false, action = ArgAction::Set, help_heading = SURFACES)]
    pub(crate) upload: bool,
    /// When to comment on the pull request
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, help_heading = SURFACES)]
    pub(crate) comment: CommentWhen,
    /// What tells this comment from those of other gates
    #[arg(long, value_name = "KEY", default_value = "aegis", value_parser = Key::parse, help_heading = SURFACES)]
    pub(crate) comment_key: Key,
    /// Make a check run of this name
    #[arg(long, value_name = "NAME", help_heading = SURFACES)]
    pub(crate) check_run: Option<String>,
    /// Set a commit status of this context
    #[arg(long, value_name = "CONTEXT", help_heading = SURFACES)]
    pub(crate) status: Option<String>,
}

/// When there is a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum CommentWhen {
    /// When something changed, or an earlier comment is out of date
    #[default]
    Changes,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<CommentWhen> for When {
    fn from(when: CommentWhen) -> Self {
        match when {
            CommentWhen::Changes => Self::Changes,
            CommentWhen::Always => Self::Always,
            CommentWhen::Never => Self::Never,
        }
    }
}

/// Outputs that name a file.
const FILES: [&str; 4] = ["report-file", "sarif-file", "html-file", "badge-file"];

fn named_file(text: &str) -> Result<(&'static str, PathBuf), String> {
    let (name, path) = text
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
        .ok_or_else(|| format!("`{text}` is not `NAME=PATH`"))?;
    let output = FILES.into_iter().find(|output| *output == name);
    let output = output
        .ok_or_else(|| format!("`{name}` is no output; expected {}", words::either(&FILES)))?;
    Ok((output, path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_name_and_a_path() {
        let file = named_file("badge-file=a=b.svg").unwrap();
        assert_eq!(file, ("badge-file", PathBuf::from("a=b.svg")));
        for bad in ["badge-file", "badge-file=", "x=y"] {
            assert!(named_file(bad).is_err(), "{bad}");
        }
    }
}
