//! What the gateway's servers are held to, and the clients that look.
//!
//! [`wire`] has small HTTP clients for tests that look at bytes and frames,
//! never at what a kind client makes of them.

pub mod wire;
