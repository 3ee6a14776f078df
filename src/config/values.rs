//! Values of settings. Each can be built from good text only, whichever layer it comes from.

use std::fmt;
use std::str::FromStr;

use aegis_diag::Severity;
use aegis_scan::RULES;
use serde::Deserialize;

use crate::words;

/// A value that is made from text: the text as `String` for serde, clap and the environment alike.
macro_rules! text {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(s: String) -> Result<Self, String> {
                s.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    )*};
}

text!(RuleWord, Glob, DottedPath, FilePath);

/// The id of a rule, or the beginning of some.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String")]
pub(crate) struct RuleWord(String);

impl FromStr for RuleWord {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        if let Some(rule) = aegis_scan::find_rule(s) {
            return Ok(Self(rule.id.to_owned()));
        }
        let prefix = s.to_ascii_uppercase();
        if prefix.starts_with('A') && RULES.iter().any(|r| r.id.starts_with(&prefix)) {
            return Ok(Self(prefix));
        }
        let known = RULES.iter().flat_map(|r| [r.id, r.name]);
        let advice = words::did_you_mean(s, known, "`aegis explain` lists all rules");
        Err(format!("`{s}` is not a rule; {advice}"))
    }
}

/// A glob as in `.gitignore`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String")]
pub(crate) struct Glob(String);

impl Glob {
    /// The glob as it reads in a folder `below` that many steps where it was written: `tests`
    /// matches everywhere and stays as it is, `src/gen` becomes `/gen` in `src`.
    pub(crate) fn rebased(&self, below: &[String]) -> Rebased {
        let (sign, body) = self
            .0
            .strip_prefix('!')
            .map_or(("", self.0.as_str()), |b| ("!", b));
        let anchored = body.trim_end_matches('/').contains('/') && !body.starts_with("**/");
        if below.is_empty() || !anchored {
            return Rebased::Glob(self.clone());
        }
        let mut parts: Vec<&str> = body.trim_start_matches('/').split('/').collect();
        for step in below {
            match parts.first() {
                Some(&"**") => break,
                None | Some(&"") => return Rebased::Everything,
                Some(part) if glob(part).is_ok_and(|g| g.is_match(step)) => parts.remove(0),
                Some(_) => return Rebased::Nothing,
            };
        }
        match parts.as_slice() {
            [] | [""] => Rebased::Everything,
            ["**", ..] => Rebased::Glob(Self(format!("{sign}{}", parts.join("/")))),
            rest => Rebased::Glob(Self(format!("{sign}/{}", rest.join("/")))),
        }
    }
}

/// What a glob means in a folder further down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rebased {
    /// This.
    Glob(Glob),
    /// The folder itself or one it lies in.
    Everything,
    /// Nothing there.
    Nothing,
}

fn glob(s: &str) -> Result<globset::GlobMatcher, globset::Error> {
    globset::GlobBuilder::new(s)
        .literal_separator(true)
        .build()
        .map(|g| g.compile_matcher())
}

impl FromStr for Glob {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let bare = s.trim().trim_start_matches('!');
        if bare.is_empty() || s.starts_with('#') {
            return Err(format!(
                "`{s}` matches nothing; expected a glob such as `tests/` or `*_pb2.py`"
            ));
        }
        let checked = glob(bare).map_err(|e| e.kind().to_string().replace("; ", ", "));
        checked
            .map(|_| Self(s.to_owned()))
            .map_err(|why| format!("`{s}` is not a glob: {why}"))
    }
}

/// A dotted path of Python names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String")]
pub(crate) struct DottedPath(String);

impl FromStr for DottedPath {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let is_name = |part: &str| {
            let mut chars = part.chars();
            chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
                && chars.all(|c| c == '_' || c.is_alphanumeric())
        };
        if s.contains('.') && s.split('.').all(is_name) {
            return Ok(Self(s.to_owned()));
        }
        Err(format!(
            "`{s}` is not a dotted path; expected module and name, such as `ourlib.guards.audited`"
        ))
    }
}

/// The path of a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String")]
pub(crate) struct FilePath(String);

impl FromStr for FilePath {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        if s.trim().is_empty() || s.ends_with('/') {
            return Err(format!(
                "`{s}` is not the path of a file; expected such as `aegis_audit.db`"
            ));
        }
        Ok(Self(s.to_owned()))
    }
}

/// The least severity of a finding that fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum FailOn {
    /// Any finding
    Info,
    /// Low or worse
    Low,
    /// Medium or worse
    Medium,
    /// High or worse
    High,
    /// Critical
    Critical,
    /// No finding
    None,
}

impl FailOn {
    /// The severity; `None` if nothing fails.
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Info => Some(Severity::Info),
            Self::Low => Some(Severity::Low),
            Self::Medium => Some(Severity::Medium),
            Self::High => Some(Severity::High),
            Self::Critical => Some(Severity::Critical),
            Self::None => None,
        }
    }
}

/// A score, in tenths of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "f64", extend("minimum" = 0, "maximum" = 100)))]
#[serde(try_from = "f64")]
pub(crate) struct Points(pub(crate) u16);

impl FromStr for Points {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let wrong = || format!("`{s}` is not a score; expected 0 to 100, such as `80` or `79.9`");
        let (whole, tenth) = s.split_once('.').unwrap_or((s, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(tenth) || tenth.len() > 1 {
            return Err(wrong());
        }
        let whole: u16 = whole.parse().map_err(|_| wrong())?;
        let tenth: u16 = tenth.parse().map_err(|_| wrong())?;
        let points = whole.checked_mul(10).map(|w| w + tenth);
        points.filter(|p| *p <= 1000).map(Self).ok_or_else(wrong)
    }
}

impl TryFrom<f64> for Points {
    type Error = String;

    fn try_from(n: f64) -> Result<Self, String> {
        n.to_string().parse()
    }
}

/// Whether a policy that lets more through fails a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Looser {
    /// It fails
    Deny,
    /// It is told of
    Warn,
}

/// A number of worker threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("minimum" = 1, "maximum" = Self::MAX)))]
#[serde(try_from = "u64")]
pub(crate) struct Threads(u16);

impl Threads {
    const MAX: u16 = 256;

    /// The number.
    pub(crate) fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl TryFrom<u64> for Threads {
    type Error = String;

    fn try_from(n: u64) -> Result<Self, String> {
        match u16::try_from(n) {
            Ok(n @ 1..=Self::MAX) => Ok(Self(n)),
            _ => Err(format!(
                "`{n}` is not a number of threads; expected 1 to {}",
                Self::MAX
            )),
        }
    }
}

impl FromStr for Threads {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let n: Option<u64> = s.parse().ok();
        n.ok_or_else(|| {
            format!(
                "`{s}` is not a number of threads; expected 1 to {}",
                Self::MAX
            )
        })?
        .try_into()
    }
}

/// A size of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("minimum" = 1, "maximum" = Self::MAX)))]
#[serde(try_from = "u64")]
pub(crate) struct FileBytes(u64);

impl FileBytes {
    const MAX: u64 = 1_000_000_000;

    /// The number of bytes.
    pub(crate) fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for FileBytes {
    type Error = String;

    fn try_from(n: u64) -> Result<Self, String> {
        if (1..=Self::MAX).contains(&n) {
            return Ok(Self(n));
        }
        Err(format!(
            "`{n}` is not a size of a file; expected 1 to {} bytes",
            Self::MAX
        ))
    }
}

impl FromStr for FileBytes {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let n: Option<u64> = s.parse().ok();
        n.ok_or_else(|| {
            format!(
                "`{s}` is not a size of a file; expected 1 to {} bytes",
                Self::MAX
            )
        })?
        .try_into()
    }
}

/// A day, `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(jiff::civil::Date);

impl Day {
    /// Today by the system clock, in UTC: the same day on every machine.
    pub(crate) fn today() -> Self {
        Self(
            jiff::tz::TimeZone::UTC
                .to_datetime(jiff::Timestamp::now())
                .date(),
        )
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let well_formed = s.len() == 10 && s.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let day = s.parse().ok().filter(|_| well_formed);
        day.map(Self)
            .ok_or_else(|| format!("`{s}` is not a day; expected `YYYY-MM-DD`"))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_known_by_id_beginning_and_name() {
        let word = |s: &str| s.parse::<RuleWord>().map(String::from);
        assert_eq!(word("aeg101"), Ok("AEG101".to_owned()));
        assert_eq!(word("AEG19"), Ok("AEG19".to_owned()));
        assert_eq!(word("ungoverned-tool"), Ok("AEG103".to_owned()));
        assert_eq!(
            word("AEG109"),
            Err("`AEG109` is not a rule; did you mean `AEG101`?".to_owned())
        );
        assert_eq!(
            word("zebra"),
            Err("`zebra` is not a rule; `aegis explain` lists all rules".to_owned())
        );
        assert!(word("").is_err());
    }

    #[test]
    fn globs_are_checked_when_they_are_written() {
        for good in ["tests/", "!keep.py", "**/gen/*.py", "/a/b", "a[0-9].py"] {
            assert!(good.parse::<Glob>().is_ok(), "{good}");
        }
        for bad in ["", "!", "#x", "a[", "{a"] {
            assert!(bad.parse::<Glob>().is_err(), "{bad}");
        }
    }

    #[test]
    fn globs_of_a_file_mean_the_same_wherever_the_scan_starts() {
        let from = |glob: &str, below: &[&str]| {
            let below: Vec<String> = below.iter().map(|s| (*s).to_owned()).collect();
            glob.parse::<Glob>().unwrap().rebased(&below)
        };
        let some = |s: &str| Rebased::Glob(s.parse().unwrap());
        assert_eq!(from("src/gen/*.py", &[]), some("src/gen/*.py"));
        assert_eq!(from("src/gen/*.py", &["src"]), some("/gen/*.py"));
        assert_eq!(from("/src/gen", &["src"]), some("/gen"));
        assert_eq!(from("!src/gen", &["src"]), some("!/gen"));
        assert_eq!(from("*/gen", &["src"]), some("/gen"));
        assert_eq!(
            from("src/gen/", &["src", "gen", "deep"]),
            Rebased::Everything
        );
        assert_eq!(from("src/gen", &["src", "gen"]), Rebased::Everything);
        assert_eq!(from("src/**/x.py", &["src", "a", "b"]), some("**/x.py"));
        assert_eq!(from("lib/gen", &["src"]), Rebased::Nothing);
        for anywhere in ["tests/", "*.py", "**/gen/x"] {
            assert_eq!(from(anywhere, &["src"]), some(anywhere));
        }
    }

    #[test]
    fn a_score_has_at_most_one_decimal() {
        let points = |s: &str| s.parse::<Points>().map(|p| p.0);
        assert_eq!(points("80"), Ok(800));
        assert_eq!(points("79.9"), Ok(799));
        assert_eq!(points("100.0"), Ok(1000));
        assert_eq!(Points::try_from(79.9), Ok(Points(799)));
        assert_eq!(Points::try_from(100.0), Ok(Points(1000)));
        for bad in ["", "100.1", "79.99", "-1", "x", "1e2", "99999", "."] {
            assert!(points(bad).is_err(), "{bad}");
        }
        assert!(Points::try_from(f64::NAN).is_err());
    }

    #[test]
    fn numbers_and_days_have_bounds() {
        assert_eq!("8".parse(), Ok(Threads(8)));
        for bad in ["0", "257", "-1", "many"] {
            assert!(bad.parse::<Threads>().is_err(), "{bad}");
        }
        assert!("0".parse::<FileBytes>().is_err());
        assert_eq!(
            "2027-01-31".parse::<Day>().unwrap().to_string(),
            "2027-01-31"
        );
        for bad in ["2027-02-30", "2027-1-1", "today", "2027-01-31T00:00:00"] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
    }
}
