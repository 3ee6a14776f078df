//! Several policies made one: a base and what overrides it.
//!
//! Later policies come first. Their rules are tried before those of earlier ones, and a rule takes
//! the place of an earlier one of the same name. Defaults and the time zone come from the last
//! policy that writes them, key by key. A rule without a written name replaces nothing and is not
//! replaced; it is called by its place in the whole.

use std::collections::HashSet;

use aegis_diag::Span;

use crate::check::lint;
use crate::model::{Atom, Checked, Rule};
use crate::problem::{Problem, Problems, shown};

/// A merged policy, and what became of the parts.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The policy as it applies. Every rule still lies in its file.
    pub policy: Checked,
    /// The rules that do not apply any more, in the order in which they were replaced.
    pub replaced: Vec<Replaced>,
}

/// A rule that a later policy replaced.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// The rule as it was.
    pub rule: Rule,
    /// The name of the rule in its place.
    pub by: Option<Span>,
}

/// Merges policies, the most general one first.
#[must_use]
pub fn merge(base: Checked, later: impl IntoIterator<Item = Checked>) -> Merged {
    let mut policy = base;
    let mut replaced = Vec::new();
    let mut shifted = Vec::new();
    for over in later {
        let zone = over.timezone.span.is_some();
        let (moved, to) = match zone {
            true => (&policy, &over),
            false => (&over, &policy),
        };
        shifted.extend(shifted_times(moved, to));
        add(&mut policy, over, &mut replaced);
    }
    for (i, rule) in policy.rules.iter_mut().enumerate() {
        if rule.risk.span.is_none() {
            rule.risk.value = policy.defaults.risk.value;
        }
        if rule.name.span.is_none() {
            rule.name.value = format!("rule-{}", i + 1).into();
        }
    }
    unique(&mut policy.rules);
    warnings(&mut policy, &replaced, shifted);
    Merged { policy, replaced }
}

/// Puts `over` on top of `policy`.
fn add(policy: &mut Checked, over: Checked, replaced: &mut Vec<Replaced>) {
    let Checked {
        defaults,
        rules,
        timezone,
        files,
        regexes,
        warnings,
    } = over;
    if defaults.risk.span.is_some() {
        policy.defaults.risk = defaults.risk;
    }
    if defaults.approval.span.is_some() {
        policy.defaults.approval = defaults.approval;
    }
    if timezone.span.is_some() {
        policy.timezone = timezone;
    }
    policy.files.extend(files);
    policy.regexes.extend(regexes);
    policy.warnings.extend(warnings);
    let before = std::mem::replace(&mut policy.rules, rules);
    let names: std::collections::HashMap<&str, &Option<Span>> = policy
        .rules
        .iter()
        .filter(|r| r.name.span.is_some())
        .map(|r| (&*r.name.value, &r.name.span))
        .collect();
    let mut kept = Vec::new();
    for rule in before {
        match names.get(&*rule.name.value) {
            Some(by) if rule.name.span.is_some() => replaced.push(Replaced {
                rule,
                by: (*by).clone(),
            }),
            _ => kept.push(rule),
        }
    }
    policy.rules.extend(kept);
}

/// Warns about times that are read in another zone than the one they were written for.
fn shifted_times(from: &Checked, to: &Checked) -> Vec<Problem> {
    let mut out = Vec::new();
    if from.timezone.value == to.timezone.value {
        return out;
    }
    for rule in &from.rules {
        for condition in &rule.conditions {
            let (Atom::Window { .. }, Some(at)) = (&condition.atom, &condition.span) else {
                continue;
            };
            let message = format!(
                "the time in rule `{}` was written for {} and is read in {}",
                shown(&rule.name.value),
                from.timezone.value,
                to.timezone.value
            );
            let mut problem = Problem::warning("timezone-changed", at.clone(), message)
                .help("write the same `timezone` in all policies that are merged");
            if let Some(zone) = &to.timezone.span {
                problem = problem.because(zone.clone(), "the zone of the merged policy");
            }
            out.push(problem);
        }
    }
    out
}

/// A rule that is called by its place gets a longer name if another rule is called that already.
fn unique(rules: &mut [Rule]) {
    let mut taken: HashSet<Box<str>> = rules
        .iter()
        .filter(|r| r.name.span.is_some())
        .map(|r| r.name.value.clone())
        .collect();
    for rule in rules.iter_mut().filter(|r| r.name.span.is_none()) {
        let name = rule.name.value.clone();
        let mut n = 1_u32;
        while !taken.insert(rule.name.value.clone()) {
            n += 1;
            rule.name.value = format!("{name}-{n}").into();
        }
    }
}

/// What was said of the parts still holds, but for what depends on the whole.
fn warnings(policy: &mut Checked, replaced: &[Replaced], shifted: Vec<Problem>) {
    let gone = |problem: &Problem| {
        let at = &problem.primary.span;
        replaced
            .iter()
            .filter_map(|r| r.rule.span.as_ref())
            .any(|rule| {
                std::sync::Arc::ptr_eq(&rule.file, &at.file)
                    && rule.range.start <= at.range.start
                    && at.range.end <= rule.range.end
            })
    };
    let mut all: Vec<Problem> = std::mem::take(&mut policy.warnings)
        .into_iter()
        .filter(|p| !lint::of_the_whole(p.code))
        .chain(shifted)
        .filter(|p| !gone(p))
        .collect();
    if let Some(file) = policy.files.first().cloned() {
        all.extend(lint::whole(policy, &file));
    }
    policy.warnings = Problems::sorted(all).0;
}
