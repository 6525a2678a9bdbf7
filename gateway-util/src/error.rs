//! More for HTTP errors: `abort_with`, headers by their meaning, problem details.

mod abort_with;
mod fields;
#[cfg(feature = "json")]
mod problem;
mod retry_after;

pub use abort_with::abort_with;
pub use fields::HttpErrorFields;
#[cfg(feature = "json")]
pub use problem::Problem;
pub use retry_after::RetryAfter;
