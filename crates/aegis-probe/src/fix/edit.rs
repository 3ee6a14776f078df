//! Changes to the text of a policy that keep its comments, its order and its style.
//!
//! Every function answers with replacements of the text, or with nothing where the text is written
//! in a way that cannot be changed without touching something else, such as an alias.

use std::ops::Range;

use aegis_diag::Edit;
use aegis_policy::outline::{Kind, Outline};

use super::list;
use super::sheet::{Sheet, entry, put, quoted};
use crate::suspect::{Field, Idea};

/// Where the key above a condition stands, and whether the condition is the only one below it.
type KeyAbove = (Range<usize>, bool);

impl Field {
    /// Its key in a policy.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Target => "target",
            Self::Agent => "agent",
        }
    }
}

impl Sheet<'_> {
    /// The replacements that carry out an idea.
    pub(crate) fn edits(&self, idea: &Idea) -> Option<Vec<Edit>> {
        match idea {
            Idea::Replace {
                rule,
                field,
                at,
                with,
            } => self.replace(*rule, *field, *at, with),
            Idea::Widen { rule, field, add } => self.widen(*rule, *field, add),
            Idea::Move { rule, before } => self.move_rule(*rule, *before),
            Idea::Insert { yaml, before } => self.insert(yaml, *before),
            Idea::Remove { rule } => self.remove(*rule),
            Idea::Condition {
                rule,
                at,
                key,
                operand,
            } => self.condition(*rule, *at, *key, operand.as_deref()),
            Idea::DefaultApproval(word) => self.default_approval(word),
        }
    }

    fn patterns(&self, rule: usize, field: Field) -> Option<&Outline> {
        self.part(rule, &["match", field.key()])
    }

    fn replace(&self, rule: usize, field: Field, at: usize, with: &str) -> Option<Vec<Edit>> {
        let patterns = self.patterns(rule, field)?;
        let old = match &patterns.kind {
            Kind::Scalar { .. } if at == 0 => patterns,
            Kind::List { items, .. } => items.get(at)?,
            _ => return None,
        };
        if !matches!(old.kind, Kind::Scalar { .. }) {
            return None;
        }
        Some(vec![put(old.at.clone(), self.scalar_like(old, with))])
    }

    fn widen(&self, rule: usize, field: Field, add: &[String]) -> Option<Vec<Edit>> {
        let patterns = self.patterns(rule, field)?;
        if add.is_empty() {
            return None;
        }
        match &patterns.kind {
            Kind::Scalar { .. } => {
                let old = self.text.get(patterns.at.clone())?;
                if old.contains('\n') {
                    return None;
                }
                let added: Vec<_> = add.iter().map(|a| self.scalar_like(patterns, a)).collect();
                let list = format!("[{old}, {}]", added.join(", "));
                Some(vec![put(patterns.at.clone(), list)])
            }
            Kind::List { items, flow: true } => {
                let last = items.last()?;
                let added: Vec<_> = add.iter().map(|a| self.scalar_like(last, a)).collect();
                let end = last.at.end;
                Some(vec![put(end..end, format!(", {}", added.join(", ")))])
            }
            Kind::List { items, flow: false } => {
                let last = items.last()?;
                let indent = " ".repeat(self.column(self.dash(last)?));
                let end = self.chunk(last)?.end;
                let line = |a: &String| {
                    format!("{}{indent}- {}", self.newline(), self.scalar_like(last, a))
                };
                Some(vec![put(
                    end..end,
                    add.iter().map(line).collect::<String>(),
                )])
            }
            _ => None,
        }
    }

    fn move_rule(&self, rule: usize, before: usize) -> Option<Vec<Edit>> {
        let chunks = self.chunks()?;
        if rule == before || rule + 1 == before || rule.max(before) >= chunks.len() {
            return None;
        }
        let mut order: Vec<usize> = (0..chunks.len()).filter(|&i| i != rule).collect();
        let place = order.iter().position(|&i| i == before)?;
        order.insert(place, rule);
        // What stands between the rules stays where it is; the rules change places.
        let edits = chunks.iter().zip(&order).enumerate();
        let edits = edits.filter(|(place, (_, from))| place != *from);
        edits
            .map(|(_, (range, &from))| {
                Some(put(
                    range.clone(),
                    self.text.get(chunks.get(from)?.clone())?,
                ))
            })
            .collect()
    }

    /// The rules with what belongs to them, in order.
    fn chunks(&self) -> Option<Vec<Range<usize>>> {
        let rules = self.rules()?;
        match rules.is_flow() {
            true => Some(rules.items().iter().map(|item| item.at.clone()).collect()),
            false => rules.items().iter().map(|item| self.chunk(item)).collect(),
        }
    }

    fn insert(&self, yaml: &str, before: Option<usize>) -> Option<Vec<Edit>> {
        list::insert(self, yaml, before)
    }

    fn remove(&self, rule: usize) -> Option<Vec<Edit>> {
        list::remove(self, rule, &self.chunks()?)
    }

    fn condition(
        &self,
        rule: usize,
        at: usize,
        key: Option<&str>,
        operand: Option<&str>,
    ) -> Option<Vec<Edit>> {
        let conditions = self.part(rule, &["conditions"])?;
        let range = self.conditions.get(rule)?.get(at)?.as_ref()?;
        let (own, parent) = self.condition_entry(conditions, range)?;
        let mut edits = Vec::new();
        if let Some(key) = key {
            let (outer, only) = parent?;
            if entry(conditions, key).is_some() || !only {
                return self.condition_apart(conditions, &own, key, operand);
            }
            edits.push(put(outer, key));
        }
        if let Some(operand) = operand {
            edits.push(put(own.value, operand));
        }
        (!edits.is_empty()).then_some(edits)
    }

    /// A condition gets another key, while others under its key keep theirs.
    fn condition_apart(
        &self,
        conditions: &Outline,
        own: &Own,
        key: &str,
        operand: Option<&str>,
    ) -> Option<Vec<Edit>> {
        if let Some(there) = entry(conditions, key) {
            let Kind::Map { entries, .. } = &there.value.kind else {
                return None;
            };
            if entries.iter().any(|e| e.key == own.name) {
                return None;
            }
        }
        let value = match operand {
            Some(operand) => operand,
            None => self.text.get(own.value.clone())?,
        };
        let name = self.text.get(own.key.clone())?;
        let added = format!("{key}: {{{name}: {value}}}");
        let mut edits = vec![self.without_entry(own)?];
        match entry(conditions, key) {
            Some(there) => {
                let Kind::Map { entries, .. } = &there.value.kind else {
                    return None;
                };
                let last = entries.last()?.value.at.end;
                if !there.value.is_flow() {
                    return None;
                }
                edits.push(put(last..last, format!(", {name}: {value}")));
            }
            None if conditions.is_flow() => {
                let Kind::Map { entries, .. } = &conditions.kind else {
                    return None;
                };
                let last = entries.last()?.value.at.end;
                edits.push(put(last..last, format!(", {added}")));
            }
            None => {
                let Kind::Map { entries, .. } = &conditions.kind else {
                    return None;
                };
                let first = entries.first()?.key_at.start;
                let indent = " ".repeat(self.column(first));
                edits.push(put(
                    first..first,
                    format!("{added}{}{indent}", self.newline()),
                ));
            }
        }
        edits.sort_by_key(|edit| edit.range.start);
        Some(edits)
    }

    /// Takes one entry out of a mapping in braces that has more.
    fn without_entry(&self, own: &Own) -> Option<Edit> {
        let range = own.key.start..own.value.end;
        if let Some(next) = own.next {
            return Some(put(range.start..next, ""));
        }
        let previous = own.previous?;
        Some(put(previous..range.end, ""))
    }

    /// The condition with a 0-based number: where it is written, and the key above it with whether
    /// it is the only one there.
    fn condition_entry(
        &self,
        conditions: &Outline,
        range: &Range<usize>,
    ) -> Option<(Own, Option<KeyAbove>)> {
        let Kind::Map { entries, .. } = &conditions.kind else {
            return None;
        };
        for outer in entries {
            if outer.key_at.start == range.start {
                let clock = ["time_after", "time_before", "weekdays"].contains(&outer.key.as_str());
                let above = (!clock).then(|| (outer.key_at.clone(), true));
                return Some((Own::alone(outer), above));
            }
            let Kind::Map {
                entries: inner,
                flow,
            } = &outer.value.kind
            else {
                continue;
            };
            let Some(i) = inner.iter().position(|e| e.key_at.start == range.start) else {
                continue;
            };
            let neighbour = |i: usize| inner.get(i).filter(|_| *flow);
            let own = Own {
                previous: i.checked_sub(1).and_then(neighbour).map(|e| e.value.at.end),
                next: neighbour(i + 1).map(|e| e.key_at.start),
                ..Own::alone(inner.get(i)?)
            };
            return Some((own, Some((outer.key_at.clone(), inner.len() == 1))));
        }
        None
    }

    fn default_approval(&self, word: &str) -> Option<Vec<Edit>> {
        match self.root.get("defaults") {
            Some(defaults) => match (defaults.get("approval"), &defaults.kind) {
                (Some(old), _) if matches!(old.kind, Kind::Scalar { .. }) => {
                    Some(vec![put(old.at.clone(), self.scalar_like(old, word))])
                }
                (None, Kind::Map { entries, flow }) => {
                    let first = entries.first()?.key_at.start;
                    let gap = match flow {
                        true => ", ".to_owned(),
                        false => format!("{}{}", self.newline(), " ".repeat(self.column(first))),
                    };
                    Some(vec![put(first..first, format!("approval: {word}{gap}"))])
                }
                _ => None,
            },
            None => {
                let rules = self.root.entry("rules")?.key_at.start;
                let start = self.line_start(rules);
                let nl = self.newline();
                let text = format!("defaults:{nl}  approval: {word}{nl}");
                (self.column(rules) == 0).then(|| vec![put(start..start, text)])
            }
        }
    }
}

/// Where one condition is written.
struct Own {
    name: String,
    key: Range<usize>,
    value: Range<usize>,
    /// In braces: where the value before it ends, and where the key after it starts.
    previous: Option<usize>,
    next: Option<usize>,
}

impl Own {
    fn alone(entry: &aegis_policy::outline::Entry) -> Self {
        Self {
            name: entry.key.clone(),
            key: entry.key_at.clone(),
            value: entry.value.at.clone(),
            previous: None,
            next: None,
        }
    }
}

/// A pattern as it stands in an idea's title.
pub(super) fn tick(text: &str) -> String {
    let text = quoted(text);
    format!("`{}`", &text[1..text.len() - 1])
}
