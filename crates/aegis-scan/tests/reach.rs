//! What surrounds a program changes none of its verdicts: neither a collection of SDK code too large to
//! be followed whole, nor the SDKs' own source.
#![expect(
    clippy::unwrap_used,
    reason = "a file that cannot be written fails the test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aegis_diag::Report;
use aegis_scan::{Config, Input, scan};

fn scan_folder(folder: &Path) -> Report {
    let input = Input::Paths(vec![folder.to_path_buf()]);
    scan(&input, &Config::default()).unwrap()
}

/// Verdicts of the call sites below a folder, by place.
fn verdicts(report: &Report, below: &str) -> BTreeMap<String, String> {
    report
        .sites
        .iter()
        .filter_map(|s| {
            let place = s.span.locator().to_string();
            let (_, place) = place.split_once(below)?;
            Some((format!("{place} {}", s.kind), s.verdict.as_str().to_owned()))
        })
        .collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_large_collection_beside_a_governed_program_changes_nothing() {
    let project =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/projects/support-desk");
    let tree = tempfile::tempdir().unwrap();
    copy(&project, &tree.path().join("support-desk"));
    let alone = scan_folder(tree.path());
    assert_eq!(alone.files.alone, 0);

    // A package `agents` at the top, as the OpenAI Agents SDK has, and more AI code than is followed whole.
    let bulk = tree.path().join("agents");
    fs::create_dir_all(&bulk).unwrap();
    let text = format!(
        "import openai\nclient = openai.OpenAI()\n\ndef ask(q):\n    return client.responses.create(input=q)\n{}",
        "# padding\n".repeat(100_000)
    );
    for i in 0..18 {
        fs::write(bulk.join(format!("part{i}.py")), &text).unwrap();
    }
    fs::write(bulk.join("__init__.py"), "from .part0 import ask\n").unwrap();
    let beside = scan_folder(tree.path());

    assert_eq!(beside.files.alone, 18);
    let governed = verdicts(&alone, "support-desk/");
    assert!(governed.values().any(|v| v == "governed"), "{governed:?}");
    assert_eq!(governed, verdicts(&beside, "support-desk/"));
}

#[test]
fn a_package_named_like_an_sdk_inside_another_package_is_not_the_sdk() {
    let tree = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    // The SDK's own source in the tree, by its metadata.
    write("openai/__init__.py", "class OpenAI: ...\n");
    write("openai-2.0.0.dist-info/METADATA", "Name: openai\n");
    // An integration in a package of its own name, which uses the SDK.
    write("bot/__init__.py", "");
    write("bot/openai/__init__.py", "");
    write(
        "bot/openai/chat.py",
        "import openai\nopenai.OpenAI().responses.create(input='hello')\n",
    );
    let report = scan_folder(tree.path());
    assert_eq!(
        verdicts(&report, "bot/").len(),
        1,
        "the call in bot/openai/chat.py is a call of the SDK"
    );
}
