//! The report for people at a terminal.

use aegis_diag::{Report, Step};

use crate::paint::{Ink, Paint};
use crate::{Options, change, clean, concise, inventory, snippet, statistics, summary};

/// Findings, suppressed findings if wanted, explanations, tables and the summary, with an empty
/// line between the parts.
pub(crate) fn render(report: &Report, options: &Options) -> String {
    if let Some(change) = &report.change {
        return change::render(report, change, options);
    }
    let paint = Paint { on: options.color };
    let mut parts: Vec<String> = report
        .findings
        .iter()
        .map(|finding| snippet::render(&finding.into(), options))
        .collect();
    if options.include_suppressed && !report.suppressed.is_empty() {
        let lines = report
            .suppressed
            .iter()
            .map(|s| concise::suppressed_line(s, paint));
        parts.push(lines.collect::<Vec<_>>().join("\n"));
    }
    parts.extend(
        report
            .why
            .iter()
            .map(|(head, steps)| why(head, steps, options, paint)),
    );
    if options.inventory {
        parts.extend(inventory::render(report, paint));
    }
    if options.statistics {
        parts.extend(statistics::render(report, paint));
    }
    parts.push(summary::lines(report, paint).join("\n"));
    parts.join("\n\n") + "\n"
}

/// A chain of values: each step with its place and its source line.
fn why(head: &str, steps: &[Step], options: &Options, paint: Paint) -> String {
    let mut lines = vec![paint.bold(&clean::line(head))];
    let digits = steps.len().to_string().len();
    for (i, step) in steps.iter().enumerate() {
        let place = step.span.start();
        let locator = step.span.locator();
        let locator = paint.ink(Ink::Calm, &clean::line(&locator));
        lines.push(format!(
            "{:>w$}. {locator}: {}",
            i + 1,
            clean::line(&step.text),
            w = digits + 2
        ));
        let source = step.span.file.line(place.line).trim();
        let room = options.width.clamp(60, 400) - digits - 7;
        let source = paint.ink(Ink::Dim, &clean::short(source, room));
        lines.push(
            format!("{:w$}| {source}", "", w = digits + 4)
                .trim_end()
                .to_owned(),
        );
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use aegis_diag::{Finding, Report, Span};

    use super::*;
    use crate::samples::{LLM, PARTLY, at, file, report, script_finding};

    fn plain(report: &Report) -> String {
        render(report, &Options::default())
    }

    fn one(finding: Finding) -> String {
        let report = Report {
            findings: vec![finding],
            ..Report::default()
        };
        let out = plain(&report);
        out.split("\n\nScanned").next().unwrap().to_owned()
    }

    #[test]
    fn findings_are_shown_with_their_source_and_the_summary_comes_last() {
        insta::assert_snapshot!(plain(&report()), @"
        high[AEG101]: OpenAI call is not governed
         --> desk/agent.py:7:12
          |
        3 | client = OpenAI()
          |          -------- the client is made here
        ...
        7 |     return client.chat.completions.create(
          |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this reaches the model
          |
         ::: desk/cli.py:3:7
          |
        3 | print(answer(input()))
          |       --------------- reached ungoverned from here
          |
          = note: no governor runs before it on this way
          = help: call `aegis.auto_instrument()` before `answer` in desk/cli.py

        medium[AEG103]: Anthropic call is partly governed
         --> desk/try.ipynb:cell 3:2:1
          |
        2 | c.messages.create(model=m)
          | ^^^^^^^^^^^^^^^^^ this call
          |
         ::: desk/try.ipynb:cell 1:2:5
          |
        2 | c = anthropic.Anthropic()
          |     --------------------- the client is made here

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

    #[test]
    fn the_tables_list_every_call_site_and_count_them() {
        let options = Options {
            inventory: true,
            statistics: true,
            ..Options::default()
        };
        let mut report = report();
        report.sites.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        let out = render(&report, &options);
        let tables = out.split_once("Call sites\n").unwrap().1;
        insta::assert_snapshot!(tables.split("\n\nScanned").next().unwrap(), @"
        desk/agent.py
                 7  llm_call  openai     chat.completions.create  ✗ ungoverned
        desk/tools.py
                 2  tool_def  langchain  tool                     ✓ governed    refund
        desk/try.ipynb
          cell 3:2  llm_call  anthropic  messages.create          ~ partly

        Rules
          AEG101  ungoverned-llm-call  high    1
          AEG103  partly-governed      medium  1

        Frameworks   sites  governed  partly  ungoverned
          anthropic      1         0       1           0
          langchain      1         1       0           0
          openai         1         0       0           1

        Kinds       sites  governed  partly  ungoverned
          llm_call      2         0       1           1
          tool_def      1         1       0           0
        ");
    }

    #[test]
    fn why_walks_the_chain_step_by_step() {
        let finding = script_finding();
        let steps = finding.related.iter().map(|label| Step {
            span: label.span.clone(),
            text: label.text.clone(),
        });
        let why = vec![(
            "desk/agent.py:7:12 is ungoverned".to_owned(),
            steps.collect(),
        )];
        let out = plain(&Report {
            why,
            ..Report::default()
        });
        insta::assert_snapshot!(out, @"
        desk/agent.py:7:12 is ungoverned
          1. desk/agent.py:3:10: the client is made here
             | client = OpenAI()
          2. desk/cli.py:3:7: reached ungoverned from here
             | print(answer(input()))

        Scanned 0 files
        No AI call sites found
        ");
    }

    #[test]
    fn suppressed_findings_are_shown_when_asked_for() {
        let report = Report {
            suppressed: report().suppressed,
            ..Report::default()
        };
        let options = Options {
            include_suppressed: true,
            ..Options::default()
        };
        insta::assert_snapshot!(render(&report, &options), @"
        desk/tools.py:2:5: AEG102 critical tool is not governed (suppressed: read only)

        Scanned 0 files
        No AI call sites found
        1 finding suppressed
        ");
    }

    #[test]
    fn a_call_over_several_lines_is_marked_on_its_first() {
        let source = file("a.py", "x = client.create(\n    model=m,\n)\n");
        let span = at(&source, "client.create(\n    model=m,\n)");
        insta::assert_snapshot!(one(Finding::at(&LLM, span, "call is not governed", "this call")), @"
        high[AEG101]: call is not governed
         --> a.py:1:5
          |
        1 | x = client.create(
          |     ^^^^^^^^^^^^^^ this call
        ");
    }

    #[test]
    fn a_line_of_ten_thousand_columns_is_trimmed() {
        let text = format!(
            "{}client.create(m){}\n",
            "x; ".repeat(3_000),
            "; y".repeat(3_000)
        );
        let source = file("min.py", &text);
        let finding = Finding::at(
            &PARTLY,
            at(&source, "client.create"),
            "call is partly governed",
            "here",
        )
        .because(Span::new(source.clone(), 0..1), "far to the left")
        .because(Span::new(source.clone(), 0..15_000), "and all of it");
        let out = one(finding);
        assert!(out.lines().all(|line| line.chars().count() <= 130), "{out}");
        insta::assert_snapshot!(out, @"
        medium[AEG103]: call is partly governed
         --> min.py:1:9001
          |
        1 | ...x; x; x; x; x; x; x; x; x; x; x; x; client.create(m); y; y; y; y; y; y; y; y; y; y; y; y; ...
          |                                        ^^^^^^^^^^^^^ here
          |
         ::: min.py:1:1
          |
        1 | x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; ...
          | ----------------------------------------------------------------------
          | |
          | far to the left
          | and all of it
        ");
    }

    #[test]
    fn far_lines_and_a_huge_file_cost_little() {
        let text = format!(
            "client = make()\n{}client.create(m)\n",
            "pass\n".repeat(200_000)
        );
        let source = file("long.py", &text);
        let finding = Finding::at(
            &LLM,
            at(&source, "client.create"),
            "call is not governed",
            "here",
        )
        .because(at(&source, "make()"), "made here");
        insta::assert_snapshot!(one(finding), @"
        high[AEG101]: call is not governed
              --> long.py:200002:1
               |
             1 | client = make()
               |          ------ made here
        ...
        200002 | client.create(m)
               | ^^^^^^^^^^^^^ here
        ");
    }

    #[test]
    fn nothing_in_a_file_reaches_the_terminal_as_a_control() {
        let evil = "\x1b]0;owned\x07\x1b[2J\u{9b}31m\u{202e}";
        let text = format!("call('{evil}') # {evil}\r\n\tx{evil}\n");
        let source = file(&format!("dir\n{evil}.py"), &text);
        let span = at(&source, "call");
        let finding = Finding::at(
            &LLM,
            span.clone(),
            format!("message {evil}\n"),
            format!("label {evil}\n"),
        )
        .because(at(&source, "x"), evil)
        .note(format!("note {evil}\nsecond line"))
        .help(evil);
        let mut report = report();
        report.sites[0].span = span.clone();
        report.sites[0].operation = evil.into();
        report.sites[0].framework = evil.into();
        report.sites[2].tool.as_mut().unwrap().name = Some(evil.into());
        report.skipped[0].path = evil.into();
        report.excluded[0] = evil.into();
        report.suppressed[0].reason = Some(evil.into());
        report.why = vec![(
            evil.into(),
            vec![Step {
                span,
                text: evil.into(),
            }],
        )];
        report.findings = vec![finding];
        let options = Options {
            inventory: true,
            statistics: true,
            include_suppressed: true,
            ..Options::default()
        };
        for out in [
            render(&report, &options),
            concise::render(&report, &options),
        ] {
            let bad = out
                .chars()
                .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
            assert_eq!(bad, None, "{out}");
        }
        insta::assert_snapshot!(one(report.findings[0].clone()), @"
        high[AEG101]: message ␛]0;owned␇␛[2J�31m�␊
         --> dir␊␛]0;owned␇␛[2J�31m�.py:1:1
          |
        1 | call('␛]0;owned␇␛[2J�31m�') # ␛]0;owned␇␛[2J�31m�
          | ^^^^ label ␛]0;owned␇␛[2J�31m�␊
        2 |     x␛]0;owned␇␛[2J�31m�
          |     - ␛]0;owned␇␛[2J�31m�
          |
          = note: note ␛]0;owned␇␛[2J�31m�
                  second line
          = help: ␛]0;owned␇␛[2J�31m�
        ");
    }

    #[test]
    fn colours_are_all_that_differs_when_they_are_on() {
        let options = Options {
            inventory: true,
            statistics: true,
            ..Options::default()
        };
        let plain = render(&report(), &options);
        let colored = render(
            &report(),
            &Options {
                color: true,
                ..options
            },
        );
        assert!(colored.contains("\x1b[") && !plain.contains('\x1b'));
        let mut bare = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            bare += before;
            rest = after.split_once('m').unwrap().1;
        }
        assert_eq!(bare + rest, plain);
    }
}
