//! The rules of a run.

use aegis_diag::{Report, Rule, Severity};

use super::model::{Configuration, Descriptor, RuleProperties, Text};
use crate::{clean, rule_url, words};

/// GitHub's limits.
const MAX_NAME: usize = 255;
const MAX_DESCRIPTION: usize = 1_024;
const MAX_TAGS: usize = 10;

/// The rules of a report, sorted by id: those that could have fired and, should a finding name
/// another one, that too, so that every result finds its rule.
pub(super) struct Rules(Vec<&'static Rule>);

impl Rules {
    pub(super) fn of(report: &Report) -> Self {
        let suppressed = report.suppressed.iter().map(|s| s.finding.rule);
        let fired = report.findings.iter().map(|f| f.rule).chain(suppressed);
        let mut rules: Vec<_> = report.rules.iter().copied().chain(fired).collect();
        rules.sort_by_key(|rule| rule.id);
        rules.dedup_by_key(|rule| rule.id);
        Self(rules)
    }

    /// Where in [`descriptors`](Self::descriptors) the rule is.
    pub(super) fn index(&self, rule: &Rule) -> usize {
        self.0.partition_point(|r| r.id < rule.id)
    }

    pub(super) fn descriptors(&self) -> Vec<Descriptor> {
        self.0.iter().map(|rule| descriptor(rule)).collect()
    }
}

fn descriptor(rule: &Rule) -> Descriptor {
    let url = rule_url(rule.id);
    let summary = words::sentence(&words::capital(rule.summary));
    let why = introduction(rule.page).unwrap_or_else(|| summary.clone());
    let page = if rule.page.trim().is_empty() {
        summary.clone()
    } else {
        rule.page.to_owned()
    };
    Descriptor {
        id: rule.id,
        name: clean::cut(rule.name, MAX_NAME),
        short_description: Text::plain(clean::cut(&summary, MAX_DESCRIPTION)),
        full_description: Text::plain(clean::cut(&why, MAX_DESCRIPTION)),
        help: Text {
            text: format!("{summary} See {url}"),
            markdown: Some(page),
        },
        help_uri: url,
        default_configuration: Configuration {
            level: super::level(rule.severity),
        },
        properties: RuleProperties {
            tags: tags(rule),
            precision: "high",
            security_severity: security_severity(rule.severity),
            problem_severity: problem_severity(rule.severity),
        },
    }
}

/// The first paragraph of a page that is neither heading, table, list nor code.
fn introduction(page: &str) -> Option<String> {
    let page = page.replace("\r\n", "\n");
    let mut code = false;
    page.split("\n\n")
        .map(str::trim)
        .find(|part| {
            let inside = code;
            code ^= part.matches("```").count() % 2 == 1;
            !inside
                && part.starts_with(|c: char| c.is_alphanumeric() || "`*_\"".contains(c))
                && !part.starts_with("```")
                && !part.starts_with("* ")
        })
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// `security` makes GitHub read the severity; the CWE is written the way CodeQL does.
fn tags(rule: &Rule) -> Vec<String> {
    let own = rule
        .tags
        .iter()
        .filter(|tag| **tag != "security")
        .map(|tag| (*tag).to_owned());
    let cwe = rule.cwe.map(|n| format!("external/cwe/cwe-{n:03}"));
    std::iter::once("security".to_owned())
        .chain(cwe)
        .chain(own)
        .take(MAX_TAGS)
        .collect()
}

/// Where in GitHub's bands the severity lies: over 9.0 critical, 7.0 high, 4.0 medium, 0.1 low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.1",
    }
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::LLM;

    #[test]
    fn the_first_paragraph_of_a_page_is_its_introduction() {
        let intro = |page| introduction(page).unwrap_or_default();
        assert_eq!(intro(LLM.page), "What a model answers can start an action.");
        assert_eq!(
            intro("# a\r\n\r\n| x |\n\n```py\nx\n\ny\n```\n\n`x` is\nbad.\n"),
            "`x` is bad."
        );
        assert_eq!(intro("# only a heading"), "");
    }

    #[test]
    fn a_rule_has_at_most_ten_tags_and_security_is_one() {
        let tags = &[
            "security", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10",
        ];
        let rule = Rule { tags, ..LLM };
        let tags = super::tags(&rule);
        assert_eq!(
            tags.join(" "),
            "security external/cwe/cwe-862 1 2 3 4 5 6 7 8"
        );
    }
}
