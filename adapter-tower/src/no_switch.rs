//! Without the feature `upgrade` nothing is offered to apps.

use std::convert::Infallible;

use gateway_core::{Environ, Outgoing};
use http::{Extensions, Response};

/// Nobody runs the app's part of a switch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spawner(());

impl Spawner {
    pub(crate) fn take(&self, _: &mut Extensions) -> Option<Box<Switchable>> {
        None
    }
}

/// The right to the stream of a connection: there is none.
pub(crate) struct Switchable(Infallible);

impl Switchable {
    pub(crate) fn offer(_: &mut Environ) {}

    pub(crate) fn switch(self, _: &mut Response<Outgoing>) {
        match self.0 {}
    }
}
