//! One connection, from its first byte to its last.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::App;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::activity::Activity;
use super::limits::Limits;
use super::tracked::tracked;
use super::transport::{LINGER, Stream, Transport};
use super::vigil::{Verdict, Vigil};
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
    limits: Limits,
}

impl Protocols {
    pub(super) fn new(limits: Limits) -> Self {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        // Without a timer hyper's timeouts do nothing at all.
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_read_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEADER_LIST)
            .keep_alive_interval(PING_INTERVAL)
            // RFC 8441: WebSocket.
            .enable_connect_protocol();
        Self { builder, limits }
    }

    /// Serves a connection to its end, or to the end that `ending` asks for.
    pub(super) fn serve<A: App>(
        &self,
        stream: Stream,
        service: HyperService<A>,
        mut ending: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + Send + use<A> {
        let limits = self.limits;
        let activity = Arc::<Activity>::default();
        let transport = Transport::new(stream, limits.header_read_timeout, activity.clone());
        let service = tracked(service, activity.clone(), limits, ending.clone());
        let served = self
            .builder
            .serve_connection_with_upgrades(TokioIo::new(transport), service)
            .into_owned();
        async move {
            let mut served = pin!(served);
            let tunnels = CutTunnels(activity.clone());
            let mut vigil = Vigil::new(limits, Instant::now());
            let mut turn = pin!(sleep(vigil.pause()));
            let ended = loop {
                tokio::select! {
                    biased;
                    ended = &mut served => break ended,
                    _ = ending.wait_for(|is_ending| *is_ending), if !activity.is_ending() => {
                        activity.end();
                    }
                    () = &mut turn => {}
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
                turn.as_mut().reset(now + vigil.pause());
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

/// Cuts the tunnels of a connection when its task is cut. They are tasks of their own.
struct CutTunnels(Arc<Activity>);

impl Drop for CutTunnels {
    fn drop(&mut self) {
        self.0.cut_tunnels();
    }
}

/// Shuts a connection down that hyper has handed back because a client offered to change its protocol
/// (I5). The others are shut down by then.
async fn shut_down(activity: &Activity) {
    let Some(upgrade) = activity.take_upgrade() else {
        return;
    };
    let shutdown = async {
        if let Ok(upgraded) = upgrade.await {
            // Who has gone needs no end.
            let _ = TokioIo::new(upgraded).shutdown().await;
        }
    };
    let _ = timeout(LINGER * 2, shutdown).await;
}
