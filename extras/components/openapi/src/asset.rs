//! `Asset`: a file in memory, with its tag.

use std::borrow::Cow;

use bytes::Bytes;
use gateway_core::{Environ, Error, HttpError, Response, TryIntoResponse};
use gateway_util::{Conditions, ETag, EnvironExt, ResponseFields};
use http::{HeaderMap, HeaderValue, header};
use utoipa_swagger_ui::SwaggerFile;

/// A file in memory. A clone is cheap.
#[derive(Debug, Clone)]
pub(crate) struct Asset {
    bytes: Bytes,
    content_type: HeaderValue,
    tag: ETag,
    is_gzipped: bool,
}

impl Asset {
    pub(crate) fn json(bytes: Vec<u8>) -> Self {
        Self {
            tag: ETag::of(&bytes),
            bytes: bytes.into(),
            content_type: HeaderValue::from_static("application/json"),
            is_gzipped: false,
        }
    }

    pub(crate) fn file(file: SwaggerFile<'static>) -> Result<Self, Error> {
        let content_type = match file.content_type {
            text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
            other => other,
        };
        Ok(Self {
            tag: ETag::of(&file.bytes),
            content_type: HeaderValue::try_from(content_type)?,
            is_gzipped: file.gzpipped,
            bytes: match file.bytes {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => bytes.into(),
            },
        })
    }

    /// The response that the conditions of a GET ask for.
    ///
    /// # Errors
    ///
    /// 406 if the file is compressed, and the client cannot read it.
    pub(crate) fn respond(self, environ: &Environ) -> Result<Response, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, self.content_type);
        // Another version of the program has other files under the same names.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if self.is_gzipped {
            let coding = environ.accept_encoding().best_encoding(&["gzip"]);
            if coding.is_none() && environ.header("accept-encoding").is_some() {
                return Err(HttpError::not_acceptable().into());
            }
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        let mut response = (self.bytes, headers).try_into_response()?;
        response.set_etag(&self.tag);
        Ok(Conditions::of(environ).apply(response))
    }
}
