//! Offers to switch the protocol, and the stream behind a switch.

use bytes::{Bytes, BytesMut};

use super::switched::Switched;
use super::{Client, Open, in_process};
use crate::check::{Failure, Seen, ensure, equal};
use crate::via::Via;
use crate::wire::{End, Head, WireRequest, http1, http2};

/// The stream behind a switch, on the client's side.
pub(crate) struct Tunnel {
    head: Head,
    io: Io,
    /// What was read and not asked for yet.
    buffer: BytesMut,
    ended: Option<End>,
}

enum Io {
    Http1(Box<http1::Http1Connection>),
    Http2(Box<(http2::Http2Connection, http2::Stream)>),
    InProcess(Switched),
}

impl Client {
    /// A request that offers WebSocket: an extended CONNECT over HTTP/2 (RFC 8441), a GET with the
    /// fields of RFC 6455 on every other way.
    pub(crate) fn offer(&self, rest: &str) -> WireRequest {
        let request = match self.via() {
            Via::Http2 => self
                .request("CONNECT", rest)
                .protocol("websocket")
                .streamed(),
            _ => self.offer_of("websocket", rest),
        };
        request.header("sec-websocket-version", "13")
    }

    /// A GET that offers what is in the `Upgrade` field, over HTTP/1.1.
    pub(crate) fn offer_of(&self, protocols: &str, rest: &str) -> WireRequest {
        self.request("GET", rest)
            .header("connection", "Upgrade")
            .header("upgrade", protocols)
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    }

    /// Sends the offer and demands that it is taken.
    pub(crate) async fn switch(&self, offer: WireRequest) -> Result<Tunnel, Failure> {
        self.switch_with(offer, b"").await
    }

    /// Sends the offer, and behind it bytes that do not wait for the answer.
    pub(crate) async fn switch_with(
        &self,
        offer: WireRequest,
        early: &'static [u8],
    ) -> Result<Tunnel, Failure> {
        match self.via() {
            Via::Http1 => {
                let mut connection = self.http1().await?;
                let head = offer.to_http1(&self.address().to_string());
                connection.send([&head, early].concat()).await?;
                Tunnel::http1(connection).await
            }
            Via::Http2 => Tunnel::http2(self.http2().await?, &offer, early).await,
            Via::InProcess => {
                let Open::InProcess(running) = self.open(offer).await? else {
                    return Err(Failure::new("the way is another"));
                };
                Tunnel::in_process(running, early).await
            }
        }
    }
}

impl Tunnel {
    /// The stream of a connection on which an offer was sent.
    pub(crate) async fn http1(mut connection: http1::Http1Connection) -> Result<Self, Failure> {
        let head = connection.read_head("GET").await?;
        equal("the status", head.status, 101)?;
        Ok(Self::new(head, Io::Http1(Box::new(connection))))
    }

    /// The stream of an extended CONNECT on this connection.
    pub(crate) async fn http2(
        mut connection: http2::Http2Connection,
        offer: &WireRequest,
        early: &'static [u8],
    ) -> Result<Self, Failure> {
        let mut stream = connection.open_stream(offer).await?;
        if !early.is_empty() {
            stream.send(early)?;
        }
        let head = stream.head().await?;
        equal("the status", head.status, 200)?;
        Ok(Self::new(head, Io::Http2(Box::new((connection, stream)))))
    }

    async fn in_process(
        mut running: in_process::Running,
        early: &'static [u8],
    ) -> Result<Self, Failure> {
        let head = running.head().await?;
        equal("the status", head.status, 101)?;
        let switched = running.switch().await?;
        let mut switched = switched.ok_or_else(|| Failure::new("a 101 that switches nothing"))?;
        switched.send(early).await?;
        Ok(Self::new(head, Io::InProcess(switched)))
    }

    fn new(head: Head, io: Io) -> Self {
        Self {
            head,
            io,
            buffer: BytesMut::new(),
            ended: None,
        }
    }

    /// The head of the switch.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Sends these bytes.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> Seen {
        let bytes = bytes.as_ref();
        match &mut self.io {
            Io::Http1(connection) => Ok(connection.send(bytes).await?),
            Io::Http2(both) => Ok(both.1.send(Bytes::copy_from_slice(bytes))?),
            Io::InProcess(switched) => switched.send(bytes).await,
        }
    }

    /// Ends this side's direction.
    pub(crate) async fn end(&mut self) -> Seen {
        match &mut self.io {
            Io::Http1(connection) => Ok(connection.half_close().await?),
            Io::Http2(both) => Ok(both.1.end()?),
            Io::InProcess(switched) => switched.end().await,
        }
    }

    /// Demands that the next bytes are these.
    pub(crate) async fn reads(&mut self, text: &str) -> Seen {
        while self.buffer.len() < text.len() && self.fill().await? {}
        let length = self.buffer.len().min(text.len());
        let read = self.buffer.split_to(length);
        equal("what was read", read.escape_ascii().to_string(), text)
    }

    /// Demands that these are the last bytes, and that the stream then ends like a whole one.
    pub(crate) async fn reads_last(&mut self, text: &str) -> Seen {
        let (bytes, end) = self.rest().await?;
        equal("what was read", bytes.escape_ascii().to_string(), text)?;
        equal("the end", end, End::Complete)
    }

    /// Everything up to the end, and how it ended.
    pub(crate) async fn rest(&mut self) -> Result<(Bytes, End), Failure> {
        while self.fill().await? {}
        let end = self.ended.unwrap_or(End::Truncated);
        Ok((self.buffer.split().freeze(), end))
    }

    /// Sends bytes, and demands that they come back.
    pub(crate) async fn echoes(&mut self, text: &str) -> Seen {
        self.send(text).await?;
        self.reads(text).await
    }

    /// Leaves, as a client does whose user has closed the window.
    pub(crate) fn leave(self) -> Seen {
        match self.io {
            Io::Http1(connection) => Ok(connection.reset()?),
            Io::Http2(both) => {
                both.0.abort();
                Ok(())
            }
            Io::InProcess(switched) => {
                drop(switched);
                Ok(())
            }
        }
    }

    /// Demands that the head has none of these fields.
    pub(crate) fn has_no(&self, names: &[&str]) -> Seen {
        for name in names {
            let value = self.head.header(name);
            ensure(value.is_none(), format!("the head has {name}: {value:?}"))?;
        }
        Ok(())
    }

    /// Reads more, and says whether there was more.
    async fn fill(&mut self) -> Result<bool, Failure> {
        if self.ended.is_some() {
            return Ok(false);
        }
        let read = match &mut self.io {
            Io::Http1(connection) => match connection.read_switched().await? {
                Some(bytes) => Ok(bytes),
                None => Err(match connection.end() {
                    // The close of a connection is all that a switched stream ends by.
                    Some(End::Truncated) | None => End::Complete,
                    Some(end) => end,
                }),
            },
            Io::Http2(both) => match both.1.chunk().await? {
                Some(bytes) => {
                    both.1.release(usize::MAX)?;
                    Ok(bytes)
                }
                None => Err(both.1.finish().await?.end),
            },
            Io::InProcess(switched) => switched.read().await?,
        };
        match read {
            Ok(bytes) => self.buffer.extend_from_slice(&bytes),
            Err(end) => self.ended = Some(end),
        }
        Ok(self.ended.is_none())
    }
}
