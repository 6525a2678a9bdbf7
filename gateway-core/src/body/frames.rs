//! `FrameSource`: the trait that every streaming body implements, and `Frames`, the boxed form that
//! a `Body` holds. A frame is a chunk or the trailers. `Switch` is what a body has in the place of frames
//! if it switches the protocol.

use std::pin::Pin;

use bytes::Bytes;
use http_body::Body as HttpBody;

use crate::duplex::Duplex;
use crate::error::Error;

/// The frames behind a body.
pub(crate) type Frames = Pin<Box<dyn FrameSource>>;

/// A source of frames, which may be a buffered body that has something to close.
pub(crate) trait FrameSource: HttpBody<Data = Bytes, Error = Error> + Send {
    /// The bytes that are left, if all of them are in memory.
    fn buffered(&self) -> Option<&Bytes> {
        None
    }

    /// The same bytes, to be replaced. `None` if anything depends on their length.
    fn buffered_mut(self: Pin<&mut Self>) -> Option<&mut Bytes> {
        None
    }

    /// The switch of protocols in the place of frames.
    fn switch(&self) -> Option<&dyn Switch> {
        None
    }

    /// The same, to begin it.
    fn switch_mut(self: Pin<&mut Self>) -> Option<&mut dyn Switch> {
        None
    }
}

/// What the app does with the stream.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// The switch that is in a body.
pub(crate) trait Switch {
    /// The protocol, as the app named it.
    fn protocol(&self) -> &str;

    /// Begins what the app does with the stream. `None` the second time.
    fn begin(&mut self, stream: Duplex) -> Option<Running>;
}
