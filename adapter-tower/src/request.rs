//! Makes an environ from the request of a tower host.

use std::error::Error as StdError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use gateway_core::{App, BoxError, Connection, Environ, Gateway, HttpError, Input, InputError};
use http::{Extensions, Request, request};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::LengthLimitError;
use pin_project_lite::pin_project;

use crate::switch::{Spawner, Switchable};
use crate::{extensions, prefix};

/// A function that fills an environ with what the host knows.
pub(crate) type With = dyn Fn(&request::Parts, &mut Environ) + Send + Sync;

/// Makes the environ, and takes the right to the stream of the connection if the host gives it.
/// Extensions are moved (E15).
#[inline]
pub(crate) fn environ<A, B>(
    gateway: &Gateway<A>,
    with: Option<&With>,
    spawner: &Spawner,
    request: Request<B>,
) -> (Environ, Option<Box<Switchable>>)
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (mut parts, body) = request.into_parts();
    let switchable = spawner.take(&mut parts.extensions);
    extensions::note_path_params(&mut parts);
    let connection = connection(&parts.extensions);
    let head = with.map(|with| (with, parts.clone()));
    let script_name_len = prefix::restore(&mut parts);
    let mut environ = gateway.environ(parts, input(body));
    if let Some(connection) = connection {
        environ.set_connection(connection);
    }
    if script_name_len > 0 {
        // The offset is before a slash or at the end of the path, so it is accepted.
        let _ = environ.set_script_name_len(script_name_len);
    }
    if switchable.is_some() {
        Switchable::offer(&mut environ);
    }
    if let Some((with, head)) = head
        && !gateway.refuses(&environ)
    {
        fill(with, &head, &mut environ);
    }
    (environ, switchable)
}

/// Runs the user's function. Its panic becomes a 500 (B9).
fn fill(with: &With, head: &request::Parts, environ: &mut Environ) {
    if catch_unwind(AssertUnwindSafe(|| with(head, environ))).is_err() {
        let error = HttpError::internal_server_error();
        environ.refuse(error.with_source("the function given to `with` panicked"));
    }
}

/// What is known of the connection. A `Connection` of the host's user takes precedence.
fn connection(extensions: &Extensions) -> Option<Connection> {
    let told = extensions.get::<Connection>().copied();
    let connection = told.or_else(|| {
        extensions::peer(extensions).map(|peer| Connection::new().with_peer_addr(peer))
    })?;
    // E12: where there is a peer, a connection has parsed the head.
    let is_required = connection.requires_host() || connection.peer_addr().is_some();
    Some(connection.with_required_host(is_required))
}

/// A host's body as input.
pub(crate) fn input<B>(body: B) -> Input
where
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    Input::new(Bounded { body })
}

pin_project! {
    /// A body that its host may limit. That limit becomes a 413 (I4).
    struct Bounded<B> {
        #[pin]
        body: B,
    }
}

impl<B> HttpBody for Bounded<B>
where
    B: HttpBody<Data: Buf, Error: Into<BoxError>>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let frame = ready!(self.project().body.poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map_err(|error| explain(error.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Searches the causes for the limit, because hosts wrap it.
fn explain(error: BoxError) -> BoxError {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&*error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return InputError::over_host_limit().into();
        }
        cause = error.source();
    }
    error
}
