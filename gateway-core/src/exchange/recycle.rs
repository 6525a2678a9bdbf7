//! Resets an exchange for a later request, and frees what is larger than is worth keeping (L5).

use std::any::Any;
use std::sync::PoisonError;

use http::HeaderMap;

use super::{Exchange, Slot};

/// Memory that the environ keeps for a later request.
pub(crate) type Memory = Box<dyn Any + Send>;

/// A header map with a larger capacity is not kept.
const KEPT_HEADERS: usize = 96;

/// What an exchange keeps for a later request, besides the head in its state.
#[derive(Default)]
pub(super) struct Spare {
    /// The map of a request's headers, to be used for the head of a later response.
    headers: HeaderMap,
    memory: Option<Memory>,
}

impl Exchange {
    /// Takes memory for a later request, and the request's header map, which must be empty.
    /// Leaves another, smaller map in its place.
    #[inline]
    pub(crate) fn recycle(&self, memory: Memory, headers: &mut HeaderMap) {
        let mut slot = self.lock();
        if headers.capacity() <= KEPT_HEADERS {
            std::mem::swap(&mut slot.spare.headers, headers);
        }
        slot.spare.memory = Some(memory);
    }

    /// Makes a used exchange new.
    #[inline]
    pub(super) fn reset(&mut self) {
        let Slot {
            state,
            extensions,
            is_closed,
            driver,
            host,
            watchers,
            observations,
            offers,
            spare,
        } = self.slot.get_mut().unwrap_or_else(PoisonError::into_inner);
        *self.is_unread.get_mut() = false;
        state.reset();
        if !extensions.is_empty() {
            extensions.clear();
        }
        *is_closed = false;
        *driver = None;
        *host = None;
        watchers.clear();
        observations.clear();
        *offers = None;
        // The map with the larger capacity is used for the next response.
        let room = state
            .spare_mut()
            .as_ref()
            .map(|head| head.headers.capacity());
        if room.unwrap_or(0) <= spare.headers.capacity() || room > Some(KEPT_HEADERS) {
            let head = state.spare_mut().get_or_insert_default();
            std::mem::swap(&mut head.headers, &mut spare.headers);
            if spare.headers.capacity() > KEPT_HEADERS {
                spare.headers = HeaderMap::new();
            }
        }
    }

    /// Keeps a header map, which must be empty, for the next response, if its capacity is larger
    /// than that of the present one. The other map is given back.
    #[inline]
    pub(super) fn keep_headers(&mut self, headers: &mut HeaderMap) {
        let slot = self.slot.get_mut().unwrap_or_else(PoisonError::into_inner);
        let head = slot.state.spare_mut().get_or_insert_default();
        if (head.headers.capacity()..=KEPT_HEADERS).contains(&headers.capacity()) {
            std::mem::swap(&mut head.headers, headers);
        }
    }

    pub(super) fn take_memory(&mut self) -> Option<Memory> {
        self.slot
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .spare
            .memory
            .take()
    }
}

/// Drops a header map that is most often empty. An empty map owns nothing, and this check costs
/// less than its destructor.
#[inline]
pub(crate) fn forget_empty(headers: HeaderMap) {
    if headers.capacity() == 0 {
        std::mem::forget(headers);
    }
}
