//! Decodes a text part in its charset (RFC 7578 section 4.5).

use encoding_rs::Encoding;
use gateway_core::HttpError;

use super::PartHead;
use crate::field::MediaType;

/// The charset that a part names.
pub(super) fn named(head: &PartHead) -> Option<Vec<u8>> {
    let media_type = MediaType::parse(head.content_type.as_deref()?.as_bytes())?;
    let charset = media_type.parameter("charset")?.into_owned();
    (!charset.is_empty()).then_some(charset)
}

/// Decodes a text, as UTF-8 if no charset is named.
///
/// # Errors
///
/// 415 for an unknown charset.
pub(super) fn decode(bytes: Vec<u8>, charset: Option<&[u8]>) -> Result<String, HttpError> {
    let encoding = charset.map_or(Some(encoding_rs::UTF_8), Encoding::for_label);
    let encoding = encoding.ok_or_else(|| {
        HttpError::unsupported_media_type().with_source("a part of a form is in an unknown charset")
    })?;
    if encoding == encoding_rs::UTF_8 {
        return Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()));
    }
    Ok(encoding.decode_without_bom_handling(&bytes).0.into_owned())
}
