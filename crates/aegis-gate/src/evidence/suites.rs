//! The tests of a policy: which dangerous effects they show to be held back.

use aegis_policy::model::{Approval, Effect};
use aegis_policy::policy::Policy;
use aegis_policy::suite::{self, Case, Coverage, Suite};
use aegis_report::words;

use super::Text;

/// The effects that a suite should show to be held back: all but reading.
pub const DANGEROUS: [Effect; 8] = [
    Effect::Delete,
    Effect::Execute,
    Effect::Pay,
    Effect::Privilege,
    Effect::Exfiltrate,
    Effect::Deploy,
    Effect::Send,
    Effect::Write,
];

/// What the test suites of a policy show.
///
/// An effect is held back if some case has an action of that effect, expects `approve` or `block`,
/// and the policy decides at least as strictly. This can only get less as decisions get weaker, and
/// its denominator does not depend on the policy: the share of rules that are tested would rise when
/// an untested rule is deleted, so it is shown and not scored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tests {
    /// The files.
    pub files: Vec<String>,
    /// Effects that are shown to be held back, in the order of [`DANGEROUS`].
    pub held: Vec<Effect>,
    /// How many cases there are.
    pub cases: usize,
    /// How many of them the policy does not decide as expected.
    pub failed: usize,
    /// How many rules decide a case, and how many there are.
    pub rules: (usize, usize),
}

impl Tests {
    /// Runs the suites on a policy.
    pub(super) fn of(files: &[Text], policy: Option<&Policy>, problems: &mut Vec<String>) -> Self {
        let mut tests = Self::default();
        let Some(policy) = policy else {
            return tests;
        };
        let mut coverage = Coverage::new(policy);
        for file in files {
            match Suite::load(&file.path, &file.text) {
                Ok(suite) => tests.add(&file.path, &suite, policy, &mut coverage),
                Err(_) => problems.push(format!(
                    "{}: it is no test suite; `aegis validate` says why",
                    file.path
                )),
            }
        }
        tests.rules = (coverage.tried(), coverage.rules.len());
        tests
    }

    /// What one suite shows.
    pub(crate) fn add(
        &mut self,
        path: &str,
        suite: &Suite,
        policy: &Policy,
        coverage: &mut Coverage,
    ) {
        let results = suite::run(policy, suite);
        self.files.push(path.to_owned());
        self.cases += results.outcomes.len();
        self.failed += results.failed();
        for (sum, n) in coverage.rules.iter_mut().zip(&results.coverage.rules) {
            *sum += n;
        }
        let held: Vec<Effect> = results
            .outcomes
            .iter()
            .filter_map(|outcome| {
                let case = suite.cases.get(outcome.case)?;
                holds(case, outcome.decision.approval)?;
                case.action.effect_found().effect
            })
            .collect();
        let all = DANGEROUS.into_iter();
        self.held = all
            .filter(|effect| self.held.contains(effect) || held.contains(effect))
            .collect();
    }

    /// The dangerous effects that no case shows to be held back.
    #[must_use]
    pub fn missing(&self) -> Vec<Effect> {
        let all = DANGEROUS.into_iter();
        all.filter(|effect| !self.held.contains(effect)).collect()
    }

    /// Where they are.
    #[must_use]
    pub fn place(&self) -> String {
        match self.files.is_empty() {
            true => "none beside the policy".to_owned(),
            false => self.files.join(", "),
        }
    }

    /// What was seen, in one line.
    #[must_use]
    pub fn note(&self) -> String {
        if self.files.is_empty() {
            return self.place();
        }
        let (tried, rules) = self.rules;
        let mut text = format!(
            "{}: {}, {tried}/{} decide one, {}/{} dangerous effects shown to be held back",
            self.place(),
            words::count(self.cases, "case", "cases"),
            words::count(rules, "rule", "rules"),
            self.held.len(),
            DANGEROUS.len(),
        );
        if self.failed > 0 {
            let cases = words::count(self.failed, "case fails", "cases fail");
            text += &format!("; {cases}");
        }
        text
    }
}

/// Whether a case wants its action held back and the policy does so.
fn holds(case: &Case, decided: Approval) -> Option<()> {
    let wanted = case.expect.approval.as_ref()?.value;
    (wanted > Approval::Auto && decided >= wanted).then_some(())
}
