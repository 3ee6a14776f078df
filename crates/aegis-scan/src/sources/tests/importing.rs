use crate::sources::imports::imports;

/// Imports as `..module` and `.module:item`.
fn found(text: &str) -> Vec<String> {
    imports(text)
        .into_iter()
        .map(|i| {
            let item = i.item.map(|n| format!(":{n}")).unwrap_or_default();
            format!("{}{}{item}", ".".repeat(i.level.into()), i.module)
        })
        .collect()
}

#[test]
fn plain_imports_give_one_entry_per_module() {
    assert_eq!(found("import a.b as c, d\nimport e"), ["a.b", "d", "e"]);
    assert_eq!(
        found("x = 1; import a; import b # import c"),
        ["a", "b", "c"]
    );
    assert_eq!(
        found("if x: import a . b\n\ttry:\r\t  import\tc"),
        ["a.b", "c"]
    );
    assert_eq!(found("import a, \\\n  b as \\\r\n c, d"), ["a", "b", "d"]);
    assert_eq!(found("lazy import é"), ["é"]);
}

#[test]
fn names_taken_from_a_module_give_one_entry_each() {
    assert_eq!(found("from a.b import c as d, e"), ["a.b:c", "a.b:e"]);
    assert_eq!(
        found("from . import x\nfrom ..p.q import y"),
        [".:x", "..p.q:y"]
    );
    assert_eq!(
        found("from .import x\nfrom...import y\nfrom.a import z"),
        [".:x", "...:y", ".a:z"]
    );
    assert_eq!(found("from a import*\nfrom b import(c)"), ["a:*", "b:c"]);
    assert_eq!(
        found("from .x import (a,\n b as c, # import-free (comment)\r\n\n  d,\n)\nimport e"),
        [".x:a", ".x:b", ".x:d", "e"]
    );
    assert_eq!(
        found("from a \\\n  import b, \\\n c; from . d import e"),
        ["a:b", "a:c", ".d:e"]
    );
    assert_eq!(found("raise E from e\nimport b"), ["b"]);
    assert_eq!(found("yield from x; import b"), ["b"]);
}

#[test]
fn what_is_left_open_does_not_hide_what_follows() {
    assert_eq!(found("# from a import (\nimport b"), ["b"]);
    assert_eq!(
        found("from a import (x,\nfrom b import y"),
        ["a:x", "a:from", "b:y"]
    );
    assert_eq!(found("import\nimport a"), ["a"]);
    assert_eq!(found("importlib.x(\nimport a"), ["a"]);
}

#[test]
fn functions_that_import_count_if_the_name_is_written_out() {
    assert_eq!(found("importlib.import_module(\"a.b\")"), ["a.b"]);
    assert_eq!(found("__import__('a', fromlist=['b'])"), ["a"]);
    assert_eq!(found("import_module ( # now\n name = r\"x\" 'y')"), ["xy"]);
    assert_eq!(
        found("pytest.importorskip('a'); import_string('b:C')"),
        ["a", "b"]
    );
    assert_eq!(
        found("import_module('.x', 'p.q'); import_module('..x', package='p.q')"),
        ["p.q.x", "p.x"]
    );
    assert_eq!(found("import_module('.x', __package__)"), [".x"]);
    assert_eq!(found("import_module('a-b.c')"), ["a-b.c"]);
    assert_eq!(found("import_module(f'plugins.{name}')"), ["plugins"]);
    assert_eq!(
        found("import_module(name)\nimport_module('no name')"),
        [""; 0]
    );
}

#[test]
fn functions_that_import_are_known_by_their_other_names() {
    assert_eq!(
        found("from importlib import import_module as im\nim('a')\nxim('b')"),
        ["importlib:import_module", "a"]
    );
    assert_eq!(found("load = importlib.import_module\nload('a')"), ["a"]);
    assert_eq!(found("load=__import__; load('a')"), ["a"]);
}

#[test]
fn words_that_only_contain_it_are_not_imports() {
    assert_eq!(
        found("important = reimport\nself.imported(x)\nimports"),
        [""; 0]
    );
}

#[test]
fn the_work_grows_with_the_text_only() {
    for piece in [
        "import_module(#",
        "import ",
        "import,",
        "from a import(#",
        "a.",
        "import.",
        "import_module.",
        "import",
        "import_module('a' ",
        "import_module as a\na(#",
        "importa,",
        "from .a import (a, ",
        "import\\\n",
        "a=import_module\na('.b',#",
        "import x,",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        for text in [
            format!("{text}import z"),
            format!("from {text}"),
            format!("import {text}"),
        ] {
            let start = std::time::Instant::now();
            imports(&text);
            assert!(start.elapsed().as_secs() < 5, "{piece}");
        }
    }
}
