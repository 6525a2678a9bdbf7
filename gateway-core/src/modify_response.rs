//! `ModifyResponse`: the types that can stand in a tuple behind the body, and change the status or
//! the headers of its response.

use std::collections::{BTreeMap, HashMap};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::error::Error;
use crate::headers::{AppendHeaders, IntoHeaderName, IntoHeaderValue};
use crate::response::Response;
use crate::status::IntoStatus;

/// What can follow the body in a `(body, _)` tuple: a status or headers (N3).
///
/// Implement it to use your own type in tuples.
///
/// # Examples
///
/// ```
/// use gateway_core::{Error, TryIntoResponse, Response, ModifyResponse};
/// use http::HeaderValue;
///
/// struct NoStore;
///
/// impl ModifyResponse for NoStore {
///     fn modify_response(self, response: &mut Response) -> Result<(), Error> {
///         response.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
///         Ok(())
///     }
/// }
///
/// let response = ("secret", NoStore).try_into_response()?;
/// assert_eq!(response.headers()["cache-control"], "no-store");
/// # Ok::<(), gateway_core::Error>(())
/// ```
#[doc(alias = "ResponseParts")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot follow the body in a tuple",
    label = "expected a status or headers",
    note = "a tuple is `(body, status)`, `(body, headers)` or `(body, status, headers)`",
    note = "a status is a `StatusCode`, a `u16` or text (\"404 Not Found\"); headers are pairs or a `HeaderMap`"
)]
pub trait ModifyResponse {
    /// Changes the response.
    ///
    /// # Errors
    ///
    /// When the status or a header is invalid.
    #[doc(alias = "apply_to")]
    fn modify_response(self, response: &mut Response) -> Result<(), Error>;
}

/// The type that text and bytes have by default (N5).
pub(crate) const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// Sets the status of a tuple. What has no content has no type by default (N5).
pub(crate) fn set_status(response: &mut Response, status: StatusCode) {
    *response.status_mut() = status;
    let has_none = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        && response.body().is_known_empty();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    if has_none && content_type.is_some_and(|content_type| *content_type == HTML) {
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
}

macro_rules! statuses {
    ($($type:ty),*) => {$(
        impl ModifyResponse for $type {
            fn modify_response(self, response: &mut Response) -> Result<(), Error> {
                set_status(response, self.into_status()?);
                Ok(())
            }
        }
    )*};
}

statuses!(StatusCode, u16, &str, String);

macro_rules! headers {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> ModifyResponse for $type {
            fn modify_response(self, response: &mut Response) -> Result<(), Error> {
                let mut headers = HeaderMap::new();
                self.append_headers(&mut headers)?;
                extend(response.headers_mut(), headers);
                Ok(())
            }
        }
    )*};
}

headers! {
    [] HeaderMap;
    [K: IntoHeaderName, V: IntoHeaderValue, const N: usize] [(K, V); N];
    [K: IntoHeaderName, V: IntoHeaderValue] Vec<(K, V)>;
    [K: IntoHeaderName + Clone, V: IntoHeaderValue + Clone] &[(K, V)];
    [K: IntoHeaderName, V: IntoHeaderValue] BTreeMap<K, V>;
    [K: IntoHeaderName, V: IntoHeaderValue, S] HashMap<K, V, S>;
}

/// Headers that replace those of the same name, as in Flask 2.
///
/// Every line of a given name is replaced. The given lines all stay.
///
/// # Examples
///
/// ```
/// use gateway_core::{TryIntoResponse, Replace};
///
/// let response = ("text", [("x-tag", "a")]).try_into_response()?;
/// let response = (response, Replace([("x-tag", "b"), ("x-tag", "c")])).try_into_response()?;
/// let tags: Vec<_> = response.headers().get_all("x-tag").iter().collect();
/// assert_eq!(tags, ["b", "c"]);
/// # Ok::<(), gateway_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Replace<H>(
    /// The headers.
    pub H,
);

impl<H: AppendHeaders> ModifyResponse for Replace<H> {
    fn modify_response(self, response: &mut Response) -> Result<(), Error> {
        let mut headers = HeaderMap::new();
        self.0.append_headers(&mut headers)?;
        merge(response.headers_mut(), headers, |_| true);
        Ok(())
    }
}

/// Adds headers. A field that HTTP allows once is replaced, as a group by name (N3).
pub(crate) fn extend(headers: &mut HeaderMap, more: HeaderMap) {
    merge(headers, more, is_single);
}

fn merge(headers: &mut HeaderMap, more: HeaderMap, replaces: impl Fn(&HeaderName) -> bool) {
    for name in more.keys() {
        if replaces(name) {
            headers.remove(name);
        }
    }
    let mut name: Option<HeaderName> = None;
    for (next, value) in more {
        name = next.or(name);
        if let Some(name) = &name {
            append(headers, name, value);
        }
    }
}

fn append(headers: &mut HeaderMap, name: &HeaderName, value: HeaderValue) {
    // If a field that HTTP allows once is given several times, the last line is used.
    if is_single(name) {
        headers.insert(name, value);
    } else {
        headers.append(name, value);
    }
}

/// Fields of which a response has at most one line.
fn is_single(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::ACCEPT_RANGES
            | header::AGE
            | header::CONTENT_DISPOSITION
            | header::CONTENT_LENGTH
            | header::CONTENT_LOCATION
            | header::CONTENT_RANGE
            | header::CONTENT_TYPE
            | header::DATE
            | header::ETAG
            | header::EXPIRES
            | header::LAST_MODIFIED
            | header::LOCATION
            | header::RETRY_AFTER
            | header::SERVER
            | header::STRICT_TRANSPORT_SECURITY
    )
}
