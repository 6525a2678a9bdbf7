//! `cargo run -p examples --example https`: the showcase over TLS, with HTTP/2 by ALPN and a certificate of its own.
//!
//! It is for tests with browsers, which speak HTTP/2 over TLS only (`examples/clients`). It prints where it
//! listens, and a line for each exchange that ends: the version, the method, the path and the status.

use std::io::{self, Write};
use std::sync::Arc;

use adapter_hyper::HyperService;
use gateway_core::{BoxError, Connection, Outcome, RequestSummary, Scheme};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

fn tls() -> Result<TlsAcceptor, BoxError> {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der())?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)?;
    // A browser opens a WebSocket over HTTP/1.1 if it has no connection of HTTP/2 yet.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Says what the server has seen, for whoever drives the client.
fn say(request: &RequestSummary, outcome: &Outcome) {
    let status = outcome.status().map_or(0, |status| status.as_u16());
    let version = request.version();
    let method = request.method();
    // The server runs on even if nobody reads this.
    let _ = writeln!(
        io::stdout().lock(),
        "{version:?} {method} {} {status}",
        request.path()
    );
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let acceptor = tls()?;
    let service = HyperService::new(examples::site())
        .with_upgrades(TokioExecutor::new())
        .with_observer(say);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // WebSocket over HTTP/2 (RFC 8441).
    builder.http2().enable_connect_protocol();

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    writeln!(io::stdout().lock(), "listening on https://{address}")?;
    loop {
        let (stream, peer) = listener.accept().await?;
        let connection = Connection::new()
            .with_peer_addr(peer)
            .with_local_addr(address)
            .with_scheme(Scheme::Https);
        let service = service.with_connection(connection);
        let (acceptor, builder) = (acceptor.clone(), builder.clone());
        tokio::spawn(async move {
            // A client that leaves is no error.
            if let Ok(stream) = acceptor.accept(stream).await {
                let served = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
                let _ = served.await;
            }
        });
    }
}
