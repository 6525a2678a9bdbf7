//! Resets the environ of an ended request, and keeps its memory, by `Kept`, for a later one (L5).

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use http::{header, request};

use super::Environ;
use super::head::Head;
use super::lent_head::LentHead;
use super::var_name::VarName;
use crate::connection::Connection;
use crate::exchange::{Exchange, Offers, UnreadMark};
use crate::http_error::HttpError;
use crate::input::Input;
use crate::kept::{Kept, keep_map};

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

thread_local! {
    static ENVIRONS: Kept<Box<Inner>> = const { Kept::new() };
}

impl Environ {
    /// Makes the environ of a request of a gateway, in recycled memory if there is any.
    #[inline]
    pub(crate) fn new(exchange: Arc<Exchange>, parts: request::Parts, input: Input) -> Self {
        let mut inner = Inner::recycled();
        inner.head.set_own(parts);
        Self::assemble(inner, exchange, input)
    }

    /// The same, with a head that the host lends.
    #[inline]
    pub(crate) fn lent(exchange: Arc<Exchange>, head: LentHead, input: Input) -> Self {
        let mut inner = Inner::recycled();
        inner.head.set_lent(head);
        Self::assemble(inner, exchange, input)
    }

    #[inline]
    fn assemble(mut inner: Box<Inner>, exchange: Arc<Exchange>, input: Input) -> Self {
        inner.is_claimed = true;
        // Most requests have no body, and the input is empty already.
        if input.is_untouched() {
            inner.exchange = Some(exchange);
            return Self(Some(inner));
        }
        let mut input = input;
        input.set_mark(|| UnreadMark::new(exchange.clone()));
        inner.exchange = Some(exchange);
        Self(Some(inner)).with_input(input)
    }

    /// An environ of a request that no gateway knows.
    pub(super) fn without_gateway(parts: request::Parts, input: Input) -> Self {
        let mut inner = Box::<Inner>::default();
        inner.head.set_own(parts);
        Self(Some(inner)).with_input(input)
    }

    fn with_input(mut self, input: Input) -> Self {
        if !input.is_untouched() {
            self.set_input(input);
            self.declare_length();
        }
        self
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
    fn recycled() -> Box<Self> {
        Kept::take(&ENVIRONS, |_| true).unwrap_or_default()
    }
}

impl Drop for Environ {
    #[inline]
    fn drop(&mut self) {
        let Some(mut inner) = self.0.take() else {
            return;
        };
        // Without a gateway, nothing takes the memory again.
        if inner.exchange.take().is_none() {
            return;
        }
        keep_map(inner.head.clear());
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
        if !own_vars.is_empty() {
            own_vars.clear();
            own_vars.shrink_to(KEPT_VARS);
        }
        *keep_underscores = false;
        *refusal = None;
        *offers = None;
        *is_claimed = false;
        Kept::keep(&ENVIRONS, inner);
    }
}
