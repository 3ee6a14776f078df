//! Asking at the terminal.

use std::fmt;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::reading::{self, Reading};
use super::{Answer, Approver, ApproverError, Request, Verdict};
use crate::executor::Pending;

/// A line is cut after so many bytes; nothing that long is a yes.
const LONGEST_LINE: u64 = 4_096;

/// Asks whoever sits at the terminal. One request at a time; the first line that is typed after the
/// question is the answer, and only a yes to the letter is one.
pub struct Prompt {
    by: String,
    lines: tokio::sync::Mutex<UnboundedReceiver<Option<String>>>,
    out: Mutex<Box<dyn Write + Send>>,
}

/// There is no terminal to ask at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("standard input and standard error must be a terminal to ask a person there")]
pub struct NoTerminal;

impl Prompt {
    /// Asks on standard error and reads standard input, both of which must be a terminal: what
    /// comes through a pipe may be the agent's own words. From now on nothing else may read
    /// standard input.
    ///
    /// # Errors
    /// If they are not.
    pub fn terminal(by: impl Into<String>) -> Result<Self, NoTerminal> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(NoTerminal);
        }
        Ok(Self::new(by, BufReader::new(io::stdin()), io::stderr()))
    }

    /// Asks on `out` and reads answers from `lines`, which a person must be at the other end of.
    pub fn new(
        by: impl Into<String>,
        lines: impl BufRead + Send + 'static,
        out: impl Write + Send + 'static,
    ) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        // Reading blocks and cannot be cancelled. One thread reads for all questions, so a line
        // that comes too late is thrown away and never answers the next question.
        std::thread::spawn(move || {
            let mut lines = lines;
            loop {
                let line = read_line(&mut lines);
                let ended = line.is_none();
                if sender.send(line).is_err() || ended {
                    break;
                }
            }
        });
        Self {
            by: by.into(),
            lines: tokio::sync::Mutex::new(receiver),
            out: Mutex::new(Box::new(out)),
        }
    }

    fn show(&self, text: &str) -> Result<(), ApproverError> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        shown.map_err(|error| ApproverError::new(format!("the question cannot be shown: {error}")))
    }
}

/// A line; `None` at the end of the input.
fn read_line(lines: &mut impl BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    match lines.take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
        Ok(0) | Err(_) => None,
        // What is not text is not an answer, but it is a line.
        Ok(_) => Some(String::from_utf8(bytes).unwrap_or_default()),
    }
}

impl Approver for Prompt {
    fn channel(&self) -> &'static str {
        "terminal"
    }

    fn ask<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<Answer, ApproverError>> {
        Box::pin(async move {
            let mut lines = self.lines.lock().await;
            // Whatever was typed before the question does not answer it.
            while let Ok(line) = lines.try_recv() {
                if line.is_none() {
                    return Err(ApproverError::new("the terminal was closed"));
                }
            }
            self.show(&format!("\nAn agent asks for approval.\n\n{request}\n> "))?;
            let Some(Some(line)) = lines.recv().await else {
                return Err(ApproverError::new("the terminal was closed"));
            };
            let verdict = match reading::text(&line, request.code()) {
                Reading::Yes => Verdict::Yes,
                Reading::No | Reading::Other => Verdict::No,
            };
            let said = if verdict == Verdict::Yes {
                "approved\n"
            } else {
                "not approved\n"
            };
            self.show(said)?;
            Ok(request.answer(verdict, self.by.clone()))
        })
    }
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt")
            .field("by", &self.by)
            .finish_non_exhaustive()
    }
}
