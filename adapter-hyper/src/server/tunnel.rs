//! Runs the app's part of a switch of protocols on a connection of the server.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gateway_core::{Duplex, DuplexIo, Upgrade};
use gateway_server::Ending;
use hyper::upgrade::OnUpgrade;

use super::activity::{Activity, Exchange};

/// Runs the app's part once hyper has sent the head (U6). Until then the exchange is open, so the
/// connection is not idle. The server waits until all clones of `ending` are dropped.
pub(super) async fn run(
    upgrade: Upgrade,
    on_upgrade: OnUpgrade,
    mut exchange: Exchange,
    ending: Option<Ending>,
) {
    // The client has left. The app's part is dropped.
    let Ok(upgraded) = on_upgrade.await else {
        return;
    };
    // The app may be silent for as long as it likes (U11).
    exchange.set_at_work(true);
    let activity = exchange.activity().clone();
    let whole = (!activity.is_http2()).then_some(activity);
    if let Some(activity) = &whole {
        activity.set_tunnel(true);
    }
    let stream = TunnelIo {
        stream: Duplex::from_hyper(upgraded),
        whole,
    };
    // The error was logged already, and the stream was closed.
    let _ = upgrade.run(Duplex::new(stream)).await;
    drop((exchange, ending));
}

/// The stream of a tunnel.
struct TunnelIo {
    stream: Duplex,
    /// On HTTP/1 the whole connection is the tunnel.
    whole: Option<Arc<Activity>>,
}

impl TunnelIo {
    /// From now on, the end of writing is followed by a lingering close (I5).
    fn end(&mut self) {
        if let Some(activity) = self.whole.take() {
            activity.set_tunnel(false);
        }
    }
}

impl DuplexIo for TunnelIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.poll_read(cx, buffer)
    }

    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_shutdown(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end();
        self.stream.poll_shutdown(cx)
    }
}
