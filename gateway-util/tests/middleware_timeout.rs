//! Timeouts whose body nobody polls: the clock is tokio's, and stands still until it is moved.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use gateway_core::{AppExt, Body, Environ, Response, StartResponse, app_fn};
use gateway_util::{MiddlewareExt, Timeout, blocking};
use http::Request;
use http_body_util::BodyExt;

/// Tells when it is dropped.
#[derive(Clone)]
struct Held(Arc<AtomicBool>);

impl Held {
    fn new() -> (Self, Arc<AtomicBool>) {
        let dropped = Arc::new(AtomicBool::new(false));
        (Self(dropped.clone()), dropped)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The response of an app that sends a chunk, and holds something until it could send another.
async fn stalled(
    bound: impl FnOnce(Timeout<gateway_core::BoxApp>) -> Timeout<gateway_core::BoxApp>,
) -> (Response, Arc<AtomicBool>) {
    let (held, dropped) = Held::new();
    let slot = std::sync::Mutex::new(Some(held));
    let app = app_fn(move |_, start: StartResponse| {
        let held = slot.lock().unwrap().take();
        async move {
            start.start(200, [("content-type", "text/plain")])?;
            Ok(Body::from_producer(async move |mut writer| {
                let _held = held;
                loop {
                    writer.write("chunk").await?;
                }
            }))
        }
    });
    let app = bound(app.boxed().timeout(Duration::from_secs(2)));
    let request = Environ::from_request(Request::new(()));
    (app.respond(request).await.unwrap(), dropped)
}

async fn pass(time: Duration) {
    tokio::time::advance(time).await;
    // The timer's task has its turn.
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn what_an_exchange_holds_is_free_although_nobody_polls_the_body() {
    let (mut response, dropped) = stalled(|timeout| timeout).await;
    let body = response.body_mut();
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "chunk"
    );
    pass(SECOND).await;
    assert!(!dropped.load(Ordering::SeqCst));
    pass(SECOND + SECOND / 10).await;
    assert!(dropped.load(Ordering::SeqCst));
    // B8: the next poll returns the error.
    let error = response.body_mut().frame().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("took longer"), "{error}");
    assert!(response.body_mut().frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn between_chunks_the_time_begins_again_with_each_and_ends_without_a_poll() {
    let (mut response, dropped) = stalled(Timeout::between_chunks).await;
    // The gateway has the first chunk.
    response.body_mut().frame().await.unwrap().unwrap();
    for _ in 0..4 {
        pass(SECOND + SECOND / 2).await;
        assert!(!dropped.load(Ordering::SeqCst));
        response.body_mut().frame().await.unwrap().unwrap();
    }
    pass(SECOND * 2 + SECOND / 10).await;
    assert!(dropped.load(Ordering::SeqCst));
    assert!(response.body_mut().frame().await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn until_the_first_byte_a_body_that_was_begun_takes_as_long_as_it_likes() {
    let (mut response, dropped) = stalled(Timeout::until_first_byte).await;
    response.body_mut().frame().await.unwrap().unwrap();
    pass(SECOND * 1000).await;
    assert!(!dropped.load(Ordering::SeqCst));
    response.body_mut().frame().await.unwrap().unwrap();
    drop(response);
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn l1_a_body_that_is_dropped_before_its_time_is_closed_at_once() {
    let (response, dropped) = stalled(|timeout| timeout).await;
    drop(response);
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn l6_a_blocking_thread_is_free_again_although_its_client_reads_nothing() {
    let app = blocking(|_, start: StartResponse| {
        start.start(200, [("content-type", "text/plain")])?;
        Ok(std::iter::repeat("chunk"))
    });
    let app = app.threads(1).timeout(Duration::from_secs(2));
    let ask = async || app.respond(Environ::from_request(Request::new(()))).await;
    let mut stalled = ask().await.unwrap();
    stalled.body_mut().frame().await.unwrap().unwrap();
    pass(SECOND * 2 + SECOND / 10).await;
    // There is one thread: this waits until it is free, for less than its own time.
    let mut next = ask().await.unwrap();
    next.body_mut().frame().await.unwrap().unwrap();
    assert!(stalled.body_mut().frame().await.unwrap().is_err());
}

#[test]
fn without_a_runtime_a_timeout_is_an_error_and_no_panic() {
    let app = app_fn(|_, start: StartResponse| async move {
        start.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from_stream(futures_util::stream::pending::<
            Result<Bytes, Infallible>,
        >()))
    });
    let app = app.timeout(SECOND);
    let call = app.respond(Environ::from_request(Request::new(())));
    let error = futures_util::FutureExt::now_or_never(call)
        .unwrap()
        .unwrap_err();
    assert!(
        error.to_string().contains("needs a tokio runtime"),
        "{error}"
    );
}
