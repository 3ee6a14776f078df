//! What can be said of `action.yml` and its scripts without running them.

use std::fs;

use serde_json::Value;

use super::runner::action;
use crate::harness::repository;

/// Every text of a document with the keys that lead to it.
fn texts(value: &Value, at: &str, out: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => out.push((at.to_owned(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, at, out)),
        Value::Object(map) => map
            .iter()
            .for_each(|(k, v)| texts(v, &format!("{at}.{k}"), out)),
        _ => {}
    }
}

#[test]
fn expressions_stand_only_where_no_shell_reads_them() {
    let mut all = Vec::new();
    texts(&action(), "", &mut all);
    let with: Vec<_> = all
        .iter()
        .filter(|(_, text)| text.contains("${{"))
        .collect();
    assert!(with.len() > 20, "{with:?}");
    for (at, text) in with {
        let allowed = at.starts_with(".runs.steps.env.")
            || at.starts_with(".outputs.") && at.ends_with(".value")
            || at == ".inputs.token.default";
        assert!(allowed, "{at}: {text}");
    }
    for entry in fs::read_dir(repository().join(".github/action")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("${{"), "{}", path.display());
    }
}

#[test]
fn every_input_reaches_a_script_and_every_variable_comes_from_one() {
    let action = action();
    let text = fs::read_to_string(repository().join("action.yml")).unwrap();
    for name in action["inputs"].as_object().unwrap().keys() {
        assert!(
            text.contains(&format!("${{{{ inputs.{name} }}}}")),
            "{name} is read nowhere"
        );
    }
    for step in action["runs"]["steps"].as_array().unwrap() {
        let run = step["run"].as_str().unwrap();
        let script = run
            .split("/.github/action/")
            .nth(1)
            .unwrap()
            .trim_end_matches('"');
        let script = fs::read_to_string(repository().join(".github/action").join(script)).unwrap();
        for name in step["env"].as_object().unwrap().keys() {
            // The token is read by the program, which inherits it.
            assert!(
                script.contains(name.as_str()) || name == "GITHUB_TOKEN",
                "{name} in {run}"
            );
        }
    }
}

#[test]
fn every_output_is_made_by_the_last_step() {
    let source =
        fs::read_to_string(repository().join("crates/aegis-github/src/publish.rs")).unwrap();
    let files = fs::read_to_string(repository().join(".github/action/publish.sh")).unwrap();
    for (name, output) in action()["outputs"].as_object().unwrap() {
        let value = output["value"].as_str().unwrap();
        assert!(
            value.contains(&format!("steps.publish.outputs.{name}")),
            "{name}: {value}"
        );
        let made =
            source.contains(&format!("\"{name}\"")) || files.contains(&format!("--file={name}="));
        assert!(made, "nothing sets {name}");
    }
}

/// The table of the documentation from `action.yml`.
fn table(action: &Value, section: &str, with_default: bool) -> String {
    let mut out = String::from(if with_default {
        "| input | meaning | default |\n|---|---|---|\n"
    } else {
        "| output | meaning |\n|---|---|\n"
    });
    for (name, entry) in action[section].as_object().unwrap() {
        let text = entry["description"].as_str().unwrap();
        out += &format!("| `{name}` | {text} |");
        if with_default {
            out += &match entry["default"].as_str().unwrap() {
                "" => " |".to_owned(),
                default => format!(" `{default}` |"),
            };
        }
        out.push('\n');
    }
    out
}

#[test]
fn the_documentation_has_the_inputs_and_outputs_of_the_action() {
    let path = repository().join("docs/action.md");
    let mut text = fs::read_to_string(&path).unwrap();
    let action = action();
    for (section, with_default) in [("inputs", true), ("outputs", false)] {
        let (begin, end) = (
            format!("<!-- {section} -->\n"),
            format!("<!-- end of {section} -->"),
        );
        let (head, rest) = text.split_once(&begin).unwrap();
        let (have, tail) = rest.split_once(&end).unwrap();
        let want = format!("\n{}\n", table(&action, section, with_default));
        if std::env::var_os("AEGIS_BLESS").is_some() {
            text = format!("{head}{begin}{want}{end}{tail}");
            fs::write(&path, &text).unwrap();
        } else {
            assert_eq!(
                have, want,
                "docs/action.md is stale: run `AEGIS_BLESS=1 cargo test`"
            );
        }
    }
}

#[test]
fn third_party_actions_are_pinned_and_no_permission_is_left_open() {
    let folder = repository().join(".github/workflows");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let workflow: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(
            workflow["permissions"],
            serde_json::json!({}),
            "{}",
            path.display()
        );
        let mut all = Vec::new();
        texts(&workflow, "", &mut all);
        for (_, used) in all.iter().filter(|(at, _)| at.ends_with(".uses")) {
            let pinned = used
                .rsplit_once('@')
                .is_some_and(|(_, commit)| commit.len() == 40);
            assert!(pinned || used == "./", "{}: {used}", path.display());
        }
        for (at, run) in all.iter().filter(|(at, _)| at.ends_with(".run")) {
            assert!(!run.contains("${{"), "{} {at}: {run}", path.display());
        }
    }
}
