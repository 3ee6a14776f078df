//! Restrictions that hold for some agents while others run the same unattended.

use aegis_policy::action::Action;
use aegis_policy::decision::Decider;
use aegis_policy::model::Approval;

use super::analyse::{suspect, unattended};
use super::reach::renamed;
use super::{Exact, Reach};
use crate::suspect::{Field, Subject};
use crate::{Found, rules};

impl Exact<'_> {
    /// Rules that restrict some agents only.
    pub(super) fn agent_holes(&self, reaches: &[Reach], found: &mut Found) {
        let mut seen = Vec::new();
        for (rule, reach) in reaches.iter().enumerate() {
            let (Reach::Live(action, at), Some(view)) = (reach, self.world.rules.get(rule)) else {
                continue;
            };
            let written = self.policy.checked().rules().get(rule);
            let Some(agents) = written.and_then(|rule| rule.matches.agent.as_ref()) else {
                continue;
            };
            if view.approval == Approval::Auto || agents.iter().any(|a| &*a.value == "*") {
                continue;
            }
            let (action, at) = (&self.named(action, *at).0, at);
            let names = [
                action.kind_name(),
                action.target_name(),
                action.agent_name(),
            ];
            let names = names.map(|name| name.canonical().to_owned());
            let other = self.world.names[2]
                .alphabet
                .filler
                .map(|c| format!("agent{c}"));
            let agents = [Some(String::new()), other].into_iter().flatten();
            let hole = agents.into_iter().find_map(|agent| {
                let names = [names[0].clone(), names[1].clone(), agent];
                let tried: Action = renamed(action, &names);
                let decision = self.decide(found, &tried, *at);
                (decision.approval == Approval::Auto).then_some((tried, decision))
            });
            let Some((tried, decision)) = hole else {
                continue;
            };
            // A rule that says who may do it unattended is meant.
            if let Decider::Rule(by) = decision.by {
                let by = self.policy.checked().rules().get(by as usize);
                if by.is_some_and(|by| by.matches.agent.is_some()) {
                    continue;
                }
            }
            let key = (
                view.patterns[0].clone(),
                view.patterns[1].clone(),
                decision.by,
            );
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            let who = if tried.agent_name().canonical().is_empty() {
                "no agent at all"
            } else {
                "another agent"
            };
            let message = format!(
                "what rule `{}` restricts runs unattended for {who}: {} decides",
                self.name(rule),
                self.by(decision.by),
            );
            let mut out = suspect(
                &rules::AGENT_GAP,
                Subject::Pattern(rule, Field::Agent, 0),
                "agent",
                message,
            );
            out.decider = decision.by;
            out.severity = unattended(tried.effect_found().effect);
            out.expected = Some(format!(
                "`{}` for every agent, or a rule for the others",
                view.approval.as_str()
            ));
            out.witnesses.push((tried, *at));
            found.suspects.push(out);
        }
    }
}
