//! What was meant by a word that does not exist.

use crate::keys::{Key, Table};
use crate::problem::{Problem, shown};
use crate::tree::Node;
use crate::words::{either, nearest};

use super::{MAX_PROBLEMS, Reader};

impl Reader<'_> {
    pub(super) fn unknown_key(&self, table: &'static Table, name: &str, node: Node<'_>) -> Problem {
        let message = format!("`{}` is not a key of {}", shown(name), table.what);
        let problem = self.error("unknown-key", node, message);
        match self.suggestion(table, name) {
            Some(help) => problem.help(help),
            None => problem.help(format!(
                "the keys of {} are {}",
                table.what,
                all_of(&table.names())
            )),
        }
    }

    /// What was meant by an unknown key: another spelling, another word, another place.
    fn suggestion(&self, table: &'static Table, name: &str) -> Option<String> {
        if self.problems.len() >= MAX_PROBLEMS {
            return None;
        }
        let meant = |t: &'static Table| {
            let is = |k: &&Key| same(k.name, name);
            t.keys.iter().find(is)
        };
        if let Some(key) = meant(table) {
            return Some(format!("did you mean `{}`?", key.name));
        }
        let aka = |k: &&Key| k.aka.iter().any(|a| same(a, name));
        if let Some(key) = table.keys.iter().find(aka) {
            return Some(format!("did you mean `{}`?", key.name));
        }
        for other in self.tables.iter().filter(|t| !std::ptr::eq(**t, table)) {
            if let Some(key) = meant(other) {
                return Some(format!("`{}` belongs {}", key.name, other.home()));
            }
        }
        if let Some(key) = table.nearest(name) {
            return Some(format!("did you mean `{key}`?"));
        }
        for other in self.tables.iter().filter(|t| !std::ptr::eq(**t, table)) {
            if let Some(key) = nearest(name, other.names()) {
                let home = other.home();
                return Some(format!("did you mean `{key}`, which belongs {home}?"));
            }
        }
        None
    }
}

impl Table {
    /// The key nearest to a wrong one, by its name or by another word for it.
    fn nearest(&self, name: &str) -> Option<&'static str> {
        let words = self
            .keys
            .iter()
            .flat_map(|k| std::iter::once(&k.name).chain(k.aka));
        let near = nearest(name, words.copied())?;
        let is = |k: &&Key| k.name == near || k.aka.contains(&near);
        self.keys.iter().find(is).map(|k| k.name)
    }

    pub(super) fn first(&self) -> &'static str {
        match self.keys {
            [first, ..] => first.name,
            [] => "",
        }
    }

    /// How the place of its keys is named.
    fn home(&self) -> String {
        match self.name {
            "policy" | "suite" => "at the top level".into(),
            "rule" | "case" => format!("in {}", self.what),
            name => format!("in `{name}`"),
        }
    }
}

/// Whether two words differ in letter case and separators only.
pub(super) fn same(a: &str, b: &str) -> bool {
    let letters = |s: &str| -> Vec<char> {
        s.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    b.len() < 100 && letters(a) == letters(b)
}

/// "`a`, `b` or `c`".
pub(super) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    either(&quoted.iter().map(String::as_str).collect::<Vec<_>>())
}

/// "`a`, `b` and `c`".
pub(super) fn all_of(words: &[&str]) -> String {
    let all = listed(words);
    match all.rsplit_once(" or ") {
        Some((most, last)) => format!("{most} and {last}"),
        None => all,
    }
}
