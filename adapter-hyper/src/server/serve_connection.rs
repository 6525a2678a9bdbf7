//! `serve_connection`: one connection, for programs with an accept loop of their own.

use gateway_core::{App, Connection};
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::Protocols;
use super::limits::ConnectionLimits;
use crate::service::HyperService;

/// Serves one connection to its end, over HTTP/1.1 or HTTP/2, whichever the client begins with: what
/// [`Server`](super::Server) does with each of its connections, with the same limits and the same end. It is for
/// programs that accept by themselves, and for streams that are no sockets.
///
/// The `stream` is what the client's bytes come from, behind TLS and the like. The `connection` says
/// what is known of it (E13, E16), and replaces what the service knows. When `ending` resolves, no further
/// exchange begins, and the future is ready when those in flight have ended; an HTTP/1.1 response then says
/// `Connection: close`, and an HTTP/2 client gets GOAWAY. [`pending`](std::future::pending) is never.
///
/// Streams that were switched are part of the connection: it ends when they have (U12). They are told
/// by the signal of the service's gateway ([`Gateway::shutdown_signal`](gateway_core::Gateway::shutdown_signal)),
/// which is not given here.
///
/// Call it in a tokio runtime with its drivers enabled, in a task for each connection. The app's
/// startup and shutdown are the caller's: see [`lifespan::run`](gateway_core::lifespan::run).
///
/// # Errors
///
/// None: whoever leaves, or does not keep to the protocol, is no error of the app (L3). It is logged.
///
/// # Cancellation
///
/// Exchanges in flight and switched streams are cut when the future is dropped (L4).
///
/// # Examples
///
/// ```
/// use std::future::pending;
/// use adapter_hyper::{ConnectionLimits, HyperService, serve_connection};
/// use gateway_core::{Connection, view};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let service = HyperService::new(view(async |_| "Hello, World!"));
/// let (mut client, stream) = tokio::io::duplex(4096);
/// let connection = Connection::new().with_peer_addr(([192, 0, 2, 7], 4711).into());
/// let served = serve_connection(stream, connection, service, ConnectionLimits::new(), pending());
/// let asked = async {
///     client.write_all(b"GET / HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n").await?;
///     let mut response = String::new();
///     client.read_to_string(&mut response).await?;
///     drop(client);
///     std::io::Result::Ok(response)
/// };
/// let ((), response) = tokio::join!(served, asked);
/// assert!(response?.ends_with("\r\n\r\nHello, World!"));
/// # Ok(())
/// # }
/// ```
pub async fn serve_connection<A, S>(
    stream: S,
    connection: Connection,
    service: HyperService<A>,
    limits: ConnectionLimits,
    ending: impl Future<Output = ()> + Send,
) where
    A: App,
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service.with_connection(connection);
    Protocols::new(limits)
        .serve(stream, service, ending, None)
        .await;
}
