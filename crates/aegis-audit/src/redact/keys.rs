//! Which names mean a secret.

use serde_json::Value;

/// A name with one of these words in it is that of a secret.
const WORDS: [&str; 33] = [
    "accesskey",
    "apikey",
    "authorization",
    "bearer",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "creds",
    "csrf",
    "cvc",
    "cvv",
    "cvv2",
    "iban",
    "jwt",
    "mnemonic",
    "otp",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "passwort",
    "pin",
    "privatekey",
    "pwd",
    "secret",
    "secretkey",
    "secrets",
    "setcookie",
    "ssn",
    "totp",
    "xsrf",
];

/// So is one that has these words next to each other.
const PAIRS: [(&str, &str); 14] = [
    ("access", "key"),
    ("access", "keys"),
    ("account", "key"),
    ("api", "key"),
    ("api", "keys"),
    ("card", "number"),
    ("encryption", "key"),
    ("master", "key"),
    ("private", "key"),
    ("service", "key"),
    ("shared", "key"),
    ("signing", "key"),
    ("ssh", "key"),
    ("subscription", "key"),
];

/// With one of these words, tokens are things that are counted.
const COUNTED: [&str; 26] = [
    "budget",
    "cached",
    "completion",
    "count",
    "counts",
    "generated",
    "input",
    "left",
    "limit",
    "max",
    "min",
    "new",
    "num",
    "number",
    "output",
    "per",
    "prompt",
    "reasoning",
    "remaining",
    "size",
    "special",
    "stop",
    "total",
    "type",
    "usage",
    "used",
];

/// Whether what stands under a name is a secret. A yes or no and an empty value never are.
pub(super) fn is_secret(key: &str, value: &Value, further: &[String]) -> bool {
    let empty = match value {
        Value::Null | Value::Bool(_) => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    if empty {
        return false;
    }
    let words = words(key);
    let has = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    let pair = words.windows(2).any(|pair| match pair {
        [a, b] => PAIRS.contains(&(a.as_str(), b.as_str())),
        _ => false,
    });
    let whole = words.concat();
    has(&WORDS)
        || pair
        || WORDS.contains(&whole.as_str())
        || words.len() == 1 && whole == "auth" && value.is_string()
        || further.contains(&whole)
        || has(&["token", "tokens"]) && !is_count(value, has(&COUNTED))
        || whole.ends_with("token") && !has(&["token"]) && !is_count(value, false)
}

/// Whether a value under a name with `token` in it is a number of tokens.
fn is_count(value: &Value, counted: bool) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => {
            text.bytes().all(|b| b.is_ascii_digit()) && text.len() < 10
                || counted && text.len() < 12
        }
        Value::Array(_) | Value::Object(_) => counted,
        Value::Null | Value::Bool(_) => true,
    }
}

/// A name in lower case without separators.
pub(super) fn joined(key: &str) -> String {
    words(key).concat()
}

/// The words of a name: `APIKey`, `api-key` and `api_key` are `api` and `key`.
fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let chars: Vec<char> = key.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        let after = chars.get(i + 1);
        let starts = c.is_uppercase()
            && (before.is_some_and(|b| b.is_lowercase() || b.is_numeric())
                || before.is_some_and(|b| b.is_uppercase())
                    && after.is_some_and(|a| a.is_lowercase()));
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret(key: &str) -> bool {
        is_secret(key, &json!("v4lue"), &[])
    }

    #[test]
    fn names_of_secrets() {
        for key in [
            "password",
            "PASSWORD",
            "userPassword",
            "db-passwd",
            "client_secret",
            "APIKey",
            "x-api-key",
            "apikey",
            "OPENAI_API_KEY",
            "aws_secret_access_key",
            "privateKey",
            "Authorization",
            "set-cookie",
            "refresh_token",
            "accessToken",
            "token",
            "authtoken",
            "sessiontoken",
            "cvv",
            "card_number",
            "auth",
            "credentials",
            "pin",
        ] {
            assert!(secret(key), "{key}");
        }
    }

    #[test]
    fn other_names() {
        for key in [
            "user",
            "key",
            "keyboard",
            "monkey",
            "passenger",
            "author",
            "authored_by",
            "secretary",
            "tokenizer",
            "spin",
            "opinion",
            "primary_key",
            "sort_key",
            "path",
            "pinned",
            "stop_token",
        ] {
            assert!(!secret(key), "{key}");
        }
    }

    #[test]
    fn yes_no_and_nothing_are_no_secrets() {
        for value in [json!(true), json!(null), json!("")] {
            assert!(!is_secret("password", &value, &[]));
        }
    }
}
