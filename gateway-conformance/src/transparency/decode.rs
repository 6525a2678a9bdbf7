//! `Decoder`: undoes what a middleware does to the bytes of bodies, and notes whether it did anything.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::HeaderMap;

type Decode = dyn Fn(&HeaderMap, Bytes) -> Bytes + Send + Sync;

#[derive(Clone)]
pub(super) struct Decoder(Arc<Shared<Decode>>);

struct Shared<F: ?Sized> {
    /// A body was changed.
    is_used: AtomicBool,
    decode: F,
}

impl Decoder {
    pub(super) fn new(decode: impl Fn(&HeaderMap, Bytes) -> Bytes + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            is_used: AtomicBool::new(false),
            decode,
        }))
    }

    /// The data of a body as the app has sent it.
    pub(super) fn decode(&self, headers: &HeaderMap, data: Bytes) -> Bytes {
        if data.is_empty() {
            return data;
        }
        let decoded = (self.0.decode)(headers, data.clone());
        if decoded != data {
            self.0.is_used.store(true, Ordering::Relaxed);
        }
        decoded
    }

    /// Forgets what an earlier run has changed.
    pub(super) fn begin(&self) {
        self.0.is_used.store(false, Ordering::Relaxed);
    }

    /// True if no body was changed.
    pub(super) fn is_idle(&self) -> bool {
        !self.0.is_used.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("is_idle", &self.is_idle())
            .finish()
    }
}
