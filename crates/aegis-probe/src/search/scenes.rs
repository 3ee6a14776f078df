//! The circumstances that names of the reference set are tried in. They are the same for every
//! policy.

use aegis_policy::clock::{Moment, Zone};
use aegis_policy::value::Value;

/// How many there are.
pub(crate) const SCENES: usize = 4;

/// On a working day at noon, without parameters.
pub(crate) const BARE: usize = 0;
/// At the same time, with parameters that do no harm. It is the only one that excuses.
pub(crate) const BENIGN: usize = 1;

/// A set of parameters and a time.
#[derive(Debug, Clone)]
pub(crate) struct Circumstances {
    /// The parameters.
    pub(crate) params: Vec<(String, Value)>,
    /// The moment.
    pub(crate) at: Moment,
}

/// No parameters, harmless ones, harmful ones, and no parameters on Sunday at three in the
/// morning. Times are what the clocks of the policy's zone show.
pub(crate) fn all(zone: &Zone) -> [Circumstances; SCENES] {
    let noon = moment(zone, 3, 12 * 3600);
    let night = moment(zone, 7, 3 * 3600);
    let of = |params, at| Circumstances { params, at };
    [
        of(Vec::new(), noon),
        of(params(false), noon),
        of(params(true), noon),
        of(Vec::new(), night),
    ]
}

/// The moment in the first full week of 2026 at which the clocks of a zone show this weekday
/// and second.
pub(crate) fn moment(zone: &Zone, weekday: u8, second: u32) -> Moment {
    // Monday, 5 January 2026, 00:00 in UTC: a week in which hardly any clock is changed.
    const MONDAY: i64 = 1_767_571_200;
    const DAY: i64 = 86_400;
    let wanted = MONDAY + (i64::from(weekday) - 1) * DAY + i64::from(second);
    let shown = zone.wall(Moment::new(wanted, 0));
    let days = (i64::from(shown.weekday) - i64::from(weekday) + 10) % 7 - 3;
    let ahead = days * DAY + i64::from(shown.second) - i64::from(second);
    Moment::new(wanted - ahead, 0)
}

/// What parameters are often called, with a harmless and a harmful number or text.
const NUMBERS: &[&str] = &[
    "amount",
    "value",
    "total",
    "price",
    "quantity",
    "count",
    "limit",
    "size",
    "replicas",
    "percent_off",
];
const TEXTS: &[(&str, &str, &str)] = &[
    ("to", "me@example.com", "everyone@example.net"),
    ("recipient", "me@example.com", "everyone@example.net"),
    ("path", "notes.txt", "/etc/shadow"),
    ("file_path", "notes.txt", "/etc/shadow"),
    (
        "url",
        "https://example.com/",
        "http://169.254.169.254/latest/meta-data/",
    ),
    ("query", "select 1", "drop table users"),
    ("sql", "select 1", "drop table users"),
    ("command", "ls", "rm -rf /"),
    ("code", "1 + 1", "import os; os.system('rm -rf /')"),
    ("branch", "feature/x", "main"),
    ("environment", "dev", "production"),
    ("namespace", "dev", "production"),
    ("text", "hello", "my card is 4111 1111 1111 1111"),
    ("body", "hello", "my card is 4111 1111 1111 1111"),
    ("role", "viewer", "admin"),
];
const SWITCHES: &[(&str, bool)] = &[
    ("force", true),
    ("recursive", true),
    ("public", true),
    ("dry_run", false),
];

fn params(harmful: bool) -> Vec<(String, Value)> {
    let number = if harmful { 1_000_000_000_i64 } else { 1 };
    let numbers = NUMBERS.iter().map(|name| (*name, Value::from(number)));
    let texts = TEXTS
        .iter()
        .map(|(name, good, bad)| (*name, Value::from(if harmful { *bad } else { *good })));
    let switches = SWITCHES
        .iter()
        .map(|(name, bad)| (*name, Value::from(harmful == *bad)));
    numbers
        .chain(texts)
        .chain(switches)
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_of_the_zone_count() {
        for zone in [
            "UTC",
            "Asia/Tokyo",
            "America/Los_Angeles",
            "Pacific/Kiritimati",
            "Asia/Kathmandu",
        ] {
            let zone = Zone::get(zone).expect(zone);
            for (weekday, second) in [(3, 43_200), (7, 10_800), (1, 0), (7, 86_399)] {
                let wall = zone.wall(moment(&zone, weekday, second));
                assert_eq!(
                    (wall.weekday, wall.second),
                    (weekday, second),
                    "{}",
                    zone.name()
                );
            }
        }
    }
}
