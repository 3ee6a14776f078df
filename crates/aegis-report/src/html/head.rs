//! The top of the page, and what is computed from the whole report.

use std::fmt::Write;

use aegis_diag::{Report, ScorePart, Severity, Tenths, Verdict};

use super::{chip, class, class_of_score, tenths};
use crate::tally::Tally;
use crate::{escape, words};

/// Files named.
const FILES: usize = 500;

/// What the page is about, for the title of the window.
pub(super) fn title(report: &Report) -> String {
    let findings = words::count(report.findings.len(), "finding", "findings");
    match report
        .score
        .as_ref()
        .and_then(aegis_diag::Scorecard::points)
    {
        Some(points) => format!("{points}/100, {findings}"),
        None => findings,
    }
}

/// Dial, verdict and counts.
pub(super) fn render(out: &mut String, report: &Report) {
    *out += "<header>\n<div class=\"top\">\n<div class=\"card hero\">\n";
    dial(out, report);
    let _ = write!(
        out,
        "<div><h1>{}</h1>\n<p class=\"verdict\">",
        heading(report)
    );
    match &report.change {
        Some(change) if change.passed() => *out += &chip("good", "✓ passed"),
        Some(change) => {
            let failed = change.checks.iter().filter(|check| !check.passed).count();
            let of = words::count(change.checks.len(), "check", "checks");
            *out += &chip("bad", &format!("✗ {failed} of {of} failed"));
        }
        None => *out += &share(report),
    }
    *out += "</p>\n";
    if let Some(change) = &report.change {
        let before = change
            .score_before
            .map(|n| format!("before: {}", tenths(n)));
        let base = change
            .base
            .as_ref()
            .map(|b| format!("compared with {}", escape::html(b)));
        let said: Vec<String> = before.into_iter().chain(base).collect();
        let _ = writeln!(out, "<p class=\"soft\">{}</p>", said.join(", "));
    }
    *out += "</div>\n</div>\n<div class=\"tiles\">\n";
    tiles(out, report);
    *out += "</div>\n</div>\n</header>\n";
}

/// What the dial shows, in words.
fn share(report: &Report) -> String {
    match report.sites.len() {
        0 => "none found".to_owned(),
        all => format!("{} of {all} are governed", report.count(Verdict::Governed)),
    }
}

fn heading(report: &Report) -> &'static str {
    match (&report.score, &report.change) {
        (Some(_), _) => "Governance Score",
        (None, Some(_)) => "Governance gate",
        (None, None) => "AI call sites",
    }
}

/// What the dial shows: a share of 1000, the number in it, and what is below the number.
fn reading(report: &Report) -> (Option<Tenths>, String, &'static str) {
    if let Some(card) = &report.score {
        let number = card
            .points()
            .map_or_else(|| "–".to_owned(), |p| p.to_string());
        return (
            card.score,
            number,
            if card.score.is_some() {
                "of 100"
            } else {
                "n/a"
            },
        );
    }
    let (governed, all) = (report.count(Verdict::Governed), report.sites.len());
    if all == 0 {
        return (None, "–".to_owned(), "no call sites");
    }
    let share = words::tenths_of_percent(governed, all);
    (Some(share), format!("{}%", share / 10), "governed")
}

fn dial(out: &mut String, report: &Report) {
    /// Circumference of the circle, in tenths: 2 pi 52.
    const AROUND: u32 = 3_267;
    let (share, number, below) = reading(report);
    let _ = write!(
        out,
        "<svg class=\"dial\" viewBox=\"0 0 120 120\" role=\"img\" aria-label=\"{number} {below}\">\
         <circle class=\"track\" cx=\"60\" cy=\"60\" r=\"52\" fill=\"none\" stroke-width=\"11\"/>"
    );
    if let Some(share) = share.filter(|share| *share > 0) {
        let arc = AROUND * u32::from(share.min(1000)) / 1000;
        let _ = write!(
            out,
            "<circle class=\"{}\" cx=\"60\" cy=\"60\" r=\"52\" fill=\"none\" stroke-width=\"11\" stroke-linecap=\"round\" \
             transform=\"rotate(-90 60 60)\" stroke-dasharray=\"{}.{} 400\"/>",
            class_of_score(share),
            arc / 10,
            arc % 10
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"60\" y=\"66\" font-size=\"30\">{number}</text>\
         <text class=\"of\" x=\"60\" y=\"84\" font-size=\"12\">{below}</text></svg>"
    );
}

/// Findings per severity as labels, worst first.
fn severities(report: &Report) -> String {
    let mut chips = Vec::new();
    for severity in Severity::ALL.into_iter().rev() {
        let n = report
            .findings
            .iter()
            .filter(|f| f.severity == severity)
            .count();
        if n > 0 {
            chips.push(chip(class(severity), &format!("{n} {severity}")));
        }
    }
    match chips.is_empty() {
        true => chip("good", "✓ no findings"),
        false => chips.join(" "),
    }
}

fn tiles(out: &mut String, report: &Report) {
    let tally = Tally::of(&report.sites);
    let _ = writeln!(
        out,
        "<div class=\"card tile\"><b>{}</b>call sites{}<span class=\"soft\">{} governed, {} partly, {} not</span></div>",
        tally.total,
        bar(&tally),
        tally.governed,
        tally.partly,
        tally.ungoverned
    );
    let suppressed = match report.suppressed.len() {
        0 => String::new(),
        n => format!("<span class=\"soft\">and {n} suppressed</span>"),
    };
    let _ = writeln!(
        out,
        "<div class=\"card tile\"><b>{}</b>findings<br>{} {suppressed}</div>",
        report.findings.len(),
        severities(report)
    );
    let files = &report.files;
    let skipped = match report.skipped.len() {
        0 => chip("good", "all analysed"),
        n => chip("doubtful", &format!("{n} incomplete")),
    };
    let _ = writeln!(
        out,
        "<div class=\"card tile\"><b>{}</b>files<br>{skipped}<br><span class=\"soft\">{}</span></div>",
        files.analysed,
        words::size(files.bytes)
    );
}

/// Shares of the verdicts; the numbers stand below it.
fn bar(tally: &Tally) -> String {
    let width = |n: usize| f64::from(words::tenths_of_percent(n, tally.total)) / 10.0;
    let (governed, partly) = (width(tally.governed), width(tally.partly));
    let rest = if tally.total > 0 {
        100.0 - governed - partly
    } else {
        0.0
    };
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"track\" width=\"100\" height=\"10\"/>\
         <rect class=\"good\" width=\"{governed:.1}\" height=\"10\"/>\
         <rect class=\"doubtful\" x=\"{governed:.1}\" width=\"{partly:.1}\" height=\"10\"/>\
         <rect class=\"bad\" x=\"{:.1}\" width=\"{rest:.1}\" height=\"10\"/></svg>",
        governed + partly
    )
}

/// What the score was computed from.
pub(super) fn score(out: &mut String, report: &Report) {
    let Some(card) = &report.score else { return };
    *out += "<section id=\"score\">\n<h2>How the score was computed</h2>\n<div class=\"card\">\n";
    if let Some(cap) = &card.cap {
        let _ = writeln!(
            out,
            "<p>{} {}</p>",
            chip("doubtful", &format!("held at {}", tenths(cap.at))),
            escape::html_prose(&cap.because)
        );
    }
    *out += "<div class=\"scroll\"><table><caption>Parts of the score</caption><thead><tr><th scope=\"col\">Part</th>\
             <th scope=\"col\" class=\"number\">Weight</th><th scope=\"col\" class=\"number\">Reached</th>\
             <th scope=\"col\">From</th></tr></thead><tbody>\n";
    for part in &card.parts {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td class=\"number\">{} %</td><td class=\"number\">{}</td><td class=\"why\">{}</td></tr>",
            escape::html(part.title),
            part.weight,
            tenths(part.score),
            inputs(part)
        );
    }
    *out += "</tbody></table></div>\n";
    if !card.gains.is_empty() {
        *out += "<h3>What raises it at the least cost</h3>\n<ul>\n";
        for gain in &card.gains {
            let help = gain.help.as_deref();
            let help = help.map_or_else(String::new, |h| {
                format!(" <code>{}</code>", escape::html(h))
            });
            let _ = writeln!(
                out,
                "<li><b>+{}</b> {}{help}</li>",
                tenths(gain.gain),
                escape::html_prose(&gain.action)
            );
        }
        *out += "</ul>\n";
    }
    let _ = writeln!(
        out,
        "<p class=\"soft\">Formula {}</p>\n</div>\n</section>",
        escape::html(card.formula)
    );
}

fn inputs(part: &ScorePart) -> String {
    let inputs: Vec<String> = part
        .inputs
        .iter()
        .map(|input| {
            let note = input.note.as_deref();
            let note = note.map_or_else(String::new, |n| format!(" ({n})"));
            escape::html_prose(&format!(
                "{}: {} of {}{note}",
                input.title, input.got, input.of
            ))
        })
        .collect();
    inputs.join("<br>")
}

/// What was not analysed.
pub(super) fn skipped(out: &mut String, report: &Report) {
    if report.skipped.is_empty() {
        return;
    }
    let n = words::count(report.skipped.len(), "file", "files");
    let _ = write!(
        out,
        "<section id=\"skipped\">\n<h2>Not fully analysed</h2>\n<details><summary><span class=\"path\">{n}</span></summary>\
         <div class=\"body\"><ul class=\"plain\">\n"
    );
    for skip in report.skipped.iter().take(FILES) {
        let _ = writeln!(
            out,
            "<li><code>{}</code> {}</li>",
            escape::html(&skip.path),
            escape::html_prose(&skip.reason.to_string())
        );
    }
    if let Some(more) = report.skipped.len().checked_sub(FILES).filter(|n| *n > 0) {
        let _ = writeln!(out, "<li>and {more} more</li>");
    }
    *out += "</ul></div></details>\n</section>\n";
}
