//! Helpers that read requests.

#[cfg(feature = "negotiation")]
mod accept;
#[cfg(feature = "auth")]
mod authorization;
#[cfg(feature = "cookies")]
mod cookies;
mod environ_ext;
#[cfg(feature = "multipart")]
mod file_part;
#[cfg(feature = "forms")]
mod form;
#[cfg(feature = "forms")]
mod form_limits;
#[cfg(any(feature = "forms", feature = "json"))]
mod media_type;
#[cfg(feature = "multipart")]
mod multipart;
#[cfg(any(feature = "cookies", feature = "forms"))]
mod pairs;
#[cfg(feature = "multipart")]
mod spool;

#[cfg(feature = "negotiation")]
pub use accept::Accept;
#[cfg(feature = "auth")]
pub use authorization::{Authorization, BasicCredentials};
pub use environ_ext::EnvironExt;
#[cfg(feature = "multipart")]
pub use file_part::FilePart;
#[cfg(feature = "forms")]
pub use form::Form;
#[cfg(feature = "forms")]
pub use form_limits::FormLimits;
#[cfg(feature = "multipart")]
pub use multipart::{Multipart, Part};
#[cfg(any(feature = "cookies", feature = "forms"))]
pub use pairs::Pairs;
