//! `BlockingWriter`: the response body as `std::io::Write`.

use std::fmt;
use std::io::{self, Write};

use bytes::Bytes;

use super::output::{Gone, Output};

/// Small writes are gathered up to this many bytes.
const GATHERED: usize = 8 * 1024;

/// Writes the response body of a [`blocking_writer`](crate::blocking_writer) app.
///
/// - Small writes are gathered into chunks of 8 KiB; [`flush`](Write::flush) sends what was
///   gathered. The rest is sent when the app returns. A response that fits into one chunk is
///   buffered and gets a Content-Length (B4).
/// - A write waits until the previous chunk has been taken (B3).
/// - When the client has gone, the next chunk fails with [`BrokenPipe`](io::ErrorKind::BrokenPipe)
///   (L3). Pass it on with `?`: it is not logged as an error.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::io::Write;
/// use gateway_core::{AppExt, Environ};
/// use gateway_util::blocking_writer;
///
/// let app = blocking_writer(|_environ, start_response, writer| {
///     start_response.start(200, [("content-type", "text/plain")])?;
///     writer.write_all(b"out at once")?;
///     writer.flush()?;
///     writer.write_all(b", and then the rest")?;
///     Ok(())
/// });
/// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
/// assert_eq!(response.into_body().bytes().await?, "out at once, and then the rest");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub struct BlockingWriter {
    output: Output,
    gathered: Vec<u8>,
}

impl BlockingWriter {
    pub(super) fn new(output: Output) -> Self {
        Self {
            output,
            gathered: Vec::new(),
        }
    }

    /// Sends the rest.
    pub(super) fn finish(mut self) -> Output {
        let rest = std::mem::take(&mut self.gathered);
        if !self.output.is_begun() {
            self.output.buffered(rest.into());
        } else if !rest.is_empty() {
            // If nobody reads any more, the rest does not matter (L3).
            let _ = self.output.send(rest.into());
        }
        self.output
    }

    pub(super) fn into_output(self) -> Output {
        self.output
    }

    fn send(&mut self, chunk: Bytes) -> io::Result<()> {
        self.output.begin();
        self.output
            .send(chunk)
            .map_err(|Gone| io::Error::new(io::ErrorKind::BrokenPipe, "the client has gone"))
    }
}

impl Write for BlockingWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gathered.len() + bytes.len() > GATHERED {
            self.flush()?;
        }
        if bytes.len() > GATHERED {
            self.send(Bytes::copy_from_slice(bytes))?;
        } else {
            self.gathered.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::take(&mut self.gathered);
        self.send(chunk.into())
    }
}

impl fmt::Debug for BlockingWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingWriter")
            .field("gathered", &self.gathered.len())
            .finish_non_exhaustive()
    }
}
