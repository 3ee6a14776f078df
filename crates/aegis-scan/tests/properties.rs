//! What holds for every input: no text makes a scan fail, the number of threads does not show, and
//! depth does not overflow a stack.
#![expect(clippy::expect_used, reason = "a helper of tests may fail them")]

use std::fmt::Write;

use aegis_diag::Report;
use aegis_scan::{Config, Input, scan};
use proptest::prelude::*;

/// Scans one text.
fn scan_text(path: &str, text: impl Into<Vec<u8>>, threads: usize) -> Report {
    let input = Input::Text {
        path: path.to_owned(),
        bytes: text.into(),
    };
    let config = Config {
        threads,
        ..Config::default()
    };
    scan(&input, &config).expect("a text is part of the report, whatever it holds")
}

/// Everything that reports say about the call sites and findings, one per line.
fn said(report: &Report) -> Vec<String> {
    let mut out = Vec::new();
    for s in &report.sites {
        let way: Vec<String> = s
            .way
            .iter()
            .map(|step| format!("{} {}", step.span.locator(), step.text))
            .collect();
        let range = &s.span.range;
        out.push(format!(
            "{} {range:?} {} {} {} {} {} {} {} {:?} {} {way:?} {} {:?}",
            s.span.locator(),
            s.kind,
            s.framework,
            s.operation,
            s.api,
            s.provider,
            s.symbol,
            s.scope,
            s.verdict,
            s.reason,
            s.remedy,
            s.tool,
        ));
    }
    for f in &report.findings {
        out.push(format!(
            "{} {} {} {:?} {:?} {}",
            f.primary.span.locator(),
            f.rule.id,
            f.message,
            f.notes,
            f.help,
            f.fingerprint
        ));
    }
    out.extend(
        report
            .skipped
            .iter()
            .map(|s| format!("{} {}", s.path, s.reason)),
    );
    out
}

/// An expression over the names of the generated programs.
fn expression() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        name(),
        Just("OpenAI()".to_owned()),
        Just("'text'".to_owned()),
        Just("None".to_owned()),
        (name(), attribute()).prop_map(|(n, a)| format!("{n}.{a}")),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), attribute(), inner.clone())
                .prop_map(|(f, a, x)| format!("{f}.{a}(model={x})")),
            (inner.clone(), inner.clone()).prop_map(|(f, x)| format!("{f}({x})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{'k': {a}, **{b}}}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            (inner.clone(), name(), inner.clone())
                .prop_map(|(a, n, b)| format!("({a} if {n} else {b})")),
            (name(), inner.clone()).prop_map(|(n, a)| format!("(lambda {n}: {a})")),
            (inner.clone(), name(), inner.clone())
                .prop_map(|(a, n, b)| format!("[{a} for {n} in {b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("partial({a}, {b})")),
            inner
                .clone()
                .prop_map(|a| format!("getattr({a}, 'responses')")),
            inner.prop_map(|a| format!("{a}['k']")),
        ]
    })
    .boxed()
}

/// Few names, so that programs assign to what they use.
fn name() -> BoxedStrategy<String> {
    prop::sample::select(vec!["a", "b", "client", "f", "g", "self", "Bot"])
        .prop_map(str::to_owned)
        .boxed()
}

fn attribute() -> BoxedStrategy<String> {
    prop::sample::select(vec![
        "chat.completions.create",
        "responses",
        "create",
        "messages.create",
        "invoke",
        "client",
    ])
    .prop_map(str::to_owned)
    .boxed()
}

/// A statement without indentation; nested blocks are indented by one space per level.
fn statement() -> BoxedStrategy<String> {
    let simple = prop_oneof![
        prop::sample::select(vec![
            "from openai import OpenAI",
            "from openai import OpenAI as Bot, AsyncOpenAI as a",
            "import anthropic as b, openai",
            "from other import f, g as client",
            "from other import *",
            "import other",
            "from functools import partial",
            "from langchain_core.tools import tool",
            "import aegis",
            "aegis.auto_instrument()",
            "aegis.patch_openai()",
            "global client, a",
        ])
        .prop_map(str::to_owned),
        (name(), expression()).prop_map(|(n, e)| format!("{n} = {e}")),
        (name(), name(), expression()).prop_map(|(n, m, e)| format!("{n}, {m} = {e}")),
        (name(), expression()).prop_map(|(n, e)| format!("self.{n} = {e}")),
        expression().prop_map(|e| format!("return {e}")),
        expression(),
    ];
    simple
        .prop_recursive(3, 16, 4, |inner| {
            let block = prop::collection::vec(inner, 1..4).prop_map(|s| indented(&s));
            prop_oneof![
                (name(), name(), block.clone())
                    .prop_map(|(f, p, b)| format!("def {f}({p}, client=None):\n{b}")),
                (name(), block.clone()).prop_map(|(f, b)| format!("@tool\ndef {f}(x: int):\n{b}")),
                (name(), name(), block.clone())
                    .prop_map(|(c, d, b)| format!("class {c}({d}):\n{b}")),
                (expression(), block.clone(), block.clone())
                    .prop_map(|(e, b, c)| format!("if {e}:\n{b}\nelse:\n{c}")),
                block
                    .clone()
                    .prop_map(|b| format!("if __name__ == '__main__':\n{b}")),
                (name(), expression(), block.clone())
                    .prop_map(|(n, e, b)| format!("for {n} in {e}:\n{b}")),
                (expression(), name(), block.clone())
                    .prop_map(|(e, n, b)| format!("with {e} as {n}:\n{b}")),
                (block.clone(), block)
                    .prop_map(|(b, c)| format!("try:\n{b}\nexcept Exception:\n{c}")),
            ]
        })
        .boxed()
}

fn indented(statements: &[String]) -> String {
    let lines: Vec<String> = statements
        .iter()
        .flat_map(|s| s.lines())
        .map(|l| format!(" {l}"))
        .collect();
    lines.join("\n")
}

/// A file made of statements.
fn program() -> BoxedStrategy<String> {
    prop::collection::vec(statement(), 1..8)
        .prop_map(|s| s.join("\n") + "\n")
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_scan_fail(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        for path in ["a.py", "a.ipynb"] {
            scan_text(path, text.as_str(), 1);
            scan_text(path, bytes.as_slice(), 1);
        }
        let program = format!("import openai\n{text}\nopenai.OpenAI().responses.create()\n");
        scan_text("a.py", program, 1);
    }

    #[test]
    fn no_broken_program_makes_a_scan_fail(program in program(), at in any::<prop::sample::Index>()) {
        let cut = at.index(program.len() + 1);
        scan_text("a.py", program.get(..cut).unwrap_or(&program), 1);
        scan_text("a.py", program.get(cut..).unwrap_or(&program), 1);
    }

    #[test]
    fn the_number_of_threads_does_not_show(
        files in prop::collection::vec(program(), 1..5),
    ) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in ["other.py", "main.py", "self.py", "sub.py"].iter().zip(&files) {
            std::fs::write(dir.path().join(name), text).expect("writable");
        }
        let run = |threads| {
            let config = Config { threads, ..Config::default() };
            let input = Input::Paths(vec![dir.path().to_path_buf()]);
            said(&scan(&input, &config).expect("the folder is there"))
        };
        prop_assert_eq!(run(1), run(4));
    }
}

/// Scans `text` between two calls; the first must be found, and `whole` says whether the last must be.
fn around(text: &str, whole: bool) {
    let program = format!(
        "import openai\nclient = openai.OpenAI()\nclient.responses.create()\n{text}\nclient.responses.create()\n"
    );
    let report = scan_text("deep.py", program, 2);
    let found = report.sites.len();
    assert!(found >= 1, "the call before is lost");
    if whole {
        assert_eq!(found, 2, "the call after is lost: {:?}", report.skipped);
    }
    assert!(
        found == 2 || report.is_incomplete(),
        "something is lost and nothing is said"
    );
}

#[test]
fn a_sum_of_twenty_thousand_terms() {
    around(&format!("x = client{}", " + client".repeat(20_000)), true);
    around(&format!("x = 'a'{}", " + 'a'".repeat(20_000)), true);
    around(&format!("x = 'a'{}", " 'a'".repeat(20_000)), true);
    around(&format!("x = client{}", " or client".repeat(20_000)), true);
    around(&format!("x = client{}", " < client".repeat(20_000)), true);
}

#[test]
fn a_hundred_thousand_brackets() {
    const N: usize = 100_000;
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{1: ", "}"),
        ("f(", ")"),
        ("not ", ""),
        ("-", ""),
    ] {
        around(
            &format!("x = {}client{}", open.repeat(N), close.repeat(N)),
            false,
        );
        around(&format!("x = {}client", open.repeat(N)), false);
    }
    around(&format!("x = client{}", "[0]".repeat(N)), false);
    around(&format!("x = client{}", "()".repeat(N)), false);
    around(&format!("{}client", "lambda x: ".repeat(N)), false);
    around(&format!("x = {}client", "1 if 2 else ".repeat(N)), false);
    around(&format!("{}client", "x = ".repeat(N)), false);
}

#[test]
fn a_chain_of_five_thousand_methods() {
    around(
        &format!("x = client{}", ".with_options(a=1)".repeat(5_000)),
        false,
    );
    around(&format!("x = client{}", ".beta".repeat(5_000)), false);
    around(&format!("x = client{}", "\\\n .f()".repeat(5_000)), false);
}

#[test]
fn three_thousand_nested_blocks() {
    for head in [
        "if client:",
        "while client:",
        "def f():",
        "class C:",
        "try:",
        "with client as c:",
    ] {
        let mut text = String::new();
        for depth in 0..3_000 {
            let _ = writeln!(text, "{}{head}", " ".repeat(depth));
        }
        let _ = writeln!(text, "{}client.responses.create()", " ".repeat(3_000));
        around(&text, false);
    }
    around(
        &format!(
            "if client:\n pass\n{}",
            "elif client:\n pass\n".repeat(20_000)
        ),
        false,
    );
}

#[test]
fn long_chains_of_values() {
    let mut names = "v0 = client\n".to_owned();
    for i in 1..5_000 {
        let _ = writeln!(names, "v{i} = v{}", i - 1);
    }
    around(&names, true);
    let mut functions = "def f0(): return client\n".to_owned();
    for i in 1..2_000 {
        let _ = writeln!(functions, "def f{i}(): return f{}()", i - 1);
    }
    around(&functions, true);
    let mut classes = "class C0(openai.OpenAI): pass\n".to_owned();
    for i in 1..2_000 {
        let _ = writeln!(classes, "class C{i}(C{}): pass", i - 1);
    }
    around(&classes, true);
    let mut mutual = String::new();
    for i in 0..500 {
        let _ = writeln!(
            mutual,
            "def g{i}(x): return g{}([x, client])",
            (i + 1) % 500
        );
    }
    around(&mutual, true);
}
