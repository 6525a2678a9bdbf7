//! Every form that a view can return. `tests/oracle/` has Flask's responses to the same views.

use std::convert::Infallible;

use gateway_core::{
    AppExt, Body, Environ, Error, HttpError, Json, Response, ResponseExt, StartResponse,
    TryIntoResponse, view,
};
use minijinja::context;
use serde_json::{Value, json};

use crate::routes::Routes;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get("/", view(index))
        .get("/string", view(string))
        .get("/bytes", view(bytes))
        .get("/template", view(template))
        .get("/response", view(response))
        .get("/make_response", view(make_response))
        .get("/jsonify", view(jsonify))
        .get("/chunked", view(chunked))
        .get("/wsgi", view(wsgi))
        .get("/exception", view(exception))
        .get("/exception_returned", view(exception_returned))
        .get("/abort", view(abort))
        .get("/tuple3", view(tuple3))
        .get("/tuple2_status", view(tuple2_status))
        .get("/tuple2_bad_argument", view(tuple2_bad_argument))
        .get("/tuple2_header", view(tuple2_header))
        .get("/tuple2_response", view(tuple2_response))
        .get("/tuple2_wsgi", view(tuple2_wsgi))
        .get("/tuple2_extend_header", view(tuple2_extend_header))
        .get("/none", view(none))
        .get("/tuple_none", view(tuple_none))
        .get("/good_no_content", view(good_no_content))
        .get("/bad_no_content", view(bad_no_content))
}

async fn index(_: Environ) -> &'static str {
    "Hello, World!"
}

async fn string(_: Environ) -> &'static str {
    "hello world!\n"
}

async fn bytes(_: Environ) -> &'static [u8] {
    b"hello world!\n"
}

async fn template(_: Environ) -> Result<String, Error> {
    let source = "<h1>Hello {{ name }}</h1>\n";
    let values = context! { name => "<World>" };
    Ok(minijinja::Environment::new().render_named_str("hello.html", source, values)?)
}

async fn response(_: Environ) -> Result<Response, Error> {
    let mut response = http::Response::builder()
        .header("content-type", "text/plain")
        .body(Body::from("Hello world!\n"))?;
    response.set_cookie(("firstname", "xurui"))?;
    response.set_cookie(("lastname", "yan"))?;
    Ok(response)
}

async fn make_response(_: Environ) -> Result<Response, Error> {
    let mut response = ("Hello world!\n", [("X-My-Header", "foo")]).try_into_response()?;
    response.set_cookie(("username", "yxr"))?;
    Ok(response)
}

async fn jsonify(_: Environ) -> Value {
    json!({ "username": "yxr" })
}

async fn chunked(_: Environ) -> Body {
    Body::from_chunks(["Hello ", "World!\n"])
}

async fn another_app(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("Content-Length", "13")])?;
    Ok(Body::from("Hello World!\n"))
}

async fn wsgi(environ: Environ) -> Result<Response, Error> {
    another_app.respond(environ).await
}

async fn exception(environ: Environ) -> Result<String, HttpError> {
    // Nothing sets this variable here, so the response is always a 404.
    let user = environ
        .get("REMOTE_USER")
        .ok_or_else(HttpError::not_found)?;
    Ok(format!("Hello, {user}!"))
}

async fn exception_returned(_: Environ) -> HttpError {
    HttpError::not_found()
}

async fn abort(_: Environ) -> Result<Infallible, HttpError> {
    gateway_core::abort(500, "something is wrong!\n")
}

async fn tuple3(_: Environ) -> impl TryIntoResponse {
    ("hello world!\n", 200, [("X-My-Header", "foo")])
}

async fn tuple2_status(_: Environ) -> impl TryIntoResponse {
    ("hello world!\n", 200)
}

async fn tuple2_bad_argument(_: Environ) -> impl TryIntoResponse {
    ("bad argument", 400)
}

async fn tuple2_header(_: Environ) -> impl TryIntoResponse {
    ("hello world!\n", [("X-My-Header", "foo")])
}

async fn tuple2_response(_: Environ) -> Result<impl TryIntoResponse, Error> {
    let response = "hello world!\n".try_into_response()?;
    Ok((response, [("X-My-Header", " foo")]))
}

async fn tuple2_wsgi(environ: Environ) -> Result<impl TryIntoResponse, Error> {
    let response = another_app.respond(environ).await?;
    Ok((response, [("X-My-Header", "foo")]))
}

async fn tuple2_extend_header(_: Environ) -> Result<impl TryIntoResponse, Error> {
    let response = ("hello world!\n", [("X-My-Header", "foo")]).try_into_response()?;
    Ok((response, [("X-My-Header", " bar")]))
}

async fn none(_: Environ) -> Option<&'static str> {
    None
}

async fn tuple_none(_: Environ) -> impl TryIntoResponse {
    (None::<&'static str>, 404)
}

async fn good_no_content(_: Environ) -> impl TryIntoResponse {
    ("", 204, [("Content-Type", "application/json")])
}

async fn bad_no_content(_: Environ) -> impl TryIntoResponse {
    (Json(None::<()>), 204)
}
