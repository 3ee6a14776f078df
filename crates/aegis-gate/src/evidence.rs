//! Evidence that can be checked in the tree: an audit trail that is configured, policy tests that
//! hold dangerous effects back, a gate that runs in CI.
//!
//! Only what is written in a few well-known files counts, and each says where it was seen. An audit
//! trail that code sets up by itself is not seen, nor is a gate inside a script that CI calls. Files
//! are parsed, so a line that is commented out is no evidence.

mod ci;
mod files;
mod shell;
mod suites;

use aegis_diag::ScoreInput;
use aegis_policy::policy::Policy;
use serde_json::Value;

pub use files::{Files, Text, is_ci_file};
pub use suites::{DANGEROUS, Tests};

/// What was found in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// The audit trail.
    pub audit: Seen,
    /// Where anomaly detection is configured, if it is. It is shown and not scored.
    pub anomaly: Option<String>,
    /// The tests of the policy.
    pub tests: Tests,
    /// The gate in CI.
    pub gate: Seen,
    /// Files that could not be read, each with the reason: what is in them does not count.
    pub problems: Vec<String>,
}

/// Whether something was seen, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// 2 if it is there, 1 if it can be got around, 0 if it is not there.
    pub halves: u8,
    /// Where it was seen, or what was looked for.
    pub note: String,
}

impl Seen {
    fn nothing(note: impl Into<String>) -> Self {
        Self {
            halves: 0,
            note: note.into(),
        }
    }

    /// Whether it is all there.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.halves >= 2
    }

    fn input(&self, id: &str, title: &str) -> ScoreInput {
        ScoreInput {
            id: id.to_owned(),
            title: title.to_owned(),
            weight: f64::from(EACH),
            got: f64::from(self.halves.min(2)) / 2.0,
            of: 1.0,
            note: Some(self.note.clone()),
        }
    }
}

/// How much each of the three counts: as much as all effects that tests can hold back.
const EACH: u8 = 8;
const _: () = assert!(EACH as usize == DANGEROUS.len());

impl Evidence {
    /// What the files of a tree show about a policy.
    #[must_use]
    pub fn of(files: &Files, policy: Option<&Policy>) -> Self {
        let mut problems = files.problems.clone();
        let settings = files.settings.as_ref().and_then(|file| {
            let parsed = parse(file);
            parsed.map_err(|problem| problems.push(problem)).ok()
        });
        let path = files.settings.as_ref().map(|file| file.path.as_str());
        let tests = Tests::of(&files.suites, policy, &mut problems);
        let gate = ci::gate(&files.ci, &mut problems);
        Self {
            audit: audit(settings.as_ref(), path),
            anomaly: anomaly(settings.as_ref(), path),
            tests,
            gate,
            problems,
        }
    }

    /// The three inputs of the part.
    pub(crate) fn inputs(&self) -> Vec<ScoreInput> {
        vec![
            self.audit.input("audit", "Audit trail"),
            ScoreInput {
                id: "tests".to_owned(),
                title: "Policy tests".to_owned(),
                weight: 1.0,
                got: self.tests.held.len() as f64,
                of: DANGEROUS.len() as f64,
                note: Some(self.tests.place()),
            },
            self.gate.input("gate", "Gate in CI"),
        ]
    }
}

/// A YAML file as JSON, or why it cannot be read.
fn parse(file: &Text) -> Result<Value, String> {
    let options = serde_saphyr::options! { with_snippet: false };
    let value: Result<Option<Value>, _> = serde_saphyr::from_str_with_options(&file.text, options);
    value.map(Option::unwrap_or_default).map_err(|error| {
        let why = error.to_string();
        format!("{}: {}", file.path, why.lines().next().unwrap_or_default())
    })
}

/// A section of the settings that says something, and does not say that it is off.
fn on(section: Option<&Value>) -> bool {
    match section {
        Some(Value::Object(map)) => {
            !map.is_empty() && map.get("enabled") != Some(&Value::Bool(false))
        }
        Some(Value::Bool(on)) => *on,
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::String(text)) => !text.is_empty() && text != "off" && text != "none",
        _ => false,
    }
}

fn audit(settings: Option<&Value>, path: Option<&str>) -> Seen {
    let Some(path) = path else {
        return Seen::nothing("not configured: there is no aegis.yaml");
    };
    let said = |key: &str| settings?.get("audit")?.get(key);
    let path_is_said = said("path")
        .and_then(Value::as_str)
        .is_some_and(|path| !path.trim().is_empty());
    let on = match said("enabled") {
        Some(Value::Bool(on)) => *on,
        _ => path_is_said,
    };
    if on {
        return Seen {
            halves: 2,
            note: format!("configured in section `audit` of {path}"),
        };
    }
    let why = match said("enabled") {
        Some(_) => "switches the audit trail off",
        None => "names no store in a section `audit`",
    };
    Seen::nothing(format!("not configured: {path} {why}"))
}

/// Where anomaly detection is switched on: `anomaly` or `anomaly_detection` of the guardrails.
fn anomaly(settings: Option<&Value>, path: Option<&str>) -> Option<String> {
    let path = path?;
    let map = settings?.get("guardrails")?.as_object()?;
    let key = ["anomaly", "anomaly_detection"]
        .into_iter()
        .find(|key| on(map.get(*key)))?;
    Some(format!("configured in `guardrails.{key}` of {path}"))
}

#[cfg(test)]
mod tests;
