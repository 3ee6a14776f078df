//! Decides for every call site whether something governs it on every way in.
//!
//! Ways in are entry points: modules that are run, console scripts, notebooks, modules nobody
//! imports; and functions nobody in the project calls, which are entered once the program that
//! loads them is up. [`walk`] notes for every scope how the state of instrumentation changes up to
//! each call; here these changes are joined over the call graph until nothing changes.

mod entry;
pub(crate) mod state;
mod walk;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{ExprId, UnitKind};
use crate::link::Solver;
use crate::link::values::{FileIx, Scope};

pub(crate) use entry::{Entries, EntryPoint, is_test_path};
use state::{Change, GUARD, State};
pub(crate) use walk::Mode;
use walk::{Body, Edge, Walked, Walker};

/// The state of instrumentation everywhere.
pub(crate) struct Govern<'a, 'c> {
    solver: &'a Solver<'c>,
    entries: &'a Entries,
    walked: BTreeMap<Body, Walked>,
    entry: FxHashMap<Body, State>,
    /// State once the programs that load a file are up.
    handlers: FxHashMap<FileIx, State>,
    /// Who enters a scope, in source order.
    callers: FxHashMap<Scope, Vec<(Body, Edge)>>,
    points: FxHashMap<(FileIx, ExprId), Vec<(Body, Change)>>,
    /// Whether anything in the program switches instrumentation.
    pub(crate) any_ambient: bool,
    /// The import that first runs a module, for each entry point.
    first: FxHashSet<(Body, u32, Scope)>,
}

/// One step of a way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WayStep {
    pub(crate) file: FileIx,
    /// Byte offset in the file.
    pub(crate) offset: u32,
    pub(crate) text: String,
}

/// How a site stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Governed,
    Partly,
    Ungoverned,
}

impl<'a, 'c> Govern<'a, 'c> {
    pub(crate) fn new(
        solver: &'a Solver<'c>,
        entries: &'a Entries,
        wanted: &FxHashSet<(FileIx, ExprId)>,
        imports: &FxHashMap<(FileIx, u32), Vec<FileIx>>,
    ) -> Self {
        let any_ambient =
            solver.calls.values().any(|c| !c.governors.is_empty()) || entries.any_environment();
        let mut g = Self {
            solver,
            entries,
            walked: BTreeMap::new(),
            entry: FxHashMap::default(),
            handlers: FxHashMap::default(),
            callers: FxHashMap::default(),
            points: FxHashMap::default(),
            any_ambient,
            first: FxHashSet::default(),
        };
        // In a large program that nothing governs there is nothing to decide, and ways in would
        // only explain that.
        let guards = !solver.guarded.is_empty() || !solver.governed_entry.is_empty();
        if any_ambient || guards || solver.follow_callers.contains(&true) {
            g.walk_all(wanted, imports);
            g.index();
        }
        if any_ambient {
            g.load_all();
        }
        g
    }

    /// Walks every scope until the summaries of all are stable.
    fn walk_all(
        &mut self,
        wanted: &FxHashSet<(FileIx, ExprId)>,
        imports: &FxHashMap<(FileIx, u32), Vec<FileIx>>,
    ) {
        let mut summaries: FxHashMap<Body, Option<Change>> = FxHashMap::default();
        let mut yields: FxHashMap<Scope, Change> = FxHashMap::default();
        // What a deployment sets holds for whatever it starts.
        let everywhere = self.entries.any_environment();
        for _round in 0..12 {
            let mut changed = false;
            for (i, info) in self.solver.scopes.iter().enumerate() {
                let scope = Scope::try_from(i).unwrap_or(Scope::MAX);
                let Some((facts, unit)) = self.solver.unit(scope) else {
                    continue;
                };
                let Some(u) = facts.unit(unit) else { continue };
                if !self.solver.is_active(scope)
                    || !(everywhere || self.solver.follows_callers(info.file))
                {
                    continue;
                }
                let modes: &[Mode] = match u.kind {
                    UnitKind::Class => continue,
                    UnitKind::Module => &[Mode::Plain, Mode::Script],
                    _ => &[Mode::Plain],
                };
                for &mode in modes {
                    let walker = Walker::new(
                        self.solver,
                        &facts,
                        info.file,
                        mode,
                        &summaries,
                        &yields,
                        wanted,
                        imports,
                    );
                    let walked = walker.run(unit);
                    let exit = walked.exit;
                    if let Some(y) = walked.yielded.filter(|y| *y != Change::NONE)
                        && yields.insert(scope, y) != Some(y)
                    {
                        changed = true;
                    }
                    self.walked.insert((scope, mode), walked);
                    if summaries.insert((scope, mode), exit) != Some(exit)
                        && exit != Some(Change::NONE)
                    {
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
    }

    fn is_test(&self, scope: Scope) -> bool {
        self.solver
            .info(scope)
            .is_some_and(|i| self.entries.is_test(i.file))
    }

    fn index(&mut self) {
        for (&body, walked) in &self.walked {
            for &edge in &walked.edges {
                if self.is_test(body.0) && !self.is_test(edge.to) {
                    continue;
                }
                let list = self.callers.entry(edge.to).or_default();
                // A module body is walked in both modes; its calls count once here.
                if !list.iter().any(|(b, e)| {
                    b.0 == body.0
                        && e.expr == edge.expr
                        && e.offset == edge.offset
                        && e.to == edge.to
                }) {
                    list.push((body, edge));
                }
            }
            let file = self.solver.info(body.0).map_or(0, |i| i.file);
            for &(e, c) in &walked.points {
                self.points.entry((file, e)).or_default().push((body, c));
            }
        }
    }

    // ---- states

    /// Finds out what each entry point loads, and how things stand once it is up.
    fn load_all(&mut self) {
        let mut first: FxHashSet<(Body, u32, Scope)> = FxHashSet::default();
        let mut loaded_by: FxHashMap<FileIx, Vec<usize>> = FxHashMap::default();
        let points = self.entries.points.clone();
        for (i, p) in points.iter().enumerate() {
            let Some(scope) = self.solver.scope_of_unit(p.file, 0) else {
                continue;
            };
            let mut seen: FxHashSet<Scope> = FxHashSet::default();
            self.load((scope, p.mode), &mut seen, &mut first, 0);
            self.load_lazily(&mut seen, &mut first);
            let mut files: Vec<FileIx> = seen
                .iter()
                .filter_map(|&s| Some(self.solver.info(s)?.file))
                .collect();
            files.push(p.file);
            files.sort_unstable();
            files.dedup();
            for f in files {
                loaded_by.entry(f).or_default().push(i);
            }
        }
        let up: Vec<State> = points.iter().map(|p| self.state_when_up(p)).collect();
        let mut files: Vec<(FileIx, Vec<usize>)> = loaded_by.into_iter().collect();
        files.sort_unstable();
        for (file, by) in files {
            let is_test = self.entries.is_test(file);
            let states = by
                .iter()
                .filter(|&&i| {
                    points
                        .get(i)
                        .is_some_and(|p| is_test || !self.entries.is_test(p.file))
                })
                .filter_map(|&i| up.get(i).copied());
            if let Some(s) = states.reduce(State::join) {
                self.handlers.insert(file, s);
            }
        }
        self.first = first;
    }

    /// Joins states over the call graph. `tools`: what is added where a framework enters the
    /// functions behind governed tools.
    pub(crate) fn flow(&mut self, tools: &FxHashMap<Scope, State>) {
        if self.any_ambient
            || !tools.is_empty()
            || !self.solver.guarded.is_empty()
            || !self.solver.governed_entry.is_empty()
        {
            let points = self.entries.points.clone();
            let first = std::mem::take(&mut self.first);
            self.propagate(&points, &first, tools);
        }
    }

    /// The scopes that call a scope, as far as ways in are followed.
    pub(crate) fn callers_of(&self, scope: Scope) -> impl Iterator<Item = Scope> {
        let callers = self.callers.get(&scope).into_iter().flatten();
        callers
            .filter(|(_, edge)| !edge.import)
            .map(|(body, _)| body.0)
    }

    /// Files that ways in lead through.
    pub(crate) fn files_on_ways(&self) -> Vec<FileIx> {
        let mut files: Vec<FileIx> = Vec::new();
        let mut todo: Vec<Scope> = self.points.values().flatten().map(|(b, _)| b.0).collect();
        let mut seen: FxHashSet<Scope> = todo.iter().copied().collect();
        while let Some(s) = todo.pop() {
            files.extend(self.solver.info(s).map(|i| i.file));
            for (b, _) in self.callers.get(&s).map(Vec::as_slice).unwrap_or_default() {
                if seen.insert(b.0) {
                    todo.push(b.0);
                }
            }
        }
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Follows imports (and calls made while importing) in the order they run.
    fn load(
        &self,
        body: Body,
        seen: &mut FxHashSet<Scope>,
        first: &mut FxHashSet<(Body, u32, Scope)>,
        depth: u32,
    ) {
        if depth > 200 {
            return;
        }
        let Some(walked) = self.walked.get(&body) else {
            return;
        };
        for edge in &walked.edges {
            if seen.insert(edge.to) {
                if edge.import {
                    first.insert((body, edge.offset, edge.to));
                }
                self.load((edge.to, Mode::Plain), seen, first, depth + 1);
            }
        }
    }

    /// Imports inside functions that are not called while loading.
    fn load_lazily(&self, seen: &mut FxHashSet<Scope>, first: &mut FxHashSet<(Body, u32, Scope)>) {
        loop {
            let mut files: Vec<FileIx> = seen
                .iter()
                .filter_map(|&s| Some(self.solver.info(s)?.file))
                .collect();
            files.sort_unstable();
            files.dedup();
            let mut more = false;
            for f in files {
                let Some(start) = self.solver.scope_of_unit(f, 0) else {
                    continue;
                };
                let n = self
                    .solver
                    .with_unit(start, |facts, _| facts.units.len())
                    .unwrap_or(0);
                for u in 1..n {
                    let body = (start + Scope::try_from(u).unwrap_or(0), Mode::Plain);
                    for edge in self
                        .walked
                        .get(&body)
                        .map(|w| w.edges.as_slice())
                        .unwrap_or_default()
                    {
                        if edge.import && seen.insert(edge.to) {
                            more = true;
                            first.insert((body, edge.offset, edge.to));
                            self.load((edge.to, Mode::Plain), seen, first, 0);
                        }
                    }
                }
            }
            if !more {
                break;
            }
        }
    }

    fn state_when_up(&self, p: &EntryPoint) -> State {
        let start = State::on(p.environment);
        let Some(scope) = self.solver.scope_of_unit(p.file, 0) else {
            return start;
        };
        let exit = |b: Body| {
            self.walked
                .get(&b)
                .and_then(|w| w.exit)
                .unwrap_or(Change::NONE)
        };
        let mut state = self.packages_first(p.file, start);
        state = exit((scope, p.mode)).apply(state);
        for &f in &p.functions {
            state = exit((f, Mode::Plain)).apply(state);
        }
        state
    }

    /// Packages around an entry module are imported before it.
    fn packages_first(&self, file: FileIx, mut state: State) -> State {
        for &f in self.entries.packages_of(file) {
            if let Some(scope) = self.solver.scope_of_unit(f, 0)
                && let Some(exit) = self.walked.get(&(scope, Mode::Plain)).and_then(|w| w.exit)
            {
                state = exit.apply(state);
            }
        }
        state
    }

    fn propagate(
        &mut self,
        points: &[EntryPoint],
        first: &FxHashSet<(Body, u32, Scope)>,
        tools: &FxHashMap<Scope, State>,
    ) {
        let mut todo: Vec<Body> = Vec::new();
        for p in points {
            let Some(scope) = self.solver.scope_of_unit(p.file, 0) else {
                continue;
            };
            let start = self.packages_first(p.file, State::on(p.environment));
            self.enter((scope, p.mode), start, &mut todo);
            let exit = self
                .walked
                .get(&(scope, p.mode))
                .and_then(|w| w.exit)
                .unwrap_or(Change::NONE);
            for &f in &p.functions {
                self.enter((f, Mode::Plain), exit.apply(start), &mut todo);
            }
        }
        for (i, info) in self.solver.scopes.iter().enumerate() {
            let scope = Scope::try_from(i).unwrap_or(Scope::MAX);
            let kind = self.solver.with_unit(scope, |_, u| u.kind);
            if !matches!(kind, Some(UnitKind::Function | UnitKind::Lambda)) || !self.is_root(scope)
            {
                continue;
            }
            let state = self.handlers.get(&info.file).copied().unwrap_or_default();
            let guarded = self.solver.guards(scope);
            let mut state = if guarded { guard(state) } else { state };
            if let Some(more) = tools.get(&scope) {
                state = State {
                    must: state.must | more.must,
                    may: state.may | more.may,
                };
            }
            self.enter((scope, Mode::Plain), state, &mut todo);
        }
        while let Some(body) = todo.pop() {
            let Some(&state) = self.entry.get(&body) else {
                continue;
            };
            let Some(walked) = self.walked.get(&body) else {
                continue;
            };
            let edges = walked.edges.clone();
            for edge in edges {
                if edge.import && !first.contains(&(body, edge.offset, edge.to)) {
                    continue;
                }
                if self.is_test(body.0) && !self.is_test(edge.to) {
                    continue;
                }
                let at = edge.change.apply(state);
                let at = if edge.governed { guard(at) } else { at };
                self.enter((edge.to, Mode::Plain), at, &mut todo);
            }
        }
    }

    fn enter(&mut self, body: Body, state: State, todo: &mut Vec<Body>) {
        let new = match self.entry.get(&body) {
            Some(&old) => old.join(state),
            None => state,
        };
        if self.entry.get(&body) != Some(&new) {
            self.entry.insert(body, new);
            todo.push(body);
        }
    }

    /// A function that nobody in the project calls, or that is handed to someone who will.
    fn is_root(&self, scope: Scope) -> bool {
        self.callers.get(&scope).is_none_or(Vec::is_empty)
    }

    // ---- answers

    /// How a call stands, given the bits that cover its operation.
    pub(crate) fn call(&self, file: FileIx, e: ExprId, bits: u128) -> Standing {
        let bits = bits | GUARD;
        let mut all: Option<State> = None;
        for (body, change) in self
            .points
            .get(&(file, e))
            .map(Vec::as_slice)
            .unwrap_or_default()
        {
            let Some(&state) = self.entry.get(body) else {
                continue;
            };
            let at = change.apply(state);
            all = Some(all.map_or(at, |s| s.join_for(at, bits)));
        }
        standing(all.unwrap_or_default(), bits)
    }

    /// How a definition stands once the program is up.
    pub(crate) fn when_up(&self, file: FileIx, bits: u128) -> Standing {
        standing(self.handlers.get(&file).copied().unwrap_or_default(), bits)
    }

    /// Names of the targets that are certainly on at a call.
    pub(crate) fn switched_on(&self, file: FileIx, e: ExprId) -> Vec<&str> {
        let state = self
            .points
            .get(&(file, e))
            .into_iter()
            .flatten()
            .filter_map(|(b, c)| Some(c.apply(*self.entry.get(b)?)))
            .reduce(State::join)
            .unwrap_or_default();
        let targets = self.solver.catalog.targets.iter().enumerate();
        targets
            .filter(|(i, _)| state.must >> i & 1 == 1)
            .map(|(_, t)| t.name.as_str())
            .collect()
    }

    /// A way in to a call on which nothing covers it, outermost first.
    pub(crate) fn way_in(
        &self,
        file: FileIx,
        e: ExprId,
        scope: Scope,
        bits: u128,
        governed: bool,
    ) -> Vec<WayStep> {
        if self.walked.is_empty() {
            return Vec::new();
        }
        let bits = bits | GUARD;
        let fits = |s: State| {
            if governed {
                s.must & bits != 0
            } else {
                s.must & bits == 0
            }
        };
        let mut at: Option<Body> = self
            .points
            .get(&(file, e))
            .into_iter()
            .flatten()
            .find(|(b, c)| self.entry.get(b).is_none_or(|&s| fits(c.apply(s))))
            .map(|(b, _)| *b);
        if at.is_none() {
            at = Some((scope, Mode::Plain));
        }
        let mut steps = Vec::new();
        let mut seen: FxHashSet<Scope> = FxHashSet::default();
        while let Some(body) = at {
            if !seen.insert(body.0) || steps.len() > 12 {
                break;
            }
            let callers = self
                .callers
                .get(&body.0)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let next = callers
                .iter()
                .filter(|(b, _)| !seen.contains(&b.0))
                .find(|(b, edge)| {
                    self.entry
                        .get(b)
                        .is_none_or(|&s| fits(edge.change.apply(s)))
                })
                .copied();
            match next {
                Some((from, edge)) => {
                    let f = self.solver.info(from.0).map_or(0, |i| i.file);
                    let name = self.solver.qualified(body.0);
                    let text = if edge.import {
                        "imported here".to_owned()
                    } else {
                        format!("calls `{name}`")
                    };
                    steps.push(WayStep {
                        file: f,
                        offset: edge.offset,
                        text,
                    });
                    at = Some(from);
                }
                None => {
                    steps.push(self.origin(body));
                    break;
                }
            }
        }
        steps.reverse();
        steps
    }

    fn origin(&self, body: Body) -> WayStep {
        let info = self.solver.info(body.0);
        let file = info.map_or(0, |i| i.file);
        let (kind, offset) = self
            .solver
            .with_unit(body.0, |_, u| (u.kind, u.span.0))
            .unwrap_or((UnitKind::Module, 0));
        let is_program = self
            .entries
            .points
            .iter()
            .any(|p| p.file == file && p.mode == Mode::Script);
        let text = match (kind, body.1) {
            (UnitKind::Module, Mode::Plain) if is_program => "runs as a program".to_owned(),
            (UnitKind::Module, Mode::Script) => "runs as a program".to_owned(),
            (UnitKind::Module, Mode::Plain) => {
                "nothing in the project imports it: an entry point".to_owned()
            }
            _ if self
                .entries
                .points
                .iter()
                .any(|p| p.functions.contains(&body.0)) =>
            {
                "a console script starts here".to_owned()
            }
            _ => format!(
                "`{}` is called from outside the project",
                self.solver.qualified(body.0)
            ),
        };
        WayStep { file, offset, text }
    }
}

fn guard(s: State) -> State {
    State {
        must: s.must | GUARD,
        may: s.may | GUARD,
    }
}

fn standing(s: State, bits: u128) -> Standing {
    if s.must & bits != 0 {
        Standing::Governed
    } else if s.may & bits != 0 {
        Standing::Partly
    } else {
        Standing::Ungoverned
    }
}
