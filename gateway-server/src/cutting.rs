//! Tells the gateway that the server cuts its exchanges from now on (L4).

use gateway_core::{App, Gateway};

/// Tells the gateway, when it is dropped, that exchanges in flight are cut from now on (L4).
pub(crate) struct BeginCutting<'a, A: App>(Option<&'a Gateway<A>>);

impl<'a, A: App> BeginCutting<'a, A> {
    pub(crate) fn new(gateway: &'a Gateway<A>) -> Self {
        Self(Some(gateway))
    }

    /// Nothing is in flight. The gateway may continue on another host.
    pub(crate) fn never(mut self) {
        self.0 = None;
    }
}

impl<A: App> Drop for BeginCutting<'_, A> {
    fn drop(&mut self) {
        if let Some(gateway) = self.0 {
            gateway.begin_cutting();
        }
    }
}
