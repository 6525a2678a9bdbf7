//! The hooks of `start_response`: functions of middlewares that may change the status and the
//! headers when the head is committed.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};

type Run = dyn Fn(&mut StatusCode, &mut HeaderMap) + Send + Sync;

/// A hook, and the next one. Each costs one allocation, because the closure is in the same box.
pub(super) struct Hook<F: ?Sized = Run> {
    next: Option<Arc<Hook>>,
    run: F,
}

impl Hook {
    pub(super) fn new<F>(next: Option<Arc<Self>>, run: F) -> Arc<Self>
    where
        F: Fn(&mut StatusCode, &mut HeaderMap) + Send + Sync + 'static,
    {
        Arc::new(Hook { next, run })
    }

    /// Runs the chain, the hook closest to the app first.
    pub(super) fn run(&self, status: &mut StatusCode, headers: &mut HeaderMap) {
        let mut hook = Some(self);
        while let Some(this) = hook {
            (this.run)(status, headers);
            hook = this.next.as_deref();
        }
    }
}
