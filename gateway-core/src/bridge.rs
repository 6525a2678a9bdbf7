//! A bridge for hosts that keep a request on one thread. The request body is not [`Send`] and stays
//! there. The app reads it from any thread through an [`Input`], which is [`Send`].
//!
//! A thread-per-core host (actix-web, ntex, monoio, compio) hands its adapter a payload that must
//! not leave its thread. An app may read its input anywhere: in its own future, in a spawned task,
//! in a blocking thread. The bridge connects the two. It needs no task and no channel, and it holds
//! at most one chunk:
//!
//! - [`open`] takes the payload and gives an [`Input`] for the environ and a [`Pump`].
//! - The adapter keeps the pump, which owns the payload, beside the gateway's future, and later
//!   beside the response's body. It polls both through [`Pump::drive`].
//! - The pump reads a chunk only when the app waits for one (the other half of B3): an app that
//!   does not read stops the host's connection, which stops the client.
//!
//! For a stream after a switch of protocols, [`open_reader`] gives the app's end without an input
//! around it.
//!
//! # Who wakes whom
//!
//! - The app waits for a chunk: the *wish* appears. The pump's task is woken once, when the wish
//!   appears, and not again while it stands. It is not woken at all for a wish that appears within
//!   [`Pump::drive`], since `drive` looks for one before it returns.
//! - A wish stands and the payload has nothing: the payload's own waker wakes the pump's task, as
//!   for any stream.
//! - A chunk is there for a wish of an earlier call: the app is polled. The reader is woken
//!   afterwards if that poll did not reach it, because then it is elsewhere.
//! - A chunk is there for a wish that appeared in this call: a reader with the waker of the pump's
//!   own task is asked again within the same `drive`, and another one is woken.
//! - The pump is dropped: the reader is woken, and its read fails (I3).
//! - The input is dropped: nobody is woken. The payload is not read any more.
//!
//! An app may read its input under a waker of its own, as `select`, `join` and tungstenite do. That
//! costs no wake-up for a chunk that it waited for, and none while the client is silent.
//!
//! # What the adapter owes
//!
//! - Poll the gateway's future and the response's body through `drive`, as long as the pump is
//!   there. A body that is polled directly starves a reader that waits elsewhere.
//! - Keep the pump until the response has ended. An app may echo its input.
//! - Decide what becomes of a body that nobody reads (I5): [`Pump::poll_drain`] reads and drops it
//!   within a bound. Otherwise the connection closes.
//!
//! # Examples
//!
//! A host that keeps everything on one thread, with a payload made of `Rc`:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use std::cell::RefCell;
//! use std::collections::VecDeque;
//! use std::future::poll_fn;
//! use std::io;
//! use std::pin::{Pin, pin};
//! use std::rc::Rc;
//! use std::task::Poll;
//!
//! use bytes::Bytes;
//! use gateway_core::{App, BoxError, Environ, Error, Gateway, bridge, view};
//! use http::Request;
//! use http_body::Body;
//!
//! // The host's side of a connection. It is neither `Send` nor `Sync`.
//! type Payload = Rc<RefCell<VecDeque<Bytes>>>;
//!
//! /// One request, from its head and payload to the status and the bytes of its response.
//! async fn serve<A: App>(
//!     gateway: &Gateway<A>,
//!     request: Request<Payload>,
//! ) -> Result<(http::StatusCode, Vec<u8>), BoxError> {
//!     let (parts, payload) = request.into_parts();
//!     // A host's payload that is a `Stream` goes to `bridge::open` as it is.
//!     let (input, mut pump) = bridge::open_fn(move |_cx| {
//!         // A payload that waits keeps `_cx.waker()` and returns `Poll::Pending`.
//!         Poll::Ready(payload.borrow_mut().pop_front().map(Ok::<_, io::Error>))
//!     });
//!
//!     let environ = gateway.environ(parts, input);
//!     let mut driven = pin!(gateway.handle(environ));
//!     let response = poll_fn(|cx| pump.drive(cx, |cx| driven.as_mut().poll(cx))).await;
//!
//!     let (head, mut body) = response.into_parts();
//!     let mut out = Vec::new();
//!     loop {
//!         let frame = poll_fn(|cx| pump.drive(cx, |cx| Pin::new(&mut body).poll_frame(cx)));
//!         match frame.await {
//!             Some(frame) => {
//!                 if let Ok(data) = frame?.into_data() {
//!                     out.extend_from_slice(&data);
//!                 }
//!             }
//!             None => break,
//!         }
//!     }
//!     // I5: what the app left unread. Here 64 KiB are dropped, and more would close the connection.
//!     let mut budget = 64 * 1024;
//!     let _is_drained = poll_fn(|cx| pump.poll_drain(cx, &mut budget)).await;
//!     Ok((head.status, out))
//! }
//!
//! async fn echo(mut environ: Environ) -> Result<Bytes, Error> {
//!     Ok(environ.take_input().bytes(1024).await?)
//! }
//!
//! let gateway = Gateway::new(view(echo));
//! let payload = Payload::default();
//! payload.borrow_mut().extend(["over ", "the bridge"].map(Bytes::from));
//! let request = Request::post("/").body(payload)?;
//! let (status, body) = serve(&gateway, request).await?;
//! assert_eq!(status, 200);
//! assert_eq!(body, b"over the bridge");
//! # Ok::<(), BoxError>(())
//! # }).unwrap();
//! ```

mod pump;
mod reader;
mod slot;

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use crate::error::BoxError;
use crate::input::Input;

pub use pump::Pump;
pub use reader::{Abandoned, Reader};

/// Opens a bridge: the [`Input`] for the app, and the [`Pump`] that fills it from `payload`.
///
/// The payload may be any stream of bytes, `Send` or not. It has no trailers, so an app on such a
/// host sees none (I7). The environ holds it to the declared length (I1). It is not polled again
/// after its end or its first error.
///
/// # Cancellation
///
/// Dropping the pump drops the payload; a reader gets an [`Abandoned`] error. Dropping the input
/// leaves the payload with the pump, for [`Pump::poll_drain`].
pub fn open<S, E>(payload: S) -> (Input, Pump<S>)
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<BoxError>,
{
    let (reader, pump) = Pump::new(payload);
    (Input::new(reader), pump)
}

/// As [`open`], for the incoming half of a stream after a switch of protocols: gives the reader
/// itself, for a [`DuplexIo`](crate::DuplexIo) of the host. Nothing is held to a length there, so an
/// input around it would have nothing to do.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::future::poll_fn;
/// use std::io;
/// use std::pin::{Pin, pin};
///
/// use bytes::Bytes;
/// use futures_core::Stream;
/// use gateway_core::bridge;
///
/// let chunks = [Ok::<_, io::Error>(Bytes::from("ping"))];
/// let (mut reader, mut pump) = bridge::open_reader(futures_util::stream::iter(chunks));
/// let mut read = pin!(poll_fn(|cx| Pin::new(&mut reader).poll_next(cx)));
/// let chunk = poll_fn(|cx| pump.drive(cx, |cx| read.as_mut().poll(cx))).await;
/// assert_eq!(chunk.transpose()?.as_deref(), Some(&b"ping"[..]));
/// # Ok::<(), gateway_core::BoxError>(())
/// # }).unwrap();
/// ```
pub fn open_reader<S, E>(payload: S) -> (Reader, Pump<S>)
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<BoxError>,
{
    Pump::new(payload)
}

/// As [`open`], for hosts that have a function to poll instead of a stream.
pub fn open_fn<F, E>(poll: F) -> (Input, Pump<PollFn<F>>)
where
    F: FnMut(&mut Context<'_>) -> Poll<Option<Result<Bytes, E>>> + Unpin,
    E: Into<BoxError>,
{
    open(PollFn(poll))
}

/// A function as a stream; made by [`open_fn`].
#[derive(Clone, Copy)]
pub struct PollFn<F>(F);

impl<F, E> Stream for PollFn<F>
where
    F: FnMut(&mut Context<'_>) -> Poll<Option<Result<Bytes, E>>> + Unpin,
{
    type Item = Result<Bytes, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        (self.get_mut().0)(cx)
    }
}

impl<F> std::fmt::Debug for PollFn<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PollFn")
            .field(&std::any::type_name::<F>())
            .finish()
    }
}
