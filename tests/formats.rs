//! Reports: formats, where they go, and that equal inputs give equal bytes.

use std::fs;

use crate::harness::{CALL, Tree, at_home, repository, sarif_mistakes};

#[test]
fn every_format_goes_to_stdout() {
    let tree = Tree::new(&[("app.py", CALL)]);
    let first = |format: &str| {
        tree.aegis(&format!("scan --format {format}"))
            .ok()
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    assert!(first("text").starts_with("high[AEG101]: "));
    assert!(first("concise").starts_with("app.py:4:7: AEG101 high "));
    assert_eq!(first("json"), "{");
    assert!(first("jsonl").starts_with('{'));
    assert_eq!(first("sarif"), "{");
    assert!(first("github").starts_with("::error "));
    assert_eq!(first("gitlab"), "[");
    assert!(first("junit").starts_with("<?xml "));
    assert!(first("markdown").starts_with("## Aegis: 1 finding"));
    assert_eq!(first("html"), "<!doctype html>");
    assert_eq!(first("cyclonedx"), "{");
}

#[test]
fn the_summary_is_on_stderr_where_the_report_has_none() {
    let tree = Tree::new(&[("app.py", CALL)]);
    let summary = "Scanned 1 file (1 parsed, 115 bytes) in TIME\n1 finding: 1 high\n\
        1 call site: 0 governed, 0 partly governed, 1 ungoverned (0.0% governed)\n";
    for format in [
        "json",
        "jsonl",
        "sarif",
        "gitlab",
        "junit",
        "html",
        "cyclonedx",
    ] {
        assert_eq!(
            tree.aegis(&format!("scan --format {format}")).err,
            summary,
            "{format}"
        );
        assert_eq!(
            tree.aegis(&format!("scan --format {format} -q")).err,
            "",
            "{format}"
        );
    }
    for format in ["text", "concise", "github"] {
        let run = tree.aegis(&format!("scan --format {format}"));
        assert_eq!(run.err, "", "{format}");
        assert!(run.out.contains("1 call site: 0 governed"), "{format}");
    }
    let run = tree.aegis("scan --format markdown");
    assert_eq!(run.err, "");
    assert!(run.out.contains("0 of 1 call site governed"), "{}", run.out);
}

#[test]
fn several_reports_are_written_in_one_pass() {
    let tree = Tree::new(&[("app.py", CALL), ("out/old.json", "old")]);
    let run = tree.aegis("scan -o json=out/old.json --output sarif=out/aegis.sarif -o jsonl=lines");
    assert!(
        run.out.starts_with("high[AEG101]"),
        "text still goes to stdout: {}",
        run.all()
    );
    assert_eq!(
        tree.read("out/old.json"),
        tree.aegis("scan --format json").out
    );
    assert_eq!(
        tree.read("out/aegis.sarif"),
        tree.aegis("scan --format sarif").out
    );
    assert_eq!(tree.read("lines"), tree.aegis("scan --format jsonl").out);
    let left: Vec<_> = fs::read_dir(tree.path("out"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "no drafts are left: {left:?}");
}

#[test]
fn output_to_stdout_replaces_the_text() {
    let tree = Tree::new(&[("app.py", CALL)]);
    let json = tree.aegis("scan --format json").ok();
    for line in [
        "-o json",
        "-o json=-",
        "-o json -o sarif=x.sarif",
        "--format json -o text=x.txt -q",
    ] {
        assert_eq!(tree.aegis(&format!("scan {line}")).ok(), json, "{line}");
    }
    let run = tree.aegis("scan -q -o json=x.json");
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    let run = tree.aegis("scan -o json=x.json -o concise");
    assert!(run.out.starts_with("app.py:4:7: AEG101"), "{}", run.all());
}

#[test]
fn files_have_no_colours() {
    let tree = Tree::new(&[("app.py", CALL)]);
    let run = tree.aegis("scan --color always -o text=x.txt");
    assert!(run.out.contains('\u{1b}'));
    assert!(!tree.read("x.txt").contains('\u{1b}'));
}

#[test]
fn outputs_that_cannot_be_are_refused_before_the_scan() {
    let tree = Tree::new(&[("app.py", CALL), ("dir/x", "")]);
    insta::assert_snapshot!(tree.aegis("scan -o json -o sarif").refused(), @"error: only one report can go to stdout; give the others a path, as in `--output sarif=aegis.sarif`");
    insta::assert_snapshot!(tree.aegis("scan --format text -o sarif=-").refused(), @"error: only one report can go to stdout; give the others a path, as in `--output sarif=aegis.sarif`");
    insta::assert_snapshot!(tree.aegis("scan -o json=x -o sarif=x").refused(), @"error: two reports would go to `x`; give each its own path");
    insta::assert_snapshot!(tree.aegis("scan -o json=dir").refused(), @"error: report `dir` cannot be written: it is a folder; name a file in it");
    insta::assert_snapshot!(tree.aegis("scan -o json=no/such/x.json").refused(), @"error: report `no/such/x.json` cannot be written: there is no folder `no/such`; make it first");
    insta::assert_snapshot!(tree.aegis("scan -o json=").refused(), @"
    error: invalid value 'json=' for '--output <FORMAT=PATH>': no path after `=`; expected `json=PATH`, or `json` for stdout

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(tree.aegis("scan -o sarfi=x").refused(), @"
    error: invalid value 'sarfi=x' for '--output <FORMAT=PATH>': `sarfi` is not a format; did you mean `sarif`? expected text, concise, json, jsonl, sarif, github, gitlab, junit, markdown, html or cyclonedx

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(tree.aegis("scan --format sarfi").refused(), @"
    error: invalid value 'sarfi' for '--format <FORMAT>'
      [possible values: text, concise, json, jsonl, sarif, github, gitlab, junit, markdown, html, cyclonedx]

      tip: a similar value exists: 'sarif'

    For more information, try '--help'.
    ");
}

/// Every format of the product in the fixtures, from one pass.
const ALL: [&str; 11] = [
    "text",
    "concise",
    "json",
    "jsonl",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "markdown",
    "html",
    "cyclonedx",
];

fn support_desk() -> impl Fn(&str) -> String {
    let dir = tempfile::TempDir::new().unwrap();
    let path = |format: &str| dir.path().join(format).display().to_string();
    let outputs: Vec<String> = ALL.iter().map(|f| format!("-o {f}={}", path(f))).collect();
    let line = format!(
        "scan -q --no-config fixtures/projects/support-desk {}",
        outputs.join(" ")
    );
    assert_eq!(at_home(&line).ok(), "");
    let texts: Vec<(&str, String)> = ALL
        .iter()
        .map(|f| (*f, fs::read_to_string(path(f)).unwrap()))
        .collect();
    move |format| texts.iter().find(|(f, _)| *f == format).unwrap().1.clone()
}

#[test]
fn the_formats_agree_on_what_was_found() {
    let of = support_desk();
    let json = |format: &str| serde_json::from_str::<serde_json::Value>(&of(format)).unwrap();
    let len = |value: &serde_json::Value| value.as_array().unwrap().len();
    let report = json("json");
    let (findings, sites) = (len(&report["findings"]), len(&report["call_sites"]));
    assert!(findings > 5 && sites > 20, "{findings} {sites}");
    let lines = of("jsonl");
    let is_finding = |line: &&str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["type"] == "finding"
    };
    assert_eq!(lines.lines().filter(is_finding).count(), findings);
    assert_eq!(len(&json("sarif")["runs"][0]["results"]), findings);
    assert_eq!(len(&json("gitlab")), findings);
    let xml = of("junit");
    let xml = roxmltree::Document::parse(&xml).unwrap();
    let count = |tag| xml.descendants().filter(|n| n.has_tag_name(tag)).count();
    assert_eq!((count("testcase"), count("failure")), (sites, findings));
    let bom = json("cyclonedx");
    let occurrences = bom["components"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["type"] == "library")
        .map(|c| len(&c["evidence"]["occurrences"]));
    assert_eq!(occurrences.sum::<usize>(), sites);
    assert!(of("cyclonedx").contains("\"purl\": \"pkg:pypi/openai\""));
    assert!(of("cyclonedx").contains("\"name\": \"omni-moderation-latest\""));
    assert_eq!(of("html").matches("<article>").count(), findings);
    assert_eq!(of("html").matches("<tr data-kind=").count(), sites);
    let title = format!("## Aegis: {findings} findings in {sites} AI call sites\n");
    assert!(of("markdown").starts_with(&title));
    assert_eq!(
        of("concise")
            .lines()
            .filter(|l| l.contains(": AEG"))
            .count(),
        findings
    );
}

#[test]
fn models_are_known_where_a_call_names_them() {
    let text = "\
from openai import OpenAI

MODEL = \"gpt-5\"
client = OpenAI()


def ask(model):
    client.responses.create(model=model, input=\"x\")


def other(MODEL):
    client.responses.create(model=MODEL, input=\"x\")


client.responses.create(model=MODEL, input=\"x\")
client.responses.create(model=\"o4\", input=\"x\")
ask(\"depends-on-the-caller\")
";
    let tree = Tree::new(&[("app.py", text)]);
    let bom = tree.aegis("scan --format cyclonedx -q").json();
    let components = bom["components"].as_array().unwrap();
    let models: Vec<_> = components
        .iter()
        .filter(|c| c["type"] == "machine-learning-model")
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(models, ["gpt-5", "o4"]);
}

#[test]
fn json_reports_are_as_their_schema_says() {
    let schema = fs::read_to_string(repository().join("docs/report.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for path in ["projects/support-desk", "detection", "governance"] {
        let report = at_home(&format!(
            "scan fixtures/{path} --no-config -q --format json"
        ))
        .json();
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{path}: {errors:#?}");
        let mut odd = report;
        odd["findings"][0]["severity"] = "awful".into();
        assert!(!validator.is_valid(&odd));
    }
}

#[test]
fn places_are_links_where_files_are_on_the_web() {
    let tree = Tree::new(&[(".git/HEAD", ""), ("app.py", CALL)]);
    let line = "scan --format markdown --link-base https://git.example/o/r/blob/abc";
    let link = "(https://git.example/o/r/blob/abc/app.py#L4)";
    assert!(tree.aegis(line).ok().contains(link));
    let github = [
        ("GITHUB_SERVER_URL", "https://github.example"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_SHA", "abc"),
    ];
    let out = tree.run("scan --format html", &github, "").ok();
    assert!(
        out.contains("href=\"https://github.example/o/r/blob/abc/app.py#L4\""),
        "{out}"
    );
    assert!(
        !tree
            .aegis("scan --format markdown")
            .ok()
            .contains("app.py#L")
    );
    insta::assert_snapshot!(tree.aegis("scan --link-base javascript:alert(1)").refused(), @"
    error: invalid value 'javascript:alert(1)' for '--link-base <URL>': `javascript:alert(1)` cannot begin a link; expected an address such as `https://github.com/owner/repository/blob/COMMIT/`

    For more information, try '--help'.
    ");
}

#[cfg(unix)]
#[test]
fn a_report_keeps_links_permissions_and_devices() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let tree = Tree::new(&[("app.py", CALL), ("real.json", "old")]);
    symlink("real.json", tree.path("link.json")).unwrap();
    fs::set_permissions(tree.path("real.json"), fs::Permissions::from_mode(0o640)).unwrap();
    tree.aegis("scan -q -o json=link.json -o sarif=/dev/null")
        .ok();
    assert!(
        tree.path("link.json")
            .symlink_metadata()
            .unwrap()
            .is_symlink()
    );
    assert!(tree.read("real.json").contains("aegis/scan"));
    assert_eq!(
        tree.path("real.json")
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o640
    );
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn threads_do_not_change_a_byte() {
    for path in ["fixtures/projects/support-desk", "fixtures/detection"] {
        for format in ["json", "sarif", "markdown", "html", "junit", "cyclonedx"] {
            let run = |threads: u8| {
                at_home(&format!(
                    "scan {path} --format {format} --no-config --threads {threads} -q"
                ))
            };
            let one = run(1);
            assert!(one.out.len() > 1000, "{}", one.all());
            for _ in 0..2 {
                assert!(run(8) == one, "{path} {format} differs with 8 threads");
            }
        }
    }
}

#[test]
fn sarif_is_valid_and_names_files_from_the_top_of_the_repository() {
    let tree = Tree::new(&[(".git/HEAD", ""), ("sub/app.py", CALL)]);
    let mut command = tree.command();
    let output = command
        .current_dir(tree.path("sub"))
        .args(["scan", "--format", "sarif"])
        .output()
        .unwrap();
    let sarif: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let errors = sarif_mistakes(&sarif);
    assert!(errors.is_empty(), "{errors:#?}");
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "sub/app.py");
    assert_eq!(place["region"]["startLine"], 4);
}
