//! The way back: the bytes of a response, as a protocol frames them.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use gateway_core::Outgoing;
use http::{Response, StatusCode};
use http_body::Body as HttpBody;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Mutex;

use crate::codec::cgi_response::{self, Beginning};
use crate::codec::fastcgi::{self, MAX_CONTENT, kind};

/// A chunk up to this length is written together with what is before it.
const SMALL: usize = 16 * 1024;

/// How a response ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finished {
    /// It is whole.
    Whole,
    /// Its body failed, or has failed to be as long as it should: the front end must not take it for
    /// a whole one (B8).
    Aborted,
}

/// Where a response is written. What else has to be said on the connection is written by others, so
/// that each write is one that takes the lock.
pub(crate) struct Output<'a, W> {
    writer: &'a Mutex<W>,
    framing: Framing,
    /// The last records of a response that is whole, to be written together with the end of the request.
    last: BytesMut,
}

/// How bytes go out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Framing {
    /// As they are, up to the end of the connection.
    Plain(Beginning),
    /// As the records of a FastCGI request.
    Records { id: u16 },
}

impl<'a, W: AsyncWrite + Unpin> Output<'a, W> {
    pub(crate) fn new(writer: &'a Mutex<W>, framing: Framing) -> Self {
        Self {
            writer,
            framing,
            last: BytesMut::new(),
        }
    }

    /// What of a response that [is finished](Self::respond) is not written yet. Only records are held back.
    pub(crate) fn into_last(self) -> BytesMut {
        self.last
    }

    /// Writes a response. The body is dropped at the end, whatever happened (L1).
    ///
    /// # Errors
    ///
    /// When the front end does not take it: it, or the client, has gone.
    pub(crate) async fn respond(&mut self, response: Response<Outgoing>) -> io::Result<Finished> {
        let (head, mut body) = response.into_parts();
        // B7: to these no length is said.
        let has_length = !matches!(
            head.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
        let length = body.announced().filter(|_| has_length);
        let beginning = match self.framing {
            Framing::Plain(beginning) => beginning,
            Framing::Records { .. } => Beginning::StatusField,
        };
        // The head goes out with the first chunk if that is there.
        let mut head = Some(cgi_response::encode(&head, length, beginning));
        loop {
            let frame = poll_fn(|cx| match Pin::new(&mut body).poll_frame(cx) {
                Poll::Pending if head.is_some() => Poll::Ready(None),
                polled => polled.map(Some),
            });
            match frame.await {
                // Nothing is there yet, but for the head (B1).
                None => self.write(head.take(), Bytes::new(), false).await?,
                // B11: trailers have no place in these protocols.
                Some(Some(Ok(frame))) => {
                    let is_last = body.is_end_stream();
                    if let Ok(data) = frame.into_data() {
                        self.write(head.take(), data, is_last).await?;
                    }
                    if is_last && head.is_none() {
                        return Ok(Finished::Whole);
                    }
                }
                Some(Some(Err(_))) => {
                    // The driver has logged it (B8).
                    self.write(head.take(), Bytes::new(), false).await?;
                    self.complain().await?;
                    return Ok(Finished::Aborted);
                }
                Some(None) => {
                    self.write(head.take(), Bytes::new(), true).await?;
                    return Ok(Finished::Whole);
                }
            }
        }
    }

    /// Writes a part of the response. The last one may wait for the end of the request.
    async fn write(&mut self, head: Option<Bytes>, chunk: Bytes, is_last: bool) -> io::Result<()> {
        let mut writer = self.writer.lock().await;
        match self.framing {
            Framing::Plain(_) => write_plain(&mut *writer, head.unwrap_or_default(), chunk).await?,
            Framing::Records { id } => {
                let mut out = BytesMut::new();
                // The end of the stream, which no content means, is not said here.
                if let Some(head) = head {
                    fastcgi::encode(kind::STDOUT, id, &head, &mut out);
                }
                let mut pieces = chunk.chunks(MAX_CONTENT - MAX_CONTENT % 8).peekable();
                while let Some(piece) = pieces.next() {
                    fastcgi::encode(kind::STDOUT, id, piece, &mut out);
                    if pieces.peek().is_some() {
                        writer.write_all(&out).await?;
                        out.clear();
                    }
                }
                if is_last {
                    self.last = out;
                    return Ok(());
                }
                writer.write_all(&out).await?;
            }
        }
        writer.flush().await
    }

    /// Tells the front end, and its log, that the response was aborted, where there is a way.
    async fn complain(&mut self) -> io::Result<()> {
        if let Framing::Records { id } = self.framing {
            let mut out = BytesMut::new();
            fastcgi::encode(
                kind::STDERR,
                id,
                b"the response was aborted (B8)\n",
                &mut out,
            );
            out.extend_from_slice(&fastcgi::BROKEN);
            let mut writer = self.writer.lock().await;
            writer.write_all(&out).await?;
            writer.flush().await?;
        }
        Ok(())
    }
}

async fn write_plain<W>(writer: &mut W, head: Bytes, chunk: Bytes) -> io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    if head.is_empty() || chunk.len() > SMALL {
        writer.write_all(&head).await?;
        return writer.write_all(&chunk).await;
    }
    writer.write_all(&[head, chunk].concat()).await
}
