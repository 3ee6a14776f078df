//! What is scored: the settings, the policy, and the files that evidence is read from.

use std::path::{Path, PathBuf};

use aegis_gate::evidence::Files;
use aegis_gate::{Assessment, assess};
use aegis_policy::policy::Policy;

use crate::cli::{Color, ConfigArgs, SubjectArgs};
use crate::commands::scan;
use crate::config::{self, Env, Settings};
use crate::exit::Exit;
use crate::output::{self, Streams, printable};
use crate::policies::{self, Desk};

/// What is scored.
pub(crate) struct Subject {
    /// What is scanned.
    pub(crate) paths: Vec<PathBuf>,
    /// How.
    pub(crate) settings: Settings,
    /// The policy and its file.
    pub(crate) policy: Option<(PathBuf, Policy)>,
    /// What evidence is read from.
    pub(crate) files: Files,
    /// How the policy is probed.
    pub(crate) probe: aegis_probe::Options,
}

impl Subject {
    /// Reads everything but the code.
    pub(crate) fn load(
        args: &SubjectArgs,
        color: Option<Color>,
        env: &Env,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<Self> {
        super::no_stdin(&args.paths)?;
        let settings = Settings::resolve(args.settings(), &args.config, env, &args.paths)?;
        let policy = policy(args, color, env, streams)?;
        let file = policy.as_ref().map(|(path, _)| path.as_path());
        let files = files(&args.config, env, &args.paths, file)?;
        let probe = aegis_probe::Options {
            today: Some(env.today()?.to_string()),
            ..aegis_probe::Options::default()
        };
        Ok(Self {
            paths: args.paths.clone(),
            settings,
            policy,
            files,
            probe,
        })
    }

    /// Says that there is no policy, if there is none.
    pub(crate) fn note_missing_policy(&self, streams: &mut Streams<'_>) -> anyhow::Result<()> {
        if self.policy.is_none() {
            writeln!(
                streams.err,
                "note: no policy is named, so its part of the score is 0; name one with `--policy`, or set `policy: {{ path: policy.yaml }}` in `{}` (`aegis init` writes both)",
                config::NAME
            )?;
        }
        Ok(())
    }

    /// The file of the policy as it is shown.
    pub(crate) fn policy_path(&self) -> Option<&str> {
        let (_, policy) = self.policy.as_ref()?;
        policy
            .checked()
            .files()
            .first()
            .map(|file| file.path.as_str())
    }

    /// Whether an incomplete scan fails.
    pub(crate) fn is_strict(&self) -> bool {
        self.settings.strict
    }

    /// Scans, probes and scores; with `gains`, ways to raise the score are looked for.
    pub(crate) fn assess(&self, gains: bool) -> anyhow::Result<Assessment> {
        let input = aegis_scan::Input::Paths(self.paths.clone());
        let probe = aegis_probe::Options {
            fixes: gains,
            ..self.probe.clone()
        };
        let subject = aegis_gate::Subject {
            probed: None,
            policy: self.policy.as_ref().map(|(_, policy)| policy),
            files: &self.files,
            probe: &probe,
            gains,
        };
        assess(&input, &self.settings.scan, &subject).map_err(scan::advised)
    }

    /// Whether nothing was analysed, which is said.
    pub(crate) fn nothing(
        &self,
        assessed: &Assessment,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<Option<Exit>> {
        if assessed.scan.files.analysed > 0 {
            return Ok(None);
        }
        let why = scan::why_nothing(&assessed.scan, &self.settings);
        let why = printable(&why, &[]);
        writeln!(streams.err, "error: nothing was analysed: {why}")?;
        Ok(Some(Exit::NothingAnalysed))
    }
}

/// The policy that was named, else that of the settings; none is no error.
fn policy(
    args: &SubjectArgs,
    color: Option<Color>,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Option<(PathBuf, Policy)>> {
    let path = match &args.policy {
        Some(path) => Some(path.clone()),
        None => policies::of_settings_for(&args.config, env, &args.paths)?,
    };
    let Some(path) = path else { return Ok(None) };
    let look = output::look_of_stderr(color, env)?;
    let err = &mut *streams.err;
    let policy = policies::load(&path, &mut Desk { look, err })?;
    Ok(Some((path, policy)))
}

/// The files that evidence is read from.
pub(crate) fn files(
    args: &ConfigArgs,
    env: &Env,
    paths: &[PathBuf],
    policy: Option<&Path>,
) -> anyhow::Result<Files> {
    let settings = config::settings_file(args, env, paths);
    let root = root(args, env, paths)?;
    let mut files = Files::default();
    files.read_ci(&root);
    if let Some(path) = &settings {
        files.read_settings(path, output::shown(path));
    }
    if let Some(policy) = policy.filter(|path| !policies::is_stdin(path)) {
        files.read_suite(policy, output::shown);
    }
    Ok(files)
}

/// Where CI has its files, unless the settings say otherwise.
pub(crate) fn root(args: &ConfigArgs, env: &Env, paths: &[PathBuf]) -> anyhow::Result<PathBuf> {
    let settings = config::settings_file(args, env, paths);
    let root = config::score(args, env, paths)?.root;
    Ok(root.unwrap_or_else(|| top(paths, settings.as_deref())))
}

/// The top of the git repository that the first path lies in, else the
/// folder of the settings, else the path itself.
fn top(paths: &[PathBuf], settings: Option<&Path>) -> PathBuf {
    let first = paths.first().map_or(Path::new("."), PathBuf::as_path);
    let full = first.canonicalize().unwrap_or_else(|_| first.to_path_buf());
    let repository = full.ancestors().find(|dir| dir.join(".git").exists());
    if let Some(repository) = repository {
        return repository.to_path_buf();
    }
    if let Some(settings) = settings {
        let folder = settings.parent().filter(|p| !p.as_os_str().is_empty());
        return folder.unwrap_or(Path::new(".")).to_path_buf();
    }
    match full.is_dir() {
        true => full,
        false => full.parent().unwrap_or(Path::new(".")).to_path_buf(),
    }
}
