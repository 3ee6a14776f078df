//! Encodings by the names Python has for them.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, X_USER_DEFINED};

/// How the bytes of a file become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Utf8,
    Ascii,
    /// ISO 8859-1 itself, which the web takes for windows-1252.
    Latin1,
    Other(&'static Encoding),
}

/// The encoding of this name, as in an encoding declaration.
pub(super) fn codec(name: &str) -> Option<Codec> {
    let name = name.to_ascii_lowercase().replace('_', "-");
    let name = ["-unix", "-dos", "-mac"]
        .iter()
        .find_map(|s| name.strip_suffix(s))
        .unwrap_or(&name);
    match name {
        "utf-8" | "utf8" | "u8" | "utf" | "utf8-sig" | "utf8-ucs2" | "utf8-ucs4" | "cp65001" => {
            return Some(Codec::Utf8);
        }
        "ascii" | "us-ascii" | "646" | "ansi-x3.4-1968" | "ansi-x3.4-1986" | "iso646-us"
        | "iso-646.irv-1991" | "us" | "cp367" | "ibm367" => return Some(Codec::Ascii),
        "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "iso88591"
        | "iso8859" | "8859" | "cp819" | "ibm819" | "iso-latin-1" | "iso-ir-100" => {
            return Some(Codec::Latin1);
        }
        _ => {}
    }
    if name.starts_with("utf-8-") {
        return Some(Codec::Utf8);
    }
    if ["latin-1-", "iso-8859-1-", "iso-latin-1-"]
        .iter()
        .any(|p| name.starts_with(p))
    {
        return Some(Codec::Latin1);
    }
    let label = label(name);
    let found = Encoding::for_label_no_replacement(label.as_bytes())?;
    // None of these can hold the ASCII text of the declaration that names it.
    let wide = [UTF_8, UTF_16LE, UTF_16BE, X_USER_DEFINED].contains(&found);
    (!wide).then_some(Codec::Other(found))
}

/// The name the Encoding Standard has for one of Python's.
fn label(name: &str) -> String {
    let known = match name {
        "mac-roman" | "macroman" => "macintosh",
        "mac-cyrillic" | "maccyrillic" => "x-mac-cyrillic",
        "cp932" | "932" | "ms932" | "mskanji" | "ms-kanji" | "shiftjis" | "shift-jis" | "s-jis"
        | "sjis" => "shift_jis",
        "cp936" | "936" | "ms936" | "gb2312" | "euccn" | "euc-cn" | "chinese" => "gbk",
        "gb18030-2000" => "gb18030",
        "cp949" | "949" | "ms949" | "uhc" | "euckr" | "ks-c-5601" | "ks-x-1001" => "euc-kr",
        "cp950" | "950" | "ms950" | "big5-tw" | "big5hkscs" => "big5",
        "eucjp" | "ujis" | "u-jis" => "euc-jp",
        "iso2022-jp" | "iso2022jp" => "iso-2022-jp",
        "cp874" | "tis620" | "thai" => "windows-874",
        "latin9" | "latin-9" => "iso-8859-15",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    numbered(name).unwrap_or_else(|| name.to_owned())
}

/// Names with a number: `cp1252`, `1252`, `latin-2`, `l2`, `iso8859-15`.
fn numbered(name: &str) -> Option<String> {
    let digits = |prefix: &str| {
        let rest = name.strip_prefix(prefix)?;
        rest.parse::<u16>().ok().filter(|_| !rest.starts_with('0'))
    };
    if let Some(page @ 1250..=1258) = digits("cp").or_else(|| digits("windows")).or(digits("")) {
        return Some(format!("windows-{page}"));
    }
    if let Some(page @ 866) = digits("cp").or(digits("")) {
        return Some(format!("ibm{page}"));
    }
    if let Some(part) = digits("iso8859-").or_else(|| digits("iso-8859-")) {
        return Some(format!("iso-8859-{part}"));
    }
    let latin = digits("latin-")
        .or_else(|| digits("latin"))
        .or_else(|| digits("l"))?;
    let part = match latin {
        2..=4 => latin,
        5 => 9,
        6 => 10,
        7 => 13,
        8 => 14,
        9 => 15,
        10 => 16,
        _ => return None,
    };
    Some(format!("iso-8859-{part}"))
}
