//! HTTP errors with more to say.

mod abort_with;
mod fields;
mod problem;
mod retry_after;

pub use abort_with::abort_with;
pub use fields::HttpErrorFields;
pub use problem::Problem;
pub use retry_after::RetryAfter;
