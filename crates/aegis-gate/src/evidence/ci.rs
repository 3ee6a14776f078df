//! Whether a gate runs in CI: GitHub, GitLab, Bitbucket, Azure, and hooks on commit.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::shell::gates;
use super::{Seen, Text, parse};

/// How deep the steps of a pipeline are looked for.
const DEPTH: usize = 24;
/// Events of GitHub that run on a change.
const EVENTS: [&str; 4] = ["pull_request", "pull_request_target", "push", "merge_group"];

/// The files by path, as JSON.
type Parsed<'a> = BTreeMap<&'a str, Value>;

/// The best gate there is.
pub(super) fn gate(files: &[Text], problems: &mut Vec<String>) -> Seen {
    let mut parsed = Parsed::new();
    for file in files {
        match parse(file) {
            Ok(value) => {
                parsed.insert(&file.path, value);
            }
            Err(problem) => problems.push(problem),
        }
    }
    let pipelines = parsed.iter().filter_map(|(path, value)| {
        let place = match *path {
            path if path.starts_with(".gitlab-ci") => gitlab(value),
            path if path.starts_with("bitbucket") => bitbucket(value),
            path if path.contains("azure-pipelines") => azure(value),
            _ => None,
        };
        place.map(|place| format!("{path}, {place}"))
    });
    if let Some(place) = github(&parsed).or_else(|| pipelines.into_iter().next()) {
        return Seen {
            halves: 2,
            note: format!("runs in {place}"),
        };
    }
    let hooks = parsed
        .iter()
        .filter(|(path, _)| path.starts_with(".pre-commit"));
    if let Some((path, id)) = hooks.filter_map(|(p, v)| Some((p, hook(v)?))).next() {
        return Seen {
            halves: 1,
            note: format!(
                "runs on commit only ({path}, hook `{id}`), which can be skipped; run it in CI as well"
            ),
        };
    }
    Seen::nothing("none found in GitHub, GitLab, Bitbucket or Azure pipelines")
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(map: &'v Value, key: &str) -> Option<&'v str> {
    map.get(key)?.as_str()
}

/// Whether a switch is on for certain.
fn is(map: &Value, key: &str, on: bool) -> bool {
    match map.get(key) {
        Some(Value::Bool(b)) => *b == on,
        Some(Value::String(s)) => s
            .trim_matches(['$', '{', '}', ' '])
            .eq_ignore_ascii_case(if on { "true" } else { "false" }),
        _ => false,
    }
}

// ---- GitHub

/// A job of a workflow that runs on a change, or of a reusable one that such a workflow calls.
fn github(parsed: &Parsed<'_>) -> Option<String> {
    let workflow = |path: &str| path.starts_with(".github/workflows/");
    let mut queue: Vec<&str> = parsed
        .iter()
        .filter(|(path, value)| workflow(path) && runs_on_changes(value))
        .map(|(path, _)| *path)
        .collect();
    let mut seen: BTreeSet<&str> = queue.iter().copied().collect();
    queue.reverse();
    while let Some(path) = queue.pop() {
        let jobs = parsed.get(path)?.get("jobs")?;
        for (name, job) in entries(jobs).filter(|(_, job)| can_fail(job)) {
            let steps = || items(job.get("steps"));
            if steps().any(|step| step_gates(step, parsed)) {
                return Some(format!("{path}, job `{name}`"));
            }
            let called = text(job, "uses").and_then(|uses| uses.strip_prefix("./"));
            let called = called.and_then(|path| parsed.get_key_value(path));
            if let Some((path, _)) = called.filter(|(path, _)| seen.insert(path)) {
                queue.push(path);
            }
        }
    }
    None
}

fn runs_on_changes(workflow: &Value) -> bool {
    let event = |name: &str| EVENTS.contains(&name);
    match workflow.get("on") {
        Some(Value::String(name)) => event(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(event),
        Some(Value::Object(map)) => map.keys().any(|name| event(name)),
        _ => false,
    }
}

fn can_fail(step: &Value) -> bool {
    !is(step, "continue-on-error", true) && !is(step, "if", false)
}

fn step_gates(step: &Value, parsed: &Parsed<'_>) -> bool {
    if !can_fail(step) {
        return false;
    }
    if text(step, "run").is_some_and(gates) {
        return true;
    }
    let Some(uses) = text(step, "uses") else {
        return false;
    };
    match uses.strip_prefix("./") {
        Some(folder) => local_action_gates(folder.trim_end_matches('/'), parsed),
        None => is_the_action(uses),
    }
}

/// `OWNER/aegis@REF`: the Action, whoever publishes it.
fn is_the_action(uses: &str) -> bool {
    let name = uses.split('@').next().unwrap_or(uses);
    let mut steps = name.split('/');
    let (owner, repository) = (steps.next(), steps.next());
    owner.is_some_and(|owner| !owner.is_empty() && !owner.contains(':'))
        && matches!(repository, Some("aegis" | "aegis-action"))
        && matches!((steps.next(), steps.next()), (None | Some("gate"), None))
}

/// A composite action of the repository whose own commands gate.
fn local_action_gates(folder: &str, parsed: &Parsed<'_>) -> bool {
    let file = |name: &str| match folder {
        "" | "." => name.to_owned(),
        folder => format!("{folder}/{name}"),
    };
    let action = ["action.yml", "action.yaml"]
        .iter()
        .find_map(|name| parsed.get(file(name).as_str()));
    let steps = action.and_then(|action| action.get("runs")?.get("steps"));
    items(steps).any(|step| can_fail(step) && text(step, "run").is_some_and(gates))
}

// ---- the others

/// Whether a list of commands gates; what is nested is one list.
fn script_gates(script: &Value, depth: usize) -> bool {
    match script {
        Value::String(text) => gates(text),
        Value::Array(list) if depth > 0 => list.iter().any(|s| script_gates(s, depth - 1)),
        _ => false,
    }
}

/// A job with a script that gates; a hidden one counts if a job extends it.
fn gitlab(file: &Value) -> Option<String> {
    const NO_JOBS: [&str; 9] = [
        "default",
        "include",
        "stages",
        "variables",
        "workflow",
        "image",
        "services",
        "cache",
        "after_script",
    ];
    let extended: BTreeSet<&str> = entries(file)
        .filter(|(name, _)| !name.starts_with('.'))
        .flat_map(|(_, job)| match job.get("extends") {
            Some(Value::String(name)) => vec![name.as_str()],
            list => items(list).filter_map(Value::as_str).collect(),
        })
        .collect();
    let runs = |name: &str| !name.starts_with('.') || extended.contains(name);
    let jobs = entries(file).filter(|(name, _)| !NO_JOBS.contains(&name.as_str()) && runs(name));
    let fails = |job: &Value| {
        let tolerated = match job.get("allow_failure") {
            Some(Value::Bool(on)) => *on,
            Some(Value::Object(_)) => true,
            _ => false,
        };
        !tolerated && !matches!(text(job, "when"), Some("manual" | "never"))
    };
    let mut gating = jobs.filter(|(_, job)| {
        let scripts = ["before_script", "script"].map(|key| job.get(key));
        fails(job)
            && scripts
                .into_iter()
                .flatten()
                .any(|s| script_gates(s, DEPTH))
    });
    gating.next().map(|(name, _)| format!("job `{name}`"))
}

/// A step of a pipeline that is not started by hand.
fn bitbucket(file: &Value) -> Option<String> {
    let pipelines = file.get("pipelines")?;
    let mut gating = entries(pipelines)
        .filter(|(name, _)| *name != "custom")
        .filter(|(_, pipeline)| any_step(pipeline, DEPTH, &bitbucket_step));
    gating.next().map(|(name, _)| format!("pipeline `{name}`"))
}

fn bitbucket_step(map: &Map<String, Value>) -> Option<bool> {
    if map.get("trigger").and_then(Value::as_str) == Some("manual") {
        return Some(false);
    }
    let script = map.get("script")?;
    Some(script_gates(script, DEPTH))
}

/// A step of any stage or job.
fn azure(file: &Value) -> Option<String> {
    any_step(file, DEPTH, &azure_step).then(|| "a step".to_owned())
}

fn azure_step(map: &Map<String, Value>) -> Option<bool> {
    let value = Value::Object(Map::new());
    let get = |key: &str| map.get(key).unwrap_or(&value);
    let truth = |key: &str, on: bool| match get(key) {
        Value::Bool(b) => *b == on,
        Value::String(s) => s.eq_ignore_ascii_case(if on { "true" } else { "false" }),
        _ => false,
    };
    if truth("continueOnError", true) || truth("condition", false) || truth("enabled", false) {
        return Some(false);
    }
    let keys = ["script", "bash", "pwsh", "powershell"];
    let script = keys.iter().find_map(|key| map.get(*key)?.as_str());
    script.map(gates)
}

/// Whether some mapping inside gates. `step` answers for a mapping, or sends further down.
fn any_step(
    value: &Value,
    depth: usize,
    step: &dyn Fn(&Map<String, Value>) -> Option<bool>,
) -> bool {
    let Some(left) = depth.checked_sub(1) else {
        return false;
    };
    match value {
        Value::Array(list) => list.iter().any(|value| any_step(value, left, step)),
        Value::Object(map) => {
            step(map).unwrap_or_else(|| map.values().any(|value| any_step(value, left, step)))
        }
        _ => false,
    }
}

/// A hook that gates when something is committed or pushed.
fn hook(file: &Value) -> Option<String> {
    items(file.get("repos")).find_map(|repo| {
        let ours = text(repo, "repo").is_some_and(|url| {
            let url = url.trim_end_matches('/').trim_end_matches(".git");
            url.contains("://") && url.ends_with("/aegis")
        });
        let gating = items(repo.get("hooks")).find(|hook| {
            let manual = items(hook.get("stages"))
                .filter_map(Value::as_str)
                .all(|stage| stage == "manual");
            let only_manual = hook.get("stages").is_some() && manual;
            let named = ours && text(hook, "id") == Some("aegis-gate");
            !only_manual && (named || text(hook, "entry").is_some_and(gates))
        })?;
        Some(text(gating, "id").unwrap_or("?").to_owned())
    })
}
