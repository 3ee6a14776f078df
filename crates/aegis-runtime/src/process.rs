//! Programs as executors: an explicit list of what may be run, and no shell anywhere.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use aegis_policy::action::Action;
use aegis_policy::name::Name;
use aegis_policy::value::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use crate::decided::Decided;
use crate::executor::{ExecError, Executor, Output, Pending};
use crate::show::{cut, neutral};

/// A program may write so much before it is stopped, unless told otherwise.
const OUTPUT_BYTES: usize = 1 << 20;

/// Of what a failed program wrote, so many characters are repeated.
const SHOWN: usize = 500;

/// Runs programs from an explicit list, one for each action type.
///
/// There is no shell: the program is an absolute path and every argument is one argument. The
/// environment is empty but for what is listed, standard input is empty, and output is bounded. A
/// program is killed when its time is over, when it writes too much, or when the caller gives up;
/// programs that it has started itself are not.
#[derive(Debug, Clone, Default)]
pub struct Processes {
    programs: BTreeMap<Box<str>, Program>,
}

/// A program that may be run, and how.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<Argument>,
    environment: BTreeMap<String, String>,
    folder: Option<PathBuf>,
    output_bytes: usize,
}

#[derive(Debug, Clone)]
enum Argument {
    /// Always the same.
    Fixed(String),
    /// From a parameter of the action, which must be there.
    Param(String),
    /// As many arguments as the list in a parameter has; none if it is not there.
    Params(String),
    /// The target of the action.
    Target,
}

/// Why a program cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// A relative path is searched for, and what is found may change.
    #[error("`{}` must be an absolute path", .0.display())]
    Relative(PathBuf),
    /// Two programs for one action type.
    #[error("`{0}` is listed twice")]
    Twice(String),
    /// The empty action type is never decided.
    #[error("an action type cannot be empty")]
    NoType,
}

impl Program {
    /// A program by its absolute path.
    ///
    /// # Errors
    /// A relative path.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, ListError> {
        let path = path.into();
        if !path.is_absolute() {
            return Err(ListError::Relative(path));
        }
        Ok(Self {
            path,
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            folder: None,
            output_bytes: OUTPUT_BYTES,
        })
    }

    /// Adds an argument that is always the same.
    #[must_use]
    pub fn arg(mut self, text: impl Into<String>) -> Self {
        self.arguments.push(Argument::Fixed(text.into()));
        self
    }

    /// Adds the value of a parameter as one argument. It must be text, a number or a boolean, and
    /// must not begin with `-`, so that it cannot be an option.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>) -> Self {
        self.arguments.push(Argument::Param(name.into()));
        self
    }

    /// Adds every member of a list as one argument each, under the same conditions.
    #[must_use]
    pub fn params(mut self, name: impl Into<String>) -> Self {
        self.arguments.push(Argument::Params(name.into()));
        self
    }

    /// Adds the target of the action, under the same conditions.
    #[must_use]
    pub fn target(mut self) -> Self {
        self.arguments.push(Argument::Target);
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Sets the folder it runs in; `/` unless told otherwise.
    #[must_use]
    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Sets how many bytes it may write to standard output, and to standard error.
    #[must_use]
    pub fn output_bytes(mut self, most: usize) -> Self {
        self.output_bytes = most;
        self
    }

    fn arguments(&self, action: &Action) -> Result<Vec<String>, ExecError> {
        let mut out = Vec::with_capacity(self.arguments.len());
        let find = |name: &str| {
            let mut params = action.params().iter();
            params.find(|(key, _)| key == name).map(|(_, value)| value)
        };
        for argument in &self.arguments {
            match argument {
                // What the embedder wrote may be an option; what an agent sends may not.
                Argument::Fixed(text) => out.push(text.clone()),
                Argument::Param(name) => {
                    let what = format!("parameter `{name}`");
                    let missing = || ExecError::permanent(format!("{what} is missing"));
                    out.push(one(&what, find(name).ok_or_else(missing)?)?);
                }
                Argument::Params(name) => match find(name) {
                    None => {}
                    Some(Value::List(items)) => {
                        let what = format!("a member of parameter `{name}`");
                        for item in items {
                            out.push(one(&what, item)?);
                        }
                    }
                    Some(other) => {
                        let what = format!("parameter `{name}`");
                        return Err(not(&what, "a list", other));
                    }
                },
                Argument::Target => {
                    let target = action.target_name().original();
                    out.push(plain("the target", target.to_owned())?);
                }
            }
        }
        Ok(out)
    }
}

/// One argument from a value.
fn one(what: &str, value: &Value) -> Result<String, ExecError> {
    match value {
        Value::Text(text) => plain(what, text.clone()),
        Value::Number(number) => plain(what, number.text().to_owned()),
        Value::Bool(value) => Ok(value.to_string()),
        other => Err(not(what, "text, a number or a boolean", other)),
    }
}

/// A text that cannot be taken for an option.
fn plain(what: &str, text: String) -> Result<String, ExecError> {
    if text.starts_with('-') || text.contains('\0') {
        let text = neutral(&cut(&text, 60));
        let message = format!("{what} is `{text}`, which could be taken for an option");
        return Err(ExecError::permanent(message));
    }
    Ok(text)
}

fn not(what: &str, expected: &str, found: &Value) -> ExecError {
    ExecError::permanent(format!("{what} is {}, not {expected}", found.kind()))
}

impl Processes {
    /// No program at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists the program for an action type: a name, not a pattern.
    ///
    /// # Errors
    /// A type that is empty or listed already.
    pub fn allow(mut self, action_type: &str, program: Program) -> Result<Self, ListError> {
        let name = Name::new(action_type);
        if name.canonical().is_empty() {
            return Err(ListError::NoType);
        }
        match self.programs.insert(name.canonical().into(), program) {
            None => Ok(self),
            Some(_) => Err(ListError::Twice(action_type.to_owned())),
        }
    }

    fn find(&self, action: &Action) -> Option<&Program> {
        self.programs.get(action.kind_name().canonical())
    }
}

impl Executor for Processes {
    fn handles(&self, action: &Action) -> bool {
        self.find(action).is_some()
    }

    fn execute<'a>(&'a self, action: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
        Box::pin(async move {
            let Some(program) = self.find(action.action()) else {
                return Err(ExecError::permanent("no program is listed for it"));
            };
            let arguments = program.arguments(action.action())?;
            run(program, &arguments).await
        })
    }
}

async fn run(program: &Program, arguments: &[String]) -> Result<Output, ExecError> {
    let mut command = Command::new(&program.path);
    command
        .args(arguments)
        .env_clear()
        .envs(&program.environment)
        .current_dir(program.folder.as_deref().unwrap_or(Path::new("/")))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let path = program.path.display();
    let not_started = |error| ExecError::transient(format!("{path} cannot be started: {error}"));
    let mut child = command.spawn().map_err(not_started)?;
    let (status, out, err) = finish(&mut child, program.output_bytes).await?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&out).into_owned().into());
    }
    let said = String::from_utf8_lossy(if err.is_empty() { &out } else { &err }).into_owned();
    let said = neutral(&cut(said.trim(), SHOWN));
    let message = match status.code() {
        Some(code) => format!("{path} ended with code {code}: {said}"),
        None => format!("{path} was killed by a signal: {said}"),
    };
    Err(ExecError::uncertain(message))
}

/// Reads both streams to their ends, and waits.
async fn finish(
    child: &mut Child,
    most: usize,
) -> Result<(ExitStatus, Vec<u8>, Vec<u8>), ExecError> {
    let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(ExecError::uncertain("the output cannot be read"));
    };
    let read = tokio::try_join!(read(out, most), read(err, most));
    // Whoever writes too much is killed, not waited for.
    let (out, err) = match read {
        Ok(both) => both,
        Err(error) => {
            let _ = child.kill().await;
            return Err(error);
        }
    };
    let lost = |error| ExecError::uncertain(format!("the end cannot be waited for: {error}"));
    Ok((child.wait().await.map_err(lost)?, out, err))
}

async fn read(stream: impl AsyncRead + Unpin, most: usize) -> Result<Vec<u8>, ExecError> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let read = stream.take(limit).read_to_end(&mut bytes).await;
    read.map_err(|error| ExecError::uncertain(format!("the output cannot be read: {error}")))?;
    if bytes.len() > most {
        return Err(ExecError::uncertain(format!(
            "it wrote more than {most} bytes"
        )));
    }
    Ok(bytes)
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        for argument in &self.arguments {
            match argument {
                Argument::Fixed(text) => write!(f, " {}", neutral(text))?,
                Argument::Param(name) => write!(f, " <{name}>")?,
                Argument::Params(name) => write!(f, " <{name}>...")?,
                Argument::Target => f.write_str(" <target>")?,
            }
        }
        Ok(())
    }
}
