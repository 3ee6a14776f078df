//! The words that keys take.

use super::{Words, word};

/// How bad an action would be.
pub(crate) static RISKS: Words = Words {
    what: "a risk level",
    list: &[
        word("low", "nothing to worry about", &["none", "minor", "info"]),
        word("medium", "the usual", &["moderate", "normal", "med"]),
        word("high", "should be looked at", &["major", "severe"]),
        word(
            "critical",
            "irreversible, costly or dangerous",
            &["crit", "extreme"],
        ),
    ],
};

/// What is to happen with an action.
pub(crate) static APPROVALS: Words = Words {
    what: "an approval",
    list: &[
        word(
            "auto",
            "it runs",
            &["allow", "allowed", "permit", "accept", "automatic"],
        ),
        word(
            "approve",
            "a person is asked first",
            &[
                "ask", "review", "human", "manual", "confirm", "prompt", "escalate", "required",
            ],
        ),
        word(
            "block",
            "it does not run",
            &["deny", "denied", "forbid", "reject", "refuse"],
        ),
    ],
};

/// What an action does to the world.
pub(crate) static EFFECTS: Words = Words {
    what: "an effect",
    list: &[
        word(
            "read",
            "looks at something",
            &["get", "list", "search", "query"],
        ),
        word(
            "write",
            "creates or changes something",
            &["create", "update", "change", "modify"],
        ),
        word(
            "delete",
            "destroys something",
            &["remove", "destroy", "drop", "purge"],
        ),
        word(
            "execute",
            "runs code or commands",
            &["exec", "run", "shell", "code"],
        ),
        word(
            "send",
            "sends something to people or systems outside",
            &["mail", "email", "notify", "post", "publish"],
        ),
        word(
            "pay",
            "moves money",
            &["payment", "purchase", "transfer", "buy"],
        ),
        word("deploy", "changes what runs where", &["release", "rollout"]),
        word(
            "privilege",
            "changes who may do what",
            &["grant", "admin", "permission", "permissions", "privileges"],
        ),
        word(
            "exfiltrate",
            "carries data out in bulk",
            &["exfil", "export", "exfiltration", "upload"],
        ),
    ],
};
