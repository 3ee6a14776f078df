//! Other characters for the same name. The language takes care of them: names are compared in one
//! spelling, and what only looks the same asks a person. This makes sure of it for the rules at
//! hand, and would report what is not so.

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::model::Approval;

use super::{Search, decider, setting};
use crate::rules;
use crate::suspect::{Subject, Suspect};

/// How many rules are looked at.
const RULES: usize = 256;

/// Looks at the rules that block.
pub(crate) fn spellings(search: &mut Search<'_>) {
    let blocks = search
        .rules
        .iter()
        .filter(|rule| rule.approval() == Approval::Block);
    let numbers: Vec<usize> = blocks.take(RULES).map(|rule| rule.number).collect();
    for number in numbers {
        if let Some(suspect) = of_rule(search, number) {
            search.found.push(suspect);
        }
    }
}

fn of_rule(search: &Search<'_>, number: usize) -> Option<Suspect> {
    let globs = search.rules.get(number)?.kinds.as_deref()?;
    let shape = super::words::Shape::of(globs.first()?.alternatives().first()?);
    let watched = search.watch(number, &shape.instances())?;
    let kind = watched.action.kind_name().canonical();
    let target = watched.action.target_name().canonical();
    let kinds = variants(kind).into_iter().map(|k| (k, target.to_owned()));
    let targets = variants(target).into_iter().map(|t| (kind.to_owned(), t));
    for (kind, target) in kinds.chain(targets) {
        let action = Action::new(&kind)
            .target(&target)
            .agent(watched.action.agent_name().original());
        let action = setting::with_params(action, &watched.params);
        let decision = search.board.decide(&action, watched.at);
        if decision.approval == Approval::Auto {
            let rule = search.rules.get(number)?;
            return Some(Suspect {
                rule: &rules::NORMALIZATION,
                subject: Subject::Rule(number),
                decider: decision.by,
                operator: "spelling",
                severity: Severity::Medium,
                certainty: Certainty::Proved,
                assumes: Vec::new(),
                message: format!(
                    "rule `{}` blocks `{}` and not the same name in other characters, `{action}`",
                    rule.name(),
                    watched.action
                ),
                expected: Some(format!("decided by {:?}", decider(number))),
                affected: (1, vec![action.to_string()]),
                witnesses: vec![(action, watched.at)],
                ideas: Vec::new(),
            });
        }
    }
    None
}

/// The same name in other characters: case, width, invisible ones, and letters of another script.
fn variants(name: &str) -> Vec<String> {
    let Some(first) = name.chars().next().filter(|_| name.is_ascii()) else {
        return Vec::new();
    };
    let wide = |c: char| match u32::from(c) {
        code @ 0x21..=0x7e => char::from_u32(code + 0xfee0).unwrap_or(c),
        _ => c,
    };
    let alike = |c: char| match c {
        'a' => 'а',
        'c' => 'с',
        'e' => 'е',
        'i' => 'і',
        'o' => 'о',
        'p' => 'р',
        'x' => 'х',
        c => c,
    };
    let rest: String = name.chars().skip(1).collect();
    let mut variants = vec![
        name.to_ascii_uppercase(),
        name.chars().map(wide).collect(),
        format!("{first}\u{200b}{rest}"),
        format!("{first}\u{ad}{rest}"),
        format!("\u{202e}{name}"),
        format!("{name}\u{0}"),
        format!(" {name}\u{a0}"),
    ];
    let looks: String = name.chars().map(alike).collect();
    if looks != name {
        variants.push(looks);
    }
    variants
}
