//! A dispatcher with many mounted apps.

use std::fmt;

use futures_util::FutureExt;
use gateway_core::{Gateway, Input};
use gateway_util::Mount;
use http::Request;

use crate::apps::plaintext;

/// A dispatcher with apps mounted at `/site0`, `/site1` and so on, driven without a server.
pub struct Site {
    gateway: Gateway<Mount>,
    mounts: usize,
    next: usize,
}

impl Site {
    /// A dispatcher with this many mounts, at least one.
    #[must_use]
    pub fn new(mounts: usize) -> Self {
        let mounts = mounts.max(1);
        let site = (0..mounts).fold(Mount::new(), |site, nth| {
            site.at(&format!("/site{nth:04}"), plaintext)
        });
        Self {
            gateway: Gateway::new(site),
            mounts,
            next: 0,
        }
    }

    /// Dispatches `count` requests to the mounts in a mixed order, and returns how many were found.
    ///
    /// The counting tools count this.
    #[inline(never)]
    pub fn run(&mut self, count: usize) -> usize {
        (0..count).filter(|_| self.dispatch()).count()
    }

    fn dispatch(&mut self) -> bool {
        // A prime, so that all mounts are reached equally often.
        self.next = (self.next + 7919) % self.mounts;
        let request = Request::get(format!("/site{:04}/page", self.next)).body(());
        let Ok((parts, ())) = request.map(Request::into_parts) else {
            return false;
        };
        let environ = self.gateway.environ(parts, Input::empty());
        let response = self.gateway.handle(environ).now_or_never();
        response.is_some_and(|response| response.status() == 200)
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("mounts", &self.mounts)
            .finish_non_exhaustive()
    }
}
