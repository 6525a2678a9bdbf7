//! Reading requests.

mod accept;
mod authorization;
mod cookies;
mod environ_ext;
#[cfg(feature = "multipart")]
mod file_part;
mod form;
mod form_limits;
mod media_type;
#[cfg(feature = "multipart")]
mod multipart;
mod pairs;
#[cfg(feature = "multipart")]
mod spool;

pub use accept::Accept;
pub use authorization::{Authorization, BasicCredentials};
pub use environ_ext::EnvironExt;
#[cfg(feature = "multipart")]
pub use file_part::FilePart;
pub use form::Form;
pub use form_limits::FormLimits;
#[cfg(feature = "multipart")]
pub use multipart::{Multipart, Part};
pub use pairs::Pairs;
