//! The adapter over real sockets: bytes on HTTP/1, frames on HTTP/2.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, wherever in it"
)]

mod chunked;
mod connection;
mod ending;
mod environ;
mod exchange;
mod framing;
mod headers;
mod input;
mod lifecycle;
mod mounting;
mod observer;
mod parser;
mod reply;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod unexpressed;
mod upgrade;
