//! The findings about the policy, and the score, of both sides.

use std::path::Path;

use aegis_diag::Report;
use aegis_gate::base::{Base, Was};
use aegis_gate::baseline::Baseline;
use aegis_gate::compare::PolicyBefore;
use aegis_gate::evidence::{Files, Text, is_ci_file};
use aegis_gate::{Subject, assess_scanned, own_tools};
use aegis_policy::policy::Policy;
use aegis_probe::guards::Guards;
use aegis_probe::{Options, ProbeReport, rules};
use anyhow::Context;

use super::base::Compared;
use super::policy::Policies;
use crate::cli::GateArgs;
use crate::commands::score;
use crate::config::{self, Env};
use crate::policies;
use crate::words;

/// Stack of the thread for one side, in bytes: that of a main thread.
const STACK: usize = 8 << 20;

/// Adds to both reports what is found in the policies, and the score. Answers with why the probe of
/// the present policy cannot be relied on.
pub(super) fn both(
    args: &GateArgs,
    compared: &Compared,
    policies: &Policies,
    known: Option<&Baseline>,
    now: &mut Report,
    was: &mut Report,
    env: &Env,
) -> anyhow::Result<Option<String>> {
    let options = Options {
        today: Some(env.today()?.to_string()),
        fixes: false,
        ..Options::default()
    };
    let policy = policies.now.as_ref().ok();
    let file = policy.and(policies.path.as_deref());
    let files = score::files(&args.config, env, &args.paths, file)?;
    let guards = known.and_then(Baseline::guards);
    let before = match compared {
        Compared::Commit(base) => Some(files_before(args, base, policies, &files, env)?),
        _ => None,
    };
    let policy_before = policies.before();
    let same_policy = matches!(policies.before, PolicyBefore::Same);
    if let Some(files_before) = before.as_ref().filter(|_| same_policy)
        && own_tools(now) == own_tools(was)
    {
        let (unsound, probed) = add(now, policy, &files, &options, guards, None);
        add(was, policy, files_before, &options, None, probed.as_ref());
        return Ok(unsound);
    }
    // Neither side needs the other, and both take as long.
    std::thread::scope(|scope| {
        let before = before.as_ref().map(|files| {
            let add = || add(was, policy_before, files, &options, None, None);
            let thread = std::thread::Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, add)
        });
        let (unsound, _) = add(now, policy, &files, &options, guards, None);
        before
            .transpose()
            .context("a thread could not be started")
            .map(|_| unsound)
    })
}

/// Adds to a report what is found in its policy, by a probe that was made already if there is one, and
/// the score. Answers with why the probe cannot be relied on, and with what it found.
fn add(
    report: &mut Report,
    policy: Option<&Policy>,
    files: &Files,
    options: &Options,
    guards: Option<&Guards>,
    probed: Option<&ProbeReport>,
) -> (Option<String>, Option<ProbeReport>) {
    let subject = Subject {
        policy,
        files,
        probe: options,
        probed,
        gains: false,
    };
    let assessed = assess_scanned(std::mem::take(report), &subject);
    *report = assessed.scan;
    report.score = Some(assessed.score);
    let (Some(policy), Some(found)) = (policy, assessed.probe) else {
        return (None, None);
    };
    report.findings.extend(found.findings.iter().cloned());
    report.suppressed.extend(found.suppressed.iter().cloned());
    // The score takes no notice of guards, so that it is the same for all commands.
    let removed = guards.map(|guards| guards.findings(policy));
    report.findings.extend(removed.unwrap_or_default());
    report.rules.extend(rules::RULES);
    report.rules.sort_by_key(|rule| rule.id);
    report.rules.dedup_by_key(|rule| rule.id);
    report
        .findings
        .sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    report
        .suppressed
        .sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
    let n = words::count(found.bugs.len(), "time", "times");
    let unsound = found.bugs.first().map(|bug| {
        format!("Aegis disagrees with itself {n} about the policy, which is a bug: {bug}")
    });
    (unsound, Some(found))
}

/// The files that evidence is read from, as they were.
fn files_before(
    args: &GateArgs,
    base: &Base,
    policies: &Policies,
    now: &Files,
    env: &Env,
) -> anyhow::Result<Files> {
    let root = score::root(&args.config, env, &args.paths)?;
    let mut before = Files::default();
    let settings = config::settings_file(&args.config, env, &args.paths);
    before.settings = match (settings, &now.settings) {
        (Some(path), Some(text)) => text_before(base, &path, text.clone(), &mut before.problems)?,
        _ if args.config.no_config => None,
        _ => settings_gone(args, base),
    };
    if let Some(policy) = policies.path.as_deref() {
        before.suites = suites_before(base, policy, now, &mut before.problems)?;
    }
    for text in &now.ci {
        let path = root.join(&text.path);
        let text = text_before(base, &path, text.clone(), &mut before.problems)?;
        before.ci.extend(text);
    }
    // What is gone since was evidence too.
    let full = root.canonicalize().unwrap_or(root);
    let gone = base.gone().filter_map(|(path, bytes)| {
        let rest = path.strip_prefix(&full).ok()?;
        let rest = rest.to_str()?.replace('\\', "/");
        let path = is_ci_file(&rest).then_some(rest)?;
        let text = String::from_utf8(bytes.to_vec()).ok()?;
        Some(Text { path, text })
    });
    before.ci.extend(gone);
    before.ci.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(before)
}

/// The closest settings file upwards that is no longer there.
fn settings_gone(args: &GateArgs, base: &Base) -> Option<Text> {
    let first = args.paths.first()?.canonicalize().ok()?;
    let wanted = first.ancestors().map(|folder| folder.join(config::NAME));
    let gone = wanted.filter_map(|path| base.gone().find(|(gone, _)| *gone == path));
    let (_, bytes) = gone.into_iter().next()?;
    Some(Text {
        path: config::NAME.to_owned(),
        text: String::from_utf8(bytes.to_vec()).ok()?,
    })
}

/// The suite beside a policy, as it was.
fn suites_before(
    base: &Base,
    policy: &Path,
    now: &Files,
    problems: &mut Vec<String>,
) -> anyhow::Result<Vec<Text>> {
    let stem = policy.file_stem().unwrap_or_default().to_string_lossy();
    for end in [".test.yaml", ".test.yml"] {
        let path = policy.with_file_name(format!("{stem}{end}"));
        let shown = policies::shown(&path);
        let same = now.suites.iter().find(|suite| suite.path == shown);
        let text = same.cloned().unwrap_or_else(|| Text {
            path: shown,
            text: String::new(),
        });
        if same.is_none() && path.exists() {
            continue;
        }
        if let Some(text) = text_before(base, &path, text, problems)? {
            return Ok(vec![text]);
        }
    }
    Ok(Vec::new())
}

/// A text as it was; `None` if there was no such file.
fn text_before(
    base: &Base,
    path: &Path,
    now: Text,
    problems: &mut Vec<String>,
) -> anyhow::Result<Option<Text>> {
    let bytes = match base.file(path)? {
        // What no commit can tell of is taken for the same, so that it is no reason to fail.
        Was::Same | Was::Unknown(_) => return Ok(Some(now)),
        Was::Absent => return Ok(None),
        Was::Other(_, bytes) => bytes,
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Text {
            path: now.path,
            text: text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(),
        })),
        Err(_) => {
            problems.push(format!("{}: it was not UTF-8", now.path));
            Ok(None)
        }
    }
}
