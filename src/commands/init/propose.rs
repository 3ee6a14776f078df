//! Tools -> a policy and its test suite, as text that people read and change.
//!
//! Every tool is named in the rule of its group, so that moving a name is all it takes to decide
//! otherwise; behind them stand rules by effect, for tools that appear later.

use std::collections::HashSet;
use std::fmt::Write;

use aegis_policy::action::Action;
use aegis_policy::glob::Glob;
use aegis_policy::model::{Approval, Effect, Risk};
use aegis_policy::name::is_ignorable;
use aegis_policy::policy::Policy;
use aegis_policy::suite::default_moment;
use anyhow::anyhow;

use super::tools::{Found, Tool};
use crate::words;

/// A policy of more tools would be longer than a policy may be.
const MOST: usize = 2_000;
/// Places and parameters of a tool that its comment lists.
const LISTED: usize = 3;

/// A proposed policy.
pub(super) struct Proposal {
    /// Its text.
    pub(super) text: String,
    /// The text of its suite.
    pub(super) suite: String,
    /// The same, ready to decide.
    pub(super) policy: Policy,
    /// How many cases the suite has.
    pub(super) cases: usize,
}

/// A rule that names the tools of some effects.
struct Group {
    /// `None` is unknown.
    effects: &'static [Option<Effect>],
    rule: &'static str,
    risk: Risk,
    approval: Approval,
    reason: &'static str,
    comment: &'static str,
}

const GROUPS: [Group; 8] = [
    Group {
        effects: &[Some(Effect::Delete)],
        rule: "no_deletes",
        risk: Risk::Critical,
        approval: Approval::Block,
        reason: "Deleting is left to people. Archive or disable it instead, or ask somebody to delete it.",
        comment: "What cannot be undone is never done by an agent. Move what it may do to a rule further down.",
    },
    Group {
        effects: &[Some(Effect::Privilege)],
        rule: "no_privileges",
        risk: Risk::Critical,
        approval: Approval::Block,
        reason: "An agent does not hand out rights, roles or credentials. Ask an administrator.",
        comment: "Whoever hands out rights can get around every other rule.",
    },
    Group {
        effects: &[Some(Effect::Pay)],
        rule: "money_is_asked_about",
        risk: Risk::Critical,
        approval: Approval::Approve,
        reason: "This moves money.",
        comment: "Money. Consider a limit, such as `conditions: { param_gt: { amount: 100 } }`.",
    },
    Group {
        effects: &[Some(Effect::Execute), Some(Effect::Deploy)],
        rule: "code_is_asked_about",
        risk: Risk::High,
        approval: Approval::Approve,
        reason: "This runs code or changes what runs.",
        comment: "What runs code can do anything that its user can.",
    },
    Group {
        effects: &[Some(Effect::Exfiltrate)],
        rule: "exports_are_asked_about",
        risk: Risk::High,
        approval: Approval::Approve,
        reason: "This carries data out.",
        comment: "What carries data out cannot be called back.",
    },
    Group {
        effects: &[Some(Effect::Send)],
        rule: "messages_are_asked_about",
        risk: Risk::High,
        approval: Approval::Approve,
        reason: "This reaches other people, and cannot be taken back.",
        comment: "What other people see.",
    },
    Group {
        effects: &[Some(Effect::Write)],
        rule: "changes_are_asked_about",
        risk: Risk::Medium,
        approval: Approval::Approve,
        reason: "This changes something.",
        comment: "Changes. Those that nobody minds can have a rule of their own with `approval: auto`.",
    },
    Group {
        effects: &[None],
        rule: "unclear_tools_are_asked_about",
        risk: Risk::Medium,
        approval: Approval::Approve,
        reason: "Nobody has said yet what this tool does.",
        comment: "The names of these do not say what they do. Move each to the rule where it belongs; one that only\n  # reads needs a rule of its own, with `match: { type: NAME }` and `approval: auto`.",
    },
];

const READS: &str = "reads";

/// Names of what opens doors, as a pattern.
const CREDENTIALS: &str = "*{secret,credential,passw,token,api{_,-,}key,access{_,-,}key,private{_,-,}key,connection{_,-,}string}*";

/// The rules after those that name tools.
const REST: &str = r#"
  # ---- tools that appear later, by what they do; what is not here is asked about ----
  - name: no_other_deletes
    match: { effect: delete }
    risk_level: critical
    approval: block
    reason: Deleting is left to people. Archive or disable it instead, or ask somebody to delete it.

  - name: no_other_privileges
    match: { effect: privilege }
    risk_level: critical
    approval: block
    reason: An agent does not hand out rights, roles or credentials. Ask an administrator.

  - name: other_dangers_are_asked_about
    match: { effect: [pay, execute, deploy, exfiltrate, send] }
    risk_level: high
    approval: approve
    reason: This moves money, runs code, carries data out or reaches other people.
"#;

/// Cases for the rules that name no tools: the name of the case, and an action.
const OTHERS: [(&str, &str); 5] = [
    ("reading credentials", "get_access_token"),
    ("a delete that no rule names", "purge_customer_queue"),
    ("rights that no rule names", "grant_team_access"),
    ("money that no rule names", "create_refund"),
    ("a tool that says nothing about itself", "frobnicate"),
];

/// Proposes rules for tools; there is at least one.
pub(super) fn propose(found: &Found) -> anyhow::Result<Proposal> {
    let tools = found.tools.get(..MOST).unwrap_or(&found.tools);
    let text = policy(tools, found);
    let policy = Policy::load("policy.yaml", &text)
        .map_err(|e| anyhow!("the proposed policy is not well formed: {e}"))?;
    let (suite, cases) = suite(&policy, tools);
    Ok(Proposal {
        text,
        suite,
        policy,
        cases,
    })
}

fn policy(tools: &[Tool], found: &Found) -> String {
    let mut out = format!(
        "# What the agents in this code may do, proposed by `aegis init` from the {} it found.\n\
         # Go through it, move each tool to the rule where it belongs, then run `aegis test`.\n\
         # Rules are tried from the top; the first that matches decides.\n",
        words::count(tools.len(), "tool", "tools")
    );
    let more = found.tools.len() - tools.len();
    for (n, one, many) in [
        (more, "further tool is", "further tools are"),
        (
            found.unnamed,
            "tool has a name that only shows at run time, and is",
            "tools have names that only show at run time, and are",
        ),
    ] {
        if n > 0 {
            let _ = writeln!(out, "# {} not named here.", words::count(n, one, many));
        }
    }
    if found.servers > 0 {
        let _ = writeln!(
            out,
            "# Tools of MCP servers ({}) are not in the code: `aegis simulate` shows what happens to them.",
            words::count(found.servers, "is attached", "are attached")
        );
    }
    out += "version: \"1\"\n\n\
        # Whatever no rule speaks of is asked about: new tools appear without telling you.\n\
        defaults:\n  risk_level: medium\n  approval: approve\n\nrules:\n";
    for group in &GROUPS {
        let named: Vec<&Tool> = tools
            .iter()
            .filter(|tool| group.effects.contains(&tool.effect()))
            .collect();
        if named.is_empty() {
            continue;
        }
        let _ = writeln!(out, "  # {}", group.comment);
        let _ = writeln!(out, "  - name: {}", group.rule);
        out += "    match:\n      type:\n";
        names(&mut out, &named);
        let _ = writeln!(
            out,
            "    risk_level: {}\n    approval: {}\n    reason: {}\n",
            group.risk, group.approval, group.reason
        );
    }
    reads(&mut out, tools);
    out += REST.trim_start_matches('\n');
    out
}

/// Reading is automatic for the tools that are named, unless it opens doors.
fn reads(out: &mut String, tools: &[Tool]) {
    let pattern = Glob::parse(CREDENTIALS).ok();
    let reads = tools
        .iter()
        .filter(|tool| tool.effect() == Some(Effect::Read));
    let (doors, harmless): (Vec<&Tool>, Vec<&Tool>) = reads.partition(|tool| {
        let name = aegis_policy::name::canonical(&tool.name);
        pattern.as_ref().is_some_and(|p| p.matches(&name))
    });
    *out += "  # Reading is harmless unless what is read opens doors.\n  \
        - name: credentials_are_asked_about\n    match:\n      effect: read\n      type:\n";
    names(out, &doors);
    let _ = writeln!(
        out,
        "        - \"{CREDENTIALS}\"\n    risk_level: high\n    approval: approve\n    reason: This may show credentials.\n"
    );
    if harmless.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "  # Automatic: these only read. With `effect`, a tool of this name that says it does more is asked about."
    );
    let _ = writeln!(
        out,
        "  - name: {READS}\n    match:\n      effect: read\n      type:"
    );
    names(out, &harmless);
    out.push_str("    risk_level: low\n    approval: auto\n\n");
}

/// A line for each tool, with where it comes from.
fn names(out: &mut String, tools: &[&Tool]) {
    let quoted: Vec<String> = tools.iter().map(|t| quoted(&escaped(&t.name))).collect();
    let width = quoted
        .iter()
        .map(|q| q.chars().count())
        .max()
        .unwrap_or(0)
        .min(40);
    for (tool, quoted) in tools.iter().zip(quoted) {
        let _ = writeln!(out, "        - {quoted:<width$}  # {}", comment(tool));
    }
}

/// `app/tools.py:12 (user_id, reason); runs subprocess.run at app/tools.py:14`.
fn comment(tool: &Tool) -> String {
    let places = tool
        .places
        .iter()
        .map(|(path, line)| format!("{path}:{line}"));
    let mut out = some(places.collect());
    if !tool.params.is_empty() {
        let _ = write!(out, " ({})", some(tool.params.clone()));
    }
    if let Some(runs) = &tool.runs {
        let (path, line) = &runs.place;
        let _ = write!(out, "; runs {} at {path}:{line}", runs.api);
    }
    visible(&out)
}

/// The text with a mark for each character that does not show.
fn visible(text: &str) -> String {
    let mark = |c: char| if shows(c) { c } else { '?' };
    text.chars().map(mark).collect()
}

/// Whether a character can stand in a policy as it is.
fn shows(c: char) -> bool {
    matches!(c, ' '..='~') || c.is_alphanumeric() && !is_ignorable(c)
}

/// The first of a list, and how many more there are.
fn some(mut items: Vec<String>) -> String {
    let more = items.len().saturating_sub(LISTED);
    items.truncate(LISTED);
    let listed = items.join(", ");
    match more {
        0 => listed,
        more => format!("{listed}, {more} more"),
    }
}

/// The pattern that matches a name and nothing else.
fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            // At the end it looks like a regular expression.
            '$' => out.push_str("[$]"),
            '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '|' | ',' | '^' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A text in double quotes; what does not show is spelled out.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if shows(c) => out.push(c),
            c => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out + "\""
}

/// One case for each tool, and one for each rule that names none.
fn suite(policy: &Policy, tools: &[Tool]) -> (String, usize) {
    let mut out = "# What the policy must decide. Proposed by `aegis init`: each case says what the policy decides\n\
        # now; change the policy, then the cases, and a slip will be noticed.\n\
        version: \"1\"\npolicy: policy.yaml\ncases:\n"
        .to_owned();
    let mut names = HashSet::new();
    let cases = tools
        .iter()
        .map(|tool| (tool.name.as_str(), tool.name.as_str()))
        .chain(OTHERS);
    for (name, kind) in cases {
        let mut unique = visible(name);
        while !names.insert(unique.clone()) {
            unique += " again";
        }
        let decision = policy.decide(&Action::new(kind), default_moment());
        let rule = match decision.by {
            aegis_policy::decision::Decider::Rule(number) => {
                policy.rule(number).map(|r| r.name.value.to_string())
            }
            _ => None,
        };
        let rule = rule.unwrap_or_else(|| "null".to_owned());
        let _ = writeln!(
            out,
            "  - name: {}\n    action: {{ type: {} }}\n    expect: {{ approval: {}, risk: {}, rule: {rule} }}",
            quoted(&unique),
            quoted(kind),
            decision.approval,
            decision.risk,
        );
    }
    (out, names.len())
}

#[cfg(test)]
mod tests {
    use aegis_policy::suite::{Suite, run};

    use super::super::tools::Runs;
    use super::*;

    fn found(names: &[&str]) -> Found {
        let tools = names.iter().map(|name| Tool {
            name: (*name).to_owned(),
            named: Action::new(name).effect_found(),
            runs: (*name == "check_disk").then(|| Runs {
                api: "os.popen".to_owned(),
                place: ("disk.py".to_owned(), 7),
            }),
            params: vec!["a\u{1b}b".to_owned(), "to".to_owned()],
            places: (1..6)
                .map(|n| ("odd\n name\u{3164}.py".to_owned(), n))
                .collect(),
        });
        Found {
            tools: tools.collect(),
            unnamed: 1,
            servers: 2,
            files: 1,
        }
    }

    /// Every name is decided by a rule that names it, without a warning, whatever is in the name.
    #[track_caller]
    fn sound(names: &[&str]) -> Proposal {
        let proposal = propose(&found(names)).unwrap_or_else(|e| panic!("{names:?}: {e}"));
        let warnings = proposal.policy.checked().warnings();
        assert!(warnings.is_empty(), "{warnings:#?}\n{}", proposal.text);
        let suite = Suite::load("policy.test.yaml", &proposal.suite)
            .unwrap_or_else(|e| panic!("{e}\n{}", proposal.suite));
        assert_eq!(suite.cases.len(), proposal.cases);
        let results = run(&proposal.policy, &suite);
        assert!(results.passed(), "{results:#?}");
        assert_eq!(results.coverage.untried(), [0_u32; 0], "{}", proposal.text);
        let named = proposal.policy.checked().rules().iter();
        let named: usize = named
            .filter_map(|r| r.matches.kind.as_ref())
            .map(Vec::len)
            .sum();
        assert_eq!(named, names.len() + 1, "{}", proposal.text);
        proposal
    }

    #[test]
    fn every_effect_has_a_rule() {
        let proposal = sound(&[
            "delete_user",
            "export_customers",
            "frob",
            "get_api_key",
            "get_order",
            "grant_role",
            "refund_order",
            "restart_service",
            "run_shell",
            "send_email",
            "update_note",
        ]);
        insta::assert_snapshot!(proposal.text, @r#"
        # What the agents in this code may do, proposed by `aegis init` from the 11 tools it found.
        # Go through it, move each tool to the rule where it belongs, then run `aegis test`.
        # Rules are tried from the top; the first that matches decides.
        # 1 tool has a name that only shows at run time, and is not named here.
        # Tools of MCP servers (2 are attached) are not in the code: `aegis simulate` shows what happens to them.
        version: "1"

        # Whatever no rule speaks of is asked about: new tools appear without telling you.
        defaults:
          risk_level: medium
          approval: approve

        rules:
          # What cannot be undone is never done by an agent. Move what it may do to a rule further down.
          - name: no_deletes
            match:
              type:
                - "delete_user"  # odd? name?.py:1, odd? name?.py:2, odd? name?.py:3, 2 more (a?b, to)
            risk_level: critical
            approval: block
            reason: Deleting is left to people. Archive or disable it instead, or ask somebody to delete it.

          # Whoever hands out rights can get around every other rule.
          - name: no_privileges
            match:
              type:
                - "grant_role"  # odd? name?.py:1, odd? name?.py:2, odd? name?.py:3, 2 more (a?b, to)
            risk_level: critical
            approval: block
            reason: An agent does not hand out rights, roles or credentials. Ask an administrator.

          # Money. Consider a limit, such as `conditions: { param_gt: { amount: 100 } }`.
          - name: money_is_asked_about
            match:
              type:
                - "refund_order"  # odd? name?.py:1, odd? name?.py:2, odd? name?.py:3, 2 more (a?b, to)
            risk_level: critical
            approval: approve
            reason: This moves money.

          # What runs code can do anything that its user can.
          - name: code_is_asked_about
            match:
              type:
                - "restart_service"  # odd? name?.py:1, odd? name?.py:2, odd? name?.py:3, 2 more (a?b, to)
                - "run_shell"        # odd? name?.py:1, odd? name?.py:2, odd? name?.py:3, 2 more (a?b, to)
            risk_level: high
            approval: approve
            reason: This runs code or changes what runs.

          # What carries data out cannot be called back.
          - name: exports_are_asked_about
            match:
              type:
                - "export_customers"  # odd? name?.py:1, odd? name?.py:2, odd? name?.py:3, 2 more (a?b, to)
            risk_level: high
            approval: approve
            reason: This carries data out.

          # What other people see.
          - name: messages_are_asked_about
            match:
              type:
                - "send_email"  # odd? name?.py:1, odd? name?.py:2, odd? name?.py:3, 2 more (a?b, to)
            risk_level: high
            approval: approve
            reason: This reaches other people, and cannot be taken back.

          # Changes. Those that nobody minds can have a rule of their own with `approval: auto`.
          - name: changes_are_asked_about
            match:
              type:
                - "update_note"  # odd? name?.py:1, odd? name?.py:2, odd? name?.py:3, 2 more (a?b, to)
            risk_level: medium
            approval: approve
            reason: This changes something.

          # The names of these do not say what they do. Move each to the rule where it belongs; one that only
          # reads needs a rule of its own, with `match: { type: NAME }` and `approval: auto`.
          - name: unclear_tools_are_asked_about
            match:
              type:
                - "frob"  # odd? name?.py:1, odd? name?.py:2, odd? name?.py:3, 2 more (a?b, to)
            risk_level: medium
            approval: approve
            reason: Nobody has said yet what this tool does.

          # Reading is harmless unless what is read opens doors.
          - name: credentials_are_asked_about
            match:
              effect: read
              type:
                - "get_api_key"  # odd? name?.py:1, odd? name?.py:2, odd? name?.py:3, 2 more (a?b, to)
                - "*{secret,credential,passw,token,api{_,-,}key,access{_,-,}key,private{_,-,}key,connection{_,-,}string}*"
            risk_level: high
            approval: approve
            reason: This may show credentials.

          # Automatic: these only read. With `effect`, a tool of this name that says it does more is asked about.
          - name: reads
            match:
              effect: read
              type:
                - "get_order"  # odd? name?.py:1, odd? name?.py:2, odd? name?.py:3, 2 more (a?b, to)
            risk_level: low
            approval: auto

          # ---- tools that appear later, by what they do; what is not here is asked about ----
          - name: no_other_deletes
            match: { effect: delete }
            risk_level: critical
            approval: block
            reason: Deleting is left to people. Archive or disable it instead, or ask somebody to delete it.

          - name: no_other_privileges
            match: { effect: privilege }
            risk_level: critical
            approval: block
            reason: An agent does not hand out rights, roles or credentials. Ask an administrator.

          - name: other_dangers_are_asked_about
            match: { effect: [pay, execute, deploy, exfiltrate, send] }
            risk_level: high
            approval: approve
            reason: This moves money, runs code, carries data out or reaches other people.
        "#);
    }

    #[test]
    fn what_the_code_runs_counts_more_than_the_name() {
        let proposal = sound(&["check_disk", "get_order"]);
        let decided = |name: &str| {
            let decision = proposal.policy.decide(&Action::new(name), default_moment());
            decision.approval
        };
        assert_eq!(
            decided("check_disk"),
            Approval::Approve,
            "{}",
            proposal.text
        );
        assert_eq!(decided("get_order"), Approval::Auto);
        let line = "; runs os.popen at disk.py:7\n";
        assert!(proposal.text.contains(line), "{}", proposal.text);
    }

    #[test]
    fn names_of_any_kind_are_matched_as_they_are() {
        let odd = [
            "a*b",
            "a?",
            "[x]",
            "{a,b}",
            "back\\slash",
            "^start",
            "end$",
            "a|b",
            "a,b",
            "!not",
            "quote\"d",
            "über",
            "ß",
            "emoji\u{1f600}",
            "zero\u{200b}width",
            "tab\tbed",
            "'single'",
            "# hash",
            "null",
            "1",
            "true",
            "~",
            "- dash",
            "a: b",
            "read.*",
            "get.*",
            "日本語",
        ];
        for name in odd {
            let proposal = sound(&[name]);
            let other = proposal
                .policy
                .decide(&Action::new("something_else"), default_moment());
            assert_eq!(other.by, aegis_policy::decision::Decider::Default, "{name}");
        }
        sound(&odd);
    }

    #[test]
    fn thousands_of_tools_fit() {
        let names: Vec<String> = (0..2_500)
            .map(|n| format!("{}get_{n}", "long_".repeat(20)))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let proposal = propose(&found(&names)).unwrap();
        assert_eq!(proposal.cases, MOST + OTHERS.len());
        assert!(
            proposal
                .text
                .contains("# 500 further tools are not named here.")
        );
    }
}
