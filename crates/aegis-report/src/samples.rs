//! Reports for tests.

use std::sync::Arc;
use std::time::Duration;

use aegis_diag::{
    Affected, CallKind, CallSite, Cell, Cells, Certainty, Change, Check, Edit, FileStats, Finding,
    Fix, Loosening, ModelUse, Past, Proof, Report, Rule, ScoreCap, ScoreGain, ScoreInput,
    ScorePart, Scorecard, Severity, SkipReason, Skipped, SourceFile, Span, Step, Suppressed, Tool,
    ToolParam, Verdict, Witness, content_fingerprint,
};

pub(crate) static LLM: Rule = Rule {
    id: "AEG101",
    name: "ungoverned-llm-call",
    severity: Severity::High,
    summary: "a model is called without governance",
    tags: &["LLM06:2025", "ASI02"],
    cwe: Some(862),
    since: "0.1.0",
    page: "# ungoverned-llm-call\n\nWhat a model answers can\nstart an action.\n\n## Flagged\n",
};

pub(crate) static TOOL: Rule = Rule {
    id: "AEG102",
    name: "ungoverned-tool",
    severity: Severity::Critical,
    summary: "a tool is handed to a model without governance",
    tags: &["ASI02"],
    cwe: None,
    since: "0.1.0",
    page: "",
};

pub(crate) static PARTLY: Rule = Rule {
    id: "AEG103",
    name: "partly-governed",
    severity: Severity::Medium,
    summary: "a call site is governed on some ways in only",
    tags: &[],
    cwe: None,
    since: "0.1.0",
    page: "",
};

pub(crate) static BYPASS: Rule = Rule {
    id: "AEG202",
    name: "naming-bypass",
    severity: Severity::Critical,
    summary: "another name for the same operation runs unattended",
    tags: &["ASI02"],
    cwe: Some(863),
    since: "0.2.0",
    page: "",
};

const AGENT: &str = "\
from openai import OpenAI

client = OpenAI()


def answer(question):
    return client.chat.completions.create(
        model=\"gpt-5\",
        messages=question,
    )
";

const CLI: &str = "from desk.agent import answer\n\nprint(answer(input()))\n";

/// A source file.
pub(crate) fn file(path: &str, text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile::new(path, text, None))
}

/// A notebook of two code cells, cell 1 and cell 3.
pub(crate) fn notebook() -> Arc<SourceFile> {
    let cells = vec![
        Cell {
            index: 1,
            first_line: 1,
            raw_lines: vec![10, 11],
        },
        Cell {
            index: 3,
            first_line: 3,
            raw_lines: vec![30, 31],
        },
    ];
    let text = "import anthropic\nc = anthropic.Anthropic()\n# ask\nc.messages.create(model=m)\n";
    Arc::new(SourceFile::new(
        "desk/try.ipynb",
        text,
        Some(Cells { cells }),
    ))
}

/// The span of a text in a file.
pub(crate) fn at(file: &Arc<SourceFile>, text: &str) -> Span {
    let start = file.text.find(text).unwrap();
    Span::new(Arc::clone(file), start..start + text.len())
}

fn site(span: Span, kind: CallKind, verdict: Verdict) -> CallSite {
    CallSite {
        symbol: span.text().to_owned(),
        span,
        kind,
        framework: "openai".into(),
        operation: "chat.completions.create".into(),
        api: "openai.OpenAI.chat.completions.create".into(),
        provider: "openai".into(),
        scope: "desk.agent:answer".into(),
        verdict,
        reason: "reached ungoverned from desk/cli.py:3".into(),
        way: Vec::new(),
        remedy: "call `aegis.auto_instrument()` in desk/cli.py".into(),
        tool: None,
        by_shape: false,
    }
}

fn with_site(mut finding: Finding, site: &CallSite) -> Finding {
    let span = &finding.primary.span;
    let (path, text) = (&span.file.path, span.text());
    finding.fingerprint = content_fingerprint(finding.rule.id, path, &site.scope, text, 0);
    finding.site = Some(Box::new(site.clone()));
    finding
}

/// A finding in a script that is reached from another file.
pub(crate) fn script_finding() -> Finding {
    let (agent, cli) = (file("desk/agent.py", AGENT), file("desk/cli.py", CLI));
    let span = at(&agent, "client.chat.completions.create");
    let mut site = site(span.clone(), CallKind::LlmCall, Verdict::Ungoverned);
    let way = at(&cli, "answer(input())");
    site.way = vec![Step {
        span: way.clone(),
        text: "calls `answer`".into(),
    }];
    let finding = Finding::at(
        &LLM,
        span,
        "OpenAI call is not governed",
        "this reaches the model",
    )
    .because(at(&agent, "OpenAI()"), "the client is made here")
    .because(way, "reached ungoverned from here")
    .note("no governor runs before it on this way")
    .help("call `aegis.auto_instrument()` before `answer` in desk/cli.py");
    with_site(finding, &site)
}

/// A finding in a notebook.
pub(crate) fn notebook_finding() -> Finding {
    let book = notebook();
    let span = at(&book, "c.messages.create");
    let mut site = site(span.clone(), CallKind::LlmCall, Verdict::Partly);
    site.framework = "anthropic".into();
    site.operation = "messages.create".into();
    let finding = Finding::at(
        &PARTLY,
        span,
        "Anthropic call is partly governed",
        "this call",
    )
    .because(
        at(&book, "anthropic.Anthropic()"),
        "the client is made here",
    );
    with_site(finding, &site)
}

/// A report with something of everything.
pub(crate) fn report() -> Report {
    let (script, note) = (script_finding(), notebook_finding());
    let tools = file(
        "desk/tools.py",
        "@tool\ndef refund(order_id: str, amount=0):\n    pass\n",
    );
    let mut tool = site(at(&tools, "refund"), CallKind::ToolDef, Verdict::Governed);
    tool.framework = "langchain".into();
    tool.operation = "tool".into();
    tool.remedy.clear();
    tool.reason = "wrapped by `aegis.govern_tools` in desk/cli.py:2".into();
    let param = |name: &str, ty: Option<&str>, required| ToolParam {
        name: name.into(),
        ty: ty.map(Into::into),
        required,
    };
    tool.tool = Some(Tool {
        name: Some("refund".into()),
        description: None,
        params: vec![
            param("order_id", Some("str"), true),
            param("amount", None, false),
        ],
    });
    let suppressed = Finding::at(
        &TOOL,
        at(&tools, "refund"),
        "tool is not governed",
        "this tool",
    );
    let skip = |path: &str, reason| Skipped {
        path: path.into(),
        reason,
    };
    Report {
        sites: [&script, &note]
            .map(|f| (**f.site.as_ref().unwrap()).clone())
            .into_iter()
            .chain([tool.clone()])
            .collect(),
        suppressed: vec![Suppressed {
            by: aegis_diag::SuppressedBy::Comment,
            finding: with_site(suppressed, &tool),
            reason: Some("read only".into()),
        }],
        findings: vec![script, note],
        skipped: vec![
            skip("desk/big.py", SkipReason::TooLarge(5_000_000)),
            skip("desk/old.py", SkipReason::Syntax { line: 3 }),
        ],
        excluded: vec![".venv".into(), "node_modules".into()],
        models: vec![ModelUse {
            name: "gpt-5".into(),
            provider: "openai".into(),
            span: at(
                &file("desk/agent.py", AGENT),
                "client.chat.completions.create",
            ),
        }],
        files: FileStats {
            analysed: 214,
            parsed: 31,
            alone: 0,
            bytes: 2_100_000,
            excluded: 7,
        },
        rules: vec![&LLM, &TOOL, &PARTLY],
        why: Vec::new(),
        tool_runs: Vec::new(),
        score: None,
        change: None,
        elapsed: Some(Duration::from_millis(48)),
    }
}

const POLICY: &str = "\
version: 1
rules:
  - name: no-delete
    match: { type: \"delete*\" }
    approval: block
  - name: rest
    match: { type: \"*\" }
    approval: auto
";

fn witness(approval: &'static str) -> Witness {
    Witness {
        action: "{\"type\":\"bulk_delete\",\"target\":\"prod/users\"}".into(),
        at: "2026-12-01T09:00:00Z".into(),
        approval,
        risk: "medium",
        rule: Some("rest".into()),
        reproduce: "aegis simulate policy.yaml bulk_delete prod/users --at 2026-12-01T09:00:00Z"
            .into(),
    }
}

/// A finding about a policy, with a witness and a fix.
pub(crate) fn policy_finding() -> Finding {
    let policy = file("policy.yaml", POLICY);
    let glob = at(&policy, "\"delete*\"");
    let mut finding = Finding::at(
        &BYPASS,
        glob.clone(),
        "`bulk_delete` on `prod/users` runs unattended: `delete*` does not match it",
        "does not match `bulk_delete`",
    )
    .because(at(&policy, "auto"), "decides instead")
    .note("1 of 40 names that delete runs unattended")
    .help("widen `delete*` to `*delete*`");
    finding.fingerprint = content_fingerprint("AEG202", "policy.yaml", "no-delete", "delete", 0);
    finding.proof = Some(Box::new(Proof {
        category: "bypass_vulnerability",
        certainty: Certainty::Heuristic,
        assumes: vec!["`bulk_delete` deletes".into()],
        witnesses: vec![witness("auto")],
        expected: Some("blocked, as `delete*` is".into()),
        explain: vec!["`no-delete`: its type does not match".into()],
        affected: Affected {
            count: 1,
            examples: vec!["bulk_delete".into()],
        },
        fix: Some(Fix {
            title: "widen `delete*` to `*delete*`".into(),
            edits: vec![Edit {
                range: glob.range.clone(),
                text: "\"*delete*\"".into(),
            }],
            safe: true,
            closes: vec![finding.fingerprint.clone()],
            restricts: Affected::default(),
        }),
    }));
    finding
}

/// A score of 58.4.
pub(crate) fn score() -> Scorecard {
    let input = |id: &str, title: &str, got, of, note: Option<&str>| ScoreInput {
        id: id.into(),
        title: title.into(),
        weight: 1.0,
        got,
        of,
        note: note.map(Into::into),
    };
    let part = |id, title, weight, score, inputs| ScorePart {
        id,
        title,
        weight,
        score,
        inputs,
    };
    Scorecard {
        formula: "aegis-score/1",
        score: Some(584),
        cap: Some(ScoreCap {
            at: 790,
            because: "a critical finding is open: AEG202 at policy.yaml:4".into(),
        }),
        parts: vec![
            part(
                "coverage",
                "Coverage of call sites",
                50,
                500,
                vec![
                    input("llm_call", "model calls", 0.5, 2.0, None),
                    input("tool_def", "tools", 1.0, 1.0, None),
                ],
            ),
            part(
                "robustness",
                "Policy robustness",
                35,
                720,
                vec![input(
                    "probe",
                    "names that run unattended",
                    72.0,
                    100.0,
                    None,
                )],
            ),
            part(
                "evidence",
                "Evidence in the tree",
                15,
                550,
                vec![input(
                    "suite",
                    "policy tests",
                    1.0,
                    1.0,
                    Some("policy.test.yaml"),
                )],
            ),
        ],
        gains: vec![ScoreGain {
            gain: 120,
            action: "govern `chat.completions.create` at desk/agent.py:7".into(),
            help: Some("aegis explain AEG101".into()),
        }],
        facts: vec![("Governed calls".into(), "1/3 (33%)".into())],
    }
}

/// The report of a gate that fails: one finding is new, the policy is looser.
pub(crate) fn gate() -> Report {
    let policy = policy_finding();
    let mut report = report();
    let new = vec![
        report.findings[0].fingerprint.clone(),
        policy.fingerprint.clone(),
    ];
    report.findings.push(policy);
    report.rules.push(&BYPASS);
    report.score = Some(score());
    report.change = Some(Change {
        base: Some("origin/main (1a2b3c4)".into()),
        score_before: Some(701),
        new,
        fixed: vec![Past {
            rule: "AEG102".into(),
            severity: Severity::High,
            message: "`lookup` (langchain) is ungoverned: nothing governs it".into(),
            place: "desk/tools.py:9:5".into(),
            fingerprint: "aa".repeat(16),
        }],
        score_new: Some(0),
        new_sites: 1,
        looser: vec![Loosening {
            summary: "actions on `prod/*` asked a person, now run unattended".into(),
            before: "approve",
            after: "auto",
            witness: witness("auto"),
            place: Some("policy.yaml:6".into()),
        }],
        stricter: 0,
        undecided: 0,
        checks: vec![
            Check {
                id: "fail-under",
                passed: true,
                message: "the score is 58.4, at least 50 was asked for".into(),
            },
            Check {
                id: "max-drop",
                passed: false,
                message: "the score fell by 11.7 from 70.1, by 0 at most was asked for".into(),
            },
        ],
    });
    report
}
