//! Rules and patterns that never decide, conditions that never hold, and what reaches the defaults.

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::model::Approval;
use aegis_policy::name::Name;

use super::analyse::{suspect, unknown};
use super::reach::renamed;
use super::world::Pattern;
use super::{Exact, Reach};
use crate::suspect::{Field, Idea, Subject, Suspect};
use crate::{Found, rules};

impl Exact<'_> {
    /// For each rule whether it ever decides, by actions with names as the instances have them.
    pub(super) fn reaches(&self) -> Vec<Reach> {
        (0..self.world.rules.len())
            .map(|rule| self.reach(rule))
            .collect()
    }

    /// Rules that never decide, and patterns of others that do not.
    pub(super) fn shadowed(&self, reaches: &[Reach], found: &mut Found) {
        let mut open = Vec::new();
        for (rule, reach) in reaches.iter().enumerate() {
            match reach {
                Reach::Dead { by } if by.is_empty() => {
                    // Its conditions contradict each other, which is said elsewhere, or it matches
                    // no name there is.
                    if !self.contradicts(rule) {
                        let message = format!("rule `{}` matches no action", self.name(rule));
                        found.suspects.push(suspect(
                            &rules::SHADOWED_RULE,
                            Subject::Rule(rule),
                            "nothing",
                            message,
                        ));
                    }
                }
                Reach::Dead { by } => {
                    let suspect = self.dead(rule, by, Subject::Rule(rule), None, found);
                    found.suspects.push(suspect);
                }
                Reach::Unknown => open.push(rule),
                Reach::Live(..) | Reach::Given(..) => self.dead_patterns(rule, found),
            }
        }
        found.suspects.extend(self.too_long(
            &open,
            "reachable",
            ["whether rule {} ever decides", "whether {} ever decide"],
        ));
    }

    fn dead_patterns(&self, rule: usize, found: &mut Found) {
        let Some(view) = self.world.rules.get(rule) else {
            return;
        };
        let fields = [Field::Type, Field::Target, Field::Agent];
        for (field, name) in fields.into_iter().enumerate() {
            let list = view
                .patterns
                .get(field)
                .map_or(&[][..], |list| list.as_slice());
            let written = list.iter().map(|p| p.at + 1).max().unwrap_or(0);
            if written < 2 {
                continue;
            }
            for at in 0..written {
                let only: Vec<Pattern> = list.iter().copied().filter(|p| p.at == at).collect();
                let [kinds, targets, agents] = &view.patterns;
                let mut patterns: [&[Pattern]; 3] = [kinds, targets, agents];
                if let Some(slot) = patterns.get_mut(field) {
                    *slot = &only;
                }
                if let Reach::Dead { by } = self.reachable_by(rule, patterns)
                    && !by.is_empty()
                {
                    let subject = Subject::Pattern(rule, name, at);
                    let suspect = self.dead(rule, &by, subject, Some(patterns), found);
                    found.suspects.push(suspect);
                }
            }
        }
    }

    fn dead(
        &self,
        rule: usize,
        by: &[usize],
        subject: Subject,
        patterns: Option<[&[Pattern]; 3]>,
        found: &mut Found,
    ) -> Suspect {
        let what = match subject {
            Subject::Pattern(_, field, at) => {
                format!(
                    "the pattern `{}` of rule `{}`",
                    self.pattern(rule, field, at),
                    self.name(rule)
                )
            }
            _ => format!("rule `{}`", self.name(rule)),
        };
        let (operator, how) = match by {
            [_] => ("one", "takes everything it matches"),
            _ => ("union", "together take everything it matches"),
        };
        let message = format!("{what} never decides: {} before it {how}", self.names(by));
        let mut out = suspect(&rules::SHADOWED_RULE, subject, operator, message);
        let mine = self.approval(rule);
        if let Some((action, at)) = self.meant(rule, patterns) {
            let decision = self.decide(found, &action, at);
            out.decider = decision.by;
            out.severity = match (mine, decision.approval) {
                (Approval::Block | Approval::Approve, Approval::Auto) => Severity::High,
                (Approval::Block, Approval::Approve) => Severity::Medium,
                _ => Severity::Low,
            };
            out.expected = Some(format!("`{}` by rule `{}`", mine.as_str(), self.name(rule)));
            out.witnesses.push((action, at));
        }
        let weaker = by
            .iter()
            .copied()
            .find(|other| self.approval(*other) < mine);
        if let Some(before) = weaker {
            out.ideas.push(Idea::Move { rule, before });
        }
        if matches!(subject, Subject::Rule(_)) {
            out.ideas.push(Idea::Remove { rule });
        }
        out
    }

    /// An action that a rule was written for, whoever decides it.
    pub(super) fn meant(
        &self,
        rule: usize,
        patterns: Option<[&[Pattern]; 3]>,
    ) -> Option<(Action, Moment)> {
        let view = self.world.rules.get(rule)?;
        let [kinds, targets, agents] = &view.patterns;
        let (instances, _) = self
            .world
            .instances(patterns.unwrap_or([kinds, targets, agents]));
        let names = instances.first()?;
        self.world.steps.ask();
        let space = self.world.space(&[rule]);
        let refs = [names[0].as_str(), &names[1], &names[2]];
        let (action, at) = self
            .world
            .actions(0, refs, &space, &space.may(view))
            .next()?;
        let matches = |names: &[String; 3]| {
            let refs = [names[0].as_str(), &names[1], &names[2]];
            self.world.matching(0, &refs).contains(&rule)
        };
        let before = self.policy.decide(&action, at);
        let best = self.world.readable(names, &mut |names| {
            let after = self.policy.decide(&renamed(&action, names), at);
            matches(names) && (after.by, after.approval) == (before.by, before.approval)
        });
        Some((renamed(&action, &best), at))
    }

    /// A pattern as written.
    pub(super) fn pattern(&self, rule: usize, field: Field, at: usize) -> String {
        let matches = self
            .policy
            .checked()
            .rules()
            .get(rule)
            .map(|rule| &rule.matches);
        let list = matches.and_then(|m| match field {
            Field::Type => m.kind.as_ref(),
            Field::Target => m.target.as_ref(),
            Field::Agent => m.agent.as_ref(),
        });
        let pattern = list.and_then(|list| list.get(at));
        pattern.map_or("*".to_owned(), |pattern| pattern.value.to_string())
    }

    /// Whether some conditions of a rule can never hold together.
    fn contradicts(&self, rule: usize) -> bool {
        let Some(view) = self.world.rules.get(rule) else {
            return false;
        };
        let space = self.world.space(&[rule]);
        space.axes.iter().any(|axis| axis.holds(view).is_empty())
    }

    /// Rules whose conditions can never hold together.
    pub(super) fn never(&self, found: &mut Found) {
        for (rule, view) in self.world.rules.iter().enumerate() {
            if view.tests.is_empty() {
                continue;
            }
            let space = self.world.space(&[rule]);
            for axis in &space.axes {
                if !axis.holds(view).is_empty() {
                    continue;
                }
                let Some(written) = self.policy.checked().rules().get(rule) else {
                    continue;
                };
                // The last of the conditions on this variable.
                let conditions = self.policy.conditions(super::reach::rule_number(rule));
                let at = conditions.iter().enumerate().rev().find(|(_, condition)| {
                    let mut tests = self.world.tests.iter().enumerate();
                    tests.any(|(n, test)| {
                        test.variable == axis.variable
                            && view.tests.contains(&n)
                            && format!("{:?}", test.compiled.atom())
                                == format!("{:?}", condition.atom())
                    })
                });
                let at = at.map_or(0, |(at, _)| at);
                let what = match self.world.variables.get(axis.variable) {
                    Some(super::world::Variable::Param(path, _)) => {
                        format!("no `{path}` meets all of them")
                    }
                    _ => "no moment meets all of them".to_owned(),
                };
                let message = format!(
                    "the conditions of rule `{}` never hold: {what}",
                    written.name.value
                );
                let mut out = suspect(
                    &rules::CONDITION_NEVER,
                    Subject::Condition(rule, at),
                    "contradiction",
                    message,
                );
                if view.approval == Approval::Auto {
                    out.severity = Severity::Medium;
                } else if let Some((action, at)) = self.plain_action(rule) {
                    let decision = self.decide(found, &action, at);
                    out.decider = decision.by;
                    out.expected = Some(format!(
                        "`{}` by rule `{}`",
                        view.approval.as_str(),
                        written.name.value
                    ));
                    if decision.approval >= view.approval {
                        out.severity = Severity::Medium;
                    }
                    out.witnesses.push((action, at));
                }
                found.suspects.push(out);
            }
        }
    }

    /// An action of a rule's names, without parameters.
    fn plain_action(&self, rule: usize) -> Option<(Action, Moment)> {
        let (action, at) = self.meant(rule, None)?;
        let bare = Action::new(action.kind_name().original())
            .target(action.target_name().original())
            .agent(action.agent_name().original());
        Some((bare, at))
    }

    /// What no rule matches and runs unattended.
    pub(super) fn fallthrough(&self, found: &mut Found) {
        if self.policy.checked().defaults().approval.value != Approval::Auto {
            return;
        }
        match self.default_reachable() {
            Reach::Live(action, at) => {
                let decision = self.decide(found, &action, at);
                if decision.approval != Approval::Auto {
                    return;
                }
                let message = "what no rule matches runs unattended".to_owned();
                let mut out = suspect(
                    &rules::DEFAULT_FALLTHROUGH,
                    Subject::Defaults,
                    "default",
                    message,
                );
                out.decider = Decider::Default;
                out.expected = Some("a person is asked, or the action is blocked".to_owned());
                out.witnesses.push((action, at));
                out.ideas.push(Idea::DefaultApproval("approve"));
                found.suspects.push(out);
            }
            Reach::Unknown => found.suspects.push(unknown(
                Subject::Defaults,
                "default",
                "whether anything reaches the automatic defaults took too long to find out"
                    .to_owned(),
            )),
            Reach::Given(action, at, assumes) => {
                let mut out = suspect(
                    &rules::DEFAULT_FALLTHROUGH,
                    Subject::Defaults,
                    "default",
                    "what no rule matches runs unattended".to_owned(),
                );
                out.certainty = Certainty::ProvedGiven;
                out.assumes = assumes;
                out.witnesses.push((action, at));
                out.ideas.push(Idea::DefaultApproval("approve"));
                found.suspects.push(out);
            }
            Reach::Dead { .. } => {}
        }
    }

    /// Rules without which every decision is the same.
    pub(super) fn redundant(&self, reaches: &[Reach], found: &mut Found) {
        let mut open = Vec::new();
        for (rule, reach) in reaches.iter().enumerate() {
            let Reach::Live(action, at) = reach else {
                continue;
            };
            match self.removal(rule) {
                super::Removal::Different => {}
                super::Removal::Unknown => open.push(rule),
                super::Removal::Same => {
                    let mut out = suspect(
                        &rules::REDUNDANT_RULE,
                        Subject::Rule(rule),
                        "redundant",
                        format!(
                            "rule `{}` can go without changing a decision",
                            self.name(rule)
                        ),
                    );
                    let refs = [
                        action.kind_name(),
                        action.target_name(),
                        action.agent_name(),
                    ];
                    let names = refs.map(Name::canonical);
                    let next = self
                        .world
                        .matching(0, &names)
                        .into_iter()
                        .find(|other| *other > rule);
                    out.decider = Decider::Rule(super::reach::rule_number(rule));
                    let written = self.policy.checked().rules().get(rule);
                    // Saying again what the defaults say, or why, is a style.
                    let says_why = written.is_some_and(|rule| rule.reason.is_some());
                    out.severity = match next {
                        Some(_) if !says_why => Severity::Low,
                        _ => Severity::Info,
                    };
                    out.witnesses.push(self.named(action, *at));
                    out.ideas.push(Idea::Remove { rule });
                    found.suspects.push(out);
                }
            }
        }
        let mut out = self.too_long(
            &open,
            "redundant",
            [
                "whether rule {} changes any decision",
                "whether {} change any decision",
            ],
        );
        if let Some(out) = &mut out {
            out.severity = Severity::Low;
        }
        found.suspects.extend(out);
    }

    /// The same question about several rules that was too much: one suspect, at the first of them.
    /// `question` is how it is asked of one rule and of several.
    pub(super) fn too_long(
        &self,
        open: &[usize],
        operator: &'static str,
        question: [&str; 2],
    ) -> Option<Suspect> {
        let first = open.first()?;
        let [of_one, of_several] = question;
        let asked = if open.len() == 1 { of_one } else { of_several };
        let asked = asked.replace("{}", &self.names(open));
        let message = format!("{asked} took too long to find out");
        let mut out = unknown(Subject::Rule(*first), operator, message);
        let names = open.iter().take(10).map(|r| self.name(*r).to_owned());
        out.affected = (open.len(), names.collect());
        Some(out)
    }
}
