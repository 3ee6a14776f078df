//! The image: two fields of text, as wide as Verdana at 11 pixels makes them.

/// Advance widths of Verdana for the characters from space to `~`, in units of 1/2048 em.
const WIDTHS: [u16; 95] = [
    720, 806, 940, 1676, 1302, 2204, 1488, 550, 930, 930, 1302, 1676, 745, 930, 745,
    930, // ' '-/
    1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 930, 930, 1676, 1676, 1676,
    1117, // 0-?
    2048, 1400, 1404, 1430, 1578, 1295, 1177, 1588, 1539, 862, 931, 1419, 1140, 1726, 1532,
    1612, // @-O
    1235, 1612, 1424, 1400, 1262, 1499, 1400, 2025, 1403, 1260, 1403, 930, 930, 930, 1676,
    1302, // P-_
    1302, 1230, 1276, 1067, 1276, 1220, 720, 1276, 1296, 562, 705, 1212, 562, 1992, 1296,
    1243, // `-o
    1276, 1276, 874, 1067, 807, 1296, 1212, 1676, 1212, 1212, 1076, 1300, 930, 1300,
    1676, // p-~
];
/// What another character may be wide.
const WIDEST: u32 = 2204;
const EM: u32 = 2048;
const SIZE: u32 = 11;
/// Pixels to the left and to the right of a text.
const PADDING: u32 = 5;

/// The width of a text in tenths of a pixel, rounded up.
fn width(text: &str) -> u32 {
    let one = |c: char| {
        let at = u32::from(c).checked_sub(32);
        let known = at.and_then(|at| WIDTHS.get(at as usize));
        known.map_or(WIDEST, |w| u32::from(*w))
    };
    let units: u32 = text.chars().map(one).sum();
    (units * SIZE * 10).div_ceil(EM)
}

/// A field: where it begins, how wide it is in whole pixels, and its text.
struct Field<'a> {
    left: u32,
    width: u32,
    length: u32,
    text: &'a str,
}

impl<'a> Field<'a> {
    fn new(left: u32, text: &'a str) -> Self {
        let length = width(text);
        Self {
            left,
            width: length.div_ceil(10) + 2 * PADDING,
            length,
            text,
        }
    }

    /// The text with its shadow. Coordinates are tenths of a pixel, which the group scales down.
    fn drawn(&self) -> String {
        let Self { length, text, .. } = self;
        let middle = self.left * 10 + self.width * 5;
        let text = xml(text);
        format!(
            "<text aria-hidden=\"true\" x=\"{middle}\" y=\"150\" fill=\"#010101\" fill-opacity=\".3\" transform=\"scale(.1)\" textLength=\"{length}\">{text}</text>\
             <text x=\"{middle}\" y=\"140\" transform=\"scale(.1)\" fill=\"#fff\" textLength=\"{length}\">{text}</text>"
        )
    }
}

/// Ids hold the width, so that several images can stand in one page.
pub(super) fn render(label: &str, message: &str, colour: &str) -> String {
    let left = Field::new(0, label);
    let right = Field::new(left.width, message);
    let all = left.width + right.width;
    let title = xml(&format!("{label}: {message}"));
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{all}" height="20" role="img" aria-label="{title}">
<title>{title}</title>
<linearGradient id="s{all}" x2="0" y2="100%"><stop offset="0" stop-color="#bbb" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/></linearGradient>
<clipPath id="r{all}"><rect width="{all}" height="20" rx="3" fill="#fff"/></clipPath>
<g clip-path="url(#r{all})"><rect width="{at}" height="20" fill="#555"/><rect x="{at}" width="{rest}" height="20" fill="{colour}"/><rect width="{all}" height="20" fill="url(#s{all})"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" text-rendering="geometricPrecision" font-size="110">
{left_text}
{right_text}
</g>
</svg>
"##,
        at = left.width,
        rest = right.width,
        left_text = left.drawn(),
        right_text = right.drawn(),
    )
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
