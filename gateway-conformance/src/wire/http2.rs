//! HTTP/2 frame by frame: the `h2` engine, with a log of what passed beneath it.
//!
//! The engine decides what is a violation (a `content-length` that the DATA frames
//! belie, DATA in an answer to HEAD, frames after END_STREAM) and its verdict comes
//! back as a [`WireError`](super::WireError) with the reason. What the engine lets pass or hides, the
//! log shows: empty DATA frames, DATA in a 204, a RST_STREAM after the end.

mod connection;
mod convert;
mod frame;
mod log;
mod stream;
mod tap;

pub use self::connection::Http2Connection;
pub use self::frame::{Direction, Frame, FrameKind};
pub use self::stream::Stream;
