//! `cargo run -p examples --features tls --bin tls -- --cert cert.pem --key key.pem`: a server that ends TLS itself.
//!
//! HTTP/2 and HTTP/1.1 are negotiated with ALPN. rustls does TLS; the server only runs its handshake.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use adapter_hyper::Server;
use clap::Parser;
use gateway_core::{BoxError, Environ, Scheme, view};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Serves over TLS: HTTP/2 and HTTP/1.1.
#[derive(Debug, Parser)]
#[command(name = "tls", version)]
struct Args {
    /// The certificate and those above it, as PEM
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// The private key, as PEM
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
    bind: SocketAddr,
    /// Threads with a runtime each; 0 is one runtime for all
    #[arg(long, default_value_t = 0)]
    workers: usize,
}

fn acceptor(args: &Args) -> Result<TlsAcceptor, BoxError> {
    let chain = CertificateDer::pem_file_iter(&args.cert)?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(&args.key)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // The server looks at the first bytes, so it speaks whichever the client has chosen.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[tokio::main]
async fn serve(args: Args) -> Result<(), BoxError> {
    let acceptor = acceptor(&args)?;
    let server = Server::bind(args.bind).await?;
    let addr = server.local_addr().unwrap_or(args.bind);
    let _ = writeln!(io::stdout(), "listening on https://{addr}");
    let app = view(async |environ: Environ| {
        let protocol = environ
            .get("SERVER_PROTOCOL")
            .map(|value| value.to_string());
        format!(
            "{} {}\n",
            environ.scheme().as_str(),
            protocol.unwrap_or_default()
        )
    });
    server
        .workers(args.workers)
        .with_handshake(move |stream, connection| {
            let acceptor = acceptor.clone();
            async move {
                let stream = acceptor.accept(stream).await?;
                Ok((stream, connection.with_scheme(Scheme::Https)))
            }
        })
        .serve(app)
        .await?;
    Ok(())
}

fn main() -> ExitCode {
    examples::arguments::run(serve)
}
