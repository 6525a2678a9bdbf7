//! `BlockingReader`: the input as `std::io::Read`.

use std::fmt;
use std::io::{self, BufRead, Read};

use bytes::{Buf, Bytes};
use gateway_core::{HttpError, Input};

use super::wait::wait_for;

/// Reads the input from a blocking thread; for [`blocking`](crate::blocking) apps.
///
/// - The thread sleeps until a chunk is there. Meanwhile the server runs on, and sends `100
///   Continue` at the first read (I6).
/// - The errors are those of the [`Input`]: a body that was cut short is an error and not the end
///   (I3), and so is one beyond the limit.
/// - If nobody waits for the response any more, because the client has left or a
///   [`timeout`](crate::MiddlewareExt::timeout) is over, a read that would have to wait is an error
///   (`ConnectionAborted`). This holds on the thread on which the app was called.
/// - If text is read (`read_to_string`, `read_line`, `lines`) and the bytes are not UTF-8, the
///   error is a 400.
///
/// On a thread of the async runtime, a read would wait for itself: do not use it there.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::io::BufRead;
/// use gateway_core::{AppExt, Environ};
/// use gateway_util::{BlockingReader, blocking};
///
/// let app = blocking(|mut environ, start_response| {
///     let lines = BlockingReader::new(environ.take_input()).lines();
///     let count = lines.collect::<Result<Vec<_>, _>>()?.len();
///     start_response.start(200, [("content-type", "text/plain")])?;
///     Ok([format!("{count} lines")])
/// });
/// let environ = Environ::from_request(http::Request::post("/").body("one\ntwo\n")?);
/// assert_eq!(app.respond(environ).await?.into_body().bytes().await?, "2 lines");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub struct BlockingReader {
    input: Input,
    chunk: Bytes,
}

impl BlockingReader {
    /// Reads an input, as [`Environ::take_input`](gateway_core::Environ::take_input) gives it.
    #[must_use]
    pub fn new(input: Input) -> Self {
        Self {
            input,
            chunk: Bytes::new(),
        }
    }

    /// The input, to ask for its trailers. Bytes that were read ahead are lost.
    #[must_use]
    pub fn into_inner(self) -> Input {
        self.input
    }
}

impl BufRead for BlockingReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.chunk.is_empty() {
            match wait_for(self.input.chunk())?? {
                Some(chunk) => self.chunk = chunk,
                None => break,
            }
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, amount: usize) {
        self.chunk.advance(amount.min(self.chunk.len()));
    }

    fn read_line(&mut self, line: &mut String) -> io::Result<usize> {
        let mut bytes = Vec::new();
        self.read_until(b'\n', &mut bytes)?;
        append_text(line, bytes)
    }
}

impl Read for BlockingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }

    fn read_to_string(&mut self, text: &mut String) -> io::Result<usize> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        append_text(text, bytes)
    }
}

/// Bytes that are not UTF-8 are the client's fault. The standard library cannot know that.
fn append_text(text: &mut String, bytes: Vec<u8>) -> io::Result<usize> {
    let more = String::from_utf8(bytes).map_err(|error| {
        let error = HttpError::bad_request().with_source(error);
        io::Error::new(io::ErrorKind::InvalidData, error)
    })?;
    text.push_str(&more);
    Ok(more.len())
}

impl fmt::Debug for BlockingReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingReader").field(&self.input).finish()
    }
}
