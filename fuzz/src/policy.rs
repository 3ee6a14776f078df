//! Policies and what they decide.

use aegis_policy::action::Action;
use aegis_policy::builder::PolicyBuilder;
use aegis_policy::check::check;
use aegis_policy::clock::Moment;
use aegis_policy::document::{parse, source};
use aegis_policy::merge::merge;
use aegis_policy::model::{Approval, Checked};
use aegis_policy::policy::Policy;
use aegis_policy::problem::{Problem, Problems};
use aegis_policy::suite::{Suite, generate, run};

/// Reads bytes as a policy and as a suite, and looks at every place that a renderer would show. A
/// policy that is accepted must survive being written, merged and tested.
///
/// # Panics
/// If one of these does not hold.
pub fn read_policy(bytes: &[u8]) {
    match checked(bytes) {
        Ok(policy) => {
            policy.warnings().iter().for_each(look);
            let yaml = policy.to_yaml();
            // Aliases can make the written policy larger than a file may be.
            if yaml.len() <= aegis_policy::document::MAX_BYTES {
                let again = checked(yaml.as_bytes()).expect("what is written can be read");
                assert_eq!(again.to_yaml(), yaml, "writing is stable");
            }
            let merged = merge(policy.clone(), [policy.clone()]).policy;
            assert_eq!(merged.defaults().approval.value, policy.defaults().approval.value);
            if policy.rules().len() <= 8
                && let Ok(policy) = Policy::compile(policy)
                && let Ok(generated) = generate(&policy, None)
            {
                assert!(run(&policy, &generated.suite).passed(), "a generated suite passes");
            }
        }
        Err(problems) => refused(&problems),
    }
    if let Ok(file) = source("suite.yaml", bytes) {
        match Suite::read(file) {
            Ok(suite) => assert!(Suite::load("again.yaml", &suite.to_yaml()).is_ok()),
            Err(problems) => refused(&problems),
        }
    }
}

/// Has a policy decide about an action, both from one text with a line `===` between them.
///
/// # Panics
/// If the decision depends on anything but its meaning, or a rule that blocks everything does not.
pub fn decide(text: &str) {
    let Some((policy, action)) = text.split_once("\n===\n") else {
        return;
    };
    let (Ok(checked), Ok(action)) = (checked(policy.as_bytes()), Action::from_json(action)) else {
        return;
    };
    let at = Moment::new(i64::try_from(text.len()).unwrap_or(0) * 3_600, 0);
    let yaml = checked.to_yaml();
    let block = PolicyBuilder::new()
        .rule("block everything")
        .on_type("*")
        .block()
        .build()
        .expect("a rule that blocks everything");
    let blocking = merge(checked.clone(), [block]).policy;
    let Ok(policy) = Policy::compile(checked) else {
        return;
    };
    let decision = policy.decide(&action, at);
    assert_eq!(policy.explain(&action, at).decision, decision, "the reasons of a decision are its own");
    if let Ok(written) = Policy::load("written.yaml", &yaml) {
        assert_eq!(written.decide(&action, at), decision, "{yaml}");
    }
    if let Ok(blocking) = Policy::compile(blocking) {
        assert_eq!(blocking.decide(&action, at).approval, Approval::Block);
    }
}

fn checked(bytes: &[u8]) -> Result<Checked, Problems> {
    check(parse(source("policy.yaml", bytes)?)?)
}

fn refused(problems: &Problems) {
    assert!(problems.has_errors(), "refused without a reason");
    problems.0.iter().for_each(look);
}

fn look(problem: &Problem) {
    assert!(!problem.message.is_empty() && !problem.to_string().is_empty());
    let labels = problem.related.iter().chain([&problem.primary]);
    for span in labels.map(|l| &l.span) {
        let (start, end) = (span.start(), span.end());
        assert!(start.line >= 1 && (start.line, start.column) <= (end.line, end.column));
        assert!(span.file.text.get(span.range.clone()).is_some(), "on the borders of characters");
    }
}
