//! Switches to WebSocket over raw sockets.

mod client;
mod ends;
mod flow;
mod offers;
mod shutdown;
mod streams;
