//! Changes worth trying that follow from the kind of a finding, where the analysis has none.

use aegis_policy::decision::Decider;
use aegis_policy::model::{Approval, Atom, Located, Rule, Test};
use aegis_policy::policy::Policy;

use crate::fix::quoted;
use crate::rules;
use crate::suspect::{Idea, Subject, Suspect};

/// Adds what usually helps.
pub(super) fn add(policy: &Policy, suspect: &mut Suspect) {
    let usual = if suspect.rule == &rules::CONDITION_GAP {
        anchored(policy, suspect.subject).or_else(|| without(policy, suspect, Part::Conditions))
    } else if suspect.rule == &rules::AGENT_GAP {
        without(policy, suspect, Part::Agent)
    } else if suspect.rule == &rules::CONDITION_NEVER || suspect.rule == &rules::SHADOWED_RULE {
        suspect.subject.rule().map(|rule| Idea::Remove { rule })
    } else {
        None
    };
    if let Some(idea) = usual
        && !suspect.ideas.contains(&idea)
    {
        suspect.ideas.push(idea);
    }
}

/// An expression of an automatic rule that has to match the whole text.
fn anchored(policy: &Policy, subject: Subject) -> Option<Idea> {
    let Subject::Condition(rule, at) = subject else {
        return None;
    };
    let of = policy.checked().rules().get(rule)?;
    if of.approval.value != Approval::Auto {
        return None;
    }
    let Atom::Param {
        test: Test::Matches(regex),
        ..
    } = &of.conditions.get(at)?.atom
    else {
        return None;
    };
    // A whole word is probably all there should be; of a part, such as `@example.com`, one cannot
    // tell what may stand around it.
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '|' | '(' | ')');
    if !regex.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '(')
        || !regex.chars().all(word)
    {
        return None;
    }
    Some(Idea::Condition {
        rule,
        at,
        key: None,
        operand: Some(quoted(&format!("^(?:{regex})$"))),
    })
}

/// What is left out of a copy of a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Conditions,
    Agent,
}

/// A copy of a restriction that holds for more, before the rule that decides instead.
fn without(policy: &Policy, suspect: &Suspect, part: Part) -> Option<Idea> {
    let number = suspect.subject.rule()?;
    let rule = policy.checked().rules().get(number)?;
    if rule.approval.value == Approval::Auto {
        return None;
    }
    let before = match suspect.decider {
        Decider::Rule(by) if by as usize > number => Some(by as usize),
        Decider::Rule(_) | Decider::Language => return None,
        Decider::Default => None,
    };
    let taken = |name: &str| {
        let mut rules = policy.checked().rules().iter();
        rules.any(|r| &*r.name.value == name)
    };
    let ending = match part {
        Part::Conditions => "otherwise",
        Part::Agent => "for_all",
    };
    let mut name = format!("{}_{ending}", rule.name.value);
    while taken(&name) {
        name.push_str("_2");
    }
    Some(Idea::Insert {
        yaml: copy(rule, &name, part),
        before,
    })
}

/// A rule as YAML, without a part.
fn copy(rule: &Rule, name: &str, part: Part) -> String {
    let list = |patterns: &[Located<Box<str>>]| {
        let each: Vec<String> = patterns.iter().map(|p| quoted(&p.value)).collect();
        match each.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        }
    };
    let mut out = format!("- name: {}\n", quoted(name));
    let mut matches = Vec::new();
    let m = &rule.matches;
    let fields = [
        ("type", &m.kind),
        ("target", &m.target),
        ("agent", &m.agent),
    ];
    for (key, patterns) in fields {
        if let Some(patterns) = patterns
            .as_ref()
            .filter(|_| part != Part::Agent || key != "agent")
        {
            matches.push(format!("    {key}: {}\n", list(patterns)));
        }
    }
    if let Some(effects) = &m.effect {
        let words: Vec<&str> = effects.iter().map(|e| e.value.as_str()).collect();
        matches.push(format!("    effect: [{}]\n", words.join(", ")));
    }
    if matches.is_empty() {
        matches.push("    type: \"*\"\n".to_owned());
    }
    out += "  match:\n";
    out += &matches.concat();
    out += &format!("  risk_level: {}\n", rule.risk.value);
    out += &format!("  approval: {}\n", rule.approval.value);
    if let Some(reason) = &rule.reason {
        out += &format!("  reason: {}\n", quoted(&reason.value));
    }
    out
}
