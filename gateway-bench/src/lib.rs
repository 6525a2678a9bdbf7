//! The gateway beside native code on every stack.
//!
//! `serve STACK VARIANT` is the same work written for the stack itself (`native`) and as an app
//! (`app`), on one thread: a small text for any GET, after three request headers were looked at. `load
//! ADDR COUNT` sends keep-alive requests, one at a time. `figures.sh` pairs the variants, counts the
//! server's instructions under callgrind and its requests per second with wrk, and prints a table.
//!
//! Allocations are counted by the adapters' own tests, where they are asserted.

use gateway_core::{Body, Environ, Error, StartResponse};

/// The text of every answer.
pub const TEXT: &str = "Hello, World!";

/// The request headers that a handler looks at.
pub const LOOKED_AT: [&str; 3] = ["host", "user-agent", "accept"];

/// The work as an app.
///
/// # Errors
///
/// None: the head is a constant.
pub async fn app(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let seen = LOOKED_AT
        .iter()
        .filter(|name| environ.header(name).is_some())
        .count();
    start_response.start(status(seen), [("content-type", "text/plain")])?;
    Ok(Body::from(TEXT))
}

/// 200 where all the headers were there: what was looked at must have an effect.
#[must_use]
pub fn status(seen: usize) -> u16 {
    if seen == LOOKED_AT.len() { 200 } else { 400 }
}
