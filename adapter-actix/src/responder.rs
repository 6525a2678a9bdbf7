//! Return values of views in native actix handlers.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, Responder};
use gateway_core::{Gateway, Input, IntoResponse, Outgoing, Response, app_fn};

use crate::convert;
use crate::response::{Facts, response};

/// How often a body is asked before its head goes out. The first time is enough for all but bodies
/// that begin with many empty chunks.
const POLLS: u32 = 64;

/// What a view may return (text, `Json`, a tuple, an `HttpError` ..), as the answer of a native
/// actix handler.
///
/// The answer is put right as a mounted app's is: HEAD, 204 and 304, lengths, refused headers, an
/// error's page. Only a stream is not waited for: one that fails before its first chunk aborts the
/// response where an app would answer 500 (B1).
///
/// # Examples
///
/// ```
/// use actix_web::{App, web};
/// use adapter_actix::Reply;
/// use gateway_core::{HttpError, IntoResponse};
///
/// async fn item(id: web::Path<u32>) -> Reply<Result<impl IntoResponse, HttpError>> {
///     Reply(match *id {
///         1 => Ok(("one", 200, [("x-my-header", "foo")])),
///         _ => Err(HttpError::not_found()),
///     })
/// }
///
/// let app = App::new().route("/items/{id}", web::get().to(item));
/// # let _ = app;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reply<T>(pub T);

impl<T> From<T> for Reply<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: IntoResponse> Responder for Reply<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse<BoxBody> {
        let head = request.head();
        // A stream's head goes out as soon as it has nothing ready: there is nobody to wait.
        let made = self.0.into_response();
        let made = made.map(|made| made.map(|body| body.flush()));
        // All of the request that decides how it is answered.
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.method = convert::method(&head.method).unwrap_or_default();
        parts.version = convert::version(head.version);
        match run(made, parts) {
            Some(answer) => response(answer, Facts::of(head), None).0,
            None => HttpResponse::InternalServerError().finish(),
        }
    }
}

/// Runs the driver on a response that is there already.
fn run(
    made: Result<Response, gateway_core::Error>,
    parts: http::request::Parts,
) -> Option<http::Response<Outgoing>> {
    let made = Mutex::new(Some(made));
    let gateway = Gateway::new(app_fn(move |_, start_response| {
        let made = made.lock().unwrap_or_else(PoisonError::into_inner).take();
        async move {
            match made {
                Some(made) => start_response.send(made?),
                None => Err(gateway_core::Error::msg("a reply is sent once")),
            }
        }
    }));
    let mut answer = pin!(gateway.handle(gateway.environ(parts, Input::empty())));
    // Whoever is to be woken is asked again by actix, which polls the body next.
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..POLLS {
        if let Poll::Ready(answer) = answer.as_mut().poll(&mut cx) {
            return Some(answer);
        }
    }
    None
}
