//! Joins the client's stream and the upstream's after a switch of protocols.

use std::fmt;
use std::io;
use std::pin::pin;
use std::time::Duration;

use gateway_core::{Duplex, Error};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::watched::Watch;

/// What is read at once, in each direction.
const BUFFER: usize = 8 * 1024;

/// How long a client has for its own end after that of the upstream.
const LINGER: Duration = Duration::from_secs(5);

/// Copies in both directions until both have ended. The end of one direction is passed on (U10). After that
/// of the upstream, the client has [`LINGER`] for its own.
///
/// # Errors
///
/// If either connection failed, or no byte has passed for as long as `idle` says. Both end then.
pub(crate) async fn join(
    client: Duplex,
    upstream: OnUpgrade,
    idle: Option<Duration>,
) -> Result<(), Error> {
    let upstream = upstream.await.map_err(UpstreamLost::new)?;
    let (from_client, to_client) = tokio::io::split(client);
    let (from_upstream, to_upstream) = tokio::io::split(TokioIo::new(upstream));
    let watch = Watch::new();
    let up = async {
        let passed = pass(from_client, to_upstream, &watch).await;
        passed.map_err(|failed| match failed {
            Failed::Read(client) => client.into(),
            Failed::Write(upstream) => UpstreamLost::new(upstream).into(),
        })
    };
    let down = async {
        let passed = pass(from_upstream, to_client, &watch).await;
        passed.map_err(|failed| match failed {
            Failed::Read(upstream) => UpstreamLost::new(upstream).into(),
            Failed::Write(client) => client.into(),
        })
    };
    let (mut up, mut down) = (pin!(up), pin!(down));
    let first = async {
        tokio::select! {
            ended = &mut up => ended.map(|()| Side::Client),
            ended = &mut down => ended.map(|()| Side::Upstream),
        }
    };
    // Not a fault of the app, and not the end of what was said: the host aborts the stream (U9).
    let is_idle = || io::Error::from(io::ErrorKind::TimedOut);
    match until_idle(&watch, idle, first).await {
        None => Err(is_idle().into()),
        Some(Err(error)) => Err(error),
        Some(Ok(Side::Client)) => match until_idle(&watch, idle, down).await {
            None => Err(is_idle().into()),
            Some(ended) => ended,
        },
        // Most often the upstream has gone, and takes nothing more. The client has got everything, with
        // its end.
        Some(Ok(Side::Upstream)) => {
            let _ = tokio::time::timeout(LINGER, up).await;
            Ok(())
        }
    }
}

/// Who has ended its direction.
enum Side {
    Client,
    Upstream,
}

/// Runs until it is over, or nothing has passed for so long: `None` then.
async fn until_idle<T>(
    watch: &Watch,
    idle: Option<Duration>,
    running: impl Future<Output = T>,
) -> Option<T> {
    let Some(idle) = idle else {
        return Some(running.await);
    };
    tokio::select! {
        over = running => Some(over),
        () = watch.expires(idle) => None,
    }
}

enum Failed {
    Read(io::Error),
    Write(io::Error),
}

/// Copies one direction, and its end.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    watch: &Watch,
) -> Result<(), Failed> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = from.read(&mut buffer).await.map_err(Failed::Read)?;
        watch.touch();
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            // The other side may have closed already.
            let _ = to.shutdown().await;
            return Ok(());
        };
        to.write_all(bytes).await.map_err(Failed::Write)?;
        watch.touch();
    }
}

/// The upstream's connection failed after the switch.
// The cause is text: an `io::Error` would pass for one of the client's (L3).
#[derive(Debug)]
struct UpstreamLost(String);

impl UpstreamLost {
    fn new(cause: impl std::error::Error) -> Self {
        Self(cause.to_string())
    }
}

impl fmt::Display for UpstreamLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the upstream's upgraded connection failed: {}", self.0)
    }
}

impl std::error::Error for UpstreamLost {}
