//! What the specification asks of a bill of materials.

use std::collections::BTreeSet;

use aegis_diag::Report;
use serde_json::Value;

use super::*;
use crate::samples::{gate, report};

/// See `tests/data/README.md`.
const SCHEMA: &str = include_str!("../../tests/data/cyclonedx-bom-1.6.schema.json");
const LICENCES: &str = include_str!("../../tests/data/cyclonedx-spdx.schema.json");
const SIGNATURES: &str = include_str!("../../tests/data/cyclonedx-jsf-0.82.schema.json");

fn options() -> Options {
    Options {
        root: "apps".into(),
        tool_version: "1.2.3".into(),
        packages: [
            ("openai".into(), "openai".into()),
            ("langchain_core".into(), "langchain_Core".into()),
        ]
        .into(),
        ..Options::default()
    }
}

fn validator() -> jsonschema::Validator {
    let json = |text| serde_json::from_str::<Value>(text).unwrap();
    let with = |name: &str, text| {
        (
            format!("http://cyclonedx.org/schema/{name}.schema.json"),
            jsonschema::Resource::from_contents(json(text)),
        )
    };
    let registry = jsonschema::Registry::new()
        .extend([with("spdx", LICENCES), with("jsf-0.82", SIGNATURES)])
        .unwrap()
        .prepare()
        .unwrap();
    jsonschema::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .build(&json(SCHEMA))
        .unwrap()
}

/// The bill, checked: valid, and all that it refers to is there once.
fn checked(report: &Report, options: &Options) -> Value {
    let bom: Value = serde_json::from_str(&render(report, options)).unwrap();
    let validator = validator();
    let errors: Vec<_> = validator
        .iter_errors(&bom)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let list = |key: &str| bom[key].as_array().unwrap().clone();
    let mut refs = BTreeSet::from([PROGRAM.to_owned()]);
    for part in list("components").iter().chain(&list("services")) {
        assert!(
            refs.insert(part["bom-ref"].as_str().unwrap().to_owned()),
            "{part}"
        );
    }
    for dependency in list("dependencies") {
        assert!(
            refs.contains(dependency["ref"].as_str().unwrap()),
            "{dependency}"
        );
        for on in dependency["dependsOn"].as_array().into_iter().flatten() {
            assert!(refs.contains(on.as_str().unwrap()), "{on}");
        }
    }
    bom
}

#[test]
fn a_report_is_a_valid_bill_of_materials() {
    checked(&report(), &options());
    insta::assert_snapshot!(render(&report(), &options()));
}

#[test]
fn the_check_is_one() {
    let mut bom: Value = serde_json::from_str(&render(&gate(), &options())).unwrap();
    bom["components"][0]["evidence"]["occurrences"][0]["line"] = "7".into();
    assert!(!validator().is_valid(&bom));
}

#[test]
fn an_empty_report_and_one_with_a_score_are_valid_too() {
    let empty = checked(&Report::default(), &Options::default());
    assert_eq!(empty["components"], serde_json::json!([]));
    assert_eq!(empty["compositions"][0]["aggregate"], "unknown");
    let scored = checked(&gate(), &options());
    let properties = scored["metadata"]["properties"].as_array().unwrap();
    let score = properties
        .iter()
        .find(|p| p["name"] == "aegis:score")
        .unwrap();
    assert_eq!(score["value"], "58");
    assert_eq!(scored["compositions"][0]["aggregate"], "incomplete");
}

#[test]
fn equal_tools_are_two_and_every_call_site_is_an_occurrence() {
    let mut report = report();
    let tool = report.sites[2].clone();
    report.sites.push(tool);
    let bom = checked(&report, &options());
    let occurrences: usize = bom["components"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["type"] == "library")
        .map(|c| c["evidence"]["occurrences"].as_array().unwrap().len())
        .sum();
    assert_eq!(occurrences, 4);
}

#[test]
fn models_that_calls_name_are_components_with_their_calls() {
    let bom = checked(&report(), &options());
    let components = bom["components"].as_array().unwrap();
    let model = components
        .iter()
        .find(|c| c["type"] == "machine-learning-model")
        .unwrap();
    assert_eq!(
        (&model["name"], &model["bom-ref"]),
        (&"gpt-5".into(), &"model:openai:gpt-5".into())
    );
    let place = &model["evidence"]["occurrences"][0];
    assert_eq!(
        (&place["location"], &place["line"]),
        (&"apps/desk/agent.py".into(), &7.into())
    );
}

#[test]
fn the_serial_number_is_one_of_the_content() {
    let number = |report: &Report| checked(report, &options())["serialNumber"].clone();
    let (same, mut other) = (report(), report());
    other.sites.pop();
    assert_eq!(number(&same), number(&report()));
    assert_ne!(number(&same), number(&other));
}

#[test]
fn the_longest_import_path_tells_the_package() {
    let mut options = options();
    options
        .packages
        .insert("google.genai".into(), "google-genai".into());
    options.packages.insert("google".into(), "protobuf".into());
    assert_eq!(
        package("google.genai.Client.models.generate", &options),
        Some("google-genai")
    );
    assert_eq!(package("google.other.X", &options), Some("protobuf"));
    assert_eq!(package("nothing.known", &options), None);
    assert_eq!(normal("Ruamel.Yaml_x"), "ruamel-yaml-x");
}

#[test]
fn hostile_names_leave_it_valid() {
    let mut report = gate();
    let evil = "x\"}\u{1b}\u{202e}\n<b>\u{0}";
    report.sites[2].tool.as_mut().unwrap().name = Some(evil.into());
    report.sites[2].tool.as_mut().unwrap().description = Some(evil.into());
    report.sites[0].framework = evil.into();
    report.sites[0].provider = evil.into();
    checked(&report, &options());
}
