//! A response of the tower world as one of an app.

use bytes::Bytes;
use gateway_core::{Body, BoxError, Response, ResponseExt, strip_connection_fields};
use http::Method;
use http_body::Body as HttpBody;

/// Translates the answer to a request, whose `method` tells what an empty body means.
pub(crate) fn answer<B>(response: http::Response<B>, method: &Method) -> Response
where
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let response = translate(response);
    if *method != Method::HEAD || !response.body().is_known_empty() {
        return response;
    }
    // B6: services take the body off an answer to HEAD themselves. That nothing is left says
    // nothing of the length that GET would have: only a Content-Length does.
    response.map(|_| Body::from_chunks(std::iter::empty::<Bytes>()))
}

/// Translates the head and takes the body over, trailers included.
pub(crate) fn translate<B>(response: http::Response<B>) -> Response
where
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut response = response.map(|body| {
        if body.is_end_stream() {
            Body::empty()
        } else {
            Body::new(body)
        }
    });
    if strip_connection_fields(response.headers_mut()) {
        response.close_connection();
    }
    response
}
