//! Records in the exchange that the app dropped its `Input` before the end of the request body
//! (I5).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Exchange;

/// Is kept with an input, and tells the exchange if the input is dropped before its end.
pub(crate) struct UnreadMark {
    exchange: Arc<Exchange>,
    is_over: bool,
}

impl UnreadMark {
    pub(crate) fn new(exchange: Arc<Exchange>) -> Self {
        Self {
            exchange,
            is_over: false,
        }
    }

    /// Nothing is left to read.
    pub(crate) fn end(mut self) {
        self.is_over = true;
    }
}

impl Drop for UnreadMark {
    fn drop(&mut self) {
        if !self.is_over {
            self.exchange.is_unread.store(true, Ordering::Release);
        }
    }
}

impl Exchange {
    /// True once the input was dropped before its end.
    #[inline]
    pub(crate) fn is_unread(&self) -> bool {
        self.is_unread.load(Ordering::Acquire)
    }
}
