//! Changes that close near misses, the cheapest first.

use std::collections::BTreeMap;

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
    prices: &mut Prices,
    rule: &RuleView<'_>,
    pattern: usize,
    misses: &[Miss],
) -> Vec<Idea> {
    let mut priced = Vec::new();
    let glob = rule.kinds.as_deref().and_then(|globs| globs.get(pattern));
    let shape = glob
        .and_then(|glob| glob.alternatives().first())
        .map(Shape::of);
    if let Some(shape) = &shape {
        let one = glob.is_some_and(|glob| glob.alternatives().len() == 1);
        for with in wider(shape) {
            let (closes, costs) = prices.of(std::slice::from_ref(&with), misses);
            // Bounded by separators it is harder to read and only worth it if it costs less.
            let free = costs == 0;
            let number = rule.number;
            let idea = if one {
                Idea::Replace {
                    rule: number,
                    field: Field::Type,
                    at: pattern,
                    with,
                }
            } else {
                Idea::Widen {
                    rule: number,
                    field: Field::Type,
                    add: vec![with],
                }
            };
            priced.push(Priced {
                idea,
                closes,
                costs,
            });
            if free {
                break;
            }
        }
    }
    let add = stems(misses);
    if !add.is_empty() {
        let (closes, costs) = prices.of(&add, misses);
        let idea = Idea::Widen {
            rule: rule.number,
            field: Field::Type,
            add,
        };
        priced.push(Priced {
            idea,
            closes,
            costs,
        });
    }
    if let Some(idea) = by_effect(rule, misses) {
        // Nothing that only reads has another effect.
        priced.push(Priced {
            idea,
            closes: misses.len().min(SAMPLE),
            costs: 0,
        });
    }
    priced.retain(|p| p.closes > 0 && p.costs <= TOO_MANY);
    priced.sort_by_key(|p| (std::cmp::Reverse(p.closes), p.costs));
    priced.into_iter().map(|p| p.idea).collect()
}

/// How many near misses are looked at to see what a change closes.
const SAMPLE: usize = 24;

/// What patterns cost.
pub(super) struct Prices {
    /// Published names that only read and run unattended, canonical.
    reads: Vec<String>,
    /// The same in one text, to see at once that a word is in none of them.
    text: String,
    /// For patterns seen, how many of them they match.
    known: BTreeMap<String, usize>,
}

impl Prices {
    pub(super) fn new(search: &Search<'_>) -> Self {
        let (reads, _) = search.board.reads();
        let reads: Vec<String> = reads
            .into_iter()
            .map(|n| canonical(n).into_owned())
            .collect();
        Self {
            text: reads.join("\n"),
            reads,
            known: BTreeMap::new(),
        }
    }

    /// How many misses patterns match, and at most how many harmless names.
    fn of(&mut self, patterns: &[String], misses: &[Miss]) -> (usize, usize) {
        let globs: Vec<Glob> = patterns
            .iter()
            .filter_map(|p| Glob::parse(p).ok())
            .collect();
        let matches = |name: &str| globs.iter().any(|glob| glob.matches(&canonical(name)));
        let closes = misses
            .iter()
            .take(SAMPLE)
            .filter(|miss| matches(&miss.name))
            .count();
        let costs = globs.iter().map(|glob| self.cost(glob)).sum();
        (closes, costs)
    }

    fn cost(&mut self, glob: &Glob) -> usize {
        if let Some(&cost) = self.known.get(glob.text()) {
            return cost;
        }
        let mut literals = glob
            .alternatives()
            .iter()
            .filter_map(|a| a.longest_literal());
        let cost = if literals.any(|word| self.text.contains(word)) {
            self.reads.iter().filter(|name| glob.matches(name)).count()
        } else {
            0
        };
        self.known.insert(glob.text().to_owned(), cost);
        cost
    }
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
    for miss in misses.iter().take(SAMPLE) {
        let shape = Shape::of_name(&canonical(&miss.name));
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
