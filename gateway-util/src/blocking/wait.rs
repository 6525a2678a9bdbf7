//! `wait_for`: lets the thread of a blocking app wait for a future, until the client has gone.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};

use tokio::sync::oneshot;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    /// Whether anybody still waits for the call on this thread.
    static WAITED_FOR: RefCell<Option<Waited>> = const { RefCell::new(None) };
}

struct Waited {
    /// Its other end is dropped when nobody waits any more.
    receiver: oneshot::Receiver<Infallible>,
    is_over: bool,
}

/// Runs a call whose reads end when the other end of `receiver` is dropped.
pub(super) fn while_waited_for<T>(
    receiver: oneshot::Receiver<Infallible>,
    call: impl FnOnce() -> T,
) -> T {
    WAITED_FOR.set(Some(Waited {
        receiver,
        is_over: false,
    }));
    let outcome = call();
    WAITED_FOR.take();
    outcome
}

fn is_over(cx: &mut Context<'_>) -> bool {
    WAITED_FOR.with_borrow_mut(|waited| {
        waited.as_mut().is_some_and(|waited| {
            // A future that was ready is not polled again.
            waited.is_over = waited.is_over || Pin::new(&mut waited.receiver).poll(cx).is_ready();
            waited.is_over
        })
    })
}

/// Lets the thread of a [`blocking`](crate::blocking) app sleep until a future is ready, such as
/// one that reads a form or JSON. It needs no runtime: the server wakes it.
///
/// On a thread of the async runtime, it would wait for itself: do not use it there.
///
/// # Errors
///
/// `ConnectionAborted` when nobody waits for the response any more, because the client has left or
/// a [`timeout`](crate::MiddlewareExt::timeout) is over. Otherwise a client that sends nothing
/// would keep the thread forever.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ};
/// use gateway_util::{EnvironExt, FormLimits, blocking, wait_for};
///
/// let app = blocking(|mut environ, start_response| {
///     let form = wait_for(environ.form(FormLimits::default()))??;
///     start_response.start(200, [("content-type", "text/plain")])?;
///     Ok([format!("Hello, {}!", form.require("name")?)])
/// });
/// let request = http::Request::post("/")
///     .header("content-type", "application/x-www-form-urlencoded")
///     .body("name=Ada")?;
/// let response = app.respond(Environ::from_request(request)).await?;
/// assert_eq!(response.into_body().bytes().await?, "Hello, Ada!");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub fn wait_for<F: Future>(future: F) -> io::Result<F::Output> {
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Ok(output);
        }
        if is_over(&mut cx) {
            let error = "nobody waits for the response any more";
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, error));
        }
        // An earlier unpark is not lost, and a needless one only costs a poll.
        thread::park();
    }
}
