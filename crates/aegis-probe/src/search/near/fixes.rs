//! Changes that close near misses, the cheapest first.

use aegis_policy::glob::Glob;
use aegis_policy::model::{Approval, Effect};
use aegis_policy::name::canonical;

use super::super::Search;
use super::super::rules::RuleView;
use super::super::words::Shape;
use super::{Miss, Priced};
use crate::suspect::{Field, Idea};

/// A change that restricts more than this many harmless published names is not worth it.
const TOO_MANY: usize = 40;

/// Changes for the near misses of one pattern: widen it, add to it, or restrict the effect.
pub(super) fn ideas(
    search: &Search<'_>,
    rule: &RuleView<'_>,
    pattern: usize,
    misses: &[Miss],
) -> Vec<Idea> {
    let (reads, _) = search.board.reads();
    let mut priced = Vec::new();
    let glob = rule.kinds.as_deref().and_then(|globs| globs.get(pattern));
    let shape = glob.and_then(|glob| glob.alternatives().first()).map(Shape::of);
    if let Some(shape) = &shape {
        let one = glob.is_some_and(|glob| glob.alternatives().len() == 1);
        for with in wider(shape) {
            let (closes, costs) = price(std::slice::from_ref(&with), misses, &reads);
            let number = rule.number;
            let idea = if one {
                Idea::Replace { rule: number, field: Field::Type, at: pattern, with }
            } else {
                Idea::Widen { rule: number, field: Field::Type, add: vec![with] }
            };
            priced.push(Priced { idea, closes, costs });
        }
    }
    let add = stems(misses);
    if !add.is_empty() {
        let (closes, costs) = price(&add, misses, &reads);
        let idea = Idea::Widen { rule: rule.number, field: Field::Type, add };
        priced.push(Priced { idea, closes, costs });
    }
    if let Some(idea) = by_effect(rule, misses) {
        // Nothing that only reads has another effect.
        priced.push(Priced { idea, closes: misses.len(), costs: 0 });
    }
    priced.retain(|p| p.closes > 0 && p.costs <= TOO_MANY);
    priced.sort_by_key(|p| (std::cmp::Reverse(p.closes), p.costs));
    priced.into_iter().map(|p| p.idea).collect()
}

/// How many misses patterns match, and how many harmless names.
fn price(patterns: &[String], misses: &[Miss], reads: &[&str]) -> (usize, usize) {
    let globs: Vec<Glob> = patterns.iter().filter_map(|p| Glob::parse(p).ok()).collect();
    let matches = |name: &str| globs.iter().any(|glob| glob.matches(&canonical(name)));
    let closes = misses.iter().filter(|miss| matches(&miss.name)).count();
    let costs = reads.iter().filter(|name| matches(name)).count();
    (closes, costs)
}

/// `*delete*` for `delete_*`, and the same bounded by separators.
fn wider(shape: &Shape) -> Vec<String> {
    let words: Vec<&str> = shape.words().collect();
    if words.is_empty() {
        return Vec::new();
    }
    let stem = words.join("*");
    let bounded = format!("{{{stem},{stem}[!a-z]*,*[!a-z]{stem},*[!a-z]{stem}[!a-z]*}}");
    vec![format!("*{stem}*"), bounded]
}

/// `*remove*`, `*drop*`: the verbs of the names that were missed.
fn stems(misses: &[Miss]) -> Vec<String> {
    let mut stems = Vec::new();
    for miss in misses {
        let glob = Glob::parse(&literal(&canonical(&miss.name)));
        let Some(shape) = glob.ok().and_then(|g| g.alternatives().first().map(Shape::of)) else {
            continue;
        };
        if let Some((_, verb)) = shape.verb
            && Some(verb.effect) == miss.effect
            // `*del*` would match a model.
            && verb.text.len() > 3
        {
            let stem = format!("*{}*", verb.text);
            if !stems.contains(&stem) {
                stems.push(stem);
            }
        }
    }
    stems
}

/// A name as a pattern that matches it and nothing else.
fn literal(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | ',' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// A rule about the effect itself, with the limits of the rule that was missed.
fn by_effect(rule: &RuleView<'_>, misses: &[Miss]) -> Option<Idea> {
    let mut effects: Vec<Effect> = Vec::new();
    for effect in misses.iter().filter_map(|miss| miss.effect) {
        if !effects.contains(&effect) {
            effects.push(effect);
        }
    }
    if effects.is_empty() || effects.contains(&Effect::Read) || !rule.rule.conditions.is_empty() {
        return None;
    }
    let list: Vec<&str> = effects.iter().map(|e| e.as_str()).collect();
    let target = match &rule.rule.matches.target {
        Some(targets) => {
            let quoted: Vec<String> = targets.iter().map(|t| quoted(&t.value)).collect();
            format!(", target: [{}]", quoted.join(", "))
        }
        None => String::new(),
    };
    let (start, risk, approval) = match rule.approval() {
        Approval::Block => ("no", "critical", "block"),
        _ => ("ask_before", "high", "approve"),
    };
    let list = list.join(", ");
    Some(Idea::Insert {
        yaml: format!(
            "- name: {start}_{}\n  match: {{ effect: [{list}]{target} }}\n  risk_level: {risk}\n  approval: {approval}\n",
            list.replace(", ", "_")
        ),
        before: Some(0),
    })
}

/// A text in single quotes, as YAML reads them.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
