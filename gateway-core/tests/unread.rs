//! I5: what the driver does when an app lets its input go before the end.

use std::pin::pin;
use std::task::{Context, Waker};

use bytes::Bytes;
use gateway_core::{App, Environ, Gateway, HttpError, Input, view};
use http::{Request, Version};
use http_body_util::Full;

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// A request with a body that comes from a host.
fn environ<A: App>(gateway: &Gateway<A>, version: Version) -> Result<Environ, http::Error> {
    let request = Request::post("/").version(version).header("host", "a");
    let (parts, ()) = request.body(())?.into_parts();
    Ok(gateway.environ(parts, Input::new(Full::new(Bytes::from("ab")))))
}

/// How many turns the host has before the response is there.
fn turns<A: App>(gateway: &Gateway<A>, environ: Environ) -> usize {
    let mut handled = pin!(gateway.handle(environ));
    let mut cx = Context::from_waker(Waker::noop());
    (0..3)
        .take_while(|_| handled.as_mut().poll(&mut cx).is_pending())
        .count()
}

fn ignoring() -> Gateway<impl App> {
    Gateway::new(view(async |_| "not read"))
}

fn reading() -> Gateway<impl App> {
    Gateway::new(view(async |mut environ: Environ| {
        // The chunk is all there is; its end is not asked for.
        environ.input_mut().chunk().await.map(|_| "read")
    }))
}

#[test]
fn i5_the_host_has_a_turn_to_note_that_the_body_was_dropped() -> TestResult {
    let gateway = ignoring();
    assert_eq!(turns(&gateway, environ(&gateway, Version::HTTP_11)?), 1);
    // Nothing of it is left in the memory that the next request uses (L5).
    let (parts, ()) = Request::get("/").header("host", "a").body(())?.into_parts();
    assert_eq!(turns(&gateway, gateway.environ(parts, Input::empty())), 0);
    Ok(())
}

#[test]
fn i5_a_refused_request_has_the_turn_too() -> TestResult {
    let gateway = ignoring();
    let mut refused = environ(&gateway, Version::HTTP_11)?;
    refused.refuse(HttpError::unauthorized());
    assert_eq!(turns(&gateway, refused), 1);
    Ok(())
}

#[test]
fn i5_there_is_no_turn_for_a_body_that_was_read() -> TestResult {
    let gateway = reading();
    assert_eq!(turns(&gateway, environ(&gateway, Version::HTTP_11)?), 0);
    Ok(())
}

#[test]
fn i5_there_is_no_turn_where_the_body_has_a_stream_of_its_own() -> TestResult {
    let gateway = ignoring();
    assert_eq!(turns(&gateway, environ(&gateway, Version::HTTP_2)?), 0);
    Ok(())
}
