//! hyper's request as an environ.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gateway_core::{App, BoxError, Connection, Environ, Gateway, HttpError, Input, Outgoing};
use http::{HeaderValue, Request, Response, Version, header, request};
use http_body::Body as HttpBody;

use crate::host;

/// Fills an environ with what the host knows.
pub(crate) type With = dyn Fn(&request::Parts, &mut Environ) + Send + Sync;

/// Makes the environ, and tells why it is refused, if it is.
#[inline]
pub(crate) fn environ<A, B>(
    gateway: &Gateway<A>,
    connection: Connection,
    with: Option<&With>,
    request: Request<B>,
) -> (Environ, Option<HttpError>)
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (parts, body) = request.into_parts();
    let is_valid = host::is_valid(&parts);
    let head = with.filter(|_| is_valid).map(|with| (with, parts.clone()));
    let mut environ = gateway.environ(parts, Input::new(body));
    environ.set_connection(connection);
    if !is_valid {
        return (environ, Some(HttpError::bad_request()));
    }
    let refusal = head.and_then(|(with, head)| fill(with, &head, &mut environ).err());
    (environ, refusal)
}

/// Answers a request that does not reach the app.
#[cold]
pub(crate) fn refuse<A: App>(
    gateway: &Gateway<A>,
    environ: Environ,
    error: HttpError,
) -> Response<Outgoing> {
    let is_http1 = environ.version() < Version::HTTP_2;
    let mut response = gateway.refuse(environ, error);
    if is_http1 {
        // Who framed the head wrongly is not trusted with where the next one begins.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// Runs the user's function, whose panic is a 500 (B9).
fn fill(with: &With, head: &request::Parts, environ: &mut Environ) -> Result<(), HttpError> {
    catch_unwind(AssertUnwindSafe(|| with(head, environ))).map_err(|_| {
        HttpError::internal_server_error().with_source("the function given to `with` panicked")
    })
}
