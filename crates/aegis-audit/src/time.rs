//! Points in time, to the microsecond, in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The start of the year 0.
const YEAR_0: i64 = -62_167_219_200_000_000;
/// 9999-12-30T22:00:00Z, the last whole second of the calendar that is used.
const END: i64 = 253_402_207_200_000_000;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// The clock of this machine.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// A point in time from microseconds since 1970; what lies outside the years 0 to 9999, which is
    /// all that RFC 3339 can write, is moved to the end of that range.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(YEAR_0, END))
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// That much earlier.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_sub(micros))
    }
}

impl From<SystemTime> for Time {
    fn from(time: SystemTime) -> Self {
        let micros = |d: Duration| i64::try_from(d.as_micros()).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self::from_micros(micros(after)),
            Err(before) => Self::from_micros(-micros(before.duration())),
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The constructor keeps it in range, so this never falls back.
        let time = Timestamp::from_microsecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        write!(f, "{time:.6}")
    }
}

/// Text that is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a point in time; expected RFC 3339, such as `2026-11-30T12:00:00Z`")]
pub struct BadTime(String);

impl FromStr for Time {
    type Err = BadTime;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let time: Timestamp = s.parse().map_err(|_| BadTime(s.to_owned()))?;
        Ok(Self::from_micros(time.as_microsecond()))
    }
}

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_written_and_read_back() {
        let time = Time::from_micros(1_764_504_000_000_001);
        assert_eq!(time.to_string(), "2025-11-30T12:00:00.000001Z");
        assert_eq!(time.to_string().parse(), Ok(time));
        assert_eq!("2025-11-30T13:00:00.000001+01:00".parse(), Ok(time));
    }

    #[test]
    fn any_number_is_a_time_that_can_be_written() {
        for micros in [i64::MIN, i64::MAX, 0, -1] {
            let time = Time::from_micros(micros);
            assert_eq!(time.to_string().parse(), Ok(time), "{micros}");
        }
    }
}
