//! GitHub's limits, and how a text is cut to them. What was cut is always said.

/// Characters of an issue or pull-request comment. Counted here in UTF-16 units, which are never
/// fewer than characters.
pub const COMMENT_CHARS: usize = 65_536;
/// Bytes of the summary of a step.
pub const STEP_SUMMARY_BYTES: usize = 1 << 20;
/// Annotations by workflow command: per level and step.
pub const ANNOTATIONS_PER_LEVEL: usize = 10;
/// Annotations in one request about a check run.
pub const CHECK_ANNOTATIONS_PER_REQUEST: usize = 50;
/// Annotations of a check run: not GitHub's limit but ours, twenty requests.
pub const CHECK_ANNOTATIONS: usize = 1_000;
/// Bytes of the summary and of the text of a check run.
pub const CHECK_SUMMARY_BYTES: usize = 65_535;
/// Characters of the title of an annotation.
pub const ANNOTATION_TITLE_CHARS: usize = 255;
/// Bytes of the message of an annotation.
pub const ANNOTATION_MESSAGE_BYTES: usize = 64 << 10;
/// Characters of the description of a commit status.
pub const STATUS_DESCRIPTION_CHARS: usize = 140;
/// Bytes of a SARIF file after gzip.
pub const SARIF_GZIP_BYTES: usize = 10_000_000;

/// How a limit is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of UTF-8.
    Bytes,
    /// UTF-16 code units.
    Utf16,
}

impl Unit {
    /// How much of the limit a text takes.
    #[must_use]
    pub fn of(self, text: &str) -> usize {
        match self {
            Self::Bytes => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }
}

/// Markdown cut to a limit at the end of a line, with a last paragraph that says how much is missing
/// and where the rest is. Code blocks and `<details>` that the cut leaves open are closed.
#[must_use]
pub fn cut_markdown(text: &str, most: usize, unit: Unit, rest: &str) -> String {
    if unit.of(text) <= most {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut kept = String::new();
    let mut used = 0;
    let mut open = Open::default();
    let mut shown = 0;
    for line in &lines {
        let mut after = open.clone();
        after.read(line);
        let tail = after.closing() + &cut_note(lines.len() - shown, rest);
        if used + unit.of(line) + unit.of(&tail) > most {
            break;
        }
        used += unit.of(line);
        kept += line;
        open = after;
        shown += 1;
    }
    let tail = open.closing() + &cut_note(lines.len() - shown, rest);
    kept + &tail
}

fn cut_note(lines: usize, rest: &str) -> String {
    let lines = if lines == 1 {
        "1 more line does".to_owned()
    } else {
        format!("{lines} more lines do")
    };
    format!("\n\n**Cut:** {lines} not fit here. {rest}\n")
}

/// What of Markdown is open at the end of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Open {
    fence: Option<String>,
    details: usize,
}

impl Open {
    fn read(&mut self, line: &str) {
        let text = line.trim();
        let run = |c: char| text.chars().take_while(|x| *x == c).count();
        let ticks = run('`').max(run('~'));
        match &self.fence {
            Some(fence) => {
                let closes = ticks >= fence.len() && text.starts_with(fence.as_str());
                if closes && text.len() == ticks {
                    self.fence = None;
                }
            }
            None if ticks >= 3 => self.fence = text.get(..ticks).map(str::to_owned),
            None => {
                let opened = text.matches("<details").count();
                let closed = text.matches("</details>").count();
                self.details = (self.details + opened).saturating_sub(closed);
            }
        }
    }

    fn closing(&self) -> String {
        let fence = self
            .fence
            .as_ref()
            .map_or_else(String::new, |f| format!("\n{f}\n"));
        fence + &"\n</details>\n".repeat(self.details)
    }
}

/// The first `most` characters, the last of them an ellipsis if something was cut.
#[must_use]
pub fn cut_chars(text: &str, most: usize) -> String {
    aegis_report::clean::cut(text, most)
}

/// A plain text cut to a number of bytes, at a character.
#[must_use]
pub fn cut_bytes(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_fits_is_untouched() {
        assert_eq!(cut_markdown("a\nb\n", 4, Unit::Bytes, "x"), "a\nb\n");
        assert_eq!(cut_bytes("aé", 3), "aé");
    }

    #[test]
    fn a_cut_closes_what_it_leaves_open_and_says_what_is_missing() {
        let text = format!(
            "# Head\n<details>\n```py\n{}```\n</details>\n",
            "line\n".repeat(100)
        );
        let cut = cut_markdown(&text, 160, Unit::Utf16, "See the summary.");
        insta::assert_snapshot!(cut, @"
        # Head
        <details>
        ```py
        line
        line
        line
        line
        line
        line
        line
        line
        line
        line
        line
        line

        ```

        </details>


        **Cut:** 90 more lines do not fit here. See the summary.
        ");
    }

    #[test]
    fn no_cut_is_over_the_limit_whatever_the_characters() {
        for unit in [Unit::Bytes, Unit::Utf16] {
            let text = "😀é<details>\n~~~\nx\n~~~\n".repeat(400);
            for most in [300, 1000, 5000] {
                let cut = cut_markdown(&text, most, unit, "See the log.");
                assert!(unit.of(&cut) <= most, "{most}: {}", unit.of(&cut));
                assert!(cut.contains("**Cut:**"));
            }
        }
        assert_eq!(cut_bytes("ééé", 5), "é…");
    }
}
