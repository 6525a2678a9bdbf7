//! `EventStream`: a response of server-sent events.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use gateway_core::{Body, BoxError, Error, Response, TryIntoResponse};
use http::{HeaderValue, header};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use super::Event;
use super::event_sender::{self, EventSender, PushedEvents};
use crate::tokio_context;

/// A stream of events as a return value: `text/event-stream`, not cached. Its head is sent
/// before the first event (B1).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::TryIntoResponse;
/// use gateway_util::{Event, EventError, EventStream};
///
/// let ticks = (1..3).map(|n| Event::data(format!("tick {n}")).id(n.to_string()));
/// let stream = EventStream::new(futures_util::stream::iter(ticks));
/// let response = stream.try_into_response()?;
/// assert_eq!(response.headers()["content-type"], "text/event-stream");
/// assert_eq!(
///     response.into_body().bytes().await?,
///     "id: 1\ndata: tick 1\n\nid: 2\ndata: tick 2\n\n",
/// );
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "Sse")]
#[doc(alias = "text/event-stream")]
#[must_use = "events are sent when the stream is returned"]
pub struct EventStream<S> {
    events: S,
    keep_alive: Option<(Duration, Bytes)>,
}

impl<S, E> EventStream<S>
where
    S: Stream<Item = Result<Event, E>> + Send + 'static,
    E: Into<BoxError>,
{
    /// A stream of events. The response ends with the stream. An error of the stream aborts it.
    pub fn new(events: S) -> Self {
        Self {
            events,
            keep_alive: None,
        }
    }

    /// Sends a comment when there was nothing to send for this long: for proxies that close quiet
    /// connections, and to detect that a client has gone (L3).
    ///
    /// It needs a tokio runtime with its time driver (`enable_time`); a stream without comments
    /// needs none. If the body is polled outside a runtime, the first wait is an error that says so
    /// (L7). On a runtime without the driver, tokio panics with a message.
    pub fn keep_alive(mut self, every: Duration) -> Self {
        // Without a pause, comments would never stop.
        let every = every.max(Duration::from_millis(1));
        self.keep_alive = Some((every, Event::comment("keep-alive").into()));
        self
    }
}

impl EventStream<PushedEvents> {
    /// A stream into which one or more tasks push events. It holds at most `capacity`
    /// events, and at least one: a sender waits while the client does not read.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::TryIntoResponse;
    /// use gateway_util::{Event, EventStream};
    ///
    /// let (sender, stream) = EventStream::channel(16);
    /// tokio::spawn(async move {
    ///     for n in 1..3 {
    ///         if sender.send(Event::data(format!("tick {n}"))).await.is_err() {
    ///             break;
    ///         }
    ///     }
    /// });
    /// let response = stream.try_into_response()?;
    /// assert_eq!(response.into_body().bytes().await?, "data: tick 1\n\ndata: tick 2\n\n");
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn channel(capacity: usize) -> (EventSender, Self) {
        let (sender, events) = event_sender::channel(capacity);
        (sender, Self::new(events))
    }
}

impl<S, E> TryIntoResponse for EventStream<S>
where
    S: Stream<Item = Result<Event, E>> + Send + 'static,
    E: Into<BoxError>,
{
    fn try_into_response(self) -> Result<Response, Error> {
        let body = Body::from_stream(KeepAlive {
            events: self.events,
            keep_alive: self.keep_alive,
            timer: None,
        });
        let mut response = Response::new(body.commit_early());
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        Ok(response)
    }
}

impl<S> fmt::Debug for EventStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field(
                "keep_alive",
                &self.keep_alive.as_ref().map(|(every, _)| every),
            )
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// The events as bytes, with comments between rare ones.
    struct KeepAlive<S> {
        #[pin]
        events: S,
        keep_alive: Option<(Duration, Bytes)>,
        timer: Option<Pin<Box<Sleep>>>,
    }
}

impl<S, E> Stream for KeepAlive<S>
where
    S: Stream<Item = Result<Event, E>>,
    E: Into<BoxError>,
{
    type Item = Result<Bytes, BoxError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        if let Poll::Ready(event) = this.events.poll_next(cx) {
            *this.timer = None;
            return Poll::Ready(event.map(|event| event.map(Bytes::from).map_err(Into::into)));
        }
        let Some((every, comment)) = this.keep_alive else {
            return Poll::Pending;
        };
        if let Err(error) = tokio_context::handle("`EventStream::keep_alive`") {
            return Poll::Ready(Some(Err(error.into())));
        }
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(*every)));
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        *this.timer = None;
        Poll::Ready(Some(Ok(comment.clone())))
    }
}
