//! Which rules the cases of a suite try.

use crate::decision::Decider;
use crate::policy::Policy;

/// How often each rule decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// For each rule of the policy, in order, how many cases it decided.
    pub rules: Vec<usize>,
    /// How many cases no rule decided.
    pub default: usize,
    /// How many cases the language itself refused.
    pub language: usize,
}

impl Coverage {
    /// Nothing was tried yet.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        Self {
            rules: vec![0; policy.checked().rules().len()],
            default: 0,
            language: 0,
        }
    }

    /// Counts a decision.
    pub fn count(&mut self, by: Decider) {
        match by {
            Decider::Default => self.default += 1,
            Decider::Language => self.language += 1,
            Decider::Rule(number) => {
                if let Some(hits) = self.rules.get_mut(number as usize) {
                    *hits += 1;
                }
            }
        }
    }

    /// The 0-based numbers of the rules that decided no case.
    #[must_use]
    pub fn untried(&self) -> Vec<u32> {
        let numbered = (0_u32..).zip(&self.rules);
        numbered.filter(|(_, h)| **h == 0).map(|(n, _)| n).collect()
    }

    /// How many rules decided at least one case.
    #[must_use]
    pub fn tried(&self) -> usize {
        self.rules.len() - self.untried().len()
    }

    /// The share of rules that decided at least one case, in percent, rounded down: 100 is all of
    /// them. `None` if the policy has no rules.
    #[must_use]
    pub fn percent(&self) -> Option<u8> {
        let all = self.rules.len();
        let percent = (self.tried() * 100).checked_div(all)?;
        u8::try_from(percent).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_is_rounded_down() {
        let coverage = |hits: &[usize]| Coverage {
            rules: hits.to_vec(),
            default: 1,
            language: 0,
        };
        assert_eq!(coverage(&[]).percent(), None);
        assert_eq!(coverage(&[0]).percent(), Some(0));
        assert_eq!(coverage(&[1, 0, 0]).percent(), Some(33));
        assert_eq!(coverage(&[1, 1, 0]).percent(), Some(66));
        let mut many = vec![1; 999];
        many.push(0);
        assert_eq!(coverage(&many).percent(), Some(99));
        assert_eq!(coverage(&many).untried(), [999]);
        assert_eq!(coverage(&[2, 1]).percent(), Some(100));
    }
}
