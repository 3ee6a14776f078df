use super::*;
use crate::path;
use crate::semantic::Keywords;
use Truth::{CannotTell, False, True};

fn number(text: &str) -> Number {
    Number::parse(text).expect(text)
}

fn json(text: &str) -> Value {
    Value::from_json(text).expect(text)
}

fn on(path: &str, test: Test) -> Compiled {
    let path = path::parse(path).expect(path);
    Compiled::new(&Atom::Param { path, test }).expect("compiles")
}

fn check(test: &Test, cases: &[(&str, Truth)]) {
    let compiled = on("p", test.clone());
    for (value, want) in cases {
        assert_eq!(
            compiled.test_value(Some(&json(value))),
            *want,
            "{test:?} {value}"
        );
    }
    assert_eq!(compiled.test_value(None), False, "{test:?} missing");
}

#[test]
fn order_comparisons() {
    check(
        &Test::Gt(number("100")),
        &[
            ("100", False),
            ("101", True),
            ("100.0000000000000000001", True),
            ("1e309", True),
            ("-1e309", False),
            ("\"101\"", True),
            ("\" +0101 \"", True),
            ("\"１０１\"", True),
            ("\"99\"", False),
            ("Infinity", True),
            ("-Infinity", False),
            ("NaN", CannotTell),
            ("\"NaN\"", CannotTell),
            ("\"Infinity\"", CannotTell),
            ("\"0x10\"", CannotTell),
            ("\"1,000\"", CannotTell),
            ("\"all\"", CannotTell),
            ("\"\"", CannotTell),
            ("null", CannotTell),
            ("true", CannotTell),
            ("[101]", CannotTell),
            ("{}", CannotTell),
        ],
    );
    check(
        &Test::Gte(number("100")),
        &[("100", True), ("99", False), ("\"1e2\"", True)],
    );
    check(
        &Test::Lt(number("100")),
        &[
            ("100", False),
            ("99", True),
            ("\"99.9\"", True),
            ("\"x\"", CannotTell),
        ],
    );
    check(
        &Test::Lte(number("100")),
        &[("100.0", True), ("101", False)],
    );
}

#[test]
fn equality() {
    check(
        &Test::Eq(json("1")),
        &[
            ("1", True),
            ("1.0", True),
            ("10e-1", True),
            ("\"1\"", True),
            ("\" +01.0 \"", True),
            ("2", False),
            ("\"one\"", False),
            ("true", False),
            ("[1]", False),
            ("{}", False),
            ("null", CannotTell),
            ("NaN", CannotTell),
            ("Infinity", False),
        ],
    );
    check(
        &Test::Eq(json("\"1\"")),
        &[
            ("1.0", True),
            ("\"1\"", True),
            ("\"1.0\"", False),
            ("2", False),
            ("NaN", CannotTell),
            ("true", False),
        ],
    );
    check(
        &Test::Eq(json("\"Prod\"")),
        &[
            ("\"Prod\"", True),
            ("\"prod\"", False),
            ("\"Prod \"", False),
            ("1", False),
            ("NaN", False),
            ("null", CannotTell),
        ],
    );
    check(
        &Test::Eq(json("true")),
        &[
            ("true", True),
            ("false", False),
            ("1", False),
            ("\"true\"", False),
        ],
    );
    check(
        &Test::Eq(Value::Null),
        &[
            ("null", True),
            ("0", False),
            ("\"\"", False),
            ("\"null\"", False),
            ("[null]", False),
        ],
    );
    check(
        &Test::Eq(json(r#"[1, "x", [null], {"a": 1, "b": 2}]"#)),
        &[
            (r#"[1.0, "x", [null], {"b": 2, "a": "1"}]"#, True),
            (r#"[1, "x", [0], {"a": 1, "b": 2}]"#, False),
            (r#"[1, "x", [null], {"a": 1}]"#, False),
            (r#"[1, "x", [null], {"a": 1, "c": 2}]"#, False),
            (r#"[NaN, "x", [null], {"a": 1, "b": 2}]"#, CannotTell),
            (r#"[NaN, "y", [null], {"a": 1, "b": 2}]"#, False),
            (r#"[1, "x", [null]]"#, False),
        ],
    );
}

#[test]
fn large_objects_compare_like_small_ones() {
    let object = |keys: &mut dyn Iterator<Item = u32>| {
        Value::Object(
            keys.map(|i| (format!("k{i}"), Value::from(i64::from(i))))
                .collect(),
        )
    };
    let compiled = on("p", Test::Eq(object(&mut (0..1000))));
    assert_eq!(
        compiled.test_value(Some(&object(&mut (0..1000).rev()))),
        True
    );
    assert_eq!(compiled.test_value(Some(&object(&mut (1..1001)))), False);
}

#[test]
fn containment() {
    check(
        &Test::Contains(vec![json("\"DROP\"")]),
        &[
            ("\"x; DROP TABLE\"", True),
            ("\"drop\"", False),
            ("\"\"", False),
            ("[\"DROP\"]", True),
            ("[\"DROP TABLE\"]", False),
            ("[[\"DROP\"]]", False),
            ("[]", False),
            ("[null, 5]", False),
            ("{\"DROP\": 1}", True),
            ("{\"x\": \"DROP\"}", False),
            ("5", CannotTell),
            ("true", CannotTell),
            ("null", CannotTell),
        ],
    );
    check(
        &Test::Contains(vec![json("5")]),
        &[
            ("\"room 25\"", True),
            ("[5.0]", True),
            ("[\"05\"]", True),
            ("[55]", False),
            ("[NaN]", CannotTell),
            ("[NaN, 5]", True),
            ("25", CannotTell),
            ("{\"5\": 1}", True),
        ],
    );
    check(
        &Test::Contains(vec![json("true")]),
        &[
            ("\"it is true\"", True),
            ("[true]", True),
            ("[\"true\", 1]", False),
        ],
    );
    check(
        &Test::Contains(vec![json("\"a\""), json("\"b\"")]),
        &[
            ("\"cab\"", True),
            ("\"ca\"", False),
            ("[\"b\", \"a\"]", True),
            ("{\"a\": 1}", False),
            ("7", CannotTell),
        ],
    );
}

#[test]
fn regular_expressions() {
    check(
        &Test::Matches(r"^\d+$".into()),
        &[
            ("\"12\"", True),
            ("\"x12\"", False),
            ("12", True),
            ("-12", False),
            ("1e3", False),
            ("[1, \"x\"]", True),
            ("[\"x\", null]", CannotTell),
            ("[[\"x\", [7]]]", True),
            ("[]", False),
            ("null", CannotTell),
            ("{}", CannotTell),
            ("NaN", CannotTell),
            ("[{}, 1]", True),
        ],
    );
    check(
        &Test::Matches("^true$".into()),
        &[("true", True), ("false", False), ("\"true\"", True)],
    );
    assert!(
        Compiled::new(&Atom::Param {
            path: path::parse("p").expect("path"),
            test: Test::Matches("(".into())
        })
        .is_err()
    );
}

#[test]
fn presence() {
    let (present, missing) = (on("p", Test::Present), on("p", Test::Missing));
    for value in ["null", "0", "\"\"", "[]", "NaN"] {
        assert_eq!(present.test_value(Some(&json(value))), True);
        assert_eq!(missing.test_value(Some(&json(value))), False);
    }
    assert_eq!(
        (present.test_value(None), missing.test_value(None)),
        (False, True)
    );
}

#[test]
fn text_beyond_the_limit_cannot_be_told() {
    let long = |bytes: usize| Value::Text(format!("{}needle", "x".repeat(bytes - 6)));
    let tests = [
        Test::Contains(vec![json("\"needle\"")]),
        Test::Matches("needle$".into()),
        Test::Eq(long(LONGEST_TEXT)),
    ];
    for test in tests {
        let compiled = on("p", test);
        assert_eq!(compiled.test_value(Some(&long(LONGEST_TEXT))), True);
        assert_eq!(
            compiled.test_value(Some(&long(LONGEST_TEXT + 1))),
            CannotTell
        );
        let inside = Value::List(vec![long(LONGEST_TEXT + 1)]);
        assert_ne!(compiled.test_value(Some(&inside)), True);
    }
    let zeros = Value::Text("0".repeat(LONGEST_TEXT + 1));
    assert_eq!(
        on("p", Test::Lt(number("5"))).test_value(Some(&zeros)),
        CannotTell
    );
    assert_eq!(on("p", Test::Present).test_value(Some(&zeros)), True);
}

#[test]
fn several_values_of_a_path() {
    let truth = |test: Test, params: &str| {
        let action =
            Action::from_json(&format!(r#"{{"type":"t","params":{params}}}"#)).expect(params);
        let wall = Wall {
            weekday: 1,
            second: 0,
        };
        on("items.*.n", test).truth(&Scene {
            action: &action,
            wall,
            evaluator: &Keywords,
        })
    };
    let gt = || Test::Gt(number("10"));
    assert_eq!(
        truth(gt(), r#"{"items":[{"n":5},{"n":"x"},{"n":11}]}"#),
        True
    );
    assert_eq!(
        truth(gt(), r#"{"items":[{"n":5},{"n":"x"},{}]}"#),
        CannotTell
    );
    assert_eq!(truth(gt(), r#"{"items":[{"n":5},{}]}"#), False);
    assert_eq!(truth(gt(), r#"{"items":[]}"#), False);
    assert_eq!(truth(Test::Missing, r#"{"items":[{},{}]}"#), True);
    assert_eq!(truth(Test::Missing, r#"{"items":[{},{"n":null}]}"#), False);
    assert_eq!(truth(Test::Present, r#"{"items":[{},{"n":null}]}"#), True);
    assert_eq!(
        truth(Test::Eq(Value::Null), r#"{"items":[{"n":1},{"n":null}]}"#),
        True
    );
}

#[test]
fn windows() {
    const H: u32 = 3600;
    let at = |weekday, second| Wall { weekday, second };
    let office = |wall| window(Some(9 * H), Some(17 * H), 0b001_1111, wall);
    assert!(office(at(1, 9 * H)) && office(at(5, 17 * H - 1)));
    assert!(!office(at(1, 9 * H - 1)) && !office(at(1, 17 * H)) && !office(at(6, 12 * H)));
    // Nights that start on Friday (5): until Saturday morning, not Friday morning.
    let friday = |wall| window(Some(22 * H), Some(6 * H), 0b001_0000, wall);
    assert!(friday(at(5, 22 * H)) && friday(at(6, 0)) && friday(at(6, 6 * H - 1)));
    assert!(
        !friday(at(5, 5 * H))
            && !friday(at(6, 22 * H))
            && !friday(at(6, 6 * H))
            && !friday(at(7, H))
    );
    let sunday = |wall| window(Some(22 * H), Some(6 * H), 0b100_0000, wall);
    assert!(sunday(at(1, 0)) && !sunday(at(7, 0)));
    let all = 0b111_1111;
    assert!(
        window(Some(22 * H), None, all, at(3, 86_399))
            && !window(Some(22 * H), None, all, at(3, 0))
    );
    assert!(
        window(None, Some(6 * H), all, at(3, 0)) && !window(None, Some(6 * H), all, at(3, 6 * H))
    );
    assert!(window(None, None, 0b1, at(1, 5)) && !window(None, None, 0b1, at(2, 5)));
    assert!(!window(Some(H), Some(H), all, at(1, H)));
}

#[test]
fn what_all_regular_expressions_take_together_is_bounded() {
    let mut regexes = Regexes::default();
    for i in 0..5 {
        let regex = regexes::compile(&format!(r"\w+ {i} \w+")).expect("a pattern");
        regexes.insert(Arc::new(regex));
    }
    let most = regexes.bytes;
    assert!(
        !regexes.exceed(most) && regexes.bytes == most,
        "none is built"
    );
    assert!(!regexes.exceed(most - 1), "they take less than they might");
    let built = regexes.bytes;
    assert!(built < most);
    assert!(regexes.exceed(built - 1));
    let again = regexes.clone();
    regexes.extend(again);
    assert_eq!(regexes.bytes, built, "one that is known counts once");
}
