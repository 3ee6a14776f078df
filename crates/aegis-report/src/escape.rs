//! Text of scanned files inside XML, HTML and Markdown: it is shown as it is and can be no markup.
//!
//! Messages quote names between backticks; [`prose`] and [`html_prose`] show what stands between a
//! pair of them as code. All texts are cleaned as for a terminal first.

use crate::clean;

/// Longest text shown, in characters, unless the caller cuts it shorter.
const MAX: usize = 600;
/// Shows nothing and ends what looks like a name, a reference or an address.
const BREAK: char = '\u{200b}';

/// Text for an attribute or an element of XML 1.0; what XML cannot hold becomes U+FFFD.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push(char::REPLACEMENT_CHARACTER);
            }
            c => out.push(c),
        }
    }
    out
}

/// Text for an element or a quoted attribute of HTML, on one line.
#[must_use]
pub fn html(text: &str) -> String {
    markup(&clean::short(text, MAX))
}

/// Text for an element of HTML that keeps its lines, such as `pre`.
#[must_use]
pub fn html_block(text: &str) -> String {
    markup(&clean::block(text))
}

fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A message as HTML: what stands between backticks is code.
#[must_use]
pub fn html_prose(text: &str) -> String {
    parts(&clean::short(text, MAX), markup, |code| {
        format!("<code>{}</code>", markup(code))
    })
}

/// A message for raw HTML within Markdown, such as `summary`: names and addresses do not become
/// links or mentions.
#[must_use]
pub fn summary_prose(text: &str) -> String {
    parts(
        &clean::short(text, MAX),
        |s| markup(&unlinked(s)),
        |code| format!("<code>{}</code>", markup(code)),
    )
}

/// A message as Markdown on one line: what stands between backticks is code, everything else is
/// literal.
#[must_use]
pub fn prose(text: &str) -> String {
    parts(&clean::short(text, MAX), literal, code)
}

/// A text as code in Markdown, anywhere: in a table, in a link, in a list.
#[must_use]
pub fn code(text: &str) -> String {
    let text = clean::short(text, MAX);
    let hard = |c: char| matches!(c, '`' | '|' | '\\');
    if text.is_empty() {
        return String::new();
    }
    if text.contains(hard) || text.starts_with(' ') || text.ends_with(' ') {
        // Delimiters and table cells have rules of their own inside backticks; entities have none.
        return format!("<code>{}</code>", entities(&unlinked(&text)));
    }
    format!("`{text}`")
}

/// Applies one function to what stands outside backticks and one to what stands between them. A
/// backtick without a partner is ordinary text.
fn parts(text: &str, plain: impl Fn(&str) -> String, code: impl Fn(&str) -> String) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(text);
    }
    let shown = parts.iter().enumerate().map(|(i, part)| match i % 2 {
        0 => plain(part),
        _ => code(part),
    });
    shown.collect()
}

/// A text that Markdown takes as it is.
fn literal(text: &str) -> String {
    entities(&unlinked(text))
}

/// Every ASCII punctuation that can mean something in Markdown or HTML as an entity: those are
/// text to every parser, in every context.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, c) in text.char_indices() {
        let before = text.get(..i).unwrap_or("");
        let after = text.get(i + c.len_utf8()..).unwrap_or("");
        let inside = |s: Option<char>| s.is_some_and(char::is_alphanumeric);
        // Between letters an underscore is one.
        let special = match c {
            '_' => !inside(before.chars().next_back()) || !inside(after.chars().next()),
            _ => "&<>`|*[]\\~#!$^".contains(c),
        };
        let opens = i == 0 && "+-=:".contains(c);
        let numbers = ".)".contains(c)
            && !after.starts_with(|c: char| !c.is_whitespace())
            && i > 0
            && before.bytes().all(|b| b.is_ascii_digit());
        if special || opens || numbers {
            out += &format!("&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Breaks what GitHub and GitLab would make a mention, a reference or a link.
fn unlinked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, c) in text.char_indices() {
        let rest = text.get(i..).unwrap_or("");
        out.push(c);
        let breaks = match c {
            '@' | '#' => true,
            ':' => rest.starts_with("://"),
            'w' | 'W' => rest
                .get(..4)
                .is_some_and(|s| s.eq_ignore_ascii_case("www.")),
            '!' | '%' | '~' | '&' | '$' => rest.chars().nth(1).is_some_and(char::is_alphanumeric),
            _ => false,
        };
        if breaks {
            out.push(BREAK);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;

    /// What attackers write into names, strings and paths.
    const HOSTILE: [&str; 16] = [
        "<img src=x onerror=alert(1)>",
        "</td></tr></table><script>alert(1)</script>",
        "[click](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "a``b` <b>c</b> `` d",
        "`a\\` | `<b>`",
        "x \\| y | z",
        "@octocat fixes #1 and https://evil.example www.evil.example",
        "<!-- aegis:report -->",
        "# heading\n\n- list\n> quote",
        "1. one",
        "- [ ] task",
        "***bold*** __x__ ~~y~~ $x$",
        "&lt;b&gt; &#60;",
        "\u{202e}\u{1b}[31m\r\n\t",
        "</details></summary>",
    ];

    fn events(markdown: &str) -> Vec<Event<'_>> {
        let options = Options::all() - Options::ENABLE_SMART_PUNCTUATION;
        Parser::new_ext(markdown, options).collect()
    }

    /// What of a text a reader of Markdown sees, and whether there was anything but text and code.
    fn seen(markdown: &str) -> (String, bool) {
        let mut text = String::new();
        let mut markup = false;
        for event in events(markdown) {
            match event {
                Event::Text(t) | Event::Code(t) => text += &t,
                Event::Start(Tag::Paragraph) | Event::End(_) => {}
                Event::InlineHtml(tag) if ["<code>", "</code>"].contains(&&*tag) => {}
                _ => markup = true,
            }
        }
        (text, markup)
    }

    #[test]
    fn hostile_text_is_only_text_in_markdown() {
        for text in HOSTILE {
            let want = clean::line(text);
            for shown in [prose(text), code(text)] {
                let (got, markup) = seen(&format!("x {shown}"));
                let got = got.replace(BREAK, "");
                let bare = |s: &str| s.replace('`', "");
                assert!(!markup, "{text:?} became {shown:?}");
                assert_eq!(
                    bare(&got).trim_end(),
                    bare(&format!("x {want}")).trim_end(),
                    "{shown}"
                );
            }
        }
    }

    #[test]
    fn hostile_text_stays_in_its_cell() {
        for text in HOSTILE {
            let table = format!(
                "| a | b |\n|---|---|\n| {} | {} |\n",
                prose(text),
                code(text)
            );
            let cells = events(&table)
                .iter()
                .filter(|e| matches!(e, Event::Start(Tag::TableCell)))
                .count();
            let rest = events(&table).iter().any(|e| {
                matches!(
                    e,
                    Event::Html(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. })
                )
            });
            assert!(cells == 4 && !rest, "{table}");
        }
    }

    #[test]
    fn hostile_text_is_only_text_in_html() {
        for text in HOSTILE {
            for shown in [
                html(text),
                html_block(text),
                html_prose(text),
                summary_prose(text),
            ] {
                let bare = shown.replace("<code>", "").replace("</code>", "");
                assert!(
                    !bare.contains(['<', '>', '"', '\'']),
                    "{text:?} became {shown:?}"
                );
            }
        }
    }

    #[test]
    fn nothing_becomes_a_mention_a_reference_or_a_link() {
        let shown =
            prose("@octocat #12 https://evil.example WWW.evil.example !3 user@host.example");
        insta::assert_snapshot!(shown.replace(BREAK, "ZWSP"), @"@ZWSPoctocat &#35;ZWSP12 https:ZWSP//evil.example WZWSPWW.evil.example &#33;ZWSP3 user@ZWSPhost.example");
    }

    #[test]
    fn plain_words_are_left_alone() {
        assert_eq!(
            prose("`ask` (openai) is ungoverned: see src/a.py:3"),
            "`ask` (openai) is ungoverned: see src/a.py:3"
        );
        assert_eq!(html_prose("a `b<c` d"), "a <code>b&lt;c</code> d");
        assert_eq!(prose("a ` b"), "a &#96; b");
        assert_eq!(code(""), "");
    }

    #[test]
    fn nothing_in_a_name_is_xml() {
        assert_eq!(xml("a<b>&\"\u{1b}\n"), "a&lt;b&gt;&amp;&quot;\u{fffd}&#10;");
    }
}
