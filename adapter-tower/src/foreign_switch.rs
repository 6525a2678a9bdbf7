//! Lets a tower service that was written for hyper switch the protocol inside an app (U13).

use gateway_core::{Body, Environ, Response};
use http::{Method, StatusCode, Version, header, request};
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;

use crate::minted::{Minted, mint};

/// The protocol of an extended CONNECT that reaches an app.
const WEBSOCKET: &str = "websocket";

/// What a request of the service offers, and the `OnUpgrade` that the service may take.
pub(crate) struct ForeignSwitch {
    /// Until it is offered.
    on_upgrade: Option<OnUpgrade>,
    minted: Minted,
    version: Version,
}

impl ForeignSwitch {
    /// What a request offers; `None` if it offers nothing.
    pub(crate) fn of(environ: &Environ) -> Option<Self> {
        environ.upgrades().next()?;
        let (on_upgrade, minted) = mint()?;
        Some(Self {
            on_upgrade: Some(on_upgrade),
            minted,
            version: environ.version(),
        })
    }

    /// Puts hyper's `OnUpgrade` into the extensions of the request. An extended CONNECT, which apps see as
    /// a GET, is shown as what it is.
    pub(crate) fn offer(&mut self, parts: &mut request::Parts) {
        if let Some(on_upgrade) = self.on_upgrade.take() {
            parts.extensions.insert(on_upgrade);
        }
        if self.version >= Version::HTTP_2 {
            parts.method = Method::CONNECT;
            parts.extensions.insert(Protocol::from_static(WEBSOCKET));
        }
    }

    /// The protocol that the service switches to, as its head says.
    pub(crate) fn protocol<B: http_body::Body>(
        &self,
        response: &http::Response<B>,
    ) -> Option<String> {
        if self.version >= Version::HTTP_2 {
            // Nothing tells whether the `OnUpgrade` was taken. A response that looks like a page is
            // treated as one, and the gateway makes a 502 of it (U7). Its body may be gone: axum
            // drops it for CONNECT.
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

    /// The service's response with the switch as its body. The service's own body is closed after
    /// the switch.
    pub(crate) fn switch(self, protocol: String, response: Response) -> Response {
        let minted = self.minted;
        let mut response = response.map(|left| {
            Body::upgrade(protocol, |stream| minted.run(stream)).on_close(move || drop(left))
        });
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response
    }
}
