//! Makes responses of what was executed.

use std::convert::Infallible;
use std::time::Duration;

use async_graphql::http::create_multipart_mixed_stream;
use async_graphql::{BatchResponse, ServerError, Value};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use gateway_core::{Body, Closing, Environ, Error, HttpError, Response, TryIntoResponse};
use gateway_util::EnvironExt;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;

/// How often a stream without news says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(30);

const JSON: &str = "application/json";
const GRAPHQL: &str = "application/graphql-response+json";

/// The media type of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// Every GraphQL response is a 200.
    Json,
    /// The status says whether the request was executed.
    GraphQL,
}

impl Media {
    /// The one that the client wants. `application/json`, unless it names the other.
    ///
    /// # Errors
    ///
    /// 406 if it accepts neither.
    pub(crate) fn of(environ: &Environ) -> Result<Self, HttpError> {
        let accept = environ.header("accept");
        let accept = accept.map(|accept| accept.as_bytes().to_ascii_lowercase());
        let is_named = accept.is_some_and(|accept| {
            let mut ends = accept.windows(GRAPHQL.len());
            ends.any(|part| part == GRAPHQL.as_bytes())
        });
        let offers = match is_named {
            true => [GRAPHQL, JSON],
            false => [JSON, GRAPHQL],
        };
        Ok(match environ.negotiate(&offers)? {
            GRAPHQL => Self::GraphQL,
            _ => Self::Json,
        })
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => JSON,
            Self::GraphQL => GRAPHQL,
        })
    }
}

/// A response as it is sent: without data if nothing was executed.
#[derive(Serialize)]
struct Sent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, Value>,
}

impl<'a> Sent<'a> {
    fn of(response: &'a async_graphql::Response) -> Self {
        // An error of a field has a path.
        let is_executed = response.data != Value::Null
            || response.errors.is_empty()
            || response.errors.iter().any(|error| !error.path.is_empty());
        Self {
            data: is_executed.then_some(&response.data),
            errors: &response.errors,
            extensions: &response.extensions,
        }
    }
}

/// The response to a request or a batch.
pub(crate) fn whole(response: BatchResponse, media: Media) -> Result<Response, Error> {
    let mut status = 200;
    let json = match &response {
        BatchResponse::Single(response) => {
            let sent = Sent::of(response);
            if media == Media::GraphQL && sent.data.is_none() {
                status = 400;
            }
            serde_json::to_vec(&sent)?
        }
        BatchResponse::Batch(responses) => {
            let sent: Vec<Sent<'_>> = responses.iter().map(Sent::of).collect();
            serde_json::to_vec(&sent)?
        }
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, media.content_type());
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    let cache_control = response.cache_control().value();
    if let Some(value) = cache_control.filter(|_| response.is_ok()) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::try_from(value)?);
    }
    headers.extend(response.http_headers());
    (json, status, headers).try_into_response()
}

/// The responses to a subscription, as parts of one response. It ends when the server shuts down.
pub(crate) fn stream(
    responses: BoxStream<'static, async_graphql::Response>,
    closing: Closing,
) -> Result<Response, Error> {
    let responses = Box::pin(responses.take_until(closing));
    let parts = create_multipart_mixed_stream(responses, HEARTBEAT);
    let body = Body::from_stream(parts.map(Ok::<_, Infallible>)).commit_early();
    let headers = [
        ("content-type", "multipart/mixed; boundary=graphql"),
        ("vary", "accept"),
    ];
    (body, headers).try_into_response()
}
