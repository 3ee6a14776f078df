//! The arguments of the commands that read evidence.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use aegis_audit::event::{EventType, Risk};
use aegis_audit::sqlite::{By, Filter};
use aegis_audit::{Outcome, Time};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::{ConfigArgs, Listing, OUTPUT};

const EVENTS: &str = "Events";
const TRUST: &str = "Trust";

/// Arguments of `aegis audit`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AuditArgs {
    /// What else to do with a store.
    #[command(subcommand)]
    pub(crate) command: Option<AuditCommand>,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Show at most so many, the newest
    #[arg(long, value_name = "N", default_value_t = 50, help_heading = EVENTS)]
    pub(crate) limit: u64,
    /// Go on showing events as they come, until interrupted
    #[arg(long, conflicts_with_all = ["until"], help_heading = EVENTS)]
    pub(crate) tail: bool,
    /// Format of the events
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: EventFormat,
}

/// The commands of `aegis audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Verify a store or a bundle: find what was edited, removed, put in, moved, cut off or rolled back
    ///
    /// Exits with 1 and names the events if something is wrong. Without `--key` this finds what does
    /// not fit together; with it, also a store that was written anew as a whole.
    Verify(VerifyArgs),
    /// Write events with their proofs to one file that verifies anywhere
    ///
    /// With filters a selection, each event with its proof; otherwise all events. Only what a
    /// checkpoint covers is written; with a signing key one is signed first.
    Export(ExportArgs),
    /// Write one event with its proof
    Prove(ProveArgs),
    /// Sign what is in the store, and print the statement
    ///
    /// Keep what is printed elsewhere: `aegis audit verify --from` finds with it that a store was
    /// rolled back or cut off.
    Checkpoint(CheckpointArgs),
    /// Make a signing key and the public key that goes with it
    Keygen(KeygenArgs),
    /// Replace the signing key of a store; the change is recorded and signed by both keys
    Rotate(RotateArgs),
}

/// Which store.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    /// The audit store
    ///
    /// Otherwise the one of `AEGIS_AUDIT_DB`, else of `audit.path` in the settings file, else
    /// `aegis_audit.db`.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) db: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Which events.
#[derive(Debug, Args)]
pub(crate) struct FilterArgs {
    /// Events of this session
    #[arg(long, value_name = "ID", help_heading = EVENTS)]
    session: Option<String>,
    /// Events of this agent
    #[arg(long, value_name = "ID", help_heading = EVENTS)]
    agent: Option<String>,
    /// Events about actions of this type
    #[arg(long = "type", value_name = "TYPE", help_heading = EVENTS)]
    action: Option<String>,
    /// Decisions of this rule; an empty name for the defaults
    #[arg(long, value_name = "NAME", help_heading = EVENTS)]
    rule: Option<String>,
    /// Events of this kind
    #[arg(long, value_name = "KIND", value_parser = kinds(), help_heading = EVENTS)]
    event: Option<String>,
    /// Decisions of this risk
    #[arg(long, value_name = "RISK", value_enum, help_heading = EVENTS)]
    risk: Option<RiskWord>,
    /// Events with this result
    #[arg(long, value_name = "OUTCOME", value_parser = outcomes(), help_heading = EVENTS)]
    outcome: Option<String>,
    /// Events not before this: `2026-11-30T12:00:00Z`, `2026-11-30`, or an age such as `24h`
    #[arg(long, value_name = "TIME", help_heading = EVENTS)]
    since: Option<When>,
    /// Events before this
    #[arg(long, value_name = "TIME", help_heading = EVENTS)]
    until: Option<When>,
}

impl FilterArgs {
    /// What is looked for.
    pub(crate) fn filter(&self) -> Filter {
        let mut filter = Filter::default();
        filter.session.clone_from(&self.session);
        filter.agent.clone_from(&self.agent);
        filter.action.clone_from(&self.action);
        filter.rule.clone_from(&self.rule);
        filter.event_type.clone_from(&self.event);
        filter.risk = self.risk.map(|risk| Risk::from(risk).to_string());
        filter.outcome.clone_from(&self.outcome);
        filter.since = self.since.map(|when| when.0);
        filter.until = self.until.map(|when| when.0);
        filter
    }
}

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(EventType::ALL.iter().map(|kind| kind.as_str()))
}

fn outcomes() -> PossibleValuesParser {
    PossibleValuesParser::new(Outcome::ALL.iter().map(|outcome| outcome.as_str()))
}

/// A risk, as policies write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RiskWord {
    /// Nothing to worry about
    Low,
    /// The usual
    Medium,
    /// Should be looked at
    High,
    /// Irreversible, costly or dangerous
    Critical,
}

impl From<RiskWord> for Risk {
    fn from(word: RiskWord) -> Self {
        match word {
            RiskWord::Low => Self::Low,
            RiskWord::Medium => Self::Medium,
            RiskWord::High => Self::High,
            RiskWord::Critical => Self::Critical,
        }
    }
}

/// Format of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum EventFormat {
    /// A table for people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// One event a line, as AGEF has it
    Jsonl,
    /// For spreadsheets
    Csv,
}

/// A point in time, or an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct When(pub(crate) Time);

impl FromStr for When {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let whole = |s: &str| s.parse::<Time>().ok();
        if let Some(time) = whole(s).or_else(|| whole(&format!("{s}T00:00:00Z"))) {
            return Ok(Self(time));
        }
        let age = s
            .char_indices()
            .last()
            .and_then(|(at, _)| Some((s.get(..at)?, s.get(at..)?)))
            .and_then(|(number, unit)| {
                let seconds = match unit {
                    "s" => 1,
                    "m" => 60,
                    "h" => 3600,
                    "d" => 86_400,
                    "w" => 604_800,
                    _ => return None,
                };
                number.parse::<u64>().ok()?.checked_mul(seconds)
            });
        let age = age.ok_or_else(|| {
            format!(
                "`{s}` is not a time; expected `2026-11-30T12:00:00Z`, `2026-11-30`, or an age such as `30m`, `24h`, `7d`"
            )
        })?;
        Ok(Self(Time::now().before(Duration::from_secs(age))))
    }
}

/// Arguments of `aegis audit verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A store or a bundle; the store of `--db` if left out
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "db")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// The public key that is trusted: a file, or the key itself
    #[arg(long, value_name = "PUB", help_heading = TRUST)]
    pub(crate) key: Option<String>,
    /// A checkpoint that was kept elsewhere, in a file
    #[arg(long, value_name = "CHECKPOINT", value_hint = ValueHint::FilePath, help_heading = TRUST)]
    pub(crate) from: Option<PathBuf>,
    /// Text or JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: Listing,
}

/// The key that signs.
#[derive(Debug, Args)]
pub(crate) struct SignerArgs {
    /// File with the signing key; otherwise the key itself is taken from `AEGIS_AUDIT_KEY`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = TRUST)]
    pub(crate) key_file: Option<PathBuf>,
}

/// Arguments of `aegis audit export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// File to write; stdout if left out
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = OUTPUT)]
    pub(crate) output: Option<PathBuf>,
}

/// Arguments of `aegis audit prove`.
#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    /// The event: its number in the first column of `aegis audit`, or its `event_id`
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// File to write; stdout if left out
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = OUTPUT)]
    pub(crate) output: Option<PathBuf>,
}

/// Arguments of `aegis audit checkpoint`.
#[derive(Debug, Args)]
pub(crate) struct CheckpointArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
}

/// Arguments of `aegis audit keygen`.
#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// File for the signing key; the public key goes to the same name with `.pub`
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) path: PathBuf,
}

/// Arguments of `aegis audit rotate`.
#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// File with the new signing key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = TRUST)]
    pub(crate) new_key_file: PathBuf,
}

/// Arguments of `aegis stats`.
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Count by this only; by several things if left out
    #[arg(long, value_name = "WHAT", value_enum)]
    pub(crate) by: Option<ByWord>,
    /// Show at most so many lines of each
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = OUTPUT)]
    pub(crate) limit: usize,
    /// Text or JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: Listing,
}

/// Arguments of `aegis monitor`.
#[derive(Debug, Args)]
pub(crate) struct MonitorArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
}

/// By what events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ByWord {
    /// The rule that decided
    Rule,
    /// The agent
    Agent,
    /// The type of the action
    Type,
    /// What happened
    Outcome,
    /// The risk
    Risk,
    /// The kind of event
    Event,
    /// The session
    Session,
    /// The hour, in UTC
    Hour,
    /// The day, in UTC
    Day,
}

impl From<ByWord> for By {
    fn from(word: ByWord) -> Self {
        match word {
            ByWord::Rule => Self::Rule,
            ByWord::Agent => Self::Agent,
            ByWord::Type => Self::Action,
            ByWord::Outcome => Self::Outcome,
            ByWord::Risk => Self::Risk,
            ByWord::Event => Self::EventType,
            ByWord::Session => Self::Session,
            ByWord::Hour => Self::Hour,
            ByWord::Day => Self::Day,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moments_days_or_ages() {
        let when = |s: &str| s.parse::<When>().map(|w| w.0.to_string());
        assert_eq!(when("2026-11-30").unwrap(), "2026-11-30T00:00:00.000000Z");
        assert_eq!(
            when("2026-11-30T01:00:00+01:00").unwrap(),
            "2026-11-30T00:00:00.000000Z"
        );
        let hour = Time::now().before(Duration::from_secs(3600));
        let age = "60m".parse::<When>().unwrap().0;
        assert!((age.as_micros() - hour.as_micros()).abs() < 60_000_000);
        for bad in [
            "",
            "x",
            "5",
            "5y",
            "-5d",
            "2026-13-01",
            "ü",
            "99999999999999999999w",
        ] {
            assert!(when(bad).is_err(), "{bad}");
        }
    }
}
