//! `aegis`: parse the command line, run one command, turn the outcome into an exit code.

mod baselines;
mod cli;
mod commands;
mod config;
mod exit;
mod output;
mod policies;
mod problems;
#[cfg(test)]
mod reference;
mod words;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::Streams;

/// Most of the time of a scan goes into small allocations from several threads, which this
/// allocator serves faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let (out, err) = (&mut io::stdout(), &mut io::stderr());
    let mut streams = Streams { out, err };
    let outcome = match Cli::try_parse() {
        Ok(cli) => exit::caught(|| run(&cli, &mut streams)),
        Err(said) => exit::of_parser(&said),
    };
    let exit = outcome.unwrap_or_else(|error| exit::of_error(&error, streams.err));
    exit.code()
}

fn run(cli: &Cli, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let env = Env::read();
    match &cli.command {
        Command::Scan(args) => commands::scan::run(args, &env, streams),
        Command::Init(args) => commands::init::run(args, &env, streams),
        Command::Validate(args) => commands::validate::run(args, &env, streams),
        Command::Simulate(args) => commands::simulate::run(args, &env, streams),
        Command::Test(args) => commands::test::run(args, &env, streams),
        Command::Probe(args) => commands::probe::run(args, &env, streams),
        Command::Score(args) => commands::score::run(args, &env, streams),
        Command::Diff(args) => commands::diff::run(args, &env, streams),
        Command::Plan(args) => commands::plan::run(args, &env, streams),
        Command::Gate(args) => commands::gate::run(args, &env, streams),
        Command::Baseline(args) => commands::baseline::run(args, &env, streams),
        Command::Policy(args) => commands::policy::run(args, &env, streams),
        Command::Schema(args) => commands::schema::run(args, streams),
        Command::Github(args) => commands::github::run(args, &env, streams),
        Command::Audit(args) => commands::audit::run(args, &env, streams),
        Command::Monitor(args) => commands::monitor::run(args, &env),
        Command::Stats(args) => commands::stats::run(args, &env, streams),
        Command::Explain(args) => commands::explain::run(args, streams),
        Command::Catalog(args) => commands::catalog::run(args, &env, streams),
        Command::Completions(args) => commands::completions::run(args, streams),
        Command::Man => commands::man::run(streams),
    }
}
