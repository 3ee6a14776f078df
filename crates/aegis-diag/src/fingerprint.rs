//! Fingerprints: keys of findings that survive edits elsewhere in the file.

use sha2::{Digest, Sha256};

const BASE: u64 = 37;
const WINDOW: usize = 100;
const END: u16 = u16::MAX;

/// GitHub's `primaryLocationLineHash` for every line of `text`, as `hash:occurrence`.
///
/// A 64-bit wrapping rolling hash (base 37) over the 100 UTF-16 units that follow each line start,
/// spaces and tabs left out, every line ending taken as LF, the end of the file as unit 65535
/// followed by zeros; printed as unpadded lower-case hex with the 1-based count of equal hashes so
/// far. Source: `src/fingerprints.ts` of `github/codeql-action`, described in words by the
/// project's own notes; code scanning recomputes this value when a file is uploaded.
#[must_use]
pub fn line_hashes(text: &str) -> Vec<String> {
    let mut roll = Roll::new();
    let mut was_cr = false;
    for unit in text.encode_utf16() {
        let unit = match unit {
            0x20 | 0x09 => {
                was_cr = false;
                continue;
            }
            0x0A if was_cr => {
                was_cr = false;
                continue;
            }
            0x0D => {
                was_cr = true;
                0x0A
            }
            other => {
                was_cr = false;
                other
            }
        };
        roll.push(unit);
    }
    roll.push(END);
    for _ in 0..WINDOW {
        if !roll.pending() {
            break;
        }
        roll.push(0);
    }
    roll.done
}

/// The rolling window. A line's hash is known once the window has moved 100 units past its start.
struct Roll {
    window: [u16; WINDOW],
    at: usize,
    seen: usize,
    hash: u64,
    power: u64,
    line_start: bool,
    starts: std::collections::VecDeque<usize>,
    counts: std::collections::HashMap<u64, usize>,
    done: Vec<String>,
}

impl Roll {
    fn new() -> Self {
        let power = (0..WINDOW).fold(1u64, |p, _| p.wrapping_mul(BASE));
        Self {
            window: [0; WINDOW],
            at: 0,
            seen: 0,
            hash: 0,
            power,
            line_start: true,
            starts: std::collections::VecDeque::new(),
            counts: std::collections::HashMap::new(),
            done: Vec::new(),
        }
    }

    fn pending(&self) -> bool {
        !self.starts.is_empty()
    }

    fn push(&mut self, unit: u16) {
        // The window is full for a line once WINDOW units since its start have been taken in.
        if self
            .starts
            .front()
            .is_some_and(|&s| self.seen - s == WINDOW)
        {
            self.starts.pop_front();
            let n = self.counts.entry(self.hash).or_insert(0);
            *n += 1;
            self.done.push(format!("{:x}:{n}", self.hash));
        }
        if self.line_start {
            self.line_start = false;
            self.starts.push_back(self.seen);
        }
        if unit == 0x0A {
            self.line_start = true;
        }
        let slot = &mut self.window[self.at];
        let old = u64::from(*slot);
        *slot = unit;
        self.at = (self.at + 1) % WINDOW;
        self.seen += 1;
        self.hash = self
            .hash
            .wrapping_mul(BASE)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(self.power.wrapping_mul(old));
    }
}

/// Aegis's own key of a finding, `aegis/v1`: 32 hex digits of SHA-256 over the rule, the file, the
/// enclosing scope, the text of the expression with white space folded, and how many equal ones
/// came before it in that file. Moving or re-indenting a line keeps it; a second identical call
/// gets a new one.
#[must_use]
pub fn content_fingerprint(
    rule: &str,
    path: &str,
    scope: &str,
    text: &str,
    occurrence: usize,
) -> String {
    let folded: Vec<&str> = text.split_whitespace().collect();
    let mut hash = Sha256::new();
    for part in [
        rule,
        path,
        scope,
        &folded.join(" "),
        &occurrence.to_string(),
    ] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indentation_and_line_endings_do_not_matter() {
        let a = line_hashes("if x:\n  y()\n");
        let b = line_hashes("if x:\r\n\ty()\r\n");
        assert_eq!(a, b);
        assert_eq!(a.len(), 3);
    }

    #[test]
    fn equal_windows_are_counted() {
        let text = "a\n".repeat(200);
        let h = line_hashes(&text);
        let first = h[0].split(':').next().unwrap().to_owned();
        assert_eq!(h[0], format!("{first}:1"));
        assert_eq!(h[1], format!("{first}:2"));
    }

    /// Inputs and hashes are those of `src/fingerprints.test.ts` in `github/codeql-action`.
    #[test]
    fn line_hashes_are_those_of_github() {
        let end = "c129715d7a2bc9a3";
        assert_eq!(line_hashes(""), [format!("{end}:1")]);
        assert_eq!(
            line_hashes(" a\nb\n  \t\tc\n d"),
            [
                "271789c17abda88f:1",
                "54703d4cd895b18:1",
                "180aee12dab6264:1",
                "a23a3dc5e078b07b:1"
            ]
        );
        assert_eq!(
            line_hashes(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End"),
            [
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1",
            ]
        );
        for text in [
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n",
            " hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r",
            " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n",
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
        ] {
            assert_eq!(
                line_hashes(text),
                [
                    "e9496ae3ebfced30:1",
                    "fb7c023a8b9ccb3f:1",
                    "ce8ba1a563dcdaca:1",
                    "e20e36e16fcb0cc8:1",
                    "b3edc88f2938467e:1",
                    "c8e28b0b4002a3a0:1",
                    "c129715d7a2bc9a3:1",
                ],
                "{text:?}"
            );
        }
        assert_eq!(
            line_hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10)),
            [
                "a7f2ff13bc495cf2:1",
                "a7f2ff13bc495cf2:2",
                "a7f2ff13bc495cf2:3",
                "a7f2ff13bc495cf2:4",
                "a7f2ff13bc495cf2:5",
                "a7f2ff13bc495cf2:6",
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1",
            ]
        );
    }

    #[test]
    fn the_own_key_ignores_place_and_counts_repeats() {
        let a = content_fingerprint("AEG101", "a.py", "f", "x( 1,\n   2)", 0);
        assert_eq!(a, content_fingerprint("AEG101", "a.py", "f", "x( 1, 2)", 0));
        assert_ne!(a, content_fingerprint("AEG101", "a.py", "f", "x( 1, 2)", 1));
        assert_eq!(a.len(), 32);
    }
}
