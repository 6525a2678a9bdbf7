//! Checks the outcome of unexpected requests and of mistakes of apps.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::StreamExt;
use gateway_core::{
    App, AppExt, Body, Environ, Error, Gateway, HeadSource, HttpError, Input, LentHead,
    StartResponse, TryIntoResponse, app_fn, view,
};
use http::{HeaderValue, Method, Request, Version};
use http_body_util::BodyExt;

fn environ() -> Environ {
    Environ::from_request(Request::new(()))
}

async fn answer(app: impl App, request: Request<()>, input: Input) -> http::Response<String> {
    let gateway = Gateway::new(app);
    let (parts, ()) = request.into_parts();
    let response = gateway.handle(gateway.environ(parts, input)).await;
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    http::Response::from_parts(parts, String::from_utf8(bytes.into()).unwrap())
}

/// Lines of one header, and how often they were asked for.
struct Lines {
    count: usize,
    looked_at: AtomicUsize,
}

impl HeadSource for Lines {
    fn target(&self) -> &str {
        "/"
    }

    fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        if name == "content-length" {
            self.for_each(&mut |_, _| visit(b"5"));
        }
    }

    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for _ in 0..self.count {
            self.looked_at.fetch_add(1, Ordering::Relaxed);
            visit("content-length", b"5");
        }
    }
}

#[test]
fn e9_repeated_lines_cost_no_more_than_their_number() {
    let lines = Arc::new(Lines {
        count: 10_000,
        looked_at: AtomicUsize::new(0),
    });
    let head = LentHead::new(Method::POST, Version::HTTP_11, lines.clone()).unwrap();
    let gateway = Gateway::new(HttpError::not_found());
    let environ = gateway.lend(head, Input::new(Body::from("hello")));
    lines.looked_at.store(0, Ordering::Relaxed);
    assert_eq!(environ.content_length(), Some(5));
    assert_eq!(environ.header("content-length").unwrap().len(), 29_998);
    assert!(lines.looked_at.load(Ordering::Relaxed) <= 20_010);
}

#[test]
fn e8_content_length_is_a_number_or_absent() {
    let request = |value: &'static str| {
        let request = Request::post("/").header("content-length", value);
        Environ::from_request(request.body(()).unwrap())
    };
    assert_eq!(request("5, 5").get("CONTENT_LENGTH").unwrap(), "5");
    assert_eq!(request("5, 6").get("CONTENT_LENGTH"), None);
    assert_eq!(request("five").get("CONTENT_LENGTH"), None);
}

#[test]
fn e12_host_is_the_authoritys_however_it_is_asked_for() {
    let request = Request::get("http://a.example/").header("host", "evil.example");
    let environ = Environ::from_request(request.body(()).unwrap());
    assert_eq!(environ.host().unwrap(), "a.example");
    assert_eq!(environ.header("Host").unwrap(), "a.example");
    assert_eq!(environ.get("HTTP_HOST").unwrap(), "a.example");
}

#[tokio::test]
async fn s7_close_connection_holds_for_error_pages_and_restarts() {
    let failing = app_fn(async |_, start: StartResponse| {
        start.close_connection();
        Err::<Body, Error>(HttpError::new(413).into())
    });
    let response = answer(failing, Request::new(()), Input::empty()).await;
    assert_eq!(response.status(), 413);
    assert_eq!(response.headers()["connection"], "close");

    let restarting = app_fn(async |_, start: StartResponse| {
        start.close_connection();
        start.start(200, [("x-a", "1")])?;
        start.restart(503, [("x-b", "2")], Error::msg("late"))?;
        Ok(Body::from("later"))
    });
    let response = answer(restarting, Request::new(()), Input::empty()).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["connection"], "close");
}

#[tokio::test]
async fn n6_an_errors_headers_cannot_cut_its_page() {
    fn error() -> HttpError {
        let error = HttpError::not_found();
        error.with_headers([("content-length", "5")]).unwrap()
    }
    let raised = view(async |_| Err::<&str, _>(error()));
    let returned = view(async |_| error());
    let raised = answer(raised, Request::new(()), Input::empty()).await;
    let returned = answer(returned, Request::new(()), Input::empty()).await;
    assert_eq!(raised.body(), returned.body());
    assert!(returned.body().ends_with("</p>\n"));
    assert_eq!(raised.headers(), returned.headers());
}

#[tokio::test]
async fn n6_b5_an_answer_in_an_error_is_held_to_its_length() {
    async fn answers(status: u16, length: &str, method: &str) -> [http::Response<String>; 2] {
        let response = http::Response::builder().status(status);
        let response = response
            .header("content-length", length)
            .body("12345".into());
        let response = response.unwrap();
        let request = || Request::builder().method(method).body(()).unwrap();
        let (raised, returned) = (response.clone(), response);
        let raised = view(move |_| {
            let error = HttpError::from_response(raised.clone());
            async { Err::<&str, _>(error) }
        });
        let returned = view(move |_| {
            let error = HttpError::from_response(returned.clone());
            async { error }
        });
        [
            answer(raised, request(), Input::empty()).await,
            answer(returned, request(), Input::empty()).await,
        ]
    }
    for response in answers(418, "5", "GET").await {
        assert_eq!(
            (response.status().as_u16(), &**response.body()),
            (418, "12345")
        );
    }
    for response in answers(418, "3", "GET").await {
        assert_eq!(
            (response.status().as_u16(), &**response.body()),
            (418, "123")
        );
        assert_eq!(response.headers()["content-length"], "3");
    }
    for response in answers(418, "10", "GET").await {
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers().get("content-length"), None);
    }
    // HEAD is exempt, and so is what has no body.
    for response in answers(418, "10", "HEAD").await {
        assert_eq!(response.status(), 418);
        assert_eq!(response.headers()["content-length"], "10");
    }
    for response in answers(304, "10", "GET").await {
        assert_eq!((response.status().as_u16(), &**response.body()), (304, ""));
    }
}

#[tokio::test]
async fn i3_who_skips_the_errors_of_a_stream_sees_its_end() {
    let request = Request::post("/").header("content-length", "10");
    let mut environ = Environ::from_request(request.body("short").unwrap());
    let mut input = environ.take_input();
    let items: Vec<bool> = (&mut input).map(|item| item.is_ok()).collect().await;
    assert_eq!(items, [true, false]);
    // Whoever asks by hand is told again.
    assert!(input.chunk().await.unwrap_err().is_incomplete());
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn i4_a_limit_passed_through_a_reader_is_a_413() {
    use tokio::io::AsyncReadExt;

    let reading = view(async |mut environ: Environ| {
        environ.input_mut().limit(3);
        let mut all = Vec::new();
        environ.take_input().reader().read_to_end(&mut all).await?;
        Ok::<_, Error>(all)
    });
    let app = Arc::new(reading);
    let response = answer(app.clone(), Request::new(()), "four".into_input_stream()).await;
    assert_eq!(response.status(), 413);

    let cut = Request::post("/").header("content-length", "3");
    let response = answer(app, cut.body(()).unwrap(), "no".into_input_stream()).await;
    assert_eq!(response.status(), 400);
}

#[cfg(feature = "tokio")]
trait IntoInputStream {
    fn into_input_stream(self) -> Input;
}

#[cfg(feature = "tokio")]
impl IntoInputStream for &'static str {
    fn into_input_stream(self) -> Input {
        Input::new(Body::from_chunks([self]))
    }
}

#[tokio::test]
async fn l3_an_exchange_without_a_gateway_has_an_end_too() {
    let mut environ = environ();
    let over = environ.closed();
    let response = view(async |_| "text").respond(environ).await.unwrap();
    over.await;
    drop(response);

    let mut environ = self::environ();
    let over = environ.closed();
    let streaming = view(async |_| Body::from_chunks(["a", "b"]));
    let response = streaming.respond(environ).await.unwrap();
    assert!(!over.is_over());
    drop(response);
    over.await;
}

#[test]
fn n3_numbers_are_header_values() {
    let response = ("text", [("x-count", 2)]).try_into_response().unwrap();
    assert_eq!(response.headers()["x-count"], "2");
}

/// Header bytes with an owner that asks for the exchange when it is dropped.
struct Curious(StartResponse);

impl AsRef<[u8]> for Curious {
    fn as_ref(&self) -> &[u8] {
        b"curious"
    }
}

impl Drop for Curious {
    fn drop(&mut self) {
        let _ = self.0.is_started();
    }
}

#[tokio::test]
async fn s2_headers_are_dropped_outside_of_the_lock() {
    let curious = |start: &StartResponse| {
        let bytes = Bytes::from_owner(Curious(start.clone()));
        HeaderValue::from_maybe_shared(bytes).unwrap()
    };
    let app = app_fn(move |_, start: StartResponse| async move {
        start.start(200, [("x-a", curious(&start))])?;
        start.restart(201, [("x-b", curious(&start))], Error::msg("again"))?;
        let refused = [("x-c", curious(&start)), ("te", curious(&start))];
        start
            .restart(202, refused, Error::msg("again"))
            .unwrap_err();
        start.restart(203, [("x-d", curious(&start))], Error::msg("again"))?;
        Err(HttpError::not_found().into())
    });
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let response = runtime.block_on(answer(app, Request::new(()), Input::empty()));
        sender.send(response.status()).unwrap();
    });
    let status = receiver.recv_timeout(std::time::Duration::from_secs(5));
    assert_eq!(status.unwrap(), 404);
}
