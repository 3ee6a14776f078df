//! The catalog: which library calls are AI calls, what their results are, and what governs them.
//!
//! Files under `queries/` are read and checked when Aegis is built ([`load`]); here they become
//! look-ups by path.

mod governors;
mod load;
mod model;
mod schema;
mod types;

use rustc_hash::FxHashMap;

use crate::config::{Config, ScanError};

pub use load::CatalogError;
pub(crate) use model::{
    Arg, Class, ClassIx, Data, Entry, Environment, Framework, Governor, GovernorEffect, HttpArgs,
    Kind, Member, MemberIx, Target, Targets, ToolArgs, Type,
};

static BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.bin"));

/// The catalog with its indices.
#[derive(Debug)]
pub(crate) struct Catalog {
    pub(crate) data: Data,
    /// `(import root, class name)` -> classes, for re-exports that are not listed.
    by_name: FxHashMap<(String, String), Vec<ClassIx>>,
    /// Every import root, with whether it is of the standard library.
    pub(crate) roots: FxHashMap<String, bool>,
    /// Import roots of frameworks and governors that make a file worth parsing by themselves.
    pub(crate) strong: rustc_hash::FxHashSet<String>,
    /// Import roots that only governors have.
    governor_roots: rustc_hash::FxHashSet<String>,
    /// Import roots of HTTP clients.
    pub(crate) http_roots: rustc_hash::FxHashSet<String>,
    /// All proper prefixes of the paths of governors.
    governor_prefixes: rustc_hash::FxHashSet<String>,
    /// All governor rules of enabled sets.
    pub(crate) governors: Vec<Governor>,
    governor_paths: FxHashMap<String, u32>,
    /// Targets of enabled sets, sorted; a bit each.
    pub(crate) targets: Vec<Target>,
    /// Last segment of members with a signature -> their segments below the class, and the member.
    pub(crate) shapes: FxHashMap<String, Vec<(Vec<String>, MemberIx)>>,
}

impl Catalog {
    /// The catalog a scan uses: the built-in one, the user's files, the governors that count.
    ///
    /// # Errors
    /// Every mistake in the user's files, or a governor family that does not exist.
    pub(crate) fn new(config: &Config) -> Result<Self, ScanError> {
        let data: Data = if config.catalog.is_empty() {
            Self::built_in()
        } else {
            let own = config.catalog.iter().map(|(p, t)| (p.as_str(), t.as_str()));
            let (governors, frameworks): (Vec<_>, Vec<_>) =
                own.partition(|(_, t)| t.lines().any(|l| l.starts_with("governors:")));
            let all: Vec<(&str, &str)> = aegis_queries::FRAMEWORKS
                .iter()
                .copied()
                .chain(frameworks)
                .collect();
            let govs: Vec<(&str, &str)> = aegis_queries::GOVERNORS
                .iter()
                .copied()
                .chain(governors)
                .collect();
            load::load(&all, &govs).map_err(ScanError::Catalog)?
        };
        for id in &config.governors {
            if !data.governors.iter().any(|g| g.id == *id) {
                let known: Vec<&str> = data
                    .governors
                    .iter()
                    .filter(|g| !g.enabled)
                    .map(|g| g.id.as_str())
                    .collect();
                return Err(ScanError::Setting(format!(
                    "`{id}` is not a family of governors; known are {}",
                    known.join(", ")
                )));
            }
        }
        let mut out = Self::index(data, &config.governors);
        for path in &config.own_governors {
            out.add_own_governor(path);
        }
        Ok(out)
    }

    /// What was built in.
    pub(crate) fn built_in() -> Data {
        postcard::from_bytes(BUILT_IN).unwrap_or_default()
    }

    /// A decorator or wrapper of the user's own, by its dotted path.
    fn add_own_governor(&mut self, path: &str) {
        let ix = u32::try_from(self.governors.len()).unwrap_or(u32::MAX);
        self.governor_paths.insert(path.to_owned(), ix);
        for (i, _) in path.match_indices('.') {
            self.governor_prefixes
                .insert(path.get(..i).unwrap_or("").to_owned());
        }
        let root = path.split('.').next().unwrap_or(path).to_owned();
        self.strong.insert(root.clone());
        self.governor_roots.insert(root.clone());
        self.roots.insert(root, false);
        self.governors.push(Governor {
            paths: vec![path.to_owned()],
            effect: GovernorEffect::Wrap {
                args: vec![Arg::At(0)],
            },
        });
    }

    fn index(data: Data, enable: &[String]) -> Self {
        let mut by_name: FxHashMap<(String, String), Vec<ClassIx>> = FxHashMap::default();
        for (path, entry) in &data.paths {
            if let (Entry::Class(ix), Some((root, _)), Some((_, last))) =
                (entry, path.split_once('.'), path.rsplit_once('.'))
            {
                let list = by_name
                    .entry((root.to_owned(), last.to_owned()))
                    .or_default();
                if !list.contains(ix) {
                    list.push(*ix);
                }
            }
        }
        let mut roots = FxHashMap::default();
        for f in &data.frameworks {
            for p in &f.packages {
                for i in &p.imports {
                    let root = i.split('.').next().unwrap_or(i);
                    let slot = roots.entry(root.to_owned()).or_insert(p.stdlib);
                    *slot &= p.stdlib;
                }
            }
        }
        let mut shapes: FxHashMap<String, Vec<(Vec<String>, MemberIx)>> = FxHashMap::default();
        for (path, ix) in data.classes.iter().flat_map(|c| &c.members) {
            let segments: Vec<String> = path.split('.').map(str::to_owned).collect();
            let signed = data
                .members
                .get(*ix as usize)
                .is_some_and(|m| !m.signature.is_empty());
            if let Some(last) = segments.last().filter(|_| signed && segments.len() > 1) {
                shapes
                    .entry(last.clone())
                    .or_default()
                    .push((segments.clone(), *ix));
            }
        }
        let mut strong = rustc_hash::FxHashSet::default();
        let mut http_roots = rustc_hash::FxHashSet::default();
        for m in &data.members {
            let root = m.path.split('.').next().unwrap_or("");
            if m.kind.is_some()
                || m.decorator.is_some()
                || !m.tools.is_empty()
                || !m.options.is_empty()
            {
                strong.extend(
                    data.frameworks
                        .get(m.framework as usize)
                        .into_iter()
                        .flat_map(roots_of),
                );
            }
            if m.http.is_some() {
                http_roots.insert(root.to_owned());
            }
        }
        for c in data.classes.iter().filter(|c| c.subclass.is_some()) {
            strong.extend(
                data.frameworks
                    .get(c.framework as usize)
                    .into_iter()
                    .flat_map(roots_of),
            );
        }
        let mut out = Self {
            strong,
            http_roots,
            governor_roots: rustc_hash::FxHashSet::default(),
            by_name,
            roots,
            governor_prefixes: rustc_hash::FxHashSet::default(),
            shapes,
            governors: Vec::new(),
            governor_paths: FxHashMap::default(),
            targets: Vec::new(),
            data,
        };
        out.index_governors(enable);
        out
    }

    fn index_governors(&mut self, enable: &[String]) {
        let sets: Vec<_> = self
            .data
            .governors
            .iter()
            .filter(|g| g.enabled || enable.contains(&g.id))
            .cloned()
            .collect();
        for set in sets {
            for root in &set.imports {
                let root = root.split('.').next().unwrap_or(root);
                if self.roots.insert(root.to_owned(), false).is_none() {
                    self.governor_roots.insert(root.to_owned());
                }
                self.strong.insert(root.to_owned());
            }
            for target in set.targets {
                let operations = target
                    .operations
                    .iter()
                    .map(|o| self.canonical(o))
                    .collect();
                let except = target.except.iter().map(|o| self.canonical(o)).collect();
                self.targets.push(Target {
                    operations,
                    except,
                    ..target
                });
            }
            for rule in set.rules {
                let ix = u32::try_from(self.governors.len()).unwrap_or(u32::MAX);
                for p in &rule.paths {
                    self.governor_paths.insert(p.clone(), ix);
                    for (i, _) in p.match_indices('.') {
                        self.governor_prefixes
                            .insert(p.get(..i).unwrap_or("").to_owned());
                    }
                }
                self.governors.push(rule);
            }
        }
        self.split_targets();
    }

    /// What undoes only one governor gets a target of its own, so that it leaves others on.
    fn split_targets(&mut self) {
        let undone: Vec<(usize, Vec<String>)> = self
            .governors
            .iter()
            .enumerate()
            .filter_map(|(i, g)| match &g.effect {
                GovernorEffect::Off { after, .. } if !after.is_empty() => Some((i, after.clone())),
                _ => None,
            })
            .collect();
        for (off, after) in undone {
            let mut own = Vec::new();
            for path in after {
                let Some(on) = self.governor_paths.get(&path).copied() else {
                    continue;
                };
                let Some(GovernorEffect::On {
                    targets: Targets::Some(names),
                    ..
                }) = self.governors.get(on as usize).map(|g| g.effect.clone())
                else {
                    continue;
                };
                let merged: Vec<&Target> = self
                    .targets
                    .iter()
                    .filter(|t| names.contains(&t.name))
                    .collect();
                let target = Target {
                    name: path.clone(),
                    operations: merged
                        .iter()
                        .flat_map(|t| t.operations.iter().cloned())
                        .collect(),
                    except: merged
                        .iter()
                        .flat_map(|t| t.except.iter().cloned())
                        .collect(),
                    includes: Vec::new(),
                    selectable: false,
                };
                self.targets.push(target);
                if let Some(GovernorEffect::On { targets, .. }) =
                    self.governors.get_mut(on as usize).map(|g| &mut g.effect)
                {
                    *targets = Targets::Some(vec![path.clone()]);
                }
                own.push(path);
            }
            if let Some(GovernorEffect::Off { targets, .. }) =
                self.governors.get_mut(off).map(|g| &mut g.effect)
            {
                *targets = Targets::Some(own);
            }
        }
    }

    /// Rewrites an operation glob so that it starts with the canonical path of its class.
    fn canonical(&self, operation: &str) -> String {
        let cuts: Vec<usize> = operation.match_indices('.').map(|(i, _)| i).collect();
        for &cut in cuts.iter().rev() {
            if let (Some(head), Some(tail)) = (operation.get(..cut), operation.get(cut..))
                && let Some(Entry::Class(ix)) = self.exact(head)
                && let Some(c) = self.class(*ix)
            {
                return format!("{}{tail}", c.path);
            }
        }
        match self.exact(operation) {
            Some(Entry::Class(ix)) => self
                .class(*ix)
                .map_or_else(|| operation.to_owned(), |c| c.path.clone()),
            _ => operation.to_owned(),
        }
    }

    pub(crate) fn class(&self, ix: ClassIx) -> Option<&Class> {
        self.data.classes.get(ix as usize)
    }

    pub(crate) fn member(&self, ix: MemberIx) -> Option<&Member> {
        self.data.members.get(ix as usize)
    }

    pub(crate) fn framework(&self, ix: u16) -> Option<&Framework> {
        self.data.frameworks.get(ix as usize)
    }

    /// What is listed under a full path.
    fn exact(&self, path: &str) -> Option<&Entry> {
        let i = self
            .data
            .paths
            .binary_search_by(|(p, _)| p.as_str().cmp(path))
            .ok()?;
        self.data.paths.get(i).map(|(_, e)| e)
    }

    /// What a full path names. A path below a catalogued import root whose last segment is a class
    /// name there is that class, wherever the package keeps it; among several the one that shares
    /// the longest prefix.
    pub(crate) fn entry(&self, path: &str) -> Option<Entry> {
        if let Some(e) = self.exact(path) {
            return Some(e.clone());
        }
        let (root, _) = path.split_once('.')?;
        let (_, last) = path.rsplit_once('.')?;
        if !last.starts_with(|c: char| c.is_uppercase()) {
            return None;
        }
        let list = self.by_name.get(&(root.to_owned(), last.to_owned()))?;
        let shared = |ix: &ClassIx| {
            let own = self.class(*ix).map_or("", |c| c.path.as_str());
            own.split('.')
                .zip(path.split('.'))
                .take_while(|(a, b)| a == b)
                .count()
        };
        list.iter()
            .max_by_key(|ix| (shared(ix), std::cmp::Reverse(**ix)))
            .map(|&ix| Entry::Class(ix))
    }

    /// Whether some known path starts with this one.
    pub(crate) fn is_prefix(&self, path: &str) -> bool {
        if self.governor_prefixes.contains(path) {
            return true;
        }
        // The list is sorted: what starts with `path.` stands together.
        let from = self.data.paths.partition_point(|(p, _)| p.as_str() < path);
        let longer = self.data.paths.get(from..).unwrap_or_default().iter();
        let mut near = longer.map(|(p, _)| p.as_str()).skip_while(|p| {
            // `a-b` and `a_b` sort between `a` and `a.`; paths of `a!...` cannot be.
            *p == path
                || p.starts_with(path) && p.as_bytes().get(path.len()).is_some_and(|&b| b < b'.')
        });
        near.next()
            .is_some_and(|p| p.starts_with(path) && p.as_bytes().get(path.len()) == Some(&b'.'))
    }

    pub(crate) fn governor(&self, path: &str) -> Option<u32> {
        self.governor_paths.get(path).copied()
    }

    /// Whether a module belongs to a package that governors come from and nothing else does.
    pub(crate) fn imports_governor(&self, module: &str) -> bool {
        let root = module.split('.').next().unwrap_or(module);
        self.governor_roots.contains(root)
    }

    /// A member of a class or of what it extends.
    pub(crate) fn member_of(&self, class: ClassIx, path: &str) -> Option<MemberIx> {
        self.search(class, 0, &mut |c| {
            let members = &self.class(c)?.members;
            let i = members
                .binary_search_by(|(p, _)| p.as_str().cmp(path))
                .ok()?;
            members.get(i).map(|m| m.1)
        })
    }

    /// Whether a member path of the class starts with this one.
    pub(crate) fn member_prefix(&self, class: ClassIx, path: &str) -> bool {
        let longer = |p: &str| {
            p.strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        let has = |c| {
            self.class(c)?
                .members
                .iter()
                .any(|(p, _)| longer(p))
                .then_some(())
        };
        self.search(class, 0, &mut { has }).is_some()
    }

    /// The first answer of `f` for the class and what it extends, nearest first.
    pub(crate) fn search<T>(
        &self,
        class: ClassIx,
        depth: u32,
        f: &mut dyn FnMut(ClassIx) -> Option<T>,
    ) -> Option<T> {
        if depth > 16 {
            return None;
        }
        if let Some(t) = f(class) {
            return Some(t);
        }
        self.class(class)?
            .extends
            .iter()
            .find_map(|&b| self.search(b, depth + 1, f))
    }

    /// The provider whose host pattern fits.
    pub(crate) fn provider_of_host(&self, host: &str) -> Option<&str> {
        self.data
            .hosts
            .iter()
            .find(|(glob, _)| glob_match(glob, host))
            .map(|(_, p)| p.as_str())
    }

    /// The kind of a tool dict by its `type`.
    pub(crate) fn tool_dict(&self, ty: &str) -> Option<(Kind, u16)> {
        self.data
            .tool_dicts
            .iter()
            .find(|(glob, ..)| glob_match(glob, ty))
            .map(|&(_, k, f)| (k, f))
    }

    /// The environment variables of enabled governor sets.
    pub(crate) fn environment(&self) -> impl Iterator<Item = &Environment> {
        self.data
            .governors
            .iter()
            .filter(|g| g.enabled)
            .flat_map(|g| &g.environment)
    }

    /// Bits of the targets that intercept an operation.
    pub(crate) fn targets_of(&self, operation: &str) -> u128 {
        self.targets_of_any(&[operation.to_owned()])
    }

    /// Bits of the targets that intercept an operation, given all the paths it goes by.
    fn targets_of_any(&self, paths: &[String]) -> u128 {
        let any = |globs: &[String]| globs.iter().any(|g| paths.iter().any(|p| glob_match(g, p)));
        self.targets
            .iter()
            .enumerate()
            .filter(|(_, t)| any(&t.operations) && !any(&t.except))
            .fold(0, |bits, (i, _)| {
                bits | 1u128
                    .checked_shl(u32::try_from(i).unwrap_or(128))
                    .unwrap_or(0)
            })
    }

    /// The class a member path starts with, and the rest.
    fn owner_of<'a>(&self, path: &'a str) -> Option<(ClassIx, &'a str)> {
        path.rmatch_indices('.')
            .find_map(|(i, _)| match self.exact(path.get(..i)?) {
                Some(Entry::Class(ix)) => Some((*ix, path.get(i + 1..)?)),
                _ => None,
            })
    }

    /// Bits of the targets that intercept a member called on a class: named with the class itself
    /// or with any class between it and the one that declares the member.
    pub(crate) fn targets_on(&self, receiver: ClassIx, path: &str) -> u128 {
        let Some((owner, member)) = self.owner_of(path) else {
            return self.targets_of_class(path);
        };
        let mut paths = Vec::new();
        self.search(receiver, 0, &mut |c| {
            paths.extend(
                self.class(c)
                    .map(|class| format!("{}.{member}", class.path)),
            );
            (c == owner).then_some(())
        });
        self.targets_of_any(&paths)
    }

    /// Bits of the targets that intercept what instances of a class, or of what it extends, do.
    pub(crate) fn targets_of_class(&self, path: &str) -> u128 {
        let Some(Entry::Class(ix)) = self.exact(path) else {
            return 0;
        };
        let mut paths = Vec::new();
        self.search(*ix, 0, &mut |c| {
            paths.extend(self.class(c).map(|class| class.path.clone()));
            None::<()>
        });
        self.targets_of_any(&paths)
    }

    /// Bits of named targets, with what they include.
    pub(crate) fn bits(&self, targets: &Targets) -> u128 {
        match targets {
            Targets::All => {
                let names: Vec<&str> = self
                    .targets
                    .iter()
                    .filter(|t| t.selectable)
                    .map(|t| t.name.as_str())
                    .collect();
                self.named_bits(names.into_iter())
            }
            Targets::Some(names) => self.named_bits(names.iter().map(String::as_str)),
        }
    }

    /// What is patched along with `all`, whatever is selected.
    pub(crate) fn bits_with_always(&self, targets: &Targets) -> u128 {
        if *targets != Targets::All {
            return 0;
        }
        self.governors.iter().fold(0, |b, g| match &g.effect {
            GovernorEffect::On {
                targets: Targets::All,
                always,
                ..
            } => b | self.named_bits(always.iter().map(String::as_str)),
            _ => b,
        })
    }

    /// Bits of targets by name, with what they include.
    pub(crate) fn named_bits<'a>(&self, names: impl Iterator<Item = &'a str>) -> u128 {
        let mut bits = 0u128;
        let mut todo: Vec<String> = names.map(str::to_owned).collect();
        while let Some(name) = todo.pop() {
            for (i, t) in self
                .targets
                .iter()
                .enumerate()
                .filter(|(_, t)| t.name == name)
            {
                let bit = 1u128
                    .checked_shl(u32::try_from(i).unwrap_or(128))
                    .unwrap_or(0);
                if bits & bit == 0 {
                    bits |= bit;
                    todo.extend(t.includes.iter().cloned());
                }
            }
        }
        bits
    }
}

impl Member {
    /// Among equal shapes the two most copied APIs come first.
    pub(crate) fn framework_rank(&self, catalog: &Catalog) -> u8 {
        match catalog.framework(self.framework).map(|f| f.id.as_str()) {
            Some("openai") => 2,
            Some("anthropic") => 1,
            _ => 0,
        }
    }
}

/// The first names of a framework's import paths.
fn roots_of(f: &Framework) -> Vec<String> {
    let imports = f
        .packages
        .iter()
        .filter(|p| !p.stdlib)
        .flat_map(|p| &p.imports);
    imports
        .filter_map(|i| i.split('.').next().map(str::to_owned))
        .collect()
}

/// `*` matches any run of characters; everything else itself.
pub(crate) fn glob_match(glob: &str, text: &str) -> bool {
    let Some((head, rest)) = glob.split_once('*') else {
        return glob == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or("");
    for part in parts {
        match text.find(part) {
            Some(i) => text = text.get(i + part.len()..).unwrap_or(""),
            None => return false,
        }
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_texts() {
        assert!(glob_match("a.*.c", "a.b.c"));
        assert!(glob_match("*", ""));
        assert!(!glob_match("a.*", "b.a.c"));
        assert!(!glob_match("a", "ab"));
        assert!(glob_match("*.openai.azure.com", "x.openai.azure.com"));
    }
}
