//! The arguments of the commands around a policy.

use std::path::PathBuf;

use aegis_policy::model::{Approval, Effect};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::values::{At, JsonParam, LayerArg, Param, Percent};
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

/// Text or JSON, and colours in the text.
#[derive(Debug, Args)]
pub(crate) struct ListingArgs {
    /// Text or JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: Listing,
    #[command(flatten)]
    pub(crate) color: ColorArgs,
}

/// Policies that stand for levels of a hierarchy.
#[derive(Debug, Args)]
pub(crate) struct LevelsArgs {
    /// Policies, the most general one first; `-` is stdin
    #[arg(value_name = "FILES", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
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
    /// SARIF 2.1.0, for code scanning
    Sarif,
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
    #[command(flatten)]
    pub(crate) listing: ListingArgs,

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
    /// Find rules of several policies that want different things
    ///
    /// For policies that are decided together, as `aegis simulate --layer` does. Conditions count as
    /// far as two of them exclude each other, so what is found is worth a look but can be harmless.
    Conflicts(ConflictsArgs),
}

/// Arguments of `aegis policy merge`.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    #[command(flatten)]
    pub(crate) levels: LevelsArgs,

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

/// Arguments of `aegis policy conflicts`.
#[derive(Debug, Args)]
pub(crate) struct ConflictsArgs {
    #[command(flatten)]
    pub(crate) levels: LevelsArgs,

    /// Exit with 1 if there are conflicts
    #[arg(long, help_heading = VERDICT)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) listing: ListingArgs,
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
