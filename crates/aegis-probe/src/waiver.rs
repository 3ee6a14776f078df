//! Waivers: comments in a policy that say why a finding is meant.
//!
//! `# aegis: ignore[AEG202] names come from a fixed list until=2026-12-31`, on any line of a rule, of
//! the defaults, or right above them, waives the findings there. It needs a reason; after its date
//! it does not count.

use std::ops::Range;
use std::sync::Arc;

use aegis_diag::{
    Finding, Rule, Span, Suppressed, SuppressedBy, Suppression, SuppressionMistake,
    content_fingerprint,
};
use aegis_policy::outline::{Kind, Outline};
use aegis_policy::policy::Policy;

use crate::assemble::Assembled;
use crate::fix::Sheet;
use crate::rules;

/// A comment that waives something.
#[derive(Debug, PartialEq, Eq)]
struct Waiver {
    at: Range<usize>,
    said: Suppression,
}

/// Takes out what waivers suppress, and adds what is wrong with the waivers. `today` is
/// `YYYY-MM-DD`; without it no waiver is over.
pub(crate) fn apply(
    policy: &Policy,
    today: Option<&str>,
    findings: &mut Vec<Assembled>,
) -> Vec<Suppressed> {
    let Some(file) = policy.checked().files().first() else {
        return Vec::new();
    };
    // Reading the text once more is dear, and hardly any has such a comment.
    if !file.text.contains("aegis:") {
        return Vec::new();
    }
    let Some(sheet) = Sheet::of(policy.checked()) else {
        return Vec::new();
    };
    let waivers: Vec<Waiver> = comments(sheet.text(), sheet.root())
        .into_iter()
        .filter_map(|at| read(sheet.text().get(at.clone())?, at))
        .collect();
    let places = places(&sheet);
    let mut suppressed = Vec::new();
    let mut added = Vec::new();
    for waiver in &waivers {
        let mut used = false;
        if let Some(place) = places.iter().find(|place| place.contains(&waiver.at.start)) {
            let counts = waiver.counts(today);
            findings.retain(|assembled| {
                let finding = &assembled.finding;
                let meant = place.contains(&finding.primary.span.range.start)
                    && waiver.said.covers(finding.rule.id);
                used |= meant;
                if meant && counts {
                    suppressed.push(Suppressed {
                        finding: finding.clone(),
                        by: SuppressedBy::Comment,
                        reason: waiver.said.reason.clone(),
                    });
                }
                !(meant && counts)
            });
        }
        if let Some((rule, message)) = waiver.wrong(today, used) {
            let span = Span::new(Arc::clone(file), waiver.at.clone());
            added.push(about(rule, span, message, &added));
        }
    }
    findings.extend(added);
    suppressed
}

/// A finding about a waiver.
fn about(rule: &'static Rule, span: Span, message: String, before: &[Assembled]) -> Assembled {
    let text = span.text().to_owned();
    let same = |a: &&Assembled| a.finding.primary.span.text() == text;
    let occurrence = before.iter().filter(same).count();
    let mut finding = Finding::at(rule, span, message, "this waiver").help(match rule.id {
        "AEG290" => "say why the finding is meant: `# aegis: ignore[AEG202] reason`",
        "AEG291" => "look at the finding again; mend it, or give the waiver a new date",
        _ => "remove the waiver",
    });
    finding.fingerprint = content_fingerprint(rule.id, "", "", &text, occurrence);
    Assembled {
        finding,
        ideas: Vec::new(),
    }
}

impl Waiver {
    fn counts(&self, today: Option<&str>) -> bool {
        let said = &self.said;
        said.reason.is_some() && said.mistake.is_none() && !said.is_over(today)
    }

    /// What is wrong with it.
    fn wrong(&self, today: Option<&str>, used: bool) -> Option<(&'static Rule, String)> {
        if let Some(mistake) = &self.said.mistake {
            return Some((
                &rules::WAIVER_UNUSED,
                format!("this waiver does not count: {}", told(mistake)),
            ));
        }
        if !used {
            let message = "this waiver suppresses nothing".to_owned();
            return Some((&rules::WAIVER_UNUSED, message));
        }
        if self.said.reason.is_none() {
            let message = "this waiver gives no reason and does not count".to_owned();
            return Some((&rules::WAIVER_WITHOUT_REASON, message));
        }
        let until = self.said.until.as_deref().unwrap_or("");
        let message = || format!("this waiver ended on {until} and does not count");
        self.said
            .is_over(today)
            .then(|| (&rules::WAIVER_EXPIRED, message()))
    }
}

/// Where waivers reach: each rule with the comments above it, and the defaults.
fn places(sheet: &Sheet<'_>) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    if let Some(entry) = sheet.root().entry("defaults") {
        places.push(sheet.with_comments(entry.key_at.start..entry.value.at.end));
    }
    if let Some(rules) = sheet.root().get("rules") {
        for item in rules.items() {
            let lines = || sheet.with_comments(item.at.clone());
            places.push(sheet.chunk(item).unwrap_or_else(lines));
        }
    }
    places
}

/// Where the comments are: `#` at the start of a line or after white space, outside of scalars.
fn comments(text: &str, root: &Outline) -> Vec<Range<usize>> {
    let mut scalars = Vec::new();
    gather(root, &mut scalars);
    scalars.sort_by_key(|range| range.start);
    let mut out = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        let comment = line.match_indices('#').map(|(i, _)| start + i).find(|&at| {
            let before = text.get(..at).and_then(|t| t.chars().next_back());
            let free = before.is_none_or(char::is_whitespace);
            free && !within(&scalars, at)
        });
        out.extend(comment.map(|at| at..end));
        start += line.len();
    }
    out
}

fn within(scalars: &[Range<usize>], at: usize) -> bool {
    let i = scalars.partition_point(|range| range.start <= at);
    i.checked_sub(1)
        .and_then(|i| scalars.get(i))
        .is_some_and(|range| range.contains(&at))
}

fn gather(part: &Outline, scalars: &mut Vec<Range<usize>>) {
    match &part.kind {
        Kind::Scalar { .. } => scalars.push(part.at.clone()),
        Kind::List { items, .. } => items.iter().for_each(|item| gather(item, scalars)),
        Kind::Map { entries, .. } => {
            for entry in entries {
                scalars.push(entry.key_at.clone());
                gather(&entry.value, scalars);
            }
        }
        Kind::Alias => {}
    }
}

/// The waiver in a comment, if it is one.
fn read(comment: &str, at: Range<usize>) -> Option<Waiver> {
    let body = comment.trim_start_matches('#').trim_start();
    let said = Suppression::read(body.strip_prefix("aegis:")?, |word| {
        Some(rules::find(word)?.id)
    })?;
    Some(Waiver { at, said })
}

/// A mistake in words.
fn told(mistake: &SuppressionMistake) -> String {
    match mistake {
        SuppressionMistake::NotARule(word) => format!("`{word}` is not a rule of the probe"),
        SuppressionMistake::NotADate(date) => {
            format!("`{date}` is not a date; expected `until=YYYY-MM-DD`")
        }
        _ => "the list of rules is not closed; expected `ignore[AEG202]`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiver(comment: &str) -> Option<Waiver> {
        read(comment, 0..comment.len())
    }

    #[test]
    fn a_waiver_names_rules_a_reason_and_a_date() {
        let w =
            waiver("# aegis: ignore[AEG202, target-gap] names are fixed until=2027-01-31").unwrap();
        assert_eq!(w.said.rules, ["AEG202", "AEG205"]);
        assert_eq!(w.said.reason.as_deref(), Some("names are fixed"));
        assert!(w.counts(Some("2027-01-31")) && !w.counts(Some("2027-02-01")));
        assert!(w.counts(None));
        assert!(!waiver("# aegis: ignore").unwrap().counts(None));
        assert_eq!(waiver("# aegis: ignored"), None);
        assert_eq!(waiver("# see aegis: ignore"), None);
        let mistake = |comment: &str| told(&waiver(comment).unwrap().said.mistake.unwrap());
        assert!(mistake("# aegis: ignore[AEG999] x").contains("is not a rule"));
        assert!(mistake("# aegis: ignore[AEG202 x").contains("not closed"));
        assert!(mistake("# aegis: ignore[AEG202] x until=soon").contains("is not a date"));
    }

    #[test]
    fn a_hash_in_a_text_is_no_comment() {
        let text =
            "rules:\n  - name: \"a # b\" # one\n    reason: c#d\n    match: {type: '# x'}\n# two\n";
        let file = aegis_diag::SourceFile::new("p", text, None);
        let sheet = Sheet::new(&file).unwrap();
        let found: Vec<&str> = comments(text, sheet.root())
            .into_iter()
            .map(|r| &text[r])
            .collect();
        assert_eq!(found, ["# one", "# two"]);
    }
}
