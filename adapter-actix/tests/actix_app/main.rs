//! actix-web applications as apps.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, wherever in it"
)]

mod bodies;
mod failures;
mod requests;
mod table;
mod websocket;
mod workers;
