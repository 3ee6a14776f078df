//! Encryption: who is trusted and who is not.

use std::sync::Arc;

use aegis_policy::action::Action;
use aegis_remote::{Client, HttpExecutor, Method};
use aegis_runtime::{Record, Runtime};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::server::{Reply, read};
use crate::support::policy;

/// A server with a certificate for these names; its certificate and its port.
async fn start(names: &[&str]) -> (Vec<u8>, u16) {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            if read(&mut stream).await.is_some() {
                let _ = stream
                    .write_all(&Reply::new(200, "\"secure\"").bytes())
                    .await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (certificate.to_vec(), port)
}

async fn call(client: Client, port: u16) -> Record {
    let url = format!("https://localhost:{port}").parse().unwrap();
    let executor = HttpExecutor::new(client, url)
        .route("get", Method::GET, "/")
        .unwrap();
    let runtime = Runtime::builder()
        .policy(policy("auto"))
        .executor(executor)
        .without_audit();
    runtime.build().unwrap().run_one(Action::new("get")).await
}

#[tokio::test]
async fn only_a_trusted_certificate_for_the_right_name_is_talked_to() {
    let (certificate, port) = start(&["localhost"]).await;
    let record = call(Client::trusting(&[certificate]).unwrap(), port).await;
    assert_eq!(
        record.outcome().output().unwrap().value,
        Some("secure".into()),
        "{record}"
    );

    let record = call(Client::new().unwrap(), port).await;
    assert!(record.to_string().contains("UnknownIssuer"), "{record}");

    let (certificate, port) = start(&["example.org"]).await;
    let record = call(Client::trusting(&[certificate]).unwrap(), port).await;
    assert!(
        record.to_string().contains("not valid for name"),
        "{record}"
    );
    assert!(Client::trusting(&[b"nonsense".to_vec()]).is_err());
}
