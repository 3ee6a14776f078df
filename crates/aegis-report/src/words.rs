//! Numbers as people read them.

use std::time::Duration;

/// `1 file`, `2 files`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `812 bytes`, `3.4 kB`, `2.1 MB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} {}", if bytes == 1 { "byte" } else { "bytes" });
    }
    let mut scale = 1000;
    let mut unit = 0;
    // One unit up as soon as the value would be printed as `1000.0`.
    while bytes >= scale * 1000 - scale / 20 && unit + 1 < UNITS.len() {
        scale *= 1000;
        unit += 1;
    }
    let tenths = (u128::from(bytes) * 10 + u128::from(scale / 2)) / u128::from(scale);
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// `48 ms`, `1.4 s`, `2 min 3 s`.
pub fn time(elapsed: Duration) -> String {
    let ms = elapsed.as_millis();
    match ms {
        0 => "under 1 ms".to_owned(),
        1..1_000 => format!("{ms} ms"),
        1_000..59_950 => format!("{}.{} s", (ms + 50) / 1000, (ms + 50) % 1000 / 100),
        _ => {
            let s = (ms + 500) / 1000;
            format!("{} min {} s", s / 60, s % 60)
        }
    }
}

/// `84.0%`, rounded down so that 100.0% means all.
pub fn percent(part: usize, whole: usize) -> String {
    let tenths = tenths_of_percent(part, whole);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// Tenths of a percent, rounded down; 0 of nothing.
pub fn tenths_of_percent(part: usize, whole: usize) -> u16 {
    let tenths = (part as u128 * 1000)
        .checked_div(whole as u128)
        .unwrap_or(0);
    u16::try_from(tenths).unwrap_or(u16::MAX)
}

/// `a, b or c`.
pub fn list(items: &[&str], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}

/// The text as a sentence: a full stop, unless it ends with a mark of its own.
pub fn sentence(s: &str) -> String {
    let s = s.trim_end();
    if s.is_empty() || s.ends_with(['.', '!', '?', ':']) {
        s.to_owned()
    } else {
        format!("{s}.")
    }
}

/// The text with its first letter in upper case.
pub fn capital(s: &str) -> String {
    let mut chars = s.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_decimal_and_never_print_a_thousand() {
        let all = [
            0,
            1,
            999,
            1000,
            999_949,
            999_950,
            2_100_000,
            280_000_000,
            1_500_000_000_000,
        ];
        let got: Vec<_> = all.into_iter().map(size).collect();
        insta::assert_snapshot!(got.join(" | "), @"0 bytes | 1 byte | 999 bytes | 1.0 kB | 999.9 kB | 1.0 MB | 2.1 MB | 280.0 MB | 1.5 TB");
        assert!(!size(u64::MAX).is_empty());
    }

    #[test]
    fn times_grow_from_milliseconds_to_minutes() {
        let all = [0, 48, 999, 1_000, 1_449, 59_949, 59_950, 123_400];
        let got: Vec<_> = all
            .into_iter()
            .map(|ms| time(Duration::from_millis(ms)))
            .collect();
        insta::assert_snapshot!(got.join(" | "), @"under 1 ms | 48 ms | 999 ms | 1.0 s | 1.4 s | 59.9 s | 1 min 0 s | 2 min 3 s");
    }

    #[test]
    fn a_hundred_percent_means_all() {
        assert_eq!(percent(9_999, 10_000), "99.9%");
        assert_eq!(percent(21, 25), "84.0%");
        assert_eq!(percent(3, 3), "100.0%");
        assert_eq!(percent(0, 0), "0.0%");
    }

    #[test]
    fn sentences_get_one_full_stop() {
        assert_eq!(sentence("a"), "a.");
        assert_eq!(sentence("a? "), "a?");
        assert_eq!(capital("émile"), "Émile");
        assert_eq!(list(&["a", "b", "c"], "or"), "a, b or c");
    }
}
