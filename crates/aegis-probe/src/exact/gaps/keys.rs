//! Parameters that two parts of a policy, or the policy and the program, spell differently.

use std::collections::BTreeMap;

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::model::{Approval, Atom};
use aegis_policy::name::Name;

use super::super::Exact;
use super::super::analyse::suspect;
use super::super::space::NOON;
use super::super::witness::moment;
use crate::suspect::Subject;
use crate::{Found, Tool, rules};

/// What two spellings of a key have in common.
fn folded(key: &str) -> String {
    key.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

impl Exact<'_> {
    /// Keys of parameters that are spelled in more than one way.
    pub(in crate::exact) fn spellings_of_keys(&self, tools: &[Tool], found: &mut Found) {
        // For each folded key each spelling and where it is used.
        let mut uses: BTreeMap<String, BTreeMap<String, Vec<(usize, usize)>>> = BTreeMap::new();
        for (rule, written) in self.policy.checked().rules().iter().enumerate() {
            for (at, condition) in written.conditions.iter().enumerate() {
                if let Atom::Param { path, .. } = &condition.atom
                    && let Some(key) = path.first_key()
                {
                    let spellings = uses.entry(folded(key)).or_default();
                    spellings
                        .entry(key.to_owned())
                        .or_default()
                        .push((rule, at));
                }
            }
        }
        for spellings in uses.values().filter(|spellings| spellings.len() > 1) {
            self.two_spellings(spellings, found);
        }
        for spellings in uses.values() {
            for (key, places) in spellings {
                self.unlike_tools(key, places, tools, found);
            }
        }
    }

    /// Two rules about the same names that spell a key differently.
    fn two_spellings(&self, spellings: &BTreeMap<String, Vec<(usize, usize)>>, found: &mut Found) {
        let common = spellings
            .iter()
            .max_by_key(|(key, places)| (places.len(), std::cmp::Reverse(*key)));
        let Some((common, others)) = common else {
            return;
        };
        for (key, places) in spellings.iter().filter(|(key, _)| *key != common) {
            let near = places.iter().find(|(rule, _)| {
                others.iter().any(|(other, _)| {
                    let rules = (self.world.rules.get(*rule), self.world.rules.get(*other));
                    matches!(rules, (Some(a), Some(b)) if self.world.near(a, b))
                })
            });
            let Some(&(rule, at)) = near else { continue };
            let message = format!(
                "rule `{}` looks at `{key}` and other rules at `{common}`: keys of parameters are compared letter by letter",
                self.name(rule),
            );
            let mut out = suspect(
                &rules::CONDITION_GAP,
                Subject::Condition(rule, at),
                "key",
                message,
            );
            out.severity = Severity::Medium;
            out.certainty = Certainty::Heuristic;
            if let Some((action, at)) = self.meant(rule, None) {
                out.decider = self.decide(found, &action, at).by;
                out.witnesses.push((action, at));
            }
            found.suspects.push(out);
        }
    }

    /// A key that the program's own tool spells differently, so that the condition never sees it.
    fn unlike_tools(
        &self,
        key: &str,
        places: &[(usize, usize)],
        tools: &[Tool],
        found: &mut Found,
    ) {
        for tool in tools {
            if tool.params.iter().any(|param| param == key) {
                continue;
            }
            let Some(other) = tool
                .params
                .iter()
                .find(|param| folded(param) == folded(key))
            else {
                continue;
            };
            let target = tool.target.as_deref().unwrap_or_default();
            let action = Action::new(&tool.name)
                .target(target)
                .param(other.clone(), 1_000_000_i64);
            let action = action.hints(tool.hints);
            let names = [
                action.kind_name(),
                action.target_name(),
                action.agent_name(),
            ];
            let matching = self.world.matching(0, &names.map(Name::canonical));
            let place = places.iter().find(|(rule, _)| {
                matching.contains(rule) && self.approval(*rule) != Approval::Auto
            });
            let Some(&(rule, at)) = place else { continue };
            let when = moment(self.policy.zone(), NOON);
            let decision = self.decide(found, &action, when);
            if decision.approval != Approval::Auto {
                continue;
            }
            let message = format!(
                "rule `{}` looks at `{key}`, and the tool `{}` calls it `{other}` ({})",
                self.name(rule),
                tool.name,
                tool.source,
            );
            let mut out = suspect(
                &rules::CONDITION_GAP,
                Subject::Condition(rule, at),
                "key",
                message,
            );
            out.severity = Severity::High;
            out.decider = decision.by;
            out.witnesses.push((action, when));
            found.suspects.push(out);
            return;
        }
    }
}
