//! Keeps the memory of an environ, and uses it again for a later request (L5).

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use http::{header, request};

use super::Environ;
use super::head::Head;
use super::lent_head::LentHead;
use super::var_name::VarName;
use crate::connection::Connection;
use crate::exchange::{Exchange, Memory, Offers, UnreadMark, forget_empty};
use crate::http_error::HttpError;
use crate::input::Input;

/// Room for more variables than these is not kept for later requests.
const KEPT_VARS: usize = 32;

/// The environ's fields. The default is the environ of `GET /` outside any gateway.
#[derive(Default)]
pub(super) struct Inner {
    pub(super) head: Head,
    // The mutex is never locked: it makes the environ `Sync`, so that apps may hold a reference
    // to it while they await.
    pub(super) input: Mutex<Input>,
    pub(super) connection: Connection,
    pub(super) script_len: usize,
    pub(super) own_vars: Vec<(VarName, Vec<u8>)>,
    pub(super) keep_underscores: bool,
    /// The response, if the app must not be called.
    pub(super) refusal: Option<HttpError>,
    /// The protocols that the connection can switch to.
    pub(super) offers: Option<Arc<Offers>>,
    pub(super) exchange: Option<Arc<Exchange>>,
    /// A gateway or `respond` ends the exchange already.
    pub(super) is_claimed: bool,
}

/// The fields of an environ without memory.
static EMPTY: LazyLock<Inner> = LazyLock::new(Inner::default);

impl Environ {
    /// Makes an environ, in recycled memory if there is any.
    #[inline]
    pub(crate) fn new(
        memory: Option<Memory>,
        exchange: Option<Arc<Exchange>>,
        parts: request::Parts,
        input: Input,
    ) -> Self {
        let mut inner = Inner::from_memory(memory);
        inner.head.set_own(parts);
        Self::assemble(inner, exchange, input)
    }

    /// Makes an environ whose head the host lends.
    #[inline]
    pub(crate) fn lent(
        memory: Option<Memory>,
        exchange: Arc<Exchange>,
        head: LentHead,
        input: Input,
    ) -> Self {
        let mut inner = Inner::from_memory(memory);
        inner.head.set_lent(head);
        Self::assemble(inner, Some(exchange), input)
    }

    #[inline]
    fn assemble(mut inner: Box<Inner>, exchange: Option<Arc<Exchange>>, mut input: Input) -> Self {
        inner.is_claimed = exchange.is_some();
        inner.exchange = exchange;
        let mut environ = Self(Some(inner));
        // Most requests have no body, and the input is empty already.
        if !input.is_untouched() {
            if let Some(exchange) = &environ.inner().exchange {
                input.set_mark(|| UnreadMark::new(exchange.clone()));
            }
            environ.set_input(input);
            environ.declare_length();
        }
        environ
    }

    /// Tells the input what length the client declared (I1).
    fn declare_length(&mut self) {
        if !self.input_mut().is_there() {
            return;
        }
        let declared = self.content_length();
        self.input_mut().declare(declared);
        // RFC 9112 section 6.3: Transfer-Encoding overrides Content-Length, which must not be
        // passed on with it (I2).
        if declared.is_none()
            && self.inner().head.lent().is_none()
            && self.headers().contains_key(header::TRANSFER_ENCODING)
        {
            self.headers_mut().remove(header::CONTENT_LENGTH);
        }
    }

    #[inline]
    pub(super) fn inner(&self) -> &Inner {
        match &self.0 {
            Some(inner) => inner,
            None => &EMPTY,
        }
    }

    #[inline]
    pub(super) fn inner_mut(&mut self) -> &mut Inner {
        self.0.get_or_insert_default()
    }
}

impl Inner {
    #[inline]
    fn from_memory(memory: Option<Memory>) -> Box<Self> {
        memory
            .and_then(|memory| memory.downcast().ok())
            .unwrap_or_default()
    }
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
        let mut headers = inner.head.clear();
        let Inner {
            head: _,
            input,
            connection,
            script_len,
            own_vars,
            keep_underscores,
            refusal,
            offers,
            exchange: _,
            is_claimed,
        } = &mut *inner;
        input
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .reset();
        *connection = Connection::new();
        *script_len = 0;
        own_vars.clear();
        own_vars.shrink_to(KEPT_VARS);
        *keep_underscores = false;
        *refusal = None;
        *offers = None;
        *is_claimed = false;
        exchange.recycle(inner, &mut headers);
        // Recycling gives another map back, which most often is empty.
        forget_empty(headers);
    }
}
