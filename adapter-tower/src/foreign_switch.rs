//! Switches of protocols by services that were written for hyper (U13).

use gateway_core::{Body, Environ, Response};
use http::{Method, StatusCode, Version, header, request};
use hyper::ext::Protocol;

use crate::minted::{Minted, mint};

/// The protocol of an extended CONNECT that reaches an app.
const WEBSOCKET: &str = "websocket";

/// What a request of the service offers, and what the service may take.
pub(crate) struct ForeignSwitch {
    minted: Minted,
    version: Version,
}

impl ForeignSwitch {
    /// Puts hyper's `OnUpgrade` into the extensions of a request that offers a switch. An extended
    /// CONNECT, which apps see as a GET, is shown as what it is.
    pub(crate) fn offer(
        environ: &Environ,
    ) -> Option<impl FnOnce(&mut request::Parts) -> Self + use<>> {
        environ.upgrades().next()?;
        let (on_upgrade, minted) = mint()?;
        let version = environ.version();
        Some(move |parts: &mut request::Parts| {
            parts.extensions.insert(on_upgrade);
            if version >= Version::HTTP_2 {
                parts.method = Method::CONNECT;
                parts.extensions.insert(Protocol::from_static(WEBSOCKET));
            }
            Self { minted, version }
        })
    }

    /// The protocol that the service switches to, as its head says.
    pub(crate) fn protocol<B: http_body::Body>(
        &self,
        response: &http::Response<B>,
    ) -> Option<String> {
        if self.version >= Version::HTTP_2 {
            // Nothing tells whether the `OnUpgrade` was taken. What looks like a page is one, and the
            // gateway makes a 502 of it (U7). Its body may be gone: axum drops it for CONNECT.
            let headers = response.headers();
            let is_page = headers.contains_key(header::CONTENT_TYPE)
                || headers.contains_key(header::CONTENT_LENGTH)
                || !response.body().is_end_stream();
            let is_switch = response.status() == StatusCode::OK && !is_page;
            return is_switch.then(|| WEBSOCKET.to_owned());
        }
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return None;
        }
        let protocol = response.headers().get(header::UPGRADE)?;
        protocol.to_str().ok().map(str::to_owned)
    }

    /// The service's response with the switch as its body. What the service left there is closed
    /// behind it.
    pub(crate) fn switch(self, protocol: String, response: Response) -> Response {
        let minted = self.minted;
        let mut response = response.map(|left| {
            Body::upgrade(protocol, |stream| minted.run(stream)).on_close(move || drop(left))
        });
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response
    }
}
