//! The space of contexts that some rules can tell apart: effect, clock, parameters and statements
//! as independent variables, each cut into cells.

use std::rc::Rc;

use aegis_policy::clock::{Moment, Wall, Zone};
use aegis_policy::condition::{Compiled, window};
use aegis_policy::model::{Approval, Atom, Truth};

use super::boxes::{Bits, Box, MOST_CELLS};
use super::cells::{self, Sample};
use super::world::{Variable, View, World};
use super::zones;

/// Seconds of a week.
pub(super) const WEEK: u32 = 7 * 86_400;

/// Wednesday noon: the moment of an action when no rule asks.
pub(super) const NOON: u32 = 2 * 86_400 + 43_200;

/// What stands for a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stand {
    /// A second of the week, Monday's first being 0.
    Second(u32),
    /// A moment, where clocks of several zones matter; seconds since 1970.
    Moment(i64),
    /// A parameter.
    Param(Sample),
    /// What is said of a statement.
    Says(Truth),
}

/// The cells of one variable.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    /// For each cell what each of the tests says, in the order of the tests asked about.
    truths: Vec<Vec<Truth>>,
    /// For each cell what stands for it.
    pub(super) stands: Vec<Stand>,
    /// Whether these are all the cells. If not, one more stands for the rest.
    all: bool,
}

/// A variable of a space.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    /// Which one.
    pub(super) variable: usize,
    /// The tests on it, in order.
    tests: Vec<usize>,
    /// Its cells.
    pub(super) table: Rc<Table>,
}

/// The space of some rules. The effect is its first variable.
#[derive(Debug, Clone)]
pub(super) struct Space {
    pub(super) axes: Vec<Axis>,
}

impl Table {
    /// How many cells, the rest included.
    pub(super) fn len(&self) -> usize {
        self.truths.len() + usize::from(!self.all)
    }
}

/// The wall clock at a second of the week.
pub(super) fn wall(second: u32) -> Wall {
    Wall {
        weekday: u8::try_from(second / 86_400 + 1).unwrap_or(1),
        second: second % 86_400,
    }
}

impl World<'_> {
    /// The space in which these rules differ.
    pub(super) fn space(&self, rules: &[usize]) -> Space {
        let mut tests: Vec<(usize, usize)> = rules
            .iter()
            .filter_map(|rule| self.rules.get(*rule))
            .flat_map(|rule| &rule.tests)
            .filter_map(|test| Some((self.tests.get(*test)?.variable, *test)))
            .collect();
        tests.sort_unstable();
        tests.dedup();
        let axes = tests.chunk_by(|a, b| a.0 == b.0).filter_map(|chunk| {
            let variable = chunk.first()?.0;
            let tests: Vec<usize> = chunk.iter().map(|(_, test)| *test).collect();
            Some(Axis {
                variable,
                table: self.table(variable, &tests),
                tests,
            })
        });
        Space {
            axes: axes.collect(),
        }
    }

    fn table(&self, variable: usize, tests: &[usize]) -> Rc<Table> {
        let key = (variable, tests.to_vec());
        if let Some(table) = self.tables.borrow().get(&key) {
            return Rc::clone(table);
        }
        let compiled: Vec<&Compiled> = tests
            .iter()
            .filter_map(|t| Some(self.tests.get(*t)?.compiled))
            .collect();
        let table = Rc::new(match self.variables.get(variable) {
            Some(Variable::Clock) => self.clocks(tests, &compiled),
            Some(Variable::Param(_, many)) => params(&compiled, *many),
            _ => Table {
                truths: [Truth::True, Truth::CannotTell, Truth::False]
                    .map(|t| vec![t])
                    .to_vec(),
                stands: [Truth::True, Truth::CannotTell, Truth::False]
                    .map(Stand::Says)
                    .to_vec(),
                all: true,
            },
        });
        self.tables.borrow_mut().insert(key, Rc::clone(&table));
        table
    }
}

impl World<'_> {
    fn clocks(&self, tests: &[usize], compiled: &[&Compiled]) -> Table {
        let of: Vec<usize> = tests
            .iter()
            .filter_map(|t| Some(self.tests.get(*t)?.policy))
            .collect();
        let zones: Vec<&Zone> = self.policies.iter().map(|policy| policy.zone()).collect();
        match of.iter().all(|policy| *policy == 0) {
            true => clock(compiled),
            false => several(compiled, &of, &zones),
        }
    }
}

/// Moments cut at the ends of windows that are read on several clocks, equal pieces put together;
/// `of` says for each test which zone it reads.
fn several(tests: &[&Compiled], of: &[usize], zones: &[&Zone]) -> Table {
    let mut table = Table {
        all: true,
        ..Table::default()
    };
    let week = i64::from(WEEK);
    for way in zones::ways(zones) {
        // Where clocks lie so to each other for less than a week, not every combination is seen.
        table.all &= way.to - way.from >= week;
        let end = way.to.min(way.from + week);
        let mut cuts = vec![way.from];
        for (number, zone) in zones.iter().enumerate() {
            let start = zones::shown(zone, way.from);
            let mut seconds = vec![0, 43_200];
            for test in tests.iter().zip(of).filter(|(_, of)| **of == number) {
                if let Atom::Window { after, before, .. } = test.0.atom() {
                    let ends = [after, before].into_iter().flatten().copied();
                    seconds.extend(ends.filter(|s| *s < 86_400));
                }
            }
            for day in 0..7 {
                let of_day = seconds.iter().map(|s| day * 86_400 + i64::from(*s));
                cuts.extend(of_day.map(|local| way.from + (local - start).rem_euclid(week)));
            }
        }
        cuts.retain(|at| *at < end);
        cuts.sort_unstable();
        cuts.dedup();
        for at in cuts {
            let truth = |(test, of): (&&Compiled, &usize)| match (test.atom(), zones.get(*of)) {
                (
                    Atom::Window {
                        after,
                        before,
                        weekdays,
                    },
                    Some(zone),
                ) => {
                    let wall = zone.wall(Moment::new(at, 0));
                    Truth::from(window(*after, *before, *weekdays, wall))
                }
                _ => Truth::CannotTell,
            };
            let truths: Vec<Truth> = tests.iter().zip(of).map(truth).collect();
            if !table.truths.contains(&truths) {
                if table.truths.len() >= MOST_CELLS - 1 {
                    table.all = false;
                    return table;
                }
                table.truths.push(truths);
                table.stands.push(Stand::Moment(at));
            }
        }
    }
    table
}

/// The week cut at the ends of windows, equal pieces put together.
fn clock(tests: &[&Compiled]) -> Table {
    let windows: Vec<(Option<u32>, Option<u32>, u8)> = tests
        .iter()
        .filter_map(|test| match test.atom() {
            Atom::Window {
                after,
                before,
                weekdays,
            } => Some((*after, *before, *weekdays)),
            _ => None,
        })
        .collect();
    let mut cuts: Vec<u32> = vec![NOON];
    for day in 0..7 {
        cuts.push(day * 86_400);
        for (after, before, _) in &windows {
            let ends = [after, before]
                .into_iter()
                .flatten()
                .filter(|s| **s < 86_400);
            cuts.extend(ends.map(|second| day * 86_400 + second));
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    // Noon first, so that it stands for its cell.
    let order = std::iter::once(NOON).chain(cuts.iter().copied());
    let mut table = Table {
        all: true,
        ..Table::default()
    };
    for second in order {
        let truth = |(after, before, days): &(Option<u32>, Option<u32>, u8)| {
            Truth::from(window(*after, *before, *days, wall(second)))
        };
        let truths: Vec<Truth> = windows.iter().map(truth).collect();
        if !table.truths.contains(&truths) {
            if table.truths.len() >= MOST_CELLS - 1 {
                table.all = false;
                break;
            }
            table.truths.push(truths);
            table.stands.push(Stand::Second(second));
        }
    }
    table
}

fn params(tests: &[&Compiled], many: bool) -> Table {
    let found = cells::build(tests, many);
    let mut table = Table {
        all: found.all,
        ..Table::default()
    };
    for cell in found.cells {
        table.truths.push(cell.truths);
        table.stands.push(Stand::Param(cell.sample));
    }
    table
}

impl Space {
    /// Everything.
    pub(super) fn whole(&self) -> Box {
        let effects = std::iter::once(Bits::first(10));
        effects
            .chain(self.axes.iter().map(|axis| Bits::first(axis.table.len())))
            .collect()
    }

    /// Where a rule applies for certain: what it takes from later rules.
    pub(super) fn takes(&self, rule: &View) -> Box {
        self.of(rule, false)
    }

    /// Where a rule may apply: at least where it does.
    pub(super) fn may(&self, rule: &View) -> Box {
        self.of(rule, true)
    }

    fn of(&self, rule: &View, rest: bool) -> Box {
        let mut effects = Bits::default();
        (0..10)
            .filter(|bit| rule.effects >> bit & 1 == 1)
            .for_each(|bit| effects.insert(bit));
        let axes = self.axes.iter().map(|axis| axis.of(rule, rest));
        std::iter::once(effects).chain(axes).collect()
    }

    /// Where a rule that restricts would apply if the effect were known.
    pub(super) fn unsettled(&self, rule: &View) -> Box {
        let mut out = self.takes(rule);
        if let Some(effects) = out.first_mut() {
            *effects = Bits::default();
            effects.insert(9);
        }
        out
    }

    /// Whether all its cells are known.
    pub(super) fn is_whole(&self) -> bool {
        self.axes.iter().all(|axis| axis.table.all)
    }

    /// How many parameters must be there in a box.
    pub(super) fn needed(&self, region: &Box) -> usize {
        let missing = |axis: &Axis, bits: &Bits| {
            let at = axis
                .table
                .stands
                .iter()
                .position(|s| *s == Stand::Param(Sample::Missing));
            at.is_none_or(|at| bits.has(at))
        };
        let axes = self.axes.iter().zip(region.iter().skip(1));
        axes.filter(|(axis, bits)| !missing(axis, bits)).count()
    }

    /// The part of a box that has nothing but cells with something to stand for them.
    pub(super) fn shown(&self, from: &Box) -> Box {
        let mut out = from.clone();
        for (axis, bits) in self.axes.iter().zip(out.iter_mut().skip(1)) {
            let known = axis.table.stands.iter().enumerate();
            let mut shown = Bits::default();
            known
                .filter(|(_, stand)| **stand != Stand::Param(Sample::Unknown))
                .for_each(|(at, _)| shown.insert(at));
            *bits = bits.and(shown);
        }
        out
    }
}

impl Axis {
    /// The cells that meet a rule's conditions on this variable.
    fn of(&self, rule: &View, rest: bool) -> Bits {
        let asked: Vec<usize> = self
            .tests
            .iter()
            .enumerate()
            .filter(|(_, test)| rule.tests.binary_search(test).is_ok())
            .map(|(at, _)| at)
            .collect();
        if asked.is_empty() {
            return Bits::first(self.table.len());
        }
        let mut bits = Bits::default();
        for (at, truths) in self.table.truths.iter().enumerate() {
            let meets = |asked: &usize| match truths.get(*asked) {
                Some(Truth::True) => true,
                Some(Truth::CannotTell) => rule.approval != Approval::Auto,
                _ => false,
            };
            if asked.iter().all(meets) {
                bits.insert(at);
            }
        }
        if rest && !self.table.all {
            bits.insert(self.table.truths.len());
        }
        bits
    }

    /// The cells in which all conditions of a rule on this variable hold.
    pub(super) fn holds(&self, rule: &View) -> Bits {
        let mut bits = Bits::default();
        for (at, truths) in self.table.truths.iter().enumerate() {
            let asked = self.tests.iter().zip(truths);
            let mut asked = asked.filter(|(test, _)| rule.tests.binary_search(test).is_ok());
            if asked.all(|(_, truth)| *truth == Truth::True) {
                bits.insert(at);
            }
        }
        if !self.table.all {
            bits.insert(self.table.truths.len());
        }
        bits
    }
}
