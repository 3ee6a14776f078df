//! The badge: an SVG that needs nothing else, an endpoint for shields.io, a static address, Markdown.
//!
//! All of them show whole points, rounded down, in the colours of shields.io.

mod svg;

use std::fmt::Write as _;

use aegis_diag::Tenths;
use serde_json::json;

/// What stands on the left.
const LABEL: &str = "governance";

/// A badge of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Badge {
    /// Whole points, 0 to 100; `None` if there was nothing to govern.
    points: Option<u16>,
}

/// A colour as shields.io names it, and what that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour {
    name: &'static str,
    hex: &'static str,
}

const GREY: Colour = colour("lightgrey", "#9f9f9f");
/// The least points of each colour, best first.
const COLOURS: [(u16, Colour); 6] = [
    (90, colour("brightgreen", "#4c1")),
    (80, colour("green", "#97ca00")),
    (70, colour("yellowgreen", "#a4a61d")),
    (60, colour("yellow", "#dfb317")),
    (40, colour("orange", "#fe7d37")),
    (0, colour("red", "#e05d44")),
];

const fn colour(name: &'static str, hex: &'static str) -> Colour {
    Colour { name, hex }
}

impl Badge {
    /// The badge of a score in tenths.
    #[must_use]
    pub fn new(score: Option<Tenths>) -> Self {
        Self {
            points: score.map(|tenths| (tenths / 10).min(100)),
        }
    }

    /// What stands on the right: `84/100` or `n/a`.
    #[must_use]
    pub fn message(self) -> String {
        self.points
            .map_or_else(|| "n/a".to_owned(), |points| format!("{points}/100"))
    }

    /// The word of its colour: `brightgreen`, `green`, `yellowgreen`, `yellow`, `orange`, `red` or
    /// `lightgrey`.
    #[must_use]
    pub fn color(self) -> &'static str {
        self.colour().name
    }

    fn colour(self) -> Colour {
        let Some(points) = self.points else {
            return GREY;
        };
        let colour = COLOURS.iter().find(|(least, _)| points >= *least);
        colour.map_or(GREY, |(_, colour)| *colour)
    }

    /// A self-contained, accessible image.
    #[must_use]
    pub fn svg(self) -> String {
        svg::render(LABEL, &self.message(), self.colour().hex)
    }

    /// What an endpoint of shields.io answers.
    #[must_use]
    pub fn endpoint(self) -> String {
        let value = json!({
            "schemaVersion": 1,
            "label": LABEL,
            "message": self.message(),
            "color": self.color(),
        });
        format!("{value:#}\n")
    }

    /// The address of a static badge on shields.io.
    #[must_use]
    pub fn static_url(self) -> String {
        format!(
            "https://img.shields.io/badge/{}-{}-{}",
            escaped(LABEL),
            escaped(&self.message()),
            self.color()
        )
    }

    /// An image for a README.
    #[must_use]
    pub fn markdown(self) -> String {
        format!("![{LABEL}: {}]({})", self.message(), self.static_url())
    }
}

/// A part of a path of shields.io: `-` and `_` are doubled there, the rest is percent-encoded.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'-' => out.push_str("--"),
            b'_' => out.push_str("__"),
            b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            // Writing to a text cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests;
