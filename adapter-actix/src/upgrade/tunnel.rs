//! `Tunnel`: the body of a response that switches the protocol, and the task of the app's part.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::rt;
use actix_web::rt::task::JoinHandle;
use bytes::Bytes;
use futures_core::Stream as PayloadStream;
use gateway_core::{Duplex, Upgrade, bridge};

use super::slot::{Outgoing, Slot};
use super::stream::Stream;

/// The body of a response that switches.
pub(crate) struct Tunnel {
    slot: Slot,
    part: Part,
    /// The poll before an error is returned.
    has_paused: bool,
}

/// The app's part.
enum Part {
    /// The head was not written yet.
    Waiting(Box<Payload>, Upgrade),
    Running(JoinHandle<()>),
    /// The app has ended its direction. Its task runs on alone.
    Over,
}

impl Tunnel {
    pub(crate) fn new(payload: Box<Payload>, upgrade: Upgrade) -> Self {
        Self {
            slot: Slot::default(),
            part: Part::Waiting(payload, upgrade),
            has_paused: false,
        }
    }

    /// Begins the app's part.
    #[cold]
    fn begin(&mut self) {
        match std::mem::replace(&mut self.part, Part::Over) {
            Part::Waiting(payload, upgrade) => {
                let task = run(*payload, upgrade, self.slot.clone());
                self.part = Part::Running(rt::spawn(task));
            }
            part => self.part = part,
        }
    }
}

impl MessageBody for Tunnel {
    type Error = Aborted;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Aborted>>> {
        let this = self.get_mut();
        // U6: actix has written the head before it first polls a body.
        if matches!(this.part, Part::Waiting(..)) {
            this.begin();
        }
        match ready!(this.slot.poll_take(cx)) {
            Outgoing::Bytes(bytes) => Poll::Ready(Some(Ok(bytes))),
            Outgoing::End => {
                this.part = Part::Over;
                Poll::Ready(None)
            }
            // actix drops unsent bytes when a body fails, and sends them when a body is pending.
            Outgoing::Abort if !this.has_paused => {
                this.has_paused = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Outgoing::Abort => Poll::Ready(Some(Err(Aborted))),
        }
    }
}

/// The connection is gone, or cut.
impl Drop for Tunnel {
    fn drop(&mut self) {
        self.slot.abandon();
        if let Part::Running(task) = &self.part {
            task.abort();
        }
    }
}

/// Runs the app's part, and pumps the payload into it.
async fn run(payload: Payload, upgrade: Upgrade, slot: Slot) {
    let mut ending = Ending {
        slot: slot.clone(),
        is_ok: false,
    };
    let (reader, mut pump) = bridge::open_reader(Incoming(payload));
    let mut running = pin!(upgrade.run(Duplex::new(Stream::new(reader, slot))));
    let result = poll_fn(|cx| pump.drive(cx, |cx| running.as_mut().poll(cx))).await;
    ending.is_ok = result.is_ok();
}

/// Tells the body how the app's part has ended, also after a panic of a destructor.
struct Ending {
    slot: Slot,
    is_ok: bool,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if self.is_ok {
            self.slot.end();
        } else {
            self.slot.fail();
        }
    }
}

/// The payload of a tunnel. actix reports an incomplete body whenever a client ends a tunnel; that
/// is the end of the stream (U8, U15).
struct Incoming(Payload);

impl PayloadStream for Incoming {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(Pin::new(&mut self.0).poll_next(cx)) {
            Some(Err(PayloadError::Incomplete(_))) => None,
            item => item,
        })
    }
}

/// The app's part has failed (U9). The driver has logged it already.
#[derive(Debug)]
pub(crate) struct Aborted;

impl fmt::Display for Aborted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the app failed on an upgraded stream; the connection is closed")
    }
}

impl std::error::Error for Aborted {}
