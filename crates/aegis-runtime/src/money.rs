//! Amounts of money, exact.

use std::fmt;
use std::str::FromStr;

/// An amount of money in one currency, counted in millionths of a millionth: the price of a single
/// token is an amount and never rounds to zero. Which currency is the embedder's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i128);

/// Decimal places that an amount has.
const PLACES: usize = 12;
const UNIT: i128 = 1_000_000_000_000;

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an amount of money: {expected}")]
pub struct MoneyError {
    /// The text.
    pub text: String,
    /// What was expected.
    pub expected: &'static str,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many whole units.
    #[must_use]
    pub fn whole(units: u64) -> Self {
        Self(i128::from(units).saturating_mul(UNIT))
    }

    /// This amount so many times: a price per token, and the number of tokens. What is too large to
    /// be counted stays at the largest amount.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(i128::from(count)))
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads `12`, `0.30` or `0.00000015`. Signs, exponents and separators are refused, and so are
    /// more than twelve decimal places, because they would have to be rounded.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let error = |expected| MoneyError {
            text: text.chars().take(60).collect(),
            expected,
        };
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return Err(error("expected digits, such as 0.25"));
        }
        if part.len() > PLACES {
            return Err(error("expected at most 12 decimal places"));
        }
        let large = || error("expected less than 10^24");
        if whole.trim_start_matches('0').len() > 24 {
            return Err(large());
        }
        let whole: i128 = whole.parse().map_err(|_| large())?;
        let part: i128 = format!("{part:0<PLACES$}").parse().map_err(|_| large())?;
        Ok(Self(whole.saturating_mul(UNIT).saturating_add(part)))
    }
}

impl fmt::Display for Money {
    /// As few decimal places as say it exactly.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let amount = self.0.unsigned_abs();
        let unit = UNIT.unsigned_abs();
        write!(f, "{}", amount / unit)?;
        let part = format!("{:0PLACES$}", amount % unit);
        match part.trim_end_matches('0') {
            "" => Ok(()),
            digits => write!(f, ".{digits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_price_is_not_zero() {
        let price: Money = "0.000000000001".parse().expect("an amount");
        assert!(price > Money::ZERO);
        assert_eq!(price.times(1_000_000_000_000), Money::whole(1));
        let token: Money = "0.00000015".parse().expect("an amount");
        assert_eq!(token.times(3).to_string(), "0.00000045");
    }

    #[test]
    fn what_would_be_rounded_or_guessed_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "1,000",
            "1_000",
            "NaN",
            "0.0000000000001",
            " 1",
            "1000000000000000000000000000",
        ] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
        assert_eq!(
            "0012.50".parse::<Money>().expect("an amount").to_string(),
            "12.5"
        );
    }
}
