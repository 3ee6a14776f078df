//! From call sites, unread files and suppressions to the report.

use std::collections::BTreeMap;
use std::sync::Arc;

use aegis_diag::{
    CallSite, Finding, ModelUse, Report, Rule, Severity, SkipReason, SourceFile, Span, Suppressed,
    SuppressedBy, Verdict, content_fingerprint,
};

use crate::config::Config;
use crate::rules;
use crate::suppress::Suppression;

/// A call site with its rule and the byte range of the whole expression.
pub(crate) struct Judged {
    pub(crate) site: CallSite,
    pub(crate) rule: &'static Rule,
    /// The model that the call names.
    pub(crate) model: Option<String>,
    /// Lines on which a suppression counts: of the whole expression or definition header.
    pub(crate) lines: (u32, u32),
}

/// The suppressions of one file.
pub(crate) struct Comments {
    pub(crate) source: Arc<SourceFile>,
    pub(crate) list: Vec<Suppression>,
}

/// Turns judged sites into findings and sorts everything.
pub(crate) fn report(
    judged: Vec<Judged>,
    comments: &BTreeMap<String, Comments>,
    config: &Config,
    report: &mut Report,
) {
    let mut used: BTreeMap<(String, u32), bool> = BTreeMap::new();
    let mut seen: BTreeMap<(String, &'static str, String, String), usize> = BTreeMap::new();
    for j in judged {
        let path = j.site.span.file.path.clone();
        let mut finding = (j.site.verdict != Verdict::Governed).then(|| finding(&j));
        if let Some(f) = &mut finding {
            let key = (
                path.clone(),
                j.rule.id,
                j.site.scope.clone(),
                j.site.symbol.clone(),
            );
            let n = seen.entry(key).or_insert(0);
            f.fingerprint =
                content_fingerprint(j.rule.id, &path, &j.site.scope, &j.site.symbol, *n);
            *n += 1;
        }
        if let Some(f) = finding.filter(|f| is_selected(f.rule, config)) {
            match suppression(&j, comments.get(&path), config) {
                Some(s) => {
                    used.insert((path, s.at.0), true);
                    report.suppressed.push(Suppressed {
                        finding: f,
                        by: SuppressedBy::Comment,
                        reason: s.reason().map(str::to_owned),
                    });
                }
                None => report.findings.push(f),
            }
        }
        report.models.extend(j.model.map(|name| ModelUse {
            name,
            provider: j.site.provider.clone(),
            span: j.site.span.clone(),
        }));
        report.sites.push(j.site);
    }
    for (path, c) in comments {
        for s in &c.list {
            let was_used = used.contains_key(&(path.clone(), s.at.0));
            for f in about_comment(s, c, was_used, config) {
                if is_selected(f.rule, config) {
                    report.findings.push(f);
                }
            }
        }
    }
    for s in &report.skipped {
        let (rule, message) = match &s.reason {
            SkipReason::Syntax { .. } | SkipReason::TooDeep { .. } => {
                (&rules::UNPARSED, "this file was analysed in part only")
            }
            _ => (&rules::UNREADABLE, "this file was not analysed"),
        };
        if is_selected(rule, config) {
            let line = match s.reason {
                SkipReason::Syntax { line } | SkipReason::TooDeep { line, .. } => line,
                _ => 1,
            };
            let source = comments
                .get(&s.path)
                .map(|c| Arc::clone(&c.source))
                .unwrap_or_else(|| Arc::new(SourceFile::new(s.path.clone(), "", None)));
            let start = source.line_start(line).unwrap_or(0);
            let span = Span::new(Arc::clone(&source), start..start + source.line(line).len());
            let mut f = Finding::at(rule, span, format!("{message}: it {}", s.reason), "here");
            f.fingerprint = content_fingerprint(rule.id, &s.path, "", s.reason.code(), 0);
            report.findings.push(f);
        }
    }
    report
        .findings
        .sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    report
        .suppressed
        .sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
    report.sites.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
}

fn is_selected(rule: &Rule, config: &Config) -> bool {
    let hit = |list: &[String]| {
        list.iter()
            .any(|w| rule.id.starts_with(w.as_str()) || rule.name == w)
    };
    (config.select.is_empty() || hit(&config.select)) && !hit(&config.ignore)
}

fn finding(j: &Judged) -> Finding {
    let s = &j.site;
    let what = match (&s.tool, s.operation.is_empty()) {
        (Some(t), _) if t.name.is_some() => format!(
            "tool `{}` ({})",
            t.name.as_deref().unwrap_or(""),
            s.framework
        ),
        (_, false) => format!("`{}` ({})", s.operation, s.framework),
        _ => format!("`{}`", s.symbol),
    };
    let message = format!("{what} is {}: {}", s.verdict.as_str(), s.reason);
    let label = match s.verdict {
        Verdict::Partly => "governed on some ways in only",
        _ => "not governed",
    };
    let mut f = Finding::at(j.rule, s.span.clone(), message, label).help(s.remedy.clone());
    if s.verdict == Verdict::Partly {
        f.severity = lower(f.severity);
    }
    if s.by_shape {
        f = f.note("the type of the receiver is not known; recognised by its path and arguments");
    }
    for step in &s.way {
        f = f.because(step.span.clone(), step.text.clone());
    }
    f.site = Some(Box::new(s.clone()));
    f
}

fn lower(s: Severity) -> Severity {
    match s {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium | Severity::Low => Severity::Low,
        Severity::Info => Severity::Info,
    }
}

fn suppression<'a>(
    j: &Judged,
    comments: Option<&'a Comments>,
    config: &Config,
) -> Option<&'a Suppression> {
    let c = comments?;
    c.list.iter().find(|s| {
        let line = c.source.place(s.at.0 as usize).line;
        (j.lines.0..=j.lines.1).contains(&line)
            && s.covers(j.rule.id)
            && !s.is_over(&config.today)
            && (!config.require_reason || s.reason().is_some())
    })
}

fn about_comment(s: &Suppression, c: &Comments, was_used: bool, config: &Config) -> Vec<Finding> {
    let span = Span::new(
        Arc::clone(&c.source),
        s.at.0 as usize..(s.at.0 + s.at.1) as usize,
    );
    let path = c.source.path.clone();
    let make = |rule: &'static Rule, message: String| {
        let mut f = Finding::at(rule, span.clone(), message, "this comment");
        f.fingerprint = content_fingerprint(rule.id, &path, "", span.text(), 0);
        f
    };
    let mut out = Vec::new();
    if let Some(m) = &s.mistake {
        out.push(make(
            &rules::UNUSED,
            format!("this suppression has a mistake: {m}"),
        ));
    } else if s.is_over(&config.today) {
        let until = s.until().unwrap_or("");
        out.push(
            make(&rules::UNUSED, format!("this suppression ended on {until}"))
                .help("mend what it hides, or agree on a new date"),
        );
    } else if !(was_used || config.require_reason && s.reason().is_none()) {
        out.push(
            make(
                &rules::UNUSED,
                "this suppression suppresses nothing".to_owned(),
            )
            .help("remove the comment"),
        );
    }
    if s.reason().is_none() && config.require_reason {
        out.push(
            make(
                &rules::NO_REASON,
                "this suppression does not say why, so it does not count".to_owned(),
            )
            .help("write the reason behind the closing bracket"),
        );
    }
    out
}
