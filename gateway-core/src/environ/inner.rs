//! What is behind an environ's pointer, and how it is used again.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::{Extensions, HeaderMap, Method, Request, Uri, Version, header, request};

use super::{Environ, HeadSource};
use crate::connection::Connection;
use crate::exchange::{Exchange, Memory, forget_empty};
use crate::input::Input;

/// Room for more variables than these is not kept for later requests.
const KEPT_VARS: usize = 32;

/// What is behind the pointer; the box is used again for later requests.
#[derive(Default)]
pub(super) struct Inner {
    // Always there but in a box that waits for its next request, and in one whose head was lent even
    // then: empty ones serve the next loan. Moved in and out as a whole: an empty `Uri` to fill the
    // place in between would cost more than the rest of the environ.
    pub(super) parts: Option<request::Parts>,
    /// In place of `parts.headers`, and of `parts.uri` if it has a target, where a host lends its
    /// own.
    pub(super) source: Option<Arc<dyn HeadSource>>,
    /// The map made of the source; there is none without a source.
    pub(super) made_headers: OnceLock<HeaderMap>,
    /// The URI made of the source's target; there is none without a source.
    pub(super) made_uri: OnceLock<Uri>,
    // The mutex is never locked: it makes the environ `Sync`, so that apps may hold a reference
    // to it while they await.
    pub(super) input: Mutex<Input>,
    pub(super) connection: Connection,
    pub(super) script_len: usize,
    pub(super) own_vars: Vec<(Cow<'static, str>, Vec<u8>)>,
    pub(super) keep_underscores: bool,
    pub(super) exchange: Option<Arc<Exchange>>,
    /// Somebody ends the exchange.
    pub(super) is_claimed: bool,
}

impl Environ {
    /// An environ in memory that an earlier one left, if there is any.
    #[inline]
    pub(crate) fn new(
        memory: Option<Memory>,
        exchange: Option<Arc<Exchange>>,
        parts: request::Parts,
        input: Input,
    ) -> Self {
        let mut inner = Inner::from_memory(memory);
        inner.parts = Some(parts);
        Self::assemble(inner, exchange, input)
    }

    /// An environ of which a host lends the head.
    #[inline]
    pub(crate) fn lent(
        memory: Option<Memory>,
        exchange: Arc<Exchange>,
        (method, version): (Method, Version),
        source: Arc<dyn HeadSource>,
        input: Input,
    ) -> Self {
        let mut inner = Inner::from_memory(memory);
        // Those of an earlier request are empty but for these two.
        let parts = inner
            .parts
            .get_or_insert_with(|| Request::new(()).into_parts().0);
        parts.method = method;
        parts.version = version;
        inner.source = Some(source);
        Self::assemble(inner, Some(exchange), input)
    }

    #[inline]
    fn assemble(mut inner: Box<Inner>, exchange: Option<Arc<Exchange>>, input: Input) -> Self {
        inner.is_claimed = exchange.is_some();
        inner.exchange = exchange;
        let mut environ = Self(Some(inner));
        // Most requests have no body, and the place of the input is empty by now.
        if !input.is_untouched() {
            environ.set_input(input);
            environ.declare_length();
        }
        environ
    }

    /// Tells the input what length the client declared (I1).
    pub(super) fn declare_length(&mut self) {
        if !self.input_mut().is_there() {
            return;
        }
        let declared = self.content_length();
        self.input_mut().declare(declared);
        // RFC 9112 section 6.3: Transfer-Encoding overrides Content-Length, which must not be
        // passed on beside it (I2).
        if declared.is_none()
            && self.inner().source.is_none()
            && self.headers().contains_key(header::TRANSFER_ENCODING)
        {
            self.headers_mut().remove(header::CONTENT_LENGTH);
        }
    }
}

impl Inner {
    #[inline]
    fn from_memory(memory: Option<Memory>) -> Box<Self> {
        memory
            .and_then(|memory| memory.downcast().ok())
            .unwrap_or_default()
    }

    /// The request target, where a host lends it.
    #[inline]
    pub(super) fn lent_target(&self) -> Option<&str> {
        self.source.as_deref().and_then(HeadSource::target)
    }

    /// Makes what a host lends the environ's own, and lets go of it.
    pub(super) fn settle(&mut self) -> &mut Self {
        let Some(source) = self.source.take() else {
            return self;
        };
        let headers = self.made_headers.take().unwrap_or_else(|| source.to_map());
        let target = source.target();
        let uri = target.map(|target| self.made_uri.take().unwrap_or_else(|| parse_target(target)));
        if let Some(parts) = &mut self.parts {
            parts.headers = headers;
            parts.uri = uri.unwrap_or_else(|| std::mem::take(&mut parts.uri));
        }
        self
    }

    /// Lets go of what a host lends, and of what was made of it: without its source that would pass
    /// for what is made of the next one (L5).
    pub(super) fn forget_source(&mut self) {
        self.source = None;
        self.made_headers = OnceLock::new();
        self.made_uri = OnceLock::new();
    }

    /// Empties the box for the next request and gives its header map, emptied too.
    ///
    /// Nothing of the request may stay: its URI and headers are slices of the host's read buffer,
    /// which they would keep alive.
    #[inline]
    fn clear(&mut self) -> HeaderMap {
        // In place: the parts are not moved out to be dropped.
        let mut headers = match &mut self.parts {
            Some(parts) => std::mem::take(&mut parts.headers),
            None => HeaderMap::new(),
        };
        if self.lent_target().is_none() {
            self.parts = None;
        } else if let Some(parts) = &mut self.parts {
            // They were filled for no request but in these.
            parts.method = Method::GET;
            if !parts.extensions.is_empty() {
                parts.extensions = Extensions::new();
            }
        }
        if self.source.take().is_some() {
            self.made_uri.take();
            // The map made of a host's headers may have more room than the one it stood in for.
            if let Some(made) = self.made_headers.take()
                && made.capacity() > headers.capacity()
            {
                headers = made;
            }
        }
        if !headers.is_empty() {
            headers.clear();
        }
        self.input
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .reset();
        self.connection = Connection::default();
        self.script_len = 0;
        self.own_vars.clear();
        // L5: what is kept is bounded.
        self.own_vars.shrink_to(KEPT_VARS);
        self.keep_underscores = false;
        self.is_claimed = false;
        headers
    }
}

/// The URI of a lent target.
pub(super) fn parse_target(target: &str) -> Uri {
    // What http takes for none would be a breach of the source's contract.
    target.parse().unwrap_or_default()
}

impl Drop for Environ {
    #[inline]
    fn drop(&mut self) {
        let Some(mut inner) = self.0.take() else {
            return;
        };
        let Some(exchange) = inner.exchange.take() else {
            return;
        };
        let mut headers = inner.clear();
        exchange.recycle(inner, &mut headers);
        // What came back for it, most often nothing.
        forget_empty(headers);
    }
}
