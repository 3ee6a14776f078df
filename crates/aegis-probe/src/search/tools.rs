//! The program's own tools: the one set of names that is certain to matter.

use std::collections::BTreeMap;

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::model::{Approval, Effect};
use aegis_policy::name::canonical;

use super::Search;
use super::coverage::is_meant;
use super::scenes::{self, SCENES};
use super::{say, setting, vocabulary};
use crate::Tool;
use crate::rules;
use crate::suspect::{Field, Idea, Subject, Suspect};

/// A tool that runs unattended.
struct Unattended<'t> {
    tool: &'t Tool,
    effect: Effect,
    action: Action,
    at: Moment,
}

/// Own tools that do harm and run unattended; one suspect for each decider.
pub(crate) fn own(search: &mut Search<'_>) {
    let mut open: BTreeMap<Decider, Vec<Unattended<'_>>> = BTreeMap::new();
    let mut meant: BTreeMap<Decider, Vec<Unattended<'_>>> = BTreeMap::new();
    for tool in search.input.tools {
        let Some((decider, unattended)) = unattended(search, tool) else {
            continue;
        };
        let rule = match decider {
            Decider::Rule(number) => search.rules.get(number as usize),
            _ => None,
        };
        let named = rule.is_some_and(|r| is_meant(r, &tool.name, unattended.effect));
        let into = if named { &mut meant } else { &mut open };
        into.entry(decider).or_default().push(unattended);
    }
    for (decider, tools) in meant {
        if !open.contains_key(&decider) {
            let suspect = suspect(search, decider, tools, true);
            search.found.push(suspect);
        }
    }
    for (decider, tools) in open {
        let suspect = suspect(search, decider, tools, false);
        search.own_deciders.push(decider);
        search.found.push(suspect);
    }
}

/// Who lets a tool run without parameters, with harmful ones or at night, if what it does is known
/// to do harm.
fn unattended<'t>(search: &Search<'_>, tool: &'t Tool) -> Option<(Decider, Unattended<'t>)> {
    let base = Action::new(&tool.name)
        .target(tool.target.as_deref().unwrap_or_default())
        .hints(tool.hints);
    let effect = base.effect_found().effect?;
    if matches!(effect, Effect::Read | Effect::Write) {
        return None;
    }
    for scene in (0..SCENES).filter(|scene| *scene != scenes::BENIGN) {
        let circumstances = search.board.scenes.get(scene)?;
        let params: Vec<_> = circumstances
            .params
            .iter()
            .filter(|(name, _)| tool.params.contains(name))
            .cloned()
            .collect();
        let action = setting::with_params(base.clone(), &params);
        let decision = search.board.decide(&action, circumstances.at);
        if decision.approval == Approval::Auto {
            let at = circumstances.at;
            return Some((
                decision.by,
                Unattended {
                    tool,
                    effect,
                    action,
                    at,
                },
            ));
        }
    }
    None
}

fn suspect(
    search: &Search<'_>,
    decider: Decider,
    mut tools: Vec<Unattended<'_>>,
    meant: bool,
) -> Suspect {
    tools.sort_by_key(|u| !vocabulary::is_critical(u.effect));
    let critical = tools.iter().any(|u| vocabulary::is_critical(u.effect));
    let mut effects = Vec::new();
    for tool in &tools {
        if !effects.contains(&tool.effect) {
            effects.push(tool.effect);
        }
    }
    let shown = tools
        .iter()
        .map(|u| format!("{} ({})", u.tool.name, u.tool.source));
    let affected = (tools.len(), shown.take(say::EXAMPLES).collect());
    let named = tools
        .iter()
        .map(|u| (u.tool.name.as_str(), u.tool.source.as_str()));
    let named = say::placed(tools.len(), named, ["of your tools"; 2]);
    let first = tools.first().map_or("", |u| u.tool.name.as_str());
    let (subject, by) = place(search, decider, first);
    let (verb, its) = if tools.len() == 1 {
        ("runs", "it")
    } else {
        ("run", "they")
    };
    Suspect {
        rule: &rules::MISSING_COVERAGE,
        subject,
        decider,
        operator: if meant { "own-named" } else { "own-tool" },
        severity: match (meant, critical) {
            (true, _) => Severity::Low,
            (false, true) => Severity::Critical,
            (false, false) => Severity::High,
        },
        certainty: Certainty::Heuristic,
        assumes: Vec::new(),
        message: format!(
            "{named} {verb} unattended ({by}), and {its} {}",
            says(&effects, tools.len() == 1)
        ),
        expected: Some("a person is asked about this tool".to_owned()),
        witnesses: tools
            .into_iter()
            .take(4)
            .map(|u| (u.action, u.at))
            .collect(),
        affected,
        ideas: ideas(decider, &effects),
    }
}

/// What tools do, for one or for several.
fn says(effects: &[Effect], one: bool) -> String {
    let doing = say::all_doing(effects);
    if one {
        doing
    } else {
        format!("do what {doing}")
    }
}

fn place(search: &Search<'_>, decider: Decider, name: &str) -> (Subject, String) {
    let Decider::Rule(number) = decider else {
        return (Subject::Defaults, "no rule speaks of it".to_owned());
    };
    let number = number as usize;
    let rule = search.rules.get(number);
    let by = format!("rule `{}` allows it", rule.map_or("", |r| r.name()));
    match rule.and_then(|r| r.pattern_for(&canonical(name))) {
        Some(at) => (Subject::Pattern(number, Field::Type, at), by),
        None => (Subject::Rule(number), by),
    }
}

fn ideas(decider: Decider, effects: &[Effect]) -> Vec<Idea> {
    match decider {
        Decider::Rule(number) => vec![super::coverage::restrict(effects, Some(number as usize))],
        _ => vec![
            Idea::DefaultApproval("approve"),
            super::coverage::restrict(effects, None),
        ],
    }
}
