//! What reviewers see, and what attackers do not get.

use pulldown_cmark::{Event, Parser, Tag};

use super::*;
use crate::samples::{gate, report};

fn options() -> Options {
    Options {
        link_base: "https://git.example/o/r/blob/abc".parse().ok(),
        tool_version: "1.2.3".into(),
        ..Options::default()
    }
}

#[test]
fn a_gate_says_what_a_reviewer_wants_to_know() {
    insta::assert_snapshot!(render(&gate(), &options()));
}

#[test]
fn a_scan_lists_what_it_found() {
    insta::assert_snapshot!(render(&report(), &Options::default()));
}

/// The markup that a page has: tags of HTML and Markdown, and where its links lead.
fn markup(page: &str) -> Vec<String> {
    let options = pulldown_cmark::Options::ENABLE_TABLES
        | pulldown_cmark::Options::ENABLE_STRIKETHROUGH
        | pulldown_cmark::Options::ENABLE_MATH
        | pulldown_cmark::Options::ENABLE_TASKLISTS;
    let seen = |event| match event {
        Event::Html(html) | Event::InlineHtml(html) => tags(&html),
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            vec![format!("-> {dest_url}")]
        }
        Event::Start(tag) => vec![format!("{tag:?}")],
        Event::Rule | Event::TaskListMarker(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {
            vec!["other".to_owned()]
        }
        _ => Vec::new(),
    };
    Parser::new_ext(page, options).flat_map(seen).collect()
}

fn tags(html: &str) -> Vec<String> {
    let starts = html.split('<').skip(1);
    starts
        .map(|rest| rest.split('>').next().unwrap_or("").to_owned())
        .filter(|tag| !["code", "/code"].contains(&tag.as_str()))
        .collect()
}

/// The same report twice, all text of it harmless or hostile, has the same markup.
#[test]
fn hostile_source_adds_no_markup() {
    let evil = "</summary><img src=x onerror=y>`|\n\n# x\n- [a](https://evil.example) @octocat <!-- ``` $y$ \u{1b}[0m";
    let mut calm = gate();
    let mut wild = gate();
    for (report, text) in [(&mut calm, "x y"), (&mut wild, evil)] {
        for finding in &mut report.findings {
            finding.message = text.into();
            finding.notes = vec![text.into()];
            finding.help = Some(text.into());
            if let Some(proof) = &mut finding.proof {
                proof.witnesses[0].reproduce = text.into();
            }
        }
        let change = report.change.as_mut().unwrap();
        change.base = Some(text.into());
        change.looser[0].summary = text.into();
        change.looser[0].witness.action = text.into();
        change.looser[0].place = Some(text.into());
        change.fixed[0].message = text.into();
        change.fixed[0].place = text.into();
        change.checks[1].message = text.into();
        report.score.as_mut().unwrap().gains[0].action = text.into();
        report.skipped[0].path = text.into();
        report.sites[0].framework = text.into();
    }
    let (calm, wild) = (render(&calm, &options()), render(&wild, &options()));
    assert_eq!(markup(&calm), markup(&wild), "{wild}");
    assert!(!wild.contains("@octocat"), "{wild}");
}

#[test]
fn a_page_fits_in_a_comment_and_says_what_was_cut() {
    let mut report = gate();
    let finding = report.findings[0].clone();
    for i in 0..3_000 {
        let mut more = finding.clone();
        more.message = format!("finding {i} {}", "`<x>` | ".repeat(50));
        more.fingerprint = format!("{i:032x}");
        if i % 2 == 0 {
            report
                .change
                .as_mut()
                .unwrap()
                .new
                .push(more.fingerprint.clone());
        }
        report.findings.push(more);
    }
    let out = render(&report, &options());
    assert!(out.chars().count() <= LIMIT);
    assert!(out.contains("### New ungoverned calls (1501)"));
    assert!(out.contains("more findings are not shown here."));
    assert!(
        out.trim_end().ends_with("1.2.3</sub>"),
        "{}",
        &out[out.len() - 300..]
    );
}

#[test]
fn nothing_wrong_is_said_in_few_lines() {
    let mut report = gate();
    report.findings.clear();
    report.skipped.clear();
    report.suppressed.clear();
    report.sites.clear();
    report.score = None;
    let change = report.change.as_mut().unwrap();
    change.looser.clear();
    change.fixed.clear();
    change.checks.retain(|check| check.passed);
    insta::assert_snapshot!(render(&report, &options()), @"
    ## ✅ Aegis: passed

    <sub>214 files scanned, 1 check passed. [Aegis](https://github.com/Acacian/aegis) 1.2.3</sub>
    ");
}
