//! Serves one connection, from its first byte to its last.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gateway_core::App;
use gateway_server::Ending;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};

use super::activity::Activity;
use super::limits::ConnectionLimits;
use super::tracked::tracked;
use super::transport::{LINGER, Transport};
use super::vigil::{Verdict, Vigil};
use crate::service::HyperService;

/// HTTP/2: bytes of header fields per request. HTTP/1 has hyper's own limits.
const MAX_HEADER_LIST: u32 = 64 * 1024;
/// HTTP/2: how often a silent peer is pinged.
const PING_INTERVAL: Duration = Duration::from_secs(60);

/// HTTP/1.1 and HTTP/2, with their settings.
#[derive(Clone)]
pub(super) struct Protocols {
    builder: auto::Builder<TokioExecutor>,
    limits: ConnectionLimits,
}

impl Protocols {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        // The vigil limits this time: hyper would set a timer for each request.
        builder.http1().header_read_timeout(None);
        builder
            .http2()
            // Without a timer, the pings are not sent.
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.http2_max_streams)
            .max_header_list_size(MAX_HEADER_LIST)
            .keep_alive_interval(PING_INTERVAL)
            // RFC 8441: WebSocket.
            .enable_connect_protocol();
        Self { builder, limits }
    }

    /// Serves a connection to its end. It is asked to end when `ending` resolves. The `guard` is held by
    /// what may outlive the connection.
    pub(super) fn serve<A, S, E>(
        &self,
        stream: S,
        service: HyperService<A>,
        ending: E,
        guard: Option<Ending>,
    ) -> impl Future<Output = ()> + Send + use<A, S, E>
    where
        A: App,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        E: Future<Output = ()> + Send,
    {
        let limits = self.limits;
        let activity = Arc::new(Activity::new(limits.max_requests));
        let transport = Transport::new(stream, activity.clone());
        let service = tracked(service, activity.clone(), limits, guard);
        let served = self
            .builder
            .serve_connection_with_upgrades(TokioIo::new(transport), service)
            .into_owned();
        async move {
            let (mut served, mut ending) = (pin!(served), pin!(ending));
            let tunnels = CutTunnels(activity.clone());
            let mut vigil = Vigil::new(limits, Instant::now());
            let mut turn = pin!(sleep(Duration::ZERO));
            let alarm = Waker::from(activity.alarm().clone());
            let mut polled_by = None;
            let ended = loop {
                let next = poll_fn(|cx| match served.as_mut().poll(cx) {
                    Poll::Ready(ended) => Poll::Ready(Some(ended)),
                    // Behind hyper, because a request that begins may be the last one.
                    Poll::Pending => activity.alarm().poll(&mut polled_by, cx).map(|()| None),
                });
                if let Some(ended) = next.await {
                    break ended;
                }
                let cx = &mut Context::from_waker(&alarm);
                if !activity.is_ending() && ending.as_mut().poll(cx).is_ready() {
                    activity.end();
                }
                let now = Instant::now();
                match vigil.judge(&activity, now) {
                    Verdict::GoesOn => {}
                    Verdict::EndsGracefully => served.as_mut().graceful_shutdown(),
                    Verdict::Ends(reason) => {
                        tracing::debug!(target: "gateway", clause = "L3", "a connection is closed: {reason}");
                        return;
                    }
                }
                turn.as_mut().reset(now + vigil.pause(&activity, now));
                if turn.as_mut().poll(cx).is_ready() {
                    activity.alarm().ring();
                }
            };
            match ended {
                Ok(()) => {
                    shut_down(&activity).await;
                    activity.join_tunnels().await;
                }
                // L3: a client that leaves or sends a malformed head is no error of the app.
                Err(error) => {
                    tracing::debug!(target: "gateway", clause = "L3", "a connection ended early: {error}");
                    activity.join_tunnels().await;
                }
            }
            drop(tunnels);
        }
    }
}

/// Cuts the tunnels of a connection when its task is cut, because they are tasks of their own.
struct CutTunnels(Arc<Activity>);

impl Drop for CutTunnels {
    fn drop(&mut self) {
        self.0.cut_tunnels();
    }
}

/// Shuts down a connection that hyper has handed back because its client offered a switch of
/// protocols (I5). hyper shuts down the others itself.
async fn shut_down(activity: &Activity) {
    let Some(upgrade) = activity.take_upgrade() else {
        return;
    };
    let shutdown = async {
        if let Ok(upgraded) = upgrade.await {
            // A client that has gone needs no shutdown.
            let _ = TokioIo::new(upgraded).shutdown().await;
        }
    };
    let _ = timeout(LINGER * 2, shutdown).await;
}
