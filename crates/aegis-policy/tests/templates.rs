//! The templates in `policies/templates/`: they load without a warning, their suites pass and try
//! every rule, nothing dangerous is automatic, reading mostly is, and their pages say what they do.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use aegis_policies::{REAL_TOOLS, TEMPLATES, Template, template};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::{Decider, Decision};
use aegis_policy::model::{Approval, Effect};
use aegis_policy::policy::Policy;
use aegis_policy::suite::{self, Suite};
use serde::Deserialize;

#[derive(Deserialize)]
struct RealTools {
    tools: Vec<RealTool>,
}

#[derive(Deserialize)]
struct RealTool {
    server: String,
    tool: String,
    effect: String,
}

fn real_tools() -> Vec<RealTool> {
    serde_json::from_str::<RealTools>(REAL_TOOLS).unwrap().tools
}

fn load(t: &Template) -> Policy {
    Policy::load(&format!("{}.yaml", t.name), t.policy).unwrap_or_else(|e| panic!("{e}"))
}

fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

/// Moments that fall into and out of every window of the templates.
fn moments() -> [Moment; 4] {
    [
        at("2026-01-05T12:00:00Z"), // Monday
        at("2026-01-06T03:00:00Z"),
        at("2026-01-09T23:00:00Z"), // Friday
        at("2026-01-11T12:00:00Z"), // Sunday
    ]
}

fn rule_name<'p>(policy: &'p Policy, decision: &Decision) -> &'p str {
    match decision.by {
        Decider::Rule(n) => policy.rule(n).map_or("?", |r| &*r.name.value),
        Decider::Default => "defaults",
        Decider::Language => "language",
    }
}

#[test]
fn they_load_without_a_warning_and_are_safe_by_default() {
    assert!(TEMPLATES.len() >= 10);
    for t in TEMPLATES {
        let policy = load(t);
        let warnings = policy.checked().warnings();
        assert!(warnings.is_empty(), "{}: {warnings:?}", t.name);
        let defaults = policy.checked().defaults();
        assert!(defaults.approval.value >= Approval::Approve, "{}", t.name);
        for rule in policy.checked().rules() {
            let name = &rule.name.value;
            let says_why = rule.reason.as_ref().is_some_and(|r| r.value.len() > 15);
            assert!(
                says_why || rule.approval.value == Approval::Auto,
                "{}: `{name}` gives no reason",
                t.name
            );
            assert!(rule.risk.span.is_some(), "{}: `{name}` has no risk", t.name);
        }
    }
}

#[test]
fn their_suites_pass_and_try_every_rule() {
    let mut wrong = String::new();
    for t in TEMPLATES {
        let policy = load(t);
        let suite = Suite::load(&format!("{}.test.yaml", t.name), t.suite)
            .unwrap_or_else(|e| panic!("{e}"));
        assert!(suite.cases.len() >= 15, "{}: {}", t.name, suite.cases.len());
        let results = suite::run(&policy, &suite);
        for problem in results.problems(&suite, &policy) {
            let _ = writeln!(wrong, "{problem}");
        }
        for rule in results.coverage.untried() {
            let name = policy.rule(rule).map(|r| &r.name.value);
            let _ = writeln!(wrong, "{}: {name:?} never decides", t.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_quick_start_of_the_readme_decides_as_it_says() {
    let policy = Policy::load(
        "policy.yaml",
        r#"version: "1"
defaults: { risk_level: medium, approval: approve }
rules:
  - name: read_safe
    match: { type: "read*" }
    risk_level: low
    approval: auto
  - name: bulk_ops_need_approval
    match: { type: "bulk_*" }
    conditions: { param_gt: { count: 100 } }
    risk_level: high
    approval: approve
  - name: no_deletes
    match: { type: "delete*" }
    risk_level: critical
    approval: block
"#,
    )
    .unwrap();
    assert!(policy.checked().warnings().is_empty());
    let noon = moments()[0];
    let see = |action: Action| {
        let d = policy.decide(&action, noon);
        (d.approval.as_str(), d.risk.as_str(), rule_name(&policy, &d))
    };
    assert_eq!(
        see(Action::new("read").target("crm")),
        ("auto", "low", "read_safe")
    );
    assert_eq!(
        see(Action::new("bulk_update").param("count", 150_i64)),
        ("approve", "high", "bulk_ops_need_approval")
    );
    assert_eq!(
        see(Action::new("delete").target("db")),
        ("block", "critical", "no_deletes")
    );
    assert_eq!(see(Action::new("write")), ("approve", "medium", "defaults"));
}

/// What may run unasked though it is dangerous, and why: template, tool, target; `*` is any target.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    // Clicking is what the agent is for. It is free on the sites its owner names and nowhere else.
    ("browser-agent", "browser_click", "https://example.com/"),
    ("browser-agent", "playwright_click", "https://example.com/"),
    ("browser-agent", "click", "https://example.com/"),
    // Opening a page is reading to the agent, whatever the page does; its address is looked at by
    // the rules in front.
    ("browser-agent", "browser_navigate", "*"),
    ("browser-agent", "browser_navigate_back", "*"),
    ("browser-agent", "playwright_navigate", "*"),
    ("browser-agent", "playwright_go_back", "*"),
    ("browser-agent", "playwright_go_forward", "*"),
    ("browser-agent", "navigate", "*"),
    ("browser-agent", "navigate_page", "*"),
    // Scrolling and pointing. Vendors declare them as changes, since a page can listen to them.
    ("browser-agent", "browser_mouse_wheel", "*"),
    ("browser-agent", "browser_hover", "*"),
    ("browser-agent", "playwright_hover", "*"),
    ("browser-agent", "hover", "*"),
];

#[test]
fn no_dangerous_tool_is_automatic() {
    let dangerous: BTreeSet<&str> = [
        Effect::Delete,
        Effect::Execute,
        Effect::Pay,
        Effect::Privilege,
        Effect::Deploy,
        Effect::Exfiltrate,
    ]
    .map(Effect::as_str)
    .into();
    // With and without a target: rules may name production, or sites of one's own.
    let targets = ["", "prod", "https://example.com/", "/workspace/a"];
    let mut used = BTreeSet::new();
    for t in TEMPLATES {
        let policy = load(t);
        for real in real_tools()
            .iter()
            .filter(|r| dangerous.contains(&*r.effect))
        {
            for target in targets {
                let action = Action::new(&real.tool).target(target);
                for moment in moments() {
                    let decision = policy.decide(&action, moment);
                    if decision.approval > Approval::Auto {
                        continue;
                    }
                    let exception = EXCEPTIONS.iter().position(|(template, tool, on)| {
                        *template == t.name && *tool == real.tool && ["*", target].contains(on)
                    });
                    let Some(exception) = exception else {
                        let rule = rule_name(&policy, &decision);
                        panic!("{}: `{rule}` allows {} on `{target}`", t.name, real.tool);
                    };
                    used.insert(exception);
                }
            }
        }
    }
    assert_eq!(used.len(), EXCEPTIONS.len(), "an exception is not needed");
}

/// The servers an agent of each template would use.
const ABOUT: &[(&str, &[&str])] = &[
    (
        "browser-agent",
        &[
            "microsoft/playwright-mcp",
            "executeautomation/mcp-playwright",
            "ChromeDevTools/chrome-devtools-mcp",
            "modelcontextprotocol/servers:fetch",
        ],
    ),
    (
        "code-agent",
        &[
            "github/github-mcp-server",
            "modelcontextprotocol/servers:filesystem",
            "modelcontextprotocol/servers:git",
            "wonderwhy-er/DesktopCommanderMCP",
        ],
    ),
    (
        "crm-agent",
        &[
            "peakmojo/mcp-hubspot",
            "tsmztech/mcp-server-salesforce",
            "GongRzhe/Gmail-MCP-Server",
            "korotovsky/slack-mcp-server",
            "taylorwilsdon/google_workspace_mcp",
        ],
    ),
    (
        "data-pipeline",
        &[
            "dbt-labs/dbt-mcp",
            "awslabs/mcp:postgres-mcp-server",
            "awslabs/mcp:mysql-mcp-server",
            "awslabs/mcp:redshift-mcp-server",
            "supabase-community/supabase-mcp",
            "neondatabase/mcp-server-neon",
            "mongodb-js/mongodb-mcp-server",
            "awslabs/mcp:s3-tables-mcp-server",
            "awslabs/mcp:aws-dataprocessing-mcp-server",
        ],
    ),
    (
        "devops-agent",
        &[
            "containers/kubernetes-mcp-server",
            "Flux159/mcp-server-kubernetes",
            "hashicorp/terraform-mcp-server",
            "ckreiling/mcp-server-docker",
            "heroku/heroku-mcp-server",
            "grafana/mcp-grafana",
            "PagerDuty/pagerduty-mcp-server",
        ],
    ),
    ("ecommerce-agent", PAYMENTS),
    ("financial-agent", PAYMENTS),
    (
        "healthcare-agent",
        &[
            "wso2/fhir-mcp-server",
            "awslabs/mcp:aws-healthomics-mcp-server",
        ],
    ),
    (
        "starter",
        &[
            "github/github-mcp-server",
            "modelcontextprotocol/servers:filesystem",
            "modelcontextprotocol/servers:git",
            "GongRzhe/Gmail-MCP-Server",
            "korotovsky/slack-mcp-server",
            "makenotion/notion-mcp-server",
        ],
    ),
    (
        "support-agent",
        &[
            "sooperset/mcp-atlassian",
            "jerhadf/linear-mcp-server",
            "peakmojo/mcp-hubspot",
            "GongRzhe/Gmail-MCP-Server",
            "korotovsky/slack-mcp-server",
            "lharries/whatsapp-mcp",
            "makenotion/notion-mcp-server",
            "awslabs/mcp:aws-support-mcp-server",
        ],
    ),
];

const PAYMENTS: &[&str] = &[
    "stripe/agent-toolkit",
    "razorpay/razorpay-mcp-server",
    "paypal/agent-toolkit",
    "square/square-mcp-server",
];

#[test]
fn reading_is_mostly_automatic() {
    let tools = real_tools();
    for t in TEMPLATES {
        let policy = load(t);
        let about = ABOUT.iter().find(|(name, _)| *name == t.name);
        let servers = about
            .unwrap_or_else(|| panic!("{}: which servers?", t.name))
            .1;
        for server in servers {
            assert!(tools.iter().any(|r| r.server == *server), "{server}");
        }
        let reads: Vec<&RealTool> = tools
            .iter()
            .filter(|r| r.effect == "read" && servers.contains(&&*r.server))
            .collect();
        let automatic = |r: &&&RealTool| {
            let decision = policy.decide(&Action::new(&r.tool), moments()[0]);
            decision.approval == Approval::Auto
        };
        let free = reads.iter().filter(automatic).count();
        let share = 100 * free / reads.len();
        println!(
            "{}: {free} of {} reads are automatic ({share} %)",
            t.name,
            reads.len()
        );
        assert!(share >= 60, "{}: only {share} %", t.name);
    }
}

/// A row of the table of a page: rule, decision, risk, reason.
fn rows(page: &str) -> Vec<[String; 4]> {
    page.lines()
        .filter(|l| l.starts_with("| `"))
        .map(|l| {
            let cells: Vec<String> = l
                .replace("\\|", "\u{0}")
                .split('|')
                .map(|c| c.trim().replace('\u{0}', "|"))
                .collect();
            let [_, rule, decision, risk, _, reason, _] = &*cells else {
                panic!("not a row of five cells: {l}");
            };
            [rule.trim_matches('`'), decision, risk, reason].map(str::to_owned)
        })
        .collect()
}

#[test]
fn their_pages_list_their_rules() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let index = fs::read_to_string(docs.join("templates.md")).unwrap();
    for t in TEMPLATES {
        let page = fs::read_to_string(docs.join(format!("templates/{}.md", t.name)))
            .unwrap_or_else(|e| panic!("{}: {e}", t.name));
        let link = format!("[{0}](templates/{0}.md)", t.name);
        assert!(index.contains(&link), "docs/templates.md has no {link}");
        let policy = load(t);
        let want: Vec<[String; 4]> = policy
            .checked()
            .rules()
            .iter()
            .map(|r| {
                let decision = match r.approval.value {
                    Approval::Auto => "automatic",
                    Approval::Approve => "asked",
                    Approval::Block => "blocked",
                };
                let reason = r.reason.as_ref().map_or("", |r| &*r.value);
                [&*r.name.value, decision, r.risk.value.as_str(), reason].map(str::to_owned)
            })
            .collect();
        assert_eq!(rows(&page), want, "docs/templates/{}.md", t.name);
    }
    let pages = fs::read_dir(docs.join("templates")).unwrap();
    for page in pages.map(|p| p.unwrap().path()) {
        let name = page.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(template(&name).is_some(), "no template `{name}`");
    }
}
