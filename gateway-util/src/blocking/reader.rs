//! The input as `std::io::Read`.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};

use bytes::{Buf, Bytes};
use gateway_core::Input;

/// Reads the input from a blocking thread; for [`blocking`](crate::blocking) apps.
///
/// - The thread sleeps until a chunk is there; the server goes on, and sends `100 Continue` at the
///   first read (I6).
/// - The errors are those of the [`Input`]: a body that was cut short is an error and not the end
///   (I3), and so is one beyond the limit.
///
/// On a thread of the async runtime a read would wait for itself: do not use it there.
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

    /// The input, to ask for its trailers; what was read ahead of the reader is lost.
    #[must_use]
    pub fn into_inner(self) -> Input {
        self.input
    }
}

impl BufRead for BlockingReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.chunk.is_empty() {
            match wait_for(self.input.chunk())? {
                Some(chunk) => self.chunk = chunk,
                None => break,
            }
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, amount: usize) {
        self.chunk.advance(amount.min(self.chunk.len()));
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
}

impl fmt::Debug for BlockingReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingReader").field(&self.input).finish()
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Lets this thread sleep until a future is ready. It needs no runtime: who wakes it is the server.
fn wait_for<F: Future>(future: F) -> F::Output {
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            // An unpark that came before is not lost, and one too many polls once more.
            Poll::Pending => thread::park(),
        }
    }
}
