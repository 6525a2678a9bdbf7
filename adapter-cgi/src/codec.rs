//! What is on the wire, without I/O: bytes in, records out. Every length is bounded.

#[cfg(feature = "client")]
pub(crate) mod cgi_head;
pub(crate) mod cgi_response;
mod error;
pub(crate) mod fastcgi;
pub(crate) mod scgi;
pub(crate) mod uwsgi;

pub(crate) use error::CodecError;
