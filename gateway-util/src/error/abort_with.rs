//! `abort_with`: ends a view early with any return value.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gateway_core::{Body, HttpError, TryIntoResponse};

/// Ends a view early with any return value: `abort_with(redirect("/login"))?`. Werkzeug's
/// `abort(response)`.
///
/// The body must be in memory, or know its length and be ready at once; a stream becomes a 500.
/// So does a value that cannot be a response. A value that is an `HttpError` is raised itself.
///
/// # Errors
///
/// Always, so that `?` leaves the view.
///
/// # Examples
///
/// ```
/// use gateway_core::HttpError;
/// use gateway_util::{abort_with, redirect};
///
/// fn greet(user: Option<&str>) -> Result<String, HttpError> {
///     let Some(user) = user else {
///         match abort_with(redirect("/login"))? {}
///     };
///     Ok(format!("Hello, {user}!"))
/// }
///
/// assert_eq!(greet(None).map_err(|error| error.status().as_u16()), Err(303));
/// ```
#[doc(alias = "abort")]
pub fn abort_with(answer: impl TryIntoResponse) -> Result<Infallible, HttpError> {
    Err(match answer.try_into_response() {
        Ok(response) => {
            let (parts, body) = response.into_parts();
            match at_hand(body) {
                Some(bytes) => HttpError::from_response(http::Response::from_parts(parts, bytes)),
                None => HttpError::internal_server_error().with_source(Streams),
            }
        }
        Err(error) => error.downcast().unwrap_or_else(|error| {
            HttpError::internal_server_error().with_source(error.into_boxed())
        }),
    })
}

/// The bytes of a body that is in memory. A body of a component for hyper (`Full<Bytes>`, say) does
/// not show that, but it knows its length and has all of it ready at the first poll.
fn at_hand(body: Body) -> Option<Bytes> {
    if let Some(bytes) = body.buffered() {
        return Some(bytes);
    }
    body.known_len()?;
    match pin!(body.bytes()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(bytes) => bytes.ok(),
        Poll::Pending => None,
    }
}

#[derive(Debug)]
struct Streams;

impl fmt::Display for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a view was aborted with a stream, which cannot be the body of an error")
    }
}

impl StdError for Streams {}
