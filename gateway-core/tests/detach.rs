//! Checks that an environ and a response lose nothing on the way through a component with another
//! interface.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::error::Error as StdError;

use futures_util::stream;
use gateway_core::{
    AppExt, Body, Connection, Environ, Error, Gateway, Input, InputError, Outgoing, ResponseExt,
    VarName, app_fn, view,
};
use http::Request;
use http_body::Frame;
use http_body_util::StreamBody;

type TestResult = Result<(), Box<dyn StdError>>;

fn environ(target: &str) -> Environ {
    Environ::from_request(Request::get(target).body(()).unwrap())
}

#[test]
fn a_detached_request_that_is_attached_again_is_the_same() -> TestResult {
    let request = Request::post("/shop/a%2Fb?x=1")
        .header("x-id", "7")
        .body("text")?;
    let mut environ = Environ::from_request(request);
    assert!(environ.mount("/shop"));
    environ.set_var(const { VarName::new("REMOTE_USER") }, "ada");
    let peer = Connection::new().with_peer_addr("192.0.2.7:4711".parse()?);
    environ.set_connection(peer);
    let (detached, parts, input) = environ.detach();
    assert_eq!(parts.uri, "/shop/a%2Fb?x=1");
    assert_eq!(parts.method, "POST");
    let environ = detached.attach(parts, input);
    assert_eq!(environ.request_method(), "POST");
    assert_eq!(environ.script_name(), "/shop");
    assert_eq!(environ.raw_path_info(), "/a%2Fb");
    assert_eq!(environ.header("x-id").unwrap(), "7");
    assert_eq!(environ.get("REMOTE_USER").unwrap(), "ada");
    assert_eq!(environ.connection(), &peer);
    Ok(())
}

#[test]
fn e3_a_path_rewritten_while_detached_keeps_script_name_if_it_can() -> TestResult {
    let rewritten = |target: &str| {
        let mut environ = environ("/shop/cart");
        assert!(environ.mount("/shop"));
        let (detached, mut parts, input) = environ.detach();
        parts.uri = target.parse().unwrap();
        let environ = detached.attach(parts, input);
        (
            environ.script_name().to_string(),
            environ.path_info().to_string(),
        )
    };
    let pair = |script: &str, info: &str| (script.to_owned(), info.to_owned());
    assert_eq!(rewritten("/shop/till"), pair("/shop", "/till"));
    assert_eq!(rewritten("/shop"), pair("/shop", ""));
    assert_eq!(rewritten("/shops/till"), pair("", "/shops/till"));
    assert_eq!(rewritten("/news/till"), pair("", "/news/till"));
    assert_eq!(rewritten("/a"), pair("", "/a"));
    Ok(())
}

#[tokio::test]
async fn i1_an_input_attached_after_a_read_does_not_expect_what_was_read() -> TestResult {
    let frames = stream::iter(["ab", "cd"].map(|text| Ok::<_, Error>(Frame::data(text.into()))));
    let body: StreamBody<_> = StreamBody::new(frames);
    let body: http_body_util::combinators::UnsyncBoxBody<bytes::Bytes, Error> =
        http_body_util::BodyExt::boxed_unsync(body);
    let request = Request::post("/").header("content-length", "4");
    let mut environ = Environ::from_request(request.body(Input::new(body))?);
    assert_eq!(environ.input_mut().chunk().await?.unwrap(), "ab");
    let (detached, parts, input) = environ.detach();
    let mut environ = detached.attach(parts, input);
    assert_eq!(environ.take_input().text(9).await?, "cd");
    Ok(())
}

#[tokio::test]
async fn m1_a_response_keeps_the_wish_to_close() -> TestResult {
    let closing = || {
        app_fn(|_, start_response| async move {
            start_response.start(200, [("content-type", "text/plain")])?;
            start_response.close_connection();
            Ok(Body::from("bye"))
        })
    };
    let response = closing().respond(environ("/")).await?;
    assert!(response.closes_connection());

    let forwarding = view(move |environ| async move { closing().respond(environ).await });
    let gateway = Gateway::new(forwarding);
    let (parts, ()) = Request::get("/").body(())?.into_parts();
    let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
    assert_eq!(response.headers()["connection"], "close");
    Ok(())
}

#[tokio::test]
async fn b1_a_response_tells_that_it_was_flushed() -> TestResult {
    let answer = |flush: bool| {
        app_fn(move |_, start_response| async move {
            start_response.start(200, [("content-type", "text/plain")])?;
            if flush {
                start_response.commit_early();
            }
            // The first chunk is there at once: the flush matters to whoever buffers it.
            Ok(Body::from_chunks(["one", "two"]))
        })
    };
    let flushed = answer(true).respond(environ("/")).await?;
    assert!(flushed.body().commits_early());
    let plain = answer(false).respond(environ("/")).await?;
    assert!(!plain.body().commits_early());
    assert!(Body::from_chunks(["a"]).commit_early().commits_early());
    Ok(())
}

#[tokio::test]
async fn i4_a_limit_of_the_host_is_413() -> TestResult {
    let reading = view(async |mut environ: Environ| environ.take_input().text(99).await);
    let failing = stream::iter([Err::<Frame<bytes::Bytes>, _>(InputError::over_host_limit())]);
    let input = Input::new(StreamBody::new(failing));
    let gateway = Gateway::new(reading);
    let (parts, ()) = Request::post("/").body(())?.into_parts();
    let response = gateway.handle(gateway.environ(parts, input)).await;
    assert_eq!(response.status(), 413);
    Ok(())
}

#[tokio::test]
async fn a_default_outgoing_body_is_empty() -> TestResult {
    let body = Body::new(Outgoing::default());
    assert!(body.bytes().await?.is_empty());
    Ok(())
}
