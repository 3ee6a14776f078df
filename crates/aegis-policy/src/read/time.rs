//! Times of day, weekdays and moments.

use crate::clock::Moment;
use crate::plain::{Plain, classify};
use crate::problem::{Problem, shown};
use crate::tree::{Node, Style, View};

use super::{Reader, Slot};

impl Reader<'_> {
    /// `"HH:MM"` or `"HH:MM:SS"`, in quotes -> seconds since midnight.
    pub(super) fn time(&mut self, slot: Slot<'_>) -> Option<u32> {
        let (text, style) = match slot.node.view() {
            View::Scalar(text, style) => (text, style),
            _ => {
                self.wrong_type(slot, slot.node);
                return None;
            }
        };
        let meant = meant_time(text);
        let (code, message) = match (style, seconds(text)) {
            (Style::Text, Some(Ok(seconds))) => return Some(seconds),
            (Style::Plain, _) if meant.is_some() => {
                let number = match classify(text) {
                    Plain::Ambiguous {
                        spelling: Some(n), ..
                    } => format!("the number {n}"),
                    Plain::Number => "a number".into(),
                    _ => "something else".into(),
                };
                let message = format!(
                    "the time `{}` must be quoted: some readers of YAML take it for {number}",
                    shown(text)
                );
                ("unquoted-time", message)
            }
            (_, Some(Err(why))) => (
                "bad-time",
                format!("`{}` is no time of day: {why}", shown(text)),
            ),
            _ => ("bad-time", format!("`{}` is not a time", shown(text))),
        };
        let mut problem = self
            .error(code, slot.node, message)
            .label("expected a time from \"00:00\" to \"23:59:59\"");
        if let Some(time) = meant {
            problem = problem.help(format!("write \"{time}\""));
        } else if text.starts_with("24:") {
            problem = problem.help(match slot.key.name {
                "time_before" => "leave `time_before` out: the window then ends at midnight",
                _ => "write \"00:00\"",
            });
        } else {
            problem =
                problem.help("two digits for the hour and two for the minute, such as \"09:30\"");
        }
        self.push(problem);
        None
    }

    pub(super) fn weekdays(&mut self, slot: Slot<'_>) -> Option<u8> {
        let View::List(list) = slot.node.view() else {
            self.wrong_type(slot, slot.node);
            return None;
        };
        if list.is_empty() {
            self.empty_list(slot, slot.node);
            return None;
        }
        let mut days = 0;
        let mut all = true;
        for item in list.iter() {
            match self.weekday(item) {
                Some(bit) if days & bit != 0 => {
                    let at = self.span(item.at());
                    let message = format!("weekday {} is listed twice", shown(at.text()));
                    self.push(Problem::warning("repeated-weekday", at, message));
                }
                Some(bit) => days |= bit,
                None => all = false,
            }
        }
        all.then_some(days)
    }

    fn weekday(&mut self, node: Node<'_>) -> Option<u8> {
        let text = match node.view() {
            View::Scalar(text, Style::Plain) => text,
            View::Refused => return None,
            _ => node.text().unwrap_or_default(),
        };
        let plain = matches!(node.view(), View::Scalar(_, Style::Plain));
        if let ("1" | "2" | "3" | "4" | "5" | "6" | "7", true) = (text, plain) {
            let n: u32 = text.parse().ok()?;
            return Some(1 << (n - 1));
        }
        let message = match node.view() {
            View::Scalar(_, Style::Text)
                if meant_weekday(text).is_some_and(|n| text == n.to_string()) =>
            {
                format!("a weekday is a number, and \"{text}\" in quotes is a text")
            }
            View::Scalar(..) => format!("`{}` is not a weekday", shown(text)),
            _ => format!("a weekday is a number, and this is {}", super::kind(node)),
        };
        let problem = self
            .error("bad-weekday", node, message)
            .label("expected a number from 1 for Monday to 7 for Sunday");
        self.push(match meant_weekday(text) {
            Some(n) => problem.help(format!("write `{n}`")),
            None => problem,
        });
        None
    }

    pub(super) fn moment(&mut self, slot: Slot<'_>) -> Option<Moment> {
        let text = self.text(slot, slot.node)?;
        match Moment::parse(text) {
            Some(moment) => Some(moment),
            None => {
                let message = format!("`{}` is not a moment", shown(text));
                let problem = self
                    .error("bad-moment", slot.node, message)
                    .label("expected date, time and offset as in RFC 3339")
                    .help(
                        "write it as in \"2026-03-02T23:30:00Z\" or \"2026-03-02T23:30:00+01:00\"",
                    );
                self.push(problem);
                None
            }
        }
    }
}

/// Seconds since midnight of `HH:MM` or `HH:MM:SS`; `None` if it is written otherwise, a reason if
/// there is no such time.
fn seconds(text: &str) -> Option<Result<u32, &'static str>> {
    let parts: Vec<&str> = text.split(':').collect();
    let part = |s: &&str| {
        (s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit()))
            .then(|| s.parse::<u32>().ok())
            .flatten()
    };
    let numbers: Option<Vec<u32>> = parts.iter().map(part).collect();
    let (h, m, s) = match numbers?[..] {
        [h, m] => (h, m, 0),
        [h, m, s] => (h, m, s),
        _ => return None,
    };
    Some(if h > 23 {
        Err("hours go from 00 to 23")
    } else if m > 59 {
        Err("minutes go from 00 to 59")
    } else if s > 59 {
        Err("seconds go from 00 to 59")
    } else {
        Ok(h * 3600 + m * 60 + s)
    })
}

/// The time that was meant by `9:00`, `9am`, `21.30`, `9`: in the right form.
fn meant_time(text: &str) -> Option<String> {
    let lower = text.trim().to_ascii_lowercase();
    let (digits, add) = if let Some(rest) = lower.strip_suffix("am") {
        (rest.trim(), Some(0))
    } else if let Some(rest) = lower.strip_suffix("pm") {
        (rest.trim(), Some(12))
    } else {
        (lower.as_str(), None)
    };
    let mut numbers = Vec::new();
    for part in digits.split([':', '.', 'h']).filter(|p| !p.is_empty()) {
        if part.len() > 2 || !part.bytes().all(|b| b.is_ascii_digit()) || numbers.len() == 3 {
            return None;
        }
        numbers.push(part.parse::<u32>().ok()?);
    }
    let hour = numbers.first().copied()?;
    let hour = match add {
        Some(_) if hour == 0 || hour > 12 => return None,
        Some(add) => hour % 12 + add,
        None => hour,
    };
    let minute = numbers.get(1).copied().unwrap_or(0);
    let second = numbers.get(2).copied();
    if hour > 23 || minute > 59 || second.is_some_and(|s| s > 59) {
        return None;
    }
    Some(match second {
        Some(second) => format!("{hour:02}:{minute:02}:{second:02}"),
        None => format!("{hour:02}:{minute:02}"),
    })
}

/// The number of a weekday that was written by name, in quotes, or as 0 for Sunday.
fn meant_weekday(text: &str) -> Option<u32> {
    const NAMES: [&str; 7] = ["mo", "tu", "we", "th", "fr", "sa", "su"];
    let lower = text.to_ascii_lowercase();
    if lower == "0" {
        return Some(7);
    }
    if let Ok(n @ 1..=7) = lower.parse() {
        return Some(n);
    }
    let letters = lower.len() >= 2 && lower.bytes().all(|b| b.is_ascii_lowercase());
    let i = NAMES.iter().position(|n| letters && lower.starts_with(n))?;
    u32::try_from(i + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form() {
        assert_eq!(seconds("22:00"), Some(Ok(79200)));
        assert_eq!(seconds("00:00:59"), Some(Ok(59)));
        assert!(matches!(seconds("24:00"), Some(Err(_))));
        assert!(matches!(seconds("10:60"), Some(Err(_))));
        assert!(matches!(seconds("10:00:61"), Some(Err(_))));
        for text in ["9:00", "0900", "09:0", "+9:00", "09:00:00:00", "", "٠٩:٠٠"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn what_was_meant_by_a_time() {
        for (text, want) in [
            ("9:00", Some("09:00")),
            ("9am", Some("09:00")),
            ("12am", Some("00:00")),
            ("12:30 PM", Some("12:30")),
            ("21.30", Some("21:30")),
            ("7", Some("07:00")),
            ("24:00", None),
            ("13pm", None),
            ("noon", None),
            ("", None),
        ] {
            assert_eq!(meant_time(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn what_was_meant_by_a_weekday() {
        for (text, want) in [
            ("mon", Some(1)),
            ("Saturday", Some(6)),
            ("0", Some(7)),
            ("3", Some(3)),
            ("8", None),
            ("m", None),
        ] {
            assert_eq!(meant_weekday(text), want, "{text}");
        }
    }
}
