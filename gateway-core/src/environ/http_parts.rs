//! Conversions between an `Environ` and the request parts of `http`.

use std::sync::Mutex;

use http::{Request, Uri, request};

use super::recycle::Inner;
use super::{Environ, path};
use crate::input::{Input, IntoInput};

impl Environ {
    /// A second environ of the same request, for a middleware that asks one app after another. The
    /// input stays in this one. The host's own headers become a map.
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
        let inner = self.inner();
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = inner.head.method().clone();
        parts.uri = inner.head.uri().clone();
        parts.version = inner.head.version();
        parts.headers = inner.head.headers().clone();
        parts.extensions = inner.head.extensions().clone();
        let mut fork = Inner {
            connection: inner.connection,
            script_len: inner.script_len,
            own_vars: inner.own_vars.clone(),
            offers: inner.offers.clone(),
            keep_underscores: inner.keep_underscores,
            exchange: Some(exchange),
            // The first environ ends the exchange.
            is_claimed: true,
            ..Inner::default()
        };
        fork.head.set_own(parts);
        Self(Some(Box::new(fork)))
    }

    /// Takes the environ apart into `http`'s request parts and the input.
    ///
    /// The URI is the one that was sent. The mount point, the connection and the variables that
    /// were set are lost: [`detach`](Self::detach) keeps them.
    #[must_use]
    pub fn into_parts(mut self) -> (request::Parts, Input) {
        let input = self.take_input();
        let head = std::mem::take(&mut self.inner_mut().head);
        (head.into_parts(), input)
    }

    /// Takes the request out as `http`'s request parts and the input, for bridges that call a
    /// component with another interface and come back. The [`Detached`] keeps what those cannot
    /// hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::Environ;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut environ = Environ::from(http::Request::get("/shop/cart").body(())?);
    /// assert!(environ.mount("/shop"));
    ///
    /// let (detached, mut parts, input) = environ.detach();
    /// parts.uri = "/shop/basket".parse()?;
    /// let environ = detached.attach(parts, input);
    /// assert_eq!(environ.script_name(), "/shop");
    /// assert_eq!(environ.path_info(), "/basket");
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "take_parts")]
    #[must_use]
    pub fn detach(mut self) -> (Detached, request::Parts, Input) {
        let input = self.take_input();
        let parts = std::mem::take(&mut self.inner_mut().head).into_parts();
        let detached = Detached {
            environ: self,
            uri: parts.uri.clone(),
        };
        (detached, parts, input)
    }
}

/// What `http`'s request parts cannot hold of an environ: the mount point, the connection, the
/// variables that were set, [`closed`](Environ::closed). Made by [`Environ::detach`].
#[derive(Debug)]
pub struct Detached {
    environ: Environ,
    /// The URI that the mount point belongs to.
    uri: Uri,
}

impl Detached {
    /// Makes an environ of a request and what was kept.
    ///
    /// SCRIPT_NAME stays if the new path still begins with it, and is empty otherwise.
    /// The input is taken as it is: bytes that were read of it before are not expected again.
    #[doc(alias = "put_parts")]
    #[must_use]
    pub fn attach(self, parts: request::Parts, input: Input) -> Environ {
        let Self { mut environ, uri } = self;
        let inner = environ.inner_mut();
        let script_name = path::raw_path(&uri)
            .get(..inner.script_len)
            .unwrap_or_default();
        let path = path::raw_path(&parts.uri);
        if !(path.starts_with(script_name) && path::is_boundary(path, inner.script_len)) {
            inner.script_len = 0;
        }
        inner.head.set_own(parts);
        inner.input = Mutex::new(input);
        environ
    }
}

/// An environ outside any gateway; see [`Environ::from_request`].
impl<B: IntoInput> From<Request<B>> for Environ {
    fn from(request: Request<B>) -> Self {
        Self::from_request(request)
    }
}
