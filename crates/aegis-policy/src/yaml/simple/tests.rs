use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use aegis_diag::SourceFile;
use proptest::prelude::*;

use crate::problem::Problem;
use crate::tree::{Node, Tree, View};

/// Everything that a reader of the tree can see.
fn dump(node: Node<'_>, out: &mut String) {
    let _ = write!(out, "{:?}@{:?}", node.origin(), node.at());
    match node.view() {
        View::Scalar(text, style) => {
            let _ = write!(out, "{style:?}{text:?}");
        }
        View::List(list) => {
            out.push('[');
            list.iter().for_each(|item| dump(item, out));
            out.push(']');
        }
        View::Map(map) => {
            out.push('{');
            for (key, value) in map.iter() {
                dump(key, out);
                out.push(':');
                dump(value, out);
            }
            out.push('}');
        }
        View::Refused => out.push('!'),
    }
}

fn seen(tree: &Tree, problems: &[Problem]) -> String {
    let mut out = String::new();
    if let Some(root) = tree.root() {
        dump(root, &mut out);
    }
    for problem in problems {
        let _ = write!(out, "\n{problem:?}");
    }
    out
}

/// Whether the simple reader takes the text. If it does, the parser must say the same of it.
fn taken(text: &str) -> bool {
    let file = Arc::new(SourceFile::new("p.yaml", text, None));
    if !super::super::characters(&file, &mut Vec::new()) {
        return false;
    }
    let Some((tree, problems)) = super::super::simple(&file) else {
        return false;
    };
    let mut expected = Vec::new();
    let full = super::super::full(&file, &mut expected);
    let full = full.unwrap_or_else(|| panic!("the parser refuses {text:?}: {expected:?}"));
    assert_eq!(seen(&tree, &problems), seen(&full, &expected), "{text:?}");
    true
}

#[test]
fn policies_as_they_are_written_are_taken() {
    for text in [
        "version: \"1\"\ndefaults: { risk_level: low, approval: auto }\nrules:\n  - name: a\n    match: { type: \"a*\" }\n",
        "a: b\n",
        "a: b",
        "---\na: b\n",
        "# c\n\n---\n# d\na: b # e\n\n# f\n",
        "a:\n- b\n- c: d\n  e: f\n-   g\ng: h\n",
        "a:\n  - - b\n    - c\n  - d: [e, 'f''g', \"h\\\"\\\\\\n\\ti\"]\n    j: {}\n    k: []\n",
        "a: [\n  b,\n\n  c\n  ]\nd: { e: f,\n  g: { h: [i] } }\n",
        "a: b:c -d #e\nf: http://x/y?z#w\n",
        "<<: { a: b }\nc: d\n",
        "a: b\na: c\n",
        "größe: naïve ✓\n\"ü\": 'é'\n",
        "a: -1\nb: -x\nc: .5\nd: +1e3\ne: 22:00\n",
        "a: # why\n  b: c\n",
    ] {
        assert!(taken(text), "{text:?}");
    }
}

#[test]
fn what_needs_a_second_look_is_left_to_the_parser() {
    for text in [
        "",
        "a",
        "- a\n b\n",
        "a:\n",
        "a: b\n  c\n",
        "a: &b c\n",
        "a: *b\n",
        "a: !b c\n",
        "a: |\n  b\n",
        "a: >\n  b\n",
        "? a\n: b\n",
        "a: 'b\n  c'\n",
        "a: \"\\x41\"\n",
        "a:\tb\n",
        "a: b\r\n",
        "a: b: c\n",
        "a: [b, ]\n",
        "a: [b: c]\n",
        "a: [b",
        "a: {b}\n",
        "a: {b, c: d}\n",
        "a: {\"b\":c}\n",
        "a: \"b\" c\n",
        "a: \"b\"#c\n",
        "a: [\nb]\n",
        "a : b\n",
        "  a: b\n c: d\n",
        "a: b\n---\nc: d\n",
        "a: b\n...\n",
        "%YAML 1.2\n---\na: b\n",
        "a: b\n- c\n",
        "a: @b\n",
        "a: [b #c\n  ]\n",
        "a: \u{feff}b\n",
    ] {
        assert!(!taken(text), "{text:?}");
    }
}

/// Every policy and suite of the repository; those with anchors and the like are not taken.
#[test]
fn the_files_of_the_repository_read_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = vec![root.join("policies"), root.join("fixtures")];
    let (mut files, mut simple) = (0, 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "yaml") {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                files += 1;
                simple += usize::from(taken(&text));
            }
        }
    }
    assert!(files > 200 && simple * 2 > files, "{simple} of {files}");
}

/// Pieces of YAML that mean something to each other.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b: ",
        "c:",
        ": ",
        ":",
        "- ",
        "-",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        "#",
        " # x",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "\"",
        "'",
        "''",
        "\\",
        "\\n",
        "\"d e\"",
        "'f'",
        "1",
        "-2",
        "~",
        "null",
        "<<",
        "é",
        ".",
        "---",
        "...",
        "&a ",
        "*a",
        "!",
        "?",
        "|",
        ">",
        "%",
        "@",
        "`",
        "\t",
        "/",
        "a: b\n",
        "- c: d\n",
        "e:\n  - f\n",
        "g: [h, i]\n",
        "j: { k: l }\n",
        "\u{a0}",
        "\u{fffd}",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|p| p.concat())
}

/// A mapping with values of all kinds, with odd spaces and comments.
fn document() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "a",
        "b c",
        "-1",
        "\"q \\\" r\"",
        "'s ''t'",
        "x:y",
        "x#y",
        "é",
        "null",
        "[]",
        "{}",
        "a,b",
        "[a, b]",
        "{ a: b }",
        "[ [a] ,b]",
        "{a: {b: c}, d: [e]}",
        "[\n        a,\n        b ]",
        "a]",
    ]);
    let node = scalar
        .prop_map(str::to_owned)
        .prop_recursive(4, 24, 4, |inner| {
            let map =
                prop::collection::vec(("[a-c]{1,2}", inner.clone()), 1..4).prop_map(|entries| {
                    let line = |(key, value): (String, String)| format!("\n{key}: {value}");
                    entries.into_iter().map(line).collect::<String>()
                });
            let list = prop::collection::vec(inner, 1..4).prop_map(|items| {
                let line = |item: String| format!("\n- {item}");
                items.into_iter().map(line).collect::<String>()
            });
            let space = prop::sample::select(vec!["\n  ", "\n ", "\n    ", "\n"]);
            let odd = prop::sample::select(vec!["", "", "", " ", " # note", "\n", "\n   # note"]);
            (prop_oneof![map, list], space, odd).prop_map(|(text, space, odd)| {
                // One level deeper, or by mistake not.
                text.replace('\n', space) + odd
            })
        });
    prop::collection::vec(("[a-d]{1,2}", node), 1..4).prop_map(|entries| {
        let line = |(key, value): (String, String)| format!("{key}: {value}\n");
        entries.into_iter().map(line).collect()
    })
}

proptest! {
    // `PROPTEST_CASES` asks for more, twenty times its number.
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases * 20,
        ..ProptestConfig::default()
    })]

    #[test]
    fn pieces_read_the_same(text in pieces()) {
        taken(&text);
    }

    #[test]
    fn documents_read_the_same(text in document()) {
        taken(&text);
    }
}
