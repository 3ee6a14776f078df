//! Automatic actions that are harmless one by one and not together.
//!
//! Only what is not reported already: a chain whose last step is itself a finding says nothing new.

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::glob::{Glob, Token};
use aegis_policy::model::{Approval, Effect};

use super::board::NO_TARGET;
use super::reference::{Entry, Form, is_secret};
use super::{Search, scenes};
use crate::rules;
use crate::suspect::{Subject, Suspect};

/// A way from something to be had to something to be done with it.
struct Chain {
    name: &'static str,
    source: fn(&Named<'_>) -> bool,
    sink: fn(&Named<'_>) -> bool,
    /// Whether the source must be spelled out by a rule: patterns take many in that do no harm.
    spelled: bool,
    severity: Severity,
    says: &'static str,
    expected: &'static str,
}

/// A name and what it does.
struct Named<'a> {
    name: &'a str,
    effect: Effect,
    /// Whether it reads what should not be read by everybody.
    secret: bool,
}

impl<'a> Named<'a> {
    fn published(entry: &Entry) -> Self {
        Self {
            name: entry.name,
            effect: entry.effect,
            secret: entry.secret,
        }
    }

    fn spelled(name: &'a str, effect: Effect) -> Self {
        Self {
            name,
            effect,
            secret: effect == Effect::Read && is_secret(name),
        }
    }
}

const CHAINS: [Chain; 4] = [
    Chain {
        name: "secret-to-outside",
        source: |tool| tool.secret,
        sink: |tool| is_outside(tool),
        spelled: false,
        severity: Severity::High,
        says: "secrets can be read and sent out without anybody being asked",
        expected: "a person is asked before secrets are read or before something is sent out",
    },
    Chain {
        name: "file-to-outside",
        source: |tool| tool.effect == Effect::Read && has_word(tool.name, &["file", "files"]),
        sink: |tool| is_any_server(tool),
        spelled: true,
        severity: Severity::Medium,
        says: "files can be read and sent to any server without anybody being asked",
        expected: "a person is asked before something is sent out",
    },
    Chain {
        name: "download-to-execute",
        source: |tool| tool.effect == Effect::Exfiltrate && tool.name.contains("download"),
        sink: |tool| tool.effect == Effect::Execute,
        spelled: false,
        severity: Severity::Medium,
        says: "something can be fetched and run without anybody being asked",
        expected: "a person is asked before what was fetched is run",
    },
    Chain {
        name: "grant-to-execute",
        source: |tool| tool.effect == Effect::Privilege,
        sink: |tool| tool.effect == Effect::Execute,
        spelled: false,
        severity: Severity::Medium,
        says: "rights can be given and used without anybody being asked",
        expected: "a person is asked before rights are given",
    },
];

/// Whether a tool hands something to people or servers outside.
fn is_outside(tool: &Named<'_>) -> bool {
    let name = tool.name.to_ascii_lowercase();
    let reaches = ["email", "gmail", "sms", "whatsapp", "tweet"];
    let sends = tool.effect == Effect::Send && reaches.iter().any(|word| name.contains(word));
    sends || is_any_server(tool)
}

/// Whether a tool hands something to any server.
fn is_any_server(tool: &Named<'_>) -> bool {
    let posts = || {
        has_word(tool.name, &["http", "https", "url"])
            && has_word(tool.name, &["post", "put", "request", "send", "upload"])
    };
    let calls_back =
        || tool.effect == Effect::Send && tool.name.to_ascii_lowercase().contains("webhook");
    tool.effect != Effect::Read && (posts() || calls_back())
}

/// Whether one of the words of a name is one of these.
fn has_word(name: &str, words: &[&str]) -> bool {
    name.split(|c: char| !c.is_alphanumeric())
        .any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
}

/// A step: who allows it, and the action.
type Step = (Decider, Action, Moment);

/// Reports the shortest chains.
pub(crate) fn paths(search: &mut Search<'_>) {
    let (mut suspects, mut told) = (Vec::new(), Vec::new());
    let names = spelled_names(search);
    for chain in CHAINS {
        // One published source that a restriction forgot is no source that is open; one that a rule
        // spells out is.
        let published = !chain.spelled && is_common(search, chain.source);
        let source = published.then(|| step(search, chain.source)).flatten();
        let source = source.or_else(|| spelled(search, &names, chain.source));
        let Some(source) = source else { continue };
        let sink = step(search, chain.sink).or_else(|| spelled(search, &names, chain.sink));
        let Some(sink) = sink else { continue };
        // Either step alone is known already, or a graver chain by the same rules.
        let known = |step: &Step| search.is_reported(step.0);
        let ends = (source.0, sink.0);
        if !known(&source) && !known(&sink) && !told.contains(&ends) {
            told.push(ends);
            suspects.push(suspect(search, &chain, source, sink));
        }
    }
    search.found.extend(suspects);
}

/// Whether at least half of the published tools of a kind run unattended.
fn is_common(search: &Search<'_>, wanted: fn(&Named<'_>) -> bool) -> bool {
    let (mut automatic, mut all) = (0, 0);
    for (at, group) in search.board.groups.iter().enumerate() {
        let members = group
            .members
            .iter()
            .filter(|e| e.form == Form::Real && wanted(&Named::published(e)))
            .count();
        let outcome = search.board.outcome(at, &NO_TARGET);
        if outcome.is_some_and(|o| o[scenes::BARE].approval == Approval::Auto) {
            automatic += members;
        }
        all += members;
    }
    automatic > 0 && automatic * 2 >= all
}

/// Names that say it plainly, and short ones, show most.
fn rank(name: &str) -> (bool, usize) {
    let plain = ["secret", "credential", "email", "run", "exec"];
    (!plain.iter().any(|word| name.contains(word)), name.len())
}

/// The first published tool of a kind, or one of the program's own, that runs unattended.
fn step(search: &Search<'_>, wanted: fn(&Named<'_>) -> bool) -> Option<Step> {
    let plain = |entry: &&&Entry| entry.form == Form::Real && wanted(&Named::published(entry));
    let mut found: Option<((bool, usize), Step)> = None;
    for group in &search.board.groups {
        let members = group.members.iter().filter(plain);
        let there = members.filter(|entry| is_there(search, entry.name));
        let Some(entry) = there.min_by_key(|entry| rank(entry.name)) else {
            continue;
        };
        let rank = rank(entry.name);
        if found.as_ref().is_some_and(|(known, _)| *known <= rank) {
            continue;
        }
        let (action, at) = search.board.action(entry.name, "", scenes::BARE);
        let decision = search.board.decide(&action, at);
        if decision.approval == Approval::Auto {
            found = Some((rank, (decision.by, action, at)));
        }
    }
    found.map(|(_, step)| step)
}

/// How many names that rules spell out are looked at.
const SPELLED: usize = 256;

/// Names that automatic rules spell out, and what they do: whoever writes such a rule has these
/// tools.
fn spelled_names(search: &Search<'_>) -> Vec<(String, Effect)> {
    let autos = search.rules.iter().filter(|rule| rule.is_auto());
    let globs = autos.flat_map(|rule| rule.kinds.iter().flatten());
    let whole = globs
        .flat_map(Glob::alternatives)
        .filter_map(|one| match one.tokens() {
            [Token::Literal(text)] => Some(text.to_string()),
            _ => None,
        });
    let there = whole.filter(|name| is_there(search, name)).take(SPELLED);
    there
        .filter_map(|name| {
            let effect = Action::new(&name).effect_found().effect?;
            Some((name, effect))
        })
        .collect()
}

/// The first of these names of a kind that runs unattended.
fn spelled(
    search: &Search<'_>,
    names: &[(String, Effect)],
    wanted: fn(&Named<'_>) -> bool,
) -> Option<Step> {
    let mut of_kind = names
        .iter()
        .filter(|(name, effect)| wanted(&Named::spelled(name, *effect)));
    of_kind.find_map(|(name, _)| {
        let (action, at) = search.board.action(name, "", scenes::BARE);
        let decision = search.board.decide(&action, at);
        (decision.approval == Approval::Auto).then_some((decision.by, action, at))
    })
}

/// Whether the program has a tool of this name, as far as is known.
fn is_there(search: &Search<'_>, name: &str) -> bool {
    !search.knows_tools() || search.input.tools.iter().any(|tool| tool.name == name)
}

fn suspect(search: &Search<'_>, chain: &Chain, source: Step, sink: Step) -> Suspect {
    let subject = match sink.0 {
        Decider::Rule(number) => Subject::Rule(number as usize),
        _ => Subject::Defaults,
    };
    let by = |step: &Step| match step.0 {
        Decider::Rule(number) => search
            .rules
            .get(number as usize)
            .map_or_else(String::new, |rule| format!("rule `{}`", rule.name())),
        _ => "the default".to_owned(),
    };
    let message = format!(
        "{}: `{}` by {}, then `{}` by {}",
        chain.says,
        source.1,
        by(&source),
        sink.1,
        by(&sink)
    );
    let effect = sink.1.effect_found().effect.unwrap_or(Effect::Send);
    let before = match sink.0 {
        Decider::Rule(number) => Some(number as usize),
        _ => None,
    };
    Suspect {
        rule: &rules::ESCALATION,
        subject,
        decider: sink.0,
        operator: chain.name,
        severity: chain.severity,
        certainty: Certainty::Heuristic,
        assumes: vec!["the agent has both tools".to_owned()],
        message,
        expected: Some(chain.expected.to_owned()),
        affected: (2, vec![source.1.to_string(), sink.1.to_string()]),
        witnesses: vec![(source.1, source.2), (sink.1, sink.2)],
        ideas: vec![super::coverage::restrict(&[effect], before)],
    }
}
