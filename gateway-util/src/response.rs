//! Helpers that make responses.

mod attachment;
mod cache_control;
#[cfg(feature = "conditions")]
mod conditions;
mod either;
mod etag;
mod event;
#[cfg(feature = "timers")]
mod event_sender;
#[cfg(feature = "timers")]
mod event_stream;
mod fields;
#[cfg(feature = "json")]
mod json_lines;
#[cfg(any(feature = "conditions", feature = "tokio"))]
mod part;
mod range;
#[cfg(feature = "tokio")]
mod read_body;
mod redirect;
#[cfg(feature = "files")]
mod send_file;
#[cfg(feature = "files")]
mod static_dir;

pub use cache_control::CacheControl;
#[cfg(feature = "conditions")]
pub use conditions::{Conditions, Precondition};
pub use either::Either;
pub use etag::{ETag, ETagError};
pub use event::{Event, EventError};
#[cfg(feature = "timers")]
pub use event_sender::{EventSender, PushedEvents, SendEventError};
#[cfg(feature = "timers")]
pub use event_stream::EventStream;
pub use fields::ResponseFields;
#[cfg(feature = "json")]
pub use json_lines::JsonLines;
pub use range::{ByteRange, RangeOutcome};
#[cfg(feature = "tokio")]
pub use read_body::{read_body, read_exactly};
pub use redirect::{Redirect, redirect};
#[cfg(feature = "files")]
pub use send_file::SendFile;
#[cfg(feature = "files")]
pub use static_dir::StaticDir;
