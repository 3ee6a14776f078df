//! The verdict on a change: its checks, what the policy lets through now, what is fixed.

use std::fmt::Write;

use aegis_diag::{Change, Loosening, Report};

use super::{chip, class, linked};
use crate::{Options, escape, links, words};

/// Entries shown of a list.
const MOST: usize = 200;

pub(super) fn render(out: &mut String, report: &Report, options: &Options) {
    let Some(change) = &report.change else { return };
    checks(out, change);
    looser(out, change, options);
    fixed(out, change);
}

fn checks(out: &mut String, change: &Change) {
    if change.checks.is_empty() {
        return;
    }
    *out += "<section id=\"checks\">\n<h2>Checks</h2>\n<div class=\"card\"><ul class=\"plain\">\n";
    for check in &change.checks {
        let mark = match check.passed {
            true => chip("good", "✓ holds"),
            false => chip("bad", "✗ failed"),
        };
        let _ = writeln!(
            out,
            "<li>{mark} <code>{}</code> {}</li>",
            escape::html(check.id),
            escape::html_prose(&check.message)
        );
    }
    *out += "</ul></div>\n</section>\n";
}

fn looser(out: &mut String, change: &Change, options: &Options) {
    if change.looser.is_empty() {
        return;
    }
    *out += "<section id=\"looser\">\n<h2>The policy became looser</h2>\n<div class=\"card\">\n";
    for loosening in change.looser.iter().take(MOST) {
        one(out, loosening, options);
    }
    more(out, change.looser.len());
    *out += "</div>\n</section>\n";
}

fn one(out: &mut String, loosening: &Loosening, options: &Options) {
    let (before, after) = (
        escape::html(loosening.before),
        escape::html(loosening.after),
    );
    let by = loosening.place.as_ref().map_or_else(String::new, |p| {
        format!(" at {}", linked(p, links::of_place(p, options)))
    });
    let witness = &loosening.witness;
    let _ = write!(
        out,
        "<article><div class=\"head\">{} <span>{}{by}</span></div>\n\
         <p class=\"soft\">Such as <code>{}</code> at {}</p>\n<pre><code>{}</code></pre></article>\n",
        chip("bad", &format!("{before} → {after}")),
        escape::html_prose(&loosening.summary),
        escape::html(&witness.action),
        escape::html(&witness.at),
        escape::html_block(&witness.reproduce),
    );
}

fn fixed(out: &mut String, change: &Change) {
    if change.fixed.is_empty() {
        return;
    }
    let n = words::count(change.fixed.len(), "finding", "findings");
    let _ = write!(
        out,
        "<section id=\"fixed\">\n<h2>Fixed</h2>\n<details><summary>{} <span class=\"path\">{n}</span></summary>\
         <div class=\"body\"><ul class=\"plain\">\n",
        chip("good", "✓ fixed")
    );
    for past in change.fixed.iter().take(MOST) {
        let _ = writeln!(
            out,
            "<li>{} <code>{}</code> {} <span class=\"soft\">was at {}</span></li>",
            chip(class(past.severity), past.severity.as_str()),
            escape::html(&past.rule),
            escape::html_prose(&past.message),
            escape::html(&past.place)
        );
    }
    *out += "</ul>";
    more(out, change.fixed.len());
    *out += "</div></details>\n</section>\n";
}

fn more(out: &mut String, all: usize) {
    if let Some(more) = all.checked_sub(MOST).filter(|n| *n > 0) {
        let _ = writeln!(out, "<p class=\"soft\">{more} more are not shown here</p>");
    }
}
