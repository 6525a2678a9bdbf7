//! Between what this module has and what the engine takes and gives.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};

use crate::wire::{Head, WireError, WireRequest};

/// The head of a request as the engine takes it.
pub(super) fn head_of(
    request: &WireRequest,
    authority: &str,
) -> Result<http::Request<()>, WireError> {
    let mut headers = fields(&request.headers)?;
    if let Some(length) = request.length_to_add() {
        headers.insert(http::header::CONTENT_LENGTH, length.into());
    }
    let own = request.authority.as_deref();
    let has_authority = request.host || own.is_some();
    // RFC 9113 section 8.3.1: :authority takes the place of Host.
    let host = match own {
        None if has_authority => headers.remove(http::header::HOST),
        _ => None,
    };
    let authority = host
        .as_ref()
        .map_or(own.unwrap_or(authority).as_bytes(), HeaderValue::as_bytes);
    let fault = |error| {
        let target = request.target.escape_ascii();
        WireError::invalid(
            format!("HTTP/2 cannot express the target \"{target}\""),
            error,
        )
    };
    let uri = match request.target.first() {
        _ if !has_authority => {
            Uri::try_from(request.target.as_slice()).map_err(|error| fault(error.into()))?
        }
        Some(b'/' | b'*') => Uri::builder()
            .scheme("http")
            .authority(authority)
            .path_and_query(request.target.as_slice())
            .build()
            .map_err(fault)?,
        _ => Uri::try_from(request.target.as_slice()).map_err(|error| fault(error.into()))?,
    };
    let method = Method::from_bytes(request.method.as_bytes());
    let mut head = http::Request::new(());
    *head.method_mut() = method
        .map_err(|error| WireError::invalid(format!("no method: {:?}", request.method), error))?;
    *head.uri_mut() = uri;
    *head.version_mut() = match has_authority {
        true => Version::HTTP_2,
        // The engine sends a request without an authority only as one that came over HTTP/1.
        false => Version::HTTP_11,
    };
    *head.headers_mut() = headers;
    Ok(head)
}

pub(super) fn fields(fields: &[(String, Vec<u8>)]) -> Result<HeaderMap, WireError> {
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        let fault = |error| WireError::invalid(format!("HTTP/2 cannot express {name:?}"), error);
        let key = HeaderName::from_bytes(name.as_bytes());
        let key = key.map_err(|error| fault(http::Error::from(error)))?;
        let value = HeaderValue::from_bytes(value).map_err(|error| fault(error.into()))?;
        map.append(key, value);
    }
    Ok(map)
}

pub(super) fn fields_from(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    map.iter()
        .map(|(name, value)| (name.as_str().into(), value.as_bytes().into()))
        .collect()
}

pub(super) fn head_from(status: u16, headers: &HeaderMap) -> Head {
    let headers = fields_from(headers);
    Head {
        status,
        reason: String::new(),
        version: Version::HTTP_2,
        headers,
        raw: Bytes::new(),
    }
}
