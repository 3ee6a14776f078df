//! `fixtures/decisions/`: what policies decide and which are refused, as data that every front door
//! runs. The format is described in the README beside the files.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::{Decider, Decision};
use aegis_policy::layers::Layers;
use aegis_policy::merge::merge;
use aegis_policy::policy::Policy;
use aegis_policy::problem::Problems;
use aegis_policy::value::{Number, Value};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

#[path = "decisions/refused.rs"]
mod refused;

/// A folder that lost its cases must not pass.
const CASES: usize = 650;
/// The moment of a case that names none, a Monday.
const NOON: &str = "2026-01-05T12:00:00Z";
/// How an expectation of nothing is shown.
const NOTHING: &str = "nothing";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    policy: Option<String>,
    merge: Option<Vec<String>>,
    layers: Option<Map<String, Json>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    action: Map<String, Json>,
    at: Option<String>,
    expect: Expect,
}

/// What is laid down about a decision. `Some(None)` is a `null` that was written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    approval: Option<String>,
    risk: Option<String>,
    #[serde(default, deserialize_with = "written")]
    rule: Option<Option<String>>,
    by: Option<String>,
    raised: Option<String>,
    #[serde(default, deserialize_with = "written")]
    effect: Option<Option<String>>,
    effect_source: Option<String>,
    #[serde(default, deserialize_with = "written")]
    reason: Option<Option<String>>,
    layer: Option<String>,
    #[serde(default)]
    refused: bool,
}

fn written<'de, D: Deserializer<'de>>(de: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(de).map(Some)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/decisions")
}

/// The YAML files of a folder, sorted, as their names and texts.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "yaml"))
        .collect();
    paths.sort();
    let name = |p: &Path| p.file_name().unwrap().to_string_lossy().into_owned();
    paths
        .iter()
        .map(|p| (name(p), fs::read_to_string(p).unwrap()))
        .collect()
}

fn read<T: for<'de> Deserialize<'de>>(file: &str, text: &str) -> Vec<T> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_multiple_with_options(text, options)
        .unwrap_or_else(|e| panic!("{file}: {e}"))
}

#[test]
fn policies_decide_as_laid_down() {
    let (mut count, mut wrong) = (0, String::new());
    for (file, text) in files(&folder()) {
        for document in read::<Document>(&file, &text) {
            count += document.cases.len();
            for difference in run(&document) {
                let _ = writeln!(wrong, "{file}: {difference}");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count >= CASES, "only {count} cases");
}

/// The differences of one policy's cases.
fn run(document: &Document) -> Vec<String> {
    let engine = match Engine::of(document) {
        Ok(engine) => engine,
        Err(problems) => {
            let first = &document.cases[0].name;
            return vec![format!("{first}: the policy does not load: {problems}")];
        }
    };
    let mut out = Vec::new();
    for case in &document.cases {
        let differences = match (action(&case.action), case.expect.refused) {
            (Ok(action), false) => compare(&engine, &action, case),
            (Err(_), true) => Vec::new(),
            (Ok(_), true) => vec!["the action should be refused".to_owned()],
            (Err(e), false) => vec![format!("the action is refused: {e}")],
        };
        out.extend(differences.iter().map(|d| format!("{}: {d}", case.name)));
    }
    out
}

fn compare(engine: &Engine, action: &Action, case: &Case) -> Vec<String> {
    let at = Moment::parse(case.at.as_deref().unwrap_or(NOON)).unwrap();
    let Answer {
        decision,
        rule,
        reason,
        layer,
    } = engine.decide(action, at);
    let expect = &case.expect;
    let by = match decision.by {
        Decider::Rule(_) => "rule",
        Decider::Default => "defaults",
        Decider::Language => "language",
    };
    let expected_by = expect.by.clone().or(match &expect.rule {
        Some(Some(_)) => Some("rule".to_owned()),
        Some(None) => Some("defaults".to_owned()),
        None => None,
    });
    let or_nothing = |o: &Option<Option<String>>| {
        o.as_ref()
            .map(|o| o.clone().unwrap_or_else(|| NOTHING.to_owned()))
    };
    let raised = expect.raised.clone().unwrap_or_else(|| NOTHING.to_owned());
    let rows = [
        (
            "approval",
            expect.approval.clone(),
            decision.approval.as_str(),
        ),
        ("risk", expect.risk.clone(), decision.risk.as_str()),
        (
            "rule",
            or_nothing(&expect.rule),
            rule.as_deref().unwrap_or(NOTHING),
        ),
        ("decided by", expected_by, by),
        (
            "raised",
            Some(raised),
            decision.raised.map_or(NOTHING, |r| r.as_str()),
        ),
        (
            "effect",
            or_nothing(&expect.effect),
            decision.effect.effect.map_or(NOTHING, |e| e.as_str()),
        ),
        (
            "effect source",
            expect.effect_source.clone(),
            decision.effect.source.as_str(),
        ),
        (
            "reason",
            or_nothing(&expect.reason),
            reason.as_deref().unwrap_or(NOTHING),
        ),
        (
            "layer",
            expect.layer.clone(),
            layer.as_deref().unwrap_or(NOTHING),
        ),
    ];
    rows.into_iter()
        .filter_map(|(what, want, got)| {
            let want = want.filter(|w| w != got)?;
            Some(format!("{what}: expected {want}, got {got}"))
        })
        .collect()
}

/// The action of a case: its JSON form, and what YAML cannot carry.
fn action(given: &Map<String, Json>) -> Result<Action, String> {
    if let Some(Json::String(text)) = given.get("json") {
        return Action::from_json(text).map_err(|e| e.to_string());
    }
    let mut parts = Vec::new();
    let mut params: Vec<String> = Vec::new();
    for (key, value) in given {
        match (key.as_str(), value) {
            ("params", Json::Object(all)) => params.extend(all.iter().map(pair)),
            ("params_json", Json::String(text)) => {
                let inner = text
                    .trim()
                    .strip_prefix('{')
                    .and_then(|t| t.strip_suffix('}'));
                params.push(inner.unwrap().to_owned());
            }
            ("long", Json::Object(all)) => params.extend(all.iter().map(long)),
            ("floats", _) => {}
            _ => parts.push(pair((key, value))),
        }
    }
    parts.push(format!(r#""params": {{{}}}"#, params.join(", ")));
    let text = format!("{{{}}}", parts.join(", "));
    let mut action = Action::from_json(&text).map_err(|e| e.to_string())?;
    if let Some(Json::Object(floats)) = given.get("floats") {
        for (name, float) in floats {
            let text = match float.as_str().unwrap() {
                "nan" => "NaN",
                "inf" => "Infinity",
                "-inf" => "-Infinity",
                other => panic!("`{other}` is no float"),
            };
            action = action.param(name, Value::Number(Number::parse(text).unwrap()));
        }
    }
    Ok(action)
}

fn pair((key, value): (&String, &Json)) -> String {
    format!("{}: {value}", Json::String(key.clone()))
}

/// A parameter of generated text.
fn long((key, value): (&String, &Json)) -> String {
    let times = usize::try_from(value["times"].as_u64().unwrap()).unwrap();
    let mut text = value["of"].as_str().unwrap().repeat(times);
    text.push_str(value["then"].as_str().unwrap());
    pair((key, &Json::String(text)))
}

/// What decides: one policy, or a hierarchy of them.
enum Engine {
    Policy(Box<Policy>),
    Layers(Box<Layers>),
}

/// A decision and what it stands on.
struct Answer {
    decision: Decision,
    rule: Option<String>,
    reason: Option<String>,
    layer: Option<String>,
}

impl Engine {
    fn of(document: &Document) -> Result<Self, Problems> {
        let load = |text: &str| Policy::load("policy.yaml", text);
        if let Some(text) = &document.policy {
            return Ok(Self::Policy(Box::new(load(text)?)));
        }
        if let Some(layers) = &document.layers {
            let mut layers = layers.iter().map(|(name, text)| (name.as_str(), text));
            let (name, text) = layers.next().unwrap();
            let mut all = Layers::new(name, load(text.as_str().unwrap())?);
            for (name, text) in layers {
                all = all.with(name, load(text.as_str().unwrap())?);
            }
            return Ok(Self::Layers(Box::new(all)));
        }
        let mut parts = Vec::new();
        for text in document.merge.iter().flatten() {
            parts.push(load(text)?.checked().clone());
        }
        let base = parts.remove(0);
        let merged = merge(base, parts);
        Ok(Self::Policy(Box::new(Policy::compile(merged.policy)?)))
    }

    fn decide(&self, action: &Action, at: Moment) -> Answer {
        let (policy, decision, layer) = match self {
            Self::Policy(policy) => (&**policy, policy.decide(action, at), None),
            Self::Layers(layers) => {
                let found = layers.decide(action, at);
                let layer = layers.get(found.layer).unwrap();
                (&layer.policy, found.decision, Some(layer.name.to_string()))
            }
        };
        let rule = match decision.by {
            Decider::Rule(number) => policy.rule(number),
            Decider::Default | Decider::Language => None,
        };
        Answer {
            decision,
            rule: rule.map(|r| r.name.value.to_string()),
            reason: rule.and_then(|r| Some(r.reason.as_ref()?.value.to_string())),
            layer,
        }
    }
}
