//! A run of the Action as the runner of GitHub does it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::hub::{Hub, TOKEN};
use crate::harness::repository;

/// The runner refuses a longer summary.
const SUMMARY_BYTES: usize = 1 << 20;

/// The parsed `action.yml`.
pub(crate) fn action() -> Value {
    let text = fs::read_to_string(repository().join("action.yml")).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

/// An event of GitHub's examples.
pub(crate) fn event(name: &str) -> Value {
    let path = repository().join(format!("fixtures/github/events/{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Runs git in a folder, with nothing of this machine's settings.
pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
    let output = git_command(dir).args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    assert!(
        output.status.success(),
        "git {args:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

fn git_command(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(dir).envs([
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ("GIT_AUTHOR_NAME", "A"),
        ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z"),
        ("GIT_COMMITTER_NAME", "A"),
        ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z"),
    ]);
    command
}

/// A job: a folder with a checkout, variables and inputs.
pub(crate) struct Job {
    dir: TempDir,
    pub(crate) vars: BTreeMap<String, String>,
    pub(crate) inputs: BTreeMap<String, String>,
    pub(crate) action_ref: String,
    pub(crate) action_repository: String,
}

/// What came of a step or of all steps.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) log: String,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
}

/// An annotation that the runner understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) level: String,
    pub(crate) properties: String,
    pub(crate) message: String,
}

impl Job {
    pub(crate) fn new(event_name: &str, event: &Value) -> Self {
        let dir = TempDir::new().unwrap();
        for folder in ["workspace", "temp", "tools", "action/.github", "home"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        let home = repository();
        fs::copy(
            home.join("action.yml"),
            dir.path().join("action/action.yml"),
        )
        .unwrap();
        copy(
            &home.join(".github/action"),
            &dir.path().join("action/.github/action"),
        );
        let event_file = dir.path().join("event.json");
        fs::write(&event_file, event.to_string()).unwrap();
        let mut job = Self {
            dir,
            vars: BTreeMap::new(),
            inputs: BTreeMap::new(),
            action_ref: "v0".to_owned(),
            action_repository: "octo/aegis".to_owned(),
        };
        let repository = event["repository"]["full_name"].as_str().unwrap();
        let number = &event["pull_request"]["number"];
        let git_ref = event["ref"].as_str().map(str::to_owned);
        let git_ref = git_ref.unwrap_or_else(|| format!("refs/pull/{number}/merge"));
        for (name, value) in [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", repository),
            ("GITHUB_EVENT_NAME", event_name),
            ("GITHUB_EVENT_PATH", event_file.to_str().unwrap()),
            ("GITHUB_REF", &git_ref),
            ("GITHUB_SHA", &"a".repeat(40)),
            ("GITHUB_ACTOR", "Codertocat"),
            ("GITHUB_RUN_ID", "1658821493"),
            ("GITHUB_API_URL", "http://127.0.0.1:1"),
            ("GITHUB_SERVER_URL", "https://github.invalid"),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_ARCH", "X64"),
        ] {
            job.vars.insert(name.to_owned(), value.to_owned());
        }
        for (name, folder) in [
            ("GITHUB_WORKSPACE", "workspace"),
            ("GITHUB_ACTION_PATH", "action"),
            ("RUNNER_TEMP", "temp"),
            ("RUNNER_TOOL_CACHE", "tools"),
            ("HOME", "home"),
        ] {
            let path = job.path(folder).to_str().unwrap().to_owned();
            job.vars.insert(name.to_owned(), path);
        }
        job.input(
            "binary",
            assert_cmd::cargo::cargo_bin!("aegis").to_str().unwrap(),
        );
        job
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.path("workspace")
    }

    pub(crate) fn input(&mut self, name: &str, value: &str) {
        self.inputs.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn var(&mut self, name: &str, value: &str) {
        self.vars.insert(name.to_owned(), value.to_owned());
    }

    /// Lets the job talk to a host.
    pub(crate) fn on(&mut self, hub: &Hub) {
        self.var("GITHUB_API_URL", &hub.api_url());
        self.var("GITHUB_SERVER_URL", &hub.server_url());
        self.input("token", TOKEN);
    }

    /// Runs the steps with these ids up to the first that fails; `outputs` are those of earlier ones,
    /// such as `steps.gate.outputs.exit`.
    pub(crate) fn run_steps(&self, ids: &[&str], outputs: &[(&str, &str)]) -> Outcome {
        let action = action();
        let outputs = outputs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let mut outputs: BTreeMap<_, _> = outputs.collect();
        let mut all = Outcome::default();
        for step in action["runs"]["steps"].as_array().unwrap() {
            assert_eq!(step["shell"], "bash");
            let id = step["id"].as_str().unwrap();
            if !ids.contains(&id) {
                continue;
            }
            let env = step["env"].as_object().unwrap().iter();
            let env: Vec<_> = env
                .map(|(k, v)| {
                    (
                        k.clone(),
                        self.evaluate(&action, v.as_str().unwrap(), &outputs),
                    )
                })
                .collect();
            let done = self.shell(step["run"].as_str().unwrap(), &env);
            for (name, value) in &done.outputs {
                outputs.insert(format!("steps.{id}.outputs.{name}"), value.clone());
            }
            check_log(&done.log);
            all.log += &done.log;
            all.summary += &done.summary;
            all.code = done.code;
            if done.code != 0 {
                break;
            }
        }
        for (name, output) in action["outputs"].as_object().unwrap() {
            let value = self.evaluate(&action, output["value"].as_str().unwrap(), &outputs);
            all.outputs.insert(name.clone(), value);
        }
        assert!(!all.log.contains(TOKEN), "the token is in the log");
        assert!(!all.summary.contains(TOKEN), "the token is in the summary");
        all
    }

    /// The value of a text with expressions, as far as `action.yml` uses them.
    fn evaluate(&self, action: &Value, text: &str, outputs: &BTreeMap<String, String>) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let (expression, after) = after.split_once("}}").unwrap();
            out += before;
            let parts = expression.split("||").map(str::trim);
            let value = parts
                .map(|part| self.atom(action, part, outputs))
                .find(|v| !v.is_empty());
            out += &value.unwrap_or_default();
            rest = after;
        }
        out + rest
    }

    fn atom(&self, action: &Value, expression: &str, outputs: &BTreeMap<String, String>) -> String {
        if let Some(literal) = expression.strip_prefix('\'') {
            return literal.trim_end_matches('\'').to_owned();
        }
        if let Some(name) = expression.strip_prefix("inputs.") {
            let declared = &action["inputs"][name];
            assert!(declared.is_object(), "there is no input {name}");
            if let Some(given) = self.inputs.get(name) {
                return given.clone();
            }
            let default = declared["default"].as_str().unwrap_or_default();
            return self.evaluate(action, default, outputs);
        }
        match expression {
            "github.action_repository" => self.action_repository.clone(),
            "github.action_ref" => self.action_ref.clone(),
            "github.token" => TOKEN.to_owned(),
            _ if expression.starts_with("steps.") => {
                outputs.get(expression).cloned().unwrap_or_default()
            }
            _ => panic!("`{expression}` is not understood"),
        }
    }

    /// One step under the runner's shell, with files of its own.
    fn shell(&self, script: &str, env: &[(String, String)]) -> Outcome {
        let files = tempfile::tempdir_in(self.path("temp")).unwrap();
        let file = |name: &str| {
            let path = files.path().join(name);
            fs::write(&path, "").unwrap();
            path
        };
        fs::write(files.path().join("step.sh"), script).unwrap();
        let names = [
            "GITHUB_OUTPUT",
            "GITHUB_ENV",
            "GITHUB_PATH",
            "GITHUB_STATE",
            "GITHUB_STEP_SUMMARY",
        ];
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(files.path().join("step.sh"))
            .current_dir(self.workspace())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("AEGIS_TODAY", "2026-12-01")
            .envs(&self.vars)
            .envs(env.iter().map(|(k, v)| (k, v)))
            .envs(names.map(|name| (name, file(name))))
            .output()
            .unwrap();
        let read = |name: &str| fs::read_to_string(files.path().join(name)).unwrap();
        let summary = read("GITHUB_STEP_SUMMARY");
        assert!(
            summary.len() <= SUMMARY_BYTES,
            "the summary has {} bytes",
            summary.len()
        );
        for name in ["GITHUB_ENV", "GITHUB_PATH"] {
            assert_eq!(read(name), "", "a step must not change the job");
        }
        Outcome {
            code: output.status.code().unwrap_or(-1),
            log: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
            outputs: parse_outputs(&read("GITHUB_OUTPUT")),
            summary,
        }
    }
}

impl Outcome {
    /// The annotations of the log, in order.
    pub(crate) fn noted(&self) -> Vec<Noted> {
        noted(&self.log)
    }

    /// Messages of notices, warnings and errors about the run itself.
    pub(crate) fn said(&self) -> Vec<String> {
        let noted = self
            .noted()
            .into_iter()
            .filter(|n| !n.properties.contains("file="));
        noted
            .map(|n| format!("{}: {} [{}]", n.level, n.message, n.properties))
            .collect()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Outputs as the runner reads them: `name=value`, or lines between delimiters.
pub(crate) fn parse_outputs(text: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, end)) = line.split_once("<<") {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        } else if let Some((name, value)) = line.split_once('=') {
            outputs.insert(name.to_owned(), value.to_owned());
        }
    }
    outputs
}

/// Annotations of a log, unless commands are stopped.
fn noted(log: &str) -> Vec<Noted> {
    let mut out = Vec::new();
    let mut stopped: Option<String> = None;
    for line in log.lines().map(str::trim_start) {
        if let Some(token) = &stopped {
            if line.trim_end() == format!("::{token}::") {
                stopped = None;
            }
            continue;
        }
        let Some((head, message)) = line.strip_prefix("::").and_then(|l| l.split_once("::")) else {
            continue;
        };
        if head == "stop-commands" {
            stopped = Some(message.to_owned());
            continue;
        }
        let (level, properties) = head.split_once(' ').unwrap_or((head, ""));
        if level == "add-mask" {
            continue;
        }
        assert!(
            ["notice", "warning", "error"].contains(&level),
            "an odd command: {line}"
        );
        out.push(Noted {
            level: level.to_owned(),
            properties: properties.to_owned(),
            message: message
                .replace("%0A", "\n")
                .replace("%0D", "\r")
                .replace("%25", "%"),
        });
    }
    assert_eq!(stopped, None, "commands stay stopped");
    out
}

/// A step may make ten annotations of each level.
fn check_log(log: &str) {
    let noted = noted(log);
    for level in ["notice", "warning", "error"] {
        let count = noted.iter().filter(|n| n.level == level).count();
        assert!(count <= 10, "{count} annotations of level {level}");
    }
}
