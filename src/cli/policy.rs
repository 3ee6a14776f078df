//! The arguments of the commands around a policy.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use aegis_policy::clock::Moment;
use aegis_policy::model::{Approval, Effect};
use aegis_policy::value::Value;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::{Color, ConfigArgs, Listing, OUTPUT};

const ACTION: &str = "Action";
const POLICIES: &str = "Policies";
const VERDICT: &str = "Verdict";

/// When to use colours.
#[derive(Debug, Args)]
pub(crate) struct ColorArgs {
    /// When to use colours
    ///
    /// `auto`: on a terminal, unless `NO_COLOR` is set.
    #[arg(long, value_name = "WHEN", help_heading = OUTPUT)]
    pub(crate) color: Option<Color>,
}

/// Arguments of `aegis init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Folder to write to, and to look for tools in
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) path: PathBuf,

    /// Write this template instead of rules for the tools in the code
    #[arg(long, value_name = "NAME")]
    pub(crate) template: Option<String>,
    /// List the templates and write nothing
    #[arg(long, conflicts_with_all = ["template", "force"])]
    pub(crate) list_templates: bool,
    /// Replace `policy.yaml` and `policy.test.yaml` if they are there
    #[arg(long)]
    pub(crate) force: bool,

    /// Text or JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: Listing,
}

/// Arguments of `aegis validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Policies, test suites and `aegis.yaml` files, or `-` for stdin
    ///
    /// What a file is, is seen from its keys. Without files: the policy of `aegis.yaml`.
    #[arg(value_name = "FILES", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Exit with 1 if there are warnings
    #[arg(long, help_heading = VERDICT)]
    pub(crate) strict: bool,

    /// Format of the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: ValidateFormat,
    #[command(flatten)]
    pub(crate) color: ColorArgs,
    /// Print problems only
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Format of the report of `aegis validate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ValidateFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// Annotations of GitHub Actions
    Github,
}

/// Arguments of `aegis schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of which file
    #[arg(value_name = "FILE", value_enum, default_value_t)]
    pub(crate) of: Schema,
}

/// What there is a JSON Schema of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Schema {
    /// A policy
    #[default]
    Policy,
    /// The settings file `aegis.yaml`
    Config,
    /// A test suite of a policy
    Suite,
}

/// Arguments of `aegis simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// The policy, if it does not come from elsewhere, then actions as `TYPE` or `TYPE:TARGET`
    ///
    /// The first word is a policy if it ends in `.yaml` or `.yml`, or is `-` for stdin. An action is
    /// split at its first colon; `--type` and `--target` are for types that hold one themselves.
    #[arg(value_name = "POLICY|ACTION", value_hint = ValueHint::FilePath)]
    pub(crate) words: Vec<String>,

    /// The type of an action, as it is
    #[arg(long = "type", value_name = "TYPE", help_heading = ACTION)]
    pub(crate) kind: Option<String>,
    /// The target of the action of `--type`
    #[arg(long, value_name = "TARGET", requires = "kind", help_heading = ACTION)]
    pub(crate) target: Option<String>,
    /// A parameter; may be given several times
    ///
    /// A VALUE that is a JSON number, `true`, `false` or `null` is taken for one, all else is text.
    #[arg(long = "param", value_name = "NAME=VALUE", help_heading = ACTION)]
    pub(crate) params: Vec<Param>,
    /// A parameter with its value as JSON, for text that looks like a number, lists and objects
    #[arg(long, value_name = "NAME=JSON", help_heading = ACTION)]
    pub(crate) param_json: Vec<JsonParam>,
    /// Who acts
    #[arg(long, value_name = "AGENT", help_heading = ACTION)]
    pub(crate) agent: Option<String>,
    /// What the action does, as a caller that knows its tool would state it
    #[arg(long, value_name = "EFFECT", value_parser = effects(), help_heading = ACTION)]
    pub(crate) effect: Option<Effect>,
    /// The tool says of itself that it only reads (`readOnlyHint` of MCP)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = ACTION)]
    pub(crate) read_only_hint: Option<bool>,
    /// The tool says of itself that it destroys (`destructiveHint` of MCP)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = ACTION)]
    pub(crate) destructive_hint: Option<bool>,
    /// Actions as JSON: an object, a list of objects, or one object a line; `-` is stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = ACTION)]
    pub(crate) action_file: Option<PathBuf>,
    /// When, as RFC 3339, such as `2026-03-02T23:30:00+01:00`; now unless said otherwise
    #[arg(long, value_name = "TIME", help_heading = ACTION)]
    pub(crate) at: Option<At>,

    /// The policy, whatever the first word is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = POLICIES)]
    pub(crate) policy: Option<PathBuf>,
    /// A policy of a hierarchy, such as `org=org.yaml`; the strictest decision of all layers holds
    #[arg(long = "layer", value_name = "NAME=FILE", value_hint = ValueHint::FilePath, conflicts_with = "policy", help_heading = POLICIES)]
    pub(crate) layers: Vec<LayerArg>,

    /// Exit with 1 if any action is decided otherwise
    #[arg(long, value_name = "APPROVAL", value_parser = approvals(), help_heading = VERDICT)]
    pub(crate) expect: Option<Approval>,

    /// Show why each earlier rule did not decide
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) explain: bool,
    /// Text or JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: Listing,
    #[command(flatten)]
    pub(crate) color: ColorArgs,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Arguments of `aegis test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// A policy, and its test suites if they are not in `NAME.test.yaml` beside it
    ///
    /// Suites without a policy before them are run against the policy they name, else against
    /// `NAME.yaml` beside them. Without files: the policy of `aegis.yaml`.
    #[arg(value_name = "FILES", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Exit with 1 if less than this percentage of the rules decides a case
    #[arg(long, value_name = "PERCENT", help_heading = VERDICT)]
    pub(crate) fail_under: Option<Percent>,

    /// Make a suite in which every rule decides a case, and print it instead of running one
    #[arg(long, conflicts_with = "fail_under", help_heading = OUTPUT)]
    pub(crate) generate: bool,
    /// Write the generated suite to a file
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "generate", help_heading = OUTPUT)]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file of `--output` if it is there
    #[arg(long, requires = "output", help_heading = OUTPUT)]
    pub(crate) force: bool,
    /// Format of the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, conflicts_with = "generate", help_heading = OUTPUT)]
    pub(crate) format: TestFormat,
    #[command(flatten)]
    pub(crate) color: ColorArgs,
    /// Print failures only
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Format of the report of `aegis test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// JUnit XML, which CI systems read
    Junit,
    /// Annotations of GitHub Actions
    Github,
}

/// Arguments of `aegis policy`.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

/// The commands of `aegis policy`.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Make one policy of several
    ///
    /// The most general one first: rules of later ones are tried before, and replace those of the
    /// same name; defaults and the time zone come from the last one that writes them.
    Merge(MergeArgs),
    /// Show the policy that applies, and where each rule comes from
    ///
    /// Several files are merged as `aegis policy merge` does.
    Show(ShowArgs),
}

/// Arguments of `aegis policy merge`.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// Policies, the most general one first; `-` is stdin
    #[arg(value_name = "FILES", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Write to a file instead of stdout; it is replaced as a whole or not at all
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = OUTPUT)]
    pub(crate) output: Option<PathBuf>,
    /// YAML, or JSON with where each rule comes from
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: MergeFormat,
    #[command(flatten)]
    pub(crate) color: ColorArgs,
    /// Do not say what was replaced, and no warnings
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) quiet: bool,
}

/// Format of a merged policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum MergeFormat {
    /// A policy
    #[default]
    Yaml,
    /// For programs
    Json,
}

/// Arguments of `aegis policy show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Policies, the most general one first, or `-` for stdin
    ///
    /// Without files: the policy of `aegis.yaml`.
    #[arg(value_name = "FILES", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Format of the policy
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: ShowFormat,
    #[command(flatten)]
    pub(crate) color: ColorArgs,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Format of a policy that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ShowFormat {
    /// A table
    #[default]
    Text,
    /// A policy with everything spelled out
    Yaml,
    /// For programs
    Json,
}

fn effects() -> impl TypedValueParser<Value = Effect> {
    PossibleValuesParser::new(Effect::WORDS).try_map(|word| word.parse::<Effect>())
}

fn approvals() -> impl TypedValueParser<Value = Approval> {
    PossibleValuesParser::new(Approval::WORDS).try_map(|word| word.parse::<Approval>())
}

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
