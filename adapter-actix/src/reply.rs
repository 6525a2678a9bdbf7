//! `ActixReply`: return values of views in native actix handlers.

use actix_web::body::BoxBody;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, Responder};
use gateway_core::{TryIntoResponse, reply};

use crate::actix_app::is_bridged;
use crate::answer::Rest;
use crate::request::{method, version};
use crate::response::{Facts, response};
use crate::values::Values;

/// What a view may return (text, `Json`, a tuple, an `HttpError` ..), as the response of a native
/// actix handler.
///
/// The response is normalised like that of a mounted app: HEAD, 204 and 304, lengths, refused
/// headers, the page of an error. Only a stream is not waited for: if it fails before its first
/// chunk, the response is aborted where an app would answer 500 (B1).
///
/// # Examples
///
/// ```
/// use actix_web::{App, web};
/// use adapter_actix::ActixReply;
/// use gateway_core::{HttpError, TryIntoResponse};
///
/// async fn item(id: web::Path<u32>) -> ActixReply<Result<impl TryIntoResponse, HttpError>> {
///     ActixReply(match *id {
///         1 => Ok(("one", 200, [("x-my-header", "foo")])),
///         _ => Err(HttpError::not_found()),
///     })
/// }
///
/// let app = App::new().route("/items/{id}", web::get().to(item));
/// # let _ = app;
/// ```
#[doc(alias = "Reply")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ActixReply<T>(pub T);

impl<T> From<T> for ActixReply<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: TryIntoResponse> Responder for ActixReply<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse<BoxBody> {
        let head = request.head();
        let method = method(&head.method).unwrap_or_default();
        let answer = reply(self.0, &method, version(head.version));
        let facts = Facts::of(head, || is_bridged(&request.extensions()));
        let mut rest = Rest::new(None, None);
        response(answer, facts, head, &Values::default(), &mut rest).0
    }
}
