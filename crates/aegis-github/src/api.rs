//! GitHub's REST API, as far as it is needed: requests that wait and try again, pages, and errors
//! that say what to do.
//!
//! The token is sent to the host of the API only, never over plain HTTP except to this machine, and
//! never along with a redirect to another host. No error holds it.

mod pause;
mod token;

use std::io::Read;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http;

pub use self::pause::Patience;
pub use self::token::Token;

use self::pause::Limited;

/// More bytes than this are no answer of this API.
const MAX_ANSWER: u64 = 16 << 20;
/// More pages than a pull request can have: GitHub allows 2,500 comments.
const MAX_PAGES: usize = 50;
const MAX_REDIRECTS: usize = 3;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// There is no token.
    #[error("there is no token: give the step `GITHUB_TOKEN`")]
    NoToken,
    /// The token would be readable on its way.
    #[error("`{0}` is not encrypted, and the token is only sent over HTTPS")]
    Insecure(String),
    /// No answer.
    #[error("no answer from {host}")]
    Network {
        /// Who was asked.
        host: String,
        /// Why.
        #[source]
        source: Box<ureq::Error>,
    },
    /// An answer that says no.
    #[error("GitHub answers {status} to {what}{}", said(message))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Method and path.
        what: String,
        /// What GitHub says about it; may be empty.
        message: String,
    },
    /// Too many requests, and waiting would take too long.
    #[error("GitHub allows no more requests for now; again in {} s", wait.as_secs())]
    RateLimited {
        /// How long to wait.
        wait: Duration,
    },
    /// An answer of another shape than documented.
    #[error("the answer to {what} is not what GitHub documents")]
    Odd {
        /// Method and path.
        what: String,
        /// Where and why, if it is JSON.
        #[source]
        source: Option<serde_json::Error>,
    },
}

fn said(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

impl ApiError {
    /// The HTTP status, if there was an answer that says no.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The error with its cause in one line.
    #[must_use]
    pub fn full(&self) -> String {
        match std::error::Error::source(self) {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}

/// What an HTTP method may do twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Doing it twice is as good as once: tried again after any failure that may pass.
    Safe,
    /// Tried again only if the answer shows that it was not done.
    IfRefused,
}

/// The API at one address.
#[derive(Debug)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    token: Token,
    patience: Patience,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn message(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or(Value::Null);
        let mut said = vec![body["message"].as_str().unwrap_or_default().to_owned()];
        let errors = body["errors"].as_array().into_iter().flatten();
        said.extend(errors.filter_map(|e| e.as_str().or(e["message"].as_str()).map(str::to_owned)));
        said.retain(|text| !text.is_empty());
        aegis_report::clean::short(&said.join("; "), 300)
    }
}

impl Client {
    /// A client for the API at an address.
    ///
    /// # Errors
    ///
    /// If the address is neither HTTPS nor on this machine.
    pub fn new(base: &str, token: Token, patience: Patience) -> Result<Self, ApiError> {
        let base = base.trim_end_matches('/').to_owned();
        let uri: http::Uri = base.parse().map_err(|_| ApiError::Insecure(base.clone()))?;
        let here = matches!(uri.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if uri.scheme_str() != Some("https") && !here {
            return Err(ApiError::Insecure(base));
        }
        let agent = agent(here);
        Ok(Self {
            agent,
            base,
            token,
            patience,
        })
    }

    /// Asks for one thing.
    ///
    /// # Errors
    ///
    /// See [`ApiError`].
    pub fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, ApiError> {
        let answer = self.send("GET", path, None, Again::Safe)?;
        decode("GET", path, &answer.body)
    }

    /// Asks for a list, page after page, until `found` has what it looks for or the list ends.
    ///
    /// # Errors
    ///
    /// See [`ApiError`].
    pub fn find<T: DeserializeOwned, U>(
        &mut self,
        path: &str,
        mut found: impl FnMut(T) -> Option<U>,
    ) -> Result<Option<U>, ApiError> {
        let mut next = format!("{path}?per_page=100");
        for _ in 0..MAX_PAGES {
            let answer = self.send("GET", &next, None, Again::Safe)?;
            let page: Vec<T> = decode("GET", path, &answer.body)?;
            if let Some(hit) = page.into_iter().find_map(&mut found) {
                return Ok(Some(hit));
            }
            let link = answer.header("link").and_then(next_page);
            match link.map(|url| self.path_of(url).map(str::to_owned)) {
                None => return Ok(None),
                Some(Some(path)) => next = path,
                Some(None) => break,
            }
        }
        Err(ApiError::Odd {
            what: format!("GET {path}"),
            source: None,
        })
    }

    /// Sends a body.
    ///
    /// # Errors
    ///
    /// See [`ApiError`].
    pub fn write<T: DeserializeOwned>(
        &mut self,
        method: &'static str,
        path: &str,
        body: &Value,
        again: Again,
    ) -> Result<T, ApiError> {
        let answer = self.send(method, path, Some(body), again)?;
        decode(method, path, &answer.body)
    }

    /// Lets some time pass, if there is enough of it left.
    pub fn rest(&mut self, time: Duration) -> bool {
        self.patience.take(time)
    }

    /// Sends a request until there is an answer that says yes, or no hope.
    fn send(
        &mut self,
        method: &'static str,
        path: &str,
        body: Option<&Value>,
        again: Again,
    ) -> Result<Answer, ApiError> {
        let body = body.map(Value::to_string);
        let mut attempt = 0;
        loop {
            let outcome = self.follow(method, path, body.as_deref());
            let passing = match &outcome {
                Ok(answer) if answer.status < 300 => return outcome,
                Ok(answer) => {
                    match pause::limited(answer.status, &|h| answer.header(h), &answer.message()) {
                        Some(limited) => {
                            self.wait_for(limited)?;
                            attempt += 1;
                            if attempt > pause::MOST_ATTEMPTS {
                                return Err(refused(method, path, answer));
                            }
                            continue;
                        }
                        None => matches!(answer.status, 500 | 502 | 503 | 504),
                    }
                }
                Err(ApiError::Network { .. }) => true,
                Err(_) => false,
            };
            attempt += 1;
            let hope = passing && again == Again::Safe && attempt < pause::MOST_ATTEMPTS;
            if !hope || !self.patience.take(pause::backoff(attempt)) {
                return outcome.and_then(|answer| Err(refused(method, path, &answer)));
            }
        }
    }

    fn wait_for(&mut self, limited: Limited) -> Result<(), ApiError> {
        let wait = limited.wait;
        if self.patience.take(wait) {
            Ok(())
        } else {
            Err(ApiError::RateLimited { wait })
        }
    }

    /// One request; a redirect on the same host, as after a repository was renamed, is followed.
    fn follow(&self, method: &str, path: &str, body: Option<&str>) -> Result<Answer, ApiError> {
        let mut path = path.to_owned();
        for _ in 0..MAX_REDIRECTS {
            let answer = self.once(method, &path, body)?;
            let redirect = matches!(answer.status, 301 | 302 | 307 | 308);
            let to = answer.header("location").filter(|_| redirect);
            match to.and_then(|url| self.path_of(url)) {
                Some(to) => path = to.to_owned(),
                None => return Ok(answer),
            }
        }
        self.once(method, &path, body)
    }

    /// The path of an address below the API's own; `None` if it is another host's.
    fn path_of<'u>(&self, url: &'u str) -> Option<&'u str> {
        let path = url.strip_prefix(self.base.as_str())?;
        path.starts_with('/').then_some(path)
    }

    fn once(&self, method: &str, path: &str, body: Option<&str>) -> Result<Answer, ApiError> {
        let url = format!("{}{path}", self.base);
        let request = http::Request::builder()
            .method(method)
            .uri(&url)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
            .header("authorization", self.token.header());
        let network = |source| ApiError::Network {
            host: self.base.clone(),
            source: Box::new(source),
        };
        let sent = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(body)
                .map_err(|e| network(e.into()))
                .and_then(|request| self.agent.run(request).map_err(network)),
            None => request
                .body(())
                .map_err(|e| network(e.into()))
                .and_then(|request| self.agent.run(request).map_err(network)),
        };
        let (parts, body) = sent?.into_parts();
        let mut bytes = Vec::new();
        let read = body
            .into_reader()
            .take(MAX_ANSWER + 1)
            .read_to_end(&mut bytes);
        read.map_err(|e| network(ureq::Error::Io(e)))?;
        if bytes.len() as u64 > MAX_ANSWER {
            let what = format!("{method} {path}");
            return Err(ApiError::Odd { what, source: None });
        }
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: bytes,
        })
    }
}

/// `here`: on this machine, where no proxy is asked.
fn agent(here: bool) -> ureq::Agent {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = ureq::tls::TlsConfig::builder()
        .provider(ureq::tls::TlsProvider::Rustls)
        .root_certs(ureq::tls::RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(provider)
        .build();
    let proxy = if here {
        None
    } else {
        ureq::Proxy::try_from_env()
    };
    let config = ureq::Agent::config_builder()
        .tls_config(tls)
        .proxy(proxy)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(TIMEOUT))
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .user_agent(concat!("aegis/", env!("CARGO_PKG_VERSION")))
        .build();
    config.into()
}

fn refused(method: &str, path: &str, answer: &Answer) -> ApiError {
    ApiError::Refused {
        status: answer.status,
        what: format!("{method} {path}"),
        message: answer.message(),
    }
}

fn decode<T: DeserializeOwned>(method: &str, path: &str, body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|source| ApiError::Odd {
        what: format!("{method} {path}"),
        source: Some(source),
    })
}

/// The address of the next page in a `Link` header.
fn next_page(link: &str) -> Option<&str> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let (_, rest) = next.split_once('<')?;
    rest.split_once('>').map(|(url, _)| url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(base: &str) -> Result<Client, ApiError> {
        Client::new(base, Token::new("ghs_secret".into()), Patience::default())
    }

    #[test]
    fn the_token_goes_over_https_only() {
        assert!(client("https://ghe.example/api/v3").is_ok());
        assert!(client("http://127.0.0.1:1").is_ok());
        let error = client("http://ghe.example/api/v3").unwrap_err().to_string();
        insta::assert_snapshot!(error, @"`http://ghe.example/api/v3` is not encrypted, and the token is only sent over HTTPS");
    }

    #[test]
    fn an_address_of_another_host_is_not_followed() {
        let client = client("https://ghe.example/api/v3").unwrap();
        assert_eq!(
            client.path_of("https://ghe.example/api/v3/x?page=2"),
            Some("/x?page=2")
        );
        assert_eq!(client.path_of("https://ghe.example/api/v3.evil/x"), None);
        assert_eq!(client.path_of("https://evil.example/api/v3/x"), None);
        assert!(!format!("{client:?}").contains("ghs_secret"));
    }

    #[test]
    fn the_next_page_is_read_from_the_link_header() {
        let link = r#"<https://a/x?page=1>; rel="prev", <https://a/x?page=3>; rel="next""#;
        assert_eq!(next_page(link), Some("https://a/x?page=3"));
        assert_eq!(next_page(r#"<https://a/x?page=1>; rel="first""#), None);
    }
}
