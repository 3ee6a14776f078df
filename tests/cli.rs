//! Options of `aegis scan` and the other commands.

use crate::harness::{CALL, GOVERNED, ODD, Tree, at_home};

#[test]
fn a_scan_without_arguments_scans_here() {
    let tree = Tree::new(&[("app.py", CALL), ("sub/ok.py", GOVERNED)]);
    let out = tree.aegis("scan").ok();
    assert!(
        out.starts_with("high[AEG101]: `chat.completions.create` (openai) is ungoverned"),
        "{out}"
    );
    assert!(out.contains("\n --> app.py:4:7\n"), "{out}");
    let (_, summary) = out.rsplit_once("\n\n").unwrap();
    insta::assert_snapshot!(summary, @"
    Scanned 2 files (2 parsed, 267 bytes) in TIME
    1 finding: 1 high
    2 call sites: 1 governed, 0 partly governed, 1 ungoverned (50.0% governed)
    ");
    assert_eq!(tree.aegis("scan").out, tree.aegis("scan .").out);
}

#[test]
fn paths_are_shown_as_they_were_typed() {
    let tree = Tree::new(&[("src/app.py", CALL), ("lib/app.py", CALL)]);
    let places = |line: &str| {
        let out = tree.aegis(&format!("scan --format concise {line}")).ok();
        out.lines()
            .filter_map(|l| Some(l.split_once(": AEG")?.0.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(places("src"), ["src/app.py:4:7"]);
    assert_eq!(places("./src/"), ["src/app.py:4:7"]);
    assert_eq!(places("src/app.py"), ["src/app.py:4:7"]);
    assert_eq!(places("src lib"), ["lib/app.py:4:7", "src/app.py:4:7"]);
    assert_eq!(places("src src/app.py"), ["src/app.py:4:7"]);
    let full = tree.path("src").canonicalize().unwrap();
    assert_eq!(places(full.to_str().unwrap()), ["DIR/src/app.py:4:7"]);
}

#[test]
fn stdin_is_scanned_under_the_name_it_is_given() {
    let tree = Tree::new(&[]);
    let run = tree.run("scan - --format concise", &[], CALL);
    assert!(
        run.out.starts_with("<stdin>:4:7: AEG101 high "),
        "{}",
        run.all()
    );
    let run = tree.run(
        "scan - --stdin-filename pkg/app.py --format concise",
        &[],
        CALL,
    );
    assert!(
        run.out.starts_with("pkg/app.py:4:7: AEG101"),
        "{}",
        run.all()
    );
    let notebook = r#"{"cells": [{"cell_type": "code", "source": ["from openai import OpenAI\n", "OpenAI().responses.create()"]}],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    let run = tree.run(
        "scan - --stdin-filename book.ipynb --format concise",
        &[],
        notebook,
    );
    assert!(
        run.out.starts_with("book.ipynb:cell 0:2:1: AEG101"),
        "{}",
        run.all()
    );
    assert_eq!(tree.run("scan -", &[], "").code, 0);
}

#[test]
fn stdin_is_alone() {
    let tree = Tree::new(&[("app.py", CALL)]);
    insta::assert_snapshot!(tree.aegis("scan - app.py").refused(), @"error: `-` is stdin and must be the only path");
    insta::assert_snapshot!(tree.aegis("scan app.py --stdin-filename x.py").refused(), @"error: `--stdin-filename` names what comes from stdin; add `-` as the path");
}

#[test]
fn the_inventory_lists_governed_calls_too() {
    let tree = Tree::new(&[("app.py", CALL), ("ok.py", GOVERNED)]);
    let out = tree.aegis("scan --inventory").ok();
    let (_, table) = out.split_once("Call sites\n").unwrap();
    insta::assert_snapshot!(table, @"
    app.py
      4  llm_call  openai  chat.completions.create  ✗ ungoverned
    ok.py
      6  llm_call  openai  chat.completions.create  ✓ governed

    Scanned 2 files (2 parsed, 267 bytes) in TIME
    1 finding: 1 high
    2 call sites: 1 governed, 0 partly governed, 1 ungoverned (50.0% governed)
    ");
}

#[test]
fn statistics_count() {
    let tree = Tree::new(&[("app.py", CALL), ("ok.py", GOVERNED)]);
    let out = tree.aegis("scan --statistics").ok();
    let (_, tables) = out.split_once("\nRules\n").unwrap();
    insta::assert_snapshot!(tables, @"
      AEG101  ungoverned-llm-call  high  1

    Frameworks  sites  governed  partly  ungoverned
      openai        2         1       0           1

    Kinds       sites  governed  partly  ungoverned
      llm_call      2         1       0           1

    Scanned 2 files (2 parsed, 267 bytes) in TIME
    1 finding: 1 high
    2 call sites: 1 governed, 0 partly governed, 1 ungoverned (50.0% governed)
    ");
}

#[test]
fn why_explains_a_line_and_nothing_else() {
    let tree = Tree::new(&[
        (
            "make.py",
            "from openai import OpenAI\n\n\ndef make():\n    return OpenAI()\n",
        ),
        (
            "app.py",
            "from make import make\n\nclient = make()\nclient.responses.create()\n",
        ),
        ("other.py", CALL),
    ]);
    let out = tree.aegis("scan --why app.py:4").ok();
    let (why, summary) = out.split_once("\n\n").unwrap();
    assert!(
        why.starts_with("app.py:4:1 llm_call: `responses.create` (openai) is ungoverned\n  1. "),
        "{out}"
    );
    assert!(
        why.contains("so this is `openai.OpenAI.responses.create`"),
        "{out}"
    );
    assert!(summary.starts_with("Scanned 3 files"), "{out}");
    let same = tree.aegis("scan --why app.py:4").out;
    assert_eq!(tree.aegis("scan --why ./app.py:4:1").out, same);
    let full = tree.path("app.py");
    assert_eq!(
        tree.aegis(&format!("scan --why {}:4", full.display())).out,
        same
    );
}

#[test]
fn why_says_where_call_sites_are_if_there_is_none() {
    let tree = Tree::new(&[("app.py", CALL), ("no.py", "x = 1\n")]);
    let run = tree.aegis("scan --why app.py:1");
    assert_eq!(
        (run.code, run.err.as_str()),
        (
            0,
            "note: no AI call site on line 1 of app.py; there is one at app.py:4:7\n"
        )
    );
    let run = tree.aegis("scan --why no.py:1");
    assert_eq!(
        run.err,
        "note: no AI call site on line 1 of no.py; there is none in this file\n"
    );
    insta::assert_snapshot!(tree.aegis("scan --why gone.py:1").refused(), @"error: `--why`: `gone.py` cannot be read: No such file or directory (os error 2)");
    insta::assert_snapshot!(tree.aegis("scan app.py --why no.py:1").refused(), @"error: `--why`: `no.py` is not in the scanned paths");
    insta::assert_snapshot!(tree.aegis("scan app.py --why app.py").refused(), @"
    error: invalid value 'app.py' for '--why <FILE:LINE>': expected a file and a line, such as `app.py:12`

    For more information, try '--help'.
    ");
}

#[test]
fn why_takes_places_in_notebooks_as_reports_print_them() {
    let tree = Tree::new(&[]);
    let cell = |source: &str| serde_json::json!({"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": source});
    let cells = [
        cell("from openai import OpenAI"),
        cell("c = OpenAI()\nc.responses.create()"),
    ];
    let book =
        serde_json::json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5});
    tree.write("book.ipynb", serde_json::to_string_pretty(&book).unwrap());
    let place = tree.aegis("scan --format concise").ok();
    let place = place.split_once(": AEG101").unwrap().0;
    assert_eq!(place, "book.ipynb:cell 1:2:1");
    let mut command = tree.command();
    let output = command.args(["scan", "--why", place]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.starts_with(
            "book.ipynb:cell 1:2:1 llm_call: `responses.create` (openai) is ungoverned"
        ),
        "{text}"
    );
    assert_eq!(output.stderr, b"");
}

#[test]
fn rules_are_selected_by_id_beginning_and_name() {
    let tree = Tree::new(&[("app.py", CALL), ("odd.py", ODD)]);
    let rules = |line: &str| tree.aegis(&format!("scan --format json {line}")).rules();
    assert_eq!(rules(""), ["AEG101", "AEG191"]);
    assert_eq!(rules("--select AEG19"), ["AEG191"]);
    assert_eq!(rules("--select ungoverned-llm-call"), ["AEG101"]);
    assert_eq!(rules("--select aeg101,AEG19"), ["AEG101", "AEG191"]);
    assert_eq!(
        rules("--select AEG101 --select unparsed-code"),
        ["AEG101", "AEG191"]
    );
    assert_eq!(rules("--ignore AEG1"), [""; 0]);
    assert_eq!(rules("--select AEG1 --ignore unparsed-code"), ["AEG101"]);
    insta::assert_snapshot!(tree.aegis("scan --select ungoverned-llm-cal").refused(), @"
    error: invalid value 'ungoverned-llm-cal' for '--select <RULE>': `ungoverned-llm-cal` is not a rule; did you mean `ungoverned-llm-call`?

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(tree.aegis("scan --ignore AEG1O1").refused(), @"
    error: invalid value 'AEG1O1' for '--ignore <RULE>': `AEG1O1` is not a rule; did you mean `AEG101`?

    For more information, try '--help'.
    ");
}

#[test]
fn files_are_included_and_excluded_by_globs() {
    let tree = Tree::new(&[
        ("src/a.py", CALL),
        ("src/b.py", CALL),
        ("tests/a.py", CALL),
        ("build/c.py", CALL),
    ]);
    let files = |line: &str| {
        let run = tree.aegis(&format!("scan --format json {line}"));
        let json = run.json();
        let paths = json["call_sites"].as_array().unwrap().iter();
        paths
            .map(|s| s["location"]["path"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(files(""), ["src/a.py", "src/b.py", "tests/a.py"]);
    assert_eq!(files("--exclude tests/"), ["src/a.py", "src/b.py"]);
    assert_eq!(files("--exclude tests --exclude b.py"), ["src/a.py"]);
    assert_eq!(files("--include src"), ["src/a.py", "src/b.py"]);
    assert_eq!(files("--include a.py --exclude /src"), ["tests/a.py"]);
    assert_eq!(
        files("--exclude !build"),
        ["build/c.py", "src/a.py", "src/b.py", "tests/a.py"]
    );
    insta::assert_snapshot!(tree.aegis("scan --exclude a[").refused(), @"
    error: invalid value 'a[' for '--exclude <GLOB>': `a[` is not a glob: unclosed character class, missing ']'

    For more information, try '--help'.
    ");
}

#[test]
fn ignore_files_count_unless_told_otherwise() {
    let tree = Tree::new(&[
        (".git/HEAD", ""),
        (".gitignore", "gen/\n"),
        ("gen/a.py", CALL),
        ("b.py", CALL),
    ]);
    let run = tree.aegis("scan --format json");
    assert_eq!(
        (run.rules().len(), &run.json()["excluded"]),
        (1, &serde_json::json!([".git/", "gen/"]))
    );
    assert_eq!(
        tree.aegis("scan --format json --no-gitignore")
            .rules()
            .len(),
        2
    );
}

#[test]
fn suppressed_findings_are_shown_on_demand() {
    let suppressed = CALL.replace("]))", "]))  # aegis: ignore[AEG101] a demo");
    let tree = Tree::new(&[("app.py", &suppressed)]);
    let out = tree.aegis("scan --format concise").ok();
    assert!(
        !out.contains("AEG101") && out.ends_with("1 finding suppressed\n"),
        "{out}"
    );
    let out = tree
        .aegis("scan --format concise --include-suppressed")
        .ok();
    assert!(
        out.starts_with("app.py:4:7: AEG101 high ") && out.contains("(suppressed: a demo)"),
        "{out}"
    );
}

#[test]
fn a_suppression_ends_on_its_day() {
    let until = CALL.replace(
        "]))",
        "]))  # aegis: ignore[AEG101] a demo until=2027-01-31",
    );
    let tree = Tree::new(&[("app.py", &until)]);
    let rules = |today| {
        tree.run("scan --format json", &[("AEGIS_TODAY", today)], "")
            .rules()
    };
    assert_eq!(rules("2027-01-31"), [""; 0]);
    assert_eq!(rules("2027-02-01"), ["AEG101", "AEG193"]);
    let run = tree.run("scan", &[("AEGIS_TODAY", "tomorrow")], "");
    insta::assert_snapshot!(run.refused(), @"error: variable AEGIS_TODAY: `tomorrow` is not a day; expected `YYYY-MM-DD`");
}

#[test]
fn third_party_governors_count_if_they_are_switched_on() {
    let tree = Tree::new(&[("app.py", CALL)]);
    assert_eq!(
        tree.aegis("scan --governor nemo-guardrails,llm-guard").code,
        0
    );
    let error = tree.aegis("scan --governor nemo").refused();
    assert!(
        error.starts_with("error: `nemo` is not a family of governors; known are "),
        "{error}"
    );
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let tree = Tree::new(&[("app.py", CALL)]);
    let colours = |line: &str, env: &[(&str, &str)]| tree.run(line, env, "").out.contains('\u{1b}');
    assert!(!colours("scan", &[]));
    assert!(colours("scan --color always", &[]));
    assert!(colours("scan --color always", &[("NO_COLOR", "1")]));
    assert!(colours("scan", &[("AEGIS_COLOR", "always")]));
    assert!(!colours("scan --color never", &[("AEGIS_COLOR", "always")]));
    assert!(!colours("scan --color always --format json", &[]));
    assert_eq!(tree.run("scan", &[("AEGIS_COLOR", "red")], "").code, 2);
}

#[test]
fn threads_are_bounded() {
    let tree = Tree::new(&[("app.py", CALL)]);
    assert_eq!(tree.aegis("scan --threads 3").code, 0);
    insta::assert_snapshot!(tree.aegis("scan --threads 0").refused(), @"
    error: invalid value '0' for '--threads <N>': `0` is not a number of threads; expected 1 to 256

    For more information, try '--help'.
    ");
}

#[test]
fn rules_are_explained() {
    let out = at_home("explain AEG101").ok();
    assert!(
        out.starts_with("AEG101 ungoverned-llm-call\n\nSeverity: high\nTags: ASI01, "),
        "{out}"
    );
    assert_eq!(at_home("explain ungoverned-llm-call").ok(), out);
    let run = at_home("explain aeg103 --format json");
    assert_eq!(
        (&run.json()["name"], &run.json()["cwe"]),
        (&"ungoverned-tool".into(), &"CWE-862".into())
    );
    assert!(run.json()["page"].is_string());
    let list = at_home("explain").ok();
    let all = at_home("explain --format json").json();
    assert_eq!(all.as_array().unwrap().len() + 1, list.lines().count());
    insta::assert_snapshot!(at_home("explain AEG1").refused(), @"error: `AEG1` is not a rule; did you mean `AEG101`?");
    insta::assert_snapshot!(at_home("explain governance").refused(), @"error: `governance` is not a rule; `aegis explain` lists all rules");
}

#[test]
fn the_catalog_is_listed() {
    let out = at_home("catalog list").ok();
    let head = out.lines().next().unwrap();
    assert!(
        head.starts_with("Framework ") && head.ends_with("instrumented"),
        "{head}"
    );
    let json = at_home("catalog list --format json").json();
    let frameworks = json.as_array().unwrap();
    assert_eq!(out.lines().count(), frameworks.len() + 3);
    let openai = frameworks.iter().find(|f| f["id"] == "openai").unwrap();
    assert!(
        openai["entries"]["llm_call"].as_u64().unwrap() > 50
            && !openai["verified"].as_array().unwrap().is_empty()
    );
}

#[test]
fn a_framework_is_shown() {
    let out = at_home("catalog show openai").ok();
    assert!(
        out.lines().any(|l| l.split_whitespace().collect::<Vec<_>>()
            == ["openai.OpenAI.chat.completions.create", "llm_call", "yes"]),
        "{out}"
    );
    let json = at_home("catalog show openai --format json").json();
    assert_eq!(json["framework"]["id"], "openai");
    assert!(json["entries"].as_array().unwrap().len() > 50);
    insta::assert_snapshot!(at_home("catalog show opnai").refused(), @"error: `opnai` is not a framework of the catalog; did you mean `openai`?");
    insta::assert_snapshot!(at_home("catalog show zebra").refused(), @"error: `zebra` is not a framework of the catalog; `aegis catalog list` lists all");
}

#[test]
fn own_catalog_files_are_part_of_the_catalog() {
    let own = "framework: ourlib\nname: Ours\nprovider: ours\npackages:\n  - {pypi: '-', imports: [ourlib], unverified: our own}\nfunctions:\n  ourlib.ask: llm_call\n";
    let tree = Tree::new(&[
        ("aegis.yaml", "scan: {catalog: [ourlib.yaml]}"),
        ("ourlib.yaml", own),
        ("app.py", "import ourlib\nourlib.ask()\n"),
    ]);
    let out = tree.aegis("catalog show ourlib").ok();
    assert!(out.contains("\nourlib.ask  llm_call  no\n"), "{out}");
    assert_eq!(tree.aegis("catalog show ourlib --no-config").code, 2);
    assert_eq!(tree.aegis("scan --format json").rules(), ["AEG101"]);
}

#[test]
fn completions_and_man_page_are_printed() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = at_home(&format!("completions {shell}")).ok();
        assert!(script.contains("fail-on"), "{shell}");
    }
    let page = at_home("man").ok();
    assert!(page.contains(".TH aegis 1") && page.contains(".SH \"AEGIS CATALOG SHOW\""));
    assert_eq!(at_home("completions tcsh").code, 2);
}

#[test]
fn help_and_version_are_no_errors() {
    assert_eq!(
        at_home("--version").ok(),
        concat!("aegis ", env!("CARGO_PKG_VERSION"), "\n")
    );
    let help = at_home("scan --help").ok();
    for heading in ["Output:", "Rules and verdict:", "Files:", "Settings:"] {
        assert!(help.contains(&format!("\n{heading}\n")), "{help}");
    }
    let run = at_home("");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
}

#[test]
fn a_wrong_command_or_option_is_answered_with_the_nearest() {
    insta::assert_snapshot!(at_home("scna").refused(), @"
    error: unrecognized subcommand 'scna'

      tip: some similar subcommands exist: 'schema', 'scan'

    Usage: aegis <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(at_home("scan --exlude x").refused(), @"
    error: unexpected argument '--exlude' found

      tip: a similar argument exists: '--exclude'

    Usage: aegis scan --exclude <GLOB> [PATHS]...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(at_home("scan --fail-on hihg").refused(), @"
    error: invalid value 'hihg' for '--fail-on <SEVERITY>'
      [possible values: info, low, medium, high, critical, none]

      tip: a similar value exists: 'high'

    For more information, try '--help'.
    ");
}
