//! What is written follows the published schema.

use std::path::Path;

use aegis_audit::sqlite::{Filter, Reader};
use aegis_audit::{Algorithm, Event, Options, Outcome, SqliteStore, Store, canonical};
use jsonschema::Validator;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::samples;

fn schema() -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit-event.schema.json");
    validator(&path)
}

fn validator(path: &Path) -> Validator {
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

fn written(algorithm: Algorithm) -> Vec<Value> {
    let dir = TempDir::new().unwrap();
    let mut options = Options::new().unwrap();
    options.algorithm = Some(algorithm);
    let store = SqliteStore::open(dir.path().join("a.db"), options).unwrap();
    for event in samples::every_kind() {
        store.record(event).unwrap();
    }
    let mut events = Vec::new();
    let reader: Reader = store.reader().unwrap();
    reader
        .walk(&Filter::default(), &mut |record| {
            let text = record.event();
            let event: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(canonical::to_string(&event), text);
            let body: Value = serde_json::from_str(&record.body).unwrap();
            assert_eq!(canonical::to_string(&body), record.body);
            events.push(event);
            true
        })
        .unwrap();
    events
}

#[test]
fn every_event_follows_the_schema() {
    let schema = schema();
    // A copy of AGEF's own schema, for those who have one.
    let agef = std::env::var_os("AGEF_SCHEMA").map(|path| validator(Path::new(&path)));
    for algorithm in [Algorithm::Sha256, Algorithm::Sha3] {
        let events = written(algorithm);
        assert!(events.len() > 30);
        for event in events {
            for schema in [Some(&schema), agef.as_ref()].into_iter().flatten() {
                let errors: Vec<String> = schema
                    .iter_errors(&event)
                    .map(|e| format!("{}: {e}", e.instance_path()))
                    .collect();
                assert!(errors.is_empty(), "{errors:#?}\n{event:#}");
            }
        }
    }
}

#[test]
fn the_schema_refuses_what_is_no_event() {
    let schema = schema();
    let good = written(Algorithm::Sha256).remove(1);
    assert!(schema.is_valid(&good));
    let wrong: [(&str, Value); 9] = [
        ("/event_id", json!("7")),
        ("/event_type", json!("decision")),
        ("/timestamp", json!("yesterday")),
        ("/agef_version", json!("2.0.0")),
        ("/decision/outcome", json!("approved")),
        ("/decision/risk_level", json!("high")),
        ("/metadata/outcome", json!("fine")),
        ("/evidence/hash", json!("md5:00")),
        ("/evidence/sequence_number", json!(-1)),
    ];
    for (pointer, value) in wrong {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer)
            .unwrap_or_else(|| panic!("{pointer}")) = value;
        assert!(!schema.is_valid(&bad), "{pointer}");
    }
    for section in ["action", "decision", "evidence", "metadata"] {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(section);
        assert!(!schema.is_valid(&bad), "{section}");
    }
}

#[test]
fn an_event_without_what_its_type_needs_is_refused() {
    let (_dir, store) = samples::store();
    let nan = aegis_audit::event::Cost {
        estimated_cost_usd: Some(f64::NAN),
        ..Default::default()
    };
    let error = store
        .record(Event::cost_alert(nan, Outcome::OverBudget))
        .unwrap_err();
    insta::assert_snapshot!(error, @"the event cannot be recorded: estimated_cost_usd is NaN; expected a number that is not negative");
}

#[test]
fn secrets_are_taken_out_before_they_are_written() {
    let (dir, store) = samples::store();
    for event in samples::every_kind() {
        store.record(event).unwrap();
    }
    drop(store);
    let mut files = 0;
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        files += 1;
        for secret in ["hunter2", "abcdefghijklmnop", "sk-ant-aaaa"] {
            let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!found, "{secret}");
        }
        assert!(bytes.windows(10).any(|w| w == b"max_tokens"));
    }
    assert!(files > 0);
}

#[test]
fn a_very_long_event_keeps_what_identifies_it() {
    let (_dir, store) = samples::store();
    let long = "x".repeat(3 << 20);
    let action = samples::action(json!({ "text": long }));
    let receipt = store
        .record(Event::entry(Outcome::Succeeded).action(action))
        .unwrap();
    let record = store
        .reader()
        .unwrap()
        .find(&receipt.sequence.to_string())
        .unwrap()
        .unwrap();
    let event: Value = serde_json::from_str(&record.event()).unwrap();
    assert!(schema().is_valid(&event));
    assert!(
        event["action"]["params"]["left_out"]["bytes"]
            .as_u64()
            .unwrap()
            > 3 << 20
    );
    let name = "y".repeat(2 << 20);
    let error = store
        .record(Event::entry(Outcome::Succeeded).session(name))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the event cannot be recorded: it is 2097"),
        "{error}"
    );
}
