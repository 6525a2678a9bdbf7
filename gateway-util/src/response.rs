//! Answers.

mod attachment;
mod cache_control;
mod conditions;
mod either;
mod etag;
mod event;
mod event_sender;
mod event_stream;
mod fields;
mod json_lines;
mod part;
mod range;
mod read_body;
mod redirect;
#[cfg(feature = "files")]
mod send_file;
#[cfg(feature = "files")]
mod static_dir;

pub use cache_control::CacheControl;
pub use conditions::{Conditions, Outcome};
pub use either::Either;
pub use etag::{ETag, ETagError};
pub use event::{Event, EventError};
pub use event_sender::{EventSender, PushedEvents, SendEventError};
pub use event_stream::EventStream;
pub use fields::ResponseFields;
pub use json_lines::JsonLines;
pub use range::{ByteRange, RangeOutcome};
pub use read_body::{read_body, read_exactly};
pub use redirect::{Redirect, redirect};
#[cfg(feature = "files")]
pub use send_file::SendFile;
#[cfg(feature = "files")]
pub use static_dir::StaticDir;
