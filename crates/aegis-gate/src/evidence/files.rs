//! The files that evidence is read from.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// More than any file of settings or of CI needs, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// More files of CI than this are not read.
const MAX_FILES: usize = 500;

/// Files at the top of a repository that run something in CI or on commit.
const AT_TOP: [&str; 12] = [
    ".gitlab-ci.yml",
    ".gitlab-ci.yaml",
    "bitbucket-pipelines.yml",
    "bitbucket-pipelines.yaml",
    "azure-pipelines.yml",
    "azure-pipelines.yaml",
    ".azure-pipelines.yml",
    ".azure-pipelines.yaml",
    ".pre-commit-config.yaml",
    ".pre-commit-config.yml",
    "action.yml",
    "action.yaml",
];
const WORKFLOWS: &str = ".github/workflows";
const ACTIONS: &str = ".github/actions";

/// A text and where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// As shown to people; of a file of CI, relative to the top of the repository.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// The files that evidence is read from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    /// The settings file that counts.
    pub settings: Option<Text>,
    /// The test suites of the policy.
    pub suites: Vec<Text>,
    /// What CI and hooks run, sorted by path.
    pub ci: Vec<Text>,
    /// Files that could not be read, each with the reason.
    pub problems: Vec<String>,
}

/// Whether a path, relative to the top of a repository and `/`-separated, is one that CI or a hook
/// reads, or a local action that it may call.
#[must_use]
pub fn is_ci_file(path: &str) -> bool {
    if AT_TOP.contains(&path) {
        return true;
    }
    let below = |folder: &str| path.strip_prefix(folder)?.strip_prefix('/');
    if let Some(rest) = below(WORKFLOWS) {
        return !rest.contains('/') && is_yaml(rest);
    }
    below(ACTIONS).is_some_and(|rest| {
        let mut steps = rest.split('/');
        steps.next().is_some_and(|folder| !folder.is_empty())
            && matches!(steps.next(), Some("action.yml" | "action.yaml"))
            && steps.next().is_none()
    })
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

impl Files {
    /// Reads what CI and hooks run below the top of a repository, or of any other folder.
    pub fn read_ci(&mut self, top: &Path) {
        let mut paths: Vec<String> = AT_TOP.map(str::to_owned).to_vec();
        paths.extend(names(&top.join(WORKFLOWS)).map(|name| format!("{WORKFLOWS}/{name}")));
        for folder in names(&top.join(ACTIONS)) {
            for name in ["action.yml", "action.yaml"] {
                paths.push(format!("{ACTIONS}/{folder}/{name}"));
            }
        }
        paths.retain(|path| is_ci_file(path) && top.join(path).is_file());
        paths.sort();
        let left = paths.len().saturating_sub(MAX_FILES);
        if left > 0 {
            self.problems
                .push(format!("{left} of the files of CI: there are too many"));
        }
        for path in paths.into_iter().take(MAX_FILES) {
            let text = self.text(&top.join(&path), path);
            self.ci.extend(text);
        }
        self.ci.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// Reads the settings file, to be shown as `shown`.
    pub fn read_settings(&mut self, path: &Path, shown: String) {
        self.settings = self.text(path, shown);
    }

    /// Reads the suite beside a policy, as `aegis test` finds it. `shown` says how a path is shown.
    pub fn read_suite(&mut self, policy: &Path, shown: impl Fn(&Path) -> String) {
        if let Some(suite) = beside(policy) {
            let text = self.text(&suite, shown(&suite));
            self.suites.extend(text);
        }
    }

    /// A small text file; if it cannot be read, that is noted.
    fn text(&mut self, path: &Path, shown: String) -> Option<Text> {
        match read(path) {
            Ok(text) => Some(Text { path: shown, text }),
            Err(error) => {
                self.problems.push(format!("{shown}: {error}"));
                None
            }
        }
    }
}

/// The suite beside a policy.
fn beside(policy: &Path) -> Option<PathBuf> {
    let stem = policy.file_stem()?.to_string_lossy();
    [".test.yaml", ".test.yml"]
        .map(|end| policy.with_file_name(format!("{stem}{end}")))
        .into_iter()
        .find(|path| path.exists())
}

/// The names in a folder; none if there is no such folder.
fn names(folder: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!(
            "it is larger than {MAX_BYTES} bytes"
        )));
    }
    let text = String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}
