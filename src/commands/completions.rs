//! `aegis completions`.

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs};
use crate::exit::Exit;
use crate::output::Streams;

/// Prints the completion script for a shell.
pub(crate) fn run(args: &CompletionsArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "aegis", &mut script);
    streams.out.write_all(&script)?;
    Ok(Exit::Fine)
}
