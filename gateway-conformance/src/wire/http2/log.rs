//! The log of all frames of an HTTP/2 connection.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::frame::Frame;

/// Every frame of a connection, in order.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: Mutex<Entries>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Entries {
    frames: Vec<Frame>,
    ended: bool,
}

impl Log {
    pub(super) fn push(&self, frame: Frame) {
        self.lock().frames.push(frame);
        self.changed.notify_waiters();
    }

    /// Records that no frame will follow.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_waiters();
    }

    /// The frames that match.
    pub(super) fn select(&self, matches: impl Fn(&Frame) -> bool) -> Vec<Frame> {
        self.lock()
            .frames
            .iter()
            .filter(|frame| matches(frame))
            .cloned()
            .collect()
    }

    /// Waits for a frame that matches. An earlier one counts. `None` if the
    /// connection ends without one.
    pub(super) async fn wait_for(&self, matches: impl Fn(&Frame) -> bool) -> Option<Frame> {
        let mut seen = 0;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on a change wakes it, even before the await.
            changed.as_mut().enable();
            {
                let entries = self.lock();
                if let Some(frame) = entries.frames[seen..].iter().find(|frame| matches(frame)) {
                    return Some(frame.clone());
                }
                if entries.ended {
                    return None;
                }
                seen = entries.frames.len();
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // Entries are always complete, so a panic elsewhere does not matter.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
