//! `Owner`: a handle that ends its exchange when it is dropped. The driver holds it while the app
//! runs, and the response's body afterwards.

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use http::{Response, StatusCode};

use super::observed::{Observations, in_scopes};
use super::{Committed, Exchange, Slot};
use crate::kept::take_map;
use crate::observer::Ended;
use crate::start_error::StartError;

/// Ends an exchange when it is dropped: the observers are told, tasks that wait are woken (L3), and
/// the exchange is kept for a later request if nothing else holds it.
///
/// The driver owns it first, then the body of a stream. A future that was never polled owns one,
/// too.
pub(crate) struct Owner {
    // `None` only while it is dropped.
    exchange: Option<Arc<Exchange>>,
    body_bytes: u64,
    status: Option<StatusCode>,
    ended: Ended,
}

/// Replaces the exchange of an owner that is being dropped.
static GONE: LazyLock<Arc<Exchange>> = LazyLock::new(Arc::default);

impl Owner {
    #[inline]
    pub(crate) fn new(exchange: Arc<Exchange>) -> Self {
        Self {
            exchange: Some(exchange),
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

    /// Commits: puts the head into the response, and from now on a start aborts.
    ///
    /// # Errors
    ///
    /// When the app has not started the response, or the last start was refused (S1, S3).
    #[inline]
    pub(crate) fn commit<B>(
        &mut self,
        response: &mut Response<B>,
    ) -> Result<Committed, StartError> {
        self.with_slot(|slot| slot.commit(response))
    }

    /// Commits a page instead of the app's head. The response gets an empty map with some room for
    /// the page's headers.
    pub(crate) fn commit_page<B>(&mut self, response: &mut Response<B>) -> Committed {
        let committed = self.with_slot(|slot| slot.commit_page(response));
        let headers = response.headers_mut();
        if headers.capacity() == 0 {
            // Swapped, so that no empty map must be dropped.
            std::mem::forget(std::mem::replace(headers, take_map()));
        } else if !headers.is_empty() {
            headers.clear();
        }
        committed
    }

    /// Locks the exchange only if something else has a handle on it: most apps have dropped theirs.
    #[inline]
    fn with_slot<T>(&mut self, f: impl FnOnce(&mut Slot) -> T) -> T {
        match self.exchange.as_mut().and_then(Arc::get_mut) {
            Some(unshared) => f(unshared.slot_mut()),
            None => f(&mut self.exchange().lock()),
        }
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

    /// Ends an exchange that others hold, too.
    #[inline(never)]
    fn close_shared(&self, exchange: &Exchange, is_cutting: bool) {
        let mut observations = exchange.close();
        self.tell(&mut observations, is_cutting);
    }

    /// Sets the clause that explains the end.
    pub(crate) fn broke(&mut self, clause: Option<&'static str>) {
        if clause.is_some() {
            self.exchange().lock().observations.broke(clause);
        }
    }

    /// Runs `log`, which logs an error of the exchange, in the scopes of its observers.
    #[cold]
    pub(crate) fn in_scope(&self, log: &mut dyn FnMut()) {
        // Called outside the lock.
        let observers = self.exchange().lock().observations.observers();
        if observers.is_empty() {
            return log();
        }
        in_scopes(&observers, log);
    }

    #[inline]
    fn tell(&self, observations: &mut Observations, is_cutting: bool) {
        if !observations.is_empty() {
            self.tell_all(observations, is_cutting);
        }
    }

    #[inline(never)]
    fn tell_all(&self, observations: &mut Observations, is_cutting: bool) {
        let ended = match self.ended {
            Ended::ClientGone if is_cutting => Ended::Cut,
            ended => ended,
        };
        observations.tell(self.status, self.body_bytes, ended);
    }
}

impl Drop for Owner {
    #[inline]
    fn drop(&mut self) {
        let Some(mut exchange) = self.exchange.take() else {
            return;
        };
        let is_cutting = exchange.is_cutting();
        if let Some(unshared) = Arc::get_mut(&mut exchange) {
            self.tell(&mut unshared.slot_mut().observations, is_cutting);
            unshared.reset();
            exchange.keep();
            return;
        }
        self.close_shared(&exchange, is_cutting);
    }
}
