//! The answer that is there already.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::{Method, Response, Version};

use super::facts::Facts;
use super::guard::{Claimed, Guard};
use super::outgoing::Outgoing;
use super::peek::{Peek, Peeked};
use super::run::Ready;
use super::{failure, finish};
use crate::body::Repr;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::panicked::catch;
use crate::start_response::StartResponse;
use crate::try_into_response::TryIntoResponse;

/// Answers a request with a value that a host's own handler returns, as a gateway would: the
/// defaults of [`TryIntoResponse`], the pages of errors, checked headers (S5 to S9), no body where HTTP
/// has none (B6, B7), a body held to its declared length (B5).
///
/// There is nobody to wait for the first chunk of a stream. One that is not there at once does not
/// hold the head back, as after a flush; an error in its place becomes a 500 only if it is there at
/// once (B1).
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
    let facts = Facts::new(method, version);
    let exchange = Arc::<Exchange>::default();
    let pool = Arc::default();
    let start_response = StartResponse::new(exchange.clone());
    let guard = Guard::new(Claimed::new(exchange), &pool);
    // B9: the value is the app's.
    let body = catch(|| start_response.send(value.try_into_response()?));
    drop(start_response);
    let ready = match body {
        Ok(Ok(body)) => ask_once(body.0, guard.exchange(), facts),
        Ok(Err(error)) => Err(error),
        Err(panicked) => Err(panicked.into()),
    };
    match ready {
        Ok(ready) => finish::respond(guard, ready, facts),
        Err(error) => failure::page(error, facts, guard.exchange()),
    }
}

/// Asks a body once. Whoever it registers for a wake is asked again by the host.
fn ask_once(body: Repr, exchange: &Exchange, facts: Facts) -> Result<Ready, Error> {
    match body {
        Repr::Full(bytes) => Ok(Ready::buffered(bytes)),
        Repr::Stream { frames, .. } => {
            let mut peeked = Peeked::new(frames, true)?;
            let mut cx = Context::from_waker(Waker::noop());
            let peek = match peeked.poll(&mut cx, exchange, facts) {
                Poll::Ready(peek) => peek?,
                // So many empty chunks that others should run first.
                Poll::Pending => Peek::Committable(None),
            };
            Ok(Ready::stream(peeked, peek))
        }
    }
}
