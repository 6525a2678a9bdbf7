//! Switches of protocols: what is offered, and the stream behind a 101.

use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker, ready};

use bytes::{Buf as _, Bytes};
use gateway_core::{Duplex, DuplexIo, Environ, Outgoing, Upgrade};
use http::{HeaderMap, HeaderValue, Method};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::tcp::OwnedWriteHalf;

use crate::fault::Fault;
use crate::request::Reader;
use crate::response;

/// What is drained of a client that goes on sending (I5).
const DRAINED: usize = 4_000_000;

/// Offers what the request offers.
pub(crate) fn offer(environ: &mut Environ, fault: Option<Fault>) {
    let upgrade = environ.headers_mut().get("upgrade").cloned();
    match fault {
        Some(Fault::OffersNothing) => {}
        Some(Fault::OffersTheFirstOnly) => {
            let mut is_first = true;
            environ.offer_upgrades(|_| std::mem::replace(&mut is_first, false));
        }
        Some(Fault::ComparesOffersByCase) => {
            environ.offer_upgrades(|protocol| protocol == protocol.to_lowercase());
        }
        Some(Fault::TidiesOffers) => {
            let tidied = upgrade.iter().flat_map(HeaderValue::to_str);
            let tidied: String = tidied.map(|value| value.replace([' ', '"'], "")).collect();
            offer_as(environ, |headers| {
                if headers.contains_key("upgrade") && headers.get_all("upgrade").iter().count() == 1
                {
                    headers.insert("upgrade", HeaderValue::from_str(&tidied).unwrap());
                }
            });
        }
        Some(Fault::TakesUpgradeAlone) => offer_as(environ, |headers| {
            headers.insert("connection", HeaderValue::from_static("upgrade"));
        }),
        Some(Fault::InventsOffers) if environ.request_method() == Method::GET => {
            offer_as(environ, |headers| {
                headers.insert("connection", HeaderValue::from_static("upgrade"));
                let invented = HeaderValue::from_static("suite-other, websocket");
                headers.append("upgrade", invented);
            });
        }
        Some(Fault::OffersBesideBodies) => offer_as(environ, |headers| {
            headers.remove("content-length");
            headers.remove("transfer-encoding");
        }),
        Some(Fault::OffersWebSocketToAll) => {
            let method = environ.request_method().clone();
            environ.set_request_method(Method::GET);
            environ.offer_upgrades(|_| true);
            environ.set_request_method(method);
        }
        _ => environ.offer_upgrades(|_| true),
    }
}

/// Offers by another head than the app sees.
fn offer_as(environ: &mut Environ, change: impl FnOnce(&mut HeaderMap)) {
    let headers = environ.headers_mut().clone();
    change(environ.headers_mut());
    environ.offer_upgrades(|_| true);
    *environ.headers_mut() = headers;
}

/// Sends the head of the switch, runs the app's part, and ends the stream.
pub(crate) async fn serve(
    mut reader: Reader,
    mut writer: OwnedWriteHalf,
    answer: http::Response<Outgoing>,
    upgrade: Upgrade,
    fault: Option<Fault>,
) {
    let (mut parts, _) = answer.into_parts();
    match fault {
        Some(Fault::NoUpgradeOn101) => drop(parts.headers.remove("upgrade")),
        Some(Fault::LengthOn101) => {
            parts
                .headers
                .insert("content-length", HeaderValue::from_static("0"));
        }
        Some(Fault::TypeOn101) => {
            let html = HeaderValue::from_static("text/html");
            parts.headers.insert("content-type", html);
        }
        Some(Fault::LosesEarlyBytes) => reader.buffer.clear(),
        _ => {}
    }
    let mut head = response::latin1(&response::head_of(101, &parts.headers, fault));
    head.extend_from_slice(b"\r\n");
    if fault != Some(Fault::WritesBeforeTheHead) {
        if writer.write_all(&head).await.is_err() {
            return;
        }
        head.clear();
    }
    let blocked = Arc::<Blocked>::default();
    let stream = TunnelIo {
        reader,
        writer: Some(writer),
        head,
        held: VecDeque::new(),
        has_read_end: false,
        drained: 0,
        is_closed: false,
        blocked: blocked.clone(),
        fault,
    };
    let mut running = pin!(upgrade.run(Duplex::new(stream)));
    let _ = std::future::poll_fn(|cx| {
        if fault == Some(Fault::PollsWithTheClient) && blocked.is_blocked(cx) {
            return Poll::Pending;
        }
        running.as_mut().poll(cx)
    })
    .await;
}

/// Whether a write waits for the client.
#[derive(Default)]
struct Blocked {
    is_blocked: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Blocked {
    fn is_blocked(&self, cx: &Context<'_>) -> bool {
        *self.task.lock().unwrap() = Some(cx.waker().clone());
        self.is_blocked.load(Ordering::SeqCst)
    }
}

impl Wake for Blocked {
    fn wake(self: Arc<Self>) {
        self.is_blocked.store(false, Ordering::SeqCst);
        if let Some(task) = self.task.lock().unwrap().take() {
            task.wake();
        }
    }
}

struct TunnelIo {
    reader: Reader,
    writer: Option<OwnedWriteHalf>,
    /// The head, if it was not written yet.
    head: Vec<u8>,
    /// What was written and not sent yet.
    held: VecDeque<Bytes>,
    has_read_end: bool,
    drained: usize,
    is_closed: bool,
    blocked: Arc<Blocked>,
    fault: Option<Fault>,
}

impl TunnelIo {
    fn holds(&self, bytes: &[u8]) -> bool {
        match self.fault {
            Some(Fault::BuffersWithoutBound) => true,
            Some(Fault::CutsFarewells) => bytes.len() < 64,
            _ => false,
        }
    }

    fn writer(&mut self) -> Pin<&mut OwnedWriteHalf> {
        Pin::new(self.writer.as_mut().unwrap())
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        // The runtime's waker is not this one: it only notes that there is room.
        self.blocked.is_blocked.store(true, Ordering::SeqCst);
        let waker = Waker::from(self.blocked.clone());
        let waker = match self.fault {
            Some(Fault::PollsWithTheClient) => &waker,
            _ => cx.waker(),
        };
        let mut cx = Context::from_waker(waker);
        let written = ready!(self.writer().poll_write(&mut cx, bytes));
        self.blocked.is_blocked.store(false, Ordering::SeqCst);
        Poll::Ready(written)
    }

    /// Sends what is held.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(held) = self.held.front().cloned() {
            let sent = ready!(self.poll_send(cx, &held))?;
            match self.held.front_mut() {
                Some(held) if sent < held.len() => held.advance(sent),
                _ => drop(self.held.pop_front()),
            }
        }
        while !self.head.is_empty() {
            let head = self.head.clone();
            let sent = ready!(self.poll_send(cx, &head))?;
            self.head.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_bytes(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.reader.buffer.is_empty() {
            let mut buffer = ReadBuf::new(buffer);
            ready!(Pin::new(&mut self.reader.socket).poll_read(cx, &mut buffer))?;
            return Poll::Ready(Ok(buffer.filled().len()));
        }
        let length = self.reader.buffer.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.reader.buffer.split_to(length));
        Poll::Ready(Ok(length))
    }
}

impl DuplexIo for TunnelIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.fault == Some(Fault::HalfDuplex) && this.blocked.is_blocked(cx) {
            return Poll::Pending;
        }
        let _ = this.poll_held(cx)?;
        let read = ready!(this.poll_bytes(cx, buffer));
        this.has_read_end = !matches!(read, Ok(1..));
        if this.fault == Some(Fault::ForgetsTheEnd) && this.has_read_end {
            return Poll::Pending;
        }
        Poll::Ready(read)
    }

    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.fault == Some(Fault::ClosesHalfClosedStreams) && self.has_read_end {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if self.holds(bytes) {
            self.held.push_back(Bytes::copy_from_slice(bytes));
            let _ = self.fault == Some(Fault::BuffersWithoutBound) && self.poll_held(cx).is_ready();
            return Poll::Ready(Ok(bytes.len()));
        }
        self.poll_send(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_held(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.fault == Some(Fault::IgnoresShutdown) {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_held(cx))?;
        self.writer().poll_shutdown(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.is_closed = true;
        if this.fault == Some(Fault::NeverEndsStreams) {
            std::mem::forget(this.writer.take());
            return Poll::Ready(Ok(()));
        }
        if this.fault != Some(Fault::CutsFarewells) {
            ready!(this.poll_held(cx))?;
        }
        ready!(this.writer().poll_shutdown(cx))?;
        if this.fault == Some(Fault::ClosesOnUnreadBytes) {
            return Poll::Ready(Ok(()));
        }
        let mut space = vec![0; 16 * 1024];
        while this.drained < DRAINED {
            match ready!(this.poll_bytes(cx, &mut space)) {
                Ok(0) | Err(_) => break,
                Ok(read) => this.drained += read,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for TunnelIo {
    fn drop(&mut self) {
        if self.fault == Some(Fault::KeepsFailedStreams) && !self.is_closed {
            std::mem::forget(self.writer.take());
        }
    }
}
