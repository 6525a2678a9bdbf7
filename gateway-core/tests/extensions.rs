//! Typed values of a response, on their way to the host.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::sync::{Arc, Mutex};

use gateway_core::{
    App, AppExt, Body, Environ, Error, Gateway, HttpError, Response, StartResponse, app_fn, reply,
};
use http::{Method, Version};

use support::{environ, get, run};

#[derive(Clone, Debug, PartialEq)]
struct A(u8);

#[derive(Clone, Debug, PartialEq)]
struct B(u8);

fn ask(gateway: &Gateway<impl App>) -> (u16, Option<A>, Option<B>) {
    let response = run(gateway.handle(environ(gateway, get("/"))));
    let extensions = response.extensions();
    (
        response.status().as_u16(),
        extensions.get().cloned(),
        extensions.get().cloned(),
    )
}

/// An app that does as the last element of the script says, and takes it off.
fn scripted(script: impl Into<Vec<&'static str>>) -> Gateway<impl App> {
    let script = Arc::new(Mutex::new(script.into()));
    Gateway::new(app_fn(move |_: Environ, start_response: StartResponse| {
        let script = script.clone();
        async move {
            let act = script.lock().unwrap().pop();
            let mut response = Response::new(Body::from("sent"));
            match act {
                Some("insert") => start_response.insert_extension(A(1)),
                Some("twice") => {
                    start_response.insert_extension(A(1));
                    start_response.insert_extension(B(2));
                    start_response.insert_extension(A(3));
                }
                Some("send") => {
                    start_response.insert_extension(A(1));
                    start_response.insert_extension(B(1));
                    response.extensions_mut().insert(A(4));
                }
                Some("fail") => {
                    start_response.insert_extension(A(1));
                    return Err(HttpError::not_found().into());
                }
                Some("restart") => {
                    start_response.insert_extension(A(1));
                    start_response.start(500, [("x-a", "1")])?;
                    start_response.restart(200, [("x-a", "2")], HttpError::not_found())?;
                    return Ok(Body::from("sent"));
                }
                _ => {}
            }
            start_response.send(response)
        }
    }))
}

#[test]
fn values_go_with_the_head_and_the_last_of_a_type_counts() {
    for (act, expected) in [
        ("insert", (200, Some(A(1)), None)),
        ("twice", (200, Some(A(3)), Some(B(2)))),
        ("send", (200, Some(A(4)), Some(B(1)))),
        ("restart", (200, Some(A(1)), None)),
        ("fail", (404, None, None)),
        ("none", (200, None, None)),
    ] {
        assert_eq!(ask(&scripted([act])), expected, "{act}");
    }
}

#[test]
fn l5_values_do_not_reach_the_next_request() {
    for act in ["insert", "twice", "send", "restart", "fail"] {
        let gateway = scripted(["none", act]);
        ask(&gateway);
        assert_eq!(ask(&gateway), (200, None, None), "{act}");
    }
}

#[test]
fn respond_and_reply_give_them_too() {
    let app = app_fn(async |_: Environ, start_response: StartResponse| {
        start_response.insert_extension(A(1));
        start_response.start(200, [("x-a", "1")])?;
        Ok::<_, Error>(Body::empty())
    });
    let response = run(app.respond(Environ::from_request(get("/")))).unwrap();
    assert_eq!(response.extensions().get(), Some(&A(1)));

    let mut response = Response::new(Body::from("x"));
    response.extensions_mut().insert(A(2));
    let response = reply(response, &Method::GET, Version::HTTP_11);
    assert_eq!(response.extensions().get(), Some(&A(2)));
}

#[test]
fn after_commit_nothing_happens() {
    let kept = Arc::new(Mutex::new(None));
    let keeping = kept.clone();
    let gateway = Gateway::new(app_fn(move |_: Environ, start_response: StartResponse| {
        *keeping.lock().unwrap() = Some(start_response.clone());
        async move {
            start_response.start(200, [("x-a", "1")])?;
            Ok::<_, Error>(Body::from_chunks(["a", "b"]))
        }
    }));
    let response = run(gateway.handle(environ(&gateway, get("/"))));
    let start_response = kept.lock().unwrap().take().unwrap();
    start_response.insert_extension(A(1));
    assert_eq!(response.extensions().get::<A>(), None);
    let body = run(Body::new(response.into_body()).bytes()).unwrap();
    assert_eq!(body, "ab");
}
