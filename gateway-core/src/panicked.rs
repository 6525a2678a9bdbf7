//! `catch`: calls a function of the app, and returns its panic as an error (B9).

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls code of the app and catches its panic.
#[inline]
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Panicked> {
    // After a panic nothing of the app is used again: its future and body are dropped.
    catch_unwind(AssertUnwindSafe(f)).map_err(Panicked::new)
}

/// A panic of the app.
#[derive(Debug)]
pub(crate) struct Panicked(String);

impl Panicked {
    #[cold]
    fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned());
        // The payload of a panic is the app's: its destructor may panic as well.
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(second);
        }
        Self(message.unwrap_or_else(|| "with a payload that is not text".to_owned()))
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the app panicked: {}", self.0)
    }
}

impl StdError for Panicked {}
