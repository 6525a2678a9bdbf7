//! What the module serves.

use gateway_core::{
    App, Body, Environ, Error, HttpError, Json, StartResponse, TryIntoResponse, view,
};
use gateway_util::Mount;

/// Rust endpoints, each at a path of its own.
pub(crate) fn app() -> impl App {
    Mount::new()
        .at("/whereami", view(whereami))
        .at("/echo", echo)
        .at("/count", count)
        .at("/fail", fail)
        .at("/", view(async |_: Environ| "Hello from Rust!\n"))
}

async fn whereami(environ: Environ) -> impl TryIntoResponse {
    Json([
        environ.script_name().to_string(),
        environ.path_info().to_string(),
        environ.query_string().to_owned(),
        environ.request_uri().into_owned(),
    ])
}

/// Answers with what was sent.
async fn echo(mut environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let body = environ.take_input().bytes(1024 * 1024).await?;
    start_response.start(200, [("content-type", "application/octet-stream")])?;
    Ok(Body::from(body))
}

/// Three chunks, as they come.
async fn count(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("content-type", "text/plain")])?;
    Ok(Body::from_chunks(["one\n", "two\n", "three\n"]))
}

/// Fails in mid-body, or with a page.
async fn fail(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    if environ.path_info() != "/late" {
        return Err(HttpError::forbidden().into());
    }
    start_response.start(200, [("content-type", "text/plain")])?;
    Ok(Body::from_producer(async |mut writer| {
        writer.write("half of it").await?;
        Err(Error::msg("the disk is full"))
    }))
}
