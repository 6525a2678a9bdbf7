//! HTTP/2 frame by frame: the `h2` engine, with a log of the frames beneath it.
//!
//! The engine decides what is a violation: a `content-length` that the DATA frames
//! contradict, DATA in a response to HEAD, frames after END_STREAM. Its verdict is returned
//! as a [`WireError`](super::WireError) with the reason. The log shows what the engine accepts or
//! hides: empty DATA frames, DATA in a 204, a RST_STREAM after the end.

mod connection;
mod convert;
mod frame;
mod log;
mod stream;
mod tap;

pub use self::connection::Http2Connection;
pub use self::frame::{Direction, Frame, FrameKind};
pub use self::stream::Stream;
