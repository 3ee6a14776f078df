//! Times that windows leave open: between two of them, on a day that was forgotten, and in another
//! zone than was meant.

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::{Moment, Wall};
use aegis_policy::decision::Decider;
use aegis_policy::model::{Approval, Atom, Condition};

use super::analyse::{suspect, unattended};
use super::space::{WEEK, wall};
use super::witness::moment;
use super::zones::{self, Shift};
use super::{Exact, Reach};
use crate::suspect::{Idea, Subject};
use crate::{Found, rules};

/// A hole of at most this many seconds between two restricted times was not meant.
const HOLE: u32 = 3_600;

const DAY: u32 = 86_400;

/// The later rules that allow are looked at up to this many.
const MOST_LATER: usize = 8;

/// With up to this many of the names that they have in common with the rule.
const MOST_NAMES: usize = 4;

/// A stretch of the week that was probably left open by mistake.
#[derive(Debug)]
struct Hole {
    stretch: Stretch,
    /// A time at which the restriction holds that was meant to hold here as well.
    beside: u32,
    operator: &'static str,
    how: String,
}

/// A stretch of the week that is decided alike.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: u32,
    to: u32,
    auto: bool,
    by: Decider,
}

/// Places that a name or a reason may speak of, and the zones they are in.
const PLACES: &[(&str, &str)] = &[
    ("berlin", "Europe/"),
    ("paris", "Europe/"),
    ("cet", "Europe/"),
    ("cest", "Europe/"),
    ("london", "Europe/"),
    ("bst", "Europe/"),
    ("madrid", "Europe/"),
    ("amsterdam", "Europe/"),
    ("zurich", "Europe/"),
    ("tokyo", "Asia/"),
    ("jst", "Asia/"),
    ("singapore", "Asia/"),
    ("seoul", "Asia/"),
    ("kst", "Asia/"),
    ("shanghai", "Asia/"),
    ("india", "Asia/"),
    ("sydney", "Australia/"),
    ("aest", "Australia/"),
    ("est", "America/"),
    ("edt", "America/"),
    ("pst", "America/"),
    ("pdt", "America/"),
    ("cst", "America/"),
    ("pacific", "America/"),
    ("eastern", "America/"),
    ("york", "America/"),
    ("nyc", "America/"),
    ("chicago", "America/"),
    ("toronto", "America/"),
    ("angeles", "America/"),
    ("paulo", "America/"),
];

impl Exact<'_> {
    /// What windows of rules that restrict leave open.
    pub(super) fn time_holes(&self, reaches: &[Reach], found: &mut Found) {
        let mut seen = Vec::new();
        let mut rules = self.policy.checked().rules().iter();
        let timed = rules.any(|rule| rule.conditions.iter().any(is_window));
        let shifts = match timed && self.policy.zone().name() != "UTC" {
            true => zones::shifts(self.policy.zone()),
            false => Vec::new(),
        };
        for (rule, written) in self.policy.checked().rules().iter().enumerate() {
            let window = written.conditions.iter().position(is_window);
            let Some(window) = window else { continue };
            self.other_zone(rule, window, found);
            self.shifted(rule, window, &shifts, found);
            let Some(Reach::Live(action, at)) = reaches.get(rule) else {
                continue;
            };
            if written.approval.value == Approval::Auto {
                continue;
            }
            let Some(view) = self.world.rules.get(rule) else {
                continue;
            };
            let key = (
                view.patterns[0].clone(),
                view.patterns[1].clone(),
                view.effects,
            );
            if seen.contains(&key) {
                continue;
            }
            let mut told: Vec<&str> = Vec::new();
            for action in self.timed_actions(rule, self.named(action, *at).0) {
                for hole in holes(&self.week(&action, found)) {
                    if !told.contains(&hole.operator) {
                        told.push(hole.operator);
                        self.hole(rule, window, &action, &hole, found);
                    }
                }
            }
            if !told.is_empty() {
                seen.push(key);
            }
        }
    }

    /// What may be open at times although a rule restricts it at others: what it decides, and what
    /// later rules allow.
    fn timed_actions(&self, rule: usize, decided: Action) -> Vec<Action> {
        let mut out = vec![decided];
        let Some(view) = self.world.rules.get(rule) else {
            return out;
        };
        let later = self.world.rules.iter().enumerate().skip(rule + 1);
        let allow = later.filter(|(n, other)| {
            self.approval(*n) == Approval::Auto && self.world.near(view, other)
        });
        for (other, allowing) in allow.take(MOST_LATER) {
            let (instances, _) = self.world.common(view, allowing);
            let mut first = instances.iter().take(MOST_NAMES);
            let taken = first.find_map(|names| self.taken_at(rule, other, names).ok().flatten());
            out.extend(taken.map(|(action, at)| self.named(&action, at).0));
        }
        out
    }

    fn hole(&self, rule: usize, window: usize, action: &Action, hole: &Hole, found: &mut Found) {
        let Hole {
            stretch,
            beside,
            operator,
            how,
        } = hole;
        // The rule that holds beside it is the one to look at.
        let (rule, window) = self
            .window_at(action, *beside, found)
            .unwrap_or((rule, window));
        let message = format!(
            "what rule `{}` restricts runs unattended {how}",
            self.name(rule),
        );
        let mut out = suspect(
            &rules::CONDITION_GAP,
            Subject::Condition(rule, window),
            operator,
            message,
        );
        out.decider = stretch.by;
        out.severity = unattended(action.effect_found().effect);
        out.certainty = match *operator {
            "between-windows" => Certainty::Proved,
            _ => Certainty::Heuristic,
        };
        out.expected = Some(format!(
            "`{}` at that time as well",
            self.approval(rule).as_str()
        ));
        let middle = stretch.from + (stretch.to - stretch.from) / 2;
        out.witnesses
            .push((action.clone(), moment(self.policy.zone(), middle)));
        if *operator == "forgotten-day" {
            out.ideas
                .extend(self.with_day(rule, window, middle / DAY % 7 + 1));
        }
        found.suspects.push(out);
    }

    /// The rule that decides at a time of the week, and its window, if it has one.
    fn window_at(&self, action: &Action, second: u32, found: &mut Found) -> Option<(usize, usize)> {
        let at = moment(self.policy.zone(), second % WEEK);
        let Decider::Rule(rule) = self.decide(found, action, at).by else {
            return None;
        };
        let rule = rule as usize;
        let written = self.policy.checked().rules().get(rule)?;
        Some((rule, written.conditions.iter().position(is_window)?))
    }

    /// The weekdays of a window with one more.
    fn with_day(&self, rule: usize, window: usize, day: u32) -> Option<Idea> {
        let written = self.policy.checked().rules().get(rule)?;
        let Atom::Window { weekdays, .. } = written.conditions.get(window)?.atom else {
            return None;
        };
        let days: Vec<String> = (1..=7)
            .filter(|d| *d == day || weekdays >> (d - 1) & 1 == 1)
            .map(|d| d.to_string())
            .collect();
        Some(Idea::Condition {
            rule,
            at: window,
            key: Some("weekdays"),
            operand: Some(format!("[{}]", days.join(", "))),
        })
    }

    /// The week of an action: what is decided when.
    fn week(&self, action: &Action, found: &mut Found) -> Vec<Stretch> {
        let mut cuts = Vec::new();
        for day in 0..7 {
            cuts.push(day * DAY);
            for rule in self.policy.checked().rules() {
                for condition in &rule.conditions {
                    if let Atom::Window { after, before, .. } = condition.atom {
                        let ends = [after, before].into_iter().flatten().filter(|s| *s < DAY);
                        cuts.extend(ends.map(|second| day * DAY + second));
                    }
                }
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        cuts.truncate(2_000);
        let ends: Vec<u32> = cuts.iter().skip(1).copied().chain([WEEK]).collect();
        let mut out: Vec<Stretch> = Vec::new();
        for (from, to) in cuts.into_iter().zip(ends) {
            let decision = self.decide(found, action, moment(self.policy.zone(), from));
            let auto = decision.approval == Approval::Auto;
            match out.last_mut() {
                Some(last) if last.auto == auto => last.to = to,
                _ => out.push(Stretch {
                    from,
                    to,
                    auto,
                    by: decision.by,
                }),
            }
        }
        out
    }

    /// A restriction that begins or ends in an hour that the clocks have twice or not at all: what
    /// was meant for one stretch of time holds for two, or for less.
    fn shifted(&self, rule: usize, window: usize, shifts: &[Shift], found: &mut Found) {
        let Some(written) = self.policy.checked().rules().get(rule) else {
            return;
        };
        let Some(condition) = written.conditions.get(window) else {
            return;
        };
        let Atom::Window { after, before, .. } = condition.atom else {
            return;
        };
        if written.approval.value == Approval::Auto {
            return;
        }
        let within = |end: &u32, shift: &Shift| shift.from < *end && *end < shift.to;
        let hit = shifts.iter().find_map(|shift| {
            let mut ends = [after, before].into_iter().flatten();
            Some((shift, ends.find(|end| within(end, shift))?))
        });
        let Some((shift, end)) = hit else { return };
        let clock = |second: u32| format!("{:02}:{:02}", second / 3_600, second / 60 % 60);
        let zone = self.policy.zone().name();
        let at = Moment::new(shift.at, 0);
        let date = at.to_string();
        let day = date.split('T').next().unwrap_or_default();
        let how = match shift.skipped {
            true => "does not come",
            false => "comes twice",
        };
        let message = format!(
            "the window of rule `{}` changes at {}, and in {zone} the time from {} to {} {how} on {day}",
            written.name.value,
            clock(end),
            clock(shift.from),
            clock(shift.to),
        );
        let mut out = suspect(
            &rules::CONDITION_GAP,
            Subject::Condition(rule, window),
            "clock-change",
            message,
        );
        out.severity = Severity::Info;
        if let Some((action, _)) = self.meant(rule, None) {
            out.decider = self.decide(found, &action, at).by;
            out.witnesses.push((action, at));
        }
        found.suspects.push(out);
    }

    /// A rule that speaks of a place while the policy is in another zone.
    fn other_zone(&self, rule: usize, window: usize, found: &mut Found) {
        let Some(written) = self.policy.checked().rules().get(rule) else {
            return;
        };
        let reason = written.reason.as_ref().map_or("", |reason| &*reason.value);
        let text = format!("{} {reason}", written.name.value).to_lowercase();
        let zone = self.policy.zone().name();
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        let place = words.find_map(|word| PLACES.iter().find(|(place, _)| *place == word));
        let Some((place, region)) = place else { return };
        if zone.starts_with(region) {
            return;
        }
        let message = format!(
            "rule `{}` speaks of `{place}`, and the policy reads its times in {zone}",
            written.name.value,
        );
        let mut out = suspect(
            &rules::CONDITION_GAP,
            Subject::Condition(rule, window),
            "zone",
            message,
        );
        out.severity = Severity::Medium;
        out.certainty = Certainty::Heuristic;
        if let Some((action, at)) = self.meant(rule, None) {
            out.decider = self.decide(found, &action, at).by;
            out.witnesses.push((action, at));
        }
        found.suspects.push(out);
    }
}

fn is_window(condition: &Condition) -> bool {
    matches!(condition.atom, Atom::Window { .. })
}

/// A time of the week in words.
fn told(second: u32) -> String {
    let Wall { weekday, second } = wall(second % WEEK);
    const DAYS: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    let day = DAYS
        .get(usize::from(weekday) - 1)
        .copied()
        .unwrap_or_default();
    format!("{day} {:02}:{:02}", second / 3_600, second / 60 % 60)
}

/// The holes in a week that were probably not meant: at most one between windows and one of a day.
fn holes(week: &[Stretch]) -> Vec<Hole> {
    if week.len() < 2 {
        return Vec::new();
    }
    between(week).into_iter().chain(of_a_day(week)).collect()
}

/// A short stretch between two that are restricted.
fn between(week: &[Stretch]) -> Option<Hole> {
    // Sunday night goes on into Monday.
    let mut around = week.to_vec();
    if let (Some(first), Some(last)) = (week.first().copied(), week.last().copied())
        && first.auto == last.auto
    {
        around.remove(0);
        if let Some(last) = around.last_mut() {
            last.to += first.to;
        }
    }
    let short = around.iter().find(|s| s.auto && s.to - s.from <= HOLE)?;
    Some(Hole {
        stretch: *short,
        beside: short.from + WEEK - 1,
        operator: "between-windows",
        how: format!("between {} and {}", told(short.from), told(short.to)),
    })
}

/// A day or a weekend that is open where all others, or the other day of the weekend, are not.
fn of_a_day(week: &[Stretch]) -> Option<Hole> {
    let auto_at = |second: u32| {
        let at = week.iter().find(|s| s.from <= second && second < s.to);
        at.filter(|s| s.auto).copied()
    };
    // For each time of the day the days that are open.
    let mut times: Vec<u32> = week
        .iter()
        .flat_map(|s| [s.from % DAY, (s.to - 1) % DAY])
        .collect();
    times.push(DAY / 2);
    times.sort_unstable();
    times.dedup();
    let open = |time: u32| -> Vec<u32> {
        (0..7)
            .filter(|day| auto_at(day * DAY + time).is_some())
            .collect()
    };
    for &time in &times {
        let (operator, how) = match open(time).as_slice() {
            [day] => {
                let day = told(day * DAY + time);
                let how = format!("on {day}, while every other day is restricted at that time");
                ("forgotten-day", how)
            }
            [5, 6] => {
                let how = "at the weekend, while every working day is restricted";
                ("weekend", how.to_owned())
            }
            _ => continue,
        };
        let first = open(time).first().copied().unwrap_or_default();
        let Some(stretch) = auto_at(first * DAY + time) else {
            continue;
        };
        return Some(Hole {
            stretch,
            beside: (first + 6) % 7 * DAY + time,
            operator,
            how,
        });
    }
    // Saturday is thought of and Sunday is not: it is like every working day.
    let day = |day: u32| -> Vec<bool> {
        times
            .iter()
            .map(|time| auto_at(day * DAY + time).is_some())
            .collect()
    };
    let closed = |of: u32| !day(of).contains(&true);
    let like_work = |of: u32| (0..5).all(|work| day(work) == day(of));
    let forgotten = match (closed(5), closed(6)) {
        (true, false) if like_work(6) => 6,
        (false, true) if like_work(5) => 5,
        _ => return None,
    };
    let (name, other) = match forgotten {
        6 => ("Sunday", "Saturday"),
        _ => ("Saturday", "Sunday"),
    };
    let time = *times
        .iter()
        .find(|time| auto_at(forgotten * DAY + **time).is_some())?;
    let found = auto_at(forgotten * DAY + time)?;
    Some(Hole {
        stretch: Stretch {
            from: found.from.max(forgotten * DAY),
            to: found.to.min((forgotten + 1) * DAY),
            ..found
        },
        beside: (11 - forgotten) * DAY + time,
        operator: "forgotten-day",
        how: format!("on {name}, while {other} is restricted"),
    })
}
