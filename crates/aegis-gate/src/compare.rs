//! What is new, what is fixed, and what a policy lets through now.

mod policy;
mod stored;

use std::collections::BTreeMap;

use aegis_diag::{Finding, Past, Report, Severity, Tenths, Verdict};

use crate::identity::{Key, Renames, SiteKey};

pub use policy::{PolicyBefore, PolicyChange, compare_policies};
pub use stored::StoredError;

/// What the program was, as far as it is compared.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// Its score in tenths of a point; `None` if there was nothing to govern.
    pub score: Option<Tenths>,
    findings: Vec<(Key, Past)>,
    sites: Vec<(SiteKey, Verdict)>,
}

impl Before {
    /// What a report says, with the score of what it is about.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let site =
            |site: &aegis_diag::CallSite| (SiteKey::at(site, &site.span.file.path), site.verdict);
        Self {
            score: report.score.as_ref().and_then(|card| card.score),
            findings: report
                .findings
                .iter()
                .map(|finding| (Key::of(finding), past(finding)))
                .collect(),
            sites: report.sites.iter().map(site).collect(),
        }
    }
}

fn past(finding: &Finding) -> Past {
    Past {
        rule: finding.rule.id.to_owned(),
        severity: finding.severity,
        message: finding.message.clone(),
        place: finding.primary.span.locator(),
        fingerprint: finding.fingerprint.clone(),
    }
}

/// What became of the findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Fingerprints of those that are new, or more severe than before.
    pub new: Vec<String>,
    /// Those that are gone.
    pub fixed: Vec<Past>,
}

/// Which findings are new and which are gone. A finding is the same if rule, file, scope and text
/// are; equal ones are counted, so that of three where two were one is new. One that got more
/// severe is new. One that is suppressed now is not fixed.
#[must_use]
pub fn compare_findings(now: &Report, before: &Before, renames: &Renames) -> Findings {
    let mut left: BTreeMap<&Key, Vec<&Past>> = BTreeMap::new();
    for (key, past) in &before.findings {
        left.entry(key).or_default().push(past);
    }
    let mut new = Vec::new();
    for finding in &now.findings {
        if !take(&mut left, &Key::both(finding, renames), finding.severity) {
            new.push(finding.fingerprint.clone());
        }
    }
    // What got worse is new and nevertheless what it was; and what is hidden is not mended.
    let still = now.findings.iter().filter(|f| new.contains(&f.fingerprint));
    for finding in still.chain(now.suppressed.iter().map(|s| &s.finding)) {
        take(&mut left, &Key::both(finding, renames), Severity::Info);
    }
    let fixed = before.findings.iter().filter(|(key, past)| {
        let left = left.get(key).map_or(&[][..], Vec::as_slice);
        left.iter().any(|gone| std::ptr::eq(*gone, past))
    });
    Findings {
        new,
        fixed: fixed.map(|(_, past)| past.clone()).collect(),
    }
}

/// Takes the mildest finding under one of the keys that is at least that severe.
fn take(left: &mut BTreeMap<&Key, Vec<&Past>>, keys: &[Key], severity: Severity) -> bool {
    for key in keys {
        let Some(same) = left.get_mut(key) else {
            continue;
        };
        let best = same
            .iter()
            .enumerate()
            .filter(|(_, past)| past.severity >= severity)
            .min_by_key(|(_, past)| past.severity)
            .map(|(i, _)| i);
        if let Some(i) = best {
            same.remove(i);
            return true;
        }
    }
    false
}

/// What became of the call sites.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sites {
    /// How many are new.
    pub new: usize,
    /// How many were there with another verdict.
    pub changed: usize,
    /// Which share of both is governed, in tenths of a percent; a partly governed one is half a one.
    pub governed: Option<Tenths>,
}

/// Which call sites are new or have another verdict, and how much of them is governed.
#[must_use]
pub fn compare_sites(now: &Report, before: &Before, renames: &Renames) -> Sites {
    let mut left: BTreeMap<&SiteKey, Vec<Verdict>> = BTreeMap::new();
    for (key, verdict) in &before.sites {
        left.entry(key).or_default().push(*verdict);
    }
    let keys: Vec<(Vec<SiteKey>, Verdict)> = now
        .sites
        .iter()
        .map(|site| {
            let path = &site.span.file.path;
            let paths = std::iter::once(path).chain(renames.get(path));
            let keys = paths.map(|path| SiteKey::at(site, path)).collect();
            (keys, site.verdict)
        })
        .collect();
    // What did not change is settled first, so that of equal calls the right one is the new one.
    let mut open = Vec::new();
    for (keys, verdict) in &keys {
        let same = |was: &Verdict| was == verdict;
        if !take_site(&mut left, keys, same) {
            open.push((keys, *verdict));
        }
    }
    let mut sites = Sites::default();
    let mut halves = 0;
    for (keys, verdict) in &open {
        match take_site(&mut left, keys, |_| true) {
            true => sites.changed += 1,
            false => sites.new += 1,
        }
        halves += match verdict {
            Verdict::Governed => 2,
            Verdict::Partly => 1,
            Verdict::Ungoverned => 0,
        };
    }
    sites.governed =
        (!open.is_empty()).then(|| aegis_report::words::tenths_of_percent(halves, open.len() * 2));
    sites
}

fn take_site(
    left: &mut BTreeMap<&SiteKey, Vec<Verdict>>,
    keys: &[SiteKey],
    wanted: impl Fn(&Verdict) -> bool,
) -> bool {
    for key in keys {
        let Some(same) = left.get_mut(key) else {
            continue;
        };
        if let Some(i) = same.iter().position(&wanted) {
            same.remove(i);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aegis_diag::{CallKind, CallSite, SourceFile, Span, content_fingerprint};

    use super::*;

    /// Call sites as `path scope verdict`, in report order, with their findings.
    fn report(lines: &[&str]) -> Report {
        let mut report = Report::default();
        let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
        let rule = aegis_scan::find_rule("AEG101").unwrap();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let (path, scope) = (words[0], words[1]);
            let file = Arc::new(SourceFile::new(path, "call()\n", None));
            let verdict = match words[2] {
                "governed" => Verdict::Governed,
                "partly" => Verdict::Partly,
                _ => Verdict::Ungoverned,
            };
            let site = CallSite {
                span: Span::new(file, 0..6),
                kind: CallKind::LlmCall,
                framework: String::new(),
                operation: String::new(),
                api: String::new(),
                provider: String::new(),
                symbol: "call".into(),
                scope: scope.into(),
                verdict,
                reason: String::new(),
                way: Vec::new(),
                remedy: String::new(),
                tool: None,
                by_shape: false,
            };
            if verdict != Verdict::Governed {
                let n = seen.entry((path.into(), scope.into())).or_default();
                let mut finding = Finding::at(rule, site.span.clone(), "call", "here");
                finding.fingerprint = content_fingerprint("AEG101", path, scope, "call", *n);
                if verdict == Verdict::Partly {
                    finding.severity = Severity::Medium;
                }
                *n += 1;
                finding.site = Some(Box::new(site.clone()));
                report.findings.push(finding);
            }
            report.sites.push(site);
        }
        report
    }

    fn compared(before: &[&str], now: &[&str], renames: &[(&str, &str)]) -> (usize, usize, Sites) {
        let before = Before::of(&report(before));
        let renames = renames
            .iter()
            .map(|(new, old)| ((*new).to_owned(), (*old).to_owned()))
            .collect();
        let now = report(now);
        let findings = compare_findings(&now, &before, &renames);
        let sites = compare_sites(&now, &before, &renames);
        (findings.new.len(), findings.fixed.len(), sites)
    }

    const fn sites(new: usize, changed: usize, governed: Option<Tenths>) -> Sites {
        Sites {
            new,
            changed,
            governed,
        }
    }

    #[test]
    fn equal_calls_are_counted() {
        let one = ["a.py a:f no"];
        let two = ["a.py a:f no", "a.py a:f no"];
        assert_eq!(compared(&one, &one, &[]), (0, 0, sites(0, 0, None)));
        assert_eq!(compared(&one, &two, &[]), (1, 0, sites(1, 0, Some(0))));
        assert_eq!(compared(&two, &one, &[]), (0, 1, sites(0, 0, None)));
    }

    #[test]
    fn a_renamed_file_is_the_same_file() {
        let (before, now) = (["old.py old:f no"], ["new.py new:f no"]);
        assert_eq!(compared(&before, &now, &[]), (1, 1, sites(1, 0, Some(0))));
        let renamed = [("new.py", "old.py")];
        assert_eq!(compared(&before, &now, &renamed), (0, 0, sites(0, 0, None)));
        let more = ["new.py new:f no", "new.py new:g no"];
        assert_eq!(
            compared(&before, &more, &renamed),
            (1, 0, sites(1, 0, Some(0)))
        );
    }

    #[test]
    fn what_got_worse_is_new_and_not_fixed() {
        let (partly, no) = (["a.py a:f partly"], ["a.py a:f no"]);
        assert_eq!(compared(&partly, &no, &[]), (1, 0, sites(0, 1, Some(0))));
        assert_eq!(compared(&no, &partly, &[]), (0, 0, sites(0, 1, Some(500))));
        let governed = ["a.py a:f governed"];
        assert_eq!(compared(&governed, &no, &[]), (1, 0, sites(0, 1, Some(0))));
        assert_eq!(
            compared(&no, &governed, &[]),
            (0, 1, sites(0, 1, Some(1000)))
        );
    }

    #[test]
    fn a_governed_call_before_an_equal_one_is_the_new_one() {
        let (before, now) = (["a.py a:f no"], ["a.py a:f governed", "a.py a:f no"]);
        assert_eq!(
            compared(&before, &now, &[]),
            (0, 0, sites(1, 0, Some(1000)))
        );
    }

    #[test]
    fn what_is_suppressed_is_not_fixed() {
        let before = Before::of(&report(&["a.py a:f no"]));
        let mut now = report(&["a.py a:f no"]);
        let finding = now.findings.remove(0);
        now.suppressed.push(aegis_diag::Suppressed {
            finding,
            by: aegis_diag::SuppressedBy::Comment,
            reason: None,
        });
        let same = compare_findings(&now, &before, &Renames::new());
        assert_eq!(same, Findings::default());
    }
}
