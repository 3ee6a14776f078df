//! Makes the reference set from the vocabulary and the catalogue. `AEGIS_BLESS=1` writes the file,
//! which is only right together with a new version once one has been published.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use aegis_policy::action::Hints;
use aegis_policy::effect;
use aegis_policy::name::canonical;
use serde_json::Value;

use super::*;
use crate::search::vocabulary::{self, is_critical};

/// Words without which a published tool is not taken for one that runs something: much is called
/// executing that only makes a text.
const RUNS: &[&str] = &[
    "exec", "run", "shell", "command", "sql", "code", "eval", "invoke", "kill", "script",
    "terminal", "python", "start", "launch", "trigger", "call", "aws", "kubectl", "request",
    "process", "apex",
];

fn line(effect: Effect, form: Form, secret: bool, name: &str) -> String {
    let (effect, _) = EFFECTS.iter().find(|(_, e)| *e == effect).expect("effect");
    let form = match (form, secret) {
        (Form::Verb, false) => 'v',
        (Form::Verb, true) => 'V',
        (Form::Real, false) => 'r',
        (Form::Real, true) => 'R',
        (Form::Affixed, _) => 'a',
        (Form::Dialect, _) => 'd',
    };
    format!("{}{form}\t{name}\n", char::from(*effect))
}

fn engine(name: &str) -> Option<Effect> {
    effect::find(&canonical(name), None, Hints::default()).effect
}

/// The words that affixes and dialects are made from: verbs of the synonym groups.
fn common_verbs() -> impl Iterator<Item = (&'static str, Effect)> {
    let all = vocabulary::verbs().iter();
    all.filter(|verb| vocabulary::synonyms(verb).contains(&verb.text))
        .filter(|verb| verb.effect != Effect::Read)
        .map(|verb| (verb.text, verb.effect))
}

fn set() -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "# {VERSION}: effect, form, name. Effects: r read, w write, d delete, x execute, s send, p pay, o deploy, g privilege, e exfiltrate."
    );
    text.push_str("# Forms: v verb, r published tool (capital: reads secrets), a affixed, d dialect. Made by a test; see search/reference.rs.\n");
    let mut seen = BTreeSet::new();
    let mut add = |text: &mut String, name: &str, effect: Effect, form: Form, secret: bool| {
        if engine(name) == Some(effect) && seen.insert(canonical(name).into_owned()) {
            text.push_str(&line(effect, form, secret, name));
        }
    };
    for verb in vocabulary::verbs() {
        let critical = is_critical(verb.effect);
        let reads = verb.effect == Effect::Read;
        if verb.sure && (verb.grave || !critical) {
            add(&mut text, verb.text, verb.effect, Form::Verb, reads);
        }
    }
    let catalogue: Value = serde_json::from_str(aegis_policies::REAL_TOOLS).expect("JSON");
    for tool in catalogue["tools"].as_array().expect("tools") {
        let text_of = |key: &str| tool[key].as_str().unwrap_or_default();
        let name = text_of("tool");
        let grave = matches!(text_of("severity"), "high" | "critical");
        let Some(effect) = engine(name) else { continue };
        // Where the catalogue only supposes, or knows better than the words, the name says little.
        let agrees = text_of("effect") == effect.as_str() && text_of("basis") != "default_read";
        let lower = name.to_ascii_lowercase();
        let vague = effect == Effect::Execute && !RUNS.iter().any(|word| lower.contains(word));
        if !agrees || !name.is_ascii() || (is_critical(effect) && !grave) || vague {
            continue;
        }
        let secret = effect == Effect::Read && is_secret(name);
        add(&mut text, name, effect, Form::Real, secret);
    }
    for (verb, effect) in common_verbs() {
        for name in [
            format!("bulk_{verb}"),
            format!("force_{verb}"),
            format!("async_{verb}"),
            format!("{verb}_all"),
            format!("{verb}_many"),
            format!("{verb}_v2"),
        ] {
            add(&mut text, &name, effect, Form::Affixed, false);
        }
    }
    for (verb, effect) in common_verbs() {
        for name in [
            format!("{verb}-record"),
            format!("{verb}Record"),
            format!("record_{verb}"),
            format!("mcp__server__{verb}_record"),
        ] {
            add(&mut text, &name, effect, Form::Dialect, false);
        }
    }
    text
}

#[test]
fn the_reference_set_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reference/probe-ref-1.tsv");
    let want = set();
    if std::env::var_os("AEGIS_BLESS").is_some() {
        std::fs::write(path, &want).expect("writable");
    }
    let have = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        have == want,
        "{path} is stale: run `AEGIS_BLESS=1 cargo test`"
    );
}

#[test]
fn every_line_is_read_and_the_engine_agrees() {
    let lines = TEXT.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(lines, entries().len());
    assert!(lines > 3_000, "{lines}");
    for entry in entries() {
        assert_eq!(engine(entry.name), Some(entry.effect), "{}", entry.name);
    }
    for effect in Effect::ALL {
        let of = |form| {
            let mut all = entries().iter();
            all.any(|e| e.effect == *effect && e.form == form)
        };
        assert!(of(Form::Verb) && of(Form::Real), "{effect:?}");
    }
}
