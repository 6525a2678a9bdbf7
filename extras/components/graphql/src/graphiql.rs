//! The page GraphiQL.

use async_graphql::http::GraphiQLSource;
use gateway_core::{Environ, Error, Response, TryIntoResponse};
use gateway_util::EnvironExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but what RFC 3986 allows in a path without a meaning in JavaScript or HTML. `%` is left alone,
/// because the path is encoded already.
const UNSAFE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'%')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'@');

/// True for a browser that opens the endpoint. A client that takes anything gets JSON.
pub(crate) fn is_asked_for(environ: &Environ) -> bool {
    environ.query().get("query").is_none()
        && environ.accept().best(&["application/json", "text/html"]) == Some("text/html")
}

/// The page, for the path that it was asked for at.
pub(crate) fn page(environ: &Environ) -> Result<Response, Error> {
    let path = format!("{}{}", environ.raw_script_name(), environ.raw_path_info());
    let path = utf8_percent_encode(&path, UNSAFE).to_string();
    let page = GraphiQLSource::build()
        .endpoint(&path)
        .subscription_endpoint(&path)
        .finish();
    (page, [("vary", "accept")]).try_into_response()
}
