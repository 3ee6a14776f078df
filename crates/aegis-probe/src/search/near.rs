//! Near misses: other names for what a rule restricts, that run unattended.
//!
//! For each rule that restricts, an action it decides is found first: what a rule never decides has
//! no near misses. Then other names for the deed are decided in the same circumstances: names of
//! published tools, names that rules which allow something leave room for, synonyms, other word
//! orders, affixes and separators. A name that the rule speaks of is no near miss, nor one that
//! still asks a person, nor one that the allowing rule means.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::glob::{Glob, Token};
use aegis_policy::model::{Approval, Effect};
use aegis_policy::name::canonical;
use aegis_policy::policy::NameField;

use self::candidates::Tier;
use super::coverage::is_meant;
use super::reference::Form;
use super::rules::RuleView;
use super::vocabulary::Verb;
use super::words::Shape;
use super::{Search, Watched, say, setting};
use crate::rules;
use crate::suspect::{Field, Idea, Subject, Suspect};

pub(super) mod candidates;
mod fixes;

/// How many alternatives of one rule are looked at.
const ALTERNATIVES: usize = 16;

/// How many made-up names for one alternative are kept.
const ENOUGH: usize = 12;

/// The family of names that a person is asked about although a rule blocks the deed.
const WEAKENED: &str = "weakened";

/// A name that does what a rule restricts, and runs unattended.
#[derive(Debug, Clone)]
struct Miss {
    /// The rule.
    rule: usize,
    /// Which of its patterns.
    pattern: usize,
    decider: Decider,
    name: String,
    effect: Option<Effect>,
    tier: Tier,
    /// Whether a person is still asked about what the rule blocks.
    asks: bool,
    /// Whether the pattern's own verb is in the name.
    same_verb: bool,
    action: Action,
    at: Moment,
}

/// What is looked for on behalf of one alternative of a pattern.
struct Quest<'s> {
    rule: usize,
    pattern: usize,
    shape: &'s Shape,
    watched: &'s Watched,
}

/// Looks for near misses of every rule that restricts.
pub(crate) fn misses(search: &mut Search<'_>) {
    let mut hunt = Hunt::new(search);
    for number in 0..search.rules.len() {
        if search.rules[number].is_auto() || hunt.is_over(search) {
            continue;
        }
        hunt.rule(search, number);
    }
    let unknown = hunt.is_over(search);
    let suspects = group(search, hunt.misses);
    search.found.extend(suspects);
    if unknown {
        search
            .found
            .push(super::budget("looking for near misses", "near-misses"));
    }
}

/// A published tool that runs unattended.
struct Published {
    name: &'static str,
    lower: String,
    decider: Decider,
    asks: bool,
}

/// How names start that automatic rules speak of.
struct Openings {
    /// Whether names may start with this byte.
    first: [bool; 256],
}

impl Openings {
    fn new(rules: &[RuleView<'_>]) -> Self {
        let mut first = [false; 256];
        for rule in rules.iter().filter(|rule| rule.is_auto()) {
            let Some(globs) = &rule.kinds else {
                return Self { first: [true; 256] };
            };
            for alternative in globs.iter().flat_map(Glob::alternatives) {
                match alternative.tokens().first() {
                    Some(Token::Literal(text)) if !text.is_empty() => {
                        let slot = text
                            .bytes()
                            .next()
                            .and_then(|b| first.get_mut(usize::from(b)));
                        if let Some(slot) = slot {
                            *slot = true;
                        }
                    }
                    _ => return Self { first: [true; 256] },
                }
            }
        }
        Self { first }
    }

    /// Whether such a rule may speak of a name. Only what starts with a letter or digit of ASCII,
    /// which its canonical spelling keeps but for case, is ever said not to.
    fn may_start(&self, name: &str) -> bool {
        match name.bytes().next() {
            Some(b) if b.is_ascii_alphanumeric() => {
                let first = self.first.get(usize::from(b.to_ascii_lowercase()));
                first.copied().unwrap_or(true)
            }
            _ => true,
        }
    }
}

/// The state of the search.
struct Hunt {
    misses: Vec<Miss>,
    seen: BTreeSet<(String, Decider, usize)>,
    /// What rules that allow something leave room for.
    rooms: Vec<candidates::Room>,
    started: u64,
    budget: u64,
    /// Whether slips of the pen count, and what asks a person instead of being blocked.
    all: bool,
    /// How many made-up names of the quest were found that ask a person.
    asking: usize,
    /// Published names of an effect that are let through in plain circumstances.
    published: BTreeMap<(Effect, String, String, bool), Rc<Vec<Published>>>,
    speaking: Vec<u64>,
    autos: Vec<u64>,
    openings: Openings,
    default_auto: bool,
    /// Whether there is a finding about the default already.
    default_known: bool,
}

impl Hunt {
    fn new(search: &Search<'_>) -> Self {
        let rules = &search.rules;
        let mut autos = vec![0; rules.len().div_ceil(64)];
        for rule in rules.iter().filter(|rule| rule.is_auto()) {
            autos[rule.number / 64] |= 1 << (rule.number % 64);
        }
        let defaults = search.input.policy.checked().defaults();
        Self {
            misses: Vec::new(),
            seen: BTreeSet::new(),
            rooms: candidates::rooms(rules),
            started: search.board.probes(),
            budget: search.options.near_budget as u64,
            all: search.options.all,
            asking: 0,
            published: BTreeMap::new(),
            speaking: Vec::new(),
            autos,
            openings: Openings::new(rules),
            default_auto: defaults.approval.value == Approval::Auto,
            default_known: search.is_reported(Decider::Default),
        }
    }

    fn is_over(&self, search: &Search<'_>) -> bool {
        search.board.probes() - self.started > self.budget
    }

    fn rule(&mut self, search: &Search<'_>, number: usize) {
        let Some(globs) = &search.rules[number].kinds else {
            return; // every type: no other name to find
        };
        let shapes: Vec<(usize, Shape)> = globs
            .iter()
            .enumerate()
            .flat_map(|(at, glob)| glob.alternatives().iter().map(move |a| (at, Shape::of(a))))
            .take(ALTERNATIVES)
            .collect();
        let mut names = Vec::new();
        for (pattern, shape) in &shapes {
            if self.is_over(search) {
                return;
            }
            let Some(watched) = search.watch(number, &shape.instances()) else {
                continue;
            };
            let quest = Quest {
                rule: number,
                pattern: *pattern,
                shape,
                watched: &watched,
            };
            self.published(search, &quest);
            let before = self.misses.len();
            self.asking = 0;
            let more: &[candidates::Stage] = if self.all {
                &[candidates::misspellings]
            } else {
                &[]
            };
            for stage in candidates::STAGES.iter().chain(more) {
                names.clear();
                stage(quest.shape, &self.rooms, &mut names);
                for (name, tier) in &names {
                    // A dozen shows it; more would only be counted.
                    if self.misses.len() - before - self.asking >= ENOUGH {
                        break;
                    }
                    self.try_name(search, &quest, name, *tier);
                }
            }
        }
    }

    /// Names of published tools that do the same.
    fn published(&mut self, search: &Search<'_>, quest: &Quest<'_>) {
        let Some((_, verb)) = quest.shape.verb else {
            return;
        };
        if search.knows_tools() {
            return self.own(search, quest, verb);
        }
        for tool in self.automatic(search, quest, verb.effect).iter() {
            let other_verb = || !tool.lower.contains(verb.text);
            if self.default_known && tool.decider == Decider::Default && other_verb() {
                continue; // the finding about the default says it
            }
            if candidates::does_the_same(quest.shape, verb, tool.name, &tool.lower) {
                let action = renamed(&quest.watched.action, tool.name, &quest.watched.params);
                let found = (tool.decider, tool.asks);
                self.keep(search, quest, tool.name, found, Tier::Real, action);
            }
        }
    }

    /// Whether a decision lets through what a rule restricts.
    fn lets(&self, search: &Search<'_>, rule: usize, approval: Approval) -> bool {
        match approval {
            Approval::Auto => true,
            Approval::Approve => self.all && search.rules[rule].approval() == Approval::Block,
            Approval::Block => false,
        }
    }

    /// The program's own tools that do the same: where these are known, no others exist. Those that
    /// do harm unattended are reported as such.
    fn own(&mut self, search: &Search<'_>, quest: &Quest<'_>, verb: &Verb) {
        for tool in search.input.tools {
            let Watched { action, at, params } = quest.watched;
            let action = renamed(action, &tool.name, params).hints(tool.hints);
            let decision = search.board.decide(&action, *at);
            if !self.lets(search, quest.rule, decision.approval)
                || decision.effect.effect != Some(verb.effect)
                || search.own_tool_decided_by(decision.by)
            {
                continue;
            }
            let lower = tool.name.to_ascii_lowercase();
            if candidates::does_the_same(quest.shape, verb, &tool.name, &lower) {
                let found = (decision.by, decision.approval != Approval::Auto);
                self.keep(search, quest, &tool.name, found, Tier::Real, action);
            }
        }
    }

    /// The published tools of an effect that are let through where the rule was watched.
    fn automatic(
        &mut self,
        search: &Search<'_>,
        quest: &Quest<'_>,
        effect: Effect,
    ) -> Rc<Vec<Published>> {
        let Watched { action, at, params } = quest.watched;
        let key = (
            effect,
            action.target_name().canonical().to_owned(),
            action.agent_name().canonical().to_owned(),
            self.lets(search, quest.rule, Approval::Approve),
        );
        // With parameters or a certain time the answer is for this rule only.
        let plain = params.is_empty() && search.rules[quest.rule].rule.conditions.is_empty();
        if let Some(known) = self.published.get(&key).filter(|_| plain) {
            return Rc::clone(known);
        }
        let mut tools = Vec::new();
        for group in search.board.groups.iter().filter(|g| g.effect == effect) {
            let mut real = group
                .members
                .iter()
                .filter(|e| e.form == Form::Real)
                .peekable();
            let Some(first) = real.peek() else { continue };
            let decision = search
                .board
                .decide(&renamed(action, first.name, params), *at);
            if self.lets(search, quest.rule, decision.approval) {
                tools.extend(real.map(|entry| Published {
                    name: entry.name,
                    lower: entry.name.to_ascii_lowercase(),
                    decider: decision.by,
                    asks: decision.approval != Approval::Auto,
                }));
            }
        }
        let tools = Rc::new(tools);
        if plain {
            self.published.insert(key, Rc::clone(&tools));
        }
        tools
    }

    fn try_name(&mut self, search: &Search<'_>, quest: &Quest<'_>, name: &str, tier: Tier) {
        search.board.count(1);
        let only_auto = !self.lets(search, quest.rule, Approval::Approve);
        let needs_rule = !self.default_auto && only_auto;
        if needs_rule && !self.openings.may_start(name) {
            return; // no rule that could make it automatic speaks of such names
        }
        let key = canonical(name);
        search
            .input
            .policy
            .speaking_of(NameField::Type, &key, &mut self.speaking);
        let mut both = self.speaking.iter().zip(&self.autos);
        if needs_rule && both.all(|(a, b)| a & b == 0) {
            return; // nothing that speaks of it could make it automatic
        }
        let action = renamed(&quest.watched.action, name, &quest.watched.params);
        let decision = search.input.policy.decide(&action, quest.watched.at);
        let asks = decision.approval != Approval::Auto;
        if !self.lets(search, quest.rule, decision.approval) || asks && self.asking >= ENOUGH {
            return;
        }
        let effect = action.effect_found().effect;
        if effect.is_some() && quest.shape.verb.is_some() && effect != quest.shape.effect() {
            return; // it does something else
        }
        let found = self.misses.len();
        self.keep(search, quest, name, (decision.by, asks), tier, action);
        self.asking += usize::from(asks && self.misses.len() > found);
    }

    fn keep(
        &mut self,
        search: &Search<'_>,
        quest: &Quest<'_>,
        name: &str,
        (decider, asks): (Decider, bool),
        tier: Tier,
        action: Action,
    ) {
        let rule = &search.rules[quest.rule];
        let key = canonical(name);
        let same_verb = quest
            .shape
            .verb
            .is_some_and(|(_, verb)| key.contains(verb.text));
        // Other verbs are what the finding about the default is about.
        if self.default_known && !asks && decider == Decider::Default && !same_verb {
            return;
        }
        let effect = action.effect_found().effect;
        let restricted = effect.is_some_and(|e| rule.names_effect(e));
        if rule.speaks_of(&key) || (rule.rule.matches.effect.is_some() && !restricted) {
            return;
        }
        if let Decider::Rule(by) = decider
            && let Some(by) = search.rules.get(by as usize)
            && is_intended(by, name, effect)
        {
            return;
        }
        if !self.seen.insert((key.into_owned(), decider, quest.rule)) {
            return;
        }
        self.misses.push(Miss {
            rule: quest.rule,
            pattern: quest.pattern,
            decider,
            name: name.to_owned(),
            effect,
            tier,
            asks,
            same_verb,
            action,
            at: quest.watched.at,
        });
    }
}

/// Whether a rule that allows a name means it.
fn is_intended(by: &RuleView<'_>, name: &str, effect: Option<Effect>) -> bool {
    match effect {
        Some(effect) => is_meant(by, name, effect),
        None => by.spells(&canonical(name)),
    }
}

/// The same action under another name.
fn renamed(action: &Action, name: &str, params: &[(String, aegis_policy::value::Value)]) -> Action {
    let other = Action::new(name)
        .target(action.target_name().original())
        .agent(action.agent_name().original());
    setting::with_params(other, params)
}

/// One suspect for each rule and decider; a name that several rules miss belongs to the one whose
/// verb it has, else to the first.
fn group(search: &Search<'_>, misses: Vec<Miss>) -> Vec<Suspect> {
    let mut owners: BTreeMap<(String, Decider), Miss> = BTreeMap::new();
    for miss in misses {
        let key = (canonical(&miss.name).into_owned(), miss.decider);
        let rank = |m: &Miss| {
            let block = search.rules[m.rule].approval() == Approval::Block;
            (!m.same_verb, !block, m.rule)
        };
        match owners.get(&key) {
            Some(known) if rank(known) <= rank(&miss) => {}
            _ => {
                owners.insert(key, miss);
            }
        }
    }
    let mut groups: BTreeMap<(usize, bool, Decider), Vec<Miss>> = BTreeMap::new();
    for miss in owners.into_values() {
        groups
            .entry((miss.rule, miss.asks, miss.decider))
            .or_default()
            .push(miss);
    }
    let mut suspects: Vec<Suspect> = Vec::new();
    let mut prices = fixes::Prices::new(search);
    for ((rule, asks, by), misses) in groups {
        let made_up = misses.iter().all(|miss| miss.tier != Tier::Real);
        // That several rules let made-up names past one restriction is one cause.
        let known = suspects.last_mut().filter(|s| {
            let same = matches!(s.subject, Subject::Pattern(number, ..) if number == rule);
            made_up && same && (s.operator == WEAKENED) == asks
        });
        match known {
            Some(known) => known.affected.0 += misses.len(),
            None => suspects.push(suspect(search, rule, by, misses, &mut prices)),
        }
    }
    suspects
}

fn suspect(
    search: &Search<'_>,
    number: usize,
    decider: Decider,
    mut misses: Vec<Miss>,
    prices: &mut fixes::Prices,
) -> Suspect {
    let rule = &search.rules[number];
    let rank = |m: &Miss| (m.tier, !m.same_verb, m.name.len());
    misses.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name)));
    let known = search.knows_tools();
    let asks = misses.iter().all(|miss| miss.asks);
    let graded = |miss: &Miss| match severity(rule, miss) {
        _ if miss.asks || miss.tier == Tier::Misspelt => Severity::Low,
        // Nobody has such a tool, now.
        severity if known && miss.tier != Tier::Real => severity.min(Severity::Medium),
        severity => severity,
    };
    let worst = misses.iter().map(graded).max();
    let names = misses
        .iter()
        .take(say::EXAMPLES)
        .map(|m| m.name.clone())
        .collect();
    let affected = (misses.len(), names);
    let (pattern, tier) = misses
        .first()
        .map_or((0, Tier::Spelling), |m| (m.pattern, m.tier));
    let written = rule
        .kinds
        .as_deref()
        .and_then(|globs| globs.get(pattern))
        .map_or("", Glob::text);
    let by = match decider {
        Decider::Rule(by) => match search.rules.get(by as usize) {
            Some(by) if asks => format!("rule `{}` speaks of it", by.name()),
            Some(by) => format!("rule `{}` allows it", by.name()),
            None => String::new(),
        },
        _ if asks => "no rule speaks of it and the default is approve".to_owned(),
        _ => "no rule speaks of it and the default is auto".to_owned(),
    };
    let verb = match rule.approval() {
        Approval::Block => "blocks",
        _ => "asks about",
    };
    // Whether a person should be asked is for the author to say.
    let ideas = match asks {
        true => Vec::new(),
        false => fixes::ideas(prices, rule, pattern, &misses),
    };
    let deed = match (asks, affected.0) {
        (false, 1) => "runs unattended",
        (false, _) => "run unattended",
        (true, 1) => "asks a person instead of being blocked",
        (true, _) => "ask a person instead of being blocked",
    };
    Suspect {
        rule: &rules::GLOB_BYPASS,
        subject: Subject::Pattern(number, Field::Type, pattern),
        decider,
        operator: if asks { WEAKENED } else { tier.word() },
        severity: worst.unwrap_or(Severity::Low),
        certainty: Certainty::Heuristic,
        assumes: Vec::new(),
        message: format!(
            "rule `{}` {verb} `{written}` and misses {}, which {deed}: {by}",
            rule.name(),
            say::some(&affected, ["name", "names"]),
        ),
        expected: Some(format!("`{}` at least", rule.approval())),
        witnesses: misses
            .into_iter()
            .take(4)
            .map(|m| (m.action, m.at))
            .collect(),
        affected,
        ideas,
    }
}

/// How bad it is: by what the name does, whether it is in use, and what the rule wanted.
fn severity(rule: &RuleView<'_>, miss: &Miss) -> Severity {
    let critical = miss.effect.is_some_and(super::vocabulary::is_critical);
    let real = miss.tier == Tier::Real;
    let blocks = rule.approval() == Approval::Block;
    let secret = miss.effect == Some(Effect::Read) && super::reference::is_secret(&miss.name);
    match (miss.effect, critical, real) {
        (_, true, true) => Severity::Critical,
        _ if secret => {
            if blocks {
                Severity::High
            } else {
                Severity::Medium
            }
        }
        (Some(Effect::Write | Effect::Read), ..) if !(blocks && real) => Severity::Low,
        (Some(Effect::Write | Effect::Read), ..) => Severity::Medium,
        (_, _, true) if blocks => Severity::High,
        (..) if miss.tier == Tier::Spelling => {
            if blocks && critical {
                Severity::High
            } else {
                Severity::Medium
            }
        }
        _ if blocks => Severity::High,
        _ => Severity::Medium,
    }
}

/// A change worth trying, with what it closes and what it costs.
struct Priced {
    idea: Idea,
    closes: usize,
    /// Published names that only read and would be restricted although they are automatic now.
    costs: usize,
}
