//! Clocks of different zones side by side, and the hours that a zone skips or has twice.
//!
//! What holds is looked at from 2026 to 2037: what a policy decides is ahead of it, and the rules of
//! zones are the same every year.

use aegis_policy::clock::{Moment, Zone};

use super::space::WEEK;

/// Monday, 5 January 2026, midnight in UTC.
pub(super) const MONDAY: i64 = 1_767_571_200;

/// Weeks that are looked at.
const WEEKS: i64 = 12 * 52;

/// Clocks change at full quarters of an hour.
const QUARTER: i64 = 900;

/// The second of the week that a clock shows; Monday's first is 0.
pub(super) fn shown(zone: &Zone, at: i64) -> i64 {
    let wall = zone.wall(Moment::new(at, 0));
    i64::from(wall.weekday - 1) * 86_400 + i64::from(wall.second)
}

/// How far a clock is ahead of UTC, in seconds, within a week.
fn ahead(zone: &Zone, at: i64) -> i64 {
    (shown(zone, at) - (at - MONDAY)).rem_euclid(i64::from(WEEK))
}

/// A stretch of time in which the clocks of zones do not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Steady {
    /// Its first second.
    pub(super) from: i64,
    /// The first second after it.
    pub(super) to: i64,
    /// How far each clock is ahead of UTC.
    ahead: Vec<i64>,
}

/// The stretches in which no clock of these zones changes, in order.
pub(super) fn steady(zones: &[&Zone]) -> Vec<Steady> {
    let all = |at: i64| -> Vec<i64> { zones.iter().map(|zone| ahead(zone, at)).collect() };
    let end = MONDAY + WEEKS * i64::from(WEEK);
    let mut out = vec![Steady {
        from: MONDAY,
        to: end,
        ahead: all(MONDAY),
    }];
    let mut at = MONDAY;
    while at < end {
        // A day on which all clocks read the same before and after has no change in it.
        let next = at + 86_400;
        let now = all(next);
        let changed = out.last().is_some_and(|last| last.ahead != now);
        if changed {
            let quarters = (1..=96).map(|n| at + n * QUARTER);
            for quarter in quarters {
                let here = all(quarter);
                let Some(last) = out.last_mut().filter(|last| last.ahead != here) else {
                    continue;
                };
                last.to = quarter;
                out.push(Steady {
                    from: quarter,
                    to: end,
                    ahead: here,
                });
            }
        }
        at = next;
    }
    out
}

/// For each way in which the clocks of zones lie to each other, the longest stretch of it.
pub(super) fn ways(zones: &[&Zone]) -> Vec<Steady> {
    let mut out: Vec<Steady> = Vec::new();
    for stretch in steady(zones) {
        let length = |s: &Steady| s.to - s.from;
        match out.iter_mut().find(|known| known.ahead == stretch.ahead) {
            Some(known) if length(known) < length(&stretch) => *known = stretch,
            Some(_) => {}
            None => out.push(stretch),
        }
    }
    out
}

/// Whether two clocks always show the same.
pub(super) fn same(a: &Zone, b: &Zone) -> bool {
    a.name() == b.name()
        || steady(&[a, b])
            .iter()
            .all(|s| s.ahead.windows(2).all(|w| w.first() == w.last()))
}

/// A change of the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// The first second with the new time.
    pub(super) at: i64,
    /// The second of the day from which on the clock skips time or shows it again.
    pub(super) from: u32,
    /// The second of the day at which that ends; less than `from` if it goes past midnight.
    pub(super) to: u32,
    /// Whether the time is skipped; else the clock shows it twice.
    pub(super) skipped: bool,
}

/// The changes of a clock in its first year.
pub(super) fn shifts(zone: &Zone) -> Vec<Shift> {
    let year = MONDAY + 53 * i64::from(WEEK);
    let day = |second: i64| u32::try_from(second.rem_euclid(86_400)).unwrap_or(0);
    let stretches = steady(&[zone]);
    let pairs = stretches.iter().zip(stretches.iter().skip(1));
    let pairs = pairs.take_while(|(_, next)| next.from < year);
    pairs
        .filter_map(|(before, after)| {
            let (old, new) = (before.ahead.first()?, after.ahead.first()?);
            // The clock as it would have gone on, and as it does.
            let (would, is) = (after.from - MONDAY + old, after.from - MONDAY + new);
            let skipped = (new - old).rem_euclid(i64::from(WEEK)) < i64::from(WEEK) / 2;
            let (from, to) = if skipped { (would, is) } else { (is, would) };
            Some(Shift {
                at: after.from,
                from: day(from),
                to: day(to),
                skipped,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::get(name).unwrap()
    }

    #[test]
    fn clocks_that_show_the_same_are_found() {
        assert!(same(&zone("Europe/Berlin"), &zone("Europe/Paris")));
        assert!(same(&zone("Etc/UTC"), &zone("Africa/Abidjan")));
        assert!(!same(&zone("Europe/Berlin"), &zone("Europe/London")));
        assert!(!same(&zone("America/Phoenix"), &zone("America/Denver")));
    }

    #[test]
    fn ways_of_two_clocks_are_all_there() {
        // Europe and America change on different days: one and the same difference is not enough.
        let (berlin, york) = (zone("Europe/Berlin"), zone("America/New_York"));
        let ways = ways(&[&berlin, &york]);
        assert_eq!(ways.len(), 3, "{ways:?}");
        for hours in (0..24 * 366).map(|h| MONDAY + h * 3_600) {
            let now = vec![ahead(&berlin, hours), ahead(&york, hours)];
            assert!(ways.iter().any(|way| way.ahead == now));
        }
    }

    #[test]
    fn shifts_say_what_is_skipped_and_what_comes_twice() {
        let berlin = shifts(&zone("Europe/Berlin"));
        let told: Vec<_> = berlin.iter().map(|s| (s.from, s.to, s.skipped)).collect();
        assert_eq!(told, [(7_200, 10_800, true), (7_200, 10_800, false)]);
        // 29 March and 25 October 2026, at one in the morning in UTC.
        let at: Vec<i64> = berlin.iter().map(|s| s.at).collect();
        assert_eq!(at, [1_774_746_000, 1_792_890_000]);
        let howe = shifts(&zone("Australia/Lord_Howe"));
        let told: Vec<_> = howe.iter().map(|s| (s.from, s.to, s.skipped)).collect();
        assert_eq!(told, [(5_400, 7_200, false), (7_200, 9_000, true)]);
        assert_eq!(shifts(&zone("Asia/Tokyo")), []);
    }
}
