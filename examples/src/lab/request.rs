//! Apps that show their request: the environ and the input.

use std::fmt::Write;

use gateway_core::{App, Body, EnvValue, Environ, Error, HttpError, StartResponse, view};
use gateway_util::MiddlewareExt as _;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The whole CGI view.
pub(super) async fn environ(environ: Environ) -> Map<String, Value> {
    let vars = environ.vars().into_iter();
    vars.map(|(key, value)| (key.into_owned(), lossless(&value)))
        .collect()
}

/// The path as the app sees it, and the target as the client sent it.
pub(super) async fn raw(environ: Environ) -> Value {
    json!({
        "script_name": lossless(&environ.script_name()),
        "path_info": lossless(&environ.path_info()),
        "request_uri": environ.request_uri(),
    })
}

/// A value in JSON: text as a string, bytes that are not UTF-8 as an array of numbers.
fn lossless(value: &EnvValue<'_>) -> Value {
    match value.to_str() {
        Some(text) => text.into(),
        None => value.as_bytes().into(),
    }
}

/// The input as the body of the response, with its trailers.
pub(super) async fn echo(
    mut environ: Environ,
    start_response: StartResponse,
) -> Result<Body, Error> {
    // Over HTTP/1.1 trailers must be declared. They are, if the client declared its own.
    let mut headers = vec![("content-type", "application/octet-stream".to_owned())];
    if let Some(names) = environ.header("trailer") {
        headers.push(("trailer", names.to_string()));
    }
    start_response
        .start(200, headers)
        .map_err(|error| HttpError::bad_request().with_source(error))?;
    Ok(Body::new(environ.take_input()))
}

/// Length and SHA-256 of the input, which is read chunk by chunk.
pub(super) async fn count(mut environ: Environ) -> Result<Value, Error> {
    let mut input = environ.take_input();
    let (mut length, mut hash) = (0, Sha256::new());
    while let Some(chunk) = input.chunk().await? {
        length += chunk.len();
        hash.update(&chunk);
    }
    let mut digest = String::new();
    for byte in hash.finalize() {
        write!(digest, "{byte:02x}")?;
    }
    Ok(json!({ "length": length, "sha256": digest }))
}

/// The same with a limit of 1 MiB (I4).
pub(super) async fn limit(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let app = view(count).limit_input(1024 * 1024);
    app.call(environ, start_response).await
}

/// A response without reading the input.
pub(super) async fn ignore_body(_: Environ) -> &'static str {
    "not read\n"
}
