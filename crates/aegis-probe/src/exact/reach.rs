//! Whether a rule ever decides, and what is left for the defaults.

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;

use super::Exact;
use super::boxes::{self, Box};
use super::space::Space;
use super::words;
use super::world::{Pattern, View, World};

/// Instances of one rule that are looked at.
const MOST_INSTANCES: usize = 4_096;

/// Regions that are enough where there are too many to know them all.
const ENOUGH: usize = 8;

/// Whether something ever decides.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reach {
    /// It decides this, as the engine says.
    Live(Action, Moment),
    /// It decides this if these statements hold; the evaluator at hand does not say so.
    Given(Action, Moment, Vec<String>),
    /// It never decides: these rules together take everything. None if there is nothing it matches.
    Dead {
        /// The rules, by number.
        by: Vec<usize>,
    },
    /// That could not be found out within the budget.
    Unknown,
}

impl Reach {
    /// Whether it is certain that it never decides.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(self, Self::Dead { .. })
    }
}

/// What is left of a rule at one instance.
pub(super) enum Left {
    /// Regions in this space; whether these are all.
    Some(Space, Vec<Box>, bool),
    /// Nothing: these rules take it all.
    None(Vec<usize>),
    /// Too many pieces.
    Unknown,
}

impl World<'_> {
    /// What earlier rules of a column leave of the contexts in which a rule applies.
    pub(super) fn left(&self, rule: &View, earlier: &[usize]) -> Left {
        self.left_with(rule, earlier, &[])
    }

    /// The same in a space that also tells apart what these further rules do.
    pub(super) fn left_with(&self, rule: &View, earlier: &[usize], further: &[usize]) -> Left {
        let views = || {
            earlier
                .iter()
                .filter_map(|id| Some((*id, self.rules.get(*id)?)))
        };
        if let Some((plain, _)) = views().find(|(_, view)| view.is_plain()) {
            return Left::None(vec![plain]);
        }
        if self.steps.column(earlier.len()).is_none() {
            return Left::Unknown;
        }
        let mut all: Vec<usize> = earlier.to_vec();
        all.push(self.id(rule.policy, rule.number));
        all.extend(further);
        let space = self.space(&all);
        let mut pieces = vec![space.may(rule)];
        pieces.retain(|piece| !boxes::is_empty(piece));
        let takes: Vec<(usize, Box)> = views().map(|(id, v)| (id, space.takes(v))).collect();
        let mut by = Vec::new();
        for (at, (id, taken)) in takes.iter().enumerate() {
            if pieces.is_empty() {
                break;
            }
            if pieces
                .iter()
                .any(|piece| boxes::meet(piece, taken).is_some())
            {
                by.push(*id);
            }
            let left = match boxes::subtract_all(&pieces, taken, &self.steps) {
                Some(left) => left,
                None => {
                    let rest = takes.get(at..).unwrap_or_default();
                    by.extend(rest.iter().map(|(id, _)| *id));
                    by.dedup();
                    match self.some_left(pieces, rest) {
                        Some((left, _)) if !left.is_empty() => {
                            return Left::Some(space, left, false);
                        }
                        Some((_, true)) => return Left::None(by),
                        _ => return Left::Unknown,
                    }
                }
            };
            pieces = left;
        }
        if pieces.is_empty() {
            return Left::None(self.needed(&space, rule, by));
        }
        Left::Some(space, pieces, true)
    }

    /// Some of what is left of regions, one after the other instead of all at once, which takes no
    /// room; whether it is all. `None` if nothing was found before the steps ran out.
    fn some_left(&self, from: Vec<Box>, takes: &[(usize, Box)]) -> Option<(Vec<Box>, bool)> {
        let mut found = Vec::new();
        let mut open: Vec<(Box, usize)> = from.into_iter().map(|region| (region, 0)).collect();
        let mut pieces = Vec::new();
        while let Some((region, at)) = open.pop() {
            let Some((_, taken)) = takes.get(at) else {
                found.push(region);
                if found.len() >= ENOUGH {
                    return Some((found, false));
                }
                continue;
            };
            if self.steps.spend(region.len()).is_none() {
                return (!found.is_empty()).then_some((found, false));
            }
            boxes::subtract(&region, taken, &mut pieces);
            let _ = self.steps.spend(pieces.len() * region.len());
            open.extend(pieces.drain(..).map(|piece| (piece, at + 1)));
        }
        Some((found, true))
    }

    /// The rules of a cover that it does not do without.
    fn needed(&self, space: &Space, rule: &View, by: Vec<usize>) -> Vec<usize> {
        let mut kept = by;
        if kept.len() > 16 {
            return kept;
        }
        let mut at = kept.len();
        while at > 0 {
            at -= 1;
            let others = kept.iter().enumerate().filter(|(i, _)| *i != at);
            let mut pieces = Some(vec![space.may(rule)]);
            for (_, id) in others {
                let takes = self.rules.get(*id).map(|view| space.takes(view));
                pieces = pieces
                    .zip(takes)
                    .and_then(|(p, takes)| boxes::subtract_all(&p, &takes, &self.steps));
            }
            if pieces.is_some_and(|p| p.iter().all(boxes::is_empty)) {
                kept.remove(at);
            }
        }
        kept
    }

    /// The instances of a rule: for each choice of patterns the names that stand for them. The flag
    /// is false if there are more.
    pub(super) fn instances(&self, patterns: [&[Pattern]; 3]) -> (Vec<[String; 3]>, bool) {
        let mut all = true;
        let lists = [0, 1, 2].map(|field| {
            let mut out: Vec<String> = Vec::new();
            for pattern in patterns.get(field).copied().unwrap_or_default() {
                let words = self.words(field, pattern.alternative);
                all &= words.all;
                out.extend(words.words.iter().cloned());
            }
            out
        });
        let (out, is_all) = words::product(&lists, MOST_INSTANCES);
        (out, all && is_all)
    }
}

impl Exact<'_> {
    /// Whether a rule ever decides.
    pub(crate) fn reachable(&self, rule: usize) -> Reach {
        match self.reach(rule) {
            Reach::Live(action, at) => {
                let (action, at) = self.named(&action, at);
                Reach::Live(action, at)
            }
            other => other,
        }
    }

    /// The same with names as the instances have them.
    pub(super) fn reach(&self, rule: usize) -> Reach {
        let Some(view) = self.world.rules.get(rule) else {
            return Reach::Dead { by: Vec::new() };
        };
        let [kinds, targets, agents] = &view.patterns;
        self.reachable_by(rule, [kinds, targets, agents])
    }

    /// Whether a rule ever decides through some of its patterns.
    pub(super) fn reachable_by(&self, rule: usize, patterns: [&[Pattern]; 3]) -> Reach {
        let Some(view) = self.world.rules.get(rule) else {
            return Reach::Dead { by: Vec::new() };
        };
        self.world.steps.ask();
        let (instances, mut all) = self.world.instances(patterns);
        let mut by: Vec<usize> = Vec::new();
        let mut given = None;
        for names in &instances {
            let refs = [names[0].as_str(), &names[1], &names[2]];
            let matching = self.world.matching(0, &refs);
            let earlier: Vec<usize> = matching.into_iter().take_while(|j| *j < rule).collect();
            match self.world.left(view, &earlier) {
                Left::None(rules) => by.extend(rules),
                Left::Unknown => all = false,
                Left::Some(space, pieces, _) => {
                    let reach =
                        self.shown(Decider::Rule(rule_number(rule)), names, &space, &pieces);
                    match reach {
                        Some(live @ Reach::Live(..)) => return live,
                        Some(other) => given = given.or(Some(other)),
                        None => all = false,
                    }
                }
            }
        }
        by.sort_unstable();
        by.dedup();
        match given {
            Some(given) => given,
            None if all => Reach::Dead { by },
            None => Reach::Unknown,
        }
    }

    /// An action in one of the regions that the engine says this decides.
    fn shown(
        &self,
        decider: Decider,
        names: &[String; 3],
        space: &Space,
        pieces: &[Box],
    ) -> Option<Reach> {
        let mut given = None;
        let foreign = self.world.foreign(0, &names[0]);
        let other = foreign.map(|kind| [kind, names[1].clone(), names[2].clone()]);
        // What needs the fewest parameters reads best.
        let mut pieces: Vec<&Box> = pieces.iter().collect();
        pieces.sort_by_key(|piece| space.needed(piece));
        for names in std::iter::once(names.clone()).chain(other) {
            for piece in pieces.iter().copied() {
                let refs = [names[0].as_str(), &names[1], &names[2]];
                for (action, at) in self.world.actions(0, refs, space, piece) {
                    if self.policy.decide(&action, at).by == decider {
                        return Some(Reach::Live(action, at));
                    }
                    if given.is_none() {
                        let assumes = self.assumed(space, piece, &action);
                        given = assumes.map(|assumes| Reach::Given(action, at, assumes));
                    }
                }
            }
        }
        given
    }

    /// The same action with names that read better, decided by the same.
    pub(super) fn named(&self, action: &Action, at: Moment) -> (Action, Moment) {
        let names = [
            action.kind_name(),
            action.target_name(),
            action.agent_name(),
        ];
        let names = names.map(|name| name.canonical().to_owned());
        self.readable(&names, action, at)
    }

    /// The same action with names in the place of these that read better, decided by the same.
    pub(super) fn readable(
        &self,
        names: &[String; 3],
        action: &Action,
        at: Moment,
    ) -> (Action, Moment) {
        let before = self.policy.decide(action, at);
        let best = self.world.readable(names, &mut |names| {
            let decision = self.policy.decide(&renamed(action, names), at);
            (decision.by, decision.approval, decision.risk)
                == (before.by, before.approval, before.risk)
        });
        (renamed(action, &best), at)
    }

    /// What is left for the defaults: an action that no rule decides.
    pub(crate) fn default_reachable(&self) -> Reach {
        self.world.steps.ask();
        let (instances, mut all) = self.world.anything();
        for names in &instances {
            let refs = [names[0].as_str(), &names[1], &names[2]];
            let (column, open) = self.world.column(0, &refs);
            if !open {
                continue;
            }
            match self.world.rest(&column) {
                None => all = false,
                Some((space, pieces)) if !pieces.is_empty() => {
                    match self.shown(Decider::Default, names, &space, &pieces) {
                        Some(Reach::Live(action, at)) => {
                            let (action, at) = self.named(&action, at);
                            return Reach::Live(action, at);
                        }
                        Some(reach) => return reach,
                        None => all = false,
                    }
                }
                Some(_) => {}
            }
        }
        if all {
            let by = (0..self.world.rules.len()).collect();
            Reach::Dead { by }
        } else {
            Reach::Unknown
        }
    }
}

impl World<'_> {
    /// The instances of everything.
    pub(super) fn anything(&self) -> (Vec<[String; 3]>, bool) {
        use super::words::Piece;
        let [kinds, targets, agents] = [0, 1, 2].map(|field| self.words_of(field, &[Piece::Any]));
        let all = kinds.all && targets.all && agents.all;
        let mut out = Vec::new();
        for kind in &kinds.words {
            for target in &targets.words {
                for agent in &agents.words {
                    out.push([kind.clone(), target.clone(), agent.clone()]);
                }
            }
        }
        (out, all)
    }

    /// What the rules of a column leave, or some of it if it is much; `None` if that is too much to
    /// find out.
    pub(super) fn rest(&self, column: &[usize]) -> Option<(Space, Vec<Box>)> {
        let views: Vec<&View> = column.iter().filter_map(|id| self.rules.get(*id)).collect();
        if views.iter().any(|view| view.is_plain()) {
            return Some((self.space(&[]), Vec::new()));
        }
        self.steps.column(views.len())?;
        let space = self.space(column);
        let takes = views.iter().map(|view| (view.number, space.takes(view)));
        let takes: Vec<(usize, Box)> = takes.collect();
        let mut pieces = vec![space.whole()];
        for (at, (_, taken)) in takes.iter().enumerate() {
            let left = boxes::subtract_all(&pieces, taken, &self.steps);
            let Some(left) = left else {
                let (left, all) = self.some_left(pieces, takes.get(at..).unwrap_or_default())?;
                return (all || !left.is_empty()).then_some((space, left));
            };
            pieces = left;
        }
        Some((space, pieces))
    }
}

/// An action with other names.
pub(super) fn renamed(action: &Action, names: &[String; 3]) -> Action {
    let mut out = Action::new(&names[0]).target(&names[1]).agent(&names[2]);
    for (key, value) in action.params() {
        out = out.param(key.clone(), value.clone());
    }
    match action.stated_effect() {
        Some(effect) => out.effect(effect),
        None => out,
    }
}

/// The number of a rule as the engine gives it.
pub(super) fn rule_number(rule: usize) -> u32 {
    u32::try_from(rule).unwrap_or(u32::MAX)
}
