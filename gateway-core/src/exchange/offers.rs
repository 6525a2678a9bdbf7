//! `Offers`: the protocols that the client offers and the host can switch to, as
//! `Environ::upgrades` lists them.

use std::sync::Arc;

use super::Exchange;

/// At least one protocol (U1, U2).
#[derive(Debug)]
pub(crate) struct Offers {
    protocols: Vec<String>,
    is_extended_connect: bool,
}

impl Offers {
    /// The protocols of an `Upgrade` field. `None` if there are none.
    pub(crate) fn of_upgrade(protocols: Vec<String>) -> Option<Arc<Self>> {
        let is_empty = protocols.is_empty();
        (!is_empty).then(|| {
            Arc::new(Self {
                protocols,
                is_extended_connect: false,
            })
        })
    }

    /// The protocol of an extended CONNECT (RFC 8441).
    pub(crate) fn of_extended_connect(protocol: String) -> Arc<Self> {
        Arc::new(Self {
            protocols: vec![protocol],
            is_extended_connect: true,
        })
    }

    pub(crate) fn protocols(&self) -> &[String] {
        &self.protocols
    }

    /// RFC 9110 section 7.8: names are compared without regard to case.
    pub(crate) fn has(&self, protocol: &str) -> bool {
        self.protocols
            .iter()
            .any(|known| known.eq_ignore_ascii_case(protocol))
    }

    /// True if a 2xx response to the request opens a tunnel (U7).
    pub(crate) fn is_extended_connect(&self) -> bool {
        self.is_extended_connect
    }
}

impl Exchange {
    pub(crate) fn set_offers(&self, offers: Option<Arc<Offers>>) {
        let replaced = std::mem::replace(&mut self.lock().offers, offers);
        drop(replaced);
    }

    pub(crate) fn offers(&self) -> Option<Arc<Offers>> {
        self.lock().offers.clone()
    }
}
