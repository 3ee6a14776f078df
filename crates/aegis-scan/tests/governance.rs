//! Runs the programs under `fixtures/` against their `expected.yaml`: every call site with its
//! verdict, and nothing else.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};

use aegis_diag::{CallKind, Report, Verdict};
use aegis_scan::{Config, Input, scan};
use serde::Deserialize;

#[test]
fn every_governance_verdict_is_right() {
    check(programs("governance"));
}

#[test]
fn values_are_followed_and_look_alikes_are_silent() {
    check(programs("detection"));
}

#[test]
fn the_support_desk_is_judged_right() {
    check(vec![fixtures().join("projects/support-desk")]);
}

/// `pip install -t .` leaves metadata beside the program. The program is judged as before.
#[test]
fn an_installed_package_beside_the_program_changes_no_verdict() {
    for record in [
        Some("openai/__init__.py,,\nopenai-1.0.dist-info/RECORD,,\n"),
        None,
    ] {
        let folder = tempfile::tempdir().unwrap();
        copy(&fixtures().join("projects/support-desk"), folder.path());
        let dist = folder.path().join("openai-1.0.dist-info");
        std::fs::create_dir_all(&dist).unwrap();
        std::fs::write(dist.join("METADATA"), "Name: openai\n").unwrap();
        if let Some(record) = record {
            std::fs::write(dist.join("RECORD"), record).unwrap();
        }
        check(vec![folder.path().to_path_buf()]);
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            let _ = std::fs::create_dir_all(&target);
            copy(&entry.path(), &target);
        } else {
            let _ = std::fs::copy(entry.path(), &target);
        }
    }
}

/// One line of `expected.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    file: String,
    line: u32,
    cell: Option<u32>,
    kind: CallKind,
    verdict: Word,
    /// For people.
    why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Governed,
    Partly,
    Ungoverned,
}

impl From<Verdict> for Word {
    fn from(v: Verdict) -> Self {
        match v {
            Verdict::Governed => Self::Governed,
            Verdict::Partly => Self::Partly,
            Verdict::Ungoverned => Self::Ungoverned,
        }
    }
}

/// Where a call site is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct At {
    file: String,
    cell: Option<u32>,
    line: u32,
    kind: CallKind,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cell {
            Some(cell) => write!(f, "{}:cell {cell}:{} {}", self.file, self.line, self.kind),
            None => write!(f, "{}:{} {}", self.file, self.line, self.kind),
        }
    }
}

/// Verdicts by place, with what is said about them. Two sites may share a place.
type Sites = BTreeMap<At, Vec<(Word, String)>>;

/// Runs all programs and reports every difference at once.
fn check(programs: Vec<PathBuf>) {
    assert!(!programs.is_empty(), "there are no fixtures");
    let count = programs.len();
    let mut wrong = 0;
    let mut text = String::new();
    for dir in programs {
        let mut differences = match expected(&dir).and_then(|want| Ok((want, run(&dir)?))) {
            Ok((want, report)) => differences(&dir, &want, &report),
            Err(e) => vec![e],
        };
        wrong += usize::from(!differences.is_empty());
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        for d in differences.drain(..) {
            let _ = writeln!(text, "{name}: {d}");
        }
    }
    assert!(
        text.is_empty(),
        "{wrong} of {count} programs are judged wrongly\n{text}"
    );
}

fn run(dir: &Path) -> Result<Report, String> {
    scan(&Input::Paths(vec![dir.to_path_buf()]), &Config::default()).map_err(|e| e.to_string())
}

fn expected(dir: &Path) -> Result<Sites, String> {
    let text = std::fs::read_to_string(dir.join("expected.yaml"))
        .map_err(|e| format!("expected.yaml: {e}"))?;
    let list: Vec<Expected> =
        serde_saphyr::from_str(&text).map_err(|e| format!("expected.yaml: {e}"))?;
    let mut out = Sites::new();
    for e in list {
        let at = At {
            file: e.file,
            cell: e.cell,
            line: e.line,
            kind: e.kind,
        };
        out.entry(at).or_default().push((e.verdict, e.why));
    }
    Ok(out)
}

fn differences(dir: &Path, want: &Sites, report: &Report) -> Vec<String> {
    let mut out = Vec::new();
    let mut have = Sites::new();
    for s in &report.sites {
        let place = s.span.start();
        let (cell, line) = place.cell.map_or((None, place.line), |(c, l)| (Some(c), l));
        let at = At {
            file: below(dir, &s.span.file.path),
            cell,
            line,
            kind: s.kind,
        };
        have.entry(at)
            .or_default()
            .push((s.verdict.into(), s.reason.clone()));
    }
    for (at, list) in want {
        let mut found = have.remove(at).unwrap_or_default();
        for (verdict, why) in list {
            match found.iter().position(|(v, _)| v == verdict) {
                Some(i) => {
                    found.remove(i);
                }
                None if found.is_empty() => {
                    out.push(format!("{at}: not found; should be {verdict:?}: {why}"));
                }
                None => {
                    let (got, reason) = found.remove(0);
                    out.push(format!(
                        "{at}: {got:?} ({reason}); should be {verdict:?}: {why}"
                    ));
                }
            }
        }
        have.entry(at.clone()).or_default().extend(found);
    }
    for (at, list) in have {
        out.extend(
            list.into_iter()
                .map(|(v, reason)| format!("{at}: {v:?} ({reason}); should not be found")),
        );
    }
    for s in &report.skipped {
        out.push(format!("{} {}", below(dir, &s.path), s.reason));
    }
    let not_governed = report
        .sites
        .iter()
        .filter(|s| s.verdict != Verdict::Governed)
        .count();
    if report.findings.len() != not_governed {
        out.push(format!(
            "{} findings for {not_governed} call sites that are not governed",
            report.findings.len()
        ));
    }
    out
}

/// A path as shown in a report, relative to the program.
fn below(dir: &Path, shown: &str) -> String {
    let dir = dir.to_string_lossy().replace('\\', "/");
    shown
        .strip_prefix(&dir)
        .unwrap_or(shown)
        .trim_start_matches('/')
        .to_owned()
}

/// The folders of a fixture family, sorted.
fn programs(family: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(fixtures().join(family))
        .into_iter()
        .flatten()
        .flatten();
    let mut out: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.is_dir()).collect();
    out.sort();
    out
}

/// Tests run in the folder of their crate; a relative path keeps the differences short.
fn fixtures() -> PathBuf {
    PathBuf::from("../../fixtures")
}
