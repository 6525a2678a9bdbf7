//! What axum puts into the extensions of a request.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, OriginalUri};
use http::{Extensions, Uri};

/// The URI before any prefix was stripped: an axum `Router` notes it before it routes, the
/// outermost one wins.
pub(crate) fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    extensions.get::<OriginalUri>().map(|original| &original.0)
}

/// The peer, from `into_make_service_with_connect_info`.
pub(crate) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0)
}

/// Tells a service of axum's what URI there was.
pub(crate) fn set_original_uri(extensions: &mut Extensions, uri: &Uri) {
    extensions.insert(OriginalUri(uri.clone()));
}

/// Tells a service of axum's who the peer is.
pub(crate) fn set_peer(extensions: &mut Extensions, peer: SocketAddr) {
    extensions.insert(ConnectInfo(peer));
}
