//! What secrets look like in text.

use regex_automata::meta::Regex;

use crate::error::AuditError;

/// Kinds of secrets and their forms. The first group of a form, if it has one, is the secret.
const FORMS: [(&str, &str); 7] = [
    (
        "private_key",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    (
        "jwt",
        r"(?-u:\b)eyJ[A-Za-z0-9_-]{6,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*",
    ),
    (
        "api_key",
        concat!(
            r"(?-u:\b)(?:sk-(?:ant-|proj-|or-|svcacct-)?[A-Za-z0-9_-]{16,}|(?:AKIA|ASIA)[0-9A-Z]{16}",
            r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}",
            r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}",
            r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}|hf_[A-Za-z0-9]{20,}",
            r"|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{32,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
            r"|dop_v1_[a-f0-9]{32,}|shp(?:at|ss|ca)_[a-fA-F0-9]{32}|gsk_[A-Za-z0-9]{20,}|xai-[A-Za-z0-9]{20,}",
            r"|r8_[A-Za-z0-9]{20,}|pplx-[A-Za-z0-9]{20,}|AGE-SECRET-KEY-1[0-9A-Z]{20,})",
        ),
    ),
    (
        "bearer_token",
        r"(?i)(?-u:\b)bearer\s+([A-Za-z0-9._~+/-]{12,}=*)",
    ),
    (
        "url_password",
        r"(?-u:\b)[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@]*:([^\s/@]+)@",
    ),
    (
        "assignment",
        concat!(
            r#"(?i)(?:password|passwd|passphrase|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key|authorization|"#,
            r#"(?:access|refresh|auth|api|id|session|bearer|secret)[_-]?token)\\?["']?\s*[:=]\s*\\?["']?"#,
            r#"((?:(?:bearer|basic|token)\s+)?[^\s"'\\,;&}<>]+)"#,
        ),
    ),
    ("card_number", r"(?-u:\b)[2-6](?:[ -]?[0-9]){12,18}(?-u:\b)"),
];

const CARD: &str = "card_number";

/// The compiled forms.
pub(super) struct Patterns {
    any: Regex,
    each: Vec<(&'static str, Regex)>,
    /// Whether there are no forms but the built-in ones.
    usual: bool,
}

/// The shortest secret of a built-in form that stands alone: a payment card number.
const SHORTEST: usize = 13;

/// Whether none of the built-in forms can match: a short word. All that are shorter than
/// [`SHORTEST`] have a separator in them. Most keys and names are such words.
fn is_word(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    text.len() < SHORTEST && text.bytes().all(plain)
}

impl Patterns {
    pub(super) fn new(further: &[&str]) -> Result<Self, AuditError> {
        let forms = FORMS.iter().copied();
        let forms: Vec<_> = forms
            .chain(further.iter().map(|f| ("custom", *f)))
            .collect();
        let wrong = |form: &str, e: &dyn std::fmt::Display| {
            AuditError::Event(format!(
                "the pattern `{form}` of secrets does not compile: {e}"
            ))
        };
        let each = forms
            .iter()
            .map(|(kind, form)| Ok((*kind, Regex::new(form).map_err(|e| wrong(form, &e))?)))
            .collect::<Result<_, _>>()?;
        let all: Vec<&str> = forms.iter().map(|(_, form)| *form).collect();
        let any = Regex::new_many(&all).map_err(|e| wrong("all", &e))?;
        Ok(Self {
            any,
            each,
            usual: further.is_empty(),
        })
    }

    /// The text without secrets; `None` if there are none in it.
    pub(super) fn clean(&self, text: &str, cards: bool) -> Option<String> {
        if self.usual && is_word(text) || !self.any.is_match(text) {
            return None;
        }
        let mut clean = text.to_owned();
        let mut changed = false;
        for (kind, form) in &self.each {
            if *kind == CARD && !cards {
                continue;
            }
            if let Some(cleaner) = replace(&clean, kind, form) {
                clean = cleaner;
                changed = true;
            }
        }
        changed.then_some(clean)
    }
}

fn replace(text: &str, kind: &str, form: &Regex) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for captures in form.captures_iter(text) {
        let Some(span) = captures.get_group(1).or_else(|| captures.get_group(0)) else {
            continue;
        };
        let (Some(before), Some(found)) = (text.get(done..span.start), text.get(span.range()))
        else {
            continue;
        };
        let harmless = found.starts_with("[redacted:")
            || kind == CARD && !is_card(found)
            // A number of something, or a type in a schema.
            || kind == "assignment" && matches!(found, "null" | "true" | "false" | "None" | "{" | "[");
        if harmless {
            continue;
        }
        out.push_str(before);
        out.push_str(&marker(kind));
        done = span.end;
    }
    if done == 0 && out.is_empty() {
        return None;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Some(out)
}

/// What stands in the place of a secret.
pub(super) fn marker(kind: &str) -> String {
    format!("[redacted:{kind}]")
}

/// Whether a text is a payment card number: digits in groups, a range that cards have, Luhn's sum.
pub(super) fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let other = text
        .chars()
        .any(|c| !c.is_ascii_digit() && c != ' ' && c != '-');
    if other || !(13..=19).contains(&digits.len()) {
        return false;
    }
    let head = |n: usize| digits.iter().take(n).fold(0, |sum, d| sum * 10 + d);
    let range = head(1) == 4
        || (51..=55).contains(&head(2))
        || (2221..=2720).contains(&head(4))
        || matches!(head(2), 30 | 34 | 35 | 36 | 37 | 38 | 50 | 56..=69);
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            if i % 2 == 0 {
                *d
            } else {
                d * 2 / 10 + d * 2 % 10
            }
        })
        .sum();
    range && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> String {
        let patterns = Patterns::new(&[]).unwrap();
        patterns
            .clean(text, true)
            .unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn forms_of_secrets() {
        let a = |n: usize| "aB3".repeat(n).chars().take(n).collect::<String>();
        let cases = [
            (
                format!("use sk-proj-{} now", a(40)),
                "use [redacted:api_key] now".to_owned(),
            ),
            (
                format!("AKIA{}", "Z7".repeat(8)),
                "[redacted:api_key]".to_owned(),
            ),
            (format!("ghp_{}", a(36)), "[redacted:api_key]".to_owned()),
            (
                format!("x eyJ{}.eyJ{}.{} y", a(20), a(20), a(20)),
                "x [redacted:jwt] y".to_owned(),
            ),
            (
                format!("Authorization: Bearer {}", a(30)),
                "Authorization: [redacted:assignment]".to_owned(),
            ),
            (
                format!("bearer {}", a(30)),
                "bearer [redacted:bearer_token]".to_owned(),
            ),
            (
                "postgres://me:hunter2@db/x".to_owned(),
                "postgres://me:[redacted:url_password]@db/x".to_owned(),
            ),
            (
                "PASSWORD=hunter2&x=1".to_owned(),
                "PASSWORD=[redacted:assignment]&x=1".to_owned(),
            ),
            (
                r#"{"api_key": "q"}"#.to_owned(),
                r#"{"api_key": "[redacted:assignment]"}"#.to_owned(),
            ),
            (
                r#"{\"api_key\": \"q\"}"#.to_owned(),
                r#"{\"api_key\": \"[redacted:assignment]\"}"#.to_owned(),
            ),
            (
                "card 4111 1111 1111 1111.".to_owned(),
                "card [redacted:card_number].".to_owned(),
            ),
            (
                "378282246310005".to_owned(),
                "[redacted:card_number]".to_owned(),
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nrest"
                    .to_owned(),
                "[redacted:private_key]\nrest".to_owned(),
            ),
            (
                "-----BEGIN PRIVATE KEY-----\ncut off".to_owned(),
                "[redacted:private_key]".to_owned(),
            ),
        ];
        for (text, want) in cases {
            assert_eq!(clean(&text), want);
            // What is clean stays as it is.
            assert_eq!(clean(&want), want);
        }
    }

    proptest::proptest! {
        /// What is not looked at would not have been found.
        #[test]
        fn a_short_word_is_no_secret(text in "[A-Za-z0-9_.-]{0,12}|(sk|AKIA|ghp|eyJ|pwd|xox|-----BEGIN)[a-zA-Z0-9_.-]{0,8}") {
            let patterns = Patterns::new(&[]).unwrap();
            proptest::prop_assert!(!is_word(&text) || !patterns.any.is_match(&text));
        }
    }

    #[test]
    fn further_forms_are_looked_for_in_short_words() {
        let patterns = Patterns::new(&["tok[0-9]"]).unwrap();
        let clean = patterns.clean("tok1", true);
        assert_eq!(clean.as_deref(), Some("[redacted:custom]"));
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "max_tokens=4096 and total_tokens: 12",
            "4111 1111 1111 1112",
            "1764504000000 ms, order 1234567890123456",
            "the bearer of this letter",
            "https://example.com:8080/path@2",
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "skill-based-matching-for-everyone",
            "no secrets here",
        ] {
            assert_eq!(clean(text), text);
        }
    }
}
