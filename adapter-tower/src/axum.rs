//! Return values across the border: a view's in an axum handler, axum's in a view.

use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use axum_core::body::Body as AxumBody;
use axum_core::response::{IntoResponse as AxumIntoResponse, Response as AxumResponse};
use bytes::Bytes;
use gateway_core::{
    Body, Error, Gateway, HttpError, Input, IntoResponse, Outgoing, Response, app_fn,
};
use http::{Request, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::translate::translate;

/// A return value of the other side: what a view may return, from an axum handler; what an axum
/// handler may return, from a view.
///
/// In an axum handler the value is answered as a gateway would: the defaults of
/// [`IntoResponse`], the pages of errors, checked headers (S5 to S9), no body on 204, 205 and 304
/// (B7), a body held to its declared length (B5). Two things a handler cannot do: it does not know
/// the method (axum itself drops the body for HEAD), and it cannot wait for the first chunk of a
/// stream: an error before it becomes a 500 only if it is there at once (B1).
///
/// In a view the response is passed on as a mounted service's would be; see
/// [`tower_app`](crate::tower_app).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use adapter_tower::Reply;
/// use axum::{Router, body::Body, extract::Path, http::Request, response::Html, routing::get};
/// use gateway_core::{AppExt, Environ, HttpError, IntoResponse, Json, view};
/// use tower::ServiceExt;
///
/// // A view's values in an axum handler; `?` turns errors into replies.
/// async fn item(Path(id): Path<u32>) -> Result<Reply<impl IntoResponse>, Reply<HttpError>> {
///     if id > 9 {
///         Err(HttpError::not_found())?;
///     }
///     Ok(Reply((Json([id]), 201, [("x-my-header", "foo")])))
/// }
///
/// let router: Router = Router::new().route("/{id}", get(item));
/// let response = router.clone().oneshot(Request::get("/7").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.headers()["content-type"], "application/json");
/// let response = router.oneshot(Request::get("/10").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 404);
///
/// // axum's in a view.
/// let app = view(async |_| Reply(Html("<p>hello")));
/// let response = app.respond(Environ::from_request(Request::get("/").body(())?)).await?;
/// assert_eq!(response.into_body().bytes().await?, "<p>hello");
/// # Ok::<(), gateway_core::BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reply<T>(
    /// The value.
    pub T,
);

impl<T> From<T> for Reply<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: AxumIntoResponse> IntoResponse for Reply<T> {
    fn into_response(self) -> Result<Response, Error> {
        Ok(translate(self.0.into_response()).map(Body::flush))
    }
}

impl<T: IntoResponse> AxumIntoResponse for Reply<T> {
    fn into_response(self) -> AxumResponse {
        finish(self.0.into_response()).map(AxumBody::new)
    }
}

/// Runs the driver over a response that is there already: it alone knows the rules.
fn finish(response: Result<Response, Error>) -> http::Response<Outgoing> {
    let response = response.map(|response| response.map(AskedOnce::of));
    let slot = Mutex::new(Some(response));
    let gateway = Gateway::new(app_fn(move |_, start_response| {
        let response = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        async move {
            match response {
                Some(response) => start_response.send(response?),
                None => Err(HttpError::internal_server_error().into()),
            }
        }
    }));
    let (parts, ()) = Request::new(()).into_parts();
    let answer = pin!(gateway.handle(gateway.environ(parts, Input::empty())));
    // Nothing in it waits: the app does not, and its body commits when it is first asked. What the
    // body registers with this waker it registers again with the host's.
    match answer.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response,
        Poll::Pending => {
            let mut response = http::Response::new(Outgoing::default());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

/// A body that commits when it is first asked: an empty chunk then counts as nothing ready, which
/// for a flushed body is enough.
struct AskedOnce {
    body: Body,
    asked: bool,
}

impl AskedOnce {
    fn of(body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        Body::new(Self { body, asked: false }).flush()
    }
}

impl HttpBody for AskedOnce {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let first = !std::mem::replace(&mut self.asked, true);
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match &frame {
            Poll::Ready(Some(Ok(chunk)))
                if first && chunk.data_ref().is_some_and(Bytes::is_empty) =>
            {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            _ => frame,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
