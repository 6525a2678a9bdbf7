//! HTTP/1 byte by byte: a client that reads one response and no byte more.
//!
//! Messages must follow the grammar of RFC 9112 without the leniencies that it allows a
//! recipient. A bare LF, a folded field, a space before a colon, two
//! `Content-Length` fields or a chunk size that is not hexadecimal are errors, and
//! so is anything but a status line at the start of a response.

mod chunk;
mod connection;
mod following;
mod framing;
mod head;
mod receiver;
mod socket;
mod switched;

pub use self::connection::Http1Connection;
