//! `blocking` and `blocking_writer`: run synchronous apps on a bounded pool of threads (L6).

mod output;
mod reader;
mod wait;
mod writer;

use std::any::type_name;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use bytes::Bytes;
use gateway_core::{App, Body, Environ, Error, HttpError, InputError, StartResponse};
use tokio::sync::{Semaphore, oneshot};

use crate::tokio_context;
use output::{Answer, Failure, Output};

pub use reader::BlockingReader;
pub use wait::wait_for;
pub use writer::BlockingWriter;

/// How many calls run at a time, unless [`Blocking::threads`] says otherwise.
const THREADS: usize = 64;

/// Makes an app from a synchronous function that returns an iterator of chunks: WSGI as in Python,
/// with a thread for each request.
///
/// # Contract
///
/// - The function and the iterator run on tokio's pool of blocking threads, at most
///   [`threads`](Blocking::threads) calls at a time. Further requests wait; if a client leaves
///   while it waits, its call is never started. A call keeps its thread until the body has been
///   handed over. So a slow client keeps it, and so does a client that does not send the body that
///   it announced, until a [`timeout`](crate::MiddlewareExt::timeout) around the app ends the call.
/// - The iterator is asked for a chunk after the one before was taken, and is dropped, on its
///   thread, exactly once (L1). If its size hint says that it has a single chunk or none, the body
///   is buffered and gets a Content-Length (B4).
/// - The response may be started in the function or by the iterator's first chunk (S4).
/// - The request's body is read through a [`BlockingReader`]. If its error is passed on with `?`,
///   the response is a 413 or a 400, as for an async app. So is an [`HttpError`] that came through
///   [`std::io`].
/// - An error or a panic is a 500 before commit and aborts the response after it (B1, B8, B9).
/// - When the client leaves, or a timeout is over, the iterator is dropped at its next chunk (L3),
///   and a [`BlockingReader`] that waits for input returns an error. Nothing else can stop a
///   function that does not return: it keeps its thread, and the end of the process waits for it.
/// - It needs a tokio runtime, and none of its drivers. A call outside a runtime is a 500, whose
///   log line says so (L7).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::io::Read;
/// use gateway_core::{AppExt, Environ};
/// use gateway_util::{BlockingReader, blocking};
///
/// let app = blocking(|mut environ, start_response| {
///     let mut text = String::new();
///     BlockingReader::new(environ.take_input()).read_to_string(&mut text)?;
///     start_response.start(200, [("content-type", "text/plain")])?;
///     Ok(["You said: ".to_owned(), text])
/// });
/// let environ = Environ::from_request(http::Request::post("/").body("hello")?);
/// let response = app.respond(environ).await?;
/// assert_eq!(response.into_body().bytes().await?, "You said: hello");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub fn blocking<F, I>(app: F) -> Blocking<Iterated<F>>
where
    F: Fn(Environ, StartResponse) -> Result<I, Error> + Send + Sync + 'static,
    I: IntoIterator<Item: Into<Bytes>>,
{
    Blocking::new(Iterated(app))
}

/// Makes an app from a synchronous function that writes its response: as [`blocking`], with a
/// [`BlockingWriter`] instead of the iterator.
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
///     start_response.start(200, [("content-type", "text/csv")])?;
///     for line in 1..=3 {
///         writeln!(writer, "{line},{}", line * line)?;
///     }
///     Ok(())
/// });
/// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
/// assert_eq!(response.into_body().bytes().await?, "1,1\n2,4\n3,9\n");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub fn blocking_writer<F>(app: F) -> Blocking<Written<F>>
where
    F: Fn(Environ, StartResponse, &mut BlockingWriter) -> Result<(), Error> + Send + Sync + 'static,
{
    Blocking::new(Written(app))
}

/// A synchronous function as an app; see [`blocking`] and [`blocking_writer`].
///
/// # Examples
///
/// ```
/// use gateway_util::blocking;
///
/// let app = blocking(|_environ, start_response| {
///     start_response.start(200, [("content-type", "text/plain")])?;
///     Ok(["from a thread of its own"])
/// });
/// // A database with four connections serves four at a time.
/// let app = app.threads(4);
/// assert!(format!("{app:?}").contains("free_threads: 4"));
/// ```
pub struct Blocking<W> {
    work: Arc<W>,
    threads: Arc<Semaphore>,
}

impl<W> Blocking<W> {
    fn new(work: W) -> Self {
        Self {
            work: Arc::new(work),
            threads: Arc::new(Semaphore::new(THREADS)),
        }
    }

    /// Sets how many calls run at a time: 64 by default, and at least one. Clones share the bound.
    /// tokio's own bound on its blocking threads (512 by default) applies as well.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Arc::new(Semaphore::new(threads.clamp(1, Semaphore::MAX_PERMITS)));
        self
    }
}

/// The function that runs on a blocking thread.
trait Work: Send + Sync + 'static {
    fn run(
        &self,
        environ: Environ,
        start_response: StartResponse,
        output: Output,
    ) -> Result<Output, (Output, Error)>;
}

/// A function that returns an iterator of chunks; see [`blocking`].
#[derive(Clone, Copy)]
pub struct Iterated<F>(F);

impl<F, I> Work for Iterated<F>
where
    F: Fn(Environ, StartResponse) -> Result<I, Error> + Send + Sync + 'static,
    I: IntoIterator<Item: Into<Bytes>>,
{
    fn run(
        &self,
        environ: Environ,
        start_response: StartResponse,
        mut output: Output,
    ) -> Result<Output, (Output, Error)> {
        let mut chunks = match (self.0)(environ, start_response) {
            Ok(chunks) => chunks.into_iter(),
            Err(error) => return Err((output, error)),
        };
        let is_short = matches!(chunks.size_hint(), (0, Some(0)) | (1, Some(1)));
        if is_short {
            let bytes = chunks.next().map_or_else(Bytes::new, Into::into);
            drop(chunks);
            output.buffered(bytes);
            return Ok(output);
        }
        output.begin();
        for chunk in chunks {
            if output.send(chunk.into()).is_err() {
                break;
            }
        }
        Ok(output)
    }
}

/// A function that writes its response; see [`blocking_writer`].
#[derive(Clone, Copy)]
pub struct Written<F>(F);

impl<F> Work for Written<F>
where
    F: Fn(Environ, StartResponse, &mut BlockingWriter) -> Result<(), Error> + Send + Sync + 'static,
{
    fn run(
        &self,
        environ: Environ,
        start_response: StartResponse,
        output: Output,
    ) -> Result<Output, (Output, Error)> {
        let mut writer = BlockingWriter::new(output);
        match (self.0)(environ, start_response, &mut writer) {
            Ok(()) => Ok(writer.finish()),
            Err(error) => Err((writer.into_output(), error)),
        }
    }
}

impl<W: Work> App for Blocking<W> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let runtime = tokio_context::handle("`blocking`")?;
        // The semaphore is never closed.
        let permit = self.threads.clone().acquire_owned().await?;
        let work = self.work.clone();
        let (sender, answer) = oneshot::channel();
        // Dropped with this future, or with the body.
        let (waiting, waited_for) = oneshot::channel();
        // Nobody waits for the task itself. When this future is dropped, the task runs on, to its
        // end or to its next read that has to wait.
        drop(runtime.spawn_blocking(move || {
            let _permit = permit;
            wait::while_waited_for(waited_for, || {
                run(&*work, environ, start_response, sender);
            });
        }));
        match answer.await {
            Ok(Answer::InHand(bytes)) => Ok(Body::from(bytes)),
            Ok(Answer::Stream(chunks)) => Ok(Body::new(chunks.waited_for(waiting))),
            Ok(Answer::Failed(Failure::Error(error))) => Err(error),
            // B9: the gateway catches the panic again, and reports it.
            Ok(Answer::Failed(Failure::Panic(payload))) => resume_unwind(payload),
            Err(_) => Err(Error::msg("the runtime ended before the blocking app ran")),
        }
    }
}

/// One call, on its thread. The other end is told how it ended, whatever happens.
fn run<W: Work>(
    work: &W,
    environ: Environ,
    start_response: StartResponse,
    sender: oneshot::Sender<Answer>,
) {
    let (output, ends) = Output::new(sender);
    // After a panic nothing of the app is used again.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        work.run(environ, start_response, output)
    }));
    match outcome {
        Ok(Ok(output)) => drop(output),
        Ok(Err((output, error))) => {
            drop(output);
            ends.fail(Failure::Error(unwrapped(error)));
        }
        Err(payload) => ends.fail(Failure::Panic(payload)),
    }
}

/// Turns an error of the input that came through `std::io` back into one of the input, so that it
/// gets its own response (I3, I4).
fn unwrapped(error: Error) -> Error {
    let error = match error.downcast::<io::Error>() {
        Ok(error) => error,
        Err(error) => return error,
    };
    match error.downcast::<InputError>() {
        Ok(error) => error.into(),
        Err(error) => error
            .downcast::<HttpError>()
            .map_or_else(Error::from, Error::from),
    }
}

impl<W> Clone for Blocking<W> {
    fn clone(&self) -> Self {
        Self {
            work: self.work.clone(),
            threads: self.threads.clone(),
        }
    }
}

impl<W> fmt::Debug for Blocking<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking")
            .field("work", &type_name::<W>())
            .field("free_threads", &self.threads.available_permits())
            .finish()
    }
}

impl<F> fmt::Debug for Iterated<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iterated").field(&type_name::<F>()).finish()
    }
}

impl<F> fmt::Debug for Written<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Written").field(&type_name::<F>()).finish()
    }
}
