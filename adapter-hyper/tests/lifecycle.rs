//! What happens to an app's body and future, whatever happens to the exchange.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::io;

use futures_util::stream;
use gateway_conformance::wire::{End, Protocol, Reason, WireRequest, exchange, http1, http2};
use gateway_core::{Body, Environ, Error, HttpError, StartResponse, app_fn};
use support::{OnDrop, Reports, Running, reports, start, within};
use tokio::sync::mpsc::UnboundedSender;

/// An app whose bodies report that they are dropped, and then their two callbacks.
async fn closing(
    mut environ: Environ,
    start_response: StartResponse,
    log: UnboundedSender<&'static str>,
) -> Result<Body, Error> {
    let path = environ.raw_path_info().to_owned();
    let watched = OnDrop(log.clone(), "dropped");
    // A stream that owns what tells of its end.
    let stream = move |chunks: Vec<&'static str>| {
        let chunks = chunks.into_iter().map(move |chunk| {
            let _watched = &watched;
            match chunk {
                "error" => Err(io::Error::other("the body's error")),
                "panic" => panic!("the body's panic"),
                chunk => Ok(chunk),
            }
        });
        Body::from_stream(stream::iter(chunks))
    };
    let chunks = match path.as_str() {
        "/error" => vec!["error"],
        "/error-late" => vec!["one", "error"],
        "/panic" => vec!["panic"],
        "/panic-late" => vec!["one", "panic"],
        "/endless" => vec![&*"x".repeat(16 * 1024).leak(); 100_000],
        _ => vec!["one", "two"],
    };
    let (status, length) = match path.as_str() {
        "/204" => (204, None),
        "/304" => (304, None),
        "/long" => (200, Some("2")),
        "/short" => (200, Some("20")),
        _ => (200, None),
    };
    if path == "/app-error" {
        drop(stream(chunks));
        return Err(HttpError::not_found().into());
    }
    if path != "/no-start" {
        start_response.start(
            status,
            Vec::from_iter(length.map(|length| ("content-length", length))),
        )?;
    }
    if path == "/committed-again" {
        // Until the response is over, somebody else keeps a handle.
        let over = environ.closed();
        tokio::spawn(async move {
            over.await;
            drop(start_response);
        });
    }
    let (one, two) = (log.clone(), log);
    Ok(stream(chunks)
        .on_close(move || {
            let _ = one.send("first");
            panic!("a callback that fails");
        })
        .on_close(move || {
            let _ = two.send("second");
        }))
}

async fn closing_server() -> (Running, Reports<&'static str>) {
    let (log, seen) = reports();
    let server = start(app_fn(move |environ, start_response| {
        closing(environ, start_response, log.clone())
    }))
    .await;
    (server, seen)
}

async fn is_closed_once(request: WireRequest, status: u16, is_complete: bool) {
    for protocol in Protocol::ALL {
        let (server, seen) = closing_server().await;
        let response = exchange(server.addr, protocol, &request).await.unwrap();
        assert_eq!(response.status, status, "{request:?}");
        assert_eq!(response.is_complete(), is_complete, "{request:?}");
        server.stop().await;
        // The server has dropped the app: nobody can report any more.
        assert_eq!(
            seen.rest().await,
            ["dropped", "first", "second"],
            "{request:?}"
        );
    }
}

#[tokio::test]
async fn l1_l2_a_body_is_closed_once_after_its_end() {
    is_closed_once(WireRequest::get("/"), 200, true).await;
    is_closed_once(WireRequest::get("/committed-again"), 200, true).await;
}

#[tokio::test]
async fn l1_l2_a_body_is_closed_once_when_nothing_of_it_is_sent() {
    is_closed_once(WireRequest::head("/"), 200, true).await;
    is_closed_once(WireRequest::get("/204"), 204, true).await;
    is_closed_once(WireRequest::get("/304"), 304, true).await;
    is_closed_once(WireRequest::get("/no-start"), 500, true).await;
}

#[tokio::test]
async fn l1_l2_a_body_is_closed_once_when_it_fails() {
    is_closed_once(WireRequest::get("/error"), 500, true).await;
    is_closed_once(WireRequest::get("/error-late"), 200, false).await;
    is_closed_once(WireRequest::get("/panic"), 500, true).await;
    is_closed_once(WireRequest::get("/panic-late"), 200, false).await;
}

#[tokio::test]
async fn l1_l2_a_body_is_closed_once_when_its_length_is_wrong() {
    is_closed_once(WireRequest::get("/long"), 200, true).await;
    is_closed_once(WireRequest::get("/short"), 200, false).await;
}

#[tokio::test]
async fn l1_an_apps_own_error_leaves_nothing_open() {
    for protocol in Protocol::ALL {
        let (server, seen) = closing_server().await;
        let request = WireRequest::get("/app-error");
        let response = exchange(server.addr, protocol, &request).await.unwrap();
        assert_eq!(response.status, 404);
        server.stop().await;
        assert_eq!(seen.rest().await, ["dropped"]);
    }
}

#[tokio::test]
async fn l1_l3_a_client_that_leaves_ends_the_body() {
    let request = WireRequest::get("/endless");
    let (server, mut seen) = closing_server().await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    connection.send_request(&request).await.unwrap();
    connection.read_head("GET").await.unwrap();
    connection.reset().unwrap();
    for event in ["dropped", "first", "second"] {
        assert_eq!(seen.next().await, event);
    }

    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = connection.open_stream(&request).await.unwrap();
    stream.head().await.unwrap();
    stream.reset(Reason::CANCEL);
    for event in ["dropped", "first", "second"] {
        assert_eq!(seen.next().await, event);
    }
    // What came for it counts against the connection's window until it is dropped.
    drop(stream);
    // The connection lives on.
    let other = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(other.text(), "onetwo");
    for event in ["dropped", "first", "second"] {
        assert_eq!(seen.next().await, event);
    }

    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = connection.open_stream(&request).await.unwrap();
    stream.head().await.unwrap();
    connection.abort();
    for event in ["dropped", "first", "second"] {
        assert_eq!(seen.next().await, event);
    }
    server.stop().await;
    assert!(seen.rest().await.is_empty());
}

/// The app was called; when the client leaves, its future is dropped and its task is told.
async fn is_noticed(seen: &mut Reports<&'static str>, leave: impl FnOnce()) {
    assert_eq!(seen.next().await, "called");
    leave();
    let mut events = [seen.next().await, seen.next().await];
    events.sort_unstable();
    assert_eq!(events, ["dropped", "told"]);
}

#[tokio::test]
async fn l3_a_client_that_leaves_drops_the_app_and_tells_its_tasks() {
    let (log, mut seen) = reports();
    let server = start(app_fn(move |mut environ: Environ, _: StartResponse| {
        let log = log.clone();
        async move {
            let _future = OnDrop(log.clone(), "dropped");
            let gone = environ.closed();
            assert!(!gone.is_over());
            let task = log.clone();
            tokio::spawn(async move {
                gone.await;
                let _ = task.send("told");
            });
            let _ = log.send("called");
            std::future::pending().await
        }
    }))
    .await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    connection
        .send_request(&WireRequest::get("/"))
        .await
        .unwrap();
    is_noticed(&mut seen, || drop(connection)).await;

    // hyper takes the end of what the client sends for the client's end.
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    connection
        .send_request(&WireRequest::get("/"))
        .await
        .unwrap();
    connection.half_close().await.unwrap();
    is_noticed(&mut seen, || {}).await;

    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = connection
        .open_stream(&WireRequest::get("/"))
        .await
        .unwrap();
    is_noticed(&mut seen, || stream.reset(Reason::CANCEL)).await;

    let _stream = connection
        .open_stream(&WireRequest::get("/"))
        .await
        .unwrap();
    is_noticed(&mut seen, || connection.abort()).await;
    server.stop().await;
    assert!(seen.rest().await.is_empty());
}

#[tokio::test]
async fn l5_concurrent_requests_share_nothing() {
    let server = start(app_fn(
        async |environ: Environ, start_response: StartResponse| {
            let id = environ.query_string().to_owned();
            let header = environ.header("x-id").map(|id| id.to_string());
            assert_eq!(header.as_ref(), Some(&id));
            // Others come between.
            tokio::task::yield_now().await;
            start_response.start(200, [("x-id", id.clone())])?;
            let chunks = [id.clone(), ";".to_owned(), id];
            Ok(Body::from_stream(stream::iter(
                chunks.map(Ok::<_, io::Error>),
            )))
        },
    ))
    .await;
    let addr = server.addr;
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..32 {
        clients.spawn(async move {
            let ids = (0..25).map(|number| format!("{client}-{number}"));
            let request = |id: &str| WireRequest::get(format!("/?{id}")).header("x-id", id);
            let mut answers = Vec::new();
            if client % 2 == 0 {
                let mut connection = http1::Http1Connection::open(addr).await.unwrap();
                for id in ids {
                    answers.push((connection.request(&request(&id)).await.unwrap(), id));
                }
            } else {
                let mut connection = http2::Http2Connection::open(addr).await.unwrap();
                let mut streams = Vec::new();
                for id in ids {
                    streams.push((connection.open_stream(&request(&id)).await.unwrap(), id));
                }
                for (mut stream, id) in streams {
                    answers.push((stream.finish().await.unwrap(), id));
                }
            }
            for (answer, id) in answers {
                assert_eq!(answer.header_all("x-id"), [&id]);
                assert_eq!(answer.text(), format!("{id};{id}"));
                assert_eq!(answer.end, End::Complete);
            }
        });
    }
    while let Some(client) = within("the clients", clients.join_next()).await {
        client.unwrap();
    }
    server.stop().await;
}
