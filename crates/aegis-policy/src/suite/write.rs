//! Suite -> YAML.

use crate::action::Action;
use crate::emit::{Out, key};

use super::{Case, Expect, Suite};

impl Suite {
    /// The suite as YAML.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let policy = self.policy.as_ref().map(|p| &*p.value);
        render(policy, &self.cases.iter().map(case).collect::<Vec<_>>())
    }
}

/// A suite of cases that are written already.
pub(super) fn render(policy: Option<&str>, cases: &[Out]) -> String {
    let mut out = vec![("version".to_owned(), Out::quoted("1"))];
    if let Some(policy) = policy {
        out.push(("policy".into(), Out::text(policy)));
    }
    out.push(("cases".into(), Out::Items(cases.to_vec())));
    Out::Block(out).render()
}

/// One case.
pub(super) fn case(case: &Case) -> Out {
    parts(
        &case.name.value,
        &case.action,
        case.at.map(|at| at.to_string()).as_deref(),
        &case.expect,
    )
}

/// One case from its parts.
pub(super) fn parts(name: &str, what: &Action, at: Option<&str>, wanted: &Expect) -> Out {
    let mut out = vec![
        ("name".to_owned(), Out::text(name)),
        ("action".to_owned(), action(what)),
    ];
    if let Some(at) = at {
        out.push(("at".into(), Out::quoted(at)));
    }
    out.push(("expect".into(), expect(wanted)));
    Out::Block(out)
}

fn action(action: &Action) -> Out {
    let mut out = vec![("type".to_owned(), Out::text(action.kind_name().original()))];
    for (key, name) in [
        ("target", action.target_name()),
        ("agent", action.agent_name()),
    ] {
        if !name.original().is_empty() {
            out.push((key.into(), Out::text(name.original())));
        }
    }
    if let Some(session) = action.session_id() {
        out.push(("session".into(), Out::text(session)));
    }
    if !action.params().is_empty() {
        let param = |(name, value): &(String, _)| (key(name), Out::value(value));
        let params = action.params().iter().map(param).collect();
        out.push(("params".into(), Out::Map(params)));
    }
    if let Some(effect) = action.stated_effect() {
        out.push(("effect".into(), Out::word(effect)));
    }
    let hints = action.tool_hints();
    let flags = [
        ("read_only", hints.read_only),
        ("destructive", hints.destructive),
    ];
    let flags: Vec<(String, Out)> = flags
        .into_iter()
        .filter_map(|(key, flag)| Some((key.to_owned(), Out::word(flag?))))
        .collect();
    if !flags.is_empty() {
        out.push(("hints".into(), Out::Map(flags)));
    }
    Out::Map(out)
}

fn expect(expect: &Expect) -> Out {
    let mut out = Vec::new();
    if let Some(approval) = &expect.approval {
        out.push(("approval".to_owned(), Out::word(approval.value)));
    }
    if let Some(risk) = &expect.risk {
        out.push(("risk".into(), Out::word(risk.value)));
    }
    if let Some(rule) = &expect.rule {
        let rule = match &rule.value {
            Some(name) => Out::text(name),
            None => Out::word("null"),
        };
        out.push(("rule".into(), rule));
    }
    Out::Map(out)
}
