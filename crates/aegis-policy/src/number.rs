//! Exact comparison of numbers of any size.
//!
//! A number keeps its text and is compared digit by digit, so `9007199254740993` is not
//! `9007199254740992` and `1e309` is more than `100`. The order is that of the values:
//! `1`, `1.0` and `10e-1` are equal, and so are `0` and `-0`.

use std::cmp::Ordering;
use std::fmt;

use smallvec::SmallVec;
use unicode_normalization::UnicodeNormalization;

use crate::value::Number;

/// A text longer than this is no number that anything can be told about.
const LONGEST: usize = 1 << 20;

/// Exponents with more digits than this cannot be compared.
const EXPONENT_DIGITS: usize = 30;

impl Number {
    /// The number written as `text`: JSON number grammar, or one of `NaN`, `Infinity` and
    /// `-Infinity`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let special = matches!(text, "NaN" | "Infinity" | "-Infinity");
        (special || is_json(text)).then(|| Self(text.into()))
    }

    /// The number as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether it is neither infinite nor `NaN`, so that JSON can write it.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.0.ends_with(|c: char| c.is_ascii_digit())
    }

    /// The order of the values; `None` if it cannot be told, as for `NaN`.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        compare(&self.0, &other.0)
    }

    /// The order of this number and a numeric text: NFKC, trimmed, JSON number grammar with an
    /// optional sign and leading zeros. `None` if the text is not numeric.
    #[must_use]
    pub fn compare_text(&self, text: &str) -> Option<Ordering> {
        with_numeric(text, |text| compare(&self.0, text)).flatten()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string().into())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(value.to_string().into())
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        i64::from(value).into()
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        u64::from(value).into()
    }
}

impl From<f64> for Number {
    /// The shortest text that reads back as the same double.
    fn from(value: f64) -> Self {
        Self(if value.is_nan() {
            "NaN".into()
        } else if value.is_infinite() {
            if value > 0.0 { "Infinity" } else { "-Infinity" }.into()
        } else {
            format!("{value:?}").into()
        })
    }
}

/// Whether a text is numeric, in the sense of [`Number::compare_text`].
#[must_use]
pub fn is_numeric(text: &str) -> bool {
    with_numeric(text, |_| ()).is_some()
}

/// Calls `then` with the numeric text in ASCII, if it is one. Allocates only for numbers of more
/// than 64 bytes that are written with characters beyond ASCII.
fn with_numeric<T>(text: &str, then: impl FnOnce(&str) -> T) -> Option<T> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.trim();
    if text.is_ascii() {
        return Parts::read(text, true).is_some().then(|| then(text));
    }
    let mut ascii = SmallVec::<[u8; 64]>::new();
    for c in text.nfkc() {
        // Whatever NFKC makes of a character beyond ASCII, only ASCII is a number.
        ascii.push(u8::try_from(c).ok().filter(u8::is_ascii)?);
    }
    let text = std::str::from_utf8(&ascii).ok()?.trim();
    Parts::read(text, true).is_some().then(|| then(text))
}

fn is_json(text: &str) -> bool {
    Parts::read(text, false).is_some()
}

/// The pieces of a number's text.
struct Parts<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: &'a [u8],
    negative_exponent: bool,
}

impl<'a> Parts<'a> {
    /// Reads JSON number grammar; if `lenient`, also `+` in front and leading zeros.
    fn read(text: &'a str, lenient: bool) -> Option<Self> {
        let mut rest = text.as_bytes();
        let negative = rest.first() == Some(&b'-');
        if negative || (lenient && rest.first() == Some(&b'+')) {
            rest = rest.get(1..)?;
        }
        let whole = digits(&mut rest)?;
        if !lenient && whole.len() > 1 && whole.first() == Some(&b'0') {
            return None;
        }
        let mut fraction: &[u8] = &[];
        if let Some((b'.', after)) = rest.split_first() {
            rest = after;
            fraction = digits(&mut rest)?;
        }
        let mut exponent: &[u8] = &[];
        let mut negative_exponent = false;
        if let Some((b'e' | b'E', after)) = rest.split_first() {
            rest = after;
            if let Some((sign @ (b'+' | b'-'), after)) = rest.split_first() {
                negative_exponent = *sign == b'-';
                rest = after;
            }
            exponent = digits(&mut rest)?;
        }
        rest.is_empty().then_some(Self {
            negative,
            whole,
            fraction,
            exponent,
            negative_exponent,
        })
    }

    /// The digits that count, from the first that is not zero.
    fn significant(&self) -> impl Iterator<Item = u8> {
        let all = self.whole.iter().chain(self.fraction).copied();
        all.skip_while(|&d| d == b'0')
    }

    fn is_zero(&self) -> bool {
        self.significant().next().is_none()
    }

    /// The power of ten of the first significant digit; `None` if the exponent is absurd.
    fn magnitude(&self) -> Option<i128> {
        let zeros = self.exponent.iter().take_while(|&&d| d == b'0').count();
        let exponent = self.exponent.get(zeros..).unwrap_or_default();
        if exponent.len() > EXPONENT_DIGITS {
            return None;
        }
        let mut value = exponent
            .iter()
            .fold(0_i128, |sum, d| sum * 10 + i128::from(d - b'0'));
        if self.negative_exponent {
            value = -value;
        }
        let all = self.whole.iter().chain(self.fraction);
        let skipped = all.take_while(|&&d| d == b'0').count();
        let before_point = i128::try_from(self.whole.len()).ok()?;
        Some(value + before_point - i128::try_from(skipped).ok()?)
    }
}

/// Takes one or more digits off the front.
fn digits<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    let (digits, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(digits)
}

/// Compares two number texts; `None` if one is `NaN`, or both have absurd exponents.
fn compare(a: &str, b: &str) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (small(a), small(b)) {
        return Some(a.cmp(&b));
    }
    if a == "NaN" || b == "NaN" {
        return None;
    }
    match (infinity(a), infinity(b)) {
        (0, 0) => {}
        (a, b) => return Some(a.cmp(&b)),
    }
    let (a, b) = (Parts::read(a, true)?, Parts::read(b, true)?);
    match (sign(&a), sign(&b)) {
        (0, 0) => Some(Ordering::Equal),
        (x, y) if x != y => Some(x.cmp(&y)),
        (1, _) => compare_sizes(&a, &b),
        _ => compare_sizes(&b, &a),
    }
}

/// Whole numbers that fit a machine word, which is what nearly all numbers are.
fn small(text: &str) -> Option<i64> {
    (text.len() <= 18).then(|| text.parse().ok()).flatten()
}

fn infinity(text: &str) -> i8 {
    match text {
        "Infinity" => 1,
        "-Infinity" => -1,
        _ => 0,
    }
}

fn sign(parts: &Parts<'_>) -> i8 {
    match (parts.is_zero(), parts.negative) {
        (true, _) => 0,
        (false, true) => -1,
        (false, false) => 1,
    }
}

/// Compares the absolute values of two numbers that are not zero.
fn compare_sizes(a: &Parts<'_>, b: &Parts<'_>) -> Option<Ordering> {
    let by_magnitude = a.magnitude()?.cmp(&b.magnitude()?);
    if by_magnitude != Ordering::Equal {
        return Some(by_magnitude);
    }
    let (mut a, mut b) = (a.significant(), b.significant());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Some(Ordering::Equal),
            (x, y) => match x.unwrap_or(b'0').cmp(&y.unwrap_or(b'0')) {
                Ordering::Equal => {}
                unequal => return Some(unequal),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: &str, b: &str) -> Option<Ordering> {
        Number::parse(a)
            .expect(a)
            .compare(&Number::parse(b).expect(b))
    }

    #[test]
    fn json_grammar_and_nothing_else() {
        for good in [
            "0",
            "-0",
            "1",
            "-12.50",
            "1e5",
            "1E+5",
            "1.5e-10",
            "NaN",
            "Infinity",
            "-Infinity",
        ] {
            assert_eq!(Number::parse(good).expect(good).text(), good);
        }
        for bad in [
            "",
            "-",
            "+1",
            "01",
            "-01",
            "1.",
            ".5",
            "1e",
            "1e+",
            "0x10",
            "1_000",
            "1,000",
            "nan",
            ".nan",
            ".inf",
            "inf",
            "+Infinity",
            " 1",
            "1 ",
            "1a",
            "１",
        ] {
            assert_eq!(Number::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn values_compare_exactly() {
        use Ordering::{Equal, Greater, Less};
        for (a, b, want) in [
            ("1", "1.0", Equal),
            ("10e-1", "1", Equal),
            ("0", "-0", Equal),
            ("0e999999999999999999999999999999999999", "0.000", Equal),
            ("9007199254740993", "9007199254740992", Greater),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567891",
                Less,
            ),
            (
                "-123456789012345678901234567890",
                "-123456789012345678901234567891",
                Greater,
            ),
            ("1e309", "100", Greater),
            ("1e-400", "0", Greater),
            ("-1e-400", "0", Less),
            ("0.1", "0.10000000000000000001", Less),
            ("2", "10", Less),
            ("-2", "1", Less),
            ("1e99999999999999999999", "1e99999999999999999998", Greater),
            ("1e-99999999999999999999", "1e99999999999999999998", Less),
            ("100", "1e2", Equal),
            ("0.001", "1e-3", Equal),
            ("Infinity", "1e999999", Greater),
            ("-Infinity", "-1e999999", Less),
            ("Infinity", "Infinity", Equal),
            ("-Infinity", "Infinity", Less),
            ("1000000000000000000", "999999999999999999", Greater),
        ] {
            assert_eq!(order(a, b), Some(want), "{a} {b}");
            assert_eq!(order(b, a), Some(want.reverse()), "{b} {a}");
        }
    }

    #[test]
    fn what_cannot_be_told() {
        assert_eq!(order("NaN", "1"), None);
        assert_eq!(order("NaN", "NaN"), None);
        assert_eq!(order("1", "NaN"), None);
        let absurd = format!("1e{}", "9".repeat(40));
        assert_eq!(order(&absurd, "1"), None);
        assert_eq!(order(&absurd, "-1"), Some(Ordering::Greater));
    }

    #[test]
    fn numeric_text() {
        let hundred = Number::from(100_i64);
        for equal in [
            "100",
            " 100 ",
            "+100",
            "00100",
            "1e2",
            "100.0",
            "１００",
            "\u{a0}100\u{3000}",
            "¹⁰⁰",
        ] {
            assert_eq!(
                hundred.compare_text(equal),
                Some(Ordering::Equal),
                "{equal:?}"
            );
        }
        assert_eq!(hundred.compare_text("1e309"), Some(Ordering::Less));
        assert_eq!(hundred.compare_text("-1"), Some(Ordering::Greater));
        for not in [
            "",
            " ",
            "0x64",
            "1,00",
            "1_00",
            "all",
            "NaN",
            "Infinity",
            "1 00",
            ".5",
            "5.",
            "--1",
            "+-1",
            "١٠٠",
            "1\u{200b}00",
            "１０Ｏ",
            "½",
        ] {
            assert_eq!(hundred.compare_text(not), None, "{not:?}");
        }
        assert!(!is_numeric(&"1".repeat(LONGEST + 1)));
        assert!(is_numeric(&"1".repeat(LONGEST)));
        assert!(is_numeric(&"１".repeat(100)));
    }

    #[test]
    fn machine_numbers() {
        assert_eq!(Number::from(1.5).text(), "1.5");
        assert_eq!(Number::from(100.0).text(), "100.0");
        assert_eq!(Number::from(-0.25e300).text(), "-2.5e299");
        assert_eq!(Number::from(f64::NAN).text(), "NaN");
        assert_eq!(Number::from(f64::NEG_INFINITY).text(), "-Infinity");
        for x in [
            0.0,
            -0.0,
            1.0,
            100.0,
            f64::MAX,
            f64::MIN_POSITIVE,
            0.1,
            123_456_789.125,
        ] {
            let n = Number::from(x);
            assert!(is_json(n.text()), "{n}");
            assert_eq!(n.text().parse::<f64>().ok(), Some(x), "{n}");
        }
        assert!(Number::from(f64::MAX).is_finite());
        assert!(!Number::from(f64::INFINITY).is_finite());
        assert!(!Number::from(f64::NAN).is_finite());
    }
}
