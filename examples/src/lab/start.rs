//! Apps that use `start_response` rightly and wrongly.

use gateway_core::{
    Body, Environ, Error, Response, ResponseExt, StartResponse, TryIntoResponse, cookie::Cookie,
};

const TEXT: (&str, &str) = ("Content-Type", "text/plain; charset=utf-8");

/// Two cookies: two lines.
pub(super) async fn cookies(_: Environ) -> Result<Response, Error> {
    let mut response = "two cookies\n".try_into_response()?;
    response.set_cookie(("first", "1"))?;
    response.set_cookie(Cookie::build(("second", "2")).path("/lab").http_only(true))?;
    Ok(response)
}

/// The body starts the response when it is first asked for a chunk (S4).
pub(super) async fn late_start(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    Ok(Body::from_producer(async move |mut writer| {
        start_response.start(200, [TEXT])?;
        writer.write("started from the body\n").await?;
        Ok(())
    }))
}

/// The head is replaced before it is committed (S2): the client sees only the 503.
pub(super) async fn restart(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [TEXT, ("X-First", "never sent")])?;
    let error = Error::msg("the database has gone away");
    start_response.restart(503, [TEXT, ("Retry-After", "60")], error)?;
    Ok(Body::from("come back later\n"))
}

/// Ignoring the error of a second start does not help (S1).
pub(super) async fn double_start(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [TEXT])?;
    let _refused = start_response.start(200, [TEXT]);
    Ok(Body::from("never sent\n"))
}

/// A body without a head (S3).
pub(super) async fn no_start(_: Environ, _: StartResponse) -> Result<Body, Error> {
    Ok(Body::from("never sent\n"))
}

/// A field of the connection, which an app must not set (S7).
pub(super) async fn hop_by_hop(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [TEXT, ("Connection", "upgrade")])?;
    Ok(Body::from("never sent\n"))
}

/// A value that would smuggle a line into the head (S6).
pub(super) async fn bad_header(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [TEXT, ("X-Name", "Ada\r\nSet-Cookie: evil=1")])?;
    Ok(Body::from("never sent\n"))
}
