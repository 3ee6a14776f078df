//! What cannot be proved from the text of a policy alone, because it depends on what names mean, is
//! searched for: over a fixed set of names with known effects, over other names for what a rule
//! speaks of, and at random.
//!
//! Every decision shown is one the engine took; what is judged by vocabulary is only which actions
//! are worth looking at.

use aegis_diag::Severity;
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::glob::Glob;

use crate::score::Score;
use crate::suspect::Suspect;
use crate::{Found, Input, Options};

use self::board::Board;
use self::rules::{RuleView, shortest};

pub(crate) mod board;
mod chains;
mod coverage;
mod fuzz;
mod near;
mod normalize;
mod open;
pub(crate) mod reference;
mod rules;
mod say;
pub(crate) mod scenes;
mod setting;
mod targets;
mod tools;
pub(crate) mod vocabulary;
mod words;

/// Searches, adds what it suspects, and rates the policy.
pub(crate) fn analyse(input: &Input<'_>, options: &Options, found: &mut Found) -> Score {
    let mut search = Search::new(input, options);
    let score = Score::of(&search.board);
    tools::own(&mut search);
    coverage::wildcards(&mut search);
    coverage::catalogue(&mut search);
    near::misses(&mut search);
    open::namespaces(&mut search);
    targets::restricted(&mut search);
    targets::allowed(&mut search);
    normalize::spellings(&mut search);
    chains::paths(&mut search);
    let hits = fuzz::run(&search, &found.suspects, &mut found.bugs);
    search.found.extend(hits);
    merge(&mut search);
    if !options.all {
        // What is merely possible is for those who ask for it.
        let shown = |s: &Suspect| s.severity > Severity::Low || s.operator == "wildcard";
        search.found.retain(shown);
    }
    found.probes += search.board.probes();
    found.suspects.append(&mut search.found);
    score
}

/// Drops what another suspect says better: one cause, one finding.
///
/// What the default makes automatic is reported as such, so of near misses that fall to it only
/// those remain that show the pattern itself to be too narrow. And where a rule that allows too much
/// lets something grave past a restriction, that it lets lesser things run as well says little.
fn merge(search: &mut Search<'_>) {
    let near: Vec<(Decider, Severity)> = search
        .found
        .iter()
        .filter(|s| *s.rule == crate::rules::GLOB_BYPASS)
        .map(|s| (s.decider, s.severity))
        .collect();
    search.found.retain(|s| {
        let lesser =
            |(by, severity): &(Decider, Severity)| *by == s.decider && *severity > s.severity;
        *s.rule != crate::rules::MISSING_COVERAGE
            || s.operator != "broad-allow"
            || !near.iter().any(lesser)
    });
}

/// What the searches share.
pub(crate) struct Search<'a> {
    input: &'a Input<'a>,
    options: &'a Options,
    board: Board<'a>,
    rules: Vec<RuleView<'a>>,
    found: Vec<Suspect>,
    /// Who lets one of the program's own dangerous tools run unattended.
    own_deciders: Vec<Decider>,
}

/// An action that a rule was seen deciding.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    pub(crate) action: Action,
    pub(crate) at: Moment,
    /// The parameters that its conditions need.
    pub(crate) params: Vec<(String, aegis_policy::value::Value)>,
}

impl<'a> Search<'a> {
    fn new(input: &'a Input<'a>, options: &'a Options) -> Self {
        Self {
            input,
            options,
            board: Board::new(input.policy),
            rules: rules::views(input.policy),
            found: Vec::new(),
            own_deciders: Vec::new(),
        }
    }

    /// Whether the program's own tools are known.
    fn knows_tools(&self) -> bool {
        !self.input.tools.is_empty()
    }

    /// Whether something graver than low is already said of what this decider lets run.
    fn is_reported(&self, decider: Decider) -> bool {
        let mut found = self.found.iter();
        found.any(|s| s.decider == decider && s.severity > Severity::Low)
    }

    fn own_tool_decided_by(&self, decider: Decider) -> bool {
        self.own_deciders.contains(&decider)
    }

    /// An action of one of these names that the rule decides, within its limits.
    fn watch(&self, number: usize, names: &[String]) -> Option<Watched> {
        let view = self.rules.get(number)?;
        let conditions = &view.rule.conditions;
        let zone = self.input.policy.zone();
        let mut circumstances = vec![setting::meeting(conditions, zone)];
        if !view.is_auto() && !conditions.is_empty() {
            circumstances.push(setting::unclear(conditions, zone));
        }
        for (params, at) in circumstances {
            for target in instances(view.targets.as_deref()) {
                for agent in instances(view.agents.as_deref()) {
                    for name in names {
                        let action = Action::new(name).target(&target).agent(&agent);
                        let action = setting::with_params(action, &params);
                        let by = self.board.decide(&action, at).by;
                        if by == decider(number) {
                            return Some(Watched { action, at, params });
                        }
                    }
                }
            }
        }
        None
    }
}

/// The decider with the 0-based number of a rule.
pub(crate) fn decider(number: usize) -> Decider {
    Decider::Rule(u32::try_from(number).unwrap_or(u32::MAX))
}

/// That a search ended before it was through: what was not looked at is not clean.
fn budget(what: &str, operator: &'static str) -> Suspect {
    Suspect {
        rule: &crate::rules::UNKNOWN,
        subject: crate::suspect::Subject::Defaults,
        decider: Decider::Default,
        operator,
        severity: aegis_diag::Severity::Medium,
        certainty: aegis_diag::Certainty::Proved,
        assumes: Vec::new(),
        message: format!("{what} took more steps than the budget allows, so some were not found"),
        expected: None,
        witnesses: Vec::new(),
        affected: (0, Vec::new()),
        ideas: Vec::new(),
    }
}

/// How many of a rule's patterns on targets or agents are tried.
const INSTANCES: usize = 4;

/// Names that patterns match; the empty one if there are none.
fn instances(globs: Option<&[Glob]>) -> Vec<String> {
    let Some(globs) = globs else {
        return vec![String::new()];
    };
    let alternatives = globs.iter().flat_map(Glob::alternatives);
    let names = alternatives.take(INSTANCES).map(|a| shortest(a.tokens()));
    names.collect()
}

#[cfg(test)]
mod tests;
