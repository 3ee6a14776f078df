//! Reads catalog files, refuses bad entries with file, line and reason, and makes [`Data`].

use std::collections::BTreeMap;

use super::model::{
    Arg, Class, ClassIx, Data, Entry, Framework, FrameworkIx, HttpArgs, Kind, Member, MemberIx,
    Package, ToolArgs,
};
use super::schema::{
    ArgWord, Args, ClassEntry, FrameworkFile, HttpEntry, MemberEntry, MemberShort, ToolEntry,
};
use super::types::TypeReader;

/// Why a catalog file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct CatalogError {
    /// Path of the file in the repository, or as the user named it.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// What is wrong and what was expected.
    pub reason: String,
}

/// A catalog file: its path, for messages, and its text.
pub(crate) type Text<'a> = (&'a str, &'a str);

/// Reads all files into one catalog; every mistake is reported.
pub(crate) fn load(
    frameworks: &[Text<'_>],
    governors: &[Text<'_>],
) -> Result<Data, Vec<CatalogError>> {
    let mut errors = Vec::new();
    let mut files = Vec::new();
    for &(file, text) in frameworks {
        match parse::<FrameworkFile>(file, text) {
            Ok(f) => files.push((file, text, f)),
            Err(e) => errors.push(e),
        }
    }
    let mut loader = Loader {
        data: Data::default(),
        known: BTreeMap::new(),
        errors,
    };
    for (file, text, f) in &files {
        loader.declare(file, text, f);
    }
    for (i, (file, text, f)) in files.iter().enumerate() {
        loader.define(
            FrameworkIx::try_from(i).unwrap_or(FrameworkIx::MAX),
            file,
            text,
            f,
        );
    }
    for &(file, text) in governors {
        match super::governors::read(file, text) {
            Ok(sets) => loader.data.governors.extend(sets),
            Err(mut e) => loader.errors.append(&mut e),
        }
    }
    loader.data.paths.sort_by(|a, b| a.0.cmp(&b.0));
    if loader.errors.is_empty() {
        Ok(loader.data)
    } else {
        Err(loader.errors)
    }
}

/// Reads one YAML file into its shape.
pub(super) fn parse<T: serde::de::DeserializeOwned>(
    file: &str,
    text: &str,
) -> Result<T, CatalogError> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| {
        let line = e
            .location()
            .map_or(1, |l| usize::try_from(l.line()).unwrap_or(1));
        CatalogError {
            file: file.to_owned(),
            line,
            reason: e.to_string(),
        }
    })
}

/// The 1-based line on which `needle` first stands.
pub(super) fn line_of(text: &str, needle: &str) -> usize {
    text.lines()
        .position(|l| l.contains(needle))
        .map_or(1, |i| i + 1)
}

/// `a.{b,c}` -> `a.b`, `a.c`; nested braces work.
pub(super) fn expand(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else {
        return vec![pattern.to_owned()];
    };
    let mut depth = 0usize;
    let mut cuts = vec![open];
    let mut close = None;
    for (i, c) in pattern.char_indices().skip_while(|&(i, _)| i < open) {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    close = Some(i);
                    break;
                }
            }
            ',' if depth == 1 => cuts.push(i),
            _ => {}
        }
    }
    let Some(close) = close else {
        return vec![pattern.to_owned()];
    };
    cuts.push(close);
    let (head, tail) = (
        pattern.get(..open).unwrap_or(""),
        pattern.get(close + 1..).unwrap_or(""),
    );
    let mut out = Vec::new();
    for w in cuts.windows(2) {
        if let [a, b] = *w {
            let branch = pattern.get(a + 1..b).unwrap_or("").trim();
            out.extend(expand(&format!("{head}{branch}{tail}")));
        }
    }
    out
}

fn is_path(s: &str) -> bool {
    !s.is_empty()
        && s.split('.').all(|p| {
            !p.is_empty()
                && p.chars().all(|c| c.is_alphanumeric() || c == '_')
                && !p.starts_with(|c: char| c.is_ascii_digit())
        })
}

struct Loader {
    data: Data,
    /// Class path -> index and the file that declares it.
    known: BTreeMap<String, (ClassIx, String)>,
    errors: Vec<CatalogError>,
}

/// Where an entry stands, for messages, and which framework it belongs to.
#[derive(Clone, Copy)]
struct At<'a> {
    file: &'a str,
    text: &'a str,
    key: &'a str,
    framework: FrameworkIx,
    provider: &'a str,
}

impl Loader {
    fn error(&mut self, file: &str, text: &str, needle: &str, reason: impl Into<String>) {
        let line = line_of(text, needle);
        self.errors.push(CatalogError {
            file: file.to_owned(),
            line,
            reason: reason.into(),
        });
    }

    /// First pass: every class gets its index, so that files may refer to each other.
    fn declare(&mut self, file: &str, text: &str, f: &FrameworkFile) {
        let stem = file
            .rsplit('/')
            .next()
            .unwrap_or(file)
            .trim_end_matches(".yaml");
        if stem != f.framework {
            self.error(
                file,
                text,
                "framework:",
                format!(
                    "framework `{}` must equal the file name `{stem}`",
                    f.framework
                ),
            );
        }
        for (key, entry) in &f.classes {
            let ix = ClassIx::try_from(self.data.classes.len()).unwrap_or(ClassIx::MAX);
            let names: Vec<String> = expand(key)
                .into_iter()
                .chain(entry.aliases.iter().flat_map(|a| expand(a)))
                .collect();
            let path = names.first().cloned().unwrap_or_default();
            self.data.classes.push(Class {
                path,
                ..Class::default()
            });
            for name in names {
                if !is_path(&name) {
                    self.error(file, text, key, format!("`{name}` is not a dotted path"));
                    continue;
                }
                if self.known.get(&name).is_some_and(|(known, _)| *known == ix) {
                    continue;
                }
                if let Some((_, other)) = self.known.get(&name) {
                    let reason = format!("`{name}` is declared twice; first in {other}");
                    self.error(file, text, &name, reason);
                    continue;
                }
                self.known.insert(name.clone(), (ix, file.to_owned()));
                self.data.paths.push((name, Entry::Class(ix)));
            }
        }
    }

    /// Second pass: what the entries mean.
    fn define(&mut self, framework: FrameworkIx, file: &str, text: &str, f: &FrameworkFile) {
        self.data.frameworks.push(Framework {
            id: f.framework.clone(),
            name: f.name.clone(),
            provider: f.provider.clone(),
            tags: f.tags.clone(),
            packages: f
                .packages
                .iter()
                .map(|p| Package {
                    pypi: p.pypi.clone(),
                    imports: p.imports.clone(),
                    verify: p.verify.clone(),
                    stdlib: p.stdlib,
                })
                .collect(),
        });
        for p in &f.packages {
            if p.verify.is_empty() && !p.stdlib && p.unverified.is_none() {
                let reason = format!(
                    "package `{}` needs `verify` (releases), `stdlib: true` or `unverified: reason`",
                    p.pypi
                );
                self.error(file, text, &p.pypi, reason);
            }
        }
        for (key, entry) in &f.classes {
            let at = At {
                file,
                text,
                key,
                framework,
                provider: &f.provider,
            };
            self.class(at, entry);
        }
        for (key, entry) in &f.functions {
            for path in expand(key) {
                let at = At {
                    file,
                    text,
                    key,
                    framework,
                    provider: &f.provider,
                };
                if !is_path(&path) {
                    self.error(file, text, key, format!("`{path}` is not a dotted path"));
                    continue;
                }
                let strip = f
                    .packages
                    .iter()
                    .flat_map(|p| &p.imports)
                    .filter(|r| path.starts_with(&format!("{r}.")))
                    .map(String::len)
                    .max();
                let operation = strip
                    .and_then(|n| path.get(n + 1..))
                    .unwrap_or(&path)
                    .to_owned();
                let ix = self.member(at, entry, path.clone(), operation);
                if self
                    .data
                    .paths
                    .iter()
                    .any(|(p, e)| *p == path && matches!(e, Entry::Function(_)))
                {
                    self.error(
                        file,
                        text,
                        key,
                        format!("function `{path}` is declared twice"),
                    );
                }
                self.data.paths.push((path, Entry::Function(ix)));
            }
        }
        for (key, ty) in &f.values {
            let at = At {
                file,
                text,
                key,
                framework,
                provider: &f.provider,
            };
            for path in expand(key) {
                let ty = self.types().short(ty);
                let ty = self.settle(at, ty);
                self.data.paths.push((path, Entry::Value(ty)));
            }
        }
        for (glob, provider) in &f.hosts {
            self.data.hosts.push((glob.clone(), provider.clone()));
        }
        for (glob, kind) in &f.tool_dicts {
            if let Some(kind) = self.kind(file, text, glob, kind) {
                self.data.tool_dicts.push((glob.clone(), kind, framework));
            }
        }
    }

    /// An entry that cannot be looked up says why.
    fn reason(&mut self, at: At<'_>, unverified: Option<&String>) {
        if unverified.is_some_and(|r| r.trim().is_empty()) {
            self.error(at.file, at.text, at.key, "`unverified` needs a reason");
        }
    }

    fn class(&mut self, at: At<'_>, e: &ClassEntry) {
        self.reason(at, e.unverified.as_ref());
        let path = expand(at.key).into_iter().next().unwrap_or_default();
        let Some(&(ix, _)) = self.known.get(&path) else {
            return;
        };
        let name = path.rsplit('.').next().unwrap_or(&path).to_owned();
        let provider = e.provider.as_deref().unwrap_or(at.provider);
        let extends = e
            .extends
            .iter()
            .filter_map(|b| {
                let found = self.known.get(b).map(|k| k.0);
                if found.is_none() {
                    self.error(
                        at.file,
                        at.text,
                        b,
                        format!("`extends: {b}` names no class of the catalog"),
                    );
                }
                found
            })
            .collect();
        let new = MemberEntry {
            kind: e.kind.clone(),
            tools: e.tools.clone(),
            options: e.options.clone(),
            tool: e.tool.clone(),
            exec: e.exec.clone(),
            calls: e.calls.clone(),
            http: e.http.clone(),
            operation: e.operation.clone(),
            provider: Some(provider.to_owned()),
            ..MemberEntry::default()
        };
        let has_new = new.kind.is_some()
            || !new.tools.is_empty()
            || !new.options.is_empty()
            || new.tool.is_some()
            || !args(&new.exec).is_empty()
            || !args(&new.calls).is_empty()
            || new.http.is_some();
        let new = has_new.then(|| self.full(at, &new, path.clone(), name));
        let mut members = Vec::new();
        for (key, m) in &e.members {
            for member in expand(key) {
                if !is_path(&member) {
                    self.error(
                        at.file,
                        at.text,
                        key,
                        format!("`{member}` is not a member path"),
                    );
                    continue;
                }
                let at = At {
                    key,
                    provider,
                    ..at
                };
                let m = self.member(at, m, format!("{path}.{member}"), member.clone());
                members.push((member, m));
            }
        }
        members.sort();
        let call = e.call.as_ref().map(|m| {
            self.member(
                At { provider, ..at },
                m,
                format!("{path}.__call__"),
                format!("{}()", path.rsplit('.').next().unwrap_or(&path)),
            )
        });
        let mut read = |t: &Option<String>| {
            let t = t.as_ref()?;
            let ty = self.types().text(t);
            Some(self.settle(at, ty))
        };
        let (pipe, enter, iter, item) =
            (read(&e.pipe), read(&e.enter), read(&e.iter), read(&e.item));
        let subclass = e
            .subclass
            .as_ref()
            .and_then(|k| self.kind(at.file, at.text, at.key, k));
        if let Some(slot) = self.data.classes.get_mut(ix as usize) {
            *slot = Class {
                path,
                framework: at.framework,
                extends,
                new,
                members,
                call,
                pipe,
                enter,
                iter,
                item,
                subclass,
            };
        }
    }

    fn member(&mut self, at: At<'_>, m: &MemberShort, path: String, operation: String) -> MemberIx {
        match m {
            MemberShort::Kind(k) => {
                let full = MemberEntry {
                    kind: Some(k.clone()),
                    ..MemberEntry::default()
                };
                self.full(at, &full, path, operation)
            }
            MemberShort::Full(full) => self.full(at, full, path, operation),
        }
    }

    fn full(&mut self, at: At<'_>, m: &MemberEntry, path: String, operation: String) -> MemberIx {
        self.reason(at, m.unverified.as_ref());
        let kind = m
            .kind
            .as_ref()
            .and_then(|k| self.kind(at.file, at.text, at.key, k));
        let decorator = m
            .decorator
            .as_ref()
            .and_then(|k| self.kind(at.file, at.text, at.key, k));
        let options = m
            .options
            .iter()
            .filter_map(|(p, k)| Some((p.clone(), self.kind(at.file, at.text, at.key, k)?)))
            .collect();
        let returns = m
            .returns
            .as_ref()
            .map(|t| self.types().short(t))
            .map(|t| self.settle(at, t));
        let ty =
            m.ty.as_ref()
                .map(|t| self.types().short(t))
                .map(|t| self.settle(at, t));
        let ix = MemberIx::try_from(self.data.members.len()).unwrap_or(MemberIx::MAX);
        self.data.members.push(Member {
            path,
            framework: at.framework,
            operation: m.operation.clone().unwrap_or(operation),
            provider: m.provider.clone().unwrap_or_else(|| at.provider.to_owned()),
            kind,
            returns,
            ty,
            decorator,
            tools: m.tools.iter().map(arg).collect(),
            options,
            tool: m.tool.as_ref().map(tool_args),
            calls: args(&m.calls),
            http: m.http.as_ref().map(http_args),
            exec: args(&m.exec),
            signature: m.signature.clone(),
        });
        ix
    }

    fn kind(&mut self, file: &str, text: &str, key: &str, word: &str) -> Option<Kind> {
        let kind = match word {
            "llm_call" => Kind::LlmCall,
            "agent_run" => Kind::AgentRun,
            "tool_def" => Kind::ToolDef,
            "mcp_client" => Kind::McpClient,
            "agent_exec" => Kind::AgentExec,
            other => {
                let reason = format!(
                    "`{other}` is not a kind; expected llm_call, agent_run, tool_def, mcp_client or agent_exec"
                );
                self.error(file, text, key, reason);
                return None;
            }
        };
        Some(kind)
    }

    fn types(&self) -> TypeReader<'_> {
        TypeReader { known: &self.known }
    }

    fn settle(
        &mut self,
        at: At<'_>,
        read: Result<super::model::Type, String>,
    ) -> super::model::Type {
        read.unwrap_or_else(|reason| {
            self.error(at.file, at.text, at.key, reason);
            super::model::Type::Nothing
        })
    }
}

pub(super) fn arg(a: &ArgWord) -> Arg {
    match a {
        ArgWord::At(n) => Arg::At(*n),
        ArgWord::Named(s) => Arg::Named(s.clone()),
    }
}

pub(super) fn args(a: &Args) -> Vec<Arg> {
    match a {
        Args::One(a) => vec![arg(a)],
        Args::Many(v) => v.iter().map(arg).collect(),
    }
}

fn tool_args(t: &ToolEntry) -> ToolArgs {
    ToolArgs {
        name: args(&t.name),
        description: args(&t.description),
        function: args(&t.function),
    }
}

fn http_args(h: &HttpEntry) -> HttpArgs {
    HttpArgs {
        url: args(&h.url),
        body: args(&h.body),
    }
}
