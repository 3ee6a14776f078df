//! The schemas accept what the check accepts, and refuse what it refuses as far as a schema can say
//! it.

use aegis_policy::schema;
use serde_json::Value;

use crate::read;

fn validator(schema: &Value) -> jsonschema::Validator {
    assert!(
        jsonschema::meta::is_valid(schema),
        "a schema of draft 2020-12"
    );
    jsonschema::draft202012::new(schema).unwrap()
}

/// YAML without anchors as JSON, by way of the reader that knows what is text.
fn json(yaml: &str) -> Value {
    serde_json::from_str(&aegis_policy_json(yaml)).unwrap()
}

/// The policy's own YAML is written so that every reader takes it for the same, so a plain reader
/// does here.
fn aegis_policy_json(yaml: &str) -> String {
    let value: Value = serde_saphyr::from_str(yaml).unwrap();
    value.to_string()
}

#[test]
fn policies_and_suites_of_the_repository_are_valid() {
    let (policy, suite) = (validator(&schema::policy()), validator(&schema::suite()));
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/policy.md")).unwrap();
    let mut texts: Vec<String> = page
        .split("```yaml\n")
        .skip(1)
        .map(|part| part.split("```").next().unwrap().to_owned())
        .collect();
    for folder in ["policies/templates", "crates/aegis-policy/tests/front"] {
        let Ok(files) = std::fs::read_dir(root.join(folder)) else {
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|e| e == "yaml") {
                texts.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    assert!(texts.len() >= 2);
    for text in texts {
        let value = json(&text);
        let which = if value.get("cases").is_some() {
            &suite
        } else {
            &policy
        };
        let errors: Vec<String> = which.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{text}");
        if value.get("cases").is_none() {
            assert!(read(&text).is_ok(), "{text}");
        }
    }
}

#[test]
fn what_the_check_refuses_the_schema_refuses() {
    let policy = validator(&schema::policy());
    for rule in [
        "{ nmae: a }",
        "{ name: 5 }",
        "{ name: [a] }",
        "{ name: \"\" }",
        "{ match: [a] }",
        "{ match: { typ: x } }",
        "{ match: { type: 5 } }",
        "{ match: { type: [] } }",
        "{ match: { type: \"\" } }",
        "{ match: { type: { a: b } } }",
        "{ match: { effect: raed } }",
        "{ match: { effect: [read, Write] } }",
        "{ conditions: {} }",
        "{ conditions: { time_after: \"24:00\" } }",
        "{ conditions: { time_after: 5 } }",
        "{ conditions: { weekdays: [0] } }",
        "{ conditions: { weekdays: [] } }",
        "{ conditions: { weekdays: 1 } }",
        "{ conditions: { param_gt: { a: \"5\" } } }",
        "{ conditions: { param_gt: {} } }",
        "{ conditions: { param_contains: { a: null } } }",
        "{ conditions: { param_contains: { a: [[1]] } } }",
        "{ conditions: { param_matches: { a: 5 } } }",
        "{ conditions: { param_present: [] } }",
        "{ conditions: { semantic: 5 } }",
        "{ risk_level: High }",
        "{ approval: deny }",
        "{ approval: [auto] }",
        "{ reason: 5 }",
        "{}",
    ] {
        let text = format!("rules: [{rule}]");
        assert!(read(&text).is_err(), "the check: {text}");
        assert!(!policy.is_valid(&json(&text)), "the schema: {text}");
    }
    for text in [
        "version: 2",
        "version: \"2\"",
        "ruels: []",
        "rules: {}",
        "defaults: {}",
        "defaults: { risk: low }",
        "timezone: 5",
        "{}",
    ] {
        assert!(read(text).is_err(), "the check: {text}");
        assert!(!policy.is_valid(&json(text)), "the schema: {text}");
    }
}

#[test]
fn what_the_check_accepts_the_schema_accepts() {
    let policy = validator(&schema::policy());
    for text in [
        "version: 1",
        "version: \"1\"",
        "rules: []",
        "rules: [{ match: {} }]",
        "rules: [{ name: a, match: { type: [a, b], target: x, effect: [read, pay] }, reason: why }]",
        "rules: [{ conditions: { param_eq: { a: null, b: [1, { c: [] }] }, param_contains: { a: [1, x, true] } } }]",
        "rules: [{ conditions: { time_after: \"23:59:59\", weekdays: [7, 1], param_present: a, param_missing: [b] } }]",
        "rules: [{ conditions: { param_gt: { a: 1e3, \"b.*.c\": -0.5 }, semantic: x } }]",
    ] {
        assert!(read(text).is_ok(), "the check: {text}");
        let value = json(text);
        let errors: Vec<String> = policy.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{text}: {errors:#?}");
    }
}
