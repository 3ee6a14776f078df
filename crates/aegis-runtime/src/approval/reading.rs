//! The only place that says what a yes is.
//!
//! Every channel that gets text or JSON from people reads it here. A yes is one of two short
//! sentences, to the letter; so there is nothing to be clever about, and nothing that looks like a
//! yes to a program and like a no to a person.

use aegis_audit::Id;
use aegis_policy::value::Value;

use super::Verdict;
use crate::digest::Digest;

/// What a text says about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reading {
    /// `approve CODE` or `yes CODE`, and nothing else.
    Yes,
    /// It names the request and is not a yes, or is a bare no.
    No,
    /// It is about something else: keep waiting.
    Other,
}

const YES: [&str; 2] = ["approve", "yes"];
const NO: [&str; 4] = ["deny", "no", "reject", "decline"];

/// Reads a message from somebody who is allowed to approve, given the code of the request.
///
/// Letter case, and space around the text and between its two words, do not matter; everything else
/// does. Somebody who mentions the code in any other sentence says no: `do not approve CODE`, `>
/// approve CODE`, `approve CODE?`.
#[must_use]
pub fn text(message: &str, code: &str) -> Reading {
    let message = message.trim_matches([' ', '\t', '\r', '\n']);
    if let Some((word, named)) = message.split_once([' ', '\t']) {
        let named = named.trim_start_matches([' ', '\t']);
        if is(word, &YES) && !code.is_empty() && named.eq_ignore_ascii_case(code) {
            return Reading::Yes;
        }
    }
    let lower = message.to_lowercase();
    let names = !code.is_empty() && lower.contains(&code.to_lowercase());
    if names || is(message, &NO) {
        Reading::No
    } else {
        Reading::Other
    }
}

fn is(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Reads the plain text of a mail that answers a request.
///
/// Quoted lines (`> `), what follows a signature mark (`-- `), and the line in front of a quotation
/// that ends in a colon and holds `quoted_address` do not count. What is left must be a yes as a
/// whole. A mail is always an answer, never something else: whoever wrote it and did not say yes
/// said no.
#[must_use]
pub fn mail(body: &str, code: &str, quoted_address: &str) -> Verdict {
    let signature = |line: &&str| matches!(line.trim_end_matches('\r'), "-- " | "--");
    let lines: Vec<&str> = body.lines().take_while(|line| !signature(line)).collect();
    let is_quoted = |line: &str| line.trim_start().starts_with('>');
    let introduces = |at: usize, line: &str| {
        let next = lines
            .iter()
            .skip(at + 1)
            .find(|line| !line.trim().is_empty());
        line.trim_end().ends_with(':')
            && !quoted_address.is_empty()
            && line.contains(quoted_address)
            && next.is_some_and(|next| is_quoted(next))
    };
    let mut said = lines
        .iter()
        .enumerate()
        .filter(|(at, line)| !line.trim().is_empty() && !is_quoted(line) && !introduces(*at, line));
    match (said.next(), said.next()) {
        (Some((_, line)), None) if text(line, code) == Reading::Yes => Verdict::Yes,
        _ => Verdict::No,
    }
}

/// What a JSON answer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonAnswer {
    /// Yes or no.
    pub verdict: Verdict,
    /// Who answered.
    pub by: String,
    /// What they said about it.
    pub comment: Option<String>,
}

/// Reads a JSON answer: an object with `request`, `digest`, `approved` and `by`, and perhaps
/// `comment`.
///
/// A yes has `approved` as the JSON boolean `true`: the text `"true"`, `"false"`, `1` and the like are
/// no. Unknown keys are refused, since they may say the opposite of what is understood, and so is a
/// key that occurs twice.
///
/// # Errors
/// Why it is no answer to this request: lower case, no full stop.
pub fn json(body: &str, request: Id, digest: Digest) -> Result<JsonAnswer, String> {
    let value = Value::from_json(body).map_err(|error| format!("it is not JSON: {error}"))?;
    let Value::Object(entries) = value else {
        return Err(format!("it is {}, not an object", value.kind()));
    };
    let mut answer = JsonAnswer {
        verdict: Verdict::No,
        by: String::new(),
        comment: None,
    };
    let mut named = (false, false);
    for (key, value) in entries {
        match (key.as_str(), value) {
            ("request", Value::Text(text)) => named.0 = text == request.to_string(),
            ("digest", Value::Text(text)) => named.1 = Digest::parse(&text) == Some(digest),
            ("approved", Value::Bool(true)) => answer.verdict = Verdict::Yes,
            ("approved", _) => answer.verdict = Verdict::No,
            ("by", Value::Text(text)) => answer.by = text,
            ("comment", Value::Text(text)) => answer.comment = Some(text),
            ("comment", Value::Null) => {}
            (key, value) => {
                return Err(format!(
                    "`{}` is {}, which is not expected",
                    key.escape_debug(),
                    value.kind()
                ));
            }
        }
    }
    match named {
        (true, true) => Ok(answer),
        (false, _) => Err("it does not name the request".to_owned()),
        (true, false) => Err("it does not name the action's digest".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CODE: &str = "k7m2q9xw3p";

    #[test]
    fn a_yes_is_a_yes_to_the_letter() {
        for yes in [
            "approve k7m2q9xw3p",
            "  YES \t K7M2Q9XW3P \n",
            "Approve  k7m2q9xw3p",
        ] {
            assert_eq!(text(yes, CODE), Reading::Yes, "{yes}");
        }
        for no in [
            "do not approve k7m2q9xw3p",
            "don't approve k7m2q9xw3p",
            "> approve k7m2q9xw3p",
            "\"approve k7m2q9xw3p\"",
            "`approve k7m2q9xw3p`",
            "approve k7m2q9xw3p?",
            "approve k7m2q9xw3p not",
            "approve\nk7m2q9xw3p",
            "approve k7m2q9xw3p\nno wait",
            "~approve k7m2q9xw3p~",
            "disapprove k7m2q9xw3p",
            "k7m2q9xw3p",
            "deny k7m2q9xw3p",
            "аpprove k7m2q9xw3p",
            "approve\u{a0}k7m2q9xw3p",
            "ok k7m2q9xw3p",
            "no",
            "Deny",
            "approve k7m2q9xw3p k7m2q9xw3p",
            "approve\u{200b} k7m2q9xw3p",
        ] {
            assert_eq!(text(no, CODE), Reading::No, "{no}");
        }
        for other in [
            "approve",
            "yes",
            "approve k7m2q9xw3q",
            "approve k7m2q9",
            "hello",
            "",
            "true",
        ] {
            assert_eq!(text(other, CODE), Reading::Other, "{other}");
        }
        // No code, no yes.
        assert_eq!(text("approve ", ""), Reading::Other);
    }

    #[test]
    fn a_mail_says_what_its_writer_wrote() {
        let yes = [
            "approve k7m2q9xw3p",
            "\r\napprove k7m2q9xw3p\r\n\r\n",
            "approve k7m2q9xw3p\n-- \nAnna\nno, really",
            "approve k7m2q9xw3p\n\nOn Monday Aegis <aegis@example.org> wrote:\n> deny k7m2q9xw3p\n> x",
            "> please answer\n\napprove k7m2q9xw3p\n",
        ];
        for body in yes {
            assert_eq!(
                mail(body, CODE, "aegis@example.org"),
                Verdict::Yes,
                "{body}"
            );
        }
        let no = [
            "",
            "approve",
            "> approve k7m2q9xw3p",
            "approve k7m2q9xw3p\nwait, no",
            "do not\napprove k7m2q9xw3p",
            "do not approve k7m2q9xw3p",
            "approve k7m2q9xw3p\n\nI did not say this:\n> x",
            "approve k7m2q9xw3p\naegis@example.org must not do this:\nreally\n> x",
            "-- \napprove k7m2q9xw3p",
            "<p>approve k7m2q9xw3p</p>",
            "approve k7m2q9xw3p\napprove k7m2q9xw3p",
        ];
        for body in no {
            assert_eq!(mail(body, CODE, "aegis@example.org"), Verdict::No, "{body}");
        }
    }

    fn ids() -> (Id, Digest) {
        let id = "0190a6c8-0000-7000-8000-000000000001"
            .parse()
            .expect("an id");
        (id, Digest::of("action"))
    }

    fn body(approved: &str, more: &str) -> String {
        let (id, digest) = ids();
        format!(
            r#"{{"request":"{id}","digest":"{digest}","approved":{approved},"by":"anna"{more}}}"#
        )
    }

    #[test]
    fn only_the_boolean_is_a_yes() {
        let (id, digest) = ids();
        let verdict = |body: &str| json(body, id, digest).map(|answer| answer.verdict);
        assert_eq!(verdict(&body("true", "")), Ok(Verdict::Yes));
        assert_eq!(
            verdict(&body("true", r#","comment":"fine""#)),
            Ok(Verdict::Yes)
        );
        for no in [
            "false",
            r#""false""#,
            r#""true""#,
            "1",
            "null",
            "[true]",
            r#"{"a":true}"#,
        ] {
            assert_eq!(verdict(&body(no, "")), Ok(Verdict::No), "{no}");
        }
    }

    #[test]
    fn an_answer_that_is_not_to_this_request_is_none() {
        let (id, digest) = ids();
        let why = |body: &str| json(body, id, digest).expect_err(body);
        let yes = body("true", "");
        assert_eq!(
            why(&yes.replace("00001", "00002")),
            "it does not name the request"
        );
        let other = yes.replace(&digest.to_string(), &Digest::of("other").to_string());
        assert_eq!(why(&other), "it does not name the action's digest");
        assert_eq!(why(r#"{"approved":true}"#), "it does not name the request");
        assert_eq!(why("[]"), "it is a list, not an object");
        assert!(why(&body("false", r#","approved":true"#)).contains("occurs twice"));
        assert!(why(&body("true", r#","denied":true"#)).contains("`denied`"));
        assert!(why("approve").starts_with("it is not JSON"));
    }

    /// Pieces that answers are made of, so that near misses are common.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("approve".to_owned()),
            Just("Yes".to_owned()),
            Just("no".to_owned()),
            Just("not".to_owned()),
            Just(CODE.to_owned()),
            Just(CODE.to_uppercase()),
            Just(" ".to_owned()),
            Just(" ".to_owned()),
            Just("\n".to_owned()),
            Just("> ".to_owned()),
            Just("\"".to_owned()),
            Just("\u{200b}".to_owned()),
            Just("-- ".to_owned()),
            ".{0,2}",
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    /// What a yes is, said in another way than the code says it.
    fn is_yes(message: &str) -> bool {
        let plain = message.to_ascii_lowercase();
        let one_line = !plain
            .trim_matches([' ', '\t', '\r', '\n'])
            .contains(['\n', '\r']);
        let words: Vec<&str> = plain
            .split([' ', '\t', '\r', '\n'])
            .filter(|word| !word.is_empty())
            .collect();
        one_line && (words == ["approve", CODE] || words == ["yes", CODE])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn never_a_yes_that_was_not_one(message in pieces()) {
            prop_assert_eq!(text(&message, CODE) == Reading::Yes, is_yes(&message));
        }

        #[test]
        fn never_a_yes_in_a_mail_that_was_not_one(body in pieces()) {
            if mail(&body, CODE, "a@b.example") == Verdict::Yes {
                let said = body.split("\n--").next().unwrap_or_default();
                prop_assert!(said.lines().any(is_yes));
                for line in said.lines() {
                    let quoted = line.trim_start().starts_with('>');
                    prop_assert!(quoted || line.trim().is_empty() || is_yes(line), "{}", line);
                }
            }
        }

        #[test]
        fn never_a_yes_in_json_that_was_not_one(approved in "\\PC{0,12}", key in "[a-z]{1,8}") {
            let (id, digest) = ids();
            for text in [body(&approved, ""), body("true", &format!(",{key:?}:{approved}")), approved.clone()] {
                if let Ok(answer) = json(&text, id, digest) && answer.verdict == Verdict::Yes {
                    let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                    prop_assert_eq!(&read["approved"], &serde_json::Value::Bool(true));
                    let named = read["request"].as_str().map(str::to_owned);
                    prop_assert_eq!(named, Some(id.to_string()));
                }
            }
        }
    }
}
