//! One line per finding, in the form editors jump to, and the summary.

use aegis_diag::{Finding, Report};

use crate::paint::{Ink, Paint};
use crate::{Options, clean, summary};

/// See the module.
pub(crate) fn render(report: &Report, options: &Options) -> String {
    let paint = Paint { on: options.color };
    let mut lines: Vec<String> = report
        .findings
        .iter()
        .map(|finding| line(finding, paint))
        .collect();
    if options.include_suppressed {
        lines.extend(report.suppressed.iter().map(|s| suppressed_line(s, paint)));
    }
    lines.extend(summary::lines(report, paint));
    lines.join("\n") + "\n"
}

/// `path:line:column: AEG101 high message`.
pub(crate) fn line(finding: &Finding, paint: Paint) -> String {
    format!(
        "{}: {} {} {}",
        paint.bold(&clean::line(&finding.primary.span.locator())),
        finding.rule.id,
        paint.ink(Ink::of(finding.severity), finding.severity.as_str()),
        clean::line(&finding.message)
    )
}

/// The same with why it does not count.
pub(crate) fn suppressed_line(suppressed: &aegis_diag::Suppressed, paint: Paint) -> String {
    let reason = suppressed.reason.as_deref().unwrap_or("no reason given");
    format!(
        "{} (suppressed: {})",
        line(&suppressed.finding, paint),
        clean::line(reason)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::report;

    #[test]
    fn every_finding_is_one_line_and_the_summary_follows() {
        let options = Options {
            include_suppressed: true,
            ..Options::default()
        };
        insta::assert_snapshot!(render(&report(), &options), @"
        desk/agent.py:7:12: AEG101 high OpenAI call is not governed
        desk/try.ipynb:cell 3:2:1: AEG103 medium Anthropic call is partly governed
        desk/tools.py:2:5: AEG102 critical tool is not governed (suppressed: read only)
        Scanned 214 files (31 parsed, 2.1 MB) in 48 ms
        2 files not fully analysed:
          desk/big.py is larger than 5000000 bytes
          desk/old.py has a syntax error on line 3; the rest was analysed
        7 files and folders excluded: .venv, node_modules and 5 more
        2 findings: 1 high, 1 medium
        3 call sites: 1 governed, 1 partly governed, 1 ungoverned (33.3% governed)
        1 finding suppressed
        ");
    }
}
