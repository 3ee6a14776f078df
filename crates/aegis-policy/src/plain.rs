//! What an unquoted YAML scalar is: text, a number, a boolean, or something about which the readers
//! in use (YAML 1.1, YAML 1.2, JSON) disagree. A policy must mean the same to all of them, so the
//! last kind is refused, with the spelling that is probably meant.

/// The kind of an unquoted scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plain {
    /// Nothing is written.
    Absent,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number in the grammar of JSON.
    Number,
    /// Text for every reader.
    Text,
    /// Some readers take it for something else than text.
    Ambiguous {
        /// What they take it for, with the article.
        what: &'static str,
        /// The plain spelling for that, if there is one.
        spelling: Option<String>,
    },
}

/// What an unquoted scalar is.
pub(crate) fn classify(text: &str) -> Plain {
    match text {
        "" => return Plain::Absent,
        "null" => return Plain::Null,
        "true" => return Plain::Bool(true),
        "false" => return Plain::Bool(false),
        "~" | "Null" | "NULL" => return ambiguous("nothing", Some("null")),
        "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return ambiguous("a boolean", Some("true"));
        }
        "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return ambiguous("a boolean", Some("false"));
        }
        _ => {}
    }
    if is_json_number(text) {
        Plain::Number
    } else if let Some(seconds) = sexagesimal(text) {
        let spelling = seconds.map(|s| s.to_string());
        ambiguous("a number", spelling.as_deref())
    } else if is_other_number(text) {
        ambiguous("a number", decimal(text).as_deref())
    } else if is_date(text) {
        ambiguous("a date", None)
    } else {
        Plain::Text
    }
}

fn ambiguous(what: &'static str, spelling: Option<&str>) -> Plain {
    Plain::Ambiguous {
        what,
        spelling: spelling.map(str::to_owned),
    }
}

/// The number grammar of JSON (RFC 8259, section 6).
pub(crate) fn is_json_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e.strip_prefix(['+', '-']).unwrap_or(e))),
        None => (digits, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((w, f)) => (w, Some(f)),
        None => (mantissa, None),
    };
    let some_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    some_digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(some_digits)
        && exponent.is_none_or(some_digits)
}

/// Numbers of YAML 1.1 and 1.2 that JSON does not know.
fn is_other_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(
        unsigned,
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN"
    ) {
        return true;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            return digits.chars().any(|c| c.is_digit(radix))
                && digits.chars().all(|c| c == '_' || c.is_digit(radix));
        }
    }
    // Decimal digits with separators, leading zeros, a sign, or a dot without digits on one side.
    let mut chars = unsigned.chars();
    unsigned.bytes().any(|b| b.is_ascii_digit())
        && chars.next().is_some_and(|c| c.is_ascii_digit() || c == '.')
        && unsigned.matches('.').count() <= 1
        && is_json_number(&normal(unsigned))
}

/// Decimal digits as JSON writes them: without separators, sign and leading zeros.
fn normal(unsigned: &str) -> String {
    let joined = unsigned.replace('_', "");
    let trimmed = joined.trim_start_matches('0');
    let mut out = match trimmed.chars().next() {
        Some(c) if c.is_ascii_digit() => trimmed.to_owned(),
        _ => format!("0{trimmed}"),
    };
    if let Some(dot) = out.find('.') {
        let next = out.as_bytes().get(dot + 1);
        if !next.is_some_and(u8::is_ascii_digit) {
            out.insert(dot + 1, '0');
        }
    }
    out
}

/// The JSON spelling of a decimal number in another one, if there is no doubt about its value: a
/// leading zero makes it octal for some.
fn decimal(text: &str) -> Option<String> {
    let (minus, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let octal = unsigned.starts_with('0') && !unsigned.starts_with("0.");
    let spelling = normal(unsigned);
    (!octal && is_json_number(&spelling)).then(|| format!("{minus}{spelling}"))
}

/// `22:00` and `1:30:00.5`, which YAML 1.1 reads in base 60: the value if it is whole and fits.
fn sexagesimal(text: &str) -> Option<Option<u64>> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut parts = whole.split(':');
    let first = parts.next()?;
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if !first.starts_with(|c: char| c.is_ascii_digit()) || !digits(first) || !digits(fraction) {
        return None;
    }
    let mut value = first.replace('_', "").parse::<u64>().ok();
    let mut more = false;
    for part in parts {
        more = true;
        if part.len() > 2 || part.is_empty() || !digits(part) {
            return None;
        }
        let part = part.parse::<u64>().ok().filter(|p| *p < 60)?;
        value = value.and_then(|v| v.checked_mul(60)?.checked_add(part));
    }
    more.then_some(value.filter(|_| unsigned.len() == text.len() && fraction.is_empty()))
}

/// `2026-03-02`, with or without a time behind it, which YAML 1.1 reads as a moment.
fn is_date(text: &str) -> bool {
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(i) => text.split_at(i),
        None => (text, ""),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let digits = |s: &str, n: std::ops::RangeInclusive<usize>| {
        n.contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit())
    };
    let time = rest.trim_start_matches(['T', 't', ' ']);
    matches!(parts[..], [y, m, d] if digits(y, 4..=4) && digits(m, 1..=2) && digits(d, 1..=2))
        && (rest.is_empty() || time.starts_with(|c: char| c.is_ascii_digit()) && time.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_numbers_are_numbers() {
        for n in ["0", "-0", "10", "1.5", "1e5", "1E+5", "-1.25e-3"] {
            assert_eq!(classify(n), Plain::Number, "{n}");
        }
    }

    #[test]
    fn other_readers_numbers_are_ambiguous() {
        let spelling = |text: &str| match classify(text) {
            Plain::Ambiguous { what, spelling } => {
                assert_eq!(what, "a number", "{text}");
                spelling
            }
            other => panic!("{text}: {other:?}"),
        };
        for (text, want) in [
            ("+5", Some("5")),
            ("1_000", Some("1000")),
            (".5", Some("0.5")),
            ("5.", Some("5.0")),
            ("-.5", Some("-0.5")),
            ("+1.e3", Some("1.0e3")),
            ("007", None),
            ("0x10", None),
            ("0o17", None),
            ("0b11", None),
            (".inf", None),
            ("-.INF", None),
            (".nan", None),
            ("22:00", Some("1320")),
            ("1:30:00", Some("5400")),
            ("1:30.5", None),
            ("99999999999999999999:00", None),
        ] {
            assert_eq!(spelling(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn booleans_and_nothing_have_one_spelling() {
        for (text, right) in [
            ("yes", "true"),
            ("Off", "false"),
            ("TRUE", "true"),
            ("~", "null"),
        ] {
            assert!(
                matches!(classify(text), Plain::Ambiguous { spelling: Some(s), .. } if s == right)
            );
        }
        assert_eq!(classify("y"), Plain::Text);
        assert_eq!(classify("none"), Plain::Text);
    }

    #[test]
    fn dates_are_ambiguous_and_the_rest_is_text() {
        for text in [
            "2026-03-02",
            "2026-3-2",
            "2026-03-02T10:00:00Z",
            "2026-03-02 10:00:00",
        ] {
            assert!(
                matches!(classify(text), Plain::Ambiguous { what: "a date", .. }),
                "{text}"
            );
        }
        for text in [
            "read*",
            "1.2.3",
            "10.0.0.1",
            "e5",
            "-",
            ".",
            "..",
            "a:b",
            "22:00h",
            "22:99",
            "0x",
            "1-2",
            "2026-03",
            "2026-03-02-x",
            "1e",
            "_1",
            "+",
            "-x",
            "1 000",
            "1,000",
            "::1",
            "12:",
        ] {
            assert_eq!(classify(text), Plain::Text, "{text}");
        }
    }
}
