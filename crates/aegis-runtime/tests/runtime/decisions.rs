//! `fixtures/decisions/` through the whole runtime: what the policy says is what happens.
//!
//! Every case is run with an approver that says no: an automatic action must run, one to approve
//! must be asked about and not run, a blocked one must not even be asked about.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::layers::Layers;
use aegis_policy::merge::merge;
use aegis_policy::policy::Policy;
use aegis_policy::value::{Number, Value};
use aegis_runtime::approval::{Callback, Request, Verdict};
use aegis_runtime::clock::ManualClock;
use aegis_runtime::{Outcome, Record, Rules, Runtime};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

use crate::support::{Counting, Memory};

/// A folder that lost its cases must not pass.
const CASES: usize = 650;
/// The moment of a case that names none, a Monday.
const NOON: &str = "2026-01-05T12:00:00Z";

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

/// What the runtime can show of what is laid down; the policy's own tests look at the rest.
#[derive(Deserialize)]
struct Expect {
    approval: Option<String>,
    risk: Option<String>,
    #[serde(default, deserialize_with = "written")]
    rule: Option<Option<String>>,
    by: Option<String>,
    layer: Option<String>,
    #[serde(default)]
    refused: bool,
}

fn written<'de, D: Deserializer<'de>>(de: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(de).map(Some)
}

#[tokio::test]
async fn every_case_happens_as_laid_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/decisions");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    paths.sort();
    let (mut count, mut wrong) = (0, String::new());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
        let documents: Vec<Document> =
            serde_saphyr::from_multiple_with_options(&text, options).unwrap();
        for document in documents {
            for case in &document.cases {
                count += 1;
                for difference in run(&document, case).await {
                    let _ = writeln!(wrong, "{}: {}: {difference}", path.display(), case.name);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count >= CASES, "only {count} cases");
}

async fn run(document: &Document, case: &Case) -> Vec<String> {
    let action = match (action(&case.action), case.expect.refused) {
        (Ok(action), false) => action,
        (Err(_), true) => return Vec::new(),
        (read, _) => return vec![format!("reading the action gave {read:?}")],
    };
    let (executor, store) = (Counting::ok(), Memory::default());
    let asked = Arc::new(AtomicU32::new(0));
    let asking = Arc::clone(&asked);
    let at = Moment::parse(case.at.as_deref().unwrap_or(NOON)).unwrap();
    let runtime = Runtime::builder()
        .policy(rules(document))
        .executor(executor.clone())
        .audit(store.clone())
        .clock(Arc::new(ManualClock::new(at)))
        .approver(Callback(move |request: Request| {
            asking.fetch_add(1, Ordering::SeqCst);
            async move { Ok(request.answer(Verdict::No, "a person")) }
        }))
        .build()
        .unwrap();
    let record = runtime.run_one(action).await;
    let happened = (
        executor.count(),
        asked.load(Ordering::SeqCst),
        store.results(),
    );
    compare(case, &record, &happened)
}

fn compare(case: &Case, record: &Record, happened: &(u32, u32, Vec<&str>)) -> Vec<String> {
    let decided = record.decided();
    let ended = match record.outcome() {
        Outcome::Done { .. } => "auto",
        Outcome::Denied(_) => "approve",
        Outcome::Blocked => "block",
        _ => "something else",
    };
    let words = match ended {
        "auto" => (1, 0, vec!["allowed", "succeeded"]),
        "approve" => (0, 1, vec!["escalated", "escalated", "denied"]),
        _ => (0, 0, vec!["blocked"]),
    };
    let mut out = Vec::new();
    let mut same = |what: &str, want: Option<&str>, got: &str| {
        if let Some(want) = want.filter(|want| *want != got) {
            out.push(format!("{what}: expected {want}, got {got}"));
        }
    };
    let expect = &case.expect;
    same("approval", expect.approval.as_deref(), ended);
    same("risk", expect.risk.as_deref(), decided.risk().as_str());
    same(
        "layer",
        expect.layer.as_deref(),
        decided.layer().unwrap_or("nothing"),
    );
    let rule = expect
        .rule
        .as_ref()
        .map(|rule| rule.as_deref().unwrap_or("nothing"));
    same(
        "rule",
        rule,
        decided.rule().map_or("nothing", |rule| &*rule.name.value),
    );
    let by = match decided.decision().by {
        Decider::Rule(_) => "rule",
        Decider::Default => "defaults",
        Decider::Language => "language",
    };
    same("decided by", expect.by.as_deref(), by);
    if *happened != words {
        out.push(format!("{ended}, and what happened is {happened:?}"));
    }
    out
}

fn rules(document: &Document) -> Rules {
    let load = |text: &str| Policy::load("policy.yaml", text).unwrap();
    if let Some(text) = &document.policy {
        return load(text).into();
    }
    if let Some(layers) = &document.layers {
        let mut layers = layers
            .iter()
            .map(|(name, text)| (name.as_str(), load(text.as_str().unwrap())));
        let (name, first) = layers.next().unwrap();
        return layers
            .fold(Layers::new(name, first), |all, (name, layer)| {
                all.with(name, layer)
            })
            .into();
    }
    let texts = document.merge.iter().flatten();
    let mut parts: Vec<_> = texts.map(|text| load(text).checked().clone()).collect();
    let base = parts.remove(0);
    Policy::compile(merge(base, parts).policy).unwrap().into()
}

/// The action of a case: its JSON form, and what YAML cannot carry.
fn action(given: &Map<String, Json>) -> Result<Action, String> {
    if let Some(Json::String(text)) = given.get("json") {
        return Action::from_json(text).map_err(|e| e.to_string());
    }
    let (mut parts, mut params) = (Vec::new(), Vec::new());
    for (key, value) in given {
        match (key.as_str(), value) {
            ("params", Json::Object(all)) => params.extend(all.iter().map(|(k, v)| pair(k, v))),
            ("params_json", Json::String(text)) => {
                let inner = text
                    .trim()
                    .strip_prefix('{')
                    .and_then(|t| t.strip_suffix('}'));
                params.push(inner.unwrap().to_owned());
            }
            ("long", Json::Object(all)) => params.extend(all.iter().map(|(k, v)| long(k, v))),
            ("floats", _) => {}
            _ => parts.push(pair(key, value)),
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

fn pair(key: &str, value: &Json) -> String {
    format!("{}: {value}", Json::String(key.to_owned()))
}

/// A parameter of generated text.
fn long(key: &str, value: &Json) -> String {
    let times = usize::try_from(value["times"].as_u64().unwrap()).unwrap();
    let text = value["of"].as_str().unwrap().repeat(times) + value["then"].as_str().unwrap();
    pair(key, &Json::String(text))
}
