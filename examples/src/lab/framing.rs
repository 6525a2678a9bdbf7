//! Apps with statuses without bodies, and with wrong lengths.

use std::time::Duration;

use gateway_core::{Body, Environ, Error, HttpError, StartResponse};
use tokio::time::sleep;

/// Long enough for a browser to show the text before it.
const A_MOMENT: Duration = Duration::from_millis(50);

const TEXT: (&str, &str) = ("Content-Type", "text/plain; charset=utf-8");

/// Any status, always with the same body. The gateway sends the body if the status allows it (B7).
pub(super) async fn status(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let path = environ.path_info().to_string();
    let code: u16 = path
        .trim_start_matches('/')
        .parse()
        .map_err(|_| HttpError::not_found())?;
    let headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", "5"),
    ];
    start_response.start(code, headers)?;
    Ok(Body::from("null\n"))
}

/// Five bytes buffered, ten declared: a 500 (B5).
pub(super) async fn length_short(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [TEXT, ("Content-Length", "10")])?;
    Ok(Body::from("hello"))
}

/// Five bytes buffered, two declared: truncated (B5).
pub(super) async fn length_long(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [TEXT, ("Content-Length", "2")])?;
    Ok(Body::from("hello"))
}

/// Ten bytes declared, and a stream that ends after five: aborted (B5).
pub(super) async fn length_stream_short(
    _: Environ,
    start_response: StartResponse,
) -> Result<Body, Error> {
    start_response.start(200, [TEXT, ("Content-Length", "10")])?;
    Ok(Body::from_producer(async |mut writer| {
        writer.write("hello").await?;
        sleep(A_MOMENT).await;
        Ok(())
    }))
}

/// Two bytes declared, and a stream with more: truncated, and not asked further (B5).
pub(super) async fn length_stream_long(
    _: Environ,
    start_response: StartResponse,
) -> Result<Body, Error> {
    start_response.start(200, [TEXT, ("Content-Length", "2")])?;
    Ok(Body::from_chunks(["h", "ello", "never asked for"]))
}
