//! `aegis`: parse the command line, run one command, turn the outcome into an exit code.

mod cli;
mod commands;
mod config;
mod exit;
mod output;
#[cfg(test)]
mod reference;
mod words;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::Streams;

fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let outcome = match Cli::try_parse() {
        Ok(cli) => exit::caught(|| {
            run(
                &cli,
                &mut Streams {
                    out: &mut out,
                    err: &mut err,
                },
            )
        }),
        Err(e) => e
            .print()
            .map(|()| {
                if e.use_stderr() {
                    Exit::Error
                } else {
                    Exit::Fine
                }
            })
            .map_err(Into::into),
    };
    let exit = outcome.unwrap_or_else(|error| {
        if is_broken_pipe(&error) {
            return Exit::Fine;
        }
        // The chain of causes on one line. If even stderr is gone, the exit code still tells.
        let _ = writeln!(
            err,
            "error: {}",
            output::printable(&format!("{error:#}"), &['\n'])
        );
        Exit::Error
    });
    exit.code()
}

fn run(cli: &Cli, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let env = Env::read();
    match &cli.command {
        Command::Scan(args) => commands::scan::run(args, &env, streams),
        Command::Explain(args) => commands::explain::run(args, streams),
        Command::Catalog(args) => commands::catalog::run(args, &env, streams),
        Command::Completions(args) => commands::completions::run(args, streams),
        Command::Man => commands::man::run(streams),
    }
}

/// Whether the reader of our output went away, as `head` does. That is its right.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().filter_map(|e| e.downcast_ref::<io::Error>());
    io.map(io::Error::kind)
        .any(|kind| kind == io::ErrorKind::BrokenPipe)
}
