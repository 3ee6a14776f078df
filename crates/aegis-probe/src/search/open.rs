//! Patterns of automatic rules that leave the verb open, such as `crm_*`: nobody knows a tool there
//! that does harm, but one would run unattended.
//!
//! It is worth a look where the policy restricts something under the same words; else it is only
//! possible.

use std::collections::BTreeSet;

use aegis_diag::{Certainty, Severity};
use aegis_policy::glob::Glob;
use aegis_policy::model::{Approval, Effect};

use super::coverage::restrict;
use super::near::candidates::{is_deed, is_room};
use super::rules::speaks_of_all;
use super::words::Shape;
use super::{Search, decider, say, scenes, vocabulary};
use crate::rules;
use crate::suspect::{Field, Subject, Suspect};

/// How many alternatives of one rule are looked at.
const ALTERNATIVES: usize = 16;

/// The effects that are tried.
const TRIED: [Effect; 5] = [
    Effect::Delete,
    Effect::Execute,
    Effect::Pay,
    Effect::Privilege,
    Effect::Exfiltrate,
];

/// Looks at every automatic rule without limits of which nothing graver is known.
pub(crate) fn namespaces(search: &mut Search<'_>) {
    if search.knows_tools() {
        return; // then it is known what there is
    }
    let mut restricted: BTreeSet<String> = BTreeSet::new();
    for rule in search.rules.iter().filter(|rule| !rule.is_auto()) {
        let alternatives = rule.kinds.iter().flatten().flat_map(Glob::alternatives);
        for shape in alternatives.take(ALTERNATIVES).map(Shape::of) {
            // One that never decides is reported as such.
            if search.watch(rule.number, &shape.instances()).is_some() {
                restricted.extend(shape.words().map(str::to_owned));
            }
        }
    }
    for number in 0..search.rules.len() {
        if let Some(suspect) = namespace(search, number, &restricted) {
            search.found.push(suspect);
        }
    }
}

fn namespace(search: &Search<'_>, number: usize, restricted: &BTreeSet<String>) -> Option<Suspect> {
    let rule = search.rules.get(number)?;
    let unlimited = speaks_of_all(rule.targets.as_deref())
        && speaks_of_all(rule.agents.as_deref())
        && rule.rule.conditions.is_empty()
        && rule.rule.matches.effect.is_none();
    if !rule.is_auto() || rule.is_wild() || !unlimited || search.is_reported(decider(number)) {
        return None;
    }
    let globs = rule.kinds.as_deref()?;
    for (at, glob) in globs.iter().enumerate() {
        let shapes = glob.alternatives().iter().map(Shape::of);
        for shape in shapes.filter(|shape| is_room(shape) && !is_deed(shape)) {
            let names = harmful(search, number, &shape);
            if names.is_empty() {
                continue;
            }
            let near = shape.words().any(|word| restricted.contains(word));
            if !near && !search.options.all {
                continue;
            }
            let effects: Vec<Effect> = names.iter().map(|(_, effect)| *effect).collect();
            let affected = (
                names.len(),
                names.iter().map(|(name, _)| name.clone()).collect(),
            );
            let witnesses = names
                .iter()
                .map(|(name, _)| search.board.action(name, "", scenes::BARE));
            return Some(Suspect {
                rule: &rules::MISSING_COVERAGE,
                subject: Subject::Pattern(number, Field::Type, at),
                decider: decider(number),
                operator: "open-verb",
                severity: if near {
                    Severity::Medium
                } else {
                    Severity::Low
                },
                certainty: Certainty::Heuristic,
                assumes: vec!["there is such a tool, now or later".to_owned()],
                message: format!(
                    "`{}` of rule `{}` leaves the verb open: what {} would be automatic as well, such as {}",
                    glob.text(),
                    rule.name(),
                    say::all_doing(&effects),
                    say::some(&affected, ["name", "names"])
                ),
                expected: Some("only verbs that do no harm are automatic".to_owned()),
                witnesses: witnesses.take(4).collect(),
                affected,
                ideas: vec![restrict(&effects, Some(number))],
            });
        }
    }
    None
}

/// A name of the shape for each effect that the rule makes automatic.
fn harmful(search: &Search<'_>, number: usize, shape: &Shape) -> Vec<(String, Effect)> {
    let separator = shape.separator();
    let mut names = Vec::new();
    for effect in TRIED {
        let verb = match effect {
            Effect::Pay => "refund",
            effect => vocabulary::usual(effect),
        };
        let fills = [verb.to_owned(), format!("{verb}{separator}record")];
        let found = fills
            .iter()
            .map(|fill| shape.filled(fill, true))
            .find(|name| {
                let (action, at) = search.board.action(name, "", scenes::BARE);
                let decision = search.board.decide(&action, at);
                decision.approval == Approval::Auto
                    && decision.by == decider(number)
                    && decision.effect.effect == Some(effect)
            });
        names.extend(found.map(|name| (name, effect)));
    }
    names
}
