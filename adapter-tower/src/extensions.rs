//! Reads and writes axum's request extensions. Without the feature `axum` there are none.

use std::net::SocketAddr;

#[cfg(feature = "axum")]
use axum::extract::{ConnectInfo, FromRequestParts, OriginalUri, RawPathParams};
#[cfg(feature = "axum")]
use gateway_core::PathParams;
use http::{Extensions, Uri, request};

/// The URI before any prefix was stripped. An axum `Router` stores it before it routes, and the
/// outermost one takes precedence.
#[cfg(feature = "axum")]
pub(crate) fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    extensions.get::<OriginalUri>().map(|original| &original.0)
}

#[cfg(not(feature = "axum"))]
pub(crate) fn original_uri(_: &Extensions) -> Option<&Uri> {
    None
}

/// The peer, from `into_make_service_with_connect_info`.
#[cfg(feature = "axum")]
pub(crate) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0)
}

#[cfg(not(feature = "axum"))]
pub(crate) fn peer(_: &Extensions) -> Option<SocketAddr> {
    None
}

/// Adds the parameters of axum's routes to the present ones.
#[cfg(feature = "axum")]
pub(crate) fn note_path_params(parts: &mut request::Parts) {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    // axum's own type for them is private, so this extractor is the only way. It never waits. An
    // error is a path that is not UTF-8, or a router that is not axum's.
    let polled = pin!(RawPathParams::from_request_parts(parts, &()))
        .poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Ok(params)) = polled else {
        return;
    };
    let mut params = params.iter().peekable();
    if params.peek().is_some() {
        parts
            .extensions
            .get_or_insert_default::<PathParams>()
            .extend(params);
    }
}

#[cfg(not(feature = "axum"))]
pub(crate) fn note_path_params(_: &mut request::Parts) {}

/// Gives the original URI to an axum service.
#[cfg(feature = "axum")]
pub(crate) fn set_original_uri(extensions: &mut Extensions, uri: &Uri) {
    extensions.insert(OriginalUri(uri.clone()));
}

#[cfg(not(feature = "axum"))]
pub(crate) fn set_original_uri(_: &mut Extensions, _: &Uri) {}

/// Gives the peer's address to an axum service.
#[cfg(feature = "axum")]
pub(crate) fn set_peer(extensions: &mut Extensions, peer: SocketAddr) {
    extensions.insert(ConnectInfo(peer));
}

#[cfg(not(feature = "axum"))]
pub(crate) fn set_peer(_: &mut Extensions, _: SocketAddr) {}
