//! `Conditions`: conditional requests and ranges (N8).

use gateway_core::{Body, Environ, HttpError, Response, TryIntoResponse};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::etag::ETagList;
use super::{ETag, RangeOutcome, part};
use crate::error::HttpErrorFields;
use crate::field::HttpDate;

/// The conditions of a request: If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since,
/// If-Range and Range, as RFC 9110 sections 13 and 14 order them.
///
/// They are copied from the environ, so the app may keep it.
///
/// # Examples
///
/// A response that is sent only if the client does not have it:
///
/// ```
/// use gateway_core::{Environ, TryIntoResponse};
/// use gateway_util::{Conditions, ETag, ResponseFields};
/// # fn main() -> Result<(), gateway_core::Error> {
/// let request = http::Request::get("/").header("if-none-match", "\"v1\"").body(())?;
/// let conditions = Conditions::of(&Environ::from_request(request));
///
/// let mut response = "text".try_into_response()?;
/// response.set_etag(&ETag::strong("v1")?);
/// let response = conditions.apply(response);
/// assert_eq!(response.status(), 304);
/// # Ok(())
/// # }
/// ```
///
/// A change that is made only to the state that the client has seen:
///
/// ```
/// use gateway_core::{Environ, HttpError};
/// use gateway_util::{Conditions, ETag};
///
/// fn put(environ: &Environ, current: &ETag) -> Result<&'static str, HttpError> {
///     Conditions::of(environ).require(Some(current))?;
///     // .. the change ..
///     Ok("changed")
/// }
/// # fn main() -> Result<(), gateway_core::Error> {
/// let request = http::Request::put("/").header("if-match", "\"v1\"").body(())?;
/// let environ = Environ::from_request(request);
/// assert!(put(&environ, &ETag::strong("v1")?).is_ok());
/// assert_eq!(put(&environ, &ETag::strong("v2")?).unwrap_err().status(), 412);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "make_conditional")]
#[derive(Debug, Clone)]
pub struct Conditions {
    method: Method,
    if_match: Option<ETagList>,
    if_none_match: Option<ETagList>,
    if_modified_since: Option<HttpDate>,
    if_unmodified_since: Option<HttpDate>,
    if_range: Option<Vec<u8>>,
    range: Option<Vec<u8>>,
}

/// The result of the conditions of a request.
///
/// See [`Conditions::evaluate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// Go on.
    Proceed,
    /// The client has it already: 304.
    NotModified,
    /// The state is not the one that the client expects: 412.
    PreconditionFailed,
}

impl Conditions {
    /// The conditions of a request.
    #[must_use]
    pub fn of(environ: &Environ) -> Self {
        let value = |name: HeaderName| environ.header(name.as_str());
        let date = |name| value(name).and_then(|value| HttpDate::parse(value.as_bytes()));
        let list = |name| value(name).map(|value| ETagList::parse(value.as_bytes()));
        Self {
            method: environ.request_method().clone(),
            if_match: list(header::IF_MATCH),
            if_none_match: list(header::IF_NONE_MATCH),
            if_modified_since: date(header::IF_MODIFIED_SINCE),
            if_unmodified_since: date(header::IF_UNMODIFIED_SINCE),
            if_range: value(header::IF_RANGE).map(|value| value.as_bytes().to_vec()),
            range: value(header::RANGE).map(|value| value.as_bytes().to_vec()),
        }
    }

    fn is_read(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }

    /// Compares the conditions with the resource: its tag, and the time of its last change. A
    /// resource that does not exist has neither. Give neither only then, because `*` matches any
    /// existing state.
    ///
    /// If-None-Match is compared weakly and overrides If-Modified-Since. If-Match is compared
    /// strongly and overrides If-Unmodified-Since (RFC 9110 section 13.2.2).
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::Environ;
    /// use gateway_util::{Conditions, ETag, Precondition};
    /// # fn main() -> Result<(), gateway_core::Error> {
    /// let request = http::Request::get("/").header("if-none-match", "W/\"v1\", \"v2\"").body(())?;
    /// let conditions = Conditions::of(&Environ::from_request(request));
    /// assert_eq!(conditions.evaluate(Some(&ETag::strong("v1")?), None), Precondition::NotModified);
    /// assert_eq!(conditions.evaluate(Some(&ETag::strong("v3")?), None), Precondition::Proceed);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn evaluate(
        &self,
        etag: Option<&ETag>,
        last_modified: Option<std::time::SystemTime>,
    ) -> Precondition {
        self.evaluate_date(etag, last_modified.map(HttpDate::from_time))
    }

    fn evaluate_date(&self, etag: Option<&ETag>, modified: Option<HttpDate>) -> Precondition {
        match (&self.if_match, self.if_unmodified_since, modified) {
            (Some(tags), _, _) if !tags.has(etag, ETag::strong_eq) => {
                return Precondition::PreconditionFailed;
            }
            (None, Some(since), Some(modified)) if modified > since => {
                return Precondition::PreconditionFailed;
            }
            _ => {}
        }
        match (&self.if_none_match, self.if_modified_since, modified) {
            (Some(tags), _, _) if tags.has(etag, ETag::weak_eq) => {
                if self.is_read() {
                    Precondition::NotModified
                } else {
                    Precondition::PreconditionFailed
                }
            }
            (None, Some(since), Some(modified)) if self.is_read() && modified <= since => {
                Precondition::NotModified
            }
            _ => Precondition::Proceed,
        }
    }

    /// For methods that change something: an error if the state is not the one that the client
    /// expects. `None` is a resource that does not exist.
    ///
    /// # Errors
    ///
    /// 412.
    pub fn require(&self, etag: Option<&ETag>) -> Result<(), HttpError> {
        let is_failed = match (etag, &self.if_match) {
            (None, Some(_)) => true,
            (None, None) => false,
            (Some(etag), _) => self.evaluate(Some(etag), None) != Precondition::Proceed,
        };
        if is_failed {
            return Err(HttpError::precondition_failed());
        }
        Ok(())
    }

    /// Which part of `length` bytes the request asks for. Only GET has ranges (RFC 9110 section
    /// 14.2), and If-Range cancels them if the tag or the date differs. A date of the last minute
    /// always differs, because two states within one second have the same date (RFC 9110 section
    /// 8.8.2.2).
    #[must_use]
    pub fn range(
        &self,
        length: u64,
        etag: Option<&ETag>,
        last_modified: Option<std::time::SystemTime>,
    ) -> RangeOutcome {
        self.range_date(length, etag, last_modified.map(HttpDate::from_time))
    }

    fn range_date(
        &self,
        length: u64,
        etag: Option<&ETag>,
        modified: Option<HttpDate>,
    ) -> RangeOutcome {
        match &self.range {
            Some(range) if self.method == Method::GET && self.same_state(etag, modified) => {
                RangeOutcome::of(range, length)
            }
            _ => RangeOutcome::Whole,
        }
    }

    /// RFC 9110 section 13.1.5: a strong tag, or exactly the same date if that is a strong one.
    fn same_state(&self, etag: Option<&ETag>, modified: Option<HttpDate>) -> bool {
        let Some(if_range) = &self.if_range else {
            return true;
        };
        match ETag::parse(if_range) {
            Some(tag) => etag.is_some_and(|etag| etag.strong_eq(&tag)),
            None => modified.is_some_and(|modified| {
                HttpDate::parse(if_range) == Some(modified) && modified.is_strong()
            }),
        }
    }

    /// The response that the conditions ask for, by its own `ETag` and `Last-Modified`: the
    /// response itself, a 304, or a 412.
    ///
    /// Only a response to GET or HEAD with a 2xx is changed. A 304 keeps the fields that caches
    /// need. A 412 is the page of that error.
    #[must_use]
    pub fn apply(&self, response: Response) -> Response {
        if !self.is_read() || !response.status().is_success() {
            return response;
        }
        let (etag, modified) = validators(response.headers());
        match self.evaluate_date(etag.as_ref(), modified) {
            Precondition::Proceed => response,
            Precondition::NotModified => not_modified(response),
            Precondition::PreconditionFailed => page(HttpError::precondition_failed()),
        }
    }

    /// As [`apply`](Self::apply), and serves one range of a 200 whose length is known: with 206, or
    /// with 416 if the range is outside the body.
    ///
    /// The bytes of a stream before the range are read and dropped.
    #[must_use]
    pub fn apply_with_ranges(&self, response: Response) -> Response {
        let mut response = self.apply(response);
        let length = match response.body().known_len() {
            Some(length) if self.is_read() && response.status() == StatusCode::OK => length,
            _ => return response,
        };
        response
            .headers_mut()
            .insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        let (etag, modified) = validators(response.headers());
        match self.range_date(length, etag.as_ref(), modified) {
            RangeOutcome::Whole => response,
            RangeOutcome::Part(range) => {
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_RANGE, range.content_range(length));
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.len()));
                response.map(|body| part::part(body, range))
            }
            RangeOutcome::Unsatisfiable => {
                page(HttpError::range_not_satisfiable().content_range(length))
            }
        }
    }
}

fn validators(headers: &HeaderMap) -> (Option<ETag>, Option<HttpDate>) {
    let value = |name| headers.get(name).map(HeaderValue::as_bytes);
    (
        value(header::ETAG).and_then(ETag::parse),
        value(header::LAST_MODIFIED).and_then(HttpDate::parse),
    )
}

/// RFC 9110 section 15.4.5: fields that describe a body are removed, fields for caches stay.
fn not_modified(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    for name in [
        header::ALLOW,
        header::CONTENT_DISPOSITION,
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
        header::CONTENT_LENGTH,
        header::CONTENT_RANGE,
        header::CONTENT_TYPE,
    ] {
        headers.remove(name);
    }
    // With a tag, a date adds nothing.
    if headers.contains_key(header::ETAG) {
        headers.remove(header::LAST_MODIFIED);
    }
    response.map(|_| Body::empty())
}

fn page(error: HttpError) -> Response {
    let status = error.status();
    error.try_into_response().unwrap_or_else(|_| {
        let mut response = Response::default();
        *response.status_mut() = status;
        response
    })
}
