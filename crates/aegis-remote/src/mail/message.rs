//! Writing the question, and reading of an answer who wrote it and what.

use aegis_runtime::approval::Request;

use crate::encode::{base64, from_base64};
use crate::people::People;

/// Parts inside parts deeper than this are not read.
const DEEPEST: usize = 4;

/// Whether a text is an address that needs no quoting anywhere.
pub(crate) fn is_address(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b);
    match text.split_once('@') {
        Some((name, domain)) => {
            !name.is_empty()
                && !domain.is_empty()
                && name.bytes().all(plain)
                && domain
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        }
        None => false,
    }
}

/// The mail that asks.
pub(crate) fn question(request: &Request, from: &str, to: &People) -> String {
    let people: Vec<&str> = to.iter().collect();
    let text = format!(
        "An agent asks for approval.\n\n{request}\n\nAnswer this mail with that line alone; leave the \
         subject as it is.\n"
    );
    let body = base64(text.as_bytes());
    let lines: Vec<&[u8]> = body.as_bytes().chunks(76).collect();
    let lines: Vec<_> = lines.into_iter().map(String::from_utf8_lossy).collect();
    let (code, id) = (request.code(), request.id());
    let domain = from.rsplit('@').next().unwrap_or("localhost");
    let date = date(&request.asked().to_string());
    format!(
        "From: <{from}>\r\nTo: {}\r\nSubject: [aegis {code}] approval needed\r\n\
         Message-ID: <{id}@{domain}>\r\nDate: {date}\r\nAuto-Submitted: auto-generated\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}",
        people
            .iter()
            .map(|person| format!("<{person}>"))
            .collect::<Vec<_>>()
            .join(",\r\n "),
        lines.join("\r\n"),
    )
}

/// `2026-11-30T12:00:00Z` as mail writes it.
fn date(rfc3339: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let piece = |from: usize, to: usize| rfc3339.get(from..to).unwrap_or_default();
    let month = piece(5, 7).parse::<usize>().unwrap_or(1).saturating_sub(1);
    let month = MONTHS.get(month).copied().unwrap_or("Jan");
    format!(
        "{} {month} {} {} +0000",
        piece(8, 10),
        piece(0, 4),
        piece(11, 19)
    )
}

/// The values of a header, unfolded, the topmost first.
fn values(header: &str, name: &str) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for line in header.lines() {
        match (line.starts_with([' ', '\t']), fields.last_mut()) {
            (true, Some(field)) => field.push_str(line),
            _ => fields.push(line.to_owned()),
        }
    }
    let value = |field: &String| {
        let (key, value) = field.split_once(':')?;
        key.trim_end()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    };
    fields.iter().filter_map(value).collect()
}

/// The address of the sender in lower case, if the mailbox's own server says that the sender's
/// domain vouches for it.
pub(crate) fn sender(header: &str, authority: &str) -> Option<String> {
    let from = values(header, "from");
    let [from] = from.as_slice() else {
        return None;
    };
    let from = bare(from)?;
    let address = match from.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>')?,
        None => &from,
    };
    let address = address.trim().to_lowercase();
    if !is_address(&address) {
        return None;
    }
    let domain = address.rsplit('@').next()?;
    // The server puts its own field on top and removes others that bear its name.
    let results = values(header, "authentication-results")
        .into_iter()
        .next()?;
    let results = bare(&results)?.to_lowercase();
    let mut results = results.split(';').map(str::trim);
    if results.next()?.split_whitespace().next()? != authority {
        return None;
    }
    let mut dmarc = results.filter(|result| result.starts_with("dmarc="));
    let (result, more) = (dmarc.next()?, dmarc.next());
    let mut words = result.split_whitespace();
    let passed = words.next() == Some("dmarc=pass") && more.is_none();
    let mut about = words.filter_map(|word| word.strip_prefix("header.from="));
    (passed && about.all(|about| about == domain)).then_some(address)
}

/// A header value without comments and quoted strings; `None` if one of them has no end.
fn bare(value: &str) -> Option<String> {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0_u32, false, false);
    for c in value.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted || depth > 0 => escaped = true,
            '"' if depth == 0 => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            c => out.push(c),
        }
    }
    (depth == 0 && !quoted).then(|| out.trim().to_owned())
}

/// Whether a program wrote it, such as one that says that somebody is on holiday.
pub(crate) fn is_automatic(header: &str) -> bool {
    values(header, "auto-submitted")
        .iter()
        .any(|value| !value.eq_ignore_ascii_case("no"))
}

/// All plain text of a mail; `None` if there is none.
pub(crate) fn plain_text(header: &str, body: &[u8]) -> Option<String> {
    let mut texts = Vec::new();
    gather(header, body, 0, &mut texts);
    (!texts.is_empty()).then(|| texts.join("\n"))
}

fn gather(header: &str, body: &[u8], depth: usize, texts: &mut Vec<String>) {
    let first = |name| values(header, name).into_iter().next().unwrap_or_default();
    let (kind, disposition) = (first("content-type"), first("content-disposition"));
    let lower = kind.to_lowercase();
    if depth > DEEPEST || disposition.to_lowercase().starts_with("attachment") {
        return;
    }
    if lower.starts_with("multipart/") {
        for part in boundary(&kind).map(|b| parts(body, &b)).unwrap_or_default() {
            let (header, body) = split(&part);
            gather(&String::from_utf8_lossy(header), body, depth + 1, texts);
        }
    } else if lower.is_empty() || lower.starts_with("text/plain") {
        let body = match first("content-transfer-encoding").to_lowercase().as_str() {
            "base64" => from_base64(body),
            "quoted-printable" => quoted_printable(body),
            _ => body.to_vec(),
        };
        texts.push(String::from_utf8_lossy(&body).into_owned());
    }
}

fn boundary(kind: &str) -> Option<String> {
    let lower = kind.to_lowercase();
    let at = lower.find("boundary=")?;
    let value = kind.get(at + "boundary=".len()..)?;
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => value.split([';', ' ', '\t']).next()?,
    };
    (!value.is_empty()).then(|| value.to_owned())
}

/// The parts between the boundary lines.
fn parts(body: &[u8], boundary: &str) -> Vec<Vec<u8>> {
    let (open, close) = (format!("--{boundary}"), format!("--{boundary}--"));
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut inside = false;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.trim_ascii_end();
        if bare == close.as_bytes() {
            break;
        }
        if bare == open.as_bytes() {
            inside = true;
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut().filter(|_| inside) {
            part.extend_from_slice(line);
        }
    }
    parts
}

/// Header and body of a part.
fn split(part: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in part.split_inclusive(|byte| *byte == b'\n') {
        let next = at + line.len();
        if line.trim_ascii().is_empty() {
            return (
                part.get(..at).unwrap_or_default(),
                part.get(next..).unwrap_or_default(),
            );
        }
        at = next;
    }
    (part, &[])
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut bytes = body.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'=' {
            out.push(byte);
            continue;
        }
        let digit = |byte: u8| {
            char::from(byte)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        match bytes.next() {
            Some(b'\n') => {}
            Some(b'\r') => {
                bytes.next_if_eq(&b'\n');
            }
            Some(high) => match (digit(high), bytes.peek().copied().and_then(digit)) {
                (Some(high), Some(low)) => {
                    bytes.next();
                    out.push(high * 16 + low);
                }
                _ => out.extend([b'=', high]),
            },
            None => out.push(b'='),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOP: &str = "Authentication-Results: mx.example.org;\r\n spf=pass; dmarc=pass\r\n header.from=example.com\r\n";

    fn from(from: &str) -> Option<String> {
        sender(
            &format!("{TOP}From: {from}\r\nSubject: x\r\n"),
            "mx.example.org",
        )
    }

    #[test]
    fn a_sender_is_one_address() {
        let anna = Some("anna@example.com".to_owned());
        for text in [
            "anna@example.com",
            "Anna <Anna@Example.com>",
            "\"A, <x@y>\" (z) <anna@example.com>",
        ] {
            assert_eq!(from(text), anna, "{text}");
        }
        for text in [
            "anna@example.com, eve@example.com",
            "<anna@example.com> <eve@example.com>",
            "",
            "anna@example.com <eve>",
            "eve@evil.example",
            "\"anna@example.com",
            "anna @example.com",
        ] {
            assert_eq!(from(text), None, "{text}");
        }
        let twice = format!("{TOP}From: anna@example.com\r\nFrom: anna@example.com\r\n");
        assert_eq!(sender(&twice, "mx.example.org"), None);
    }

    #[test]
    fn only_the_own_server_vouches_and_only_on_top() {
        let with = |results: &str| {
            sender(
                &format!("{results}\r\nFrom: anna@example.com\r\n"),
                "mx.example.org",
            )
            .is_some()
        };
        let field = "Authentication-Results:";
        assert!(with(&format!(
            "{field} mx.example.org 1; dmarc=pass (p=none) header.from=example.com"
        )));
        for results in [
            "X: y".to_owned(),
            format!("{field} mx.example.org; dmarc=fail"),
            format!("{field} mx.example.org; spf=pass; dkim=pass"),
            format!("{field} mx.example.org; dmarc=passed"),
            format!("{field} mx.example.org; dmarc=fail (x; dmarc=pass y)"),
            format!("{field} mx.example.org; dmarc=fail reason=\"; dmarc=pass\""),
            format!("{field} mx.example.org; dmarc=pass; dmarc=fail"),
            format!("{field} mx.example.org; dmarc=pass header.from=evil.example"),
            format!("{field} evil.example; dmarc=pass"),
            format!("{field} evil.example; dmarc=fail\r\n{field} mx.example.org; dmarc=pass"),
            format!("{field} (mx.example.org; dmarc=pass"),
        ] {
            assert!(!with(&results), "{results}");
        }
    }

    #[test]
    fn all_plain_text_is_read_and_nothing_else() {
        let text = |header: &str, body: &str| plain_text(header, body.as_bytes());
        assert_eq!(text("", "a"), Some("a".into()));
        let qp = "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n";
        assert_eq!(text(qp, "a=20b=\r\nc=C3=A4=zz="), Some("a bcä=zz=".into()));
        let coded = "content-type: TEXT/plain; charset=x\r\ncontent-transfer-encoding: Base64\r\n";
        assert_eq!(text(coded, "YXBw\r\ncm92ZQ==\r\n"), Some("approve".into()));
        assert_eq!(text("Content-Type: text/html\r\n", "<b>x</b>"), None);
        let mixed = "Content-Type: multipart/mixed;\r\n boundary=\"b 1\"\r\n";
        let body = "preamble\r\n--b 1\r\n\r\nfirst\r\n--b 1\r\nContent-Type: text/html\r\n\r\nhtml\r\n\
            --b 1\r\nContent-Type: text/plain\r\n\r\nsecond\r\n--b 1\r\nContent-Type: text/plain\r\n\
            Content-Disposition: attachment\r\n\r\nfile\r\n--b 1--\r\nepilogue";
        assert_eq!(text(mixed, body), Some("first\r\n\nsecond\r\n".into()));
        assert_eq!(text("Content-Type: multipart/mixed\r\n", body), None);
    }

    #[test]
    fn addresses_and_dates() {
        for address in ["a@b.example", "a.b+c@d-e.example"] {
            assert!(is_address(address), "{address}");
        }
        for text in [
            "",
            "a",
            "@b",
            "a@",
            "a@b\r\nBcc: c@d",
            "a b@c",
            "<a@b>",
            "a@b@c",
            "ä@b",
        ] {
            assert!(!is_address(text), "{text}");
        }
        assert_eq!(date("2026-11-30T12:34:56.5Z"), "30 Nov 2026 12:34:56 +0000");
        assert!(
            is_automatic("Auto-Submitted: auto-replied\r\n")
                && !is_automatic("Auto-Submitted: no\r\n")
        );
    }
}
