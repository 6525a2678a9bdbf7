//! Without the feature `upgrade` nothing is offered to services.

use std::convert::Infallible;

use gateway_core::{Environ, Response};
use http::request;

/// What a service may take: nothing.
pub(crate) struct ForeignSwitch(Infallible);

impl ForeignSwitch {
    pub(crate) fn offer(_: &Environ) -> Option<fn(&mut request::Parts) -> Self> {
        None
    }

    pub(crate) fn protocol<B>(&self, _: &http::Response<B>) -> Option<String> {
        match self.0 {}
    }

    pub(crate) fn switch(self, _: String, _: Response) -> Response {
        match self.0 {}
    }
}
