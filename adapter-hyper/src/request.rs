//! hyper's request as an environ.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gateway_core::{App, BoxError, Connection, Environ, Gateway, HttpError, Input};
use http::{Request, Version, request};
use http_body::Body as HttpBody;

use crate::unread::{Unread, Watched};

/// Fills an environ with what the host knows.
pub(crate) type With = dyn Fn(&request::Parts, &mut Environ) + Send + Sync;

/// Makes the environ. On HTTP/1 with what tells whether the body was left unread.
#[inline]
pub(crate) fn environ<A, B>(
    gateway: &Gateway<A>,
    connection: Connection,
    with: Option<&With>,
    request: Request<B>,
) -> (Environ, Option<Unread>)
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (parts, body) = request.into_parts();
    let head = with.map(|with| (with, parts.clone()));
    let (input, unread) = input(parts.version, body);
    let mut environ = gateway.environ(parts, input);
    // E12: a connection has parsed the head.
    environ.set_connection(connection.with_required_host(true));
    if let Some((with, head)) = head
        && !gateway.refuses(&environ)
    {
        fill(with, &head, &mut environ);
    }
    (environ, unread)
}

/// The body as an input. Most requests have none: nothing is watched for them, nor on HTTP/2, where a
/// body that nobody reads is the matter of its stream.
#[inline]
fn input<B>(version: Version, body: B) -> (Input, Option<Unread>)
where
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    if version >= Version::HTTP_2 || body.is_end_stream() {
        return (Input::new(body), None);
    }
    let (body, unread) = Watched::new(body);
    (Input::new(body), Some(unread))
}

/// Runs the user's function, whose panic is a 500 (B9).
fn fill(with: &With, head: &request::Parts, environ: &mut Environ) {
    if catch_unwind(AssertUnwindSafe(|| with(head, environ))).is_err() {
        let error = HttpError::internal_server_error();
        environ.refuse(error.with_source("the function given to `with` panicked"));
    }
}
