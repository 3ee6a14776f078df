//! Policies built in code.
//!
//! A builder writes YAML and has it read: what is built is what a file would say, with the same
//! checks, the same mistakes at once, and places that point into that YAML.
//!
//! ```
//! use aegis_policy::builder::PolicyBuilder;
//! use aegis_policy::model::Risk;
//!
//! let policy = PolicyBuilder::new()
//!     .rule("read_safe").on_type("read*").risk(Risk::Low).auto()
//!     .rule("bulk").on_type("bulk_*").param_gt("count", 100).risk(Risk::High).approve()
//!     .rule("no_deletes").on_type("delete*").risk(Risk::Critical).block().reason("nothing is deleted")
//!     .build()?;
//! assert_eq!(policy.rules().len(), 3);
//! # Ok::<(), aegis_policy::problem::Problems>(())
//! ```

use crate::check::check;
use crate::document::{parse, source};
use crate::emit::{Out, key};
use crate::model::{Approval, Checked, Effect, Risk};
use crate::problem::Problems;
use crate::value::{Number, Value};

/// The name that problems of built policies show instead of a path.
const NAME: &str = "<built policy>";

/// A policy that is being built.
#[derive(Debug, Clone, Default)]
pub struct PolicyBuilder {
    timezone: Option<String>,
    risk: Option<Risk>,
    approval: Option<Approval>,
    rules: Vec<Draft>,
}

/// The rule that is being built, and the policy before it.
#[derive(Debug, Clone)]
#[must_use = "a rule belongs to a policy once `build` is called"]
pub struct RuleBuilder {
    policy: PolicyBuilder,
    rule: Draft,
}

/// A parameter and what it is compared with.
type Operands = (String, Vec<Out>);

#[derive(Debug, Clone, Default)]
struct Draft {
    name: String,
    matches: Vec<(&'static str, Vec<Out>)>,
    times: Vec<(&'static str, Out)>,
    params: Vec<(&'static str, Vec<Operands>)>,
    paths: Vec<(&'static str, Vec<Out>)>,
    semantic: Option<String>,
    risk: Option<Risk>,
    approval: Option<Approval>,
    reason: Option<String>,
}

impl PolicyBuilder {
    /// A policy without rules, with the defaults of the language.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The IANA name of the zone that times and weekdays are in.
    #[must_use]
    pub fn timezone(mut self, zone: impl Into<String>) -> Self {
        self.timezone = Some(zone.into());
        self
    }

    /// The risk of what no rule matches, and of rules that state none.
    #[must_use]
    pub fn default_risk(mut self, risk: Risk) -> Self {
        self.risk = Some(risk);
        self
    }

    /// What happens with what no rule matches.
    #[must_use]
    pub fn default_approval(mut self, approval: Approval) -> Self {
        self.approval = Some(approval);
        self
    }

    /// Starts a rule, to be tried after those before it.
    pub fn rule(self, name: impl Into<String>) -> RuleBuilder {
        RuleBuilder {
            policy: self,
            rule: Draft {
                name: name.into(),
                ..Draft::default()
            },
        }
    }

    /// The YAML of what was said so far; it is not checked yet.
    #[must_use]
    pub fn draft(&self) -> String {
        let mut out = vec![("version".to_owned(), Out::quoted("1"))];
        if let Some(zone) = &self.timezone {
            out.push(("timezone".into(), Out::text(zone)));
        }
        let mut defaults = Vec::new();
        if let Some(risk) = self.risk {
            defaults.push(("risk_level".to_owned(), Out::word(risk)));
        }
        if let Some(approval) = self.approval {
            defaults.push(("approval".into(), Out::word(approval)));
        }
        if !defaults.is_empty() {
            out.push(("defaults".into(), Out::Map(defaults)));
        }
        if !self.rules.is_empty() {
            let rules = self.rules.iter().map(Draft::out).collect();
            out.push(("rules".into(), Out::Items(rules)));
        }
        Out::Block(out).render()
    }

    /// Checks the policy.
    ///
    /// # Errors
    /// Everything that is wrong with it, with places in its YAML.
    pub fn build(&self) -> Result<Checked, Problems> {
        check(parse(source(NAME, self.draft().as_bytes())?)?)
    }
}

impl RuleBuilder {
    /// Patterns on the action type; any of them matches. May be called several times.
    pub fn on_type(self, pattern: impl AsRef<str>) -> Self {
        self.on("type", Out::quoted(pattern.as_ref()))
    }

    /// Patterns on the target; any of them matches. May be called several times.
    pub fn on_target(self, pattern: impl AsRef<str>) -> Self {
        self.on("target", Out::quoted(pattern.as_ref()))
    }

    /// Patterns on the agent; any of them matches. May be called several times.
    pub fn on_agent(self, pattern: impl AsRef<str>) -> Self {
        self.on("agent", Out::quoted(pattern.as_ref()))
    }

    /// Effects; any of them matches. May be called several times.
    pub fn on_effect(self, effect: Effect) -> Self {
        self.on("effect", Out::word(effect))
    }

    fn on(mut self, field: &'static str, item: Out) -> Self {
        group(&mut self.rule.matches, field).push(item);
        self
    }

    /// The wall clock shows `"HH:MM"` or later.
    pub fn time_after(mut self, time: impl AsRef<str>) -> Self {
        let time = Out::quoted(time.as_ref());
        self.rule.times.push(("time_after", time));
        self
    }

    /// The wall clock shows less than `"HH:MM"`.
    pub fn time_before(mut self, time: impl AsRef<str>) -> Self {
        let time = Out::quoted(time.as_ref());
        self.rule.times.push(("time_before", time));
        self
    }

    /// ISO weekdays, 1 for Monday to 7 for Sunday.
    pub fn weekdays(mut self, days: impl IntoIterator<Item = u8>) -> Self {
        let days = days.into_iter().map(Out::word).collect();
        self.rule.times.push(("weekdays", Out::List(days)));
        self
    }

    /// The parameter equals a value.
    pub fn param_eq(self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        let value = Out::value(&value.into());
        self.param("param_eq", path.into(), value)
    }

    /// The parameter is greater than a number.
    pub fn param_gt(self, path: impl Into<String>, number: impl Into<Number>) -> Self {
        let number = Out::number(&number.into());
        self.param("param_gt", path.into(), number)
    }

    /// The parameter is a number or more.
    pub fn param_gte(self, path: impl Into<String>, number: impl Into<Number>) -> Self {
        let number = Out::number(&number.into());
        self.param("param_gte", path.into(), number)
    }

    /// The parameter is less than a number.
    pub fn param_lt(self, path: impl Into<String>, number: impl Into<Number>) -> Self {
        let number = Out::number(&number.into());
        self.param("param_lt", path.into(), number)
    }

    /// The parameter is a number or less.
    pub fn param_lte(self, path: impl Into<String>, number: impl Into<Number>) -> Self {
        let number = Out::number(&number.into());
        self.param("param_lte", path.into(), number)
    }

    /// The parameter contains a text, member or key. Called several times for one parameter: all of
    /// them.
    pub fn param_contains(mut self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        let (path, value) = (path.into(), Out::value(&value.into()));
        let group = group(&mut self.rule.params, "param_contains");
        match group.iter_mut().find(|(p, _)| *p == path) {
            Some((_, values)) => values.push(value),
            None => group.push((path, vec![value])),
        }
        self
    }

    /// A regular expression is found in the parameter.
    pub fn param_matches(self, path: impl Into<String>, regex: impl AsRef<str>) -> Self {
        let regex = Out::quoted(regex.as_ref());
        self.param("param_matches", path.into(), regex)
    }

    fn param(mut self, name: &'static str, path: String, operand: Out) -> Self {
        group(&mut self.rule.params, name).push((path, vec![operand]));
        self
    }

    /// The parameter is there. Called several times: each of them.
    pub fn param_present(mut self, path: impl AsRef<str>) -> Self {
        group(&mut self.rule.paths, "param_present").push(Out::text(path.as_ref()));
        self
    }

    /// The parameter is not there. Called several times: none of them.
    pub fn param_missing(mut self, path: impl AsRef<str>) -> Self {
        group(&mut self.rule.paths, "param_missing").push(Out::text(path.as_ref()));
        self
    }

    /// A statement in words, judged by the evaluator that the policy is compiled with.
    pub fn semantic(mut self, statement: impl Into<String>) -> Self {
        self.rule.semantic = Some(statement.into());
        self
    }

    /// How bad the action would be.
    pub fn risk(mut self, risk: Risk) -> Self {
        self.rule.risk = Some(risk);
        self
    }

    /// What is to happen with the action.
    pub fn approval(mut self, approval: Approval) -> Self {
        self.rule.approval = Some(approval);
        self
    }

    /// The action runs.
    pub fn auto(self) -> Self {
        self.approval(Approval::Auto)
    }

    /// A person is asked first.
    pub fn approve(self) -> Self {
        self.approval(Approval::Approve)
    }

    /// The action does not run.
    pub fn block(self) -> Self {
        self.approval(Approval::Block)
    }

    /// Shown to whoever is blocked or asked.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.rule.reason = Some(reason.into());
        self
    }

    /// Ends this rule and starts the next.
    pub fn rule(self, name: impl Into<String>) -> Self {
        self.end().rule(name)
    }

    /// Ends this rule.
    #[must_use]
    pub fn end(mut self) -> PolicyBuilder {
        self.policy.rules.push(self.rule);
        self.policy
    }

    /// Ends this rule and checks the policy.
    ///
    /// # Errors
    /// Everything that is wrong with it, with places in its YAML.
    pub fn build(self) -> Result<Checked, Problems> {
        self.end().build()
    }
}

/// The items below a name; a new group if there is none yet.
fn group<'d, T>(groups: &'d mut Vec<(&'static str, Vec<T>)>, name: &'static str) -> &'d mut Vec<T> {
    let known = groups.iter().position(|(n, _)| *n == name);
    let at = known.unwrap_or(groups.len());
    if known.is_none() {
        groups.push((name, Vec::new()));
    }
    &mut groups[at].1
}

impl Draft {
    fn out(&self) -> Out {
        let mut out = vec![("name".to_owned(), Out::text(&self.name))];
        let listed = |(name, items): &(&'static str, Vec<Out>)| {
            ((*name).to_owned(), Out::one_or_list(items.clone()))
        };
        if !self.matches.is_empty() {
            let matches = self.matches.iter().map(listed).collect();
            out.push(("match".into(), Out::Map(matches)));
        }
        let mut conditions: Vec<(String, Out)> = self
            .times
            .iter()
            .map(|(name, time)| ((*name).to_owned(), time.clone()))
            .collect();
        conditions.extend(self.params.iter().map(|(name, params)| {
            let param =
                |(path, operands): &Operands| (key(path), Out::one_or_list(operands.clone()));
            (
                (*name).to_owned(),
                Out::Map(params.iter().map(param).collect()),
            )
        }));
        conditions.extend(self.paths.iter().map(listed));
        if let Some(statement) = &self.semantic {
            conditions.push(("semantic".into(), Out::text(statement)));
        }
        if !conditions.is_empty() {
            out.push(("conditions".into(), Out::Map(conditions)));
        }
        if let Some(risk) = self.risk {
            out.push(("risk_level".into(), Out::word(risk)));
        }
        if let Some(approval) = self.approval {
            out.push(("approval".into(), Out::word(approval)));
        }
        if let Some(reason) = &self.reason {
            out.push(("reason".into(), Out::text(reason)));
        }
        Out::Block(out)
    }
}
