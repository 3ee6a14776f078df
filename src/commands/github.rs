//! `aegis github event` and `aegis github publish`.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use aegis_gate::badge::Badge;
use aegis_github::api::Patience;
use aegis_github::event::{Base, Head, Run};
use aegis_github::notice::{Level, say};
use aegis_github::publish::{Gate, Verdict, judges_base};
use aegis_github::report::Report;
use aegis_github::runner::Runner;
use aegis_github::{Settings, publish};
use anyhow::{Context, bail};

use crate::cli::{EventArgs, GithubArgs, GithubCommand, PublishArgs};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Streams};

/// More bytes than this are no report that anyone could publish.
const MAX_FILE: u64 = 512 << 20;

/// From arguments to an exit code.
pub(crate) fn run(args: &GithubArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    match &args.command {
        GithubCommand::Event(args) => event(args, env, streams),
        GithubCommand::Publish(args) => published(args, env, streams),
    }
}

/// What the event asks for, as lines for scripts. Every value is an id, a number, a word of ours, or
/// the checked name of a branch.
fn event(args: &EventArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let runner = Runner::read(|name| env.runner(name))?; //            variables, payload -> runner
    let head = head(); //                                              git -> what is checked out
    let run = Run::read(&runner, head.as_ref())?; //                   runner -> run
    if !args.allow_pull_request_head {
        run.check_head(&runner, head.as_ref())?; //                    foreign code with our rights?
    }
    let out = &mut *streams.out;
    writeln!(out, "kind={}", run.kind.as_str())?;
    if let Some(pull) = &run.pull {
        writeln!(out, "pull-request={}", pull.number)?;
    }
    match &run.base {
        Base::Commit(sha) => writeln!(out, "base={sha}")?,
        Base::Branch(name) => writeln!(out, "base-branch={name}")?,
        Base::None(why) => writeln!(out, "no-base={why}")?,
    }
    if judges_base(&run, &runner, head.as_ref()) {
        let message = "pull_request_target with the base branch checked out: the gate judges the base branch, not the pull request";
        writeln!(streams.err, "warning: {message}")?;
    }
    Ok(Exit::Fine)
}

/// From the files of the gate to all surfaces, and to the exit code of the gate.
fn published(args: &PublishArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let runner = Runner::read(|name| env.runner(name))?; //            variables, payload -> runner
    let run = Run::read(&runner, head().as_ref())?; //                 runner -> run
    let gate = gate(args, streams)?; //                                files -> what the gate found
    draw(&gate, args)?; //                                             score -> badge
    let settings = settings(args, env)?; //                            flags -> surfaces
    let done = publish(&gate, &run, &runner, &settings, streams.out)?; // all surfaces, in order
    Ok(exit(done.verdict, args.gate_exit))
}

fn exit(verdict: Verdict, gate_exit: u8) -> Exit {
    match verdict {
        Verdict::Success if gate_exit == 0 => Exit::Fine,
        Verdict::Failure => Exit::GateFailed,
        Verdict::NothingAnalysed => Exit::NothingAnalysed,
        Verdict::Success | Verdict::Error => Exit::Error,
    }
}

fn settings(args: &PublishArgs, env: &Env) -> anyhow::Result<Settings> {
    let name = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
    Ok(Settings {
        root: output::look(None, env)?.root,
        annotations: args.annotations,
        upload: args.upload,
        comment: args.comment.into(),
        key: args.comment_key.clone(),
        check_run: name(&args.check_run),
        status: name(&args.status),
        patience: Patience::default(),
    })
}

/// What the gate left behind. A report that is missing or broken is not fatal here: that nothing was
/// judged must be published too.
fn gate(args: &PublishArgs, streams: &mut Streams<'_>) -> anyhow::Result<Gate> {
    let said = args
        .log
        .as_deref()
        .map(read)
        .transpose()?
        .flatten()
        .unwrap_or_default();
    let mut said = String::from_utf8_lossy(&said).into_owned();
    let report = match read(&args.report)?.map(|bytes| Report::from_json(&bytes)) {
        Some(Ok(report)) => Some(report),
        Some(Err(error)) => {
            let error = anyhow::Error::new(error);
            let message = format!(
                "report `{}` cannot be used: {error:#}",
                args.report.display()
            );
            say(streams.out, Level::Warning, "Aegis: no report", &message)?;
            said += &format!("\nerror: {message}\n");
            None
        }
        None => None,
    };
    let markdown = args.markdown.as_deref().map(read).transpose()?.flatten();
    Ok(Gate {
        exit: args.gate_exit,
        report,
        markdown: markdown.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        sarif: args.sarif.as_deref().map(read).transpose()?.flatten(),
        said,
        files: args.files.clone(),
    })
}

/// Draws the badge, if there is a score or there was nothing to govern.
fn draw(gate: &Gate, args: &PublishArgs) -> anyhow::Result<()> {
    let score = gate
        .report
        .as_ref()
        .and_then(|report| report.score.as_ref());
    match (&args.badge, score) {
        (Some(path), Some(score)) => {
            output::write_file("badge", path, &Badge::new(score.score).svg())
        }
        _ => Ok(()),
    }
}

/// A file; `None` if there is none.
fn read(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let failed = || format!("file `{}` cannot be read", path.display());
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(failed),
        Ok(there) if there.len() > MAX_FILE => {
            bail!("file `{}` is larger than {MAX_FILE} bytes", path.display())
        }
        Ok(_) => {}
    }
    fs::read(path).map(Some).with_context(failed)
}

/// The commit that is checked out here; `None` if git does not know of any.
fn head() -> Option<Head> {
    let sha = git(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
    let commit = git(&["cat-file", "commit", sha.trim()])?;
    Head::parse(sha.trim(), &commit)
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}
