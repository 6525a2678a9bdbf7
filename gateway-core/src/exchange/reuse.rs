//! How exchanges are used again: what is kept, and that it is kept empty (L5).

use std::any::Any;
use std::sync::PoisonError;

use http::HeaderMap;

use super::head::Head;
use super::{Exchange, Phase, Slot};

/// Memory that a user of the exchange keeps for later requests.
pub(crate) type Memory = Box<dyn Any + Send>;

/// A header map with more room than this is not kept for later requests.
const KEPT_HEADERS: usize = 96;

impl Exchange {
    /// Takes memory for the next request, and the request's header map, emptied, for the response
    /// after this one; another, smaller map is left in its place.
    #[inline]
    pub(crate) fn recycle(&self, memory: Memory, headers: &mut HeaderMap) {
        let mut slot = self.lock();
        // L5: what is kept is bounded.
        if headers.capacity() <= KEPT_HEADERS {
            let spare = slot.spare_head.get_or_insert_default();
            std::mem::swap(&mut spare.headers, headers);
        }
        slot.spare_memory = Some(memory);
    }

    /// Makes a used exchange new; what is worth keeping stays.
    #[inline]
    pub(super) fn reset(&mut self) {
        let slot = self.slot.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Slot {
            phase,
            attempts: _,
            head,
            extensions,
            flush,
            close_connection,
            over,
            gateway,
            watchers,
            next_watcher: _,
            spare_head,
            spare_memory: _,
        } = slot;
        *phase = Phase::New;
        // Those of a response that was sent went with it.
        extensions.clear();
        *flush = false;
        *close_connection = false;
        *over = false;
        *gateway = None;
        watchers.clear();
        // L5: what is kept is emptied first, and bounded. The spare map came emptied.
        if let Some(head) = head {
            head.clear();
            if head.headers.capacity() > KEPT_HEADERS {
                head.headers = HeaderMap::new();
            }
        }
        // Of the two maps the one with more room is for the next response.
        if Head::room(head) <= Head::room(spare_head) {
            std::mem::swap(head, spare_head);
        }
    }

    /// Keeps a header map, emptied, for the next response, where it has more room than the one
    /// that is there; that one comes back.
    #[inline]
    pub(super) fn keep_headers(&mut self, headers: &mut HeaderMap) {
        let slot = self.slot.get_mut().unwrap_or_else(PoisonError::into_inner);
        let head = slot.head.get_or_insert_default();
        if (head.headers.capacity()..=KEPT_HEADERS).contains(&headers.capacity()) {
            std::mem::swap(&mut head.headers, headers);
        }
    }

    pub(super) fn take_memory(&mut self) -> Option<Memory> {
        self.slot
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .spare_memory
            .take()
    }
}

/// Drops a header map that most often is empty: such a one owns nothing, and its destructor costs
/// more than this look.
#[inline]
pub(crate) fn forget_empty(headers: HeaderMap) {
    if headers.capacity() == 0 {
        std::mem::forget(headers);
    }
}
