//! `# aegis: ignore[AEG101] reason until=2027-01-31`

use crate::facts::Facts;

/// One suppression comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suppression {
    /// Byte offset and length of the comment.
    pub(crate) at: (u32, u32),
    /// Rule ids; empty means every rule.
    pub(crate) rules: Vec<String>,
    pub(crate) reason: Option<String>,
    /// `YYYY-MM-DD`, the last day it counts.
    pub(crate) until: Option<String>,
    /// What is wrong with it, if anything.
    pub(crate) mistake: Option<String>,
}

impl Suppression {
    /// Whether it speaks of a rule.
    pub(crate) fn covers(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|r| r == rule)
    }

    /// Whether it has ended before `today`.
    pub(crate) fn is_over(&self, today: &str) -> bool {
        !today.is_empty() && self.until.as_deref().is_some_and(|u| u < today)
    }
}

/// All suppressions of a file.
pub(crate) fn of(facts: &Facts) -> Vec<Suppression> {
    facts
        .comments
        .iter()
        .filter_map(|(at, text)| read(*at, text))
        .collect()
}

fn read(at: u32, comment: &str) -> Option<Suppression> {
    let rest = comment
        .split_once("aegis:")?
        .1
        .trim_start()
        .strip_prefix("ignore")?;
    if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-') {
        return None;
    }
    let mut mistake = None;
    let (list, rest) = match rest.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            Some((list, rest)) => (list, rest),
            None => {
                mistake =
                    Some("the list of rules is not closed; expected `ignore[AEG101]`".to_owned());
                (inner, "")
            }
        },
        None => ("", rest),
    };
    let mut rules = Vec::new();
    for word in list.split(',').map(str::trim).filter(|w| !w.is_empty()) {
        match crate::rules::find(word) {
            Some(r) => rules.push(r.id.to_owned()),
            None => {
                rules.push(word.to_owned());
                mistake = Some(format!("`{word}` is not a rule"));
            }
        }
    }
    let mut until = None;
    let mut reason = Vec::new();
    for word in rest.split_whitespace() {
        match word.strip_prefix("until=") {
            Some(date) if is_date(date) => until = Some(date.to_owned()),
            Some(date) => {
                mistake = Some(format!(
                    "`until={date}` is not a date; expected until=YYYY-MM-DD"
                ));
            }
            None => reason.push(word),
        }
    }
    let reason = reason.join(" ");
    let reason = reason.trim_start_matches([':', '-', ' ']).to_owned();
    Some(Suppression {
        at: (at, u32::try_from(comment.len()).unwrap_or(u32::MAX)),
        rules,
        reason: (!reason.is_empty()).then_some(reason),
        until,
        mistake,
    })
}

fn is_date(s: &str) -> bool {
    let parts: Vec<&str> = s.split('-').collect();
    let number = |p: &str, n: usize| p.len() == n && p.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [y, m, d] => {
            let in_range =
                |p: &str, max: u32| p.parse::<u32>().is_ok_and(|n| (1..=max).contains(&n));
            number(y, 4) && number(m, 2) && number(d, 2) && in_range(m, 12) && in_range(d, 31)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_reason_and_date_are_read() {
        let s = read(
            7,
            "# aegis: ignore[AEG101, ungoverned-tool] reviewed by security until=2027-01-31",
        )
        .unwrap();
        assert_eq!(s.rules, ["AEG101", "AEG103"]);
        assert_eq!(s.reason.as_deref(), Some("reviewed by security"));
        assert!(s.is_over("2027-02-01") && !s.is_over("2027-01-31") && !s.is_over(""));
        assert!(s.covers("AEG101") && !s.covers("AEG102") && s.mistake.is_none());
    }

    #[test]
    fn mistakes_are_named() {
        assert!(
            read(0, "# aegis: ignore[AEG999] x")
                .unwrap()
                .mistake
                .unwrap()
                .contains("`AEG999`")
        );
        assert!(
            read(0, "# aegis: ignore[AEG101] until=soon")
                .unwrap()
                .mistake
                .unwrap()
                .contains("until=YYYY-MM-DD")
        );
        assert!(read(0, "# aegis: ignore[AEG101").unwrap().mistake.is_some());
        assert_eq!(read(0, "# aegis: ignored"), None);
        assert!(read(0, "# aegis: ignore").unwrap().covers("AEG106"));
    }
}
