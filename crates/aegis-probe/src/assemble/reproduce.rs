//! The command that shows a witness again.

use aegis_policy::action::{Action, Hints};
use aegis_policy::clock::Moment;
use aegis_policy::name::is_ignorable;
use aegis_policy::policy::Policy;

/// `aegis simulate policy.yaml --type T ... --at TIME`, quoted for a POSIX shell. An action that
/// options cannot say exactly, or that a terminal would not show, is piped in as JSON.
pub(crate) fn reproduce(policy: &Policy, action: &Action, at: Moment) -> String {
    let path = policy.checked().files().first();
    let path = path.map_or("policy.yaml", |file| file.path.as_str());
    let path = location(path);
    let plain = action.session_id().is_none()
        && action.stated_effect().is_none()
        && action.tool_hints() == Hints::default()
        && !action.kind_name().original().is_empty()
        && action.params().iter().all(|(name, _)| is_word(name));
    let json = action.to_json();
    if !plain || json.chars().any(is_hidden) {
        let json = shell(&visible(&json));
        return format!("printf '%s' {json} | aegis simulate {path} --action-file - --at {at}");
    }
    let mut command = format!("aegis simulate {path}");
    let mut add = |option: &str, value: &str| {
        // A value that looks like an option needs the form that cannot be taken for one.
        let gap = if value.starts_with('-') { '=' } else { ' ' };
        command += &format!(" {option}{gap}{}", shell(value));
    };
    add("--type", action.kind_name().original());
    for (option, name) in [
        ("--target", action.target_name()),
        ("--agent", action.agent_name()),
    ] {
        if !name.original().is_empty() {
            add(option, name.original());
        }
    }
    for (name, value) in action.params() {
        add("--param-json", &format!("{name}={}", value.to_json()));
    }
    add("--at", &at.to_string());
    command
}

/// The policy as an argument: a word that `simulate` takes for a policy, or its option.
fn location(path: &str) -> String {
    let path = match path.starts_with('-') {
        true => format!("./{path}"),
        false => path.to_owned(),
    };
    let lower = path.to_ascii_lowercase();
    let named = lower.ends_with(".yaml") || lower.ends_with(".yml");
    match named && !path.contains(':') {
        true => shell(&path),
        false => format!("--policy {}", shell(&path)),
    }
}

/// Whether a name of a parameter can stand before the `=` of an option.
fn is_word(name: &str) -> bool {
    let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !name.is_empty() && !name.starts_with('-') && name.chars().all(ok)
}

/// Whether a reader of a terminal could not see the character for what it is.
fn is_hidden(c: char) -> bool {
    !c.is_ascii() || c.is_control() || is_ignorable(c)
}

/// JSON in ASCII: the same value, every character seen.
fn visible(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out += &format!("\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A word for a POSIX shell.
fn shell(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+,-".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use aegis_policy::value::Value;

    use super::*;

    fn command(action: &Action) -> String {
        let policy = Policy::load("my policy.yaml", "rules: []\n").unwrap();
        reproduce(&policy, action, Moment::new(0, 0))
    }

    #[test]
    fn options_say_it_where_they_can() {
        let action = Action::new("s3:DeleteObject")
            .target("it's prod")
            .agent("bot")
            .param("amount", 10_000_i64)
            .param("who", "-a b");
        insta::assert_snapshot!(command(&action), @r#"aegis simulate 'my policy.yaml' --type s3:DeleteObject --target 'it'\''s prod' --agent bot --param-json amount=10000 --param-json 'who="-a b"' --at 1970-01-01T00:00:00Z"#);
        insta::assert_snapshot!(command(&Action::new("-x")), @"aegis simulate 'my policy.yaml' --type=-x --at 1970-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_not_seen_is_escaped_and_piped() {
        let hidden = Action::new("de\u{200b}lete");
        insta::assert_snapshot!(command(&hidden), @r#"printf '%s' '{"type":"de\u200blete"}' | aegis simulate 'my policy.yaml' --action-file - --at 1970-01-01T00:00:00Z"#);
        let dotted = Action::new("x").param("a.b", Value::Null);
        assert!(command(&dotted).starts_with("printf '%s' "));
        let json = visible(&hidden.to_json());
        assert_eq!(Action::from_json(&json), Ok(hidden));
    }
}
