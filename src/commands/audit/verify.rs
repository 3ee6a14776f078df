//! Verifying a store or a bundle.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use aegis_audit::sqlite::Reader;
use aegis_audit::verify::{Against, Tampering, Verdict, store};
use aegis_audit::{AuditError, Checkpoint, PublicKey, bundle};
use anyhow::{Context, anyhow, bail};
use serde_json::json;

use crate::cli::{Listing, VerifyArgs};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{Head, Streams, printable};
use crate::words;

/// More than any checkpoint.
const MAX_CHECKPOINT: u64 = 64 << 10;

/// From a file to an exit code.
pub(super) fn run(args: &VerifyArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let path = match &args.file {
        Some(path) => path.clone(),
        None => super::path(&args.store, env)?,
    };
    let against = against(args)?; //                       files -> a key, a checkpoint
    let verdict = match verify(&path, &against) {
        //       file -> verdict            aegis-audit
        Ok(verdict) => verdict,
        Err(error) => return unreadable(error, &path, args, streams),
    };
    let text = match args.format {
        //                      verdict -> bytes
        Listing::Text => text(&verdict, &path, &against),
        Listing::Json => document(&verdict, &against)?,
    };
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()?;
    judge(&verdict, &against, streams) //                  verdict -> exit code       exit.rs
}

fn against(args: &VerifyArgs) -> anyhow::Result<Against> {
    let key = args.key.as_deref().map(PublicKey::read).transpose()?;
    let checkpoint = args.from.as_deref().map(checkpoint).transpose()?;
    Ok(Against { key, checkpoint })
}

fn checkpoint(path: &Path) -> anyhow::Result<Checkpoint> {
    let failed = || format!("checkpoint `{}` cannot be used", path.display());
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_CHECKPOINT).read_to_string(&mut text))
        .with_context(failed)?;
    Checkpoint::parse(&text).with_context(failed)
}

fn verify(path: &Path, against: &Against) -> Result<Verdict, AuditError> {
    if is_store(path) {
        return store(&Reader::open(path)?, against);
    }
    let open = |e: std::io::Error| AuditError::Open {
        path: path.to_owned(),
        why: e.to_string(),
    };
    let mut input = BufReader::with_capacity(1 << 20, File::open(path).map_err(open)?);
    let is_bundle = input.fill_buf().map_err(open)?.starts_with(b"{");
    if !is_bundle {
        return Err(AuditError::Foreign {
            path: path.to_owned(),
            why: "it is neither a store nor a bundle".to_owned(),
        });
    }
    bundle::verify(&mut input, against)
}

/// Whether a file begins as SQLite files do.
pub(in crate::commands) fn is_store(path: &Path) -> bool {
    let mut start = [0; 16];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && &start == b"SQLite format 3\0"
}

/// A file that is damaged so far that it cannot be read fails the check; one that is not there, or
/// is something else, is an error.
fn unreadable(
    error: AuditError,
    path: &Path,
    args: &VerifyArgs,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let AuditError::Corrupt(why) = error else {
        return Err(error.into());
    };
    let why = printable(&why, &[]);
    let text = match args.format {
        Listing::Text => format!("{}: {why}\n", path.display()),
        Listing::Json => crate::output::json(&json!({
            "format": "aegis-audit-verify", "version": 1, "intact": false, "verified": false,
            "problems": [{ "kind": Tampering::Damaged, "event": null, "message": why }],
        }))?,
    };
    streams.out.write_all(text.as_bytes())?;
    writeln!(streams.err, "failed: `{}` is damaged", path.display())?;
    Ok(Exit::GateFailed)
}

fn text(verdict: &Verdict, path: &Path, against: &Against) -> String {
    let events = count(verdict.events, "event", "events");
    let mut text = format!("{}: {events}", path.display());
    text += if verdict.is_intact() {
        ", intact\n"
    } else {
        "\n"
    };
    for problem in &verdict.problems {
        text += &format!("  {}\n", printable(&problem.to_string(), &[]));
    }
    let more = verdict.count - verdict.problems.len() as u64;
    if more > 0 {
        text += &format!("  and {}\n", count(more, "problem more", "problems more"));
    }
    text += &match &verdict.checkpoint {
        Some(checkpoint) => format!(
            "  signed: {} of them, last at {} by key {}\n",
            verdict.signed, checkpoint.time, checkpoint.key
        ),
        None if against.key.is_none() => {
            "  not proved: without `--key` a store that was written anew as a whole looks the same\n"
                .to_owned()
        }
        None => String::new(),
    };
    let unsigned = verdict.events.saturating_sub(verdict.signed);
    if verdict.checkpoint.is_some() && unsigned > 0 {
        text += &format!(
            "  not signed yet: the last {}; `aegis audit checkpoint` signs them\n",
            count(unsigned, "event", "events")
        );
    }
    text
}

fn document(verdict: &Verdict, against: &Against) -> anyhow::Result<String> {
    let problems: Vec<_> = verdict
        .problems
        .iter()
        .map(|p| json!({ "kind": p.kind, "event": p.sequence, "message": p.message }))
        .collect();
    let mut document = serde_json::to_value(Head::new("aegis-audit-verify"))?;
    let rest = json!({
        "store": verdict.store, "events": verdict.events, "head": verdict.head,
        "intact": verdict.is_intact(), "verified": against.key.is_some() && verdict.is_verified(),
        "signed": verdict.signed, "checkpoint": verdict.checkpoint,
        "problems": problems, "problem_count": verdict.count,
    });
    match (document.as_object_mut(), rest) {
        (Some(document), serde_json::Value::Object(rest)) => document.extend(rest),
        _ => bail!("the verdict is no object"),
    }
    crate::output::json(&document)
}

fn judge(verdict: &Verdict, against: &Against, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let why = if !verdict.is_intact() {
        format!(
            "{} with the evidence",
            count(verdict.count, "problem", "problems")
        )
    } else if against.key.is_some() && !verdict.is_verified() {
        "nothing is signed by the given key".to_owned()
    } else {
        return Ok(Exit::Fine);
    };
    writeln!(streams.err, "failed: {why}")?;
    Ok(Exit::GateFailed)
}

fn count(n: u64, one: &str, many: &str) -> String {
    words::count(usize::try_from(n).unwrap_or(usize::MAX), one, many)
}

/// The event of an identifier, for an error if there is none.
pub(super) fn missing(id: &str) -> anyhow::Error {
    anyhow!("there is no event `{id}`; expected a number of the column ID, or an `event_id`")
}
