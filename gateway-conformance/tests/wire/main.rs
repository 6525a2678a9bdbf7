//! The wire clients, held against servers that misbehave on purpose: each detects
//! the bad case, and the good case passes.

#![expect(clippy::unwrap_used, reason = "a server that fails fails its test")]

mod http1_body;
mod http1_connection;
mod http1_head;
mod server;
