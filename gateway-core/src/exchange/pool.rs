//! Exchanges that wait for their next request.

use std::sync::{Arc, Mutex, PoisonError};

use super::Exchange;
use crate::environ;

/// How many exchanges a service keeps at most.
const KEPT: usize = 64;

/// A bounded pool of exchanges, one per service.
///
/// tower and actix have no hook per connection: the pool is what makes a request cheap there.
#[derive(Default)]
pub(crate) struct Pool {
    exchanges: Mutex<Vec<Arc<Exchange>>>,
}

impl Pool {
    /// An exchange as new, and a box for its environ.
    pub(crate) fn take(&self) -> (Arc<Exchange>, Box<environ::Inner>) {
        let kept = self
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut exchange = kept.unwrap_or_default();
        let environ = Arc::get_mut(&mut exchange).and_then(Exchange::take_environ);
        (exchange, environ.unwrap_or_default())
    }

    /// Takes an exchange back. Nobody else may hold it.
    pub(super) fn put(&self, exchange: Arc<Exchange>) {
        let mut exchanges = self
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if exchanges.len() < KEPT {
            exchanges.push(exchange);
        }
    }
}
