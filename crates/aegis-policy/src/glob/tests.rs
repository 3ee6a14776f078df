use super::*;

fn matches(pattern: &str, name: &str) -> bool {
    let name = name::canonical(name);
    let glob = Glob::parse(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
    let found = glob.matches(&name);
    assert_eq!(
        reference(pattern, &name),
        Ok(found),
        "the two matchers differ: {pattern} {name}"
    );
    found
}

#[test]
fn what_patterns_match() {
    for (pattern, yes, no) in [
        (
            "read",
            &["read", "READ", " read\t", "ｒｅａｄ"][..],
            &["", "read2", "a read", "rea"][..],
        ),
        ("*", &["", "a", "a/b:c.d\u{2028}e"], &[]),
        ("?*", &["a", "日本"], &[""]),
        ("read*", &["read", "read/x:y.z"], &["xread", ""]),
        ("*read", &["read", "x.read"], &["reads"]),
        ("*read*", &["read", "a read b", "rereads"], &["rea", "red"]),
        (
            "a*b*c",
            &["abc", "aXbYc", "abbcc", "a/b/c"],
            &["ab", "acb", "abcd"],
        ),
        ("*ab*ab", &["abab", "ab ab ab", "xabyab"], &["ab", "aba"]),
        ("a?c", &["abc", "aéc", "a日c"], &["ac", "abbc"]),
        ("???", &["abc", "日本語"], &["ab", "abcd"]),
        ("**", &["", "a"], &[]),
        ("a**b", &["ab", "axb"], &["a"]),
        ("[abc]x", &["ax", "CX"], &["dx", "x"]),
        ("[a-c0-9]", &["b", "7"], &["d", "-"]),
        ("[!a-c]", &["d", "é"], &["a", ""]),
        ("[^a-c]", &["d"], &["b"]),
        ("[a^!]", &["a", "^", "!"], &["b"]),
        ("[a-]", &["a", "-"], &["b"]),
        ("[-a]", &["a", "-"], &["b"]),
        (r"[\]\\\-a]", &["]", r"\", "-", "a"], &["b"]),
        ("[[]", &["["], &["]"]),
        ("[*?{,]", &["*", "?", "{", ","], &["a"]),
        ("[A-C]", &["b", "B"], &["d"]),
        ("[ä-ü]", &["ö", "Ö"], &["o"]),
        ("{read,list}_*", &["read_x", "list_"], &["red_x", "read"]),
        ("{a,{b,c}}d", &["ad", "bd", "cd"], &["d", "abd"]),
        ("{a,}b", &["ab", "b"], &["aab"]),
        ("{,}", &[""], &["a"]),
        ("x{,s}", &["x", "xs"], &["xss"]),
        ("{a*,b?}c", &["ac", "axxc", "byc"], &["bc", "byyc"]),
        ("{only}", &["only"], &["{only}"]),
        ("a,b", &["a,b"], &["a", "b"]),
        (r"{a\,b,c}", &["a,b", "c"], &["a", "b"]),
        (r"{[,],x}", &[",", "x"], &["[", "]"]),
        (r"\*", &["*"], &["a", ""]),
        (r"a\?b", &["a?b"], &["axb"]),
        (r"\{a\}\[\]", &["{a}[]"], &["a"]),
        (r"\a\\", &[r"a\"], &["a"]),
        ("Straße", &["STRASSE", "strasse"], &["strase"]),
        ("＊", &["anything"], &[]),
        ("de\u{200b}lete*", &["delete_x", "DELETE"], &[]),
        ("*\u{a0}", &["x"], &[]),
        ("a*a*a*a*b", &["aaaab"], &["aaaaaaaaaaaaaaaaaaaaaaaaaaaaac"]),
        ("*{prod,live}*", &["eu-prod-1", "live"], &["dev"]),
    ] {
        for name in yes {
            assert!(matches(pattern, name), "`{pattern}` should match `{name}`");
        }
        for name in no {
            assert!(
                !matches(pattern, name),
                "`{pattern}` should not match `{name}`"
            );
        }
    }
}

#[test]
fn malformed_patterns_are_refused() {
    for (pattern, at, message) in [
        ("", 0..0, "the pattern is empty"),
        (" \u{0} ", 0..3, "the pattern is empty"),
        ("\u{200b}", 0..3, "the pattern is empty"),
        ("a[bc", 1..2, "`[` is not closed"),
        ("a[", 1..2, "`[` is not closed"),
        ("a[!", 1..2, "`[` is not closed"),
        ("[a-", 0..1, "`[` is not closed"),
        ("a[]", 1..3, "the set is empty"),
        ("[!]", 0..3, "the set is empty"),
        ("x[z-a]", 2..5, "the range `z-a` runs backwards"),
        ("  X[Z-a]", 4..7, "the range `z-a` runs backwards"),
        ("a\tB]c", 3..4, "`]` without a `[` before it"),
        ("é]", 2..3, "`]` without a `[` before it"),
        ("É]", 0..3, "`]` without a `[` before it"),
        ("a]", 1..2, "`]` without a `[` before it"),
        ("a}b", 1..2, "`}` without a `{` before it"),
        ("{a,b", 0..1, "`{` is not closed"),
        ("{a,{b}", 0..1, "`{` is not closed"),
        ("x{}", 1..3, "`{}` has no alternatives"),
        ("a\\", 1..2, "nothing follows the backslash"),
        ("{a\\", 2..3, "nothing follows the backslash"),
        ("[a\\", 2..3, "nothing follows the backslash"),
    ] {
        let error = Glob::parse(pattern).expect_err(pattern);
        assert_eq!(
            (error.at, error.message.as_str()),
            (at, message),
            "{pattern:?}"
        );
        assert!(error.help.is_some());
    }
}

#[test]
fn expansion_is_bounded() {
    let fits = "{0,1}".repeat(10);
    assert_eq!(
        Glob::parse(&fits).expect("fits").alternatives().len(),
        MOST_ALTERNATIVES
    );
    for (pattern, message) in [
        (
            "{0,1}".repeat(11),
            "the braces expand to more than 1024 alternatives",
        ),
        (
            "{0,1}".repeat(10_000),
            "the braces expand to more than 1024 alternatives",
        ),
        (
            format!("{}{}", "{0,1}".repeat(10), "x".repeat(100)),
            "the braces expand to more than 65536 bytes",
        ),
        (
            "a".repeat(MOST_BYTES + 1),
            "the pattern is longer than 65536 bytes",
        ),
        ("{".repeat(100_000), "braces are nested more than 32 deep"),
    ] {
        assert_eq!(
            Glob::parse(&pattern).expect_err("too large").message,
            message
        );
    }
    assert!(Glob::parse(&"a".repeat(MOST_BYTES)).is_ok());
    assert!(Glob::parse(&"*a".repeat(MOST_BYTES / 2)).is_ok());
}

#[test]
fn alternatives_are_distinct_and_print_as_patterns() {
    let shown = |pattern: &str| -> Vec<String> {
        let glob = Glob::parse(pattern).expect(pattern);
        glob.alternatives()
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(shown("{a,b,a}x**"), ["ax*", "bx*"]);
    assert_eq!(shown("{,a}"), ["{,}", "a"]);
    assert_eq!(shown(r"\*[!c-ea-d\]]?\,"), [r"\*[!\]a-e]?\,"]);
    for pattern in [
        "a*b?c",
        r"\*\?\[\]\{\}\,\\",
        "[!a-c]",
        r"[\^\-]x",
        "{,}",
        "é*",
    ] {
        let glob = Glob::parse(pattern).expect(pattern);
        let again = Glob::parse(&glob.alternatives()[0].to_string()).expect(pattern);
        assert_eq!(again.alternatives(), glob.alternatives(), "{pattern}");
    }
}

#[test]
fn each_alternative_counts_by_itself() {
    let glob = Glob::parse("{read,lös}*").expect("glob");
    let ascii: Vec<_> = glob
        .alternatives()
        .iter()
        .map(Alternative::is_ascii)
        .collect();
    assert_eq!(ascii, [true, false]);
    assert!(glob.matches("readé") && !glob.matches_spelled("readé"));
    assert!(glob.matches_spelled("löschen"));
    assert!(!Glob::parse("[a-ÿ]*").expect("glob").alternatives()[0].is_ascii());
    assert!(Glob::parse("[!a]*").expect("glob").alternatives()[0].is_ascii());
}

#[test]
fn what_an_alternative_says_of_itself() {
    let one = |pattern: &str| Glob::parse(pattern).expect(pattern).alternatives()[0].clone();
    assert!(one("**").is_universal());
    assert!(!one("?*").is_universal());
    assert_eq!(one("ab*cde*fgh").longest_literal(), Some("cde"));
    assert_eq!(one("?*").longest_literal(), None);
    assert_eq!(one("a*").tokens(), [Token::Literal("a".into()), Token::Any]);
}

#[test]
fn long_names_take_no_longer_than_the_product() {
    let name = "a".repeat(100_000);
    assert!(!matches_only("*a*a*a*a*b", &name));
    assert!(!matches_only("*?a?b", &name));
    assert!(matches_only("*a*", &name));
}

fn matches_only(pattern: &str, name: &str) -> bool {
    Glob::parse(pattern).expect(pattern).matches(name)
}
