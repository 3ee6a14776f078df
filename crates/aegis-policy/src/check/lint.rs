//! What is legal in a policy and was probably not meant.
//!
//! Only what one rule, or one rule and one before it, shows by itself; what takes an analysis of
//! the whole policy is the business of the probe.

pub(crate) mod contradiction;
mod unreachable;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use aegis_diag::{SourceFile, Span};

use crate::glob::{Alternative, Glob};
use crate::keys::EFFECTS;
use crate::model::{Approval, Atom, Checked, Located, Match, ParamPath, Rule, Step, Test};
use crate::name;
use crate::problem::{Problem, shown};

/// The warnings about a policy, in no particular order. `file` is where a remark about the whole
/// goes.
pub(super) fn warnings(policy: &Checked, file: &Arc<SourceFile>) -> Vec<Problem> {
    let mut out = whole(policy, file);
    for rule in &policy.rules {
        missing_keys(rule, &mut out);
        for (key, patterns) in fields(&rule.matches) {
            repeated(key, patterns, &mut out);
            patterns.iter().for_each(|p| odd_pattern(p, &mut out));
        }
        repeated_effects(rule, &mut out);
        out.extend(contradiction::find(rule));
        dotted(rule, &mut out);
    }
    out
}

/// The warnings that no rule gives by itself.
pub(crate) fn whole(policy: &Checked, file: &Arc<SourceFile>) -> Vec<Problem> {
    let mut out = Vec::new();
    defaults(policy, file, &mut out);
    out.extend(unreachable::find(policy));
    out
}

/// Whether a warning is one of those.
pub(crate) fn of_the_whole(code: &str) -> bool {
    matches!(code, "no-rules" | "auto-default" | "unreachable")
}

fn defaults(policy: &Checked, file: &Arc<SourceFile>, out: &mut Vec<Problem>) {
    if policy.rules.is_empty() {
        let line = file.line(1).len();
        let at = Span::new(Arc::clone(file), 0..line);
        out.push(
            Problem::warning("no-rules", at, "the policy has no rules")
                .help("every action gets the defaults"),
        );
    }
    if let (Approval::Auto, Some(at)) = (
        policy.defaults.approval.value,
        &policy.defaults.approval.span,
    ) {
        out.push(
            Problem::warning(
                "auto-default",
                at.clone(),
                "an action that no rule speaks of runs unasked",
            )
            .help("write `approval: approve`, and a rule with `approval: auto` for what may run"),
        );
    }
}

fn missing_keys(rule: &Rule, out: &mut Vec<Problem>) {
    let Some(at) = head(rule) else { return };
    let name = shown(&rule.name.value);
    if rule.approval.span.is_none() {
        out.push(
            Problem::warning(
                "no-approval",
                at.clone(),
                format!("rule `{name}` has no `approval`, so a person is asked"),
            )
            .help("write `approval: approve`"),
        );
    }
    if rule.approval.value == Approval::Auto && matches_everything(&rule.matches) {
        let pattern = fields(&rule.matches)
            .flat_map(|(_, patterns)| patterns)
            .find(|p| is_universal(&p.value));
        let (at, why) = match pattern.and_then(|p| p.span.clone()) {
            Some(span) => (span, "matches every action"),
            None => (at, "has no `match`, so it speaks of every action"),
        };
        out.push(
            Problem::warning(
                "auto-everything",
                at,
                format!("rule `{name}` {why}, and lets it run unasked"),
            )
            .help("name the tools that may run, in `match: { type: [ … ] }`"),
        );
    }
}

/// The pattern lists of a match that are written.
fn fields(m: &Match) -> impl Iterator<Item = (&'static str, &[Located<Box<str>>])> {
    [
        ("type", &m.kind),
        ("target", &m.target),
        ("agent", &m.agent),
    ]
    .into_iter()
    .filter_map(|(key, patterns)| Some((key, patterns.as_deref()?)))
}

fn matches_everything(m: &Match) -> bool {
    m.effect.is_none()
        && fields(m).all(|(_, patterns)| patterns.iter().any(|p| is_universal(&p.value)))
}

fn is_universal(pattern: &str) -> bool {
    // Most patterns show it without being parsed.
    if pattern.is_ascii() && !pattern.contains('{') {
        let stars = pattern.trim();
        return !stars.is_empty() && stars.bytes().all(|b| b == b'*');
    }
    Glob::parse(pattern).is_ok_and(|g| g.alternatives().iter().any(Alternative::is_universal))
}

/// The place that stands for a rule: its name, or its first line.
pub(super) fn head(rule: &Rule) -> Option<Span> {
    if let Some(span) = &rule.name.span {
        return Some(span.clone());
    }
    let span = rule.span.as_ref()?;
    let first = span.text().lines().next().map_or(0, str::len);
    let start = span.range.start;
    Some(Span::new(Arc::clone(&span.file), start..start + first))
}

fn repeated(key: &str, patterns: &[Located<Box<str>>], out: &mut Vec<Problem>) {
    if patterns.len() < 2 {
        return;
    }
    let mut first: HashMap<Cow<'_, str>, &Located<Box<str>>> = HashMap::new();
    for pattern in patterns {
        let canonical = name::canonical(&pattern.value);
        if let Some(before) = first.get(&canonical) {
            let message = format!(
                "`{key}` lists the pattern `{}` twice; letter case makes no difference",
                shown(&pattern.value)
            );
            twice(
                "repeated-pattern",
                message,
                &before.span,
                &pattern.span,
                out,
            );
        } else {
            first.insert(canonical, pattern);
        }
    }
}

fn repeated_effects(rule: &Rule, out: &mut Vec<Problem>) {
    let effects = rule.matches.effect.as_deref().unwrap_or_default();
    for (i, effect) in effects.iter().enumerate() {
        let before = effects.iter().take(i).find(|e| e.value == effect.value);
        // The third mention is compared with the first, so there are at most as many as mentions.
        if let Some(before) = before {
            let message = format!("`effect` lists `{}` twice", effect.value);
            twice("repeated-effect", message, &before.span, &effect.span, out);
        }
    }
}

fn twice(
    code: &'static str,
    message: String,
    first: &Option<Span>,
    again: &Option<Span>,
    out: &mut Vec<Problem>,
) {
    if let (Some(first), Some(again)) = (first, again) {
        out.push(
            Problem::warning(code, again.clone(), message)
                .label("again here")
                .because(first.clone(), "first here"),
        );
    }
}

/// Patterns that look as if they were written for another syntax.
fn odd_pattern(pattern: &Located<Box<str>>, out: &mut Vec<Problem>) {
    let Some(at) = &pattern.span else { return };
    let text = &*pattern.value;
    let unescaped = |c: char| {
        text.match_indices(c)
            .any(|(i, _)| !text.get(..i).unwrap_or_default().ends_with('\\'))
    };
    let verb = text.strip_suffix(".*").is_some_and(|stem| {
        EFFECTS
            .list
            .iter()
            .any(|w| w.word == stem || w.aka.contains(&stem))
    });
    if text.starts_with('^') || text.ends_with('$') || unescaped('|') || verb {
        let (start, end) = (text.strip_prefix('^'), text.strip_suffix('$'));
        let plain = text
            .trim_start_matches('^')
            .trim_end_matches('$')
            .replace(".*", "*");
        // An expression that is anchored at one end only goes on at the other.
        let plain = match (start, end) {
            (Some(_), None) if !plain.ends_with('*') => format!("{plain}*"),
            (None, Some(_)) if !plain.starts_with('*') => format!("*{plain}"),
            _ => plain,
        };
        let help = match unescaped('|') {
            true => format!(
                "for alternatives write a list, or \"{{{}}}\"",
                shown(&text.replace('|', ","))
            ),
            false => format!("in a pattern `*` is any text; write \"{}\"", shown(&plain)),
        };
        out.push(
            Problem::warning(
                "looks-like-regex",
                at.clone(),
                format!(
                    "`{}` looks like a regular expression, and is taken letter by letter",
                    shown(text)
                ),
            )
            .help(help),
        );
    } else if unescaped(',') && !text.contains(['{', '[']) {
        out.push(
            Problem::warning(
                "looks-like-list",
                at.clone(),
                format!("`{}` is one pattern with a comma in it", shown(text)),
            )
            .help("for several patterns write a list: [\"read*\", \"list*\"]; for a comma write `\\,`"),
        );
    }
}

/// A path that could have been meant as one key with a dot in it.
fn dotted(rule: &Rule, out: &mut Vec<Problem>) {
    for condition in &rule.conditions {
        let (Atom::Param { path, .. }, Some(at)) = (&condition.atom, &condition.span) else {
            continue;
        };
        if looks_like_one_key(path) {
            let message = format!(
                "`{}` is the path {}, not one key with a dot in it",
                shown(&path.text),
                steps(path)
            );
            out.push(
                Problem::warning("dotted-key", at.clone(), message).help(format!(
                    "for one key write `{}`",
                    shown(&path.text.replace('.', "\\."))
                )),
            );
        }
    }
}

/// File names, host names, versions and URLs: what keys with dots are, and paths are not.
fn looks_like_one_key(path: &ParamPath) -> bool {
    const ENDINGS: [&str; 28] = [
        "bash", "cfg", "com", "conf", "csv", "dev", "env", "htm", "html", "ini", "io", "js",
        "json", "jsonl", "lock", "log", "md", "net", "org", "pdf", "py", "rs", "sh", "toml", "txt",
        "xml", "yaml", "yml",
    ];
    let keys: Vec<&str> = path
        .steps
        .iter()
        .filter_map(|s| match s {
            Step::Key(key) => Some(&**key),
            Step::Any => None,
        })
        .collect();
    let [.., before, last] = keys[..] else {
        return false;
    };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let version = before
        .strip_prefix('v')
        .is_some_and(|rest| digits(rest) && digits(last));
    keys.len() == path.steps.len()
        && (ENDINGS.contains(&last) || version || path.text.contains(['/', ':', '@']))
}

/// "`a` then `b`".
fn steps(path: &ParamPath) -> String {
    let step = |s: &Step| match s {
        Step::Key(key) => format!("`{}`", shown(key)),
        Step::Any => "any".into(),
    };
    let all: Vec<String> = path.steps.iter().map(step).collect();
    all.join(" then ")
}

/// How a test reads in a sentence: `greater than 5`.
fn in_words(test: &Test) -> String {
    let operand = crate::to_yaml::operand_text(test).unwrap_or_default();
    let operand = shown(&operand);
    match test {
        Test::Eq(_) => format!("equal to {operand}"),
        Test::Gt(_) => format!("greater than {operand}"),
        Test::Gte(_) => format!("at least {operand}"),
        Test::Lt(_) => format!("less than {operand}"),
        Test::Lte(_) => format!("at most {operand}"),
        Test::Contains(_) => format!("something that contains {operand}"),
        Test::Matches(_) => format!("something that matches {operand}"),
        Test::Present => "present".into(),
        Test::Missing => "missing".into(),
    }
}
