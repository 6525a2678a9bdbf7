//! The runtime that apps find when they are called by a WSGI server.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};

struct Shared {
    process: u32,
    runtime: Arc<Runtime>,
}

static SHARED: Mutex<Option<Shared>> = Mutex::new(None);

/// The runtime of this process. Threads do not survive a fork: a child makes its own.
///
/// # Errors
///
/// When its threads cannot be started.
pub(super) fn shared() -> io::Result<Arc<Runtime>> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some(shared) = &*shared
        && shared.process == process
    {
        return Ok(shared.runtime.clone());
    }
    let runtime = Arc::new(Builder::new_multi_thread().enable_all().build()?);
    let parents = shared.replace(Shared {
        process,
        runtime: runtime.clone(),
    });
    // Its threads are the parent's: a drop would wait for them.
    std::mem::forget(parents);
    Ok(runtime)
}
