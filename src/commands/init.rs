//! `aegis init`.
use crate::cli::InitArgs;
use crate::config::Env;
use crate::exit::Exit;
use crate::output::Streams;
pub(crate) fn run(_args: &InitArgs, _env: &Env, _s: &mut Streams<'_>) -> anyhow::Result<Exit> {
    Ok(Exit::Fine)
}
