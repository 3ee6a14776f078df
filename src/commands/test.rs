//! `aegis test`.

mod generate;
mod junit;
mod show;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aegis_diag::SourceFile;
use aegis_policy::policy::Policy;
use aegis_policy::problem::Problems;
use aegis_policy::suite::{Coverage, Results, Suite};
use anyhow::{anyhow, bail};

use crate::cli::{Percent, TestArgs, TestFormat};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Streams, printable};
use crate::policies::{self, Desk, Kind};

/// From files to an exit code, one stage per line.
pub(crate) fn run(args: &TestArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let files = policies::named_or_set(&args.files, &args.config, env)?; // arguments, aegis.yaml -> files
    if args.generate {
        return generate::run(&files, args, env, streams);
    }
    let tested = test(&files, args, env, streams)?; //                    files -> results        aegis-policy
    write(&tested, args, env, streams)?; //                               results -> bytes
    judge(&tested, args, streams) //                                      results -> exit code    exit.rs
}

/// A policy and the suites that were run on it.
struct Tested {
    path: String,
    policy: Policy,
    suites: Vec<Ran>,
}

/// A suite and what came of it.
struct Ran {
    path: String,
    suite: Suite,
    results: Results,
}

impl Tested {
    /// What all suites together try.
    fn coverage(&self) -> Coverage {
        let mut sum = Coverage::new(&self.policy);
        for ran in &self.suites {
            let one = &ran.results.coverage;
            for (sum, n) in sum.rules.iter_mut().zip(&one.rules) {
                *sum += n;
            }
            sum.default += one.default;
            sum.language += one.language;
        }
        sum
    }

    fn cases(&self) -> usize {
        self.suites.iter().map(|r| r.results.outcomes.len()).sum()
    }

    fn failed(&self) -> usize {
        self.suites.iter().map(|r| r.results.failed()).sum()
    }
}

/// Reads policies and suites and runs them.
fn test(
    files: &[PathBuf],
    args: &TestArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Vec<Tested>> {
    let mut desk = Desk {
        look: output::look_of_stderr(args.color.color, env)?,
        err: &mut *streams.err,
    };
    let mut sources = Vec::new();
    for path in files {
        let source = policies::source("file", path)?;
        let kind = source
            .as_ref()
            .map_or(Kind::of(&policies::shown(path), ""), |file| {
                Kind::of(&policies::shown(path), &file.text)
            });
        sources.push((path.as_path(), kind, source));
    }
    let suites_only = sources.iter().all(|(_, kind, _)| *kind == Kind::Suite);
    let mut sources = sources.into_iter();
    if suites_only {
        return by_suite(sources.map(|(path, _, source)| (path, source)), &mut desk);
    }
    let Some((path, Kind::Policy, source)) = sources.next() else {
        bail!("the first file must be a policy, or all must be test suites");
    };
    let mut tested = Tested {
        path: policies::shown(path),
        policy: policies::loaded(path, source, &mut desk)?,
        suites: Vec::new(),
    };
    let mut named = false;
    for (suite, kind, source) in sources {
        if kind != Kind::Suite {
            bail!(
                "`{}` is no test suite; one policy is tested at a time, its suites come after it",
                suite.display()
            );
        }
        named = true;
        tested
            .suites
            .push(ran(&tested.policy, suite, source, &mut desk)?);
    }
    if !named {
        let suite = beside(path)?;
        let source = policies::source("test suite", &suite)?;
        tested
            .suites
            .push(ran(&tested.policy, &suite, source, &mut desk)?);
    }
    Ok(vec![tested])
}

type Source = Result<Arc<SourceFile>, Problems>;

fn ran(policy: &Policy, path: &Path, source: Source, desk: &mut Desk<'_>) -> anyhow::Result<Ran> {
    let suite = policies::settled("test suite", path, source.and_then(Suite::read), desk)?;
    let results = aegis_policy::suite::run(policy, &suite);
    Ok(Ran {
        path: policies::shown(path),
        suite,
        results,
    })
}

/// Suites that say themselves which policy they are for; those of one policy are taken together.
fn by_suite<'a>(
    sources: impl Iterator<Item = (&'a Path, Source)>,
    desk: &mut Desk<'_>,
) -> anyhow::Result<Vec<Tested>> {
    let mut tested: Vec<Tested> = Vec::new();
    for (path, source) in sources {
        let suite = policies::settled("test suite", path, source.and_then(Suite::read), desk)?;
        let of = policy_of(path, &suite)?;
        let shown = policies::shown(&of);
        let index = match tested.iter().position(|t| t.path == shown) {
            Some(index) => index,
            None => {
                tested.push(Tested {
                    path: shown,
                    policy: policies::load(&of, desk)?,
                    suites: Vec::new(),
                });
                tested.len() - 1
            }
        };
        if let Some(tested) = tested.get_mut(index) {
            tested.suites.push(Ran {
                path: policies::shown(path),
                results: aegis_policy::suite::run(&tested.policy, &suite),
                suite,
            });
        }
    }
    Ok(tested)
}

/// The policy that a suite names, else the one beside it.
fn policy_of(path: &Path, suite: &Suite) -> anyhow::Result<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new(""));
    if let Some(named) = &suite.policy {
        return Ok(folder.join(&*named.value));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for (end, instead) in [(".test.yaml", ".yaml"), (".test.yml", ".yml")] {
        if let Some(stem) = name.strip_suffix(end) {
            return Ok(folder.join(format!("{stem}{instead}")));
        }
    }
    bail!(
        "test suite `{}` does not say which policy it is for; write the policy before it, or `policy: policy.yaml` into it",
        policies::shown(path)
    )
}

/// The suite beside a policy.
fn beside(policy: &Path) -> anyhow::Result<PathBuf> {
    if policies::is_stdin(policy) {
        bail!("a policy from stdin has no test suite beside it; name the suite after `-`");
    }
    let suites = [".test.yaml", ".test.yml"].map(|end| suite_name(policy, end));
    if let Some(there) = suites.iter().find(|path| path.exists()) {
        return Ok(there.clone());
    }
    let [suite, _] = suites;
    Err(anyhow!(
        "policy `{0}` has no test suite: there is no `{1}`; `aegis test {0} --generate -o {1}` makes one",
        policies::shown(policy),
        policies::shown(&suite),
    ))
}

fn suite_name(policy: &Path, end: &str) -> PathBuf {
    let stem = policy.file_stem().unwrap_or_default().to_string_lossy();
    policy.with_file_name(format!("{stem}{end}"))
}

fn write(
    tested: &[Tested],
    args: &TestArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let look = output::look(args.color.color, env)?;
    let text = match args.format {
        TestFormat::Text => show::text(tested, args.quiet, &look),
        TestFormat::Json => show::json(tested)?,
        TestFormat::Junit => junit::render(tested),
        TestFormat::Github => show::github(tested, args.quiet, &look),
    };
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()?;
    Ok(())
}

/// Every case must pass, and enough rules be tried.
fn judge(tested: &[Tested], args: &TestArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let mut exit = Exit::Fine;
    if tested.iter().any(|t| t.failed() > 0) {
        // The report says which; what it goes to may not be a terminal.
        exit = Exit::GateFailed;
    }
    for t in tested {
        let coverage = t.coverage();
        if let Some(least) = args.fail_under.filter(|least| too_few(&coverage, *least)) {
            writeln!(
                streams.err,
                "failed: {} of {} rules of {} decide a case (`--fail-under {least}`)",
                coverage.tried(),
                coverage.rules.len(),
                printable(&t.path, &[])
            )?;
            exit = Exit::GateFailed;
        }
    }
    Ok(exit)
}

/// Compared without rounding: 99.96 % is not 100 %.
fn too_few(coverage: &Coverage, least: Percent) -> bool {
    coverage.tried() * 1000 < usize::from(least.0) * coverage.rules.len()
}
