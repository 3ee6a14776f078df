//! Texts inside URLs, and base64.

/// A text as part of a path or a query: everything but unreserved characters is written in
/// hexadecimal, so it can neither end its part nor begin another one.
pub(crate) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            byte => {
                let digits = b"0123456789ABCDEF";
                out.push('%');
                for digit in [byte >> 4, byte & 15] {
                    out.extend(digits.get(usize::from(digit)).copied().map(char::from));
                }
            }
        }
    }
    out
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 of RFC 4648 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = [0_u8; 3];
        for (to, from) in group.iter_mut().zip(chunk) {
            *to = *from;
        }
        let bits = group
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) & 63;
            let letter = usize::try_from(index)
                .ok()
                .and_then(|index| LETTERS.get(index));
            let used = place <= chunk.len();
            out.push(
                letter
                    .filter(|_| used)
                    .map_or('=', |letter| char::from(*letter)),
            );
        }
    }
    out
}

/// Reads base64 and skips whatever is none, as mail asks for.
pub(crate) fn from_base64(text: &[u8]) -> Vec<u8> {
    let (mut out, mut bits, mut count) = (Vec::new(), 0_u32, 0_u32);
    for byte in text.iter().take_while(|byte| **byte != b'=') {
        let Some(value) = LETTERS.iter().position(|letter| letter == byte) else {
            continue;
        };
        bits = bits << 6 | u32::try_from(value).unwrap_or(0);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.extend(u8::try_from((bits >> count) & 255));
            bits &= (1 << count) - 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_its_part() {
        assert_eq!(
            percent("../a b/?&#%\n€"),
            "..%2Fa%20b%2F%3F%26%23%25%0A%E2%82%AC"
        );
        assert_eq!(percent("Az09-._~"), "Az09-._~");
    }

    #[test]
    fn base64_as_the_rfc_has_it() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
            assert_eq!(from_base64(coded.as_bytes()), plain.as_bytes());
        }
        assert_eq!(from_base64(b"Zm9v\r\nYmFy"), b"foobar");
    }
}
