//! JSON Schemas (draft 2020-12) of policies and of test suites, for editors and other tools.
//!
//! They are made from the tables that the reader works with, so what they refuse is refused, and
//! what they explain is meant. What a schema cannot say (that a time is quoted, that a pattern is
//! well formed, that names are unique) is left to the check.

use serde_json::{Map, Value, json};

use crate::keys::{Key, Operand, POLICY, SUITE, Shape, Table, Words};

/// The schema of a policy.
#[must_use]
pub fn policy() -> Value {
    document(&POLICY, "Aegis policy", "policy.schema.json")
}

/// The schema of a test suite.
#[must_use]
pub fn suite() -> Value {
    document(&SUITE, "Aegis test suite", "policy.test.schema.json")
}

fn document(root: &'static Table, title: &str, file: &str) -> Value {
    let mut out = Map::new();
    let id = format!("https://raw.githubusercontent.com/Acacian/aegis/main/docs/{file}");
    out.insert(
        "$schema".into(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    out.insert("$id".into(), json!(id));
    out.insert("title".into(), json!(title));
    out.extend(object(root));
    let below: Map<String, Value> = root
        .all()
        .iter()
        .skip(1)
        .map(|table| (table.name.to_owned(), Value::Object(object(table))))
        .collect();
    out.insert("$defs".into(), Value::Object(below));
    Value::Object(out)
}

fn object(table: &Table) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("type".into(), json!("object"));
    out.insert("additionalProperties".into(), json!(false));
    if !table.may_be_empty {
        out.insert("minProperties".into(), json!(1));
    }
    let required: Vec<&str> = table
        .keys
        .iter()
        .filter(|k| k.required)
        .map(|k| k.name)
        .collect();
    if !required.is_empty() {
        out.insert("required".into(), json!(required));
    }
    let properties: Map<String, Value> = table
        .keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    out.insert("properties".into(), Value::Object(properties));
    out
}

fn property(key: &Key) -> Value {
    let mut out = Map::new();
    out.insert("description".into(), json!(description(key)));
    out.extend(shape(key.shape));
    Value::Object(out)
}

fn description(key: &Key) -> String {
    let mut text = format!("{}.", key.doc);
    if let Shape::Word(words) | Shape::Words(words) = key.shape {
        for word in words.list {
            text.push_str(&format!("\n- `{}`: {}", word.word, word.doc));
        }
    }
    text.push_str(&format!("\n\nExample: `{}: {}`", key.name, key.example));
    text
}

fn shape(shape: Shape) -> Map<String, Value> {
    let schema = match shape {
        Shape::Version => json!({ "enum": [1, "1"] }),
        Shape::Word(words) => word(words),
        Shape::Words(words) => one_or_more(word(words)),
        Shape::Zone | Shape::Text | Shape::File => text(),
        Shape::Name => name(),
        Shape::NameOrNull => json!({ "oneOf": [name(), { "type": "null" }] }),
        Shape::Verbatim => json!({ "type": "string" }),
        Shape::Patterns | Shape::Paths => one_or_more(text()),
        Shape::Time => json!({
            "type": "string",
            "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$",
        }),
        Shape::Weekdays => json!({
            "type": "array",
            "minItems": 1,
            "items": { "type": "integer", "minimum": 1, "maximum": 7 },
        }),
        Shape::Params(o) => json!({
            "type": "object",
            "minProperties": 1,
            "additionalProperties": operand(o),
        }),
        Shape::Table(table) => json!({ "$ref": reference(table) }),
        Shape::Tables(table) => json!({ "type": "array", "items": { "$ref": reference(table) } }),
        Shape::Object => json!({ "type": "object" }),
        Shape::Moment => json!({ "type": "string", "format": "date-time" }),
        Shape::Flag => json!({ "type": "boolean" }),
    };
    match schema {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn operand(operand: Operand) -> Value {
    match operand {
        Operand::Value => json!(true),
        Operand::Number => json!({ "type": "number" }),
        Operand::Contains => one_or_more(json!({
            "type": ["string", "number", "boolean"],
            "minLength": 1,
        })),
        Operand::Regex => text(),
    }
}

fn reference(table: &Table) -> String {
    format!("#/$defs/{}", table.name)
}

fn word(words: &Words) -> Value {
    json!({ "enum": words.words() })
}

fn text() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

fn name() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 200 })
}

#[expect(clippy::needless_pass_by_value, reason = "a value made in place")]
fn one_or_more(item: Value) -> Value {
    json!({ "oneOf": [item, { "type": "array", "minItems": 1, "items": item }] })
}
