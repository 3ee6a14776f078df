//! Signatures with a shared secret: HMAC-SHA-256 over the time and the body.
//!
//! TLS ends where the connection does, often at a proxy. What is signed cannot be changed or made up
//! between there and the program that knows the secret, and what was overheard is of no use later.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header that holds a signature: `t=1796083200,v1=HEX`.
pub const SIGNATURE_HEADER: &str = "aegis-signature";

/// A signature counts for so long, and so much before its time: clocks differ.
const WINDOW: Duration = Duration::from_secs(300);

/// A secret has at least so many bytes.
const SHORTEST: usize = 16;

/// A header holds at most so many signatures: one for each secret while it is replaced.
const MOST: usize = 4;

/// Who signed: what one side says is nothing that the other one said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Aegis, which asks or hands on.
    Request,
    /// The service, which answers.
    Answer,
}

impl Side {
    const fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Answer => "answer",
        }
    }
}

/// A secret that is too short can be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the secret has {0} bytes; expected at least {SHORTEST}, such as 32 random bytes in hexadecimal"
)]
pub struct WeakSecret(pub usize);

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is none, or more than one header.
    #[error("it has {0} headers `{SIGNATURE_HEADER}`, not one")]
    Headers(usize),
    /// It is written in another way.
    #[error("its `{SIGNATURE_HEADER}` is not written as `t=SECONDS,v1=HEX`")]
    Malformed,
    /// It is of another time.
    #[error("its signature is of another time: {0} s away, {max} s are the most", max = WINDOW.as_secs())]
    Time(u64),
    /// It was made with another secret, for another body, or by the other side.
    #[error("its signature does not fit the secret and the body")]
    Wrong,
}

/// A secret that is shared with a service.
///
/// What is signed is the text `request.` or `answer.`, the time in seconds since 1970, a full stop,
/// and the body as it is sent, byte for byte. The header is `t=` with that time and `v1=` with the
/// HMAC-SHA-256 in lower-case hexadecimal. It counts for five minutes.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Secret {
    /// A secret of so many bytes; a text is taken as it is.
    ///
    /// # Errors
    /// If it is too short.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, WeakSecret> {
        let bytes = secret.as_ref();
        if bytes.len() < SHORTEST {
            return Err(WeakSecret(bytes.len()));
        }
        // HMAC takes keys of any length.
        let mac = Hmac::new_from_slice(bytes).map_err(|_| WeakSecret(bytes.len()))?;
        Ok(Self(mac))
    }

    /// The value of the header for a body that is sent at this time.
    #[must_use]
    pub fn sign(&self, side: Side, at: SystemTime, body: &[u8]) -> String {
        let seconds = seconds(at);
        let mac = self.mac(side, &seconds.to_string(), body).finalize();
        let mut value = format!("t={seconds},v1=");
        for byte in mac.into_bytes() {
            for nibble in [byte >> 4, byte & 15] {
                value.extend(char::from_digit(u32::from(nibble), 16));
            }
        }
        value
    }

    /// Checks the value of the header of a body that came at this time.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn check(
        &self,
        side: Side,
        at: SystemTime,
        header: &str,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let (time, signatures) = parts(header).ok_or(SignatureError::Malformed)?;
        let said: u64 = time.parse().map_err(|_| SignatureError::Malformed)?;
        let apart = said.abs_diff(seconds(at));
        if apart > WINDOW.as_secs() {
            return Err(SignatureError::Time(apart));
        }
        let mac = self.mac(side, time, body);
        let fits = |signature: &[u8; 32]| mac.clone().verify_slice(signature).is_ok();
        match signatures.iter().any(fits) {
            true => Ok(()),
            false => Err(SignatureError::Wrong),
        }
    }

    fn mac(&self, side: Side, time: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in [side.word().as_bytes(), b".", time.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac
    }
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The time, as it is written, and the signatures of a header. Other keys are of later versions.
fn parts(header: &str) -> Option<(&str, Vec<[u8; 32]>)> {
    let (mut time, mut signatures) = (None, Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=')? {
            ("t", text) => {
                let digits = text.bytes().all(|b| b.is_ascii_digit());
                if time.is_some() || text.is_empty() || !digits {
                    return None;
                }
                time = Some(text);
            }
            ("v1", text) => signatures.push(bytes(text)?),
            _ => {}
        }
    }
    let some = (1..=MOST).contains(&signatures.len());
    time.filter(|_| some).map(|time| (time, signatures))
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |at: usize| char::from(*pair.get(at)?).to_digit(16);
        *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'request.1796083200.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef`
    const KNOWN: &str = "be9b81227613caa0d5e0785f1dd2742d0c0d1270afcd04f44fdb7b852811efe0";
    const BODY: &[u8] = b"{\"a\":1}";

    fn secret() -> Secret {
        Secret::new("0123456789abcdef").expect("long enough")
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_signature_is_what_other_programs_make() {
        let value = secret().sign(Side::Request, at(1_796_083_200), BODY);
        assert_eq!(value, format!("t=1796083200,v1={KNOWN}"));
    }

    #[test]
    fn only_the_right_one_counts() {
        let check = |side, seconds, header: &str, body: &[u8]| {
            secret().check(side, at(seconds), header, body)
        };
        let good = format!("t=1796083200,v1={KNOWN}");
        let now = 1_796_083_200;
        assert_eq!(check(Side::Request, now, &good, BODY), Ok(()));
        assert_eq!(check(Side::Request, now + 300, &good, BODY), Ok(()));
        assert_eq!(check(Side::Request, now - 300, &good, BODY), Ok(()));
        let of_time = Err(SignatureError::Time(301));
        assert_eq!(check(Side::Request, now + 301, &good, BODY), of_time);
        assert_eq!(check(Side::Request, now - 301, &good, BODY), of_time);
        let wrong = Err(SignatureError::Wrong);
        assert_eq!(check(Side::Answer, now, &good, BODY), wrong);
        assert_eq!(check(Side::Request, now, &good, b"{\"a\":2}"), wrong);
        let later = format!("t=1796083201,v1={KNOWN}");
        assert_eq!(check(Side::Request, now, &later, BODY), wrong);
        // Another spelling of the same number is another text.
        let padded = format!("t=01796083200,v1={KNOWN}");
        assert_eq!(check(Side::Request, now, &padded, BODY), wrong);
        let other = Secret::new("0123456789abcdeF").expect("long enough");
        assert_eq!(other.check(Side::Request, at(now), &good, BODY), wrong);
        // While a secret is replaced there are two.
        let both = format!("t=1796083200, v1={}, v1={KNOWN}, v2=x", "0".repeat(64));
        assert_eq!(check(Side::Request, now, &both, BODY), Ok(()));
        for malformed in [
            "",
            KNOWN,
            "t=1796083200",
            "t=1796083200,v1=",
            &good[..good.len() - 1],
            &good.replace("t=", "t=+"),
            &good.replace("t=1796083200", "t="),
            &good.replace("t=1796083200", "t=99999999999999999999999"),
            &format!("t=1796083200,{good}"),
            &format!("v1={KNOWN}"),
            &format!("{good},v1=zz{}", "0".repeat(62)),
            &format!("{good},v1=€€{}", "0".repeat(58)),
            &format!("t=1796083200{}", format!(",v1={KNOWN}").repeat(5)),
        ] {
            let refused = check(Side::Request, now, malformed, BODY);
            assert_eq!(refused, Err(SignatureError::Malformed), "{malformed}");
        }
    }

    #[test]
    fn a_secret_is_long_and_not_shown() {
        let short = Secret::new("0123456789abcde").map(|_| ());
        assert_eq!(short, Err(WeakSecret(15)));
        assert_eq!(format!("{:?}", secret()), "Secret(***)");
    }
}
