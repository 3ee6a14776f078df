//! `aegis audit`: what was recorded, whether it still is what was recorded, and proof of it for
//! others.

mod list;
mod replay;
mod sign;
mod verify;

use std::path::PathBuf;

pub(super) use self::replay::actions;
pub(super) use self::verify::is_store;

use aegis_audit::sqlite::{DEFAULT_PATH, Reader};
use anyhow::bail;

use crate::cli::{AuditArgs, AuditCommand, StoreArgs};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::Streams;

/// The command that was asked for.
pub(crate) fn run(args: &AuditArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    match &args.command {
        None => list::run(args, env, streams),
        Some(AuditCommand::Verify(args)) => verify::run(args, env, streams),
        Some(AuditCommand::Export(args)) => sign::export(args, env, streams),
        Some(AuditCommand::Prove(args)) => sign::prove(args, env, streams),
        Some(AuditCommand::Checkpoint(args)) => sign::checkpoint(args, env, streams),
        Some(AuditCommand::Keygen(args)) => sign::keygen(args, streams),
        Some(AuditCommand::Rotate(args)) => sign::rotate(args, env, streams),
    }
}

/// Where the store is.
pub(super) fn path(args: &StoreArgs, env: &Env) -> PathBuf {
    let path = args.db.clone().or_else(|| env.audit_db());
    path.unwrap_or_else(|| DEFAULT_PATH.into())
}

/// The store, to read.
pub(super) fn open(args: &StoreArgs, env: &Env) -> anyhow::Result<Reader> {
    let path = path(args, env);
    if path.symlink_metadata().is_err() {
        bail!(
            "there is no audit store `{}`; name one with `--db`",
            path.display()
        );
    }
    Ok(Reader::open(&path)?)
}
