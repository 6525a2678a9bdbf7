//! Apps that call apps.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use gateway_core::{App, AppExt, Body, BoxApp, Environ, Error, StartResponse, app_fn, view};
use http::HeaderValue;

mod support;
use support::{Script, ask, data, get, head, logged, trailers};

/// Hands everything on, with a hook that changes nothing.
#[derive(Clone)]
struct Identity<A>(A);

impl<A: App> App for Identity<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        self.0.call(environ, start_response.wrap(|_, _| ())).await
    }
}

fn show() -> impl App + Clone {
    view(async |environ: Environ| format!("{}|{}", environ.script_name(), environ.path_info()))
}

#[test]
fn m1_an_identity_middleware_changes_nothing() {
    let app = || {
        app_fn(
            |environ: Environ, start_response: StartResponse| async move {
                let path = environ.path_info().to_string();
                if path == "/late" {
                    return Ok(Body::from_producer(async move |mut writer| {
                        start_response.start(201, [("x-a", "1"), ("x-a", "2")])?;
                        writer.write("late").await?;
                        Ok(())
                    }));
                }
                start_response.start(200, [("content-length", "3")])?;
                Ok(Script::new([data("12"), None, data("3"), trailers([("x-t", "1")])]).body())
            },
        )
    };
    for target in ["/", "/late"] {
        for request in [get, head] {
            let bare = format!("{:?}", ask(app(), request(target)));
            let wrapped = format!("{:?}", ask(Identity(Identity(app())), request(target)));
            assert_eq!(bare, wrapped);
        }
    }
}

#[test]
fn apps_are_apps_behind_pointers() {
    let apps: Vec<BoxApp> = vec![
        show().boxed(),
        Arc::new(show()).boxed(),
        Arc::new(show().boxed()).boxed(),
        Identity(Arc::new(show())).boxed(),
    ];
    for app in apps {
        assert_eq!(ask(app, get("/x")).text(), "|/x");
    }
}

#[test]
fn a_middleware_may_answer_with_the_inner_apps_whole_response() {
    let app = app_fn(
        |environ: Environ, start_response: StartResponse| async move {
            let mut response = show().respond(environ).await?;
            response
                .headers_mut()
                .insert("x-a", HeaderValue::from_static("1"));
            start_response.send(response)
        },
    );
    let answer = ask(app, get("/x"));
    assert_eq!((answer.header("x-a"), &*answer.text()), (Some("1"), "|/x"));
}

#[test]
fn a_deep_stack_of_hooks_is_no_trouble() {
    let app = app_fn(|_, start_response: StartResponse| async move {
        let mut handle = start_response;
        for _ in 0..5_000 {
            handle = handle.wrap(|_, headers| {
                headers.insert("x-a", HeaderValue::from_static("1"));
            });
        }
        handle.start(200, [("x-b", "1")])?;
        Ok(Body::from("x"))
    });
    let (answer, log) = logged(|| ask(app, get("/")));
    assert_eq!(answer.headers.len(), 2);
    log.assert_no_fault();
}
