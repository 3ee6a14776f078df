//! A small HTTP client: one request, one connection, no redirects, nothing unbounded.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

pub use hyper::Method;

/// A response body may have so many bytes.
const LONGEST_BODY: usize = 4 << 20;

/// A request may take so long, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// An `http` or `https` address. Without encryption only this machine is talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    secure: bool,
    host: String,
    port: u16,
    path: String,
}

/// Why a text is no address that is talked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` cannot be used as an address: {why}")]
pub struct UrlError {
    /// The text.
    pub text: String,
    /// What is wrong: lower case, no full stop.
    pub why: &'static str,
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let error = |why| UrlError {
            text: text.to_owned(),
            why,
        };
        let uri: Uri = text.parse().map_err(|_| error("it is not a URL"))?;
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| error("it has no host"))?.to_owned();
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(error("it must begin with `https://`")),
        };
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err(error("it must not hold a user or a password"));
        }
        if !secure && !matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") {
            return Err(error(
                "without encryption (`http://`) only this machine is talked to",
            ));
        }
        if uri.query().is_some() {
            return Err(error("it must not hold a query"));
        }
        Ok(Self {
            secure,
            port: uri.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            host,
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl Url {
    /// The same host with more path. `path` begins with `/` and may hold a query; what comes from
    /// outside must be encoded in it.
    pub(crate) fn join(&self, path: &str) -> Self {
        Self {
            path: format!("{}{path}", self.path),
            ..self.clone()
        }
    }

    /// The same host with another path, from a header such as `Location`: a path, or an address of
    /// the same host. `None` if it leads elsewhere.
    pub(crate) fn elsewhere(&self, location: &str) -> Option<Self> {
        let path = if location.starts_with('/') && !location.starts_with("//") {
            location.to_owned()
        } else {
            let other: Url = location.split(['?', '#']).next()?.parse().ok()?;
            if (other.secure, &other.host, other.port) != (self.secure, &self.host, self.port) {
                return None;
            }
            let uri: Uri = location.parse().ok()?;
            uri.path_and_query()?.as_str().to_owned()
        };
        Some(Self {
            path,
            ..self.clone()
        })
    }

    fn authority(&self) -> String {
        let usual = if self.secure { 443 } else { 80 };
        match self.port == usual {
            true => self.host.clone(),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for Url {
    /// Without the path, which may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority())
    }
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nothing was sent.
    #[error("{at} cannot be reached: {why}")]
    NotReached {
        /// The host.
        at: String,
        /// What the system says.
        why: String,
    },
    /// The request was sent, or part of it.
    #[error("{at} did not answer properly: {why}")]
    Broken {
        /// The host.
        at: String,
        /// What is wrong.
        why: String,
    },
    /// The request cannot be put together.
    #[error("the request cannot be sent: {0}")]
    Request(String),
}

/// A response.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// How long the other side asks to wait: `Retry-After` in seconds, or a date.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text);
        let until = SystemTime::from(until.ok()?);
        // A date in the past asks for nothing.
        Some(until.duration_since(SystemTime::now()).unwrap_or_default())
    }
}

/// Talks HTTP/1.1, with TLS wherever the address says `https`. Certificates are those that the
/// system trusts.
#[derive(Clone)]
pub struct Client {
    tls: Arc<ClientConfig>,
    patience: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client that trusts whom the system trusts.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new() -> Result<Self, ClientError> {
        let mut roots = RootCertStore::empty();
        // Single certificates of the system that cannot be read are left out, as browsers do; with
        // none at all no connection succeeds, and says why.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self::with_roots(roots)
    }

    /// A client that trusts these certificates (DER) and no others: for services of one's own.
    ///
    /// # Errors
    /// A certificate that is none.
    pub fn trusting(certificates: &[Vec<u8>]) -> Result<Self, ClientError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            let certificate = CertificateDer::from(certificate.clone());
            let added = roots.add(certificate);
            added.map_err(|error| ClientError::Request(format!("not a certificate: {error}")))?;
        }
        Self::with_roots(roots)
    }

    fn with_roots(roots: RootCertStore) -> Result<Self, ClientError> {
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| ClientError::Request(error.to_string()))?;
        Ok(Self {
            tls: Arc::new(config.with_root_certificates(roots).with_no_client_auth()),
            patience: PATIENCE,
        })
    }

    /// The same with another limit for a request, from connecting to the last byte.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends a request and reads the response.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Response, ClientError> {
        let request = request(method, url, headers, body)?;
        let connecting = tokio::time::timeout(self.patience, connect(&url.host, url.port)).await;
        let stream = connecting.unwrap_or_else(|_| Err("no connection in time".to_owned()));
        let not_reached = |why: String| ClientError::NotReached {
            at: url.to_string(),
            why,
        };
        let stream = stream.map_err(not_reached)?;
        let work = async {
            if url.secure {
                let stream = self.encrypt(&url.host, stream).await.map_err(not_reached)?;
                exchange(url, stream, request).await
            } else {
                exchange(url, stream, request).await
            }
        };
        match tokio::time::timeout(self.patience, work).await {
            Ok(response) => response,
            Err(_) => Err(ClientError::Broken {
                at: url.to_string(),
                why: format!("no answer within {:?}", self.patience),
            }),
        }
    }

    /// Sends JSON, or nothing if `body` is `Null`.
    pub(crate) async fn json(
        &self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        body: &serde_json::Value,
    ) -> Result<Response, ClientError> {
        if body.is_null() {
            return self.send(method, url, headers, Vec::new()).await;
        }
        let mut all = vec![("content-type", "application/json; charset=utf-8")];
        all.extend_from_slice(headers);
        self.send(method, url, &all, body.to_string().into_bytes())
            .await
    }

    /// Puts a connection under TLS.
    pub(crate) async fn encrypt<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        host: &str,
        stream: S,
    ) -> Result<tokio_rustls::client::TlsStream<S>, String> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
        let name = name.map_err(|_| format!("`{host}` is no name of a server"))?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        connector
            .connect(name, stream)
            .await
            .map_err(|error| error.to_string())
    }
}

/// Opens a connection.
pub(crate) async fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    let host = host.trim_matches(['[', ']']);
    TcpStream::connect((host, port))
        .await
        .map_err(|error| error.to_string())
}

fn request(
    method: Method,
    url: &Url,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, ClientError> {
    let path = if url.path.starts_with('/') {
        url.path.clone()
    } else {
        format!("/{}", url.path)
    };
    let wrong = |error: &dyn fmt::Display| ClientError::Request(error.to_string());
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", url.authority())
        .header("user-agent", concat!("aegis/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        let name: HeaderName = name.parse().map_err(|error| wrong(&error))?;
        // The value may be a secret, so the error does not repeat it.
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| ClientError::Request(format!("the header `{name}` cannot be sent")))?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    request
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| wrong(&error))
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    url: &Url,
    stream: S,
    request: Request<Full<Bytes>>,
) -> Result<Response, ClientError> {
    let broken = |why: String| ClientError::Broken {
        at: url.to_string(),
        why,
    };
    let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(|error| broken(error.to_string()))?;
    let work = async move {
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| error.to_string())?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, LONGEST_BODY)
            .collect()
            .await
            .map_err(|error| match error.downcast_ref::<LengthLimitError>() {
                Some(_) => format!("the answer has more than {LONGEST_BODY} bytes"),
                None => error.to_string(),
            })?;
        Ok(Response {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.to_bytes(),
        })
    };
    // The connection is driven by the same task, so dropping the future closes it.
    tokio::pin!(connection);
    tokio::pin!(work);
    let mut connected = true;
    loop {
        tokio::select! {
            biased;
            response = &mut work => return response.map_err(broken),
            _ = &mut connection, if connected => connected = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_one_host() {
        let url: Url = "https://api.example.org:8443/v1/".parse().expect("a URL");
        assert_eq!(url.join("/a?b=c").path, "/v1/a?b=c");
        assert_eq!(url.to_string(), "https://api.example.org:8443");
        for (text, why) in [
            ("ftp://example.org", "https://"),
            ("example.org", "https://"),
            ("https://", "not a URL"),
            ("http://example.org", "encryption"),
            ("http://localhost.example.org", "encryption"),
            ("https://a:b@example.org", "password"),
            ("https://example.org/?a=b", "query"),
        ] {
            let error = text.parse::<Url>().expect_err(text).to_string();
            assert!(error.contains(why) || error.contains("no host"), "{error}");
        }
        assert!("http://127.0.0.1:80".parse::<Url>().is_ok());
        assert_eq!(
            url.elsewhere("/x?y").map(|u| u.path),
            Some("/x?y".to_owned())
        );
        let same = url.elsewhere("https://api.example.org:8443/z?q=1");
        assert_eq!(same.map(|u| u.path), Some("/z?q=1".to_owned()));
        for other in [
            "https://evil.example/",
            "//evil.example/",
            "http://api.example.org:8443/",
            "x",
        ] {
            assert_eq!(url.elsewhere(other), None, "{other}");
        }
    }
}
