//! Replaces `foreign_switch` without the feature `upgrade`: nothing is offered to services.

use std::convert::Infallible;

use gateway_core::{Environ, Response};
use http::request;

/// What a service may take: nothing.
pub(crate) struct ForeignSwitch(Infallible);

impl ForeignSwitch {
    pub(crate) fn of(_: &Environ) -> Option<Self> {
        None
    }

    pub(crate) fn offer(&mut self, _: &mut request::Parts) {
        match self.0 {}
    }

    pub(crate) fn protocol<B>(&self, _: &http::Response<B>) -> Option<String> {
        match self.0 {}
    }

    pub(crate) fn switch(self, _: String, _: Response) -> Response {
        match self.0 {}
    }
}
