//! Texts inside URLs.

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
}
