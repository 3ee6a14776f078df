//! Reports: formats, where they go, and that equal inputs give equal bytes.

use std::fs;

use crate::harness::{CALL, Tree, at_home, repository};

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
}

#[test]
fn the_summary_is_on_stderr_where_the_report_has_none() {
    let tree = Tree::new(&[("app.py", CALL)]);
    let summary = "Scanned 1 file (1 parsed, 115 bytes) in TIME\n1 finding: 1 high\n\
        1 call site: 0 governed, 0 partly governed, 1 ungoverned (0.0% governed)\n";
    for format in ["json", "jsonl", "sarif"] {
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
    error: invalid value 'sarfi=x' for '--output <FORMAT=PATH>': `sarfi` is not a format; did you mean `sarif`? expected text, concise, json, jsonl, sarif, github, gitlab, junit or markdown

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(tree.aegis("scan --format sarfi").refused(), @"
    error: invalid value 'sarfi' for '--format <FORMAT>'
      [possible values: text, concise, json, jsonl, sarif, github, gitlab, junit, markdown]

      tip: a similar value exists: 'sarif'

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
        for format in ["json", "sarif"] {
            let run = |threads: u8| {
                at_home(&format!(
                    "scan {path} --format {format} --no-config --threads {threads} -q"
                ))
            };
            let one = run(1);
            assert!(one.out.len() > 1000, "{}", one.all());
            for _ in 0..3 {
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
    let schema = repository().join("crates/aegis-report/tests/data/sarif-schema-2.1.0.json");
    let mut schema: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    // As published, the pattern of a language, which Aegis does not write, is no regular expression.
    for of in ["run", "toolComponent"] {
        schema["definitions"][of]["properties"]["language"]
            .as_object_mut()
            .unwrap()
            .remove("pattern");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&sarif)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "sub/app.py");
    assert_eq!(place["region"]["startLine"], 4);
}
