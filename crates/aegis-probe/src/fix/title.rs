//! What a change does, as an order.

use aegis_policy::model::Approval;
use aegis_policy::outline::Kind;
use aegis_policy::policy::Policy;

use super::edit::tick;
use super::sheet::Sheet;
use crate::assemble::quote;
use crate::suspect::{Field, Idea};

/// The idea in words.
pub(super) fn of(policy: &Policy, idea: &Idea) -> String {
    let name = |rule: usize| {
        let rules = policy.checked().rules();
        rules
            .get(rule)
            .map_or_else(String::new, |rule| format!("`{}`", quote(&rule.name.value)))
    };
    match idea {
        Idea::Replace {
            rule,
            field,
            at,
            with,
        } => {
            let old = pattern(policy, *rule, *field, *at);
            let old = old.map_or_else(|| field.key().to_owned(), |old| tick(&old));
            format!(
                "write {} instead of {old} in rule {}",
                tick(with),
                name(*rule)
            )
        }
        Idea::Widen { rule, field, add } => {
            let added: Vec<String> = add.iter().map(|a| tick(a)).collect();
            format!(
                "add {} to `{}` of rule {}",
                added.join(", "),
                field.key(),
                name(*rule)
            )
        }
        Idea::Move { rule, before } => {
            format!("move rule {} before {}", name(*rule), name(*before))
        }
        Idea::Insert { yaml, before } => {
            let new = inserted(yaml)
                .map_or_else(|| "a rule".to_owned(), |n| format!("rule `{}`", quote(&n)));
            match before {
                Some(before) => format!("add {new} before {}", name(*before)),
                None => format!("add {new} at the end"),
            }
        }
        Idea::Remove { rule } => format!("remove rule {}", name(*rule)),
        Idea::Condition {
            rule,
            at,
            key,
            operand,
        } => {
            let number = u32::try_from(*rule).unwrap_or(u32::MAX);
            let old = policy.conditions(number).get(*at);
            let old = old.map_or_else(String::new, |c| format!("`{}` ", quote(&c.to_string())));
            let new = match (key, operand) {
                (Some(key), Some(operand)) => format!("`{key}` with `{}`", quote(operand)),
                (Some(key), None) => format!("`{key}`"),
                (None, Some(operand)) => format!("`{}`", quote(operand)),
                (None, None) => "another condition".to_owned(),
            };
            format!("change condition {old}of rule {} to {new}", name(*rule))
        }
        Idea::DefaultApproval(word) => format!("set `defaults.approval` to `{word}`"),
    }
}

fn pattern(policy: &Policy, rule: usize, field: Field, at: usize) -> Option<String> {
    let matches = &policy.checked().rules().get(rule)?.matches;
    let list = match field {
        Field::Type => &matches.kind,
        Field::Target => &matches.target,
        Field::Agent => &matches.agent,
    };
    Some(list.as_ref()?.get(at)?.value.to_string())
}

fn inserted(yaml: &str) -> Option<String> {
    value(yaml, "name")
}

/// What a rule that is to be inserted decides.
pub(super) fn approval_of(yaml: &str) -> Option<Approval> {
    value(yaml, "approval")?.parse().ok()
}

fn value(yaml: &str, key: &str) -> Option<String> {
    let file = aegis_diag::SourceFile::new("rule", yaml, None);
    let sheet = Sheet::new(&file)?;
    match &sheet.root.items().first()?.get(key)?.kind {
        Kind::Scalar { text, .. } => Some(text.clone()),
        _ => None,
    }
}
