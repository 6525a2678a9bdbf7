//! The request as `http`'s own parts, and back.

use std::sync::Mutex;

use http::{Request, request};

use super::inner::Inner;
use super::{Environ, path};
use crate::input::Input;

impl Environ {
    /// A second environ of the same request, for a middleware that asks one app after another. The
    /// input stays with this one; a host's own headers become a map.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::Environ;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut environ = Environ::from_request(http::Request::get("/shop/cart").body(())?);
    /// let mut fork = environ.fork();
    /// assert!(fork.mount("/shop"));
    /// assert_eq!(fork.path_info(), "/cart");
    /// assert_eq!(environ.path_info(), "/shop/cart");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn fork(&mut self) -> Self {
        let exchange = self.exchange();
        let own = self.parts();
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = own.method.clone();
        parts.uri = self.uri().clone();
        parts.version = own.version;
        parts.headers = self.headers().clone();
        parts.extensions = own.extensions.clone();
        let inner = self.inner();
        Self(Some(Box::new(Inner {
            parts: Some(parts),
            connection: inner.connection,
            script_len: inner.script_len,
            own_vars: inner.own_vars.clone(),
            keep_underscores: inner.keep_underscores,
            exchange: Some(exchange),
            // Whoever has the first ends it.
            is_claimed: true,
            ..Inner::default()
        })))
    }

    /// Takes the environ apart into `http`'s request parts and the input.
    ///
    /// The URI is the one that was sent: the mount point, the connection's facts and the own
    /// variables are not part of it.
    #[must_use]
    pub fn into_parts(mut self) -> (request::Parts, Input) {
        let input = self.take_input();
        let parts = self.inner_mut().settle().parts.take();
        (
            parts.unwrap_or_else(|| Request::new(()).into_parts().0),
            input,
        )
    }

    /// Takes the request out as `http`'s request parts and the input, for bridges that lead through
    /// another world and back. What those do not hold stays: the mount point, the connection's
    /// facts, the own variables, [`disconnected`](Self::disconnected).
    #[must_use]
    pub fn take_parts(&mut self) -> (request::Parts, Input) {
        let headers = std::mem::take(self.headers_mut());
        let input = self.take_input();
        let own = self.parts_mut();
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = own.method.clone();
        parts.uri = own.uri.clone();
        parts.version = own.version;
        parts.headers = headers;
        parts.extensions = std::mem::take(&mut own.extensions);
        (parts, input)
    }

    /// Puts a request in the place of the one that [`take_parts`](Self::take_parts) took out.
    ///
    /// SCRIPT_NAME stays where the new path still begins with it, and is empty where it does not.
    /// The input is taken as it is: what was read of it before is not expected again.
    pub fn put_parts(&mut self, parts: request::Parts, input: Input) {
        let path = path::raw_path(&parts.uri);
        let split = self.split();
        if !(path.starts_with(self.raw_script_name()) && path::is_boundary(path, split)) {
            self.inner_mut().script_len = 0;
        }
        let inner = self.inner_mut();
        inner.forget_source();
        inner.parts = Some(parts);
        inner.input = Mutex::new(input);
    }
}
