//! `# aegis: ignore[AEG101] reason until=2027-01-31`

use aegis_diag::SuppressionMistake;

use crate::facts::Facts;

/// One suppression comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suppression {
    /// Byte offset and length of the comment.
    pub(crate) at: (u32, u32),
    said: aegis_diag::Suppression,
    /// What is wrong with it, if anything.
    pub(crate) mistake: Option<String>,
}

impl Suppression {
    /// Whether it speaks of a rule.
    pub(crate) fn covers(&self, rule: &str) -> bool {
        self.said.covers(rule)
    }

    /// Whether it has ended before `today`.
    pub(crate) fn is_over(&self, today: &str) -> bool {
        self.said.is_over((!today.is_empty()).then_some(today))
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        self.said.reason.as_deref()
    }

    /// The last day it counts, `YYYY-MM-DD`.
    pub(crate) fn until(&self) -> Option<&str> {
        self.said.until.as_deref()
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
    let (_, text) = comment.split_once("aegis:")?;
    let said = aegis_diag::Suppression::read(text, |word| Some(crate::rules::find(word)?.id))?;
    Some(Suppression {
        at: (at, u32::try_from(comment.len()).unwrap_or(u32::MAX)),
        mistake: said.mistake.as_ref().and_then(told),
        said,
    })
}

/// A mistake in words.
fn told(mistake: &SuppressionMistake) -> Option<String> {
    Some(match mistake {
        SuppressionMistake::NotClosed => {
            "the list of rules is not closed; expected `ignore[AEG101]`".to_owned()
        }
        SuppressionMistake::NotARule(word) => format!("`{word}` is not a rule"),
        SuppressionMistake::NotADate(date) => {
            format!("`until={date}` is not a date; expected until=YYYY-MM-DD")
        }
        _ => return None,
    })
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
        assert_eq!(s.said.rules, ["AEG101", "AEG103"]);
        assert_eq!(s.reason(), Some("reviewed by security"));
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
