//! The program's own tools: from its code, and from lists of MCP servers.

use std::path::Path;

use aegis_policy::action::Hints;
use aegis_probe::Tool;
use anyhow::{Context, anyhow, bail};
use serde_json::Value;

use crate::cli::ProbeArgs;
use crate::config::{Env, Scan, Settings};
use crate::policies;

/// All tools, sorted by name; of several with one name the first counts.
pub(super) fn all(args: &ProbeArgs, env: &Env) -> anyhow::Result<Vec<Tool>> {
    let mut tools = Vec::new();
    for path in &args.tools {
        let bytes = policies::bytes("tool list", path)?;
        let list = listed(&bytes, &policies::shown(path));
        tools.extend(
            list.with_context(|| format!("tool list `{}` cannot be used", path.display()))?,
        );
    }
    if !args.code.is_empty() {
        tools.extend(coded(args, env)?);
    }
    tools.sort_by(|a, b| a.name.cmp(&b.name));
    tools.dedup_by(|b, a| a.name == b.name);
    Ok(tools)
}

/// The tools that the scanner finds.
fn coded(args: &ProbeArgs, env: &Env) -> anyhow::Result<Vec<Tool>> {
    let settings = Settings::resolve(Scan::default(), &args.config, env, &args.code)?;
    let input = aegis_scan::Input::Paths(args.code.clone());
    let report = aegis_scan::scan(&input, &settings.scan)?;
    let tools = aegis_gate::own_tools(&report);
    if tools.is_empty() {
        bail!(
            "`--code`: no tool with a known name is found there; `aegis scan --inventory` shows what is"
        );
    }
    Ok(tools)
}

/// The tools of an answer to `tools/list`: `{"tools": [...]}`, the JSON-RPC message around it, or
/// the list alone.
fn listed(bytes: &[u8], source: &str) -> anyhow::Result<Vec<Tool>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value: Value = serde_json::from_slice(bytes).context("it is not JSON")?;
    let list = match &value {
        Value::Array(list) => Some(list),
        Value::Object(object) => object
            .get("tools")
            .or_else(|| object.get("result")?.get("tools"))
            .and_then(Value::as_array),
        _ => None,
    };
    let list = list.ok_or_else(|| {
        anyhow!("expected a list of tools, or an object with `tools`, as MCP servers answer `tools/list`")
    })?;
    list.iter()
        .enumerate()
        .map(|(i, tool)| one(tool, source).with_context(|| format!("tool {}", i + 1)))
        .collect()
}

fn one(tool: &Value, source: &str) -> anyhow::Result<Tool> {
    let name = tool
        .get("name")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| anyhow!("it has no `name`"))?;
    let schema = tool.get("inputSchema").or_else(|| tool.get("input_schema"));
    let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
    let hint = |key: &str| tool.get("annotations")?.get(key)?.as_bool();
    Ok(Tool {
        name: name.to_owned(),
        target: None,
        params: properties.map_or_else(Vec::new, |p| p.keys().cloned().collect()),
        hints: Hints {
            read_only: hint("readOnlyHint"),
            destructive: hint("destructiveHint"),
        },
        span: None,
        source: Path::new(source).to_string_lossy().into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_bare_in_an_object_and_in_a_message() {
        let tool = r#"{"name":"rm","inputSchema":{"properties":{"path":{},"force":{}}},"annotations":{"destructiveHint":true}}"#;
        for text in [
            format!("[{tool}]"),
            format!("{{\"tools\":[{tool}]}}"),
            format!("{{\"jsonrpc\":\"2.0\",\"result\":{{\"tools\":[{tool}]}}}}"),
        ] {
            let tools = listed(text.as_bytes(), "tools.json").unwrap();
            assert_eq!(tools.len(), 1);
            assert_eq!(tools[0].params, ["path", "force"]);
            assert_eq!(tools[0].hints.destructive, Some(true));
            assert_eq!(tools[0].hints.read_only, None);
        }
        let wrong = |text: &str| format!("{:#}", listed(text.as_bytes(), "t").unwrap_err());
        assert!(wrong("{}").contains("object with `tools`"));
        assert!(wrong("[{}]").contains("tool 1: it has no `name`"));
        assert!(wrong("x").contains("not JSON"));
    }
}
