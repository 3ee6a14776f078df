//! Words that mean the same deed, and what is worth protecting.
//!
//! What a name does to the world is for the engine to say (`aegis_policy::effect`); the words here
//! only serve to make names up: other ways to say what a rule says.

use std::sync::OnceLock;

use aegis_policy::model::Effect;
use rustc_hash::FxHashMap;

/// A verb of one word.
#[derive(Debug)]
pub(crate) struct Verb {
    /// Its letters, in lower case.
    pub(crate) text: &'static str,
    /// What it does.
    pub(crate) effect: Effect,
    /// Whether it is mostly a verb where it stands in a name.
    pub(crate) sure: bool,
    /// Whether it is hardly ever anything else.
    pub(crate) only: bool,
    /// Whether doing it unattended is grave.
    pub(crate) grave: bool,
}

/// Things of one kind that actions have as their target.
#[derive(Debug)]
pub(crate) struct TargetClass {
    /// What they are.
    pub(crate) name: &'static str,
    /// Names of such things.
    pub(crate) names: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/vocabulary.rs"));

impl TargetClass {
    /// Whether what is done to them is hardest to take back.
    pub(crate) fn is_hard(&self) -> bool {
        matches!(self.name, "production" | "credentials" | "money")
    }

    /// Whether reading them already does harm.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.name, "credentials" | "customer_data" | "health")
    }
}

/// Whether an effect is among those that cannot be undone, cost money or give away control.
pub(crate) fn is_critical(effect: Effect) -> bool {
    matches!(
        effect,
        Effect::Delete | Effect::Execute | Effect::Pay | Effect::Privilege
    )
}

/// All verbs, sorted.
#[cfg(test)]
pub(crate) fn verbs() -> &'static [Verb] {
    &VERBS
}

/// No verb has more letters.
const LONGEST: usize = 24;

/// The verb of these letters, in lower case.
pub(crate) fn verb(text: &str) -> Option<&'static Verb> {
    if text.len() > LONGEST {
        return None; // names of any length are asked about, piece by piece
    }
    static NUMBERS: OnceLock<FxHashMap<&str, usize>> = OnceLock::new();
    let numbers = NUMBERS.get_or_init(|| {
        let verbs = VERBS.iter().enumerate();
        verbs.map(|(at, verb)| (verb.text, at)).collect()
    });
    VERBS.get(*numbers.get(text)?)
}

/// Verbs that say the same deed, the most common first.
const GROUPS: &[(Effect, &[&str])] = &[
    (
        Effect::Delete,
        &[
            "delete",
            "remove",
            "drop",
            "destroy",
            "purge",
            "wipe",
            "erase",
            "truncate",
            "unlink",
            "clear",
            "trash",
            "discard",
            "rm",
            "del",
            "terminate",
            "prune",
            "flush",
            "uninstall",
        ],
    ),
    (
        Effect::Execute,
        &[
            "execute", "run", "exec", "eval", "evaluate", "invoke", "call", "launch", "spawn",
        ],
    ),
    (Effect::Execute, &["restart", "reboot"]),
    (Effect::Execute, &["kill", "halt", "shutdown"]),
    (
        Effect::Send,
        &[
            "send",
            "email",
            "mail",
            "message",
            "forward",
            "publish",
            "notify",
            "broadcast",
            "share",
            "submit",
            "reply",
        ],
    ),
    (
        Effect::Pay,
        &[
            "pay", "transfer", "payout", "wire", "remit", "disburse", "withdraw", "settle",
        ],
    ),
    (Effect::Pay, &["refund", "reimburse", "chargeback"]),
    (Effect::Pay, &["charge", "debit"]),
    (Effect::Pay, &["buy", "purchase", "order"]),
    (
        Effect::Deploy,
        &[
            "deploy",
            "release",
            "rollout",
            "ship",
            "promote",
            "provision",
            "install",
            "apply",
            "push",
            "upgrade",
        ],
    ),
    (
        Effect::Deploy,
        &["scale", "autoscale", "upscale", "downscale"],
    ),
    (
        Effect::Privilege,
        &[
            "grant",
            "authorize",
            "allow",
            "permit",
            "elevate",
            "escalate",
            "entitle",
        ],
    ),
    (
        Effect::Privilege,
        &["assume", "impersonate", "become", "sudo"],
    ),
    (Effect::Privilege, &["revoke", "deny", "disallow"]),
    (
        Effect::Exfiltrate,
        &[
            "export",
            "download",
            "dump",
            "extract",
            "backup",
            "unload",
            "exfiltrate",
            "mirror",
        ],
    ),
    (
        Effect::Write,
        &["create", "add", "insert", "make", "register"],
    ),
    (
        Effect::Write,
        &[
            "update",
            "edit",
            "modify",
            "patch",
            "change",
            "set",
            "write",
            "overwrite",
            "replace",
            "upsert",
            "put",
        ],
    ),
    (
        Effect::Read,
        &[
            "get", "read", "fetch", "list", "retrieve", "show", "view", "describe", "search",
            "query", "find", "lookup",
        ],
    ),
];

/// The verbs that say the same as this one, itself included.
pub(crate) fn synonyms(verb: &Verb) -> &'static [&'static str] {
    let group = GROUPS
        .iter()
        .find(|(effect, words)| *effect == verb.effect && words.contains(&verb.text));
    group.map_or(&[], |(_, words)| *words)
}

/// The usual verb for an effect.
pub(crate) fn usual(effect: Effect) -> &'static str {
    let group = GROUPS.iter().find(|(e, _)| *e == effect);
    group
        .and_then(|(_, words)| words.first())
        .copied()
        .unwrap_or("do")
}

/// Words that leave no doubt about an effect.
pub(crate) fn plainly(effect: Effect) -> &'static [&'static str] {
    match effect {
        Effect::Read => &["get", "read"],
        Effect::Write => &["create", "update"],
        Effect::Delete => &["delete_", "_delete", "drop"],
        Effect::Execute => &["exec", "run_", "shell"],
        Effect::Send => &["send_email", "send_", "_send"],
        Effect::Pay => &["payment", "refund"],
        Effect::Deploy => &["deploy"],
        Effect::Privilege => &["access_key", "_role", "grant"],
        Effect::Exfiltrate => &["download", "export"],
    }
}

/// What an effect is called in a sentence: "what deletes", "what pays".
pub(crate) fn doing(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Write => "writes",
        Effect::Delete => "deletes",
        Effect::Execute => "executes code or commands",
        Effect::Send => "sends something out",
        Effect::Pay => "moves money",
        Effect::Deploy => "changes what runs where",
        Effect::Privilege => "changes who may do what",
        Effect::Exfiltrate => "carries data out",
    }
}

/// Words that are put before a tool's name when it grows a variant.
pub(crate) const PREFIXES: &[&str] = &[
    "bulk",
    "batch",
    "mass",
    "force",
    "async",
    "admin",
    "hard",
    "permanently",
    "safe",
    "auto",
];

/// Words that are put after it.
pub(crate) const SUFFIXES: &[&str] = &[
    "all",
    "bulk",
    "many",
    "now",
    "async",
    "v2",
    "force",
    "cascade",
    "permanently",
    "by_id",
];

/// What clients and gateways put before a tool's name.
pub(crate) const NAMESPACES: &[&str] = &["mcp__server__", "server.", "server/", "server:"];

/// What stands between the words of a name, the usual one first.
pub(crate) const SEPARATORS: &[&str] = &["_", "-", ".", "/", ":", " ", "", "__"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_found_and_groups_agree_with_them() {
        assert!(VERBS.is_sorted_by(|a, b| a.text < b.text));
        assert_eq!(verb("delete").map(|v| v.effect), Some(Effect::Delete));
        assert!(verb("quux").is_none());
        assert!(VERBS.iter().all(|v| v.text.len() <= LONGEST));
        for (effect, words) in GROUPS {
            for word in *words {
                let found = verb(word).map(|v| v.effect);
                assert!(found == Some(*effect), "{word}: {found:?}, not {effect:?}");
            }
        }
    }
}
