//! Generated documentation: `docs/cli.md` from the command line, `docs/aegis.schema.json` from the
//! types that read `aegis.yaml`. The tests here fail if a file is stale; `AEGIS_BLESS=1` refreshes.

use std::fmt::Write;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};

use crate::cli::Cli;
use crate::commands::man::leaves;
use crate::config::{Env, schema};
use crate::exit::Exit;

#[test]
fn the_command_line_reference_is_current() {
    assert_file("docs/cli.md", &cli());
}

#[test]
fn the_schema_is_current() {
    assert_file(
        "docs/aegis.schema.json",
        &(serde_json::to_string_pretty(&schema()).unwrap() + "\n"),
    );
}

fn assert_file(path: &str, want: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::vars_os().any(|(name, _)| name == "AEGIS_BLESS") {
        std::fs::write(&path, want).unwrap();
    }
    let have = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        have == want,
        "{} is stale: run `AEGIS_BLESS=1 cargo test`",
        path.display()
    );
}

fn cli() -> String {
    let mut tool = Cli::command();
    tool.build();
    let mut out =
        "# The command line\n\nMade from the program by its tests: do not edit.\n\n".to_owned();
    out += "| command | does |\n|---|---|\n";
    for command in leaves(&tool) {
        let name = command.get_bin_name().unwrap();
        let about = command.get_about().unwrap();
        let _ = writeln!(out, "| [`{name}`](#{}) | {about} |", name.replace(' ', "-"));
    }
    out += "\n`--help` works with every command, `aegis --version` prints the version.\n";
    for command in leaves(&tool) {
        section(&mut out, command);
    }
    out += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n";
    for (_, code, meaning) in Exit::ALL {
        let _ = writeln!(out, "| {code} | {meaning} |");
    }
    out += "\nA reader of stdout that goes away, such as `head`, is no error.\n";
    out += "\n## Environment\n\n| variable | meaning |\n|---|---|\n";
    for (name, meaning) in Env::TABLE {
        let _ = writeln!(out, "| `{name}` | {meaning} |");
    }
    settings(&mut out);
    out
}

fn section(out: &mut String, command: &Command) {
    let name = command.get_bin_name().unwrap();
    let about = command.get_long_about().or(command.get_about()).unwrap();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let _ = write!(
        out,
        "\n## {name}\n\n{}\n\n```text\n{usage}\n```\n",
        sentence(&about.to_string())
    );
    let mut headings: Vec<&str> = Vec::new();
    let all: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| arg.get_id() != "help")
        .collect();
    for arg in &all {
        let heading = heading(arg);
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for title in headings {
        let _ = writeln!(out, "\n**{title}**\n");
        for arg in all.iter().filter(|arg| heading(arg) == title) {
            item(out, arg);
        }
    }
}

fn heading(arg: &Arg) -> &str {
    let default = if arg.is_positional() {
        "Arguments"
    } else {
        "Options"
    };
    arg.get_help_heading().unwrap_or(default)
}

fn item(out: &mut String, arg: &Arg) {
    let value = arg
        .get_value_names()
        .map(|names| names.join(" "))
        .filter(|_| arg.get_action().takes_values());
    let words: Vec<String> = match (arg.get_short(), arg.get_long(), &value) {
        (short, Some(long), value) => {
            let value = value.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
            short
                .map(|s| format!("`-{s}`"))
                .into_iter()
                .chain([format!("`--{long}{value}`")])
                .collect()
        }
        (_, None, value) => vec![format!("`{}`", value.clone().unwrap_or_default())],
    };
    let help = arg.get_long_help().or(arg.get_help()).unwrap().to_string();
    let mut text = sentence(&help);
    let possible = arg.get_possible_values();
    if !possible.is_empty() && arg.get_action().takes_values() {
        let names: Vec<String> = possible
            .iter()
            .map(|v| format!("`{}`", v.get_name()))
            .collect();
        let _ = write!(text, "\n\nOne of {}.", names.join(", "));
    }
    if let [default] = arg.get_default_values()
        && arg.get_action().takes_values()
    {
        let _ = write!(text, " Default: `{}`.", default.to_string_lossy());
    }
    let _ = writeln!(out, "- {}: {}", words.join(", "), text.replace("\n\n", " "));
}

/// Help texts have no full stop at the end of their first line.
fn sentence(help: &str) -> String {
    let dotted = |part: &str| format!("{}.", part.trim_end_matches('.'));
    help.split("\n\n")
        .map(dotted)
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// The keys of the settings file, from the schema.
fn settings(out: &mut String) {
    *out += "\n## Settings file\n\n\
        `aegis.yaml`, the closest one looking upwards from the first path, or the file named by `--config`. Unknown\n\
        keys are errors. A flag wins over a variable, a variable over the file; lists are not joined. Editors\n\
        find the keys in [aegis.schema.json](aegis.schema.json).\n\n\
        | key | type | meaning |\n|---|---|---|\n";
    let schema = schema();
    let sections = schema["properties"].as_object().unwrap();
    for (name, section) in sections {
        let of = section["anyOf"][0]["$ref"].as_str();
        if let Some(of) = of.and_then(|r| r.strip_prefix("#/$defs/")) {
            for (key, value) in schema["$defs"][of]["properties"].as_object().unwrap() {
                let _ = writeln!(
                    out,
                    "| `{name}.{key}` | {} | {} |",
                    kind(&schema, value),
                    text(value)
                );
            }
        } else {
            let _ = writeln!(
                out,
                "| `{name}` | mapping | {} For a later release; accepted, not used. |",
                text(section)
            );
        }
    }
}

fn text(value: &serde_json::Value) -> String {
    value["description"].as_str().unwrap().replace('\n', " ")
}

fn kind(schema: &serde_json::Value, value: &serde_json::Value) -> String {
    let value = value["anyOf"].get(0).unwrap_or(value);
    if let Some(name) = value["$ref"]
        .as_str()
        .and_then(|r| r.strip_prefix("#/$defs/"))
    {
        return kind(schema, &schema["$defs"][name]);
    }
    if let Some(variants) = value["oneOf"].as_array() {
        let words: Vec<String> = variants
            .iter()
            .filter_map(|v| v["const"].as_str())
            .map(|w| format!("`{w}`"))
            .collect();
        return words.join(", ");
    }
    let ty = value["type"]
        .get(0)
        .unwrap_or(&value["type"])
        .as_str()
        .unwrap_or("");
    match ty {
        "array" => format!("list of {}", kind(schema, &value["items"])),
        "integer" => "number".to_owned(),
        "boolean" => "`true`, `false`".to_owned(),
        "string" => "text".to_owned(),
        other => other.to_owned(),
    }
}
