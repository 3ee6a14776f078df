//! Lines and bytes over a connection, bounded.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use super::{Security, Server};
use crate::client::{Client, connect};

/// A line may have so many bytes.
const LONGEST_LINE: u64 = 64 << 10;

/// A whole conversation may take so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a conversation runs over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection to a server.
pub(crate) struct Wire(BufReader<Box<dyn Stream>>);

impl Wire {
    /// Connects, and encrypts if that comes first.
    pub(crate) async fn open(client: &Client, server: &Server) -> Result<Self, String> {
        let stream = connect(&server.host, server.port).await?;
        let stream: Box<dyn Stream> = match server.security {
            Security::Tls => Box::new(client.encrypt(&server.host, stream).await?),
            Security::StartTls | Security::None => Box::new(stream),
        };
        Ok(Self(BufReader::new(stream)))
    }

    /// Encrypts what was plain so far.
    pub(crate) async fn encrypt(self, client: &Client, server: &Server) -> Result<Self, String> {
        // What came before the encryption must not be taken for what comes inside it.
        if !self.0.buffer().is_empty() {
            return Err("the server spoke before the encryption began".to_owned());
        }
        let stream = client.encrypt(&server.host, self.0.into_inner()).await?;
        Ok(Self(BufReader::new(Box::new(stream))))
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        let written = self.0.write_all(bytes).await;
        written.map_err(|error| error.to_string())?;
        self.0.flush().await.map_err(|error| error.to_string())
    }

    /// A line without its end; what is not UTF-8 is replaced.
    pub(crate) async fn line(&mut self) -> Result<String, String> {
        let mut bytes = Vec::new();
        let mut limited = (&mut self.0).take(LONGEST_LINE);
        limited
            .read_until(b'\n', &mut bytes)
            .await
            .map_err(|error| error.to_string())?;
        match bytes.strip_suffix(b"\n") {
            Some(line) => {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                Ok(String::from_utf8_lossy(line).into_owned())
            }
            None if bytes.is_empty() => Err("the server closed the connection".to_owned()),
            None => Err("the server sent a line without an end".to_owned()),
        }
    }

    /// Exactly so many bytes.
    pub(crate) async fn bytes(&mut self, count: usize) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; count];
        self.0
            .read_exact(&mut bytes)
            .await
            .map_err(|error| error.to_string())?;
        Ok(bytes)
    }
}
