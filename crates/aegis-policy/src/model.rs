//! The checked policy: everything in it is well formed.
//!
//! It is made by checking a document or by the builder, and by nothing else; its fields are private
//! to the crate so that it stays a proof. Places are kept, so whatever works on it can point at the
//! line.

use std::sync::Arc;

use aegis_diag::{SourceFile, Span};

use crate::condition::Regexes;
use crate::problem::Problem;
use crate::value::{Number, Value};
use crate::words::words;

/// How bad it would be. From harmless to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// Nothing to worry about.
    Low,
    /// The usual.
    Medium,
    /// Should be looked at.
    High,
    /// Irreversible, costly or dangerous.
    Critical,
}

words!(Risk, "a risk", {
    Low = "low",
    Medium = "medium",
    High = "high",
    Critical = "critical",
});

/// What is to happen with an action. From lenient to strict, so `>=` reads as "at least as strict".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Approval {
    /// It runs.
    Auto,
    /// A person is asked first.
    Approve,
    /// It does not run.
    Block,
}

words!(Approval, "an approval", {
    Auto = "auto",
    Approve = "approve",
    Block = "block",
});

/// What an action does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Looks at something.
    Read,
    /// Creates or changes something.
    Write,
    /// Destroys something.
    Delete,
    /// Runs code or commands.
    Execute,
    /// Sends something to people or systems outside.
    Send,
    /// Moves money.
    Pay,
    /// Changes what runs where.
    Deploy,
    /// Changes who may do what.
    Privilege,
    /// Carries data out in bulk.
    Exfiltrate,
}

words!(Effect, "an effect", {
    Read = "read",
    Write = "write",
    Delete = "delete",
    Execute = "execute",
    Send = "send",
    Pay = "pay",
    Deploy = "deploy",
    Privilege = "privilege",
    Exfiltrate = "exfiltrate",
});

/// An effect and where it is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EffectFound {
    /// The effect; `None` is unknown, which an effect rule never makes automatic.
    pub effect: Option<Effect>,
    /// How it is known.
    pub source: EffectSource,
}

/// How an effect is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectSource {
    /// The caller stated it.
    Caller,
    /// The tool's own annotations raised it.
    Hints,
    /// A published tool of this name is known to have it.
    Catalogue,
    /// The verbs and nouns in the name say so.
    Name,
    /// Nothing says anything.
    Nothing,
}

words!(EffectSource, "a source of an effect", {
    Caller = "caller",
    Hints = "hints",
    Catalogue = "catalogue",
    Name = "name",
    Nothing = "nothing",
});

/// A checked policy.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What applies where no rule matches.
    pub(crate) defaults: Defaults,
    /// The rules in the order they are tried.
    pub(crate) rules: Vec<Rule>,
    /// The IANA name of the zone that times and weekdays are in.
    pub(crate) timezone: Located<Box<str>>,
    /// The files it came from, in the order they were merged; one with the YAML of the policy for
    /// a built one.
    pub(crate) files: Vec<Arc<SourceFile>>,
    /// Its regular expressions, compiled to be checked.
    pub(crate) regexes: Regexes,
    /// What is legal in it and was probably not meant, in the order of the files.
    pub(crate) warnings: Vec<Problem>,
}

/// What applies where no rule matches.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// The risk; medium if not written.
    pub risk: Located<Risk>,
    /// The approval; approve if not written.
    pub approval: Located<Approval>,
}

/// A value and where it was written; `None` if it was not (a default).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Option<Span>,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its unique name; `rule-N` (1-based) if not written.
    pub name: Located<Box<str>>,
    /// The whole rule in its file.
    pub span: Option<Span>,
    /// Which actions it speaks of.
    pub matches: Match,
    /// What must also hold; all of them.
    pub conditions: Vec<Condition>,
    /// Its risk; the default's if not written.
    pub risk: Located<Risk>,
    /// Its approval; approve if not written.
    pub approval: Located<Approval>,
    /// Shown to whoever is blocked or asked.
    pub reason: Option<Located<Box<str>>>,
}

/// Which actions a rule speaks of. An absent field matches everything.
#[derive(Debug, Clone, Default)]
pub struct Match {
    /// Patterns on the action type, any of them.
    pub kind: Option<Vec<Located<Box<str>>>>,
    /// Patterns on the target.
    pub target: Option<Vec<Located<Box<str>>>>,
    /// Patterns on the agent.
    pub agent: Option<Vec<Located<Box<str>>>>,
    /// Effects, any of them.
    pub effect: Option<Vec<Located<Effect>>>,
}

/// One condition and the place of its key and operand.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The test.
    pub atom: Atom,
    /// Where it was written.
    pub span: Option<Span>,
}

/// One test. Every atom looks at exactly one variable: the clock, one parameter, or one text.
#[derive(Debug, Clone)]
pub enum Atom {
    /// `time_after` and `time_before` of one rule, as one window of the wall clock.
    Window {
        /// Seconds since midnight, inclusive; midnight if not written.
        after: Option<u32>,
        /// Seconds since midnight, exclusive; the end of the day if not written.
        before: Option<u32>,
        /// Bit `n - 1` is ISO weekday `n`, for the day the window started on; all bits if not written.
        weekdays: u8,
    },
    /// A test of the parameter at `path`.
    Param {
        /// Where the parameter lies.
        path: ParamPath,
        /// What is asked of it.
        test: Test,
    },
    /// `semantic`: a statement in words about the action.
    Semantic(Box<str>),
}

/// What is asked of a parameter.
#[derive(Debug, Clone)]
pub enum Test {
    /// `param_eq`.
    Eq(Value),
    /// `param_gt`.
    Gt(Number),
    /// `param_lt`.
    Lt(Number),
    /// `param_gte`.
    Gte(Number),
    /// `param_lte`.
    Lte(Number),
    /// `param_contains`; a list means all of them.
    Contains(Vec<Value>),
    /// `param_matches`: a regular expression, searched for in the whole text.
    Matches(Box<str>),
    /// `param_present`.
    Present,
    /// `param_missing`.
    Missing,
}

/// A path into the parameters: `a.b.0.c`, `items.*.sku`, `a\.b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamPath {
    /// As written.
    pub text: Box<str>,
    /// Its steps; at least one.
    pub(crate) steps: Vec<Step>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A key of an object, or an index into a list if it is a number without leading zeros.
    Key(Box<str>),
    /// `*`: any element of a list or value of an object.
    Any,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It cannot be told: counts as holding for a rule that restricts, as failing for one that allows.
    CannotTell,
}
