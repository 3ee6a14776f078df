//! What is asked about: words, flags and JSON -> actions.

use std::path::Path;

use aegis_policy::action::{Action, ActionError, Hints};
use aegis_policy::value::Value;
use anyhow::{Context, anyhow, bail};

use crate::cli::{Param, SimulateArgs};
use crate::policies;

/// More actions than this in one run are no simulation.
const MOST: usize = 1_000_000;

/// The actions, and what should be known about how they were read.
pub(super) struct Asked {
    pub(super) actions: Vec<Action>,
    pub(super) notes: Vec<String>,
}

/// The actions of the words, of `--type` and of `--action-file`, in this order.
pub(super) fn asked(args: &SimulateArgs, words: &[String]) -> anyhow::Result<Asked> {
    let mut asked = Asked {
        actions: Vec::new(),
        notes: Vec::new(),
    };
    let flags = Flags::new(args)?;
    for word in words {
        asked.actions.push(flags.on(short(word)));
        asked.notes.extend(ambiguous(word));
    }
    if let Some(kind) = &args.kind {
        let action = Action::new(kind);
        asked.actions.push(flags.on(match &args.target {
            Some(target) => action.target(target),
            None => action,
        }));
    }
    asked.notes.extend(flags.notes());
    if asked.actions.is_empty() && flags.are_given() {
        bail!(
            "`{}` says how an action is, but no action is named; add one as `TYPE:TARGET` or with `--type`",
            flags.first()
        );
    }
    if let Some(path) = &args.action_file {
        asked.actions.extend(file(path)?);
    }
    if asked.actions.is_empty() {
        bail!(
            "no action to decide about; name one, such as `read_file` or `delete:db`, or use `--type` or `--action-file`"
        );
    }
    Ok(asked)
}

/// `TYPE` or `TYPE:TARGET`.
fn short(word: &str) -> Action {
    match word.split_once(':') {
        Some((kind, target)) => Action::new(kind).target(target),
        None => Action::new(word),
    }
}

/// What to say about a word that could have been meant otherwise.
fn ambiguous(word: &str) -> Option<String> {
    let (kind, target) = word.split_once(':')?;
    let (more, rest) = target.split_once(':')?;
    // `fetch:https://example.com` has one reading only.
    if rest.starts_with("//") {
        return None;
    }
    Some(format!(
        "`{word}` was read as type `{kind}` and target `{target}`; if `{kind}:{more}` is the type, write `--type '{kind}:{more}' --target '{rest}'`"
    ))
}

/// What the flags say about every action of the line.
struct Flags<'a> {
    args: &'a SimulateArgs,
    params: Vec<&'a Param>,
}

impl<'a> Flags<'a> {
    fn new(args: &'a SimulateArgs) -> anyhow::Result<Self> {
        let exact = args.param_json.iter().map(|p| &p.0);
        let params: Vec<&Param> = args.params.iter().chain(exact).collect();
        for (i, param) in params.iter().enumerate() {
            if params.iter().take(i).any(|p| p.name == param.name) {
                bail!(
                    "parameter `{}` is given twice; keep one of the two",
                    param.name
                );
            }
        }
        Ok(Self { args, params })
    }

    fn on(&self, action: Action) -> Action {
        let args = self.args;
        let mut action = action.hints(Hints {
            read_only: args.read_only_hint,
            destructive: args.destructive_hint,
        });
        if let Some(agent) = &args.agent {
            action = action.agent(agent);
        }
        if let Some(effect) = args.effect {
            action = action.effect(effect);
        }
        for param in &self.params {
            action = action.param(param.name.as_str(), param.value.clone());
        }
        action
    }

    fn are_given(&self) -> bool {
        !self.first().is_empty()
    }

    /// The first flag that is given.
    fn first(&self) -> &'static str {
        let args = self.args;
        let flags = [
            ("--param", !args.params.is_empty()),
            ("--param-json", !args.param_json.is_empty()),
            ("--agent", args.agent.is_some()),
            ("--effect", args.effect.is_some()),
            ("--read-only-hint", args.read_only_hint.is_some()),
            ("--destructive-hint", args.destructive_hint.is_some()),
        ];
        let given = flags.iter().find(|(_, given)| *given);
        given.map_or("", |(name, _)| *name)
    }

    /// A key with a dot in it is rarely what was meant.
    fn notes(&self) -> Option<String> {
        let dotted = self.params.iter().find(|p| p.name.contains('.'))?;
        let (first, rest) = dotted.name.split_once('.')?;
        Some(format!(
            "`{}` is one parameter with a dot in its name; a value inside `{first}` is written `--param-json '{first}={{\"{rest}\": …}}'`",
            dotted.name
        ))
    }
}

/// The actions of a JSON file: an object, a list of objects, or one object a line.
fn file(path: &Path) -> anyhow::Result<Vec<Action>> {
    let shown = policies::shown(path);
    let failed = || format!("action file `{shown}` cannot be used");
    let text = String::from_utf8(policies::bytes("action file", path)?)
        .map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            anyhow!("it is not UTF-8: byte {at} is not part of a character")
        })
        .with_context(failed)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let actions = read(text).with_context(failed)?;
    if actions.is_empty() {
        return Err(anyhow!("it holds no action")).with_context(failed);
    }
    Ok(actions)
}

fn read(text: &str) -> anyhow::Result<Vec<Action>> {
    let lines: Vec<(usize, &str)> = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    // One object a line: what follows the first line starts another object.
    let by_line = lines.len() > 1
        && lines
            .iter()
            .all(|(_, line)| line.trim_start().starts_with('{'))
        && lines
            .first()
            .is_some_and(|(_, line)| Value::from_json(line).is_ok());
    if by_line {
        let each = lines.iter().map(|(number, line)| {
            Action::from_json(line).map_err(|e| anyhow!("line {number}: {}", advised(&e)))
        });
        return bounded(each, lines.len());
    }
    match Value::from_json(text) {
        Ok(Value::List(items)) => {
            let each = (1..).zip(&items).map(|(number, item)| {
                Action::from_json(&item.to_json())
                    .map_err(|e| anyhow!("action {number} of the list: {}", advised(&e)))
            });
            bounded(each, items.len())
        }
        _ => Ok(vec![
            Action::from_json(text).map_err(|e| anyhow!("{}", advised(&e)))?,
        ]),
    }
}

fn bounded(
    each: impl Iterator<Item = anyhow::Result<Action>>,
    n: usize,
) -> anyhow::Result<Vec<Action>> {
    if n > MOST {
        bail!("it holds {n} actions; {MOST} at most are simulated in one run");
    }
    each.collect()
}

/// The error with what an action looks like, where that helps.
fn advised(error: &ActionError) -> String {
    match error {
        ActionError::Json(_) => format!(
            "{error}; expected `{{\"type\": \"delete_file\", \"target\": \"prod\", \"params\": {{…}}}}`"
        ),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_ends_at_the_first_colon() {
        let parts = |word: &str| {
            let action = short(word);
            (
                action.kind_name().original().to_owned(),
                action.target_name().original().to_owned(),
            )
        };
        let is = |kind: &str, target: &str| (kind.to_owned(), target.to_owned());
        assert_eq!(parts("read:crm"), is("read", "crm"));
        assert_eq!(parts("read"), is("read", ""));
        assert_eq!(parts("mcp:fs:read"), is("mcp", "fs:read"));
        assert_eq!(parts(":x"), is("", "x"));
        assert!(ambiguous("read:crm").is_none() && ambiguous("get:https://a.b").is_none());
        insta::assert_snapshot!(ambiguous("mcp:fs:read").unwrap(), @"`mcp:fs:read` was read as type `mcp` and target `fs:read`; if `mcp:fs` is the type, write `--type 'mcp:fs' --target 'read'`");
    }

    #[test]
    fn files_hold_one_action_a_list_or_lines() {
        let kinds = |text: &str| {
            let actions = read(text).unwrap();
            let kinds = actions.iter().map(|a| a.kind_name().original().to_owned());
            kinds.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(kinds("{\"type\": \"a\"}"), "a");
        assert_eq!(kinds("{\n  \"type\":\n  \"a\"\n}\n"), "a");
        assert_eq!(kinds("[{\"type\": \"a\"},\n{\"type\": \"b\"}]"), "a b");
        assert_eq!(kinds("{\"type\": \"a\"}\n\n{\"type\": \"b\"}\n"), "a b");
        assert_eq!(kinds("{\"type\": \"a\"}\n{}\n"), "a ");
        assert_eq!(kinds("[]"), "");
        let said = |text: &str| read(text).unwrap_err().to_string();
        insta::assert_snapshot!(said("{\"type\": \"a\"}\n{\"tpye\": \"b\"}"), @"line 2: an action has no key `tpye`; did you mean `type`?");
        insta::assert_snapshot!(said("[{\"type\": 1}]"), @"action 1 of the list: `type` is a number, not text");
        insta::assert_snapshot!(said("type: a"), @r#"not the JSON of an action: not a JSON value: text needs double quotes at byte 0; expected `{"type": "delete_file", "target": "prod", "params": {…}}`"#);
        insta::assert_snapshot!(said("5"), @"the action is a number, not an object");
    }
}
