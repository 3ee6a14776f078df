//! What makes two findings, or two call sites, the same one, whatever became of the lines around
//! them and of the name of their file.

use std::collections::BTreeMap;

use aegis_diag::{CallKind, CallSite, Finding, content_fingerprint};

/// Files that have another name than before: path now, path before, both as shown.
pub type Renames = BTreeMap<String, String>;

/// What a finding is about. Equal ones are told apart by counting them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    rule: String,
    /// Empty where the fingerprint says all.
    path: String,
    scope: String,
    symbol: String,
    /// The fingerprint of findings that are not about a call site; empty for those that are.
    id: String,
}

impl Key {
    /// The key of a finding.
    pub(crate) fn of(finding: &Finding) -> Self {
        Self::at(finding, &finding.primary.span.file.path)
    }

    /// The key that a finding had when its file was called `path`.
    pub(crate) fn at(finding: &Finding, path: &str) -> Self {
        match &finding.site {
            Some(site) => Self::site(finding.rule.id, path, &site.scope, &site.symbol),
            None => Self::other(finding.rule.id, &fingerprint_at(finding, path)),
        }
    }

    /// The key of a finding about a call site.
    pub(crate) fn site(rule: &str, path: &str, scope: &str, symbol: &str) -> Self {
        Self {
            rule: rule.to_owned(),
            path: path.to_owned(),
            scope: local(scope).to_owned(),
            symbol: folded(symbol),
            id: String::new(),
        }
    }

    /// The key of any other finding.
    pub(crate) fn other(rule: &str, fingerprint: &str) -> Self {
        Self {
            rule: rule.to_owned(),
            path: String::new(),
            scope: String::new(),
            symbol: String::new(),
            id: fingerprint.to_owned(),
        }
    }

    /// The key of a finding, and the one it had before its file was renamed.
    pub(crate) fn both(finding: &Finding, renames: &Renames) -> Vec<Self> {
        let before = renames.get(&finding.primary.span.file.path);
        std::iter::once(Self::of(finding))
            .chain(before.map(|path| Self::at(finding, path)))
            .collect()
    }
}

/// What a call site is. Equal ones are told apart by counting them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SiteKey {
    kind: CallKind,
    path: String,
    scope: String,
    symbol: String,
}

impl SiteKey {
    /// The key that a call site had when its file was called `path`.
    pub(crate) fn at(site: &CallSite, path: &str) -> Self {
        Self::new(site.kind, path, &site.scope, &site.symbol)
    }

    /// The key of a call site.
    pub(crate) fn new(kind: CallKind, path: &str, scope: &str, symbol: &str) -> Self {
        Self {
            kind,
            path: path.to_owned(),
            scope: local(scope).to_owned(),
            symbol: folded(symbol),
        }
    }
}

/// The part of a scope that does not change with the name of its file: `Agent.answer` of
/// `desk.agent:Agent.answer`.
fn local(scope: &str) -> &str {
    scope.split_once(':').map_or("", |(_, inside)| inside)
}

/// White space folded, as in fingerprints.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The fingerprint that a finding without a call site had when its file was called `path`. Where it
/// was made from something else than the text of its place, it stays as it is.
fn fingerprint_at(finding: &Finding, path: &str) -> String {
    let span = &finding.primary.span;
    let made = |path: &str| content_fingerprint(finding.rule.id, path, "", span.text(), 0);
    if path != span.file.path && made(&span.file.path) == finding.fingerprint {
        return made(path);
    }
    finding.fingerprint.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_no_part_of_a_key() {
        let before = Key::site("AEG101", "a.py", "desk.a:Agent.run", "client.create");
        let after = Key::site("AEG101", "a.py", "desk.b:Agent.run", "client . create");
        assert_ne!(before, after);
        let after = Key::site("AEG101", "a.py", "desk.b:Agent.run", " client.create\n");
        assert_eq!(before, after);
        assert_eq!(local("desk.a"), "");
    }
}
