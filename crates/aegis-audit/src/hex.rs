//! Lower-case hexadecimal. Upper case is refused when reading, so that bytes have one spelling.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Bytes as text.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes
        .iter()
        .flat_map(|b| [digit(b >> 4), digit(*b)])
        .collect()
}

/// Text as exactly `N` bytes.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let value = |digit: u8| DIGITS.iter().position(|d| *d == digit);
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = u8::try_from(value(high)? << 4 | value(low)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        assert_eq!(encode(&[0, 9, 10, 255]), "00090aff");
        assert_eq!(decode("00090aff"), Some([0, 9, 10, 255]));
        for bad in [
            "",
            "00090af",
            "00090AFF",
            "00090agf",
            "00090aff00",
            "0009Ã¿",
        ] {
            assert_eq!(decode::<4>(bad), None, "{bad}");
        }
    }
}
