//! What the runner of GitHub Actions says about a run, in variables and files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::api::Token;

/// More bytes than this are no event: GitHub caps payloads at 25 MB.
const MAX_EVENT: u64 = 32 << 20;

/// A variable or file of the runner that is missing or wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunnerError {
    /// A variable is not set.
    #[error("variable {0} is not set; this command runs in a GitHub Actions step")]
    Unset(&'static str),
    /// A variable does not have the expected form.
    #[error("variable {name} is `{value}`; expected {expected}")]
    Odd {
        /// Its name.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The event file cannot be read.
    #[error("event `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The event file is too large.
    #[error("event `{}` is larger than {MAX_EVENT} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The event file is no JSON.
    #[error("event `{}` is not JSON", path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
}

/// A repository: `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Who owns it.
    pub owner: String,
    /// Its name.
    pub name: String,
}

impl Repository {
    /// From `owner/name` in the characters that GitHub allows.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let plain = |s: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !s.is_empty() && !matches!(s, "." | "..") && s.chars().all(allowed)
        };
        (plain(owner) && plain(name)).then(|| Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The path of the repository in the API.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/repos/{}/{}", self.owner, self.name)
    }
}

/// The run as the runner describes it.
#[derive(Debug, Clone)]
pub struct Runner {
    /// Where the API is: `https://api.github.com`, or that of a GitHub Enterprise host.
    pub api_url: String,
    /// Where the pages are.
    pub server_url: String,
    /// The repository that the run belongs to.
    pub repository: Repository,
    /// The name of the event, such as `pull_request`.
    pub event_name: String,
    /// Its payload.
    pub event: Value,
    /// The ref that started the run, such as `refs/pull/7/merge`.
    pub git_ref: String,
    /// The commit of that ref.
    pub sha: String,
    /// Who started the run.
    pub actor: String,
    /// Number of the run, for links.
    pub run_id: String,
    /// Where the summary of the step goes.
    pub step_summary: Option<PathBuf>,
    /// Where the outputs of the step go.
    pub output: Option<PathBuf>,
    /// What requests are signed with.
    pub token: Option<Token>,
}

impl Runner {
    /// Reads the variables through a look-up, and the event file.
    ///
    /// # Errors
    ///
    /// If a variable is missing or odd, or the event cannot be read.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, RunnerError> {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let must = |name: &'static str| get(name).ok_or(RunnerError::Unset(name));
        let file = |name: &str| get(name).map(PathBuf::from);
        let repository = must("GITHUB_REPOSITORY")?;
        let sha = must("GITHUB_SHA")?;
        if !is_sha(&sha) {
            let expected = "a commit in full";
            let name = "GITHUB_SHA";
            return Err(RunnerError::Odd {
                name,
                value: sha,
                expected,
            });
        }
        Ok(Self {
            api_url: base_url(
                "GITHUB_API_URL",
                get("GITHUB_API_URL"),
                "https://api.github.com",
            )?,
            server_url: base_url(
                "GITHUB_SERVER_URL",
                get("GITHUB_SERVER_URL"),
                "https://github.com",
            )?,
            repository: Repository::parse(&repository).ok_or(RunnerError::Odd {
                name: "GITHUB_REPOSITORY",
                value: repository,
                expected: "`owner/name`",
            })?,
            event_name: must("GITHUB_EVENT_NAME")?,
            event: read_event(&PathBuf::from(must("GITHUB_EVENT_PATH")?))?,
            git_ref: must("GITHUB_REF")?,
            sha,
            actor: get("GITHUB_ACTOR").unwrap_or_default(),
            run_id: get("GITHUB_RUN_ID").unwrap_or_default(),
            step_summary: file("GITHUB_STEP_SUMMARY"),
            output: file("GITHUB_OUTPUT"),
            token: get("GITHUB_TOKEN").map(Token::new),
        })
    }

    /// The page of this run; `None` if its number is not known.
    #[must_use]
    pub fn run_url(&self) -> Option<String> {
        let number = !self.run_id.is_empty() && self.run_id.bytes().all(|b| b.is_ascii_digit());
        let Repository { owner, name } = &self.repository;
        number.then(|| {
            format!(
                "{}/{owner}/{name}/actions/runs/{}",
                self.server_url, self.run_id
            )
        })
    }
}

/// Whether a text is the full id of a commit, SHA-1 or SHA-256.
#[must_use]
pub fn is_sha(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether the id stands for no commit, as for the time before a branch was created.
#[must_use]
pub fn is_zero(sha: &str) -> bool {
    sha.bytes().all(|b| b == b'0')
}

fn base_url(
    name: &'static str,
    given: Option<String>,
    default: &str,
) -> Result<String, RunnerError> {
    let value = given.unwrap_or_else(|| default.to_owned());
    let url = value.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_graphic() && !"?#\"<>\\^`{|}@".contains(c);
    if (url.starts_with("https://") || url.starts_with("http://")) && url.chars().all(plain) {
        return Ok(url.to_owned());
    }
    let expected = "an address such as `https://github.example.com/api/v3`";
    Err(RunnerError::Odd {
        name,
        value,
        expected,
    })
}

fn read_event(path: &Path) -> Result<Value, RunnerError> {
    let unreadable = |source| {
        let path = path.to_path_buf();
        RunnerError::Unreadable { path, source }
    };
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_EVENT {
        return Err(RunnerError::TooLarge {
            path: path.to_path_buf(),
        });
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    serde_json::from_slice(&bytes).map_err(|source| {
        let path = path.to_path_buf();
        RunnerError::NotJson { path, source }
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A runner on a loopback host, for tests of what needs one.
    pub(crate) fn runner(event_name: &str, event: Value) -> Runner {
        Runner {
            api_url: "http://127.0.0.1:9/api/v3".into(),
            server_url: "https://github.example.com".into(),
            repository: Repository {
                owner: "octo".into(),
                name: "desk".into(),
            },
            event_name: event_name.into(),
            event,
            git_ref: "refs/heads/main".into(),
            sha: "a".repeat(40),
            actor: "octocat".into(),
            run_id: "42".into(),
            step_summary: None,
            output: None,
            token: None,
        }
    }

    fn read(change: &[(&str, &str)]) -> Result<Runner, RunnerError> {
        let dir = tempfile::tempdir().unwrap();
        let event = dir.path().join("event.json");
        fs::write(&event, r#"{"ref": "refs/heads/main"}"#).unwrap();
        let sha = "b".repeat(40);
        Runner::read(|name| {
            if let Some((_, value)) = change.iter().find(|(n, _)| *n == name) {
                return Some((*value).to_owned());
            }
            let value = match name {
                "GITHUB_REPOSITORY" => "octo/desk.py",
                "GITHUB_SHA" => &sha,
                "GITHUB_EVENT_NAME" => "push",
                "GITHUB_EVENT_PATH" => event.to_str()?,
                "GITHUB_REF" => "refs/heads/main",
                _ => return None,
            };
            Some(value.to_owned())
        })
    }

    #[test]
    fn hosts_default_to_github_and_may_be_another() {
        let runner = read(&[]).unwrap();
        assert_eq!(runner.api_url, "https://api.github.com");
        assert_eq!(runner.run_url(), None);
        let runner = read(&[("GITHUB_API_URL", "https://ghe.example/api/v3/")]).unwrap();
        assert_eq!(runner.api_url, "https://ghe.example/api/v3");
    }

    #[test]
    fn what_is_missing_or_odd_is_named() {
        let message = |change: &[(&str, &str)]| read(change).unwrap_err().to_string();
        insta::assert_snapshot!(message(&[("GITHUB_REPOSITORY", "octo/../x")]), @"variable GITHUB_REPOSITORY is `octo/../x`; expected `owner/name`");
        insta::assert_snapshot!(message(&[("GITHUB_SHA", "main")]), @"variable GITHUB_SHA is `main`; expected a commit in full");
        insta::assert_snapshot!(message(&[("GITHUB_REF", "")]), @"variable GITHUB_REF is not set; this command runs in a GitHub Actions step");
        insta::assert_snapshot!(message(&[("GITHUB_API_URL", "https://user@host/")]), @"variable GITHUB_API_URL is `https://user@host/`; expected an address such as `https://github.example.com/api/v3`");
        assert!(message(&[("GITHUB_EVENT_PATH", "/nowhere")]).contains("cannot be read"));
    }

    #[test]
    fn the_token_is_never_shown() {
        let runner = read(&[("GITHUB_TOKEN", "ghs_secret")]).unwrap();
        assert!(!format!("{runner:?}").contains("ghs_secret"));
    }
}
