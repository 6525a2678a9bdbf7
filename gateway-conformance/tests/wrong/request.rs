//! The reading half of a connection: heads, and bodies that the app reads.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version, request};
use http_body::{Body, Frame};
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::fault::Fault;

/// What a read of a head has room for, in bytes.
const READ_SIZE: usize = 16 * 1024;

pub(crate) struct Reader {
    pub(crate) socket: OwnedReadHalf,
    pub(crate) buffer: BytesMut,
}

impl Reader {
    /// The next head; `None` at the end of the connection.
    pub(crate) async fn head(&mut self) -> Option<Result<request::Parts, ()>> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            // Room for all that a client sends at once. `read_buf` makes room for 64 bytes
            // otherwise, and what comes behind a head is read or not, by the head's length.
            self.buffer.reserve(READ_SIZE);
            if self.socket.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        };
        let head = self.buffer.split_to(end);
        Some(parse(&head).ok_or(()))
    }
}

fn parse(head: &[u8]) -> Option<request::Parts> {
    let mut lines = head
        .split(|byte| *byte == b'\n')
        .map(|line| line.trim_ascii_end());
    let mut line = lines.next()?.split(|byte| *byte == b' ');
    let (method, target, version) = (line.next()?, line.next()?, line.next()?);
    let mut request = http::Request::new(());
    *request.method_mut() = Method::from_bytes(method).ok()?;
    *request.uri_mut() = Uri::try_from(target).ok()?;
    *request.version_mut() = match version {
        b"HTTP/1.0" => Version::HTTP_10,
        b"HTTP/1.1" => Version::HTTP_11,
        _ => return None,
    };
    for line in lines.take_while(|line| !line.is_empty()) {
        let colon = line.iter().position(|byte| *byte == b':')?;
        request.headers_mut().append(
            HeaderName::from_bytes(&line[..colon]).ok()?,
            HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?,
        );
    }
    // I2: one of them is a lie.
    let headers = request.headers();
    if headers.contains_key("transfer-encoding") && headers.contains_key("content-length") {
        return None;
    }
    Some(request.into_parts().0)
}

/// Where a body is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum At {
    Length(u64),
    ChunkHead,
    Chunk(u64),
    Trailers,
    End,
}

/// Whether there are bytes behind the head.
pub(crate) fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get("content-length");
    length.is_some_and(|length| length != "0") || headers.contains_key("transfer-encoding")
}

/// A request body. The reader goes back to the connection when the app is done with it.
pub(crate) struct RequestBody {
    reader: Option<Reader>,
    at: At,
    trailers: Option<HeaderMap>,
    /// Asks the connection for a 100 Continue, once.
    wanted: Option<mpsc::UnboundedSender<()>>,
    fault: Option<Fault>,
    back: Option<oneshot::Sender<(Reader, bool, bool)>>,
    /// Where the rest is drained: the app may drop the body where there is no runtime.
    runtime: Handle,
}

impl RequestBody {
    pub(crate) fn new(
        reader: Reader,
        headers: &HeaderMap,
        wanted: Option<mpsc::UnboundedSender<()>>,
        fault: Option<Fault>,
    ) -> (Self, oneshot::Receiver<(Reader, bool, bool)>) {
        let length = headers.get("content-length");
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        let at = match length {
            _ if headers.contains_key("transfer-encoding") => At::ChunkHead,
            None | Some(0) => At::End,
            Some(length) => At::Length(length),
        };
        let (back, receiver) = oneshot::channel();
        let body = Self {
            reader: Some(reader),
            at,
            trailers: None,
            wanted: wanted.filter(|_| at != At::End),
            fault,
            back: Some(back),
            runtime: Handle::current(),
        };
        (body, receiver)
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // I6: at the first read, and at no other.
        if let Some(wanted) = self.wanted.take()
            && self.fault != Some(Fault::NeverContinues)
        {
            let _ = wanted.send(());
        }
        let reader = self.reader.as_mut().unwrap();
        let mut space = [0; 16 * 1024];
        let mut space = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut reader.socket).poll_read(cx, &mut space))?;
        if space.filled().is_empty() {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        reader.buffer.extend_from_slice(space.filled());
        Poll::Ready(Ok(()))
    }

    /// The next piece that is in the buffer; `None` if more has to be read.
    fn take(&mut self) -> Option<Frame<Bytes>> {
        let buffer = &mut self.reader.as_mut().unwrap().buffer;
        loop {
            match self.at {
                At::Length(left) | At::Chunk(left) if left > 0 && !buffer.is_empty() => {
                    let size = buffer.len().min(usize::try_from(left).unwrap());
                    let data = buffer.split_to(size).freeze();
                    let left = left - size as u64;
                    self.at = match self.at {
                        At::Length(_) if left == 0 => At::End,
                        At::Length(_) => At::Length(left),
                        _ => At::Chunk(left),
                    };
                    return Some(Frame::data(data));
                }
                At::Chunk(0) if buffer.len() >= 2 => {
                    buffer.advance(2);
                    self.at = At::ChunkHead;
                }
                At::ChunkHead => {
                    let end = buffer.iter().position(|byte| *byte == b'\n')?;
                    let line = buffer.split_to(end + 1);
                    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit());
                    let size = digits.fold(0, |size, digit| {
                        size * 16 + u64::from(char::from(*digit).to_digit(16).unwrap())
                    });
                    self.at = if size == 0 {
                        At::Trailers
                    } else {
                        At::Chunk(size)
                    };
                }
                At::Trailers => {
                    let end = buffer.iter().position(|byte| *byte == b'\n')?;
                    let line = buffer.split_to(end + 1);
                    let line = line.trim_ascii_end();
                    if line.is_empty() {
                        self.at = At::End;
                        return self.trailers.take().map(Frame::trailers);
                    }
                    let colon = line.iter().position(|byte| *byte == b':').unwrap();
                    self.trailers.get_or_insert_default().append(
                        HeaderName::from_bytes(&line[..colon]).unwrap(),
                        HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).unwrap(),
                    );
                }
                _ => return None,
            }
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if let Some(frame) = self.take() {
                return Poll::Ready(Some(Ok(frame)));
            }
            if self.at == At::End {
                return Poll::Ready(None);
            }
            if let Err(error) = ready!(self.poll_fill(cx)) {
                let cut = !matches!(self.at, At::Length(_));
                self.at = At::End;
                if self.fault == Some(Fault::TakesCutForEnd) && cut {
                    return Poll::Ready(None);
                }
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.at == At::End
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let mut whole = self.at == At::End;
        if self.fault == Some(Fault::LeavesUnreadInput) {
            // What is left passes for the next request.
            whole = true;
        }
        let waits = self.wanted.is_some();
        if let (Some(reader), Some(back)) = (self.reader.take(), self.back.take()) {
            if whole {
                let _ = back.send((reader, true, waits));
                return;
            }
            // I5: drained within a bound, by the connection.
            let rest = Self {
                reader: Some(reader),
                at: self.at,
                trailers: None,
                wanted: None,
                fault: self.fault,
                back: Some(back),
                runtime: self.runtime.clone(),
            };
            if waits {
                // Nobody said that the client may send it.
                return rest.give_up();
            }
            self.runtime.spawn(rest.drain());
        }
    }
}

impl RequestBody {
    fn give_up(mut self) {
        self.back = None;
    }

    async fn drain(mut self) {
        let mut left = 4_000_000;
        while self.at != At::End && left > 0 {
            let frame = std::future::poll_fn(|cx| Pin::new(&mut self).poll_frame(cx)).await;
            match frame {
                Some(Ok(frame)) => left -= frame.data_ref().map_or(0, Bytes::len).min(left),
                _ => return self.give_up(),
            }
        }
        if self.at != At::End {
            self.give_up();
        }
    }
}
