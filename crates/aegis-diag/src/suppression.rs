//! Comments that suppress findings: `# aegis: ignore[AEG101] reason until=2027-01-31`.
//!
//! Which comments a file has, and which findings a comment reaches, is for each analysis to say;
//! how a comment reads is the same for all.

/// What follows `aegis:` in a comment that suppresses findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Ids of rules, and words that are none; empty means every rule.
    pub rules: Vec<String>,
    /// Why the finding is meant.
    pub reason: Option<String>,
    /// The last day it counts, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// The first thing that is wrong with it.
    pub mistake: Option<SuppressionMistake>,
}

/// What is wrong with a comment that suppresses findings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuppressionMistake {
    /// The list of rules has no `]`.
    NotClosed,
    /// This word of the list is no rule.
    NotARule(String),
    /// This, behind `until=`, is no date.
    NotADate(String),
}

impl Suppression {
    /// Reads what follows `aegis:`; `None` if it is not about ignoring something. `find` gives the
    /// id of the rule that a word names.
    #[must_use]
    pub fn read(text: &str, find: impl Fn(&str) -> Option<&'static str>) -> Option<Self> {
        let rest = text.trim_start().strip_prefix("ignore")?;
        if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-') {
            return None;
        }
        let mut mistake = None;
        let (list, rest) = match rest.strip_prefix('[') {
            Some(inner) => inner.split_once(']').unwrap_or_else(|| {
                mistake = Some(SuppressionMistake::NotClosed);
                (inner, "")
            }),
            None => ("", rest),
        };
        let mut rules = Vec::new();
        for word in list.split(',').map(str::trim).filter(|w| !w.is_empty()) {
            let id = find(word);
            if id.is_none() {
                mistake.get_or_insert_with(|| SuppressionMistake::NotARule(word.to_owned()));
            }
            rules.push(id.unwrap_or(word).to_owned());
        }
        let mut until = None;
        let mut reason = Vec::new();
        for word in rest.split_whitespace() {
            match word.strip_prefix("until=") {
                Some(date) if is_date(date) => until = Some(date.to_owned()),
                Some(date) => {
                    mistake.get_or_insert_with(|| SuppressionMistake::NotADate(date.to_owned()));
                }
                None => reason.push(word),
            }
        }
        let reason = reason.join(" ");
        let reason = reason.trim_start_matches([':', '-', ' ']).to_owned();
        Some(Self {
            rules,
            reason: (!reason.is_empty()).then_some(reason),
            until,
            mistake,
        })
    }

    /// Whether it speaks of a rule.
    #[must_use]
    pub fn covers(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|r| r == rule)
    }

    /// Whether it ended before `today`, `YYYY-MM-DD`; if the day is not known, it has not.
    #[must_use]
    pub fn is_over(&self, today: Option<&str>) -> bool {
        let until = self.until.as_deref();
        today.zip(until).is_some_and(|(today, until)| until < today)
    }
}

/// Whether a text is a date of the Gregorian calendar as `YYYY-MM-DD`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize| -> Option<u32> {
        let plain = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|_| plain)
    };
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Suppression> {
        let find = |word: &str| match word {
            "AEG101" | "first" => Some("AEG101"),
            _ => None,
        };
        Suppression::read(text, find)
    }

    #[test]
    fn rules_reason_and_date_are_read() {
        let s = read(" ignore[first, AEG101]: - by contract until=2027-01-31 of 2026").unwrap();
        assert_eq!(s.rules, ["AEG101", "AEG101"]);
        assert_eq!(s.reason.as_deref(), Some("by contract of 2026"));
        assert!(s.is_over(Some("2027-02-01")) && !s.is_over(Some("2027-01-31")));
        assert!(!s.is_over(None) && s.mistake.is_none());
        assert!(s.covers("AEG101") && !s.covers("AEG102"));
        assert!(read("ignore").unwrap().covers("AEG102"));
        for other in ["ignored", "ignore-next", "ignore_all", "see below"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn the_first_mistake_is_named() {
        let mistake = |text: &str| read(text).unwrap().mistake.unwrap();
        let not_a_rule = SuppressionMistake::NotARule("AEG9".to_owned());
        assert_eq!(mistake("ignore[AEG9, x] y until=z"), not_a_rule);
        assert_eq!(mistake("ignore[AEG101 y"), SuppressionMistake::NotClosed);
        for date in ["soon", "2027-13-01", "2027-1-1", "2027-01-32", "27-01-01"] {
            let text = format!("ignore[AEG101] until={date}");
            let want = SuppressionMistake::NotADate(date.to_owned());
            assert_eq!(mistake(&text), want);
        }
        assert!(!read("ignore[AEG9]").unwrap().covers("AEG101"));
    }

    #[test]
    fn a_date_is_one_of_the_calendar() {
        for date in ["2027-01-31", "2028-02-29", "2000-02-29", "0001-12-31"] {
            assert!(is_date(date), "{date}");
        }
        for text in [
            "2027-02-29",
            "2100-02-29",
            "2027-04-31",
            "2027-13-01",
            "2027-00-10",
            "2027-01-00",
            "27-01-01",
            "2027-1-1",
            "+027-01-01",
            "2027-01-01T00:00:00Z",
            "",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
