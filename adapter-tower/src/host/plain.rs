//! No host is known: what `host/axum.rs` has, with nothing in it.

use std::net::SocketAddr;

use http::{Extensions, Uri};

pub(crate) fn original_uri(_: &Extensions) -> Option<&Uri> {
    None
}

pub(crate) fn peer(_: &Extensions) -> Option<SocketAddr> {
    None
}

pub(crate) fn set_original_uri(_: &mut Extensions, _: &Uri) {}

pub(crate) fn set_peer(_: &mut Extensions, _: SocketAddr) {}
