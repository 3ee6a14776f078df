//! Numbers that stand for all numbers, as far as a set of bounds can tell them apart.

use std::cmp::Ordering;

use aegis_policy::value::Number;

/// Exponents so large that the engine does not compare them.
const ABSURD: &str = "e9999999999999999999999999999999999";

/// One number for each bound, for each gap between two of them, and for either end, and the
/// numbers that cannot be compared. Simple numbers come first. The flag is false if a gap may be
/// without one.
pub(super) fn stand_ins(bounds: &[Number]) -> (Vec<Number>, bool) {
    let mut sorted: Vec<&Number> = bounds
        .iter()
        .filter(|n| n.compare(&Number::from(0_i64)).is_some())
        .collect();
    let mut all = true;
    for (i, a) in sorted.iter().enumerate() {
        all &= sorted.iter().skip(i + 1).all(|b| a.compare(b).is_some());
    }
    sorted.sort_by(|a, b| a.compare(b).unwrap_or(Ordering::Equal));
    sorted.dedup_by(|a, b| a.compare(b) == Some(Ordering::Equal));
    let mut out: Vec<Number> = Vec::new();
    let finite: Vec<&Number> = sorted.iter().copied().filter(|n| n.is_finite()).collect();
    match (finite.first(), finite.last()) {
        (Some(first), Some(last)) => {
            out.extend(above(last));
            out.extend(finite.iter().map(|n| (*n).clone()));
            for pair in finite.windows(2) {
                if let [a, b] = pair {
                    let inside = between(a, b);
                    all &= inside.is_some();
                    out.extend(inside);
                }
            }
            out.extend(below(first));
        }
        _ => out.push(Number::from(5_i64)),
    }
    for text in ["0", "-1", "1", "NaN", "Infinity", "-Infinity"] {
        out.extend(Number::parse(text));
    }
    out.extend(Number::parse(&format!("1{ABSURD}")));
    out.extend(Number::parse(&format!("-1{ABSURD}")));
    (out, all)
}

fn is(a: &Number, order: Ordering, b: &Number) -> bool {
    a.compare(b) == Some(order)
}

fn above(a: &Number) -> Option<Number> {
    let near = value(a).map(|x| Number::from((x.floor() + 1.0).clamp(-9e15, 9e15)));
    let near = near
        .and_then(|n| whole(&n))
        .filter(|n| is(n, Ordering::Greater, a));
    near.or_else(|| shifted(a, true))
        .filter(|n| is(n, Ordering::Greater, a))
}

fn below(a: &Number) -> Option<Number> {
    let near = value(a).map(|x| Number::from((x.ceil() - 1.0).clamp(-9e15, 9e15)));
    let near = near
        .and_then(|n| whole(&n))
        .filter(|n| is(n, Ordering::Less, a));
    near.or_else(|| shifted(a, false))
        .filter(|n| is(n, Ordering::Less, a))
}

fn value(a: &Number) -> Option<f64> {
    a.text().parse::<f64>().ok().filter(|x| x.abs() < 9e15)
}

/// The number without `.0`.
fn whole(a: &Number) -> Option<Number> {
    Number::parse(a.text().strip_suffix(".0").unwrap_or(a.text()))
}

/// A number beyond, made by writing a digit in front of or changing the sign: `12` becomes `912`.
fn shifted(a: &Number, up: bool) -> Option<Number> {
    let text = a.text();
    let digits = text.trim_start_matches('-');
    let negative = digits.len() != text.len();
    match (negative, up) {
        (false, true) => Number::parse(&format!("9{digits}")),
        (true, false) => Number::parse(&format!("-9{digits}")),
        (true, true) => Number::parse("0"),
        (false, false) => Number::parse("-1"),
    }
    .or_else(|| Number::parse(&format!("9{}", digits.trim_start_matches('0'))))
}

/// A number strictly between two.
fn between(a: &Number, b: &Number) -> Option<Number> {
    let inside = |n: &Number| is(a, Ordering::Less, n) && is(n, Ordering::Less, b);
    if let (Some(x), Some(y)) = (value(a), value(b)) {
        for middle in [x.floor() + 1.0, y.ceil() - 1.0, (x + y) / 2.0] {
            let n = whole(&Number::from(middle)).filter(inside);
            if n.is_some() {
                return n;
            }
        }
    }
    let zero = Number::from(0_i64);
    if inside(&zero) {
        return Some(zero);
    }
    // The one nearer to zero, with a digit more at its end.
    let nearer = if a.text().starts_with('-') { b } else { a };
    let text = nearer.text();
    if text.contains(['e', 'E']) {
        return Number::parse(&(value(a)? / 2.0 + value(b)? / 2.0).to_string()).filter(inside);
    }
    let point = if text.contains('.') { "" } else { "." };
    (0..60).find_map(|zeros| {
        let zeros = "0".repeat(zeros);
        Number::parse(&format!("{text}{point}{zeros}5")).filter(inside)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_has_a_number() {
        let bounds = [
            "0",
            "-0",
            "1",
            "2",
            "1.5",
            "100",
            "-3",
            "-2.999999999999999999999",
            "1e309",
            "9007199254740993",
            "9007199254740992",
            "0.1",
            "0.10000000000000000000000001",
            "-1e400",
        ];
        for i in 0..bounds.len() {
            for j in 0..bounds.len() {
                for k in 0..bounds.len() {
                    let set = [bounds[i], bounds[j], bounds[k]];
                    let set: Vec<Number> = set.iter().filter_map(|t| Number::parse(t)).collect();
                    let (found, _) = stand_ins(&set);
                    let mut sorted: Vec<&Number> = set.iter().collect();
                    sorted.sort_by(|a, b| a.compare(b).expect("comparable"));
                    let (first, last) = (sorted[0], sorted[2]);
                    assert!(
                        found.iter().any(|n| is(n, Ordering::Less, first)),
                        "{set:?}"
                    );
                    assert!(
                        found
                            .iter()
                            .any(|n| n.is_finite() && is(n, Ordering::Greater, last))
                    );
                    for pair in sorted.windows(2) {
                        let (a, b) = (pair[0], pair[1]);
                        let inside =
                            |n: &Number| is(a, Ordering::Less, n) && is(n, Ordering::Less, b);
                        assert!(
                            is(a, Ordering::Equal, b) || found.iter().any(inside),
                            "{a} {b}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn simple_numbers_come_first() {
        let bounds = [Number::from(100_i64), Number::from(1000_i64)];
        let (found, all) = stand_ins(&bounds);
        let texts: Vec<&str> = found.iter().map(Number::text).take(5).collect();
        assert_eq!(texts, ["1001", "100", "1000", "101", "99"]);
        assert!(all);
    }
}
