//! The type of a request's body.

use gateway_core::{Environ, HttpError};
use mime::Mime;

/// What the client says that its body is.
///
/// # Errors
///
/// 415 where it says nothing or what is no type.
pub(super) fn of(environ: &Environ) -> Result<Mime, HttpError> {
    environ
        .content_type()
        .as_ref()
        .and_then(|value| value.to_str())
        .and_then(|text| text.parse().ok())
        .ok_or_else(HttpError::unsupported_media_type)
}

#[cfg(feature = "json")]
/// `application/json` and everything of the kind `application/problem+json`.
pub(super) fn is_json(mime: &Mime) -> bool {
    mime.type_() == mime::APPLICATION
        && (mime.subtype() == mime::JSON || mime.suffix() == Some(mime::JSON))
}

#[cfg(feature = "forms")]
pub(super) fn is_urlencoded(mime: &Mime) -> bool {
    mime.essence_str() == mime::APPLICATION_WWW_FORM_URLENCODED.essence_str()
}

#[cfg(feature = "multipart")]
pub(super) fn is_multipart_form(mime: &Mime) -> bool {
    mime.essence_str() == mime::MULTIPART_FORM_DATA.essence_str()
}

/// Refuses a body whose declared length is over the limit before anything of it is read (I4).
///
/// # Errors
///
/// 413.
pub(super) fn check_length(environ: &Environ, limit: u64) -> Result<(), HttpError> {
    if environ
        .content_length()
        .is_some_and(|length| length > limit)
    {
        return Err(HttpError::payload_too_large());
    }
    Ok(())
}
