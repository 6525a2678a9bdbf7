//! Converts a response of a tower service into one of an app.

use bytes::Bytes;
use gateway_core::{Body, BoxError, Response, translate_response};
use http::Method;
use http_body::Body as HttpBody;

/// Converts the response to a request, whose `method` tells what an empty body means.
pub(crate) fn answer<B>(response: http::Response<B>, method: &Method) -> Response
where
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let response = translate_response(response);
    if *method != Method::HEAD || !response.body().is_known_empty() {
        return response;
    }
    // B6: services remove the body of a response to HEAD themselves. An empty body then does not
    // tell the length that GET would have: only a Content-Length does.
    response.map(|_| Body::from_chunks(std::iter::empty::<Bytes>()))
}
