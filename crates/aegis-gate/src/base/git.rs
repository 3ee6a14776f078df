//! Running git: argument arrays, no shell, nothing of the repository taken for an option.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// git failed where it should not, or is not there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// It cannot be run.
    #[error(
        "git cannot be run: {0}; install it, compare with a stored report (`--base-report FILE`), or judge without a base (`--no-base`)"
    )]
    Missing(io::Error),
    /// It failed.
    #[error("`git {command}` failed: {said}")]
    Failed {
        /// The subcommand.
        command: String,
        /// What it says.
        said: String,
    },
    /// It answered something else than documented.
    #[error("`git {command}` answered something unexpected: {what}")]
    Answer {
        /// The subcommand.
        command: &'static str,
        /// What was unexpected.
        what: String,
    },
    /// An object of the base is not in the repository.
    #[error(
        "the repository lacks object {0} of the base; fetch the whole history without a filter"
    )]
    Object(String),
}

/// git in a folder.
#[derive(Debug)]
pub(super) struct Git {
    folder: PathBuf,
}

impl Git {
    /// git in that folder.
    pub(super) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
        }
    }

    fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.folder)
            // Nothing may be written, asked, or run on behalf of the repository.
            .args(["--no-optional-locks", "--literal-pathspecs", "--no-pager"])
            .args(["-c", "core.fsmonitor=false", "-c", "diff.renameLimit=5000"])
            .args(args)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        command
    }

    /// What git answers, or what it says if it refuses.
    pub(super) fn run<S: AsRef<OsStr>>(
        &self,
        args: &[S],
    ) -> Result<Result<Vec<u8>, String>, GitError> {
        let output = self.command(args).output().map_err(GitError::Missing)?;
        if output.status.success() {
            return Ok(Ok(output.stdout));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("").trim();
        Ok(Err(said.strip_prefix("fatal: ").unwrap_or(said).to_owned()))
    }

    /// What git answers; a refusal is an error.
    pub(super) fn must<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Vec<u8>, GitError> {
        self.run(args)?.map_err(|said| GitError::Failed {
            command: args
                .first()
                .map(|arg| arg.as_ref().to_string_lossy().into_owned())
                .unwrap_or_default(),
            said,
        })
    }

    /// The id of the commit that a revision names, if there is one.
    pub(super) fn commit(&self, revision: &str) -> Result<Option<String>, GitError> {
        // What begins with a dash is refused here, whatever this git thinks of the marker.
        if revision.is_empty() || revision.starts_with('-') || revision.contains('\0') {
            return Ok(None);
        }
        let wanted = format!("{revision}^{{commit}}");
        let args = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &wanted,
        ];
        let found = self.run(&args)?.ok();
        let id = |out: Vec<u8>| String::from_utf8_lossy(&out).trim().to_owned();
        Ok(found.map(id).filter(|id| is_id(id)))
    }

    /// Whether the history was cut off.
    pub(super) fn is_shallow(&self) -> Result<bool, GitError> {
        let out = self.must(&["rev-parse", "--is-shallow-repository"])?;
        Ok(out.trim_ascii() == b"true")
    }

    /// Whether a commit has a file at a path relative to the top.
    pub(super) fn has(&self, commit: &str, path: &Path) -> Result<bool, GitError> {
        let mut args: Vec<OsString> = ["ls-tree", "-z", "--name-only", commit, "--"]
            .map(OsString::from)
            .to_vec();
        args.push(path.into());
        Ok(!self.must(&args)?.is_empty())
    }

    /// The contents of blobs, in the order asked for.
    pub(super) fn blobs(&self, ids: &[String]) -> Result<Vec<Vec<u8>>, GitError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(GitError::Missing)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let asked = ids.join("\n") + "\n";
        // Both pipes may fill up, so one thread asks while this one reads.
        let read = std::thread::scope(|scope| {
            if let Some(mut stdin) = stdin {
                // If git goes away, what is missing in its answer says so.
                scope.spawn(move || drop(stdin.write_all(asked.as_bytes())));
            }
            let mut answer = Vec::new();
            match stdout {
                Some(mut stdout) => stdout.read_to_end(&mut answer).map(|_| answer),
                None => Ok(answer),
            }
        });
        let ended = child.wait();
        let answer = read.map_err(GitError::Missing)?;
        let blobs = contents(&answer, ids)?;
        match ended {
            Ok(status) if status.success() => Ok(blobs),
            _ => Err(GitError::Failed {
                command: "cat-file".to_owned(),
                said: "it ended early".to_owned(),
            }),
        }
    }
}

/// The parts of the answer to `cat-file --batch`.
fn contents(answer: &[u8], ids: &[String]) -> Result<Vec<Vec<u8>>, GitError> {
    let wrong = |what: &str| GitError::Answer {
        command: "cat-file",
        what: what.to_owned(),
    };
    let mut rest = answer;
    let mut out = Vec::with_capacity(ids.len());
    for id in ids {
        let end = rest.iter().position(|b| *b == b'\n');
        let end = end.ok_or_else(|| wrong("it ends early"))?;
        let (head, tail) = rest.split_at(end);
        let head = String::from_utf8_lossy(head);
        let words: Vec<&str> = head.split(' ').collect();
        let size = match words.as_slice() {
            [got, "blob", size] if got == id => size.parse::<usize>().ok(),
            [_, "missing"] => return Err(GitError::Object(id.clone())),
            _ => None,
        };
        let size = size.ok_or_else(|| wrong(&head))?;
        let body = tail
            .get(1..1 + size)
            .ok_or_else(|| wrong("it ends early"))?;
        out.push(body.to_vec());
        rest = tail.get(2 + size..).unwrap_or(&[]);
    }
    Ok(out)
}

/// Whether a text is the id of an object.
pub(super) fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A path as git writes it.
#[cfg(unix)]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    Path::new(OsStr::from_bytes(bytes)).to_path_buf()
}

/// A path as git writes it: UTF-8 and `/`.
#[cfg(not(unix))]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_cut_by_their_sizes() {
        let ids = ["a".repeat(40), "b".repeat(40)];
        let answer = format!("{} blob 3\nx\ny\n{} blob 0\n\n", ids[0], ids[1]);
        let got = contents(answer.as_bytes(), &ids).unwrap();
        assert_eq!(got, [b"x\ny".to_vec(), Vec::new()]);
        let missing = format!("{} missing\n", ids[0]);
        assert!(matches!(
            contents(missing.as_bytes(), &ids),
            Err(GitError::Object(_))
        ));
        for broken in ["", "x", &answer[..44], &answer.replace("blob 3", "tree 3")] {
            assert!(contents(broken.as_bytes(), &ids).is_err(), "{broken}");
        }
    }
}
