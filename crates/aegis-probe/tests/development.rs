//! The development set: realistic policies whose defects are known. All of them are found, nothing
//! else is reported at medium or above, and one cause makes hardly more than one finding.
//!
//! Each policy says in its head what is expected: `# expect: AEG202|AEG201 rule-name` (any of these
//! rules of Aegis, about or decided by any of these rules of the policy; `defaults`, or `*` for
//! any), or `# expect: sound`.
#![expect(clippy::expect_used, reason = "what is missing fails the test")]

use std::path::Path;

use aegis_diag::{Finding, Severity};
use aegis_policy::policy::Policy;
use aegis_probe::{Input, Mode, Options, mend, probe};

struct Defect {
    ids: Vec<String>,
    names: Vec<String>,
}

fn expected(text: &str) -> Vec<Defect> {
    let heads = text
        .lines()
        .filter_map(|line| line.strip_prefix("# expect: "));
    let split = |s: &str| s.split('|').map(str::to_owned).collect();
    let defects: Vec<Defect> = heads
        .filter(|head| *head != "sound")
        .map(|head| {
            let (ids, names) = head.split_once(' ').expect("ids and names");
            Defect {
                ids: split(ids),
                names: split(names),
            }
        })
        .collect();
    assert!(text.contains("# expect: "), "{text}");
    defects
}

impl Defect {
    fn is(&self, finding: &Finding, policy: &Policy) -> bool {
        let subject = finding.primary.span.range.start;
        // The rule that the place lies in is the last one that starts before it.
        let rules = policy.checked().rules().iter();
        let about = rules
            .filter(|r| {
                r.name
                    .span
                    .as_ref()
                    .is_some_and(|s| s.range.start <= subject)
            })
            .map(|r| r.name.value.to_string())
            .next_back();
        let witnesses = finding.proof.iter().flat_map(|p| &p.witnesses);
        let decided = witnesses.filter_map(|w| w.rule.clone());
        let names: Vec<String> = about.into_iter().chain(decided).collect();
        let meant = self
            .names
            .iter()
            .any(|n| n == "*" || n == "defaults" || names.contains(n));
        meant && self.ids.iter().any(|id| id == finding.rule.id)
    }
}

#[test]
fn true_defects_are_found_and_nothing_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/policies");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    files.sort();
    assert!(files.len() >= 20, "{}", files.len());
    let (mut wrong, mut causes, mut shown) = (Vec::new(), 0, 0);
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path)
            .unwrap()
            .replace("\r\n", "\n");
        let policy = Policy::load(&name, &text).unwrap();
        let input = Input {
            policy: &policy,
            tools: &[],
        };
        let report = probe(&input, &Options::default());
        wrong.extend(report.bugs.iter().map(|bug| format!("{name}: bug: {bug}")));
        let defects = expected(&text);
        for defect in &defects {
            if !report.findings.iter().any(|f| defect.is(f, &policy)) {
                let (ids, names) = (&defect.ids, &defect.names);
                wrong.push(format!("{name}: {ids:?} of {names:?} is not found"));
            }
        }
        let loud = report
            .findings
            .iter()
            .filter(|f| f.severity >= Severity::Medium);
        for finding in loud {
            shown += 1;
            if !defects.iter().any(|defect| defect.is(finding, &policy)) {
                let (id, message) = (finding.rule.id, &finding.message);
                wrong.push(format!("{name}: false alarm: {id} {message}"));
            }
        }
        causes += defects.len();
        // Fixes come to an end, and what they leave loads.
        let all = mend(&name, &text, &[], &Options::default(), Mode::All).unwrap();
        Policy::load(&name, &all.text).unwrap();
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(
        shown * 2 <= causes * 3,
        "{shown} findings for {causes} causes"
    );
}
