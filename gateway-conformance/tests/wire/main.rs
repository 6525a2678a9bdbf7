//! The wire clients, held against servers that misbehave on purpose: each detects
//! the bad case, and the good case passes.

#![expect(clippy::unwrap_used, reason = "a server that fails fails its test")]

mod exchange;
mod http1_body;
mod http1_connection;
mod http1_head;
mod http2;
mod http2_server;
mod server;
mod switched;
