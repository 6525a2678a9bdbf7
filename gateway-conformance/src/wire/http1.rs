//! HTTP/1 byte by byte: a client that reads one response and no byte more.
//!
//! Messages are held to the grammar of RFC 9112 without the leniencies it allows a
//! recipient: a bare LF, a folded field, a space before a colon, two
//! `Content-Length` fields or a chunk size that is not hexadecimal are errors, and
//! so is anything but a status line where a response has to begin.

mod chunk;
mod connection;
mod following;
mod framing;
mod head;
mod receiver;
mod socket;

pub use self::connection::Http1Connection;
