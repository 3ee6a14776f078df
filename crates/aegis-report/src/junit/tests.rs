//! What CI systems ask of a report.

use aegis_diag::Report;
use roxmltree::{Document, Node};

use super::*;
use crate::samples::{gate, report};

/// See `tests/data/README.md`.
const SCHEMA: &str = include_str!("../../tests/data/junit-10.xsd");

/// The declaration of an element: what may stand in it and which attributes it has. This reads as
/// much of XML Schema as that schema uses for these elements: references to elements, attributes,
/// `use="required"`, mixed content.
struct Declared<'a> {
    children: Vec<&'a str>,
    attributes: Vec<(&'a str, bool)>,
    text: bool,
}

fn declared<'a>(schema: &'a Document<'a>, name: &str) -> Declared<'a> {
    let element = schema
        .root_element()
        .children()
        .find(|n| {
            n.has_tag_name(("http://www.w3.org/2001/XMLSchema", "element"))
                && n.attribute("name") == Some(name)
        })
        .unwrap_or_else(|| panic!("no element `{name}` in the schema"));
    let all = |tag: &'static str| {
        element
            .descendants()
            .filter(move |n| n.tag_name().name() == tag)
    };
    Declared {
        children: all("element").filter_map(|n| n.attribute("ref")).collect(),
        attributes: all("attribute")
            .map(|n| {
                (
                    n.attribute("name").unwrap(),
                    n.attribute("use") == Some("required"),
                )
            })
            .collect(),
        text: all("complexType").any(|n| n.attribute("mixed") == Some("true")),
    }
}

fn check(schema: &Document<'_>, node: Node<'_, '_>) {
    let name = node.tag_name().name();
    let declared = declared(schema, name);
    for attribute in node.attributes() {
        let known = declared
            .attributes
            .iter()
            .any(|(n, _)| *n == attribute.name());
        assert!(known, "<{name}> has no attribute `{}`", attribute.name());
    }
    for (attribute, required) in &declared.attributes {
        assert!(
            !required || node.has_attribute(*attribute),
            "<{name}> lacks `{attribute}`"
        );
    }
    for child in node.children() {
        if child.is_element() {
            let tag = child.tag_name().name();
            assert!(declared.children.contains(&tag), "<{tag}> in <{name}>");
            check(schema, child);
        } else {
            let blank = child.text().unwrap_or("").trim().is_empty();
            assert!(blank || declared.text, "text in <{name}>");
        }
    }
}

/// The report, checked: valid, and its counts are those of its cases.
fn checked(report: &Report) -> String {
    let out = render(report, &Options::default());
    let document = Document::parse(&out).unwrap_or_else(|e| panic!("{e}\n{out}"));
    let schema = Document::parse(SCHEMA).unwrap();
    check(&schema, document.root_element());
    for suite in document
        .descendants()
        .filter(|n| n.has_tag_name("testsuite"))
    {
        let number = |name: &str| suite.attribute(name).unwrap().parse::<usize>().unwrap();
        let count = |name: &str| suite.descendants().filter(|n| n.has_tag_name(name)).count();
        assert_eq!(number("tests"), count("testcase"));
        assert_eq!(number("failures"), count("failure"));
        assert_eq!(number("errors"), count("error"));
        assert_eq!(number("skipped"), count("skipped"));
    }
    out
}

#[test]
fn call_sites_are_cases_and_findings_their_failures() {
    insta::assert_snapshot!(checked(&report()));
}

#[test]
fn the_checks_of_a_gate_are_a_suite_and_policies_have_cases() {
    let out = checked(&gate());
    let document = Document::parse(&out).unwrap();
    let suites: Vec<_> = document
        .descendants()
        .filter(|n| n.has_tag_name("testsuite"))
        .map(|n| n.attribute("name").unwrap().to_owned())
        .collect();
    assert_eq!(suites.first().map(String::as_str), Some("gate"));
    assert!(suites.iter().any(|s| s == "policy.yaml"), "{suites:?}");
    assert!(out.contains("reproduce: "), "{out}");
}

#[test]
fn equal_calls_in_one_function_have_names_of_their_own() {
    let mut report = report();
    let again = report.sites[0].clone();
    report.sites.push(again);
    let out = checked(&report);
    assert!(out.contains("in desk.agent:answer #2\""), "{out}");
}

#[test]
fn hostile_text_leaves_the_document_valid() {
    let mut report = report();
    let evil = "]]>&<x a=\"b\">\u{1b}\u{0}\r\n\u{ffff}'";
    report.findings[0].message = evil.into();
    report.findings[0].notes = vec![evil.into()];
    report.sites[1].scope = evil.into();
    report.skipped[0].path = evil.into();
    report.suppressed[0].reason = Some(evil.into());
    checked(&report);
}

#[test]
fn an_empty_report_is_valid_too() {
    insta::assert_snapshot!(checked(&Report::default()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="aegis" tests="0" failures="0" errors="0" time="0.000">
    </testsuites>
    "#);
}
