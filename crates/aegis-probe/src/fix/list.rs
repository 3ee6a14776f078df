//! Rules put into the list of rules, and taken out of it.

use std::ops::Range;

use aegis_diag::{Edit, SourceFile};
use aegis_policy::outline::{Kind, Outline};

use super::sheet::{Sheet, put};

/// Puts a rule, given as the YAML of one item at column 0, before another or at the end.
pub(super) fn insert(sheet: &Sheet<'_>, yaml: &str, before: Option<usize>) -> Option<Vec<Edit>> {
    let Some(rules) = sheet.rules() else {
        return first(sheet, yaml);
    };
    match &rules.kind {
        Kind::List { items, flow: true } if items.is_empty() => {
            let text = format!("{}{}", sheet.newline(), indented(sheet, yaml, 2));
            sheet
                .only_comment_after(rules.at.end)
                .then(|| vec![put(rules.at.clone(), text)])
        }
        Kind::List { items, flow: true } => {
            let item = in_braces(yaml)?;
            match before.and_then(|i| items.get(i)) {
                Some(next) => {
                    let start = next.at.start;
                    let gap = match sheet
                        .text
                        .get(sheet.line_start(start)..start)?
                        .trim()
                        .is_empty()
                    {
                        true => format!("{}{}", sheet.newline(), " ".repeat(sheet.column(start))),
                        false => " ".to_owned(),
                    };
                    Some(vec![put(start..start, format!("{item},{gap}"))])
                }
                None => {
                    let end = items.last()?.at.end;
                    Some(vec![put(end..end, format!(", {item}"))])
                }
            }
        }
        Kind::List { items, flow: false } => {
            let last = items.last()?;
            let column = sheet.column(sheet.dash(last)?);
            let item = indented(sheet, yaml, column);
            let nl = sheet.newline();
            let gap = match spaced(sheet, items) {
                true => nl,
                false => "",
            };
            match before.and_then(|i| items.get(i)) {
                Some(next) => {
                    let start = sheet.chunk(next)?.start;
                    Some(vec![put(start..start, format!("{item}{nl}{gap}"))])
                }
                None => {
                    let end = sheet.chunk(last)?.end;
                    Some(vec![put(end..end, format!("{nl}{gap}{item}"))])
                }
            }
        }
        Kind::Scalar { text, .. } if text.is_empty() => {
            let end = sheet.root.entry("rules")?.key_at.end + 1;
            let text = format!("{}{}", sheet.newline(), indented(sheet, yaml, 2));
            sheet
                .only_comment_after(end)
                .then(|| vec![put(end..end, text)])
        }
        _ => None,
    }
}

/// The first rules of a policy that has none.
fn first(sheet: &Sheet<'_>, yaml: &str) -> Option<Vec<Edit>> {
    if sheet.root.is_flow() || !matches!(sheet.root.kind, Kind::Map { .. }) {
        return None;
    }
    let end = sheet.text.len();
    let nl = sheet.newline();
    let gap = match sheet.text.ends_with('\n') {
        true => "",
        false => nl,
    };
    let text = format!("{gap}rules:{nl}{}{nl}", indented(sheet, yaml, 2));
    Some(vec![put(end..end, text)])
}

/// Takes a rule out, with its comments and one of the gaps around it.
pub(super) fn remove(sheet: &Sheet<'_>, rule: usize, chunks: &[Range<usize>]) -> Option<Vec<Edit>> {
    let own = chunks.get(rule)?;
    if chunks.len() == 1 {
        let rules = sheet.rules()?;
        return match rules.is_flow() {
            true => Some(vec![put(rules.at.clone(), "[]")]),
            false => {
                let key = sheet.root.entry("rules")?.key_at.end + 1;
                Some(vec![put(key..own.end, " []")])
            }
        };
    }
    let range = match chunks.get(rule + 1) {
        Some(next) => own.start..next.start,
        None => chunks.get(rule.checked_sub(1)?)?.end..own.end,
    };
    Some(vec![put(range, "")])
}

/// Whether empty lines stand between most rules.
fn spaced(sheet: &Sheet<'_>, items: &[Outline]) -> bool {
    let gaps = items.windows(2).filter_map(|pair| {
        let [a, b] = pair else { return None };
        let between = sheet.text.get(sheet.chunk(a)?.end..sheet.chunk(b)?.start)?;
        Some(between.matches('\n').count() > 1)
    });
    let (mut with, mut all) = (0, 0);
    for gap in gaps {
        all += 1;
        with += usize::from(gap);
    }
    with * 2 > all
}

/// The lines of an item, moved to a column; no line ending at the end.
fn indented(sheet: &Sheet<'_>, yaml: &str, column: usize) -> String {
    let lines: Vec<String> = yaml
        .trim_end()
        .lines()
        .map(|line| match line.is_empty() {
            true => String::new(),
            false => format!("{}{line}", " ".repeat(column)),
        })
        .collect();
    lines.join(sheet.newline())
}

/// An item of a block list as one in braces, on one line.
fn in_braces(yaml: &str) -> Option<String> {
    let file = SourceFile::new("rule", yaml, None);
    let sheet = Sheet::new(&file)?;
    let item = sheet.root.items().first()?;
    braces(&sheet, item)
}

fn braces(sheet: &Sheet<'_>, part: &Outline) -> Option<String> {
    match &part.kind {
        Kind::Map {
            entries,
            flow: false,
        } => {
            let entries: Option<Vec<String>> = entries
                .iter()
                .map(|e| {
                    let key = sheet.text.get(e.key_at.clone())?;
                    Some(format!("{key}: {}", braces(sheet, &e.value)?))
                })
                .collect();
            Some(format!("{{{}}}", entries?.join(", ")))
        }
        Kind::List { items, flow: false } => {
            let items: Option<Vec<String>> = items.iter().map(|i| braces(sheet, i)).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Kind::Scalar { text, plain: true }
            if text.contains([',', '[', ']', '{', '}', '#', ':']) =>
        {
            Some(super::sheet::quoted(text))
        }
        _ => Some(sheet.text.get(part.at.clone())?.to_owned()),
    }
}
