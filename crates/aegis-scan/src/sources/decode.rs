//! Bytes to text: byte order marks, encoding declarations (PEP 263), and what cannot be decoded.

use aegis_diag::SkipReason;
use encoding_rs::{DecoderResult, Encoding, UTF_16BE, UTF_16LE};
use memchr::{memchr, memchr_iter, memchr2, memmem};

use super::encodings::{Codec, codec};

/// The text of a Python file.
pub(super) fn python(raw: Vec<u8>) -> Result<String, SkipReason> {
    if has_mark(&raw) {
        return unicode(raw);
    }
    no_nul(&raw)?;
    let Some(name) = cookie(&raw) else {
        return utf8(raw, "; no encoding declared");
    };
    match codec(name) {
        None => Err(SkipReason::Encoding(format!("unknown encoding `{name}`"))),
        Some(Codec::Utf8) => utf8(raw, ""),
        Some(Codec::Latin1) => Ok(encoding_rs::mem::decode_latin1(&raw).into_owned()),
        Some(Codec::Ascii) => match raw.iter().position(|b| !b.is_ascii()) {
            Some(at) => Err(invalid("ascii", &raw, at, "")),
            None => utf8(raw, ""),
        },
        Some(Codec::Other(encoding)) => decode(encoding, &raw),
    }
}

/// The text of a file that is UTF-8, or UTF-16 with a byte order mark; marks are taken off.
pub(super) fn unicode(mut raw: Vec<u8>) -> Result<String, SkipReason> {
    if raw.starts_with(b"\xef\xbb\xbf") {
        raw.drain(..3);
    }
    let encoding = match raw.get(..2) {
        Some([0xff, 0xfe]) => UTF_16LE,
        Some([0xfe, 0xff]) => UTF_16BE,
        _ => {
            no_nul(&raw)?;
            return utf8(raw, "");
        }
    };
    let text = decode(encoding, raw.get(2..).unwrap_or_default())?;
    no_nul(text.as_bytes())?;
    Ok(text)
}

fn has_mark(raw: &[u8]) -> bool {
    [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"]
        .iter()
        .any(|m| raw.starts_with(m))
}

fn utf8(raw: Vec<u8>, hint: &str) -> Result<String, SkipReason> {
    String::from_utf8(raw)
        .map_err(|e| invalid("utf-8", e.as_bytes(), e.utf8_error().valid_up_to(), hint))
}

fn decode(encoding: &'static Encoding, raw: &[u8]) -> Result<String, SkipReason> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(raw.len());
    let mut text = String::with_capacity(room.unwrap_or(0));
    let (result, _) = decoder.decode_to_string_without_replacement(raw, &mut text, true);
    match result {
        DecoderResult::InputEmpty => Ok(text),
        _ => {
            let name = encoding.name().to_ascii_lowercase();
            let line = line_of(text.as_bytes(), text.len());
            Err(SkipReason::Encoding(format!(
                "invalid {name} at line {line}"
            )))
        }
    }
}

fn no_nul(raw: &[u8]) -> Result<(), SkipReason> {
    let Some(at) = memchr(0, raw) else {
        return Ok(());
    };
    Err(SkipReason::Encoding(format!(
        "has a NUL byte on line {}",
        line_of(raw, at)
    )))
}

fn invalid(name: &str, raw: &[u8], at: usize, hint: &str) -> SkipReason {
    SkipReason::Encoding(format!("invalid {name} at line {}{hint}", line_of(raw, at)))
}

/// The 1-based line of a byte; `\n`, `\r\n` and a lone `\r` end a line.
fn line_of(raw: &[u8], at: usize) -> usize {
    let before = raw.get(..at).unwrap_or(raw);
    let lone = memchr_iter(b'\r', before)
        .filter(|&i| raw.get(i + 1) != Some(&b'\n'))
        .count();
    memchr_iter(b'\n', before).count() + lone + 1
}

/// The encoding that a comment on one of the first two lines declares. The second line counts only
/// if the first holds nothing but a comment.
fn cookie(raw: &[u8]) -> Option<&str> {
    let mut rest = raw;
    for _ in 0..2 {
        let text = unindented(rest);
        match text.first() {
            None | Some(b'#' | b'\r' | b'\n') => {}
            _ => return None,
        }
        let end = memchr2(b'\r', b'\n', text).unwrap_or(text.len());
        let (line, after) = text.split_at(end);
        if let Some(name) = declared(line) {
            return Some(name);
        }
        rest = after
            .strip_prefix(b"\r\n")
            .or(after.get(1..))
            .unwrap_or_default();
    }
    None
}

/// The name after `coding:` or `coding=` in a comment.
fn declared(comment: &[u8]) -> Option<&str> {
    memmem::find_iter(comment, "coding").find_map(|at| {
        let rest = comment.get(at + 6..)?;
        let rest = rest
            .strip_prefix(b":")
            .or_else(|| rest.strip_prefix(b"="))?;
        let start = rest.iter().position(|b| !matches!(b, b' ' | b'\t'))?;
        let rest = rest.get(start..)?;
        let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let end = rest.iter().position(|b| !word(b)).unwrap_or(rest.len());
        let name = rest.get(..end).filter(|n| !n.is_empty())?;
        std::str::from_utf8(name).ok()
    })
}

/// Without the blanks at its start; line ends stay.
fn unindented(raw: &[u8]) -> &[u8] {
    let start = raw
        .iter()
        .position(|b| !matches!(b, b' ' | b'\t' | b'\x0c'));
    raw.get(start.unwrap_or(raw.len())..).unwrap_or_default()
}
