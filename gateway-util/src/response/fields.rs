//! `ResponseFields`: sets the header fields of a response by their meaning.

#[cfg(feature = "dates")]
use std::time::SystemTime;

#[cfg(feature = "cookies")]
use gateway_core::cookie::{Cookie, time};
#[cfg(feature = "cookies")]
use gateway_core::{CookieError, ResponseExt};
use gateway_core::{HeaderError, IntoHeaderName, Response};
use http::{HeaderValue, header};

use super::{CacheControl, ETag, attachment};
use crate::error::RetryAfter;
use crate::field;
#[cfg(feature = "dates")]
use crate::field::HttpDate;

/// Fields of a [`Response`] by their meaning, beside core's
/// [`ResponseExt`](gateway_core::ResponseExt).
///
/// # Examples
///
/// ```
/// use gateway_core::TryIntoResponse;
/// use gateway_util::{ETag, ResponseFields};
///
/// let mut response = "text".try_into_response()?;
/// response.vary("Accept")?.vary("accept")?.set_etag(&ETag::strong("v1")?);
/// response.set_attachment("report.txt");
/// assert_eq!(response.headers()["vary"], "accept");
/// assert_eq!(response.headers()["etag"], "\"v1\"");
/// assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"report.txt\"");
/// # Ok::<(), gateway_core::Error>(())
/// ```
pub trait ResponseFields: sealed::Sealed {
    /// Makes the client delete a cookie. Clients know cookies by name, path and domain: give those
    /// that it was set with (N10). Without a path it is `/`, as for
    /// [`set_cookie`](gateway_core::ResponseExt::set_cookie).
    ///
    /// # Errors
    ///
    /// As `set_cookie`: when the name, the path or the domain holds what a cookie cannot carry.
    #[cfg(feature = "cookies")]
    fn delete_cookie<'c>(
        &mut self,
        cookie: impl Into<Cookie<'c>>,
    ) -> Result<&mut Self, CookieError>;

    /// Adds the name of a request header to `Vary`, once. It adds nothing to `*`.
    ///
    /// # Errors
    ///
    /// When the name is not one of a header.
    fn vary(&mut self, name: impl IntoHeaderName) -> Result<&mut Self, HeaderError>;

    /// Sets `Cache-Control`.
    fn set_cache_control(&mut self, cache_control: &CacheControl) -> &mut Self;

    /// Sets `ETag`.
    fn set_etag(&mut self, tag: &ETag) -> &mut Self;

    /// Sets a strong `ETag` made from the body's bytes, if they are buffered and there is no tag.
    #[cfg(feature = "etag")]
    fn add_etag(&mut self) -> &mut Self;

    /// Sets `Last-Modified`.
    #[cfg(feature = "dates")]
    fn set_last_modified(&mut self, time: SystemTime) -> &mut Self;

    /// Sets `Expires`.
    #[cfg(feature = "dates")]
    fn set_expires(&mut self, time: SystemTime) -> &mut Self;

    /// Sets `Retry-After`: seconds, a `Duration` or a date.
    fn set_retry_after(&mut self, after: impl Into<RetryAfter>) -> &mut Self;

    /// Makes the body a download under a name (RFC 6266).
    #[doc(alias = "Content-Disposition")]
    #[doc(alias = "as_attachment")]
    fn set_attachment(&mut self, name: &str) -> &mut Self;
}

impl ResponseFields for Response {
    #[cfg(feature = "cookies")]
    fn delete_cookie<'c>(
        &mut self,
        cookie: impl Into<Cookie<'c>>,
    ) -> Result<&mut Self, CookieError> {
        // A client deletes a `Secure`, `__Host-` or `Partitioned` cookie only by a line of the same
        // kind: attributes stay, the value is removed.
        let mut cookie = cookie.into();
        cookie.make_removal();
        // Always the same line, for caches and tests, instead of a date that depends on now.
        cookie.set_expires(time::OffsetDateTime::UNIX_EPOCH);
        self.set_cookie(cookie)
    }

    fn vary(&mut self, name: impl IntoHeaderName) -> Result<&mut Self, HeaderError> {
        let name = name.into_header_name()?;
        let is_there = self.headers().get_all(header::VARY).iter().any(|value| {
            field::elements(value.as_bytes())
                .any(|known| known == b"*" || known.eq_ignore_ascii_case(name.as_str().as_bytes()))
        });
        if !is_there {
            self.headers_mut()
                .append(header::VARY, HeaderValue::from(name));
        }
        Ok(self)
    }

    fn set_cache_control(&mut self, cache_control: &CacheControl) -> &mut Self {
        self.headers_mut()
            .insert(header::CACHE_CONTROL, cache_control.header_value());
        self
    }

    fn set_etag(&mut self, tag: &ETag) -> &mut Self {
        self.headers_mut().insert(header::ETAG, tag.header_value());
        self
    }

    #[cfg(feature = "etag")]
    fn add_etag(&mut self) -> &mut Self {
        if !self.headers().contains_key(header::ETAG)
            && let Some(bytes) = self.body().buffered()
        {
            self.set_etag(&ETag::of(&bytes));
        }
        self
    }

    #[cfg(feature = "dates")]
    fn set_last_modified(&mut self, time: SystemTime) -> &mut Self {
        let value = HttpDate::from_time(time).header_value();
        self.headers_mut().insert(header::LAST_MODIFIED, value);
        self
    }

    #[cfg(feature = "dates")]
    fn set_expires(&mut self, time: SystemTime) -> &mut Self {
        let value = HttpDate::from_time(time).header_value();
        self.headers_mut().insert(header::EXPIRES, value);
        self
    }

    fn set_retry_after(&mut self, after: impl Into<RetryAfter>) -> &mut Self {
        self.headers_mut()
            .insert(header::RETRY_AFTER, after.into().header_value());
        self
    }

    fn set_attachment(&mut self, name: &str) -> &mut Self {
        let value = attachment::attachment(Some(name));
        self.headers_mut()
            .insert(header::CONTENT_DISPOSITION, value);
        self
    }
}

/// Seals [`ResponseFields`], so that methods can be added to it.
mod sealed {
    pub trait Sealed {}

    impl Sealed for gateway_core::Response {}
}
