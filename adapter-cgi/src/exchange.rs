//! One request and its response on one task: the app, the input that it reads, the bytes that it
//! writes.

use std::future::pending;

use bytes::Bytes;
use gateway_core::{App, Input};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::timeout;

use crate::body::{Feeder, slot};
use crate::output::{Finished, Output};
use crate::request::{Head, Refused};
use crate::service::CgiService;
use crate::variables::Variables;

/// How much of a body that nobody reads is taken and thrown away (I5).
const DRAINED: usize = 16 * 1024 * 1024;
/// How long the front end is listened to after the last byte of a response.
const LINGER: std::time::Duration = std::time::Duration::from_secs(1);

/// Where the body of a request comes from.
pub(crate) trait Source {
    /// True if it is asked only when the app reads.
    const IS_LAZY: bool;

    /// What comes next. It may be dropped at any await and asked again.
    fn next(&mut self) -> impl Future<Output = Incoming> + Send;
}

/// What comes from the front end during an exchange.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A part of the body.
    Data(Bytes),
    /// The body is whole. Behind it, only `Gone` comes.
    End,
    /// The body ended before it was whole, and nothing else is known.
    Cut,
    /// The client has left, or the front end has, or it does not keep to the protocol.
    Gone(String),
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Finished(Finished),
    /// Nobody waits for the response (L3).
    ClientGone,
}

/// Answers a request. When the client goes, the app's future or its body is dropped (L1, L3).
///
/// Without `has_input` the source is only asked whether the client leaves.
pub(crate) async fn run<A, S, W>(
    service: &CgiService<A>,
    request: Result<(Head, Variables), Refused>,
    has_input: bool,
    source: &mut S,
    output: &mut Output<'_, W>,
) -> Ended
where
    A: App,
    S: Source,
    W: AsyncWrite + Unpin,
{
    let (feeder, input) = match has_input {
        true => {
            let (feeder, body) = slot(service.times().body);
            (Some(feeder), Input::new(body))
        }
        false => (None, Input::empty()),
    };
    let answering = async {
        let response = service.answer(request, input).await;
        output.respond(response).await
    };
    tokio::select! {
        biased;
        finished = answering => match finished {
            Ok(finished) => Ended::Finished(finished),
            Err(error) => {
                tracing::debug!(target: "gateway", clause = "L3", "a response was not taken: {error}");
                Ended::ClientGone
            }
        },
        reason = feed(source, feeder) => {
            tracing::debug!(target: "gateway", clause = "L3", "an exchange is given up: {reason}");
            Ended::ClientGone
        }
    }
}

/// Hands the body to the app, and goes on looking whether the client leaves; the reason if it does.
async fn feed<S: Source>(source: &mut S, feeder: Option<Feeder>) -> String {
    let mut left = DRAINED;
    loop {
        if S::IS_LAZY {
            match &feeder {
                Some(feeder) if feeder.is_wanted().await => {}
                _ => return pending().await,
            }
        }
        match source.next().await {
            Incoming::Data(chunk) => {
                let length = chunk.len();
                let is_taken = match &feeder {
                    Some(feeder) => feeder.give(chunk).await,
                    None => false,
                };
                if !is_taken {
                    // I5: what nobody reads is taken, so that the front end goes on, within a bound.
                    match left.checked_sub(length) {
                        Some(rest) => left = rest,
                        None => return pending().await,
                    }
                }
            }
            Incoming::End => {
                if let Some(feeder) = &feeder {
                    feeder.end();
                }
                if S::IS_LAZY {
                    return pending().await;
                }
            }
            Incoming::Cut => {
                // I3: the app's read fails, and it may still answer.
                drop(feeder);
                return pending().await;
            }
            Incoming::Gone(reason) => return reason,
        }
    }
}

/// Listens on for a while after the last byte: a socket that is closed with bytes unread resets the
/// connection, and the front end may lose the response (I5).
pub(crate) async fn linger(reader: &mut (impl AsyncRead + Unpin)) {
    let reading = async {
        let mut space = [0; 8 * 1024];
        let mut left = DRAINED;
        while let Ok(read @ 1..) = reader.read(&mut space).await {
            left = match left.checked_sub(read) {
                Some(left) => left,
                None => return,
            };
        }
    };
    // Who goes on for longer than that is not waited for.
    let _ = timeout(LINGER, reading).await;
}
