//! `redirect`: responses with a `Location`.

use std::error::Error as StdError;
use std::fmt;

use bytes::Bytes;
use gateway_core::{Body, Error, HttpError, IntoStatus, Response, StatusError, TryIntoResponse};
use http::{HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// A redirect with status 303, which every client follows with GET; [`Redirect::status`] and the
/// methods beside it choose another.
///
/// The location is sent as given, relative or absolute. Only characters that no URI can hold are
/// percent-encoded, among them line ends and everything beyond ASCII (N9). Text that is
/// percent-encoded already stays as it is. A host name beyond ASCII must be given in its ASCII
/// form.
///
/// A location made from text of a client can lead to another site (`//elsewhere`): check it first.
///
/// # Examples
///
/// ```
/// use gateway_core::TryIntoResponse;
/// use gateway_util::redirect;
///
/// let response = redirect("/käse?a=1").try_into_response()?;
/// assert_eq!(response.status(), 303);
/// assert_eq!(response.headers()["location"], "/k%C3%A4se?a=1");
/// # Ok::<(), gateway_core::Error>(())
/// ```
pub fn redirect(location: impl Into<String>) -> Redirect {
    Redirect {
        location: location.into(),
        status: Ok(StatusCode::SEE_OTHER),
    }
}

/// A redirect with Werkzeug's small page; made by [`redirect`].
///
/// # Examples
///
/// ```
/// use gateway_core::TryIntoResponse;
/// use gateway_util::redirect;
///
/// let response = redirect("new").permanent().try_into_response()?;
/// assert_eq!((response.status().as_u16(), &response.headers()["location"]), (308, &"new".parse()?));
/// assert!(redirect("new").status(200).try_into_response().is_err());
/// # Ok::<(), gateway_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a redirect does nothing until it is returned"]
pub struct Redirect {
    location: String,
    status: Result<StatusCode, StatusError>,
}

impl Redirect {
    /// Another status: 201, 300, 301, 302, 303, 305, 307 or 308. Any other becomes an error.
    pub fn status(mut self, status: impl IntoStatus) -> Self {
        self.status = status.into_status();
        self
    }

    /// 301: permanent; clients may change POST to GET.
    pub fn moved_permanently(self) -> Self {
        self.status(StatusCode::MOVED_PERMANENTLY)
    }

    /// 302: temporary; clients may change POST to GET. Flask's default until 3.1.
    pub fn found(self) -> Self {
        self.status(StatusCode::FOUND)
    }

    /// 307: temporary, with the same method and body.
    pub fn temporary(self) -> Self {
        self.status(StatusCode::TEMPORARY_REDIRECT)
    }

    /// 308: permanent, with the same method and body.
    pub fn permanent(self) -> Self {
        self.status(StatusCode::PERMANENT_REDIRECT)
    }

    /// The redirect as an error, to leave a view early: `return Err(redirect("/login").into_error())`.
    ///
    /// It is a 500 if the status is not one of a redirect.
    #[must_use]
    pub fn into_error(self) -> HttpError {
        match self.into_parts() {
            Ok(response) => HttpError::from_response(response),
            Err(error) => HttpError::internal_server_error().with_source(error.into_boxed()),
        }
    }

    fn into_parts(self) -> Result<http::Response<Bytes>, Error> {
        let status = self.status?;
        if !matches!(status.as_u16(), 201 | 300..=303 | 305 | 307 | 308) {
            return Err(NotARedirect(status).into());
        }
        let encoded = encode(&self.location);
        let page = format!(
            "<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n\
             <h1>Redirecting...</h1>\n<p>You should be redirected automatically to the target URL: \
             <a href=\"{given}\">{given}</a>. If not, click the link.\n",
            given = Escaped(&self.location),
        );
        let mut response = http::Response::new(Bytes::from(page));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        headers.insert(header::LOCATION, HeaderValue::try_from(encoded)?);
        Ok(response)
    }
}

impl TryIntoResponse for Redirect {
    fn try_into_response(self) -> Result<Response, Error> {
        Ok(self.into_parts()?.map(Body::from))
    }
}

/// Characters that RFC 3986 does not allow in an authority. `%` is left alone, because the text
/// may be encoded already.
const NOT_IN_AN_AUTHORITY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// After the authority, brackets are not allowed either: they are for the addresses of hosts.
const NOT_IN_A_URI: &AsciiSet = &NOT_IN_AN_AUTHORITY.add(b'[').add(b']');

/// A reference that can be sent in a header (N9).
fn encode(location: &str) -> String {
    let location = location.trim_matches([' ', '\t']);
    let (authority, rest) = location.split_at(authority_end(location));
    let authority = utf8_percent_encode(authority, NOT_IN_AN_AUTHORITY);
    format!("{authority}{}", utf8_percent_encode(rest, NOT_IN_A_URI))
}

/// Where the authority of a reference ends. 0 if it has none.
fn authority_end(location: &str) -> usize {
    let start = match location.find(['/', '?', '#']) {
        Some(slash) if location[slash..].starts_with("//") => {
            let scheme = &location[..slash];
            if !scheme.is_empty() && !scheme.ends_with(':') {
                return 0;
            }
            slash + 2
        }
        _ => return 0,
    };
    location[start..]
        .find(['/', '?', '#'])
        .map_or(location.len(), |length| start + length)
}

struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&#34;")?,
                '\'' => f.write_str("&#39;")?,
                c => fmt::Write::write_char(f, c)?,
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct NotARedirect(StatusCode);

impl fmt::Display for NotARedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the status {} is not one of a redirect", self.0.as_u16())
    }
}

impl StdError for NotARedirect {}
