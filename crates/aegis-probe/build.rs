//! Makes the tables of `src/search/vocabulary.rs` from the reference data on tool names when Aegis
//! is built: a bad entry stops the build, and a start costs no JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use serde::Deserialize;

/// In the order of `Effect::ALL`.
const EFFECTS: [&str; 9] = [
    "read",
    "write",
    "delete",
    "execute",
    "send",
    "pay",
    "deploy",
    "privilege",
    "exfiltrate",
];

#[derive(Deserialize)]
struct Vocabulary {
    verbs: Vec<Verb>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Verb {
    verb: String,
    effect: String,
    severity: String,
    #[serde(rename = "use", default = "verb")]
    used: String,
}

#[derive(Deserialize)]
struct Target {
    cls: String,
    names: Vec<String>,
}

fn verb() -> String {
    "verb".to_owned()
}

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=build.rs");
    let out = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("vocabulary.rs");
    let written = tables().and_then(|text| {
        fs::write(&out, text).map_err(|e| format!("cannot write {}: {e}", out.display()))
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            println!("cargo:error={e}");
            ExitCode::FAILURE
        }
    }
}

fn tables() -> Result<String, String> {
    let vocabulary: Vocabulary = serde_json::from_str(aegis_policies::VOCABULARY)
        .map_err(|e| format!("policies/reference/vocabulary.json: {e}"))?;
    let mut text = String::new();
    write_verbs(&mut text, vocabulary.verbs)?;
    write_targets(&mut text, &vocabulary.targets);
    Ok(text)
}

/// The verbs by their letters, sorted; those of several words are left to the engine.
fn write_verbs(text: &mut String, verbs: Vec<Verb>) -> Result<(), String> {
    let mut rows = BTreeMap::new();
    for verb in verbs {
        if !verb.verb.bytes().all(|b| b.is_ascii_alphanumeric()) {
            continue;
        }
        if !EFFECTS.contains(&verb.effect.as_str()) {
            return Err(format!(
                "`{}` of `{}` is not an effect",
                verb.effect, verb.verb
            ));
        }
        let sure = matches!(verb.used.as_str(), "verb" | "both");
        let only = verb.used == "verb";
        let grave = matches!(verb.severity.as_str(), "critical" | "high");
        rows.insert(
            verb.verb.to_ascii_lowercase(),
            (verb.effect, sure, only, grave),
        );
    }
    let _ = writeln!(text, "static VERBS: [Verb; {}] = [", rows.len());
    for (verb, (effect, sure, only, grave)) in rows {
        let (first, rest) = effect.split_at(1);
        let effect = format!("Effect::{}{rest}", first.to_ascii_uppercase());
        let _ = writeln!(
            text,
            "Verb {{ text: {verb:?}, effect: {effect}, sure: {sure}, only: {only}, grave: {grave} }},"
        );
    }
    text.push_str("];\n");
    Ok(())
}

fn write_targets(text: &mut String, targets: &[Target]) {
    let _ = writeln!(
        text,
        "pub(crate) static TARGETS: [TargetClass; {}] = [",
        targets.len()
    );
    for target in targets {
        let _ = writeln!(
            text,
            "TargetClass {{ name: {:?}, names: &{:?} }},",
            target.cls, target.names
        );
    }
    text.push_str("];\n");
}
