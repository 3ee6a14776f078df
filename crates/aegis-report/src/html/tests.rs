//! What the page holds, and what attackers do not get.

use std::path::Path;

use aegis_diag::Report;
use sha2::{Digest, Sha256};

use super::*;
use crate::samples::{gate, report};

fn options() -> Options {
    Options {
        link_base: "https://git.example/o/r/blob/abc".parse().ok(),
        tool_version: "1.2.3".into(),
        ..Options::default()
    }
}

/// Base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0, |word, i| {
            (word << 8) | u32::from(*chunk.get(i).unwrap_or(&0))
        });
        for i in 0..4 {
            let digit = (word >> (18 - 6 * i)) & 63;
            out.push(if i <= chunk.len() {
                char::from(DIGITS[digit as usize])
            } else {
                '='
            });
        }
    }
    out
}

/// Browsers hash the text between the tags, its line endings made plain.
fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n").as_bytes());
    format!("'sha256-{}'", base64(&digest))
}

#[test]
fn the_policy_names_the_hashes_of_style_and_script() {
    assert_eq!(base64(b"ab"), "YWI=");
    let want = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'\n",
        hash(STYLE),
        hash(SCRIPT)
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/html/policy.txt");
    if std::env::vars_os().any(|(name, _)| name == "AEGIS_BLESS") {
        std::fs::write(&path, &want).unwrap();
    }
    let have = std::fs::read_to_string(&path)
        .unwrap()
        .replace("\r\n", "\n");
    assert!(
        have == want,
        "policy.txt is stale: run `AEGIS_BLESS=1 cargo test`"
    );
}

/// The page without style and script, which are the same in every page.
fn body(report: &Report, options: &Options) -> String {
    render(report, options)
        .replace(STYLE, "STYLE")
        .replace(SCRIPT, "SCRIPT")
        .replace(POLICY.trim_end(), "POLICY")
}

#[test]
fn a_gate_has_every_part() {
    insta::assert_snapshot!(body(&gate(), &options()));
}

#[test]
fn a_scan_has_the_share_that_is_governed() {
    let out = body(&report(), &Options::default());
    assert!(out.contains("aria-label=\"33% governed\""), "{out}");
    assert!(!out.contains("id=\"checks\"") && !out.contains("id=\"score\""));
}

#[test]
fn nothing_to_govern_is_not_a_hundred() {
    let out = body(&Report::default(), &Options::default());
    assert!(out.contains("aria-label=\"– no call sites\""), "{out}");
}

/// Tags of a page with their attributes, in order.
fn tags(page: &str) -> Vec<&str> {
    page.split('<')
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap())
        .collect()
}

#[test]
fn hostile_source_adds_no_markup() {
    let evil = "</pre></td><script>alert(1)</script><img src=x onerror='y'>\" x=\"y` & ]]> --> \u{1b}\u{202e}\n\r";
    let calm_source = crate::samples::file("a.py", "call(x)\n");
    let wild_source = crate::samples::file(evil, "call('<img src=x>\"<b>')\u{1b}\n");
    let (mut calm, mut wild) = (gate(), gate());
    for (report, text, source) in [
        (&mut calm, "x y", calm_source),
        (&mut wild, evil, wild_source),
    ] {
        for finding in &mut report.findings {
            finding.message = text.into();
            finding.notes = vec![text.into()];
            finding.help = Some(text.into());
            finding.primary.text = text.into();
            finding.primary.span = aegis_diag::Span::new(source.clone(), 0..4);
            for label in &mut finding.related {
                label.text = text.into();
            }
            if let Some(proof) = &mut finding.proof {
                proof.expected = Some(text.into());
                proof.assumes = vec![text.into()];
                proof.witnesses[0].action = text.into();
                proof.witnesses[0].reproduce = text.into();
            }
        }
        for site in &mut report.sites {
            site.framework = text.into();
            site.operation = text.into();
            site.reason = text.into();
        }
        report.sites[2].tool.as_mut().unwrap().name = Some(text.into());
        let change = report.change.as_mut().unwrap();
        change.base = Some(text.into());
        change.looser[0].summary = text.into();
        change.looser[0].place = Some(text.into());
        change.fixed[0].message = text.into();
        change.fixed[0].place = text.into();
        change.checks[1].message = text.into();
        report.score.as_mut().unwrap().gains[0].action = text.into();
        report.skipped[0].path = text.into();
    }
    let options = Options::default();
    let (calm, wild) = (body(&calm, &options), body(&wild, &options));
    assert_eq!(tags(&calm), tags(&wild));
    assert!(wild.chars().all(|c| c == '\n' || !c.is_control()), "{wild}");
}

#[test]
fn no_address_but_those_of_links_is_in_the_page() {
    let out = render(&gate(), &options());
    for outside in [
        "src=",
        "url(",
        "@import",
        "http-equiv=\"refresh\"",
        "<link",
        "<iframe",
        "fetch(",
    ] {
        assert!(!out.contains(outside), "{outside}");
    }
    let addresses = out.matches("http").count();
    let links = out.matches("href=\"http").count();
    assert_eq!(
        addresses,
        links + 1,
        "beside links only `http-equiv` is there"
    );
}

#[test]
fn a_long_line_is_shown_around_what_it_is_about() {
    let text = format!(
        "{}client.create(m){}\n",
        "x; ".repeat(300),
        "; y".repeat(300)
    );
    let source = crate::samples::file("min.py", &text);
    let mut report = gate();
    report.findings[0].primary.span = crate::samples::at(&source, "client.create");
    let out = body(&report, &options());
    let line = out
        .lines()
        .find(|l| l.contains("<mark>client.create</mark>"))
        .unwrap();
    assert!(line.contains('…') && line.len() < 400, "{line}");
}

#[test]
fn a_huge_report_is_cut_and_says_so() {
    let mut report = gate();
    let (finding, site) = (report.findings[0].clone(), report.sites[0].clone());
    report.findings.extend(std::iter::repeat_n(finding, 3_000));
    report.sites.extend(std::iter::repeat_n(site, 12_000));
    let out = render(&report, &options());
    assert!(out.contains("1003 more findings are not shown here"));
    assert!(out.contains("2003 more call sites are not shown here"));
}
