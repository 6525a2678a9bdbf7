//! Runs an actix application's WebSocket on the stream of a switch.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::{Body, Duplex, Error};
use http_body::Body as _;
use tokio::sync::mpsc;

use super::foreign_body::ForeignBody;

/// How much is read from the client at once, in bytes.
const READ_SIZE: usize = 8 * 1024;

/// The right to switch, until the application has answered. When it is dropped, the application's
/// payload ends.
pub(crate) struct Switch {
    protocol: &'static str,
    payload: mpsc::Sender<Bytes>,
    has_made_key: bool,
}

impl Switch {
    pub(crate) fn new(
        protocol: &'static str,
        payload: mpsc::Sender<Bytes>,
        has_made_key: bool,
    ) -> Self {
        Self {
            protocol,
            payload,
            has_made_key,
        }
    }

    /// True if the handshake has a key that the client has not sent.
    pub(crate) fn has_made_key(&self) -> bool {
        self.has_made_key
    }

    /// The body of a switch, on whose stream the application's body is sent.
    pub(crate) fn body(self, body: ForeignBody) -> Body {
        let Self {
            protocol, payload, ..
        } = self;
        Body::upgrade(protocol, move |stream| run(stream, payload, body))
    }
}

/// Passes bytes both ways until the application's body ends.
async fn run(stream: Duplex, payload: mpsc::Sender<Bytes>, body: ForeignBody) -> Result<(), Error> {
    let stream = Mutex::new(stream);
    let mut reading = Some(Box::pin(read(&stream, payload)));
    let mut writing = pin!(write(&stream, body));
    poll_fn(|cx| {
        if let Some(future) = &mut reading
            && future.as_mut().poll(cx).is_ready()
        {
            reading = None;
        }
        writing.as_mut().poll(cx)
    })
    .await
}

/// Passes the client's bytes to the application. At their end, and when the stream fails, the
/// application's payload ends.
async fn read(stream: &Mutex<Duplex>, payload: mpsc::Sender<Bytes>) {
    let mut buffer = vec![0; READ_SIZE];
    // The application has room first, so what is read is never held here.
    while let Ok(room) = payload.reserve().await {
        match poll_fn(|cx| lock(stream).poll_read(cx, &mut buffer)).await {
            Ok(read) if read > 0 => room.send(Bytes::copy_from_slice(&buffer[..read])),
            _ => return,
        }
    }
}

/// Sends the application's body.
///
/// # Errors
///
/// When the body fails, and when the client has left.
async fn write(stream: &Mutex<Duplex>, body: ForeignBody) -> Result<(), Error> {
    let mut body = pin!(body);
    let mut is_flushed = true;
    loop {
        let frame = poll_fn(|cx| {
            let frame = body.as_mut().poll_frame(cx);
            if frame.is_pending() && !is_flushed {
                is_flushed = flush(&mut lock(stream), cx);
            }
            frame
        });
        let chunk = match frame.await {
            Some(frame) => frame?.into_data(),
            None => break,
        };
        is_flushed = false;
        let mut left = chunk.unwrap_or_default();
        while !left.is_empty() {
            match poll_fn(|cx| lock(stream).poll_write(cx, &left)).await {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(written) => drop(left.split_to(written)),
                Err(error) => return Err(error.into()),
            }
        }
    }
    let _: io::Result<()> = poll_fn(|cx| lock(stream).poll_shutdown(cx)).await;
    Ok(())
}

/// True if all was sent. An error is seen by the next write.
fn flush(stream: &mut Duplex, cx: &mut Context<'_>) -> bool {
    !matches!(stream.poll_flush(cx), Poll::Pending)
}

/// Both directions are polled by one task, so nobody waits for the lock.
fn lock(stream: &Mutex<Duplex>) -> MutexGuard<'_, Duplex> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}
