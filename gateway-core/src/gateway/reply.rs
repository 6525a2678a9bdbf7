//! `reply`: converts what a handler of the host's own framework returns into the response that a
//! gateway would give to the host.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::{Method, Response, Version};

use super::app_body::AppBody;
use super::await_commit::{Committable, Uncommitted};
use super::call::Ready;
use super::commit::{commit, commit_error};
use super::outgoing::Outgoing;
use super::request_kind::RequestKind;
use crate::body::Repr;
use crate::error::Error;
use crate::exchange::{Exchange, Owner};
use crate::panicked::catch;
use crate::start_response::StartResponse;
use crate::try_into_response::TryIntoResponse;

/// Answers a request with a value that a host's own handler returns, as a gateway would: with the
/// defaults of [`TryIntoResponse`], the pages of errors, checked headers (S5 to S9), no body where
/// HTTP has none (B6, B7), and a body that is held to its declared length (B5).
///
/// It cannot wait for the first chunk of a stream. If the chunk is not ready at once, the head is
/// sent first, as after an early commit. An error instead of the chunk becomes a 500 only if it is
/// ready at once (B1).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{Body, HttpError, reply};
/// use http::{Method, Version};
///
/// let response = reply(("one", 201), &Method::GET, Version::HTTP_11);
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
/// assert_eq!(Body::new(response.into_body()).bytes().await?, "one");
///
/// let response = reply(HttpError::not_found(), &Method::HEAD, Version::HTTP_11);
/// assert_eq!(response.status(), 404);
/// assert!(Body::new(response.into_body()).bytes().await?.is_empty());
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub fn reply(value: impl TryIntoResponse, method: &Method, version: Version) -> Response<Outgoing> {
    let kind = RequestKind::new(method, version);
    let exchange = Arc::<Exchange>::default();
    let start_response = StartResponse::new(exchange.clone());
    let owner = Owner::new(exchange);
    // B9: code of the app makes the response, and may panic.
    let body = catch(|| start_response.send_own(value.try_into_response()?));
    drop(start_response);
    let ready = match body {
        Ok(Ok(body)) => ask_once(body.0, owner.exchange(), kind),
        Ok(Err(error)) => Err(error),
        Err(panicked) => Err(panicked.into()),
    };
    match ready {
        Ok(ready) => commit(owner, ready, kind),
        Err(error) => commit_error(owner, error, kind),
    }
}

/// Polls a body once. The host polls it again when it is woken.
fn ask_once(body: Repr, exchange: &Exchange, kind: RequestKind) -> Result<Ready, Error> {
    match body {
        Repr::Full(bytes) => Ok(Ready::buffered(bytes)),
        Repr::Stream { frames, .. } if frames.switch().is_some() => {
            Ok(Ready::Switch(AppBody::new(frames)))
        }
        Repr::Stream { frames, .. } => {
            let mut stream = Uncommitted::new(frames, true)?;
            let mut cx = Context::from_waker(Waker::noop());
            let committable = match stream.poll(&mut cx, exchange, kind) {
                Poll::Ready(committable) => committable?,
                // So many empty chunks that other tasks should run first.
                Poll::Pending => Committable::With(None),
            };
            Ok(Ready::stream(stream, committable))
        }
    }
}
