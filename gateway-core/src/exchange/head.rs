//! The head of a response before it is committed.

use http::{HeaderMap, StatusCode};

/// A head, in a box of its own: it goes from the slot to who starts, and back.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The declared Content-Length.
    pub(crate) length: Option<u64>,
}

impl Head {
    /// How many headers there is room for.
    #[inline]
    pub(super) fn room(head: &Option<Box<Self>>) -> usize {
        head.as_ref().map_or(0, |head| head.headers.capacity())
    }

    /// Empties the head; the room in its map stays.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.status = StatusCode::OK;
        self.length = None;
        if !self.headers.is_empty() {
            self.headers.clear();
        }
    }
}

/// A start or restart between its two halves, with the head to fill.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(super) nth: u32,
    pub(crate) head: Box<Head>,
}
