//! SCGI and uwsgi: one request a connection, its variables in one packet, the body behind it.

use std::io;
use std::pin::pin;

use bytes::BytesMut;
use gateway_core::App;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Mutex;

use super::{CgiService, aborted};
use crate::codec::{CodecError, scgi, uwsgi};
use crate::exchange::{Ended, Incoming, Source, linger, run};
use crate::output::{Finished, Framing, Output};
use crate::protocol::CgiProtocol;
use crate::request::{Head, Origin, Refused};
use crate::times::{over, timed_out};
use crate::variables::Variables;

/// How much is read at a time.
const CHUNK: usize = 32 * 1024;

/// A body of a known length, and then the silence of a front end that waits.
struct Counted<R> {
    reader: R,
    /// What was read with the packet.
    buffer: BytesMut,
    left: u64,
    has_ended: bool,
}

impl<A: App> CgiService<A> {
    pub(super) async fn serve_packet<S>(
        &self,
        protocol: CgiProtocol,
        stream: S,
        ending: impl Future<Output = ()> + Send,
    ) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let (mut reader, writer) = tokio::io::split(stream);
        let writer = Mutex::new(writer);
        let mut buffer = BytesMut::new();
        let mut ending = pin!(ending);
        let mut is_ending = false;
        let mut late = pin!(over(self.times.head_limit(is_ending)));
        let variables = loop {
            let decoded = match protocol {
                CgiProtocol::Uwsgi => uwsgi::decode(&mut buffer, self.limits),
                _ => scgi::decode(&mut buffer, self.limits),
            };
            match decoded {
                Ok(Some(variables)) => break Ok(variables),
                Ok(None) => {}
                Err(error) if error.is_limit() => break Err(error),
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
            buffer.reserve(CHUNK);
            tokio::select! {
                biased;
                read = reader.read_buf(&mut buffer) => {
                    // A front end that looks whether the server is there sends nothing.
                    if read? == 0 {
                        return match buffer.is_empty() {
                            true => Ok(()),
                            false => Err(io::ErrorKind::UnexpectedEof.into()),
                        };
                    }
                }
                () = &mut ending, if !is_ending => {
                    if buffer.is_empty() {
                        return Ok(());
                    }
                    is_ending = true;
                    late.set(over(self.times.head_limit(is_ending)));
                }
                () = &mut late => return Err(timed_out("a request did not come in time")),
            }
        };
        let request = self.packet_request(protocol, variables);
        let left = request
            .as_ref()
            .ok()
            .and_then(|(head, _)| head.length)
            .unwrap_or(0);
        let mut source = Counted {
            reader,
            buffer,
            left,
            has_ended: left == 0,
        };
        let mut output = Output::new(&writer, Framing::Plain(protocol.beginning()));
        let ended = run(self, request, left > 0, &mut source, &mut output).await;
        match ended {
            Ended::Finished(Finished::Whole) => {
                writer.into_inner().shutdown().await?;
                linger(&mut source.reader).await;
                Ok(())
            }
            Ended::Finished(Finished::Aborted) => Err(aborted()),
            Ended::ClientGone => Ok(()),
        }
    }

    fn packet_request(
        &self,
        protocol: CgiProtocol,
        variables: Result<Variables, CodecError>,
    ) -> Result<(Head, Variables), Refused> {
        let variables = variables?;
        let origin = match protocol {
            CgiProtocol::Scgi => Origin::AlwaysWithLength,
            _ => Origin::Protocol,
        };
        let head = self.head(&variables, origin)?;
        Ok((head, variables))
    }
}

impl<R: AsyncRead + Send + Unpin> Source for Counted<R> {
    const IS_LAZY: bool = false;

    async fn next(&mut self) -> Incoming {
        if self.left == 0 && !self.has_ended {
            self.has_ended = true;
            return Incoming::End;
        }
        if self.buffer.is_empty() {
            self.buffer.reserve(CHUNK);
            match self.reader.read_buf(&mut self.buffer).await {
                Ok(0) => return Incoming::Gone("the front end has closed the connection".into()),
                Ok(_) => {}
                Err(error) => return Incoming::Gone(error.to_string()),
            }
        }
        if self.has_ended {
            // What comes behind the body means nothing.
            return Incoming::Data(self.buffer.split().freeze());
        }
        let length = usize::try_from(self.left).unwrap_or(usize::MAX);
        let data = self.buffer.split_to(self.buffer.len().min(length));
        self.left -= data.len() as u64;
        Incoming::Data(data.freeze())
    }
}
