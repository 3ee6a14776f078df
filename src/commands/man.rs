//! `aegis man`.

use clap::CommandFactory;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::output::Streams;

/// Prints the man page of the whole tool.
pub(crate) fn run(streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    streams.out.write_all(&page)?;
    Ok(Exit::Fine)
}
