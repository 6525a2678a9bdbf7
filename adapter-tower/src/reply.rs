//! `AxumReply` and `ViewReply`: return values of views in axum handlers, and of axum handlers in
//! views.

use axum_core::body::Body as AxumBody;
use axum_core::response::{IntoResponse as AxumIntoResponse, Response as AxumResponse};
use gateway_core::{Body, Error, Response, TryIntoResponse, reply, translate_response};
use http::{Method, Version};

/// What a view may return (text, `Json`, a tuple, an `HttpError` ..), as the response of a native
/// axum handler.
///
/// The response is as a gateway makes it: with the defaults of [`TryIntoResponse`], the pages of
/// errors, checked headers (S5 to S9), no body on 204, 205 and 304 (B7), and a body that is held to
/// its declared length (B5). A handler lacks two things. It does not know the method, but axum
/// drops the body for HEAD. And it cannot wait for the first chunk of a stream: an error instead of
/// the chunk becomes a 500 only if it is ready at once (B1).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use adapter_tower::AxumReply;
/// use axum::{Router, body::Body, extract::Path, http::Request, routing::get};
/// use gateway_core::{HttpError, Json, TryIntoResponse};
/// use tower::ServiceExt;
///
/// // `?` turns errors into replies.
/// async fn item(Path(id): Path<u32>)
///     -> Result<AxumReply<impl TryIntoResponse>, AxumReply<HttpError>>
/// {
///     if id > 9 {
///         Err(HttpError::not_found())?;
///     }
///     Ok(AxumReply((Json([id]), 201, [("x-my-header", "foo")])))
/// }
///
/// let router: Router = Router::new().route("/{id}", get(item));
/// let response = router.clone().oneshot(Request::get("/7").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.headers()["content-type"], "application/json");
/// let response = router.oneshot(Request::get("/10").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 404);
/// # Ok::<(), gateway_core::BoxError>(())
/// # }).unwrap();
/// ```
#[doc(alias = "Reply")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AxumReply<T>(
    /// The value.
    pub T,
);

impl<T> From<T> for AxumReply<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: TryIntoResponse> AxumIntoResponse for AxumReply<T> {
    fn into_response(self) -> AxumResponse {
        // axum removes the body itself if the request was a HEAD.
        reply(self.0, &Method::GET, Version::HTTP_11).map(AxumBody::new)
    }
}

/// What an axum handler may return (`Html`, `Redirect`, `Sse` ..), as the return value of a view.
///
/// The response is passed on like that of a mounted service; see
/// [`tower_app`](crate::tower_app).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use adapter_tower::ViewReply;
/// use axum::{http::Request, response::Html};
/// use gateway_core::{AppExt, Environ, view};
///
/// let app = view(async |_| ViewReply(Html("<p>hello")));
/// let response = app.respond(Environ::from_request(Request::get("/").body(())?)).await?;
/// assert_eq!(response.into_body().bytes().await?, "<p>hello");
/// # Ok::<(), gateway_core::BoxError>(())
/// # }).unwrap();
/// ```
#[doc(alias = "Reply")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ViewReply<T>(
    /// The value.
    pub T,
);

impl<T> From<T> for ViewReply<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: AxumIntoResponse> TryIntoResponse for ViewReply<T> {
    fn try_into_response(self) -> Result<Response, Error> {
        Ok(translate_response(self.0.into_response()).map(Body::commit_early))
    }
}
