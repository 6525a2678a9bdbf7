//! hyper's request as an environ.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gateway_core::{App, BoxError, Connection, Environ, Gateway, HttpError, Input};
use http::{Request, request};
use http_body::Body as HttpBody;

use crate::switch;

/// Fills an environ with what the host knows.
pub(crate) type With = dyn Fn(&request::Parts, &mut Environ) + Send + Sync;

/// Makes the environ. Where the adapter can switch the protocol, it offers what the client does.
#[inline]
pub(crate) fn environ<A, B>(
    gateway: &Gateway<A>,
    connection: Connection,
    with: Option<&With>,
    can_switch: bool,
    request: Request<B>,
) -> Environ
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (parts, body) = request.into_parts();
    let head = with.map(|with| (with, parts.clone()));
    let mut environ = gateway.environ(parts, Input::new(body));
    // E12: a connection has parsed the head.
    environ.set_connection(connection.with_required_host(true));
    if can_switch {
        switch::offer(&mut environ);
    }
    if let Some((with, head)) = head
        && !gateway.refuses(&environ)
    {
        fill(with, &head, &mut environ);
    }
    environ
}

/// Runs the user's function, whose panic is a 500 (B9).
fn fill(with: &With, head: &request::Parts, environ: &mut Environ) {
    if catch_unwind(AssertUnwindSafe(|| with(head, environ))).is_err() {
        let error = HttpError::internal_server_error();
        environ.refuse(error.with_source("the function given to `with` panicked"));
    }
}
