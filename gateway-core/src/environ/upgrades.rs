//! `Environ::upgrades`: the protocols that the client offers and the host can switch to (U1, U2).

use std::sync::Arc;

use http::{HeaderName, Method, Version};
use http_body::Body as _;

use super::{EnvValue, Environ};
use crate::exchange::Offers;
use crate::shutdown_signal::Closing;

/// The only protocol that an extended CONNECT is passed on for (RFC 8441 section 5).
const WEBSOCKET: &str = "websocket";

impl Environ {
    /// The protocols that the client offers and the host can switch to, in the client's order. There
    /// are none if the client offers none or the host cannot switch (U1). An app that accepts one of
    /// them responds with [`Body::upgrade`](crate::Body::upgrade).
    ///
    /// WebSocket is `websocket` on every version of HTTP: an extended CONNECT (RFC 8441) is shown as a
    /// GET that offers it.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::Environ;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let request = http::Request::get("/chat")
    ///     .header("connection", "keep-alive, Upgrade")
    ///     .header("upgrade", "websocket, chat/2")
    ///     .body(())?;
    /// let mut environ = Environ::from_request(request);
    /// // No host is there yet that could switch.
    /// assert_eq!(environ.upgrades().count(), 0);
    ///
    /// environ.offer_upgrades(|_| true);
    /// assert_eq!(environ.upgrades().collect::<Vec<_>>(), ["websocket", "chat/2"]);
    /// assert!(environ.offers_upgrade("WebSocket"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn upgrades(&self) -> impl Iterator<Item = &str> {
        let offers = self.inner().offers.as_deref();
        offers
            .map(Offers::protocols)
            .unwrap_or_default()
            .iter()
            .map(String::as_str)
    }

    /// True if the protocol is one of the [`upgrades`](Self::upgrades). Names are compared without
    /// regard to case (RFC 9110 section 7.8).
    #[must_use]
    pub fn offers_upgrade(&self, protocol: &str) -> bool {
        let offers = self.inner().offers.as_deref();
        offers.is_some_and(|offers| offers.has(protocol))
    }

    /// Offers those protocols of the request's `Upgrade` field that the host can switch to, as
    /// `can_switch` says: for adapters, on a connection whose stream they can hand out.
    ///
    /// Nothing is offered to a request of another version than HTTP/1.1, without the connection option
    /// `upgrade`, or with a body; `websocket` is offered to GET only (U2).
    pub fn offer_upgrades(&mut self, mut can_switch: impl FnMut(&str) -> bool) {
        if self.version() != Version::HTTP_11 || self.has_body() {
            return;
        }
        let Some(upgrade) = self.header("upgrade") else {
            return;
        };
        if !self.has_connection_option("upgrade") {
            return;
        }
        let is_get = *self.request_method() == Method::GET;
        let protocols = items(upgrade.as_bytes())
            .filter_map(|protocol| std::str::from_utf8(protocol).ok())
            .filter(|protocol| is_protocol(protocol))
            .filter(|protocol| is_get || !protocol.eq_ignore_ascii_case(WEBSOCKET))
            .filter(|protocol| can_switch(protocol))
            .map(str::to_owned)
            .collect();
        self.set_offers(Offers::of_upgrade(protocols));
    }

    /// Shows an extended CONNECT (RFC 8441) for `websocket` as a GET that offers it: for adapters, on a
    /// stream of HTTP/2 or HTTP/3 that they can hand out. `protocol` is the request's `:protocol`.
    ///
    /// A CONNECT for another protocol stays what it is, and is refused (E14).
    pub fn offer_extended_connect(&mut self, protocol: &str) {
        let is_later = self.version() >= Version::HTTP_2;
        if is_later
            && *self.request_method() == Method::CONNECT
            && protocol.eq_ignore_ascii_case(WEBSOCKET)
        {
            self.set_request_method(Method::GET);
            self.set_offers(Some(Offers::of_extended_connect(WEBSOCKET.to_owned())));
        }
    }

    /// Takes the offers back: for middlewares inside which nothing can be switched. If an app
    /// switches nevertheless, the response is a 500 (U3).
    pub fn withdraw_upgrades(&mut self) {
        if self.inner().offers.is_some() {
            self.set_offers(None);
        }
    }

    /// Resolves when the server begins to shut down (L4, U12), for apps whose responses would not end
    /// by themselves: an event stream then ends, and its client reconnects to another server.
    ///
    /// Outside of a gateway it never resolves.
    pub fn closing(&mut self) -> Closing {
        self.exchange().closing()
    }

    /// True if a 2xx response to the request opens a tunnel (U7).
    #[inline]
    pub(crate) fn is_extended_connect(&self) -> bool {
        let offers = self.inner().offers.as_deref();
        offers.is_some_and(Offers::is_extended_connect)
    }

    fn set_offers(&mut self, offers: Option<Arc<Offers>>) {
        self.exchange().set_offers(offers.clone());
        self.inner_mut().offers = offers;
    }

    /// True if the head announces a body that has bytes, or there is one.
    fn has_body(&mut self) -> bool {
        self.input_mut().size_hint().exact() != Some(0)
            || self.header("transfer-encoding").is_some()
            || self
                .header("content-length")
                .is_some_and(|length| length.as_bytes() != b"0")
    }

    /// True if `Connection` has the option.
    pub(crate) fn has_connection_option(&self, option: &str) -> bool {
        let connection = self.header("connection");
        let connection = connection.as_ref().map_or(&b""[..], EnvValue::as_bytes);
        items(connection).any(|item| item.eq_ignore_ascii_case(option.as_bytes()))
    }
}

/// The items of a list (RFC 9110 section 5.6.1).
fn items(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|item| !item.is_empty())
}

/// RFC 9110 section 7.8: `token ["/" token]`.
fn is_protocol(text: &str) -> bool {
    let is_token = |text: &str| HeaderName::from_bytes(text.as_bytes()).is_ok();
    match text.split_once('/') {
        Some((name, version)) => is_token(name) && is_token(version),
        None => is_token(text),
    }
}
