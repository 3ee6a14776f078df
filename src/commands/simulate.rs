//! `aegis simulate`.

mod actions;
mod show;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decision;
use aegis_policy::layers::Layers;
use anyhow::bail;

use self::actions::Asked;
use crate::cli::{Listing, SimulateArgs};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Streams, printable};
use crate::policies::{self, Desk};

/// From arguments to an exit code, one stage per line.
pub(crate) fn run(
    args: &SimulateArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let (policy, words) = split(args)?; //                         words -> a policy, actions
    let asked = actions::asked(args, words)?; //                   words, flags, JSON -> actions
    let layers = layers(args, policy, env, streams)?; //           files -> policies          aegis-policy
    let at = args.at.map_or_else(now, |at| at.0); //               the clock
    let ruled = decide(&layers, &asked.actions, at); //            actions -> decisions       aegis-policy
    write(&layers, &ruled, at, args, env, streams)?; //            decisions -> bytes
    notes(&asked, streams)?;
    judge(&ruled, args, streams) //                                decisions -> exit code     exit.rs
}

/// An action and what is decided about it.
struct Ruled<'a> {
    action: &'a Action,
    /// The 0-based number of the layer that decided.
    layer: usize,
    decision: Decision,
}

/// Now, to the second: no rule looks closer.
fn now() -> Moment {
    Moment::new(Moment::from(SystemTime::now()).seconds(), 0)
}

/// The policy among the words, if it is there, and the rest.
fn split(args: &SimulateArgs) -> anyhow::Result<(Option<&str>, &[String])> {
    let words = args.words.as_slice();
    let elsewhere = args.policy.is_some() || !args.layers.is_empty();
    let (policy, words) = match words {
        [first, rest @ ..] if !elsewhere && is_policy(first) => (Some(first.as_str()), rest),
        [first, ..] if elsewhere && is_policy(first) => bail!(
            "`{first}` looks like a policy, and `--{}` names one already; for an action of this name use `--type`",
            if args.policy.is_some() {
                "policy"
            } else {
                "layer"
            }
        ),
        _ => (None, words),
    };
    let word = policy.map(PathBuf::from);
    let layered = args.layers.iter().map(|layer| &layer.path);
    let all = layered.chain(&word).chain(&args.policy);
    policies::one_stdin(all.chain(&args.action_file))?;
    Ok((policy, words))
}

/// A word is a policy if it is called like one, or is stdin. An action can end like a file too:
/// then the file has to be there.
fn is_policy(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let named = lower.ends_with(".yaml") || lower.ends_with(".yml");
    word == "-" || named && (!word.contains(':') || Path::new(word).exists())
}

/// The policies that decide, the most general one first.
fn layers(
    args: &SimulateArgs,
    policy: Option<&str>,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Layers> {
    let look = output::look_of_stderr(args.listing.color.color, env)?;
    let mut desk = Desk {
        look,
        err: &mut *streams.err,
    };
    let mut named = args.layers.iter();
    if let Some(first) = named.next() {
        let mut names = vec![first.name.as_str()];
        let mut layers = Layers::new(first.name.as_str(), policies::load(&first.path, &mut desk)?);
        for layer in named {
            if names.contains(&layer.name.as_str()) {
                bail!(
                    "two layers are called `{}`; give each its own name",
                    layer.name
                );
            }
            names.push(&layer.name);
            layers = layers.with(layer.name.as_str(), policies::load(&layer.path, &mut desk)?);
        }
        return Ok(layers);
    }
    let path = match (&args.policy, policy) {
        (Some(path), _) => path.clone(),
        (None, Some(word)) => word.into(),
        (None, None) => policies::of_settings(&args.config, env)?,
    };
    Ok(Layers::new("", policies::load(&path, &mut desk)?))
}

fn decide<'a>(layers: &Layers, actions: &'a [Action], at: Moment) -> Vec<Ruled<'a>> {
    let each = actions.iter().map(|action| {
        let decided = layers.decide(action, at);
        Ruled {
            action,
            layer: decided.layer,
            decision: decided.decision,
        }
    });
    each.collect()
}

fn write(
    layers: &Layers,
    ruled: &[Ruled<'_>],
    at: Moment,
    args: &SimulateArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let look = output::look(args.listing.color.color, env)?;
    let text = match args.listing.format {
        Listing::Text => show::text(layers, ruled, at, args.explain, &look),
        Listing::Json => show::json(layers, ruled, at, args)?,
    };
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()?;
    Ok(())
}

/// How the words were read, where they can be read otherwise.
fn notes(asked: &Asked, streams: &mut Streams<'_>) -> anyhow::Result<()> {
    for note in &asked.notes {
        writeln!(streams.err, "note: {}", printable(note, &[]))?;
    }
    Ok(())
}

/// Every action must be decided as expected.
fn judge(
    ruled: &[Ruled<'_>],
    args: &SimulateArgs,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let Some(expected) = args.expect else {
        return Ok(Exit::Fine);
    };
    let others: Vec<_> = ruled
        .iter()
        .filter(|r| r.decision.approval != expected)
        .collect();
    let Some(first) = others.first() else {
        return Ok(Exit::Fine);
    };
    writeln!(
        streams.err,
        "failed: {} decided otherwise (`--expect {expected}`); the first is `{}`: {}",
        output::are(others.len(), "action", "actions"),
        printable(&first.action.to_string(), &[]),
        first.decision.approval
    )?;
    Ok(Exit::GateFailed)
}
