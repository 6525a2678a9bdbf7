//! CGI: one request a process.

use std::error::Error as StdError;
use std::ffi::OsString;
use std::fmt;
use std::io;

use bytes::{Bytes, BytesMut};
use gateway_core::App;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Mutex;

use super::CgiService;
use crate::codec::cgi_response::Beginning;
use crate::exchange::{Ended, Incoming, Source, run};
use crate::output::{Finished, Framing, Output};
use crate::request::{Head, Origin, Refused};
use crate::variables::Variables;

/// How much is read at a time.
const CHUNK: usize = 32 * 1024;

/// The standard input, as far as the body goes.
struct Stdin<R> {
    reader: R,
    buffer: BytesMut,
    /// `None` where the body ends with the input.
    left: Option<u64>,
}

impl<A: App> CgiService<A> {
    /// Answers the one request of a CGI program: its variables, its standard input and output
    /// (RFC 3875). `run_cgi` does it with those of this process.
    ///
    /// Of the variables only those about the request are seen: those of RFC 3875 and of Apache, and
    /// the request's headers.
    ///
    /// # Errors
    ///
    /// When the response could not be written whole: its body failed, or the output was closed. A
    /// program then ends with a status that is not 0, which is all that CGI has to tell of it (B8).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// use adapter_cgi::CgiService;
    /// use gateway_core::{Environ, view};
    ///
    /// let service = CgiService::new(view(async |mut environ: Environ| {
    ///     environ.take_input().text(100).await
    /// }));
    /// let variables = [
    ///     ("REQUEST_METHOD", "POST"),
    ///     ("SCRIPT_NAME", "/cgi-bin/upper"),
    ///     ("CONTENT_LENGTH", "5"),
    ///     ("SERVER_PROTOCOL", "HTTP/1.0"),
    /// ];
    /// let mut output = Vec::new();
    /// service.serve_cgi(variables, &b"Hello"[..], &mut output).await?;
    /// assert!(output.starts_with(b"Status: 200 OK\r\n"));
    /// assert!(output.ends_with(b"\r\n\r\nHello"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn serve_cgi<K, V, R, W>(
        &self,
        variables: impl IntoIterator<Item = (K, V)>,
        input: R,
        output: W,
    ) -> Result<(), CgiError>
    where
        K: Into<OsString>,
        V: Into<OsString>,
        R: AsyncRead + Send + Unpin,
        W: AsyncWrite + Unpin,
    {
        let bytes = |text: OsString| Bytes::from(text.into_encoded_bytes());
        let variables: Variables = variables
            .into_iter()
            .map(|(name, value)| (bytes(name.into()), bytes(value.into())))
            .collect();
        let request = self.cgi_request(variables);
        let left = match &request {
            Ok((head, _)) if head.length.is_some() => head.length,
            Ok((head, _)) if head.may_have_open_body() => None,
            _ => Some(0),
        };
        let mut stdin = Stdin {
            reader: input,
            buffer: BytesMut::new(),
            left,
        };
        let writer = Mutex::new(output);
        let mut output = Output::new(&writer, Framing::Plain(Beginning::StatusField));
        let ended = run(self, request, left != Some(0), &mut stdin, &mut output).await;
        match ended {
            Ended::Finished(Finished::Whole) => {
                let flushed = writer.into_inner().shutdown().await;
                flushed.map_err(|error| CgiError(Kind::Output(Some(error))))
            }
            Ended::Finished(Finished::Aborted) => Err(CgiError(Kind::Aborted)),
            Ended::ClientGone => Err(CgiError(Kind::Output(None))),
        }
    }

    fn cgi_request(&self, variables: Variables) -> Result<(Head, Variables), Refused> {
        let head = self.head(&variables, Origin::Process)?;
        Ok((head, variables))
    }
}

impl<R: AsyncRead + Send + Unpin> Source for Stdin<R> {
    // What is not asked for stays the front end's: it may leave the input open behind the body.
    const IS_LAZY: bool = true;

    async fn next(&mut self) -> Incoming {
        if self.left == Some(0) {
            return Incoming::End;
        }
        let room = self.left.map_or(CHUNK, |left| {
            usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK))
        });
        self.buffer.reserve(room);
        let mut reader = (&mut self.reader).take(room as u64);
        match reader.read_buf(&mut self.buffer).await {
            Ok(0) if self.left.is_none() => {
                self.left = Some(0);
                Incoming::End
            }
            Ok(0) => Incoming::Cut,
            Ok(read) => {
                if let Some(left) = &mut self.left {
                    *left = left.saturating_sub(read as u64);
                }
                Incoming::Data(self.buffer.split().freeze())
            }
            Err(error) => {
                tracing::debug!(target: "gateway", clause = "I3", "the input cannot be read: {error}");
                Incoming::Cut
            }
        }
    }
}

/// A CGI response that could not be written whole; see [`CgiService::serve_cgi`].
#[derive(Debug)]
pub struct CgiError(Kind);

#[derive(Debug)]
enum Kind {
    Aborted,
    Output(Option<io::Error>),
}

impl CgiError {
    /// True if the front end, or the client, has left.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self.0, Kind::Output(_))
    }
}

impl fmt::Display for CgiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Aborted => "the response was aborted",
            Kind::Output(_) => "nobody takes the response",
        })
    }
}

impl StdError for CgiError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Kind::Output(Some(error)) => Some(error),
            _ => None,
        }
    }
}
