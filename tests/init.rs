//! `aegis init`.

use std::fs;

use crate::harness::{CALL, POLICY, Tree, at_home};

const TOOLS: &str = "\
from langchain.tools import tool


@tool
def get_order(order_id: str) -> str:
    \"\"\"Look up an order.\"\"\"


@tool
def delete_order(order_id: str, reason: str) -> str:
    \"\"\"Delete an order.\"\"\"


@tool
def refund_order(order_id: str, amount: float) -> str:
    \"\"\"Pay it back.\"\"\"
";

#[test]
fn a_policy_is_proposed_for_the_tools_in_the_code() {
    let tree = Tree::new(&[("app/tools.py", TOOLS)]);
    let run = tree.aegis("init");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.all());
    insta::assert_snapshot!(run.out, @"
    3 tools found in 1 Python file

      tool          effect  decision  rule                  place
      delete_order  delete  block     no_deletes            app/tools.py:10
      get_order     read    auto      reads                 app/tools.py:5
      refund_order  pay     approve   money_is_asked_about  app/tools.py:15

      wrote  policy.yaml       7 rules
      wrote  policy.test.yaml  8 cases
      wrote  aegis.yaml        settings

    Next
      aegis validate               check it after a change
      aegis test                   run its test suite
      aegis simulate delete_order  ask what it decides, and why with `--explain`
    ");
    insta::assert_snapshot!(tree.read("policy.yaml"), @r#"
    # What the agents in this code may do, proposed by `aegis init` from the 3 tools it found.
    # Go through it, move each tool to the rule where it belongs, then run `aegis test`.
    # Rules are tried from the top; the first that matches decides.
    version: "1"

    # Whatever no rule speaks of is asked about: new tools appear without telling you.
    defaults:
      risk_level: medium
      approval: approve

    rules:
      # What cannot be undone is never done by an agent. Move what it may do to a rule further down.
      - name: no_deletes
        match:
          type:
            - "delete_order"  # app/tools.py:10 (order_id, reason)
        risk_level: critical
        approval: block
        reason: Deleting is left to people. Archive or disable it instead, or ask somebody to delete it.

      # Money. Consider a limit, such as `conditions: { param_gt: { amount: 100 } }`.
      - name: money_is_asked_about
        match:
          type:
            - "refund_order"  # app/tools.py:15 (order_id, amount)
        risk_level: critical
        approval: approve
        reason: This moves money.

      # Reading is harmless unless what is read opens doors.
      - name: credentials_are_asked_about
        match:
          effect: read
          type:
            - "*{secret,credential,passw,token,api{_,-,}key,access{_,-,}key,private{_,-,}key,connection{_,-,}string}*"
        risk_level: high
        approval: approve
        reason: This may show credentials.

      # Automatic: these only read. With `effect`, a tool of this name that says it does more is asked about.
      - name: reads
        match:
          effect: read
          type:
            - "get_order"  # app/tools.py:5 (order_id)
        risk_level: low
        approval: auto

      # ---- tools that appear later, by what they do; what is not here is asked about ----
      - name: no_other_deletes
        match: { effect: delete }
        risk_level: critical
        approval: block
        reason: Deleting is left to people. Archive or disable it instead, or ask somebody to delete it.

      - name: no_other_privileges
        match: { effect: privilege }
        risk_level: critical
        approval: block
        reason: An agent does not hand out rights, roles or credentials. Ask an administrator.

      - name: other_dangers_are_asked_about
        match: { effect: [pay, execute, deploy, exfiltrate, send] }
        risk_level: high
        approval: approve
        reason: This moves money, runs code, carries data out or reaches other people.
    "#);
    insta::assert_snapshot!(tree.read("aegis.yaml"), @"
    # Settings of Aegis. `aegis schema config` prints everything that can be set.
    policy:
      path: policy.yaml
    ");
    assert_eq!(
        tree.aegis("validate --strict").ok(),
        "policy.yaml (policy, 7 rules): no problems\n"
    );
    tree.aegis("validate --strict policy.yaml policy.test.yaml aegis.yaml")
        .ok();
    tree.aegis("test --fail-under 100").ok();
    tree.aegis("simulate delete_order --expect block").ok();
    tree.aegis("simulate get_order --expect auto").ok();
    tree.aegis("simulate refund_order get_invoice list_users --expect approve")
        .ok();
}

#[test]
fn what_is_there_is_kept() {
    let tree = Tree::new(&[("app.py", TOOLS), ("policy.test.yaml", "mine\n")]);
    insta::assert_snapshot!(tree.aegis("init").refused(), @"error: `policy.test.yaml` is there already; `--force` replaces it");
    assert_eq!(tree.read("policy.test.yaml"), "mine\n");
    assert!(!tree.path("policy.yaml").exists() && !tree.path("aegis.yaml").exists());
    tree.write("policy.yaml", POLICY);
    insta::assert_snapshot!(tree.aegis("init --template starter").refused(), @"error: `policy.yaml` and `policy.test.yaml` are there already; `--force` replaces them");
    tree.aegis("init --force").ok();
    assert!(tree.read("policy.yaml").contains("delete_order"));
    tree.aegis("test").ok();
    let again = tree.aegis("init --force").out;
    assert!(again.contains("kept   aegis.yaml"), "{again}");
}

#[test]
fn settings_are_never_touched() {
    let settings = "scan: {exclude: [old]}\n";
    let tree = Tree::new(&[
        ("app.py", TOOLS),
        ("old/app.py", &TOOLS.replace("order", "thing")),
        ("aegis.yaml", settings),
    ]);
    let run = tree.aegis("init --force");
    insta::assert_snapshot!(run.err, @"note: `aegis.yaml` was there and stays as it is; to use the policy by default, add `policy: { path: policy.yaml }` to it");
    assert_eq!(tree.read("aegis.yaml"), settings);
    assert!(
        !tree.read("policy.yaml").contains("_thing"),
        "the settings of the scan count"
    );
    assert!(run.out.contains("  aegis test policy.yaml "), "{}", run.out);
    tree.write("aegis.yaml", "policy: {path: policy.yaml}\n");
    let run = tree.aegis("init --force");
    assert!(
        run.err.is_empty() && run.out.contains("  aegis test  "),
        "{}",
        run.all()
    );
    tree.write("aegis.yaml", "scna: {}\n");
    let error = tree.aegis("init --force --template starter").refused();
    assert!(
        error.starts_with("error: key `scna` is not known here"),
        "{error}"
    );
}

#[test]
fn without_tools_it_is_the_starter() {
    let tree = Tree::new(&[("app.py", CALL)]);
    let run = tree.aegis("init");
    insta::assert_snapshot!(run.ok(), @"
    No tools found in 1 Python file; this is the template `starter`: What an agent may do, and what it must ask about

      wrote  policy.yaml       9 rules
      wrote  policy.test.yaml  20 cases
      wrote  aegis.yaml        settings

    Next
      aegis validate              check it after a change
      aegis test                  run its test suite
      aegis simulate delete_user  ask what it decides, and why with `--explain`
    ");
    let starter = fs::read_to_string("policies/templates/starter.yaml").unwrap();
    assert_eq!(tree.read("policy.yaml"), starter);
    tree.aegis("test --fail-under 100").ok();
    let empty = Tree::new(&[("README.md", "")]);
    empty.aegis("init").ok();
}

#[test]
fn every_template_passes_its_tests_where_it_is_written() {
    let list = at_home("init --list-templates --format json").json();
    assert_eq!(
        (&list["format"], &list["version"]),
        (&"aegis/templates".into(), &1.into())
    );
    let templates = list["templates"].as_array().unwrap();
    assert!(templates.len() >= 10);
    for template in templates {
        let name = template["name"].as_str().unwrap();
        let tree = Tree::new(&[]);
        tree.aegis(&format!("init --template {name}")).ok();
        tree.aegis("validate --strict policy.yaml policy.test.yaml aegis.yaml")
            .ok();
        tree.aegis("test").ok();
    }
    let text = at_home("init --list-templates").ok();
    assert_eq!(text.lines().count(), templates.len() + 1);
}

#[test]
fn another_folder_is_named_in_what_comes_next() {
    let tree = Tree::new(&[("my app/src/tools.py", TOOLS)]);
    let run = tree.words(&["init", "my app"]);
    let out = run.ok();
    assert!(
        out.contains("\n  aegis test 'my app/policy.yaml' "),
        "{out}"
    );
    let policy = tree.read("my app/policy.yaml");
    assert!(
        policy.contains("\"delete_order\"  # src/tools.py:10 (order_id, reason)"),
        "{policy}"
    );
    let mut command = tree.command();
    let output = command
        .current_dir(tree.path("my app/src"))
        .arg("test")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "the settings lead to the policy from below"
    );
}

#[test]
fn programs_are_told_what_was_done() {
    let tree = Tree::new(&[("app.py", TOOLS)]);
    let json = tree.aegis("init --format json").json();
    assert_eq!(
        (&json["format"], &json["version"]),
        (&"aegis/init".into(), &1.into())
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["tools"][0]).unwrap(), @r#"
    {
      "name": "delete_order",
      "effect": "delete",
      "effect_source": "name",
      "approval": "block",
      "risk": "critical",
      "rule": "no_deletes",
      "params": [
        "order_id",
        "reason"
      ],
      "places": [
        {
          "path": "app.py",
          "line": 10
        }
      ],
      "runs": null
    }
    "#);
    assert_eq!(
        json["files"][2],
        serde_json::json!({"path": "aegis.yaml", "kind": "config", "written": true})
    );
    assert_eq!(json["next"][1], "aegis test");
}

/// Names that promise reading, in a program where some of the tools run a shell: themselves, through
/// a helper that two of them share, through a method, and in a function they define.
#[test]
fn tools_that_run_a_shell_are_no_readers() {
    let server = r#"import subprocess

from mcp.server.fastmcp import FastMCP

from helper import Runner, shell

mcp = FastMCP("x")
runner = Runner()


@mcp.tool()
def get_route(host: str) -> str:
    return subprocess.run(f"traceroute {host}", shell=True).stdout


@mcp.tool()
def get_address(host: str) -> str:
    return shell(f"dig {host}")


@mcp.tool()
def get_size(path: str) -> str:
    return shell("du -s " + path)


@mcp.tool()
def get_state(name: str) -> str:
    return runner.state(name)


@mcp.tool()
def list_files(path: str) -> str:
    def run():
        return subprocess.run(path, shell=True)
    return run()


@mcp.tool()
def get_version(name: str) -> str:
    subprocess.run(["uname", "-a"])
    return name


@mcp.tool()
def delete_file(path: str) -> str:
    return shell("rm " + path)
"#;
    let helper = r#"import os
import subprocess


def shell(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


class Runner:
    def state(self, name):
        return os.popen("systemctl status " + name).read()
"#;
    let tree = Tree::new(&[("server.py", server), ("helper.py", helper)]);
    let run = tree.aegis("init");
    run.ok();
    tree.aegis("test").ok();
    let json = tree.aegis("init --force --format json").json();
    let tools = json["tools"].as_array().unwrap().iter().map(|tool| {
        let runs = &tool["runs"];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        let place = match runs["line"].as_u64() {
            Some(line) => format!(" {} {}:{line}", text(&runs["api"]), text(&runs["path"])),
            None => String::new(),
        };
        let [name, effect, source, approval] =
            ["name", "effect", "effect_source", "approval"].map(|key| text(&tool[key]));
        format!("{name}: {effect} ({source}), {approval}{place}")
    });
    insta::assert_snapshot!(tools.collect::<Vec<_>>().join("\n"), @"
    delete_file: delete (catalogue), block subprocess.run helper.py:6
    get_address: execute (code), approve subprocess.run helper.py:6
    get_route: execute (code), approve subprocess.run server.py:13
    get_size: execute (code), approve subprocess.run helper.py:6
    get_state: execute (code), approve os.popen helper.py:11
    get_version: read (name), auto
    list_files: execute (code), approve subprocess.run server.py:34
    ");
}

#[test]
fn tools_that_the_code_does_not_name_are_told_of() {
    let server = "from mcp import ClientSession\n\n\nasync def main(read, write):\n    async with ClientSession(read, write) as session:\n        await session.initialize()\n        await session.call_tool(\"x\", {})\n";
    let tree = Tree::new(&[("app.py", TOOLS), ("client.py", server)]);
    let run = tree.aegis("init");
    assert!(
        run.code == 0 && run.err.contains("tools that are not in the code"),
        "{}",
        run.all()
    );
    assert!(
        tree.read("policy.yaml").contains("# Tools of MCP servers"),
        "{}",
        tree.read("policy.yaml")
    );
    tree.aegis("validate --strict").ok();
}

#[test]
fn the_tools_of_the_example_project_get_rules() {
    let tree = Tree::new(&[]);
    let from = crate::harness::repository().join("fixtures/projects/support-desk/src");
    copy(&from, &tree.path("src"));
    tree.aegis("init").ok();
    tree.aegis("validate --strict policy.yaml policy.test.yaml")
        .ok();
    tree.aegis("test --fail-under 100").ok();
    tree.aegis("simulate refund_order run_diagnostics add_note --expect approve")
        .ok();
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => fs::copy(entry.path(), to).map(|_| ()).unwrap(),
        }
    }
}

#[test]
fn what_is_wrong_is_one_clear_error() {
    let tree = Tree::new(&[("app.py", TOOLS), ("dir/policy.yaml/x", "")]);
    insta::assert_snapshot!(tree.aegis("init --template crm-agnet").refused(), @"error: `crm-agnet` is not a template; did you mean `crm-agent`?");
    insta::assert_snapshot!(tree.aegis("init --template zebra").refused(), @"error: `zebra` is not a template; `aegis init --list-templates` lists all");
    insta::assert_snapshot!(tree.aegis("init gone").refused(), @"error: `gone` cannot be initialised: there is no such folder; make it first");
    insta::assert_snapshot!(tree.aegis("init app.py").refused(), @"error: `app.py` cannot be initialised: it is no folder; name the folder that the policy is for");
    insta::assert_snapshot!(tree.aegis("init dir --force").refused(), @"error: `dir/policy.yaml` cannot be written: it is a folder; name a file in it");
    insta::assert_snapshot!(tree.aegis("init --list-templates --force").refused(), @"
    error: the argument '--list-templates' cannot be used with '--force'

    Usage: aegis init --list-templates [PATH]

    For more information, try '--help'.
    ");
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_to() {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::new(&[("closed/app.py", TOOLS)]);
    fs::set_permissions(tree.path("closed"), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(tree.path("closed/probe"), "").is_err() {
        let error = tree.aegis("init closed").refused();
        assert!(
            error.starts_with("error: policy `closed/policy.yaml` cannot be written: "),
            "{error}"
        );
    }
    fs::set_permissions(tree.path("closed"), fs::Permissions::from_mode(0o700)).unwrap();
}
