//! Policies built in code say what their YAML says.

use aegis_policy::builder::PolicyBuilder;
use aegis_policy::model::{Approval, Effect, Risk};
use aegis_policy::value::{Number, Value};

use crate::{checked, seen};

#[test]
fn a_built_policy_is_what_its_yaml_says() {
    let built = PolicyBuilder::new()
        .timezone("Europe/Berlin")
        .default_risk(Risk::High)
        .default_approval(Approval::Block)
        .rule("read_safe")
        .on_type("read*")
        .risk(Risk::Low)
        .auto()
        .rule("no_deletes")
        .on_type("delete*")
        .on_type("drop*")
        .on_target("prod/*")
        .on_agent("bot-?")
        .on_effect(Effect::Delete)
        .param_gt("count", 100)
        .param_lte("price.total", 9.5)
        .param_eq("currency", "EUR")
        .param_eq("n", 18_446_744_073_709_551_615_u64)
        .param_contains("tags", "internal")
        .param_contains("tags", 5)
        .param_matches("path", r"^/etc/\w+")
        .param_present("to")
        .param_missing("cc")
        .param_missing("a\\.b")
        .time_after("22:00")
        .time_before("06:00")
        .weekdays([1, 5])
        .semantic("mentions password")
        .risk(Risk::Critical)
        .block()
        .reason("nothing is deleted: \"never\"")
        .build()
        .unwrap();
    let written = checked(
        r#"
version: "1"
timezone: Europe/Berlin
defaults: { risk_level: high, approval: block }
rules:
  - name: read_safe
    match: { type: "read*" }
    risk_level: low
    approval: auto
  - name: no_deletes
    match:
      type: ["delete*", "drop*"]
      target: "prod/*"
      agent: "bot-?"
      effect: delete
    conditions:
      time_after: "22:00"
      time_before: "06:00"
      weekdays: [1, 5]
      param_eq: { currency: EUR, n: 18446744073709551615 }
      param_gt: { count: 100 }
      param_lte: { price.total: 9.5 }
      param_contains: { tags: [internal, 5] }
      param_matches: { path: '^/etc/\w+' }
      param_present: to
      param_missing: [cc, 'a\.b']
      semantic: mentions password
    risk_level: critical
    approval: block
    reason: 'nothing is deleted: "never"'
"#,
    );
    assert_eq!(built.to_yaml(), written.to_yaml());
    assert_eq!(checked(&built.to_yaml()).to_yaml(), built.to_yaml());
}

#[test]
fn a_rule_may_be_as_short_as_a_written_one() {
    let built = PolicyBuilder::new()
        .rule("asks")
        .on_type("x")
        .build()
        .unwrap();
    assert_eq!(built.rules()[0].approval.value, Approval::Approve);
    assert_eq!(built.rules()[0].risk.value, Risk::Medium);
    assert_eq!(built.warnings()[0].code, "no-approval");
    let none = PolicyBuilder::new().build().unwrap();
    assert_eq!(
        none.to_yaml(),
        "version: \"1\"\ndefaults: { risk_level: medium, approval: approve }\n"
    );
}

#[test]
fn mistakes_are_collected_and_point_into_the_yaml() {
    let problems = PolicyBuilder::new()
        .timezone("Nowhere")
        .rule("a")
        .on_type("read[")
        .param_gt("n", Number::from(f64::NAN))
        .param_eq("x..y", Value::Null)
        .param_contains("z", Vec::new())
        .time_after("25:00")
        .weekdays([0])
        .block()
        .rule("a")
        .on_type("x")
        .block()
        .reason("\u{1b}[31m")
        .build()
        .unwrap_err();
    let all: Vec<String> = problems
        .0
        .iter()
        .map(|p| {
            assert!(!p.primary.span.text().is_empty(), "{p}");
            seen(p).split_once(' ').unwrap().1.to_owned()
        })
        .collect();
    let codes: Vec<&str> = all.iter().map(|s| s.split(' ').next().unwrap()).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            "bad-path",
            "bad-pattern",
            "bad-text",
            "bad-time",
            "bad-weekday",
            "duplicate-rule",
            "empty-list",
            "not-a-number",
            "unknown-timezone",
        ],
        "{all:#?}"
    );
    assert!(
        problems
            .to_string()
            .starts_with("<built policy>:2:11: error: ")
    );
}

#[test]
fn any_text_can_be_put_into_a_builder() {
    for text in [
        "yes",
        "5",
        "a: b",
        "# x",
        "*",
        "&a",
        "!t",
        "{a}",
        "[b]",
        "'",
        "\"",
        "\\",
        "\t",
        "ä",
        "a\nb",
        "\u{7f}",
        "\u{feff}",
        "\u{e0001}",
        "- x",
        "? y",
        "%",
        "@",
        "`",
        "null",
        "~",
        "<<",
        "1:30",
        " x ",
    ] {
        let long = text.repeat(700);
        for text in [text, long.as_str()] {
            let result = PolicyBuilder::new()
                .rule("a")
                .on_type("x")
                .param_eq("k", text)
                .param_contains("k2", text)
                .semantic("mentions x")
                .block()
                .build();
            let policy = match result {
                Ok(policy) => policy,
                Err(e) => panic!("{text:?}: {e}"),
            };
            assert_eq!(
                checked(&policy.to_yaml()).to_yaml(),
                policy.to_yaml(),
                "{text:?}"
            );
            let yaml = policy.to_yaml();
            assert!(
                yaml.chars().all(|c| c == '\n' || !c.is_control()),
                "{yaml:?}"
            );
        }
    }
}
