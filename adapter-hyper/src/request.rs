//! Makes an environ from a hyper request.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gateway_core::{App, BoxError, Connection, Environ, Gateway, HttpError, Input};
use http::request;
use http_body::Body as HttpBody;
use hyper::upgrade::OnUpgrade;

use crate::switch;

/// A function that fills an environ with what the host knows.
pub(crate) type With = dyn Fn(&request::Parts, &mut Environ) + Send + Sync;

/// Makes the environ. If the adapter can switch the protocol, the right to the stream is taken from the
/// request, and the environ has the client's offers.
#[inline]
pub(crate) fn environ<A, B>(
    gateway: &Gateway<A>,
    connection: Connection,
    with: Option<&With>,
    can_switch: bool,
    mut parts: request::Parts,
    body: B,
) -> (Environ, Option<OnUpgrade>)
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let on_upgrade = if can_switch {
        parts.extensions.remove::<OnUpgrade>()
    } else {
        None
    };
    let head = with.map(|with| (with, parts.clone()));
    // Moved once: what changes from here on is changed in the environ.
    let mut environ = gateway.environ(parts, Input::new(body));
    // E12: a connection has parsed the head.
    environ.set_connection(connection.with_required_host(true));
    if on_upgrade.is_some() {
        switch::offer(&mut environ);
    }
    if let Some((with, head)) = head
        && !gateway.refuses(&environ)
    {
        fill(with, &head, &mut environ);
    }
    (environ, on_upgrade)
}

/// Runs the user's function. Its panic becomes a 500 (B9).
fn fill(with: &With, head: &request::Parts, environ: &mut Environ) {
    if catch_unwind(AssertUnwindSafe(|| with(head, environ))).is_err() {
        let error = HttpError::internal_server_error();
        environ.refuse(error.with_source("the function given to `with` panicked"));
    }
}
