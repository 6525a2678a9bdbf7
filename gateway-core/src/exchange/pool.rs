//! A pool of exchanges that have ended, of limited size, whose memory later requests use.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::HeaderMap;

use super::{Exchange, Memory, forget_empty};
use crate::shutdown_signal::ShutdownSignal;

/// How many exchanges a service keeps at most.
const KEPT: usize = 64;

/// A bounded pool of exchanges, one per service.
///
/// tower and actix have no hook per connection, so their memory is kept per service.
#[derive(Default)]
pub(crate) struct Pool {
    exchanges: Mutex<Vec<Arc<Exchange>>>,
    /// The server is at the end of its shutdown: it cuts the exchanges that are dropped unfinished.
    is_cutting: AtomicBool,
    shutdown: OnceLock<ShutdownSignal>,
}

impl Pool {
    /// A new or recycled exchange, and the memory that was recycled with it.
    #[inline]
    pub(crate) fn take(&self) -> (Arc<Exchange>, Option<Memory>) {
        let kept = self
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut exchange =
            kept.unwrap_or_else(|| Arc::new(Exchange::with_shutdown(self.shutdown().clone())));
        let memory = Arc::get_mut(&mut exchange).and_then(Exchange::take_memory);
        (exchange, memory)
    }

    /// Keeps the header map of a response for a later one, if there is an exchange to keep it in.
    #[inline]
    pub(crate) fn put_headers(&self, mut headers: HeaderMap) {
        if !headers.is_empty() {
            headers.clear();
        }
        let mut exchanges = self
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(exchange) = exchanges.last_mut().and_then(Arc::get_mut) {
            exchange.keep_headers(&mut headers);
        }
        drop(exchanges);
        forget_empty(headers);
    }

    /// Takes an exchange back. Nothing else may hold it.
    #[inline]
    pub(super) fn put(&self, exchange: Arc<Exchange>) {
        let mut exchanges = self
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if exchanges.len() < KEPT {
            exchanges.push(exchange);
        }
    }

    /// Takes a signal that others share. The first stays, also one that was made here.
    pub(crate) fn share_shutdown(&self, signal: ShutdownSignal) {
        self.shutdown.get_or_init(|| signal);
    }

    pub(crate) fn shutdown(&self) -> &ShutdownSignal {
        self.shutdown.get_or_init(ShutdownSignal::new)
    }

    pub(crate) fn begin_cutting(&self) {
        self.is_cutting.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_cutting(&self) -> bool {
        self.is_cutting.load(Ordering::Relaxed)
    }
}
