//! Checks the media type of a request's body.

use gateway_core::{EnvValue, Environ, HttpError};
use http::{HeaderValue, header};

use crate::field::{self, MediaType};

/// Passes the media type of the body to a function that checks it.
///
/// # Errors
///
/// 415 if the type is missing or malformed, and for a body in a content coding, because nothing
/// here decodes one (RFC 9110 section 8.4).
pub(super) fn of<T>(
    environ: &Environ,
    look: impl FnOnce(MediaType<'_>) -> T,
) -> Result<T, HttpError> {
    check_coding(environ)?;
    let value = environ.content_type();
    let media_type = value
        .as_ref()
        .map(EnvValue::as_bytes)
        .and_then(MediaType::parse);
    media_type
        .map(look)
        .ok_or_else(HttpError::unsupported_media_type)
}

fn check_coding(environ: &Environ) -> Result<(), HttpError> {
    let Some(codings) = environ.header("content-encoding") else {
        return Ok(());
    };
    if field::elements(codings.as_bytes()).all(|coding| coding.eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    // RFC 9110 section 12.5.3: the response says which coding would have been accepted.
    let accepted = [(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    )];
    Err(HttpError::unsupported_media_type()
        .with_headers(accepted)
        .unwrap_or_else(|_| HttpError::unsupported_media_type()))
}

/// `application/json`, and every type such as `application/problem+json`.
#[cfg(feature = "json")]
pub(super) fn is_json(media_type: &MediaType<'_>) -> bool {
    media_type.is("application", "json")
        || (media_type.is_kind("application") && media_type.has_suffix("json"))
}

#[cfg(feature = "forms")]
pub(super) fn is_urlencoded(media_type: &MediaType<'_>) -> bool {
    media_type.is("application", "x-www-form-urlencoded")
}

#[cfg(feature = "multipart")]
pub(super) fn is_multipart_form(media_type: &MediaType<'_>) -> bool {
    media_type.is("multipart", "form-data")
}

/// Refuses a body whose declared length is over the limit, before anything of it is read (I4).
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
