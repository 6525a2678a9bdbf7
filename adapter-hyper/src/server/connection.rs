//! One connection, from its first byte to its last.

use std::time::Duration;

use gateway_core::App;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;

use super::transport::{Stream, Transport};
use crate::service::HyperService;

/// HTTP/2: exchanges at a time on one connection.
const MAX_STREAMS: u32 = 200;
/// HTTP/2: bytes of header fields per request; HTTP/1 has hyper's own bounds.
const MAX_HEADER_LIST: u32 = 64 * 1024;
/// HTTP/2: how often a silent peer is asked whether it is there.
const PING_INTERVAL: Duration = Duration::from_secs(60);

/// HTTP/1.1 and HTTP/2, with their settings.
pub(super) struct Protocols {
    builder: auto::Builder<TokioExecutor>,
    header_read_timeout: Duration,
}

impl Protocols {
    pub(super) fn new(header_read_timeout: Duration) -> Self {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        // Without a timer hyper's timeouts do nothing at all.
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(header_read_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEADER_LIST)
            .keep_alive_interval(PING_INTERVAL);
        Self {
            builder,
            header_read_timeout,
        }
    }

    /// Serves a connection to its end, or until `graceful` ends it.
    pub(super) fn serve<A: App>(
        &self,
        stream: Stream,
        service: HyperService<A>,
        graceful: &GracefulShutdown,
    ) -> impl Future<Output = ()> + Send + use<A> {
        let transport = Transport::new(stream, self.header_read_timeout);
        let served = self
            .builder
            .serve_connection(TokioIo::new(transport), service.unboxed())
            .into_owned();
        let watched = graceful.watch(served);
        async move {
            if let Err(error) = watched.await {
                // L3: a client that leaves or sends a malformed head is no error of the app.
                tracing::debug!(target: "gateway", rule = "L3", "a connection ended early: {error}");
            }
        }
    }
}
