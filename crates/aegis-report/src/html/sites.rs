//! The table of call sites with its filters. Without scripts the whole table is there and the
//! filters are not.

use std::fmt::Write;

use aegis_diag::{CallKind, CallSite, Report, Verdict};

use super::{place, verdict};
use crate::{Options, escape, words};

/// Rows; browsers are slow beyond.
const MOST: usize = 10_000;

pub(super) fn render(out: &mut String, report: &Report, options: &Options) {
    if report.sites.is_empty() {
        return;
    }
    *out += "<section id=\"sites\">\n<h2>Call sites</h2>\n<div class=\"card\">\n";
    filters(out, report);
    *out += "<div class=\"scroll\"><table><caption>All call sites</caption><thead><tr><th scope=\"col\">Where</th>\
             <th scope=\"col\">Kind</th><th scope=\"col\">Framework</th><th scope=\"col\">Operation</th>\
             <th scope=\"col\">Verdict</th><th scope=\"col\">Why</th></tr></thead><tbody>\n";
    for site in report.sites.iter().take(MOST) {
        row(out, site, options);
    }
    *out +=
        "</tbody></table></div>\n<p id=\"none\" class=\"soft\" hidden>No call site matches.</p>\n";
    if let Some(more) = report.sites.len().checked_sub(MOST).filter(|n| *n > 0) {
        let more = words::count(more, "more call site is", "more call sites are");
        let _ = writeln!(
            out,
            "<p class=\"soft\">{more} not shown here; the JSON report has them all.</p>"
        );
    }
    *out += "</div>\n</section>\n";
}

/// The word of a verdict in the data of a row.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Governed => "governed",
        Verdict::Partly => "partly",
        Verdict::Ungoverned => "ungoverned",
    }
}

fn filters(out: &mut String, report: &Report) {
    *out += "<form id=\"filters\" class=\"filters\" hidden>\n<label class=\"grow\">Filter\
             <input id=\"text\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" \
             placeholder=\"path, framework, operation\"></label>\n\
             <label>Kind<select id=\"kind\"><option value=\"\">all</option>";
    for kind in CallKind::ALL {
        if report.sites.iter().any(|site| site.kind == kind) {
            let _ = write!(out, "<option>{kind}</option>");
        }
    }
    *out +=
        "</select></label>\n<label>Verdict<select id=\"verdict\"><option value=\"\">all</option>";
    for verdict in [Verdict::Ungoverned, Verdict::Partly, Verdict::Governed] {
        let _ = write!(
            out,
            "<option value=\"{}\">{}</option>",
            word(verdict),
            verdict.as_str()
        );
    }
    *out += "</select></label>\n<output id=\"shown\" for=\"text kind verdict\" aria-live=\"polite\"></output>\n</form>\n";
}

fn row(out: &mut String, site: &CallSite, options: &Options) {
    let tool = site.tool.as_ref().and_then(|tool| tool.name.as_deref());
    let tool = tool.map_or_else(String::new, |name| {
        format!(
            "<br><span class=\"soft\">tool {}</span>",
            escape::html(name)
        )
    });
    let _ = writeln!(
        out,
        "<tr data-kind=\"{}\" data-verdict=\"{}\"><td class=\"where\">{}</td><td class=\"word\">{}</td>\
         <td>{}</td><td class=\"what\"><code>{}</code>{tool}</td><td class=\"word\">{}</td><td class=\"why\">{}</td></tr>",
        site.kind,
        word(site.verdict),
        place(&site.span, options),
        site.kind,
        escape::html(&site.framework),
        escape::html(&site.operation),
        verdict(site.verdict),
        escape::html_prose(&site.reason),
    );
}
