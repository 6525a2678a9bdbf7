//! M1, M2: the lint changes nothing on the wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use gateway_core::lint::Findings;
use gateway_core::{App, AppExt, Body, BoxApp, Environ, Error, Gateway, StartResponse, app_fn};
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body::Body as _;
use http_body_util::BodyExt;

use super::{data, frames, trailers};

type Make = fn() -> BoxApp;

fn starting(body: fn(StartResponse) -> Body) -> BoxApp {
    app_fn(move |_, start_response: StartResponse| async move {
        start_response.start(
            200,
            [
                ("trailer", "x-sum"),
                ("set-cookie", "a=1"),
                ("set-cookie", "b=2"),
            ],
        )?;
        Ok(body(start_response))
    })
    .boxed()
}

fn apps() -> Vec<(&'static str, Make)> {
    vec![
        ("in hand", || starting(|_| Body::from("bytes"))),
        ("empty", || starting(|_| Body::empty())),
        ("sized stream", || {
            starting(|_| Body::from("bytes").on_close(|| {}))
        }),
        ("stream", || starting(|_| Body::from_chunks(["a", "", "b"]))),
        ("trailers", || {
            starting(|_| frames(vec![data("a"), trailers("x-sum")]))
        }),
        ("fails late", || {
            starting(|_| frames(vec![data("a"), Err(Error::msg("late"))]))
        }),
        ("fails first", || {
            starting(|_| frames(vec![Err(Error::msg("first"))]))
        }),
        ("flushed", || {
            starting(|_| Body::from_producer(async |_| std::future::pending().await).commit_early())
        }),
        ("flushed by hand", || {
            starting(|start_response| {
                start_response.commit_early();
                Body::from_producer(async |_| std::future::pending().await)
            })
        }),
        ("late start", || {
            app_fn(|_, start_response: StartResponse| async move {
                Ok(Body::from_producer(async move |mut writer| {
                    start_response.start(201, [("x-a", "1")])?;
                    writer.write("late").await?;
                    Ok(())
                }))
            })
            .boxed()
        }),
        ("restart", || {
            app_fn(|_, start_response: StartResponse| async move {
                start_response.start(200, [("x-a", "1")])?;
                start_response.restart(503, [("x-b", "1")], Error::msg("why"))?;
                Ok(Body::from("restarted"))
            })
            .boxed()
        }),
        ("closes", || {
            app_fn(|_, start_response: StartResponse| async move {
                start_response.start(200, [("x-a", "1")])?;
                start_response.close_connection();
                Ok(Body::from("last"))
            })
            .boxed()
        }),
        ("no start", || {
            app_fn(|_, _| async { Ok(Body::from("x")) }).boxed()
        }),
        ("too short", || {
            app_fn(|_, start_response: StartResponse| async move {
                start_response.start(200, [("content-length", "9")])?;
                Ok(Body::from_chunks(["x"]))
            })
            .boxed()
        }),
        ("echo", || {
            app_fn(
                |mut environ: Environ, start_response: StartResponse| async move {
                    start_response.start(200, [("trailer", "x-in")])?;
                    Ok(Body::new(environ.take_input()))
                },
            )
            .boxed()
        }),
    ]
}

/// Everything that a host sees of an answer, as text; `...` where the body waits.
async fn seen(method: Method, app: impl App) -> String {
    let mut input = HeaderMap::new();
    input.insert("x-in", HeaderValue::from_static("1"));
    let input = frames(vec![data("in"), Ok(http_body::Frame::trailers(input))]);
    let gateway = Gateway::new(app);
    let request = Request::builder().method(method).uri("/");
    let (parts, input) = request.body(input).unwrap().into_parts();
    let environ = gateway.environ(parts, gateway_core::Input::new(input));
    let response = gateway.handle(environ).await;
    let (parts, mut body) = response.into_parts();
    let mut text = format!(
        "{} {:?} {:?}",
        parts.status,
        parts.headers,
        body.size_hint()
    );
    let mut pendings = 0;
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        text.push_str(&format!("\n{} ", body.is_end_stream()));
        match std::pin::Pin::new(&mut body).poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(frame))) => text.push_str(&format!("{frame:?}")),
            Poll::Ready(Some(Err(error))) => text.push_str(&error.to_string()),
            Poll::Ready(None) => return text,
            Poll::Pending if pendings > 2 => return text + "...",
            Poll::Pending => pendings += 1,
        }
    }
}

#[tokio::test]
async fn m2_the_lint_changes_nothing_on_the_wire() {
    for method in [Method::GET, Method::HEAD, Method::POST] {
        for (name, make) in apps() {
            let findings = Findings::new();
            let bare = seen(method.clone(), make()).await;
            let linted = seen(method.clone(), make().lint().on_finding(&findings)).await;
            assert_eq!(bare, linted, "{method} {name}");
        }
    }
}

#[tokio::test]
async fn m2_bytes_in_hand_stay_in_hand() {
    let gateway = Gateway::new(starting(|_| Body::from("bytes")).lint());
    let (parts, ()) = super::get("/").into_parts();
    let response = gateway
        .handle(gateway.environ(parts, Default::default()))
        .await;
    assert_eq!(response.into_body().try_into_bytes().unwrap(), "bytes");
}

#[tokio::test]
async fn l1_l2_a_linted_body_is_closed_once_wherever_it_ends() {
    for read in [false, true] {
        let closed = Arc::new(AtomicU32::new(0));
        let counter = closed.clone();
        let app = app_fn(move |_, start_response: StartResponse| {
            let counter = counter.clone();
            async move {
                start_response.start(200, [("x-a", "1")])?;
                Ok(Body::from_chunks(["a", "b"]).on_close(move || {
                    counter.fetch_add(1, Ordering::Relaxed);
                }))
            }
        });
        let gateway = Gateway::new(app.lint());
        let (parts, ()) = super::get("/").into_parts();
        let response = gateway
            .handle(gateway.environ(parts, Default::default()))
            .await;
        let mut body = response.into_body();
        if read {
            assert_eq!((&mut body).collect().await.unwrap().to_bytes(), "ab");
        }
        drop(body);
        assert_eq!(closed.load(Ordering::Relaxed), 1, "{read}");
    }
}
