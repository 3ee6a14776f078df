//! What is told of tools: the name and description a model sees, and the scope they stand in.
#![expect(
    clippy::unwrap_used,
    reason = "a file that cannot be written fails the test"
)]

use std::fs;

use aegis_diag::{CallKind, CallSite};
use aegis_scan::{Config, Input, scan};

/// The tools of a program of one file.
fn tools(text: &str) -> Vec<CallSite> {
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("app.py"), text).unwrap();
    let input = Input::Paths(vec![tree.path().to_path_buf()]);
    let report = scan(&input, &Config::default()).unwrap();
    let is_tool = |s: &CallSite| s.kind == CallKind::ToolDef;
    report.sites.into_iter().filter(is_tool).collect()
}

#[test]
fn a_tool_class_has_the_name_and_description_its_attributes_give_it() {
    for (name, description) in [
        (
            "name: str = 'execute_code'",
            "description: str = 'Runs code.'",
        ),
        ("name = 'execute_code'", "description = \"Runs\\\n code.\""),
    ] {
        let found = tools(&format!(
            "from crewai.tools import BaseTool\n\nclass Run(BaseTool):\n    {name}\n    {description}\n\n    \
             def _run(self, code: str) -> str:\n        return code\n"
        ));
        let tool = found.first().and_then(|s| s.tool.as_ref()).unwrap();
        assert_eq!(tool.name.as_deref(), Some("execute_code"));
        assert!(
            tool.description.as_deref().unwrap().starts_with("Runs"),
            "{tool:?}"
        );
    }
}

#[test]
fn a_schema_stands_where_it_is_written_whoever_uses_it() {
    let schema = "schema = {'type': 'function', 'name': 'look', 'parameters': {}}\n";
    let uses = |names: [&str; 2]| {
        names.map(|n| {
            format!("def {n}():\n    client.responses.create(input='x', tools=[schema])\n")
        })
    };
    let with = |names: [&str; 2]| {
        let [a, b] = uses(names);
        tools(&format!(
            "import openai\n\nclient = openai.OpenAI()\n{schema}\n{a}\n{b}"
        ))
    };
    let one = with(["first", "second"]);
    let other = with(["first", "renamed"]);
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].scope, "app");
    assert_eq!(one[0].scope, other[0].scope);
}
