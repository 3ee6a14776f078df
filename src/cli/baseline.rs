//! The arguments of `aegis baseline`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::{ConfigArgs, Listing, OUTPUT};
use crate::config::Day;

const ENTRIES: &str = "Entries";
const WHAT: &str = "Input";

/// Arguments of `aegis baseline`.
#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: BaselineCommand,
}

/// The commands of `aegis baseline`.
#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Accept everything that is found now
    ///
    /// Also takes down what the policy restricts, so that a later policy that lets some of it through
    /// is reported. Reasons of a baseline that is replaced are kept.
    Write(BaselineWriteArgs),
    /// Add what is new; nothing is taken away
    Update(BaselineUpdateArgs),
    /// Drop entries that nothing corresponds to any more
    Prune(BaselinePruneArgs),
    /// Show what is accepted, why and until when
    Show(BaselineShowArgs),
}

/// What a baseline is about, and where it is.
#[derive(Debug, Args)]
pub(crate) struct BaselineOf {
    /// Files and folders to scan
    #[arg(value_name = "PATHS", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    /// Policy to probe; the policy of `aegis.yaml` if left out, and none if it names none
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = WHAT)]
    pub(crate) policy: Option<PathBuf>,
    /// The baseline; that of `aegis.yaml` if left out, else `aegis-baseline.json`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = WHAT)]
    pub(crate) baseline: Option<PathBuf>,
    /// Print nothing about what was done
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// What is said about new entries.
#[derive(Debug, Args)]
pub(crate) struct BaselineWhy {
    /// Why what is added is accepted
    #[arg(long, value_name = "TEXT", help_heading = ENTRIES)]
    pub(crate) reason: Option<String>,
    /// The last day on which it is accepted
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = ENTRIES)]
    pub(crate) expires: Option<Day>,
    /// Who accepts it
    #[arg(long, value_name = "NAME", help_heading = ENTRIES)]
    pub(crate) owner: Option<String>,
}

/// Arguments of `aegis baseline write`.
#[derive(Debug, Args)]
pub(crate) struct BaselineWriteArgs {
    #[command(flatten)]
    pub(crate) of: BaselineOf,
    #[command(flatten)]
    pub(crate) why: BaselineWhy,
    /// Replace a baseline that is there
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) force: bool,
}

/// Arguments of `aegis baseline update`.
#[derive(Debug, Args)]
pub(crate) struct BaselineUpdateArgs {
    #[command(flatten)]
    pub(crate) of: BaselineOf,
    #[command(flatten)]
    pub(crate) why: BaselineWhy,
}

/// Arguments of `aegis baseline prune`.
#[derive(Debug, Args)]
pub(crate) struct BaselinePruneArgs {
    #[command(flatten)]
    pub(crate) of: BaselineOf,
}

/// Arguments of `aegis baseline show`.
#[derive(Debug, Args)]
pub(crate) struct BaselineShowArgs {
    #[command(flatten)]
    pub(crate) of: BaselineOf,
    /// Text or JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: Listing,
}
