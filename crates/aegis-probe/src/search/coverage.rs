//! What is dangerous and runs unattended: names of the reference set, and the program's own tools.
//!
//! One cause is one suspect: whatever one rule, or the default, makes automatic belongs together. A
//! name that a rule spells out was meant and is only mentioned.

use std::collections::BTreeMap;

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::model::{Approval, Effect};
use aegis_policy::name::canonical;

use super::Search;
use super::reference::{Entry, Form};
use super::rules::{RuleView, speaks_of_all};
use super::say;
use super::scenes::BENIGN;
use super::vocabulary::{self, TARGETS, is_critical};
use crate::rules;
use crate::suspect::{Field, Idea, Subject, Suspect};

/// Where a group of names runs unattended.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The number of a target; one of the hardest if there is one.
    target: usize,
    scene: usize,
    hard: bool,
}

/// For each decider the groups it makes automatic.
type Places = BTreeMap<Decider, BTreeMap<usize, Place>>;

/// A name that runs unattended.
#[derive(Debug, Clone, Copy)]
struct Hit {
    entry: &'static Entry,
    place: Place,
}

impl Hit {
    /// Real before made up, critical before others, on the hardest targets before others; then what
    /// says plainly what it does.
    fn rank(&self) -> (bool, bool, bool, u8, bool) {
        let Entry { effect, form, .. } = self.entry;
        let plain = match effect {
            Effect::Delete => 0,
            Effect::Pay | Effect::Privilege => 1,
            Effect::Execute => 2,
            _ => 3,
        };
        let says = vocabulary::plainly(*effect)
            .iter()
            .any(|word| self.entry.name.contains(word));
        (
            *form != Form::Real,
            !is_critical(*effect),
            !self.place.hard,
            plain,
            !says,
        )
    }
}

/// Effects that no policy should make automatic without saying so.
fn is_dangerous(effect: Effect) -> bool {
    !matches!(effect, Effect::Read | Effect::Write)
}

/// Everything that the reference set shows.
pub(crate) fn catalogue(search: &mut Search<'_>) {
    for (decider, groups) in places(search) {
        match decider {
            Decider::Default => by_default(search, &groups),
            Decider::Rule(number) => {
                let number = number as usize;
                if search.rules.get(number).is_some_and(RuleView::is_wild) {
                    continue; // `wildcard` reports it
                }
                by_rule(search, number, &groups);
            }
            Decider::Language => {}
        }
    }
}

fn places(search: &Search<'_>) -> Places {
    let board = &search.board;
    let mut places = Places::new();
    for (at, group) in board.groups.iter().enumerate() {
        if !is_dangerous(group.effect) {
            continue;
        }
        for (number, target) in board.targets.iter().enumerate() {
            let Some(outcome) = board.outcome(at, target) else {
                continue;
            };
            let hard = TARGETS
                .get(target.class)
                .is_some_and(super::vocabulary::TargetClass::is_hard);
            for (scene, decision) in outcome.iter().enumerate() {
                if decision.approval != Approval::Auto || scene == BENIGN {
                    continue;
                }
                let place = Place {
                    target: number,
                    scene,
                    hard,
                };
                let known = places
                    .entry(decision.by)
                    .or_default()
                    .entry(at)
                    .or_insert(place);
                if hard && !known.hard {
                    *known = place;
                }
            }
        }
    }
    places
}

/// The names of groups, the most telling first.
fn hits(search: &Search<'_>, groups: &BTreeMap<usize, Place>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (&at, &place) in groups {
        let members = search.board.groups.get(at).map(|g| g.members.as_slice());
        let members = members.unwrap_or_default().iter();
        hits.extend(members.map(|entry| Hit { entry, place }));
    }
    hits.sort_by_key(Hit::rank);
    hits
}

fn witness(search: &Search<'_>, hit: &Hit) -> (Action, Moment) {
    let target = search
        .board
        .targets
        .get(hit.place.target)
        .map_or("", |t| t.name);
    // No target if that shows it as well: the shortest witness is the best.
    let (bare, at) = search.board.action(hit.entry.name, "", hit.place.scene);
    let on_target = search.board.action(hit.entry.name, target, hit.place.scene);
    let (a, b) = (
        search.board.decide(&bare, at),
        search.board.decide(&on_target.0, on_target.1),
    );
    if (a.approval, a.by) == (b.approval, b.by) {
        (bare, at)
    } else {
        on_target
    }
}

/// Witnesses of different effects, a few.
fn witnesses(search: &Search<'_>, hits: &[Hit]) -> Vec<(Action, Moment)> {
    let mut seen = Vec::new();
    let mut witnesses = Vec::new();
    for hit in hits {
        if !seen.contains(&hit.entry.effect) && witnesses.len() < 4 {
            seen.push(hit.entry.effect);
            witnesses.push(witness(search, hit));
        }
    }
    witnesses
}

/// The effects of names, the worst first.
fn effects(hits: &[Hit]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for hit in hits {
        if !effects.contains(&hit.entry.effect) {
            effects.push(hit.entry.effect);
        }
    }
    effects
}

/// How bad it is that these names run unattended.
fn severity(hits: &[Hit]) -> Severity {
    let one = |hit: &Hit| {
        let real = hit.entry.form == Form::Real;
        match hit.entry.effect {
            effect if is_critical(effect) && real && hit.place.hard => Severity::Critical,
            effect if is_critical(effect) && (real || hit.entry.form.is_plain()) => Severity::High,
            Effect::Exfiltrate if real => Severity::High,
            Effect::Send | Effect::Deploy if real => Severity::Medium,
            _ => Severity::Low,
        }
    };
    hits.iter().map(one).max().unwrap_or(Severity::Low)
}

/// Real names where there are any, else all.
fn examples(hits: &[Hit]) -> (usize, Vec<String>) {
    let real = hits.iter().filter(|hit| hit.entry.form == Form::Real);
    let count = real.clone().count();
    let names = |hits: &mut dyn Iterator<Item = &Hit>| {
        hits.take(say::EXAMPLES)
            .map(|hit| hit.entry.name.to_owned())
            .collect()
    };
    if count > 0 {
        (count, names(&mut real.into_iter()))
    } else {
        (hits.len(), names(&mut hits.iter()))
    }
}

fn by_default(search: &mut Search<'_>, groups: &BTreeMap<usize, Place>) {
    let hits = hits(search, groups);
    let affected = examples(&hits);
    let doing = effects(&hits);
    let mut severity = severity(&hits);
    if search.knows_tools() && !search.own_tool_decided_by(Decider::Default) {
        severity = severity.min(Severity::Medium);
    }
    let message = format!(
        "what no rule matches runs unattended, and that includes what {}: {}",
        say::all_doing(&doing),
        say::some(&affected, say::PUBLISHED)
    );
    let suspect = Suspect {
        rule: &rules::DEFAULT_FALLTHROUGH,
        subject: Subject::Defaults,
        decider: Decider::Default,
        operator: "default",
        severity,
        certainty: Certainty::Heuristic,
        assumes: Vec::new(),
        message,
        expected: Some("a person is asked about what no rule speaks of".to_owned()),
        witnesses: witnesses(search, &hits),
        affected,
        ideas: vec![Idea::DefaultApproval("approve"), restrict(&doing, None)],
    };
    search.found.push(suspect);
}

/// The rule that asks about effects, before another one.
pub(crate) fn restrict(effects: &[Effect], before: Option<usize>) -> Idea {
    let mut words: Vec<&str> = effects.iter().map(|e| e.as_str()).collect();
    words.sort_unstable();
    let name = format!("ask_before_{}", words.join("_"));
    let list = words.join(", ");
    Idea::Insert {
        yaml: format!(
            "- name: {name}\n  match: {{ effect: [{list}] }}\n  risk_level: high\n  approval: approve\n"
        ),
        before,
    }
}

fn by_rule(search: &mut Search<'_>, number: usize, groups: &BTreeMap<usize, Place>) {
    let hits = hits(search, groups);
    let Some(rule) = search.rules.get(number) else {
        return;
    };
    let (meant, open): (Vec<Hit>, Vec<Hit>) = hits
        .into_iter()
        .filter(|hit| hit.entry.form.is_plain())
        .partition(|hit| {
            is_meant(rule, hit.entry.name, hit.entry.effect)
                || is_rest(
                    &search.rules[..number],
                    rule,
                    hit.entry.name,
                    hit.entry.effect,
                )
        });
    let open_real = open.iter().any(|hit| hit.entry.form == Form::Real);
    if open_real {
        let suspect = broad(search, number, &open);
        search.found.push(suspect);
    } else if let Some(first) = meant
        .iter()
        .find(|hit| is_critical(hit.entry.effect))
        .copied()
    {
        let of: Vec<Hit> = meant
            .into_iter()
            .filter(|hit| is_critical(hit.entry.effect))
            .collect();
        let suspect = named(search, number, first, &of);
        search.found.push(suspect);
    }
}

/// Whether a rule says the name, or the deed and its object: then it was meant.
pub(crate) fn is_meant(rule: &RuleView<'_>, name: &str, effect: Effect) -> bool {
    let name = canonical(name);
    if rule.spells(&name) {
        return true;
    }
    let mut deeds = rule.deeds(&name);
    deeds.any(|deed| deed.effect == Some(effect) && deed.objects)
}

/// Whether a rule says the deed, and an earlier one restricts it for some targets: then the policy
/// parts targets, and this is the rest.
fn is_rest(earlier: &[RuleView<'_>], rule: &RuleView<'_>, name: &str, effect: Effect) -> bool {
    let key = canonical(name);
    let verbs = rule.deeds(&key).filter_map(|deed| deed.effect);
    let mut said: Vec<Effect> = verbs.filter(|verb| is_dangerous(*verb)).collect();
    if rule.names_effect(effect) {
        said.push(effect);
    }
    let mut restricting = earlier
        .iter()
        .filter(|e| !e.is_auto() && e.targets.is_some());
    !said.is_empty()
        && restricting.any(|e| {
            let effects = &e.rule.matches.effect;
            e.speaks_of(&key) && (effects.is_none() || said.iter().any(|s| e.names_effect(*s)))
        })
}

fn broad(search: &Search<'_>, number: usize, hits: &[Hit]) -> Suspect {
    let affected = examples(hits);
    let doing = effects(hits);
    let decider = Decider::Rule(u32::try_from(number).unwrap_or(u32::MAX));
    let mut severity = severity(hits);
    if search.knows_tools() && !search.own_tool_decided_by(decider) {
        severity = severity.min(Severity::Low);
    }
    let rule = &search.rules[number];
    let name = hits.first().map_or("", |hit| hit.entry.name);
    let pattern = rule.pattern_for(&canonical(name));
    let glob = pattern.and_then(|at| rule.kinds.as_deref()?.get(at));
    let what = match glob {
        Some(glob) => format!("`{}` of rule `{}`", glob.text(), rule.name()),
        None => format!("rule `{}`", rule.name()),
    };
    Suspect {
        rule: &rules::MISSING_COVERAGE,
        subject: match pattern {
            Some(at) => Subject::Pattern(number, Field::Type, at),
            None => Subject::Rule(number),
        },
        decider,
        operator: "broad-allow",
        severity,
        certainty: Certainty::Heuristic,
        assumes: Vec::new(),
        message: format!(
            "{what} makes automatic what {}: {}",
            say::all_doing(&doing),
            say::some(&affected, say::PUBLISHED)
        ),
        expected: Some(format!(
            "a person is asked about what {}",
            say::all_doing(&doing)
        )),
        witnesses: witnesses(search, hits),
        affected,
        ideas: vec![restrict(&doing, Some(number))],
    }
}

fn named(search: &Search<'_>, number: usize, first: Hit, hits: &[Hit]) -> Suspect {
    let affected = examples(hits);
    Suspect {
        rule: &rules::MISSING_COVERAGE,
        subject: Subject::Rule(number),
        decider: Decider::Rule(u32::try_from(number).unwrap_or(u32::MAX)),
        operator: "named-allow",
        severity: Severity::Low,
        certainty: Certainty::Heuristic,
        assumes: vec!["that the rule names it shows that it is meant".to_owned()],
        message: format!(
            "rule `{}` lets {} run unattended, which {}",
            search.rules[number].name(),
            say::some(&affected, ["tool", "tools"]),
            say::all_doing(&effects(hits))
        ),
        expected: None,
        witnesses: vec![witness(search, &first)],
        affected,
        ideas: vec![restrict(&effects(hits), Some(number))],
    }
}

/// Rules that make everything automatic, or everything of some agents, targets or times.
pub(crate) fn wildcards(search: &mut Search<'_>) {
    let places = places(search);
    for number in 0..search.rules.len() {
        let rule = &search.rules[number];
        if !rule.is_auto() || !rule.is_wild() {
            continue;
        }
        let decider = Decider::Rule(u32::try_from(number).unwrap_or(u32::MAX));
        let hits = places
            .get(&decider)
            .map(|groups| hits(search, groups))
            .unwrap_or_default();
        let everywhere = speaks_of_all(rule.targets.as_deref())
            && speaks_of_all(rule.agents.as_deref())
            && rule.rule.conditions.is_empty();
        let severity = match (everywhere, hits.is_empty()) {
            (_, true) if rule.agents.is_some() => Severity::Medium,
            (_, true) => Severity::Low,
            (true, false) => severity(&hits),
            (false, false) => severity(&hits).min(Severity::High),
        };
        // What restricts every dangerous effect before it leaves nothing to say.
        if everywhere && hits.is_empty() {
            continue;
        }
        let affected = examples(&hits);
        let (witnesses, what) = if hits.is_empty() {
            (
                own_instance(search, number),
                "everything within its limits".to_owned(),
            )
        } else {
            let names = say::some(&affected, say::PUBLISHED);
            let doing = say::all_doing(&effects(&hits));
            (
                witnesses(search, &hits),
                format!("also what {doing}: {names}"),
            )
        };
        if witnesses.is_empty() {
            continue; // it never decides, which others report
        }
        let rule = &search.rules[number];
        search.found.push(Suspect {
            rule: &rules::WILDCARD_RULE,
            subject: match rule.rule.matches.kind {
                Some(_) => Subject::Pattern(number, Field::Type, 0),
                None => Subject::Rule(number),
            },
            decider,
            operator: "wildcard",
            severity,
            certainty: Certainty::Heuristic,
            assumes: Vec::new(),
            message: format!(
                "rule `{}` speaks of every action and makes automatic {what}",
                rule.name()
            ),
            expected: Some("only what is named, or does no harm, is automatic".to_owned()),
            witnesses,
            affected,
            ideas: vec![
                restrict(&DANGEROUS, Some(number)),
                Idea::Remove { rule: number },
            ],
        });
    }
}

const DANGEROUS: [Effect; 7] = [
    Effect::Delete,
    Effect::Execute,
    Effect::Send,
    Effect::Pay,
    Effect::Deploy,
    Effect::Privilege,
    Effect::Exfiltrate,
];

/// A deletion within the limits of a rule, if the rule decides about it.
fn own_instance(search: &Search<'_>, number: usize) -> Vec<(Action, Moment)> {
    let names = ["delete_record", "run_command", "create_refund"];
    let watched = names
        .iter()
        .find_map(|name| search.watch(number, &[(*name).to_owned()]));
    watched.map(|w| (w.action, w.at)).into_iter().collect()
}
