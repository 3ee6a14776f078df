//! Values of arguments: what is typed, and what it means.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use aegis_policy::clock::Moment;
use aegis_policy::value::Value;

/// A moment, RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At(pub(crate) Moment);

impl FromStr for At {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        Moment::parse(s).map(Self).ok_or_else(|| {
            let help = match s.len() {
                10 if Moment::parse(&format!("{s}T00:00:00Z")).is_some() => {
                    format!("add the time: `{s}T12:00:00Z`")
                }
                _ if Moment::parse(&format!("{s}Z")).is_some() => {
                    format!("add the offset: `{s}Z` for UTC, `{s}+01:00` for Berlin in winter")
                }
                _ => "expected RFC 3339, such as `2026-03-02T23:30:00Z`".to_owned(),
            };
            format!("`{s}` is not a moment; {help}")
        })
    }
}

/// A parameter of an action, its value guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Param {
    /// Its name, as it is.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: Value,
}

impl FromStr for Param {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let (name, value) = pair(s, "NAME=VALUE", "count=150")?;
        Ok(Self {
            name: name.to_owned(),
            value: guessed(value),
        })
    }
}

/// A JSON number, boolean or null as it is written in JSON; all else is text.
fn guessed(text: &str) -> Value {
    let bare = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    match Value::from_json(text) {
        Ok(Value::Number(number)) if bare && number.is_finite() => Value::Number(number),
        Ok(value @ (Value::Bool(_) | Value::Null)) if bare => value,
        _ => Value::from(text),
    }
}

/// A parameter of an action, its value in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonParam(pub(crate) Param);

impl FromStr for JsonParam {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let (name, json) = pair(s, "NAME=JSON", "to=[\"ann@example.com\"]")?;
        let value = Value::from_json(json).map_err(|error| {
            format!(
                "the value of `{name}` is not JSON: {error}; for text use `--param`, or quote it: '{name}=\"…\"'"
            )
        })?;
        Ok(Self(Param {
            name: name.to_owned(),
            value,
        }))
    }
}

/// A policy of a hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LayerArg {
    /// What it is called.
    pub(crate) name: String,
    /// Its policy.
    pub(crate) path: PathBuf,
}

impl FromStr for LayerArg {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let (name, path) = pair(s, "NAME=FILE", "org=org.yaml")?;
        if path.is_empty() {
            return Err("there is no file after `=`; expected NAME=FILE".to_owned());
        }
        Ok(Self {
            name: name.to_owned(),
            path: path.into(),
        })
    }
}

fn pair<'a>(s: &'a str, shape: &str, example: &str) -> Result<(&'a str, &'a str), String> {
    match s.split_once('=') {
        Some(("", _)) | None => Err(format!("expected {shape}, such as `{example}`")),
        Some(pair) => Ok(pair),
    }
}

/// A percentage, in tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Percent(pub(crate) u16);

impl FromStr for Percent {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let text = s.strip_suffix('%').unwrap_or(s);
        let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
        let number = |digits: &str| {
            let plain = digits.bytes().all(|b| b.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|_| plain)
        };
        let tenths = match (number(whole), number(tenth).filter(|_| tenth.len() == 1)) {
            (Some(whole @ 0..=100), Some(tenth)) => whole * 10 + tenth,
            _ => u16::MAX,
        };
        if tenths <= 1000 {
            return Ok(Self(tenths));
        }
        Err(format!(
            "`{s}` is not a percentage; expected 0 to 100, with one decimal at most"
        ))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 10 {
            0 => write!(f, "{}", self.0 / 10),
            tenth => write!(f, "{}.{tenth}", self.0 / 10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_guessed_as_people_mean_them() {
        let json = |s: &str| s.parse::<Param>().map(|p| p.value.to_json());
        for (written, want) in [
            ("a=5", "5"),
            ("a=-1.50", "-1.50"),
            ("a=1e9", "1e9"),
            ("a=true", "true"),
            ("a=null", "null"),
            ("a=", "\"\""),
            ("a=007", "\"007\""),
            ("a= 5", "\" 5\""),
            ("a=NaN", "\"NaN\""),
            ("a=\"5\"", "\"\\\"5\\\"\""),
            ("a=[1]", "\"[1]\""),
            ("a=b=c", "\"b=c\""),
        ] {
            assert_eq!(json(written), Ok(want.to_owned()), "{written}");
        }
        assert!(json("a").is_err() && json("=5").is_err());
        let exact = |s: &str| s.parse::<JsonParam>().map(|p| p.0.value.to_json());
        assert_eq!(exact("a=\"5\""), Ok("\"5\"".to_owned()));
        assert_eq!(exact("a={\"b\":[1]}"), Ok("{\"b\":[1]}".to_owned()));
        assert!(exact("a=five").is_err() && exact("a={\"b\":1,\"b\":2}").is_err());
    }

    #[test]
    fn moments_that_lack_something_are_answered_with_it() {
        let said = |s: &str| s.parse::<At>().unwrap_err();
        assert!("2026-03-02T23:30:00Z".parse::<At>().is_ok());
        insta::assert_snapshot!(said("2026-03-02"), @"`2026-03-02` is not a moment; add the time: `2026-03-02T12:00:00Z`");
        insta::assert_snapshot!(said("2026-03-02T23:30:00"), @"`2026-03-02T23:30:00` is not a moment; add the offset: `2026-03-02T23:30:00Z` for UTC, `2026-03-02T23:30:00+01:00` for Berlin in winter");
        insta::assert_snapshot!(said("tomorrow"), @"`tomorrow` is not a moment; expected RFC 3339, such as `2026-03-02T23:30:00Z`");
    }

    #[test]
    fn percentages_have_one_decimal_at_most() {
        for (text, tenths) in [
            ("0", 0),
            ("80", 800),
            ("80%", 800),
            ("99.5", 995),
            ("100", 1000),
        ] {
            assert_eq!(text.parse(), Ok(Percent(tenths)));
        }
        assert_eq!(Percent(995).to_string(), "99.5");
        assert_eq!(Percent(800).to_string(), "80");
        for bad in ["", "-1", "+5", "101", "100.1", "80.55", "many", "8 0", "."] {
            assert!(bad.parse::<Percent>().is_err(), "{bad}");
        }
    }
}
