//! Waivers: comments in a policy that say why a finding is meant.
//!
//! `# aegis: ignore[AEG202] names come from a fixed list until=2026-12-31`, on any line of a rule, of
//! the defaults, or right above them, waives the findings there. It needs a reason; after its date
//! it does not count.

use std::ops::Range;
use std::sync::Arc;

use aegis_diag::{Finding, Rule, Span, Suppressed, SuppressedBy, content_fingerprint};
use aegis_policy::outline::{Kind, Outline};
use aegis_policy::policy::Policy;

use crate::assemble::Assembled;
use crate::fix::Sheet;
use crate::rules;

/// A comment that waives something.
#[derive(Debug, PartialEq, Eq)]
struct Waiver {
    at: Range<usize>,
    /// Rule ids; empty means all.
    rules: Vec<String>,
    reason: Option<String>,
    until: Option<String>,
    mistake: Option<String>,
}

/// Takes out what waivers suppress, and adds what is wrong with the waivers. `today` is
/// `YYYY-MM-DD`; without it no waiver is over.
pub(crate) fn apply(
    policy: &Policy,
    today: Option<&str>,
    findings: &mut Vec<Assembled>,
) -> Vec<Suppressed> {
    let Some(sheet) = Sheet::of(policy.checked()) else {
        return Vec::new();
    };
    let Some(file) = policy.checked().files().first() else {
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
                    && waiver.covers(finding.rule.id);
                used |= meant;
                if meant && counts {
                    suppressed.push(Suppressed {
                        finding: finding.clone(),
                        by: SuppressedBy::Comment,
                        reason: waiver.reason.clone(),
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
    fn covers(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|r| r == rule)
    }

    fn is_over(&self, today: Option<&str>) -> bool {
        let until = self.until.as_deref();
        today.zip(until).is_some_and(|(today, until)| until < today)
    }

    fn counts(&self, today: Option<&str>) -> bool {
        self.reason.is_some() && self.mistake.is_none() && !self.is_over(today)
    }

    /// What is wrong with it.
    fn wrong(&self, today: Option<&str>, used: bool) -> Option<(&'static Rule, String)> {
        if let Some(mistake) = &self.mistake {
            return Some((
                &rules::WAIVER_UNUSED,
                format!("this waiver does not count: {mistake}"),
            ));
        }
        if !used {
            let message = "this waiver suppresses nothing".to_owned();
            return Some((&rules::WAIVER_UNUSED, message));
        }
        if self.reason.is_none() {
            let message = "this waiver gives no reason and does not count".to_owned();
            return Some((&rules::WAIVER_WITHOUT_REASON, message));
        }
        let until = self.until.as_deref().unwrap_or("");
        let message = || format!("this waiver ended on {until} and does not count");
        self.is_over(today)
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
    let rest = body
        .strip_prefix("aegis:")?
        .trim_start()
        .strip_prefix("ignore")?;
    if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-') {
        return None;
    }
    let mut mistake = None;
    let (list, rest) = match rest.strip_prefix('[') {
        Some(inner) => inner.split_once(']').unwrap_or_else(|| {
            mistake = Some("the list of rules is not closed; expected `ignore[AEG202]`".to_owned());
            (inner, "")
        }),
        None => ("", rest),
    };
    let mut named = Vec::new();
    for word in list.split(',').map(str::trim).filter(|w| !w.is_empty()) {
        match rules::find(word) {
            Some(rule) => named.push(rule.id.to_owned()),
            None => {
                mistake.get_or_insert_with(|| format!("`{word}` is not a rule of the probe"));
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
                    "`{date}` is not a date; expected `until=YYYY-MM-DD`"
                ));
            }
            None => reason.push(word),
        }
    }
    let reason = reason.join(" ");
    let reason = reason.trim_start_matches([':', '-', ' ']).to_owned();
    Some(Waiver {
        at,
        rules: named,
        reason: (!reason.is_empty()).then_some(reason),
        until,
        mistake,
    })
}

/// Whether a text is a date as `YYYY-MM-DD`.
pub(crate) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |p: &str, n: usize| p.len() == n && p.bytes().all(|b| b.is_ascii_digit());
    let within = |p: &str, most: u32| p.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n));
    match parts.as_slice() {
        [y, m, d] => number(y, 4) && number(m, 2) && number(d, 2) && within(m, 12) && within(d, 31),
        _ => false,
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
        assert_eq!(w.rules, ["AEG202", "AEG205"]);
        assert_eq!(w.reason.as_deref(), Some("names are fixed"));
        assert!(w.counts(Some("2027-01-31")) && !w.counts(Some("2027-02-01")));
        assert!(w.counts(None));
        assert!(!waiver("# aegis: ignore").unwrap().counts(None));
        assert_eq!(waiver("# aegis: ignored"), None);
        assert_eq!(waiver("# see aegis: ignore"), None);
        let mistake = |comment: &str| waiver(comment).unwrap().mistake.unwrap();
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
