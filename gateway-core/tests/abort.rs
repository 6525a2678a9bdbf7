//! B8: a response that a middleware aborts, while the host polls its body and while it does not.

#![expect(clippy::unwrap_used, reason = "a response that fails fails its test")]

mod support;

use std::sync::{Arc, Mutex};
use std::task::Waker;

use gateway_core::{
    App, Body, Ended, Error, Gateway, Outcome, Outgoing, RequestSummary, StartResponse, app_fn,
};
use support::{Frames, Wakes, environ, get, logged, run};

/// Streams without end, and shows its handle.
fn endless(handle: Arc<Mutex<Option<StartResponse>>>) -> impl App {
    app_fn(move |_, start_response: StartResponse| {
        *handle.lock().unwrap() = Some(start_response.clone());
        async move {
            start_response.start(200, [("content-type", "text/plain")])?;
            Ok(Body::from_chunks(std::iter::repeat("x")))
        }
    })
}

/// A response of which a chunk was taken, its handle, and what its observer is told.
fn begun() -> (Outgoing, StartResponse, Arc<Mutex<Option<Outcome>>>) {
    let (handle, told) = (Arc::default(), Arc::new(Mutex::new(None)));
    let outcome = told.clone();
    let gateway = Gateway::new(endless(Arc::clone(&handle))).with_observer(
        move |_: &RequestSummary, ended: &Outcome| *outcome.lock().unwrap() = Some(ended.clone()),
    );
    let response = run(gateway.handle(environ(&gateway, get("/"))));
    let start_response = handle.lock().unwrap().take().unwrap();
    (response.into_body(), start_response, told)
}

#[test]
fn b8_the_next_poll_after_an_abort_fails_with_its_error() {
    let (body, start_response, _) = begun();
    let mut frames = Frames::new(body);
    assert_eq!(frames.data(), "x");
    start_response.abort(Error::msg("late"));
    assert!(frames.wakes.count() > 0);
    let (error, log) = logged(|| frames.next().unwrap().unwrap_err());
    assert_eq!(error.to_string(), "late");
    let ((), more) = logged(|| drop(frames));
    log.assert_one("B8", "late");
    more.assert_no_fault();
}

#[test]
fn b8_an_abort_wakes_a_host_that_does_not_poll() {
    let (body, start_response, told) = begun();
    let host = Wakes::new();
    body.wake_on_abort(|| Waker::from(host.clone()));
    assert_eq!(host.count(), 0);
    start_response.abort(Error::msg("late"));
    start_response.abort(Error::msg("too late"));
    assert_eq!(host.count(), 1);
    let ((), log) = logged(|| drop(body));
    log.assert_one("B8", "late");
    let outcome = told.lock().unwrap().take().unwrap();
    assert_eq!(
        (outcome.ended(), outcome.clause()),
        (Ended::Aborted, Some("B8"))
    );
}

#[test]
fn b8_a_host_that_asks_after_the_abort_is_woken() {
    let (body, start_response, _) = begun();
    start_response.abort(Error::msg("late"));
    let host = Wakes::new();
    body.wake_on_abort(|| Waker::from(host.clone()));
    assert_eq!(host.count(), 1);
}

#[test]
fn s2_a_start_after_the_commit_wakes_a_host_that_does_not_poll() {
    let (body, start_response, _) = begun();
    let host = Wakes::new();
    body.wake_on_abort(|| Waker::from(host.clone()));
    assert!(start_response.start(200, [("x", "1")]).is_err());
    assert_eq!(host.count(), 1);
    let ((), log) = logged(|| drop(body));
    log.assert_one("S2", "started again");
}

#[test]
fn b8_a_start_after_an_abort_is_refused_and_keeps_the_error() {
    let (body, start_response, _) = begun();
    start_response.abort(Error::msg("late"));
    let refused = start_response.start(200, [("x", "1")]).unwrap_err();
    assert_eq!(refused.clause(), "S2");
    let mut frames = Frames::new(body);
    let error = frames.next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "late");
}

#[test]
fn b8_an_abort_before_the_commit_does_nothing() {
    let gateway = Gateway::new(app_fn(async |_, start_response: StartResponse| {
        start_response.start(200, [("content-type", "text/plain")])?;
        start_response.abort(Error::msg("early"));
        Ok(Body::from_chunks(["a", "b"]))
    }));
    let response = run(gateway.handle(environ(&gateway, get("/"))));
    assert_eq!(response.status(), 200);
    let mut frames = Frames::new(response.into_body());
    assert_eq!((frames.data(), frames.data()), ("a".into(), "b".into()));
    assert!(frames.next().is_none());
}

#[test]
fn b8_an_abort_of_what_is_over_does_nothing() {
    let (body, start_response, told) = begun();
    drop(body);
    start_response.abort(Error::msg("late"));
    let outcome = told.lock().unwrap().take().unwrap();
    assert_eq!(outcome.ended(), Ended::ClientGone);
}
