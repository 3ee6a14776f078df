//! The YAML below policies: bytes, bounds, anchors, spellings of one thing.

use aegis_policy::document::MAX_BYTES;

use crate::{checked, read, read_bytes, refused, seen};

const RULE: &str = "{ name: a, match: { type: x }, approval: block }";

/// The only problem with these bytes.
#[track_caller]
fn only(bytes: &[u8]) -> String {
    let problems = read_bytes(bytes).expect_err("refused").0;
    let all: Vec<String> = problems.iter().map(seen).collect();
    assert_eq!(all.len(), 1, "{all:#?}");
    all.concat()
}

#[test]
fn bytes_are_utf8() {
    assert_eq!(
        only(b"rules:\n  - name: \"caf\xe9\"\n"),
        "2:15 not-utf8 `\u{fffd}`: the file is not UTF-8 text; save it as UTF-8"
    );
    assert_eq!(
        only(b"\xff\xfer\0u\0"),
        "1:1 not-utf8 `\u{fffd}`: the file is not UTF-8 text; it looks like UTF-16: save it as UTF-8"
    );
    let utf16: Vec<u8> = "rules: []"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    assert!(only(&utf16).contains("looks like UTF-16"));
}

#[test]
fn a_byte_order_mark_at_the_start_is_no_part_of_the_text() {
    let policy = read_bytes(format!("\u{feff}rules: [{RULE}]").as_bytes()).unwrap();
    assert_eq!(policy.rules().len(), 1);
    let span = policy.rules()[0].name.span.clone().unwrap();
    assert_eq!((span.start().line, span.start().column), (1, 17));
}

#[test]
fn line_endings_make_no_difference() {
    let text = format!("# a comment\nrules:\n  - {RULE}\n  # and another\n");
    for text in [
        text.clone(),
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r"),
    ] {
        let policy = checked(&text);
        let span = policy.rules()[0].span.clone().unwrap();
        assert_eq!((span.start().line, span.text()), (3, RULE), "{text:?}");
    }
}

#[test]
fn empty_files_are_refused() {
    for text in [
        "",
        "\n\n",
        "# only a comment\n",
        "---\n",
        "...\n",
        "\u{feff}",
    ] {
        let problem = only(text.as_bytes());
        assert!(problem.contains(" empty `"), "{text:?}: {problem}");
    }
}

#[test]
fn a_file_has_at_most_a_mebibyte() {
    let pad = |n: usize| format!("rules: [{RULE}] #{}", "x".repeat(n));
    let short = pad(0).len();
    assert!(read(&pad(MAX_BYTES - short)).is_ok());
    let problem = only(pad(MAX_BYTES - short + 1).as_bytes());
    assert!(problem.contains("too-large"), "{problem}");
    assert!(problem.ends_with(
        "the file has 1048577 bytes; 1048576 are read; split it: several policies are merged into one"
    ));
    assert!(problem.len() < 500, "the file is not quoted");
}

#[test]
fn nesting_is_bounded() {
    for open in ["[", "{a: ", "- ", "? "] {
        for depth in [65, 300, 5_000, 200_000] {
            let text = open.repeat(depth);
            let problem = only(text.as_bytes());
            assert!(
                problem.contains(" too-deep `") || problem.contains(" syntax `"),
                "{open} {depth}: {problem}"
            );
        }
    }
    refused(
        &format!("rules: {}{}", "[".repeat(64), "]".repeat(64)),
        &["1:71 too-deep `[`: the text nests more than 64 levels deep"],
    );
    // An alias is as deep as what it stands for.
    let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
    let text = format!(
        "a: &a {}\nb: {}*a{}\n",
        deep(40),
        "[".repeat(40),
        "]".repeat(40)
    );
    assert!(only(text.as_bytes()).contains("2:44 too-deep `*a`"));
}

#[test]
fn aliases_do_not_multiply_without_bound() {
    let mut text = String::from("a0: &a0 [x, x]\n");
    for i in 1..40 {
        text += &format!("a{i}: &a{i} [*a{0}, *a{0}]\n", i - 1);
    }
    assert!(only(text.as_bytes()).contains("alias-bomb"));
    let long = format!(
        "a: &a \"{}\"\nb: [{}]\n",
        "x".repeat(100_000),
        "*a, ".repeat(1000)
    );
    assert!(only(long.as_bytes()).contains("alias-bomb"));
    let merges = format!(
        "a: &a {{ {} }}\nb: [{}]\n",
        (0..1000).map(|i| format!("k{i}: 1, ")).collect::<String>(),
        "{ <<: *a }, ".repeat(1000)
    );
    assert!(only(merges.as_bytes()).contains("alias-bomb"));
}

#[test]
fn anchors_aliases_and_merges_work() {
    let policy = checked(
        r#"
rules:
  - name: bulk
    match: &tools { type: &patterns ["delete*", "drop*"], agent: "bot-*" }
    conditions: &bulk { param_gt: { count: 100 } }
    approval: block
    reason: &why no bulk changes
  - name: same
    match: { <<: *tools, target: "prod/*", agent: "*" }
    conditions: *bulk
    approval: approve
    reason: *why
  - name: two
    match: { <<: [{ type: "x" }, *tools] }
    approval: block
"#,
    );
    let [bulk, same, two] = policy.rules() else {
        panic!("{policy:?}")
    };
    let patterns = |p: &Option<Vec<aegis_policy::model::Located<Box<str>>>>| -> Vec<String> {
        p.iter().flatten().map(|p| p.value.to_string()).collect()
    };
    assert_eq!(patterns(&bulk.matches.kind), ["delete*", "drop*"]);
    assert_eq!(patterns(&same.matches.kind), ["delete*", "drop*"]);
    assert_eq!(patterns(&same.matches.target), ["prod/*"]);
    assert_eq!(patterns(&same.matches.agent), ["*"], "an own key wins");
    assert_eq!(same.conditions.len(), 1);
    let reason = same.reason.as_ref().unwrap();
    assert_eq!(&*reason.value, "no bulk changes");
    assert_eq!(
        reason.span.as_ref().unwrap().text(),
        "*why",
        "the alias is the place"
    );
    assert_eq!(
        patterns(&two.matches.kind),
        ["x"],
        "the first of several merges wins"
    );
    assert_eq!(patterns(&two.matches.agent), ["bot-*"]);
}

#[test]
fn a_quoted_merge_key_is_an_ordinary_key() {
    refused(
        "rules:\n  - { name: a, match: { \"<<\": { type: x } }, approval: block }\n",
        &[
            "2:25 unknown-key `\"<<\"`: `<<` is not a key of a match; the keys of a match are `type`, `target`, `agent` and `effect`",
        ],
    );
}

#[test]
fn texts_may_be_blocks_and_escapes() {
    let policy = checked(
        "rules:\n  - name: a\n    match: { type: \"de\\x6cete*\" }\n    approval: block\n    \
         reason: |\n      first line\n      second: line\n  - name: b\n    match: { type: 'it''s' }\n    \
         conditions:\n      param_matches:\n        sql: >-\n          (?i)drop\n          table\n    \
         approval: block\n    reason: two\n      lines\n",
    );
    assert_eq!(
        &*policy.rules()[0].matches.kind.as_ref().unwrap()[0].value,
        "delete*"
    );
    let reason = |i: usize| policy.rules()[i].reason.as_ref().unwrap().value.to_string();
    assert_eq!(reason(0), "first line\nsecond: line\n");
    assert_eq!(reason(1), "two lines");
}

#[test]
fn many_problems_are_cut() {
    let keys: String = (0..5000).map(|i| format!("key{i}: 1\n")).collect();
    let problems = read(&keys).unwrap_err().0;
    assert_eq!(problems.len(), 1001);
    assert!(problems.iter().any(|p| p.code == "too-many-problems"));
}

#[test]
fn large_policies_are_read_in_time() {
    let rules: String = (0..8000)
        .map(|i| {
            format!("  - {{ name: r{i}, match: {{ type: \"tool_{i}_*\" }}, approval: block }}\n")
        })
        .collect();
    let start = std::time::Instant::now();
    let policy = checked(&format!("rules:\n{rules}"));
    assert_eq!(policy.rules().len(), 8000);
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}
