//! Reads governor files.

use super::load::{CatalogError, args, expand, line_of, parse};
use super::model::{Environment, Governor, GovernorEffect, GovernorSet, Target, Targets};
use super::schema::{
    AmbientEntry, GovernorFile, OffEntry, PackageEntry, TargetsEntry, Words, WrappingEntry,
};

/// Reads one file of governors.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<GovernorSet>, Vec<CatalogError>> {
    let f: GovernorFile = parse(file, text).map_err(|e| vec![e])?;
    let mut reader = Reader {
        file,
        text,
        f: &f,
        errors: Vec::new(),
    };
    let sets = reader.sets();
    if reader.errors.is_empty() {
        Ok(sets)
    } else {
        Err(reader.errors)
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    f: &'a GovernorFile,
    errors: Vec<CatalogError>,
}

impl Reader<'_> {
    fn error(&mut self, needle: &str, reason: String) {
        self.errors.push(CatalogError {
            file: self.file.to_owned(),
            line: line_of(self.text, needle),
            reason,
        });
    }

    fn sets(&mut self) -> Vec<GovernorSet> {
        let f = self.f;
        let stem = self
            .file
            .rsplit('/')
            .next()
            .unwrap_or(self.file)
            .trim_end_matches(".yaml");
        if stem != f.governors {
            self.error(
                "governors:",
                format!(
                    "`governors: {}` must equal the file name `{stem}`",
                    f.governors
                ),
            );
        }
        let imports =
            |p: &[PackageEntry]| p.iter().flat_map(|p| p.imports.iter().cloned()).collect();
        let mut set = GovernorSet {
            id: f.governors.clone(),
            name: f.name.clone(),
            enabled: f.enabled,
            imports: imports(&f.packages),
            ..GovernorSet::default()
        };
        for (name, t) in &f.targets {
            let all = |lists: &[&Vec<String>]| {
                lists
                    .iter()
                    .flat_map(|l| l.iter())
                    .flat_map(|o| expand(o))
                    .collect()
            };
            set.targets.push(Target {
                name: name.clone(),
                operations: all(&[&t.operations, &t.through, &t.tools]),
                except: all(&[&t.except]),
                includes: t.includes.clone(),
                selectable: t.selectable,
            });
        }
        self.fill(&mut set, &f.ambient, &f.off, &f.wrapping);
        for e in &f.environment {
            let targets = self.targets(Some(&e.targets), &e.variable);
            set.environment.push(Environment {
                variable: e.variable.clone(),
                values: e.values.clone(),
                targets,
                on_import: e.on_import.clone(),
            });
        }
        let mut sets = Vec::new();
        if f.families.is_empty() {
            sets.push(set);
        }
        for family in &f.families {
            let mut set = GovernorSet {
                id: family.id.clone(),
                name: family.name.clone(),
                enabled: f.enabled,
                imports: imports(&family.packages),
                ..GovernorSet::default()
            };
            self.fill(&mut set, &family.ambient, &family.off, &family.wrapping);
            sets.push(set);
        }
        sets
    }

    fn fill(
        &mut self,
        set: &mut GovernorSet,
        ambient: &[AmbientEntry],
        off: &[OffEntry],
        wrapping: &[WrappingEntry],
    ) {
        for (path, reason) in ambient
            .iter()
            .map(|a| (&a.path, &a.unverified))
            .chain(off.iter().map(|o| (&o.path, &o.unverified)))
            .chain(wrapping.iter().map(|w| (&w.path, &w.unverified)))
        {
            if reason.as_ref().is_some_and(|r| r.trim().is_empty()) {
                self.error(path, "`unverified` needs a reason".to_owned());
            }
        }
        for a in ambient {
            let own = a.path.clone();
            let inline: Vec<String> = a
                .operations
                .iter()
                .chain(&a.tools)
                .flat_map(|o| expand(o))
                .collect();
            let targets = if inline.is_empty() {
                self.targets(a.targets.as_ref(), &a.path)
            } else {
                set.targets.push(Target {
                    name: own.clone(),
                    operations: inline,
                    except: Vec::new(),
                    includes: Vec::new(),
                    selectable: false,
                });
                Targets::Some(vec![own])
            };
            let effect = GovernorEffect::On {
                targets,
                select: a.select.clone(),
                always: a.always.clone(),
                unless_false: a
                    .unless
                    .iter()
                    .filter(|(_, v)| !**v)
                    .map(|(k, _)| k.clone())
                    .collect(),
            };
            set.rules.push(Governor {
                paths: paths(&a.path, &[&a.aliases, &a.announced], &a.methods),
                effect,
            });
        }
        for o in off {
            let targets = match &o.targets {
                None => Targets::Some(vec![o.path.clone()]),
                some => self.targets(some.as_ref(), &o.path),
            };
            let effect = GovernorEffect::Off {
                targets,
                after: o.after.clone(),
            };
            set.rules.push(Governor {
                paths: paths(&o.path, &[&o.aliases, &o.announced], &o.methods),
                effect,
            });
        }
        for w in wrapping {
            let effect = self.wrapping(w);
            let own_methods = matches!(effect, GovernorEffect::Wrap { .. });
            let methods: &[String] = if own_methods { &w.methods } else { &[] };
            let mut names = paths(&w.path, &[&w.aliases, &w.announced], methods);
            let built: Vec<String> = names
                .iter()
                .flat_map(|n| w.builders.iter().map(move |b| format!("{n}.{b}")))
                .collect();
            names.extend(built);
            set.rules.push(Governor {
                paths: names,
                effect,
            });
        }
    }

    fn targets(&mut self, t: Option<&TargetsEntry>, needle: &str) -> Targets {
        match t {
            None => {
                self.error(needle, "`targets` (or `operations`) is missing".to_owned());
                Targets::All
            }
            Some(TargetsEntry::Word(w)) if w == "all" => Targets::All,
            Some(TargetsEntry::Word(w)) => {
                self.error(
                    needle,
                    format!("`targets: {w}`: expected `all` or a list of targets"),
                );
                Targets::All
            }
            Some(TargetsEntry::List(names)) => {
                for n in names {
                    if !self.f.targets.contains_key(n) {
                        let known: Vec<&str> = self.f.targets.keys().map(String::as_str).collect();
                        self.error(
                            needle,
                            format!("`{n}` is not a target; known are {}", known.join(", ")),
                        );
                    }
                }
                Targets::Some(names.clone())
            }
        }
    }

    fn wrapping(&mut self, w: &WrappingEntry) -> GovernorEffect {
        let roles = match &w.role {
            Words::One(r) => vec![r.as_str()],
            Words::Many(r) => r.iter().map(String::as_str).collect(),
        };
        let has = |r: &str| w.governs.is_empty() || w.governs.iter().any(|g| g == r);
        match roles.first().copied().unwrap_or("") {
            "decorator" | "function" | "class" => GovernorEffect::Wrap { args: args(&w.arg) },
            "executor" => GovernorEffect::Executor {
                args: args(&w.arg),
                methods: w.methods.clone(),
                calls: w.calls.clone(),
            },
            "argument" => GovernorEffect::Argument {
                of: w.of.clone(),
                within: w.within.iter().flat_map(|p| expand(p)).collect(),
                runs: has("runs"),
                tools: has("tools"),
            },
            "check" => GovernorEffect::Check {
                methods: w.methods.clone(),
            },
            other => {
                self.error(&w.path, format!("`as: {other}`: expected decorator, function, class, executor, argument or check"));
                GovernorEffect::Wrap { args: Vec::new() }
            }
        }
    }
}

/// All spellings of a path; with `methods`, it is calls of these methods that are meant.
fn paths(path: &str, more: &[&Vec<String>], methods: &[String]) -> Vec<String> {
    let plain = expand(path)
        .into_iter()
        .chain(more.iter().flat_map(|l| l.iter()).flat_map(|a| expand(a)));
    if methods.is_empty() {
        return plain.collect();
    }
    plain
        .flat_map(|p| {
            methods
                .iter()
                .map(move |m| format!("{p}.{m}"))
                .collect::<Vec<_>>()
        })
        .collect()
}
