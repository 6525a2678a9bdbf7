//! FastCGI: one request after the other on a connection.

use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use gateway_core::App;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Mutex;

use super::{CgiService, aborted};
use crate::codec::CodecError;
use crate::codec::fastcgi::{Event, MAX_RECORD, Request, Requests, decode, end_request, kind};
use crate::exchange::{Ended, Incoming, Source, linger, run};
use crate::output::{Finished, Framing, Output};
use crate::request::{Head, Origin, Refused};
use crate::times::{over, timed_out};
use crate::variables::Variables;

/// How much is read at a time.
const CHUNK: usize = 32 * 1024;
/// The status of an application whose response was not taken.
const GIVEN_UP: u32 = 1;

/// The records of a connection. Never more than one is buffered.
struct Records<'a, R, W> {
    reader: R,
    buffer: BytesMut,
    requests: Requests,
    /// The front end has given the request up by a record.
    is_aborted: bool,
    /// For what has nothing to do with the request.
    writer: &'a Mutex<W>,
    /// What of that is not written yet.
    replies: BytesMut,
}

impl<A: App> CgiService<A> {
    pub(super) async fn serve_fastcgi<S>(
        &self,
        stream: S,
        ending: impl Future<Output = ()> + Send,
    ) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let (reader, writer) = tokio::io::split(stream);
        let writer = Mutex::new(writer);
        let mut records = Records::new(reader, &writer, Requests::new(self.limits));
        let mut ending = pin!(ending);
        let mut is_ending = false;
        let mut idle_limit = self.times.head;
        loop {
            let head_limit = self.times.head_limit(is_ending);
            let request = tokio::select! {
                biased;
                request = records.request_within(idle_limit, head_limit) => request?,
                () = &mut ending, if !is_ending => {
                    is_ending = true;
                    if records.is_idle() {
                        return Ok(());
                    }
                    continue;
                }
            };
            let Some(request) = request else {
                return Ok(());
            };
            idle_limit = self.times.idle;
            let Request {
                id,
                keeps_connection,
                variables,
            } = request;
            let request = self.fastcgi_request(variables);
            // A request without a body most often comes with its end.
            let has_input = !records.has_input_ended();
            let mut output = Output::new(&writer, Framing::Records { id });
            let status = match run(self, request, has_input, &mut records, &mut output).await {
                Ended::Finished(Finished::Whole) => 0,
                Ended::ClientGone if records.is_aborted => GIVEN_UP,
                Ended::Finished(Finished::Aborted) => return Err(aborted()),
                Ended::ClientGone => return Ok(()),
            };
            records.finish(id, status, output.into_last()).await?;
            if !keeps_connection || is_ending {
                break;
            }
        }
        records.writer.lock().await.shutdown().await?;
        linger(&mut records.reader).await;
        Ok(())
    }

    fn fastcgi_request(
        &self,
        variables: Result<Variables, CodecError>,
    ) -> Result<(Head, Variables), Refused> {
        let variables = variables?;
        let head = self.head(&variables, Origin::Protocol)?;
        Ok((head, variables))
    }
}

impl<'a, R, W> Records<'a, R, W>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    fn new(reader: R, writer: &'a Mutex<W>, requests: Requests) -> Self {
        Self {
            reader,
            buffer: BytesMut::new(),
            requests,
            is_aborted: false,
            writer,
            replies: BytesMut::new(),
        }
    }

    /// True if nothing of a request has come.
    fn is_idle(&self) -> bool {
        self.requests.is_idle() && self.buffer.is_empty()
    }

    /// The next request; `None` if the front end has closed the connection between two, or has sent nothing
    /// within the limit. It may be dropped at any await and called again, which begins the time anew.
    async fn request_within(
        &mut self,
        idle: Option<Duration>,
        head: Option<Duration>,
    ) -> io::Result<Option<Request>> {
        tokio::select! {
            biased;
            is_open = self.first_bytes() => match is_open? {
                true => {}
                false => return Ok(None),
            },
            () = over(idle) => return Ok(None),
        }
        tokio::select! {
            biased;
            request = self.request() => request,
            () = over(head) => Err(timed_out("a request did not come in time")),
        }
    }

    /// Waits for the first bytes of a request; false if the front end has closed the connection.
    async fn first_bytes(&mut self) -> io::Result<bool> {
        self.reply().await?;
        if self.is_idle() {
            self.buffer.reserve(CHUNK.min(MAX_RECORD));
            return Ok(self.reader.read_buf(&mut self.buffer).await? > 0);
        }
        Ok(true)
    }

    /// The next request; `None` if the front end has closed the connection between two. It may be
    /// dropped at any await and called again.
    async fn request(&mut self) -> io::Result<Option<Request>> {
        loop {
            match self.event().await? {
                Some(Event::Request(request)) => return Ok(Some(request)),
                Some(_) => {}
                None if self.is_idle() => return Ok(None),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    /// The next event that is not a reply; `None` at the end of the connection.
    async fn event(&mut self) -> io::Result<Option<Event>> {
        loop {
            self.reply().await?;
            while let Some(record) = decode(&mut self.buffer).map_err(invalid)? {
                match self.requests.accept(record).map_err(invalid)? {
                    None => {}
                    Some(Event::Reply(bytes)) => {
                        self.replies.extend_from_slice(&bytes);
                        self.reply().await?;
                    }
                    Some(event) => return Ok(Some(event)),
                }
            }
            self.buffer.reserve(CHUNK.min(MAX_RECORD));
            if self.reader.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Writes what is left of replies: half a record must not be left behind.
    async fn reply(&mut self) -> io::Result<()> {
        if !self.replies.has_remaining() {
            return Ok(());
        }
        let mut writer = self.writer.lock().await;
        while self.replies.has_remaining() {
            writer.write_buf(&mut self.replies).await?;
        }
        writer.flush().await
    }

    /// Looks whether the end of the body has come with the head.
    fn has_input_ended(&mut self) -> bool {
        let is_end = matches!(
            self.buffer.first_chunk::<8>(),
            // A record without content: the length is in bytes 4 and 5.
            Some(&[1, kind::STDIN, _, _, 0, 0, _, _])
        );
        let record = match is_end {
            true => decode(&mut self.buffer).ok().flatten(),
            false => None,
        };
        record
            .is_some_and(|record| matches!(self.requests.accept(record), Ok(Some(Event::InputEnd))))
    }

    /// Ends a request, behind the last records of its response: a short response is one write.
    async fn finish(&mut self, id: u16, status: u32, mut out: BytesMut) -> io::Result<()> {
        self.reply().await?;
        self.requests.finish();
        self.is_aborted = false;
        end_request(id, status, &mut out);
        let mut writer = self.writer.lock().await;
        writer.write_all(&out).await?;
        writer.flush().await
    }
}

impl<R, W> Source for Records<'_, R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin,
{
    const IS_LAZY: bool = false;

    async fn next(&mut self) -> Incoming {
        loop {
            match self.event().await {
                Ok(Some(Event::Input(bytes))) => return Incoming::Data(bytes),
                Ok(Some(Event::InputEnd)) => return Incoming::End,
                Ok(Some(Event::Aborted)) => {
                    self.is_aborted = true;
                    return Incoming::Gone("the front end gives the request up".into());
                }
                // No second request begins within one.
                Ok(Some(Event::Request(_) | Event::Reply(_))) => {}
                Ok(None) => {
                    return Incoming::Gone("the front end has closed the connection".into());
                }
                Err(error) => return Incoming::Gone(error.to_string()),
            }
        }
    }
}

fn invalid(error: CodecError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
