//! `Problem`: an error as JSON, by RFC 9457.

use gateway_core::{Error, HttpError, IntoStatus, Json, Response, TryIntoResponse};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};

/// A problem: an [`HttpError`] for programs, as `application/problem+json`.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{HttpError, TryIntoResponse};
/// use gateway_util::Problem;
///
/// let problem = Problem::from(&HttpError::not_found().with_description("no such order"))
///     .member("order", 7)?;
/// let response = problem.try_into_response()?;
/// assert_eq!(response.status(), 404);
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// assert_eq!(
///     response.into_body().bytes().await?,
///     "{\"detail\":\"no such order\",\"order\":7,\"status\":404,\"title\":\"Not Found\"}\n",
/// );
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
#[must_use = "a problem is a response and must be returned"]
pub struct Problem {
    status: StatusCode,
    headers: HeaderMap,
    members: Map<String, Value>,
}

impl Problem {
    /// A problem with the title and the description of a status, of no special type.
    pub fn new(status: impl IntoStatus) -> Self {
        Self::from(&HttpError::new(status))
    }

    /// Sets `type`, a URI that names the kind of the problem. Without it, only the status tells the
    /// kind.
    pub fn kind(self, uri: impl Into<String>) -> Self {
        self.text("type", uri.into())
    }

    /// Sets `title`, which is the same for all problems of the type.
    pub fn title(self, title: impl Into<String>) -> Self {
        self.text("title", title.into())
    }

    /// Sets `detail`, which explains this problem.
    pub fn detail(self, detail: impl Into<String>) -> Self {
        self.text("detail", detail.into())
    }

    /// Sets `instance`, a URI that names this problem.
    pub fn instance(self, uri: impl Into<String>) -> Self {
        self.text("instance", uri.into())
    }

    /// Sets a member that the type defines.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as JSON.
    pub fn member(
        mut self,
        name: impl Into<String>,
        value: impl Serialize,
    ) -> Result<Self, serde_json::Error> {
        self.members
            .insert(name.into(), serde_json::to_value(value)?);
        Ok(self)
    }

    fn text(mut self, name: &str, text: String) -> Self {
        self.members.insert(name.into(), text.into());
        self
    }
}

impl From<&HttpError> for Problem {
    fn from(error: &HttpError) -> Self {
        let mut headers = error.headers().clone();
        // The error may carry the type of the page that this replaces.
        headers.remove(header::CONTENT_TYPE);
        let mut members = Map::new();
        members.insert("status".into(), error.status().as_u16().into());
        members.insert("title".into(), error.name().into());
        if !error.description().is_empty() {
            members.insert("detail".into(), error.description().into());
        }
        Self {
            status: error.status(),
            headers,
            members,
        }
    }
}

impl TryIntoResponse for Problem {
    fn try_into_response(self) -> Result<Response, Error> {
        let mut response = (Json(self.members), self.status, self.headers).try_into_response()?;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        Ok(response)
    }
}
