//! A page of your own for panics.

use std::any::{Any, type_name};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::{App, Body, Environ, Error, Response, StartResponse, TryIntoResponse};
use http::header;
use http_body::{Body as HttpBody, Frame, SizeHint};

/// Answers a panic of the app with a page of your own. Made by
/// [`MiddlewareExt::catch_panic`](crate::MiddlewareExt::catch_panic).
///
/// The gateway answers panics already, with a plain 500 (B9); this is for those who want another
/// page, or to know of it. The function is called with the panic's message, which is for the log: it
/// may hold anything and has no place in the page.
///
/// - Before the head has gone out the page replaces it whole (S2), also when the body panics at its
///   first poll. The body that panicked is closed.
/// - After that, and for a body of known length whose framing is settled, the panic goes on to the
///   gateway, which aborts the response or answers 500.
/// - A panic of the function itself is one of the app.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::MiddlewareExt;
///
/// let app = view(async |environ: Environ| -> String {
///     environ.header("x-id").map(|id| id.to_string()).expect("an id")
/// });
/// let app = app.catch_panic(|_message: &str| ("We are sorry.", 500));
/// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
/// assert_eq!(response.status(), 500);
/// assert_eq!(response.into_body().bytes().await?, "We are sorry.");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "CatchPanicLayer")]
#[derive(Clone)]
pub struct CatchPanic<A, F> {
    app: A,
    page: Arc<F>,
}

impl<A, F> CatchPanic<A, F> {
    /// Answers the panics of `app` with what `page` returns.
    pub fn new(app: A, page: F) -> Self {
        Self {
            app,
            page: Arc::new(page),
        }
    }
}

impl<A, F, R> App for CatchPanic<A, F>
where
    A: App,
    F: Fn(&str) -> R + Send + Sync + 'static,
    R: TryIntoResponse,
{
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let start = start_response.clone();
        let outcome = {
            // `call` itself is inside: it may panic before there is a future.
            let call = async move { self.app.call(environ, start_response).await };
            let mut call = pin!(call);
            std::future::poll_fn(|cx| match catch(|| call.as_mut().poll(cx)) {
                Ok(poll) => poll.map(Ok),
                Err(payload) => Poll::Ready(Err(payload)),
            })
            .await
        };
        let body = match outcome {
            Ok(outcome) => outcome?,
            Err(payload) => return answer(&*self.page, &start, payload),
        };
        // Buffered bytes cannot panic, and what has a length keeps it.
        if body.known_len().is_some() {
            return Ok(body);
        }
        let page = self.page.clone();
        Ok(body.wrap(|body| Caught {
            body,
            page: Some((page, start)),
        }))
    }

    gateway_core::forward_lifespan!(app);
}

/// What a panic carries.
type Payload = Box<dyn Any + Send>;

fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Payload> {
    // What the app was doing is not looked at again after a panic.
    catch_unwind(AssertUnwindSafe(f))
}

/// Starts the page instead of the app's response. After the commit the panic goes on.
fn answer<F, R>(page: &F, start_response: &StartResponse, payload: Payload) -> Result<Body, Error>
where
    F: Fn(&str) -> R,
    R: TryIntoResponse,
{
    if start_response.is_committed() {
        resume_unwind(payload);
    }
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a payload that is no text");
    let mut response: Response = page(message).try_into_response()?;
    // B4: behind a stream that panicked the page would have none.
    if let Some(length) = response.body().known_len() {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    start_response.resend(response, Error::msg(message))
}

/// A body that is replaced when it panics before commit.
struct Caught<F> {
    body: Body,
    /// Taken once there is nothing left to replace.
    page: Option<(Arc<F>, StartResponse)>,
}

impl<F> Unpin for Caught<F> {}

impl<F, R> HttpBody for Caught<F>
where
    F: Fn(&str) -> R,
    R: TryIntoResponse,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let Some((page, start_response)) = &this.page else {
            return Pin::new(&mut this.body).poll_frame(cx);
        };
        let payload = match catch(|| Pin::new(&mut this.body).poll_frame(cx)) {
            Ok(polled) => {
                if start_response.is_committed() {
                    this.page = None;
                }
                return polled;
            }
            Err(payload) => payload,
        };
        let replaced = answer(&**page, start_response, payload);
        this.page = None;
        match replaced {
            Ok(body) => {
                let old = std::mem::replace(&mut this.body, body);
                // A second panic, of its destructor, must not undo the page.
                let _ = catch(|| drop(old));
                Pin::new(&mut this.body).poll_frame(cx)
            }
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<A: fmt::Debug, F> fmt::Debug for CatchPanic<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchPanic")
            .field("app", &self.app)
            .field("page", &type_name::<F>())
            .finish()
    }
}
