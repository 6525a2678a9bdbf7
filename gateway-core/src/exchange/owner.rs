//! `Owner`: a handle that ends its exchange when it is dropped. The driver holds it while the app
//! runs, and the response's body afterwards.

use std::sync::{Arc, LazyLock, PoisonError};
use std::time::Instant;

use http::StatusCode;

use super::observed::Observations;
use super::{Exchange, Pool};
use crate::observer::Ended;

/// Ends an exchange when it is dropped: the observers are told, tasks that wait are woken (L3), and
/// the exchange goes back to its pool if nothing else holds it.
///
/// The driver owns it first, then the body of a stream. A future that was never polled owns one,
/// too.
pub(crate) struct Owner {
    // `None` only while it is dropped.
    exchange: Option<Arc<Exchange>>,
    pool: Option<Arc<Pool>>,
    body_bytes: u64,
    status: Option<StatusCode>,
    ended: Ended,
}

/// Replaces the exchange of an owner that is being dropped.
static GONE: LazyLock<Arc<Exchange>> = LazyLock::new(Arc::default);

impl Owner {
    #[inline]
    pub(crate) fn new(exchange: Arc<Exchange>, pool: Option<Arc<Pool>>) -> Self {
        Self {
            exchange: Some(exchange),
            pool,
            body_bytes: 0,
            status: None,
            // Before a response was handed over, a drop means that the client has gone.
            ended: Ended::ClientGone,
        }
    }

    #[inline]
    pub(crate) fn exchange(&self) -> &Arc<Exchange> {
        self.exchange.as_ref().unwrap_or(&GONE)
    }

    /// The head is handed to the host. The clock is read only if there is an observer.
    #[inline]
    pub(crate) fn committed(&mut self, status: StatusCode, is_observed: bool) {
        self.status = Some(status);
        if is_observed {
            self.exchange()
                .lock()
                .observations
                .first_byte(Instant::now());
        }
    }

    /// This many bytes of the body were handed to the host.
    #[inline]
    pub(crate) fn sent(&mut self, bytes: u64) {
        self.body_bytes += bytes;
    }

    /// Sets how the exchange ends.
    #[inline]
    pub(crate) fn ends(&mut self, ended: Ended) {
        self.ended = ended;
    }

    /// The whole response was handed over. It does not undo a failure.
    #[inline]
    pub(crate) fn completes(&mut self) {
        if self.ended == Ended::ClientGone {
            self.ended = Ended::Completed;
        }
    }

    /// The clause that the app broke.
    pub(crate) fn broke(&mut self, clause: Option<&'static str>) {
        if clause.is_some() {
            self.exchange().lock().observations.broke(clause);
        }
    }

    fn tell(&self, observations: &mut Observations) {
        if observations.is_empty() {
            return;
        }
        let is_cut = self.ended == Ended::ClientGone
            && self.pool.as_ref().is_some_and(|pool| pool.is_cutting());
        let ended = if is_cut { Ended::Cut } else { self.ended };
        observations.tell(self.status, self.body_bytes, ended);
    }
}

impl Drop for Owner {
    #[inline]
    fn drop(&mut self) {
        let Some(mut exchange) = self.exchange.take() else {
            return;
        };
        let pool = self.pool.as_ref();
        if let Some(unshared) = Arc::get_mut(&mut exchange)
            && let Some(pool) = pool
        {
            let slot = unshared
                .slot
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner);
            self.tell(&mut slot.observations);
            unshared.reset();
            pool.put(exchange);
            return;
        }
        let mut observations = exchange.close();
        self.tell(&mut observations);
    }
}
