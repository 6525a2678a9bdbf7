//! `cargo run -p examples --features proxy-protocol --bin proxy_protocol`: a server behind a load balancer that speaks the PROXY protocol.
//!
//! The first bytes of each connection say who the client is, in version 1 (text) or 2 (binary), as haproxy
//! sends with `send-proxy` and `send-proxy-v2`. Whoever can connect can say what it likes there, so only the
//! load balancer's address may connect.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use adapter_hyper::Server;
use clap::Parser;
use gateway_core::{BoxError, Connection, Environ, view};
use gateway_server::SocketStream;
use proxy_header::io::ProxiedStream;

/// Tells each client its address, which the load balancer in front has said.
#[derive(Debug, Parser)]
#[command(name = "proxy_protocol", version)]
struct Args {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8000")]
    bind: SocketAddr,
    /// The load balancer; connections from other addresses are closed
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    front_end: IpAddr,
}

/// Reads the header, and gives the rest of the stream.
async fn proxied(
    front_end: IpAddr,
    stream: SocketStream,
    connection: Connection,
) -> io::Result<(ProxiedStream<SocketStream>, Connection)> {
    if connection.peer_addr().map(|peer| peer.ip()) != Some(front_end) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let stream = ProxiedStream::create_from_tokio(stream, Default::default()).await?;
    let connection = match stream.proxy_header().proxied_address() {
        Some(ends) => connection
            .with_peer_addr(ends.source)
            .with_local_addr(ends.destination),
        // The load balancer speaks for itself: it checks whether the server is there.
        None => connection,
    };
    Ok((stream, connection))
}

#[tokio::main]
async fn serve(args: Args) -> Result<(), BoxError> {
    let server = Server::bind(args.bind).await?;
    examples::announce(server.local_addr().unwrap_or(args.bind));
    let app = view(async |environ: Environ| {
        let peer = environ.connection().peer_addr();
        peer.map(|peer| format!("{peer}\n"))
    });
    let front_end = args.front_end;
    server
        .with_handshake(move |stream, connection| proxied(front_end, stream, connection))
        .serve(app)
        .await?;
    Ok(())
}

fn main() -> ExitCode {
    examples::arguments::run(serve)
}
