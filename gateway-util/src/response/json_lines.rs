//! `JsonLines`: a stream of JSON values, one per line.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use gateway_core::{Body, BoxError, Error, Response, TryIntoResponse};
use http::{HeaderValue, header};
use pin_project_lite::pin_project;
use serde::Serialize;

/// A stream of values as a return value: `application/x-ndjson`, a line of JSON for each.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::TryIntoResponse;
/// use gateway_util::JsonLines;
///
/// let rows = [Ok::<_, std::io::Error>(["a", "b"]), Ok(["c", "d"])];
/// let response = JsonLines::new(futures_util::stream::iter(rows)).try_into_response()?;
/// assert_eq!(response.headers()["content-type"], "application/x-ndjson");
/// assert_eq!(response.into_body().bytes().await?, "[\"a\",\"b\"]\n[\"c\",\"d\"]\n");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "ndjson")]
#[must_use = "values are sent when the stream is returned"]
pub struct JsonLines<S>(S);

impl<S, T, E> JsonLines<S>
where
    S: Stream<Item = Result<T, E>> + Send + 'static,
    T: Serialize,
    E: Into<BoxError>,
{
    /// A stream of values. The response ends with the stream. It is aborted by an error of the
    /// stream and by a value that cannot be written as JSON.
    pub fn new(values: S) -> Self {
        Self(values)
    }
}

impl<S, T, E> TryIntoResponse for JsonLines<S>
where
    S: Stream<Item = Result<T, E>> + Send + 'static,
    T: Serialize,
    E: Into<BoxError>,
{
    fn try_into_response(self) -> Result<Response, Error> {
        let mut response = Response::new(Body::from_stream(Lines { values: self.0 }));
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-ndjson"),
        );
        Ok(response)
    }
}

impl<S> fmt::Debug for JsonLines<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonLines")
    }
}

pin_project! {
    struct Lines<S> {
        #[pin]
        values: S,
    }
}

impl<S, T, E> Stream for Lines<S>
where
    S: Stream<Item = Result<T, E>>,
    T: Serialize,
    E: Into<BoxError>,
{
    type Item = Result<Bytes, BoxError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let value = ready!(self.project().values.poll_next(cx));
        Poll::Ready(value.map(|value| {
            let mut line = serde_json::to_vec(&value.map_err(Into::into)?)?;
            line.push(b'\n');
            Ok(line.into())
        }))
    }
}
