//! What every fix promises, held against decisions that the fixes were not chosen by.

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decision;
use aegis_policy::model::Effect;
use proptest::prelude::*;

use super::*;
use crate::drafts::{drafts, write};
use crate::search::reference::{self, Entry, Form};
use crate::{ProbeReport, probe};

fn load(text: &str) -> Policy {
    Policy::load("p.yaml", text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn probed(policy: &Policy, options: &Options) -> ProbeReport {
    let tools = &[];
    probe(&Input { policy, tools }, options)
}

/// What is decided about a published name on its own, on a Monday at noon.
fn bare(policy: &Policy, entry: &Entry) -> Decision {
    let monday = Moment::new(1_767_614_400, 0);
    policy.decide(&Action::new(entry.name), monday)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fixes_keep_their_promises((default, rules) in drafts()) {
        let text = write(default, &rules);
        let policy = load(&text);
        let options = Options { fuzz_cases: 0, ..Options::default() };
        let unfixed = Options { fixes: false, ..options.clone() };
        let before = probed(&policy, &options);
        let prints = |report: &ProbeReport| -> BTreeSet<String> {
            report.findings.iter().map(|f| f.fingerprint.clone()).collect()
        };
        let had = prints(&before);
        for finding in &before.findings {
            let Some(fix) = finding.proof.as_ref().and_then(|p| p.fix.as_ref()) else { continue };
            let changed = sheet::apply(&text, &fix.edits).unwrap();
            let mended = load(&changed);
            let after = probed(&mended, &unfixed);
            let has = prints(&after);
            prop_assert!(!has.contains(&finding.fingerprint), "{}\n{text}\n{changed}", fix.title);
            let closes: Vec<String> = had.difference(&has).cloned().collect();
            prop_assert_eq!(&fix.closes, &closes);
            prop_assert!(after.score.tenths() >= before.score.tenths());
            let worse = after.findings.iter().any(|f| !had.contains(&f.fingerprint) && f.severity > finding.severity);
            prop_assert!(!worse, "{}\n{text}\n{changed}", fix.title);
            let mut held = 0;
            for entry in reference::entries() {
                let (old, new) = (bare(&policy, entry), bare(&mended, entry));
                prop_assert!(!fix.safe || new.approval >= old.approval, "{} {}\n{text}\n{changed}", fix.title, entry.name);
                let stricter = old.approval == Approval::Auto && new.approval != Approval::Auto;
                held += usize::from(stricter && entry.effect == Effect::Read && entry.form == Form::Real);
            }
            prop_assert!(held <= fix.restricts.count, "{} holds up {held}\n{text}\n{changed}", fix.title);
        }
    }
}
