//! An `OnUpgrade` of hyper's, for services that take one, on any host (U13).
//!
//! Nothing but a connection of hyper's server makes an `OnUpgrade`. So there is one, over a stream that
//! says a request made up for it. hyper's own 101 is swallowed, and from then on the stream is the
//! host's: no byte is copied on the way.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use gateway_core::{Duplex, Error};
use http::{Request, Response, StatusCode, header};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: a\r\n\r\n";

type Connection = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// What an `OnUpgrade` waits for. When it is dropped, the `OnUpgrade` fails.
pub(crate) struct Minted {
    connection: Connection,
    shared: Arc<Mutex<Shared>>,
}

/// What the stream of the service and the app's part of the switch have in common.
#[derive(Default)]
struct Shared {
    /// The host's stream, once the switch is run.
    stream: Option<Duplex>,
    /// The switch is run.
    is_run: bool,
    /// One of the two is gone.
    is_over: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    runner: Option<Waker>,
}

/// Makes an `OnUpgrade`, and what feeds it. `None` if hyper has given none.
pub(crate) fn mint() -> Option<(OnUpgrade, Minted)> {
    let shared = Arc::<Mutex<Shared>>::default();
    let found = Arc::<Mutex<Option<OnUpgrade>>>::default();
    let (accepted, put) = (shared.clone(), found.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        *lock(&put) = request.extensions_mut().remove::<OnUpgrade>();
        let shared = accepted.clone();
        async move {
            poll_fn(|cx| poll_accepted(&shared, cx)).await;
            Response::builder()
                .status(StatusCode::SWITCHING_PROTOCOLS)
                .header(header::CONNECTION, "upgrade")
                .header(header::UPGRADE, "a")
                .body(Empty::<Bytes>::new())
        }
    });
    let stream = Stub {
        request: REQUEST,
        end_of_head: 0,
        shared: shared.clone(),
    };
    let connection = http1::Builder::new().serve_connection(stream, service);
    let mut connection: Connection = Box::pin(connection.with_upgrades());
    // One poll takes hyper as far as the service.
    let polled = connection
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    let on_upgrade = lock(&found).take()?;
    polled
        .is_pending()
        .then_some((on_upgrade, Minted { connection, shared }))
}

fn poll_accepted(shared: &Mutex<Shared>, cx: &mut Context<'_>) -> Poll<()> {
    let mut shared = lock(shared);
    if shared.is_run {
        return Poll::Ready(());
    }
    shared.runner = Some(cx.waker().clone());
    Poll::Pending
}

impl Minted {
    /// Gives the stream to the service, which has accepted, and ends when the service has dropped it.
    ///
    /// # Errors
    ///
    /// When hyper fails, which it does not on a stream that does not.
    pub(crate) async fn run(self, stream: Duplex) -> Result<(), Error> {
        let Self { connection, shared } = self;
        {
            let mut shared = lock(&shared);
            shared.stream = Some(stream);
            shared.is_run = true;
        }
        // When this is dropped, the service's part of the stream fails.
        let _over = Over(shared.clone());
        connection.await?;
        poll_fn(|cx| {
            let mut shared = lock(&shared);
            if shared.is_over {
                return Poll::Ready(());
            }
            shared.runner = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
        Ok(())
    }
}

/// Ends both parts when one of them is dropped: the stream goes back to the host.
struct Over(Arc<Mutex<Shared>>);

impl Drop for Over {
    fn drop(&mut self) {
        let mut shared = lock(&self.0);
        shared.is_over = true;
        let stream = shared.stream.take();
        let wakers = [
            shared.reader.take(),
            shared.writer.take(),
            shared.runner.take(),
        ];
        drop(shared);
        drop(stream);
        for waker in wakers.into_iter().flatten() {
            waker.wake();
        }
    }
}

/// The stream that hyper serves: first its request, and its 101 swallowed, then the host's stream.
struct Stub {
    request: &'static [u8],
    /// How much of the empty line that ends the head hyper has written: 4 bytes are all of it.
    end_of_head: u8,
    shared: Arc<Mutex<Shared>>,
}

impl Stub {
    fn is_switched(&self) -> bool {
        self.end_of_head == 4
    }

    /// Follows hyper's head, and tells how many of the bytes belong to it.
    fn swallow(&mut self, bytes: &[u8]) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            self.end_of_head = match (self.end_of_head, byte) {
                (0 | 2, b'\r') | (1 | 3, b'\n') => self.end_of_head + 1,
                (_, b'\r') => 1,
                _ => 0,
            };
            if self.is_switched() {
                return at + 1;
            }
        }
        bytes.len()
    }

    /// Asks the host's stream. Who has to wait is also woken when the other part is gone.
    fn poll_stream<T>(
        &self,
        cx: &mut Context<'_>,
        place: impl FnOnce(&mut Shared) -> &mut Option<Waker>,
        poll: impl FnOnce(&mut Duplex, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let mut shared = lock(&self.shared);
        let Some(stream) = &mut shared.stream else {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        };
        let polled = poll(stream, cx);
        if polled.is_pending() {
            let place = place(&mut shared);
            if !place
                .as_ref()
                .is_some_and(|waker| waker.will_wake(cx.waker()))
            {
                *place = Some(cx.waker().clone());
            }
        }
        polled
    }
}

impl Read for Stub {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.request.is_empty() {
            let length = this.request.len().min(buffer.remaining());
            let (said, rest) = this.request.split_at(length);
            buffer.put_slice(said);
            this.request = rest;
            return Poll::Ready(Ok(()));
        }
        // hyper must not take the client's first bytes for a request.
        if !this.is_switched() {
            return Poll::Pending;
        }
        this.poll_stream(
            cx,
            |shared| &mut shared.reader,
            |stream, cx| Read::poll_read(Pin::new(stream), cx, buffer),
        )
    }
}

impl Write for Stub {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.is_switched() {
            return Poll::Ready(Ok(this.swallow(bytes)));
        }
        this.poll_stream(
            cx,
            |shared| &mut shared.writer,
            |stream, cx| stream.poll_write(cx, bytes),
        )
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_switched() {
            return Poll::Ready(Ok(()));
        }
        self.poll_stream(cx, |shared| &mut shared.writer, Duplex::poll_flush)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_switched() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_stream(cx, |shared| &mut shared.writer, Duplex::poll_shutdown))?;
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        drop(Over(self.shared.clone()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u13_an_on_upgrade_fails_when_nothing_is_switched() {
        let (on_upgrade, minted) = mint().unwrap();
        let mut on_upgrade = std::pin::pin!(on_upgrade);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(on_upgrade.as_mut().poll(&mut cx).is_pending());
        drop(minted);
        assert!(matches!(on_upgrade.poll(&mut cx), Poll::Ready(Err(_))));
    }

    #[test]
    fn hyper_s_head_is_swallowed_to_its_end() {
        let mut stub = Stub {
            request: b"",
            end_of_head: 0,
            shared: Arc::default(),
        };
        assert_eq!(stub.swallow(b"HTTP/1.1 101\r\nx: y\r\n\r"), 21);
        assert!(!stub.is_switched());
        assert_eq!(stub.swallow(b"\nbytes"), 1);
        assert!(stub.is_switched());
    }
}
