//! HTTP clients that report what a server put on the wire.
//!
//! A kind client repairs what it reads: it drops bytes that follow a 204, joins
//! frames, takes a missing terminator for an end. These clients do not. They
//! read exactly one response, say how it was framed and how it ended, and leave
//! every byte that follows where the test can find it.
//!
//! * [`WireRequest`] is one description of a request for both protocols.
//! * [`exchange`] sends it over a connection of its own and gives a [`WireResponse`].
//! * [`http1::Http1Connection`] and [`http2::Http2Connection`] are for tests that look
//!   closer: raw bytes, one chunk at a time, single frames.
//!
//! What holds for all of them:
//!
//! * Every operation ends within the connection's deadline
//!   ([`DEFAULT_DEADLINE`], or what `set_deadline` set). A hang is a
//!   [`WireError`] that says what was awaited.
//! * Nothing sleeps.
//! * Nothing a server sends makes a client panic.
//! * A response that a server broke off is still a [`WireResponse`], whose
//!   [`end`](WireResponse::end) is not [`End::Complete`]; a response that violates
//!   the protocol is a [`WireError`].

pub mod http1;
pub mod http2;

mod deadline;
mod error;
mod exchange;
pub(crate) mod request;
pub(crate) mod response;

pub use self::deadline::DEFAULT_DEADLINE;
pub use self::error::WireError;
pub use self::exchange::{Protocol, exchange, exchange_within};
pub use self::request::WireRequest;
pub use self::response::{End, Framing, Head, WireResponse};
pub use h2::Reason;
