//! Automatic rules that allow more than they say: text looked for anywhere instead of compared,
//! regular expressions that are open at an end, and amounts without a lower bound.

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::model::{Approval, Atom, Effect, Test};
use aegis_policy::value::{Number, Value};
use regex_syntax::hir::Look;

use super::super::analyse::{is_critical, is_sensitive, suspect};
use super::super::reach::rule_number;
use super::super::{Exact, Reach};
use super::{CODE, last_key, speaks_of, text_at, with};
use crate::suspect::{Idea, Subject};
use crate::{Found, Options, rules};

/// Parameters that are lists of labels: looking for one of them is what `param_contains` is for.
const LABELS: &[&str] = &[
    "tag",
    "label",
    "categor",
    "category",
    "categories",
    "scope",
    "role",
    "group",
    "permission",
    "flag",
    "feature",
    "topic",
    "type",
    "kind",
];

/// Parameters for which less than nothing is not a thing to be careful about.
const COUNTS: &[&str] = &[
    "limit", "count", "size", "page", "offset", "depth", "timeout", "rows", "lines", "days", "max",
    "results", "length", "top", "k", "n",
];

/// Parameters that hold addresses on the net.
const HOSTS: &[&str] = &[
    "url", "uri", "host", "hostname", "domain", "endpoint", "link", "href", "webhook", "origin",
    "address",
];

/// Parameters that hold paths of files.
const FILES: &[&str] = &[
    "path",
    "file",
    "filename",
    "dir",
    "directory",
    "folder",
    "location",
    "filepath",
];

/// How a text gets through that was not meant to.
struct Through {
    operator: &'static str,
    text: String,
    how: &'static str,
    severity: Severity,
}

impl Exact<'_> {
    /// Automatic rules whose conditions allow more than they say.
    pub(in crate::exact) fn allow_lists(
        &self,
        reaches: &[Reach],
        options: &Options,
        found: &mut Found,
    ) {
        for (rule, reach) in reaches.iter().enumerate() {
            let Reach::Live(action, at) = reach else {
                continue;
            };
            if self.approval(rule) != Approval::Auto {
                continue;
            }
            let written = self.policy.checked().rules().get(rule);
            if written.is_none_or(|written| written.conditions.is_empty()) {
                continue;
            }
            let action = &self.named(action, *at).0;
            let conditions = written
                .map(|rule| rule.conditions.as_slice())
                .unwrap_or_default();
            for (at_condition, condition) in conditions.iter().enumerate() {
                let Atom::Param { path, test } = &condition.atom else {
                    continue;
                };
                let place = (rule, at_condition);
                match test {
                    Test::Contains(operands) => {
                        self.substring(place, &path.text, operands, action, *at, found);
                    }
                    Test::Matches(regex) => {
                        self.open_regex(place, &path.text, regex, action, *at, options, found);
                    }
                    Test::Lt(bound) | Test::Lte(bound) => {
                        self.below(place, &path.text, bound, action, *at, found);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Whether an action is automatic by this rule.
    fn allowed(&self, rule: usize, action: &Action, at: Moment, found: &mut Found) -> bool {
        let decision = self.decide(found, action, at);
        decision.approval == Approval::Auto && decision.by == Decider::Rule(rule_number(rule))
    }

    fn through(
        &self,
        (rule, condition): (usize, usize),
        path: &str,
        way: &Through,
        action: Action,
        at: Moment,
        found: &mut Found,
    ) {
        let message = format!(
            "rule `{}` allows `{}` by `{path}`, and {}",
            self.name(rule),
            action.kind_name().original(),
            way.how,
        );
        let mut out = suspect(
            &rules::CONDITION_GAP,
            Subject::Condition(rule, condition),
            way.operator,
            message,
        );
        out.decider = Decider::Rule(rule_number(rule));
        out.severity = way.severity;
        out.certainty = Certainty::Heuristic;
        out.expected = Some("a person is asked".to_owned());
        out.witnesses.push((action, at));
        found.suspects.push(out);
    }

    /// A text looked for anywhere.
    fn substring(
        &self,
        place: (usize, usize),
        path: &str,
        operands: &[Value],
        action: &Action,
        at: Moment,
        found: &mut Found,
    ) {
        let key = last_key(path);
        let effect = action.effect_found().effect;
        if speaks_of(&key, LABELS) || path.contains('*') {
            return;
        }
        let texts: Option<Vec<&str>> = operands
            .iter()
            .map(|operand| match operand {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let Some(texts) = texts else { return };
        let needle = texts.join(" ");
        let way = Through {
            operator: "substring",
            text: hostile(&key, &needle),
            how: "that text may stand anywhere in it",
            severity: severe(&key, effect),
        };
        if let Some(changed) = with(action, path, Value::Text(way.text.clone()))
            && self.allowed(place.0, &changed, at, found)
        {
            self.through(place, path, &way, changed, at, found);
        }
    }

    /// A regular expression that does not hold on to both ends of the text.
    #[expect(clippy::too_many_arguments, reason = "what a suspect is made of")]
    fn open_regex(
        &self,
        place: (usize, usize),
        path: &str,
        regex: &str,
        action: &Action,
        at: Moment,
        options: &Options,
        found: &mut Found,
    ) {
        let (Some(sample), Some((front, back))) = (text_at(action, path), anchors(regex)) else {
            return;
        };
        let key = last_key(path);
        let effect = action.effect_found().effect;
        let severity = severe(&key, effect);
        let mut ways = Vec::new();
        let mut add = |operator, text: String, how, severity| {
            ways.push(Through {
                operator,
                text,
                how,
                severity,
            });
        };
        let how = "what is looked for may stand anywhere in it";
        match (front, back) {
            (false, false) => add("unanchored", hostile(&key, &sample), how, severity),
            (false, true) => {
                // What ends in `@example.com` is an address there.
                if !sample.starts_with('@') {
                    add(
                        "open-start",
                        hostile(&key, &sample),
                        "anything may stand before it",
                        severity,
                    );
                }
            }
            (true, false) => {
                let after = after(&key, &sample, regex);
                for (text, operator, how) in after {
                    add(operator, text, how, severity);
                }
            }
            (true, true) => {}
        }
        if let Some(text) = undotted(regex, &sample) {
            add(
                "dot",
                text,
                "a dot in the expression is any character",
                Severity::Medium.min(severity),
            );
        }
        if options.all {
            let list = vec![Value::from("something else"), Value::Text(sample)];
            if let Some(changed) = with(action, path, Value::List(list))
                && self.allowed(place.0, &changed, at, found)
            {
                let way = Through {
                    operator: "list",
                    text: String::new(),
                    how: "one element of a list is enough",
                    severity: Severity::Low,
                };
                self.through(place, path, &way, changed, at, found);
            }
        }
        for way in ways {
            if let Some(changed) = with(action, path, Value::Text(way.text.clone()))
                && self.allowed(place.0, &changed, at, found)
            {
                self.through(place, path, &way, changed, at, found);
                return;
            }
        }
    }

    /// An amount with an upper bound only.
    fn below(
        &self,
        place: (usize, usize),
        path: &str,
        bound: &Number,
        action: &Action,
        at: Moment,
        found: &mut Found,
    ) {
        let key = last_key(path);
        let digits = bound.text().trim_start_matches('-').trim_start_matches('+');
        let values = [Number::parse(&format!("-{digits}")), Number::parse("-1")];
        let effect = action.effect_found().effect;
        for value in values.into_iter().flatten() {
            if value.compare(&Number::from(0_i64)) != Some(std::cmp::Ordering::Less) {
                continue;
            }
            let Some(changed) = with(action, path, Value::Number(value)) else {
                return;
            };
            if !self.allowed(place.0, &changed, at, found) {
                continue;
            }
            let way = Through {
                operator: "lower-bound",
                text: String::new(),
                how: "less than nothing is less too",
                severity: match effect {
                    _ if speaks_of(&key, COUNTS) && effect != Some(Effect::Pay) => Severity::Low,
                    Some(Effect::Pay) => Severity::High,
                    _ => Severity::Medium,
                },
            };
            self.through(place, path, &way, changed, at, found);
            if let Some(last) = found.suspects.last_mut() {
                last.ideas.extend(self.with_lower_bound(place.0, path));
                last.expected = Some(format!("`{path}` at least 0, or a person is asked"));
            }
            return;
        }
    }

    /// A rule before this one that asks about negative amounts.
    fn with_lower_bound(&self, rule: usize, path: &str) -> Option<Idea> {
        let written = self.policy.checked().rules().get(rule)?;
        let kinds = written.matches.kind.as_ref()?;
        let kinds: Vec<String> = kinds
            .iter()
            .map(|k| Value::from(&*k.value).to_json())
            .collect();
        let yaml = format!(
            "- name: {}\n  match: {{ type: [{}] }}\n  conditions: {{ param_lt: {{ {}: 0 }} }}\n  approval: approve\n",
            Value::from(format!("{}_negative", written.name.value)).to_json(),
            kinds.join(", "),
            Value::from(path).to_json(),
        );
        Some(Idea::Insert {
            yaml,
            before: Some(rule),
        })
    }
}

/// How bad it is that a text gets through.
fn severe(key: &str, effect: Option<Effect>) -> Severity {
    let names_place = [HOSTS, FILES, CODE]
        .iter()
        .any(|words| speaks_of(key, words));
    match (is_critical(effect), is_sensitive(effect) || names_place) {
        (true, _) | (_, true) => Severity::High,
        _ => Severity::Medium,
    }
}

/// A text that has another in it and means something else.
fn hostile(key: &str, text: &str) -> String {
    let text = text.trim();
    if speaks_of(key, CODE) {
        return format!("rm -rf / # {text}");
    }
    if text.contains('@') {
        return format!("attacker@evil.example, {text}");
    }
    let host = text.contains('.') && !text.starts_with('.') && !text.contains(' ');
    if speaks_of(key, HOSTS) || (host && !text.starts_with('/')) {
        return format!("https://evil.example/?{text}");
    }
    if speaks_of(key, FILES) || text.starts_with('/') {
        return format!("/etc/passwd/../{}", text.trim_start_matches('/'));
    }
    format!("anything else {text}")
}

/// What may follow where an expression is open at its end.
fn after(key: &str, sample: &str, regex: &str) -> Vec<(String, &'static str, &'static str)> {
    let mut out = Vec::new();
    let dots = regex.trim_end_matches(['$', ')']).ends_with(".*");
    let ends_host = sample
        .split("//")
        .nth(1)
        .is_some_and(|rest| !rest.contains('/'));
    if speaks_of(key, CODE) {
        out.push((
            format!("{sample}; rm -rf /"),
            "open-end",
            "anything may follow it",
        ));
    } else if ends_host && !dots {
        out.push((
            format!("{sample}.evil.example/"),
            "open-end",
            "the host may go on after it",
        ));
        out.push((
            format!("{sample}@evil.example/"),
            "open-end",
            "the host may go on after it",
        ));
    } else if sample.starts_with('/') || speaks_of(key, FILES) {
        let slash = if sample.ends_with('/') { "" } else { "/" };
        out.push((
            format!("{sample}{slash}../../etc/passwd"),
            "traversal",
            "`..` leads out of it",
        ));
    }
    out
}

/// Whether an expression holds on to the start and to the end of the text.
fn anchors(regex: &str) -> Option<(bool, bool)> {
    let hir = regex_syntax::parse(regex).ok()?;
    let properties = hir.properties();
    Some((
        properties.look_set_prefix().contains(Look::Start),
        properties.look_set_suffix().contains(Look::End),
    ))
}

/// The sample with another character where the expression has a bare dot between letters.
fn undotted(regex: &str, sample: &str) -> Option<String> {
    let chars: Vec<char> = regex.chars().collect();
    for (i, c) in chars.iter().enumerate().filter(|(_, c)| **c == '.') {
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        let after: String = chars
            .iter()
            .skip(i + 1)
            .take_while(|c| c.is_ascii_alphanumeric())
            .collect();
        let bare = before.is_some_and(char::is_ascii_alphanumeric) && *c == '.' && after.len() >= 2;
        if !bare {
            continue;
        }
        // The shortest sample has some character there already.
        let stem: String = chars.iter().take(i).collect();
        let stem = stem
            .rsplit(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default()
            .to_owned();
        for filled in ['.', 'a', 'e'] {
            let old = format!("{stem}{filled}{after}");
            if sample.contains(&old) {
                return Some(sample.replace(&old, &format!("{stem}x{after}")));
            }
        }
    }
    None
}
