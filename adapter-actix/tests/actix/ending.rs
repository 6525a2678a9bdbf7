//! The end of a connection: nothing that follows is served, and the socket closes.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpServer};
use adapter_actix::{ActixService, service};
use futures_util::future::join_all;
use gateway_conformance::wire::http1::Http1Connection;
use gateway_core::{Body, Ended, Environ, Error, Outcome, RequestSummary, StartResponse, app_fn};

use crate::server::Server;
use crate::support::Served;

/// The paths that an app was called with.
type Called = Arc<Mutex<Vec<String>>>;

/// An app that notes each call, and ends the connection at `/close..`.
fn noting(called: &Called) -> impl gateway_core::App + Clone {
    let called = called.clone();
    Arc::new(app_fn(move |environ: Environ, start: StartResponse| {
        let path = environ.path_info().to_string();
        called.lock().unwrap().push(path.clone());
        async move {
            if path == "/late" {
                // actix reads on meanwhile.
                tokio::task::yield_now().await;
            }
            start.start(200, [("content-type", "text/plain")])?;
            if path.starts_with("/close") {
                start.close_connection();
            }
            Ok::<_, Error>(match path.as_str() {
                "/close-stream" => Body::from_chunks(["by", "e"]),
                "/close-empty" => Body::empty(),
                "/close-large" => Body::from(vec![b'x'; 3 << 20]),
                _ => Body::from("bye"),
            })
        }
    }))
}

/// Everything that comes back for these bytes, until the server closes.
async fn exchange(server: &Server, bytes: impl AsRef<[u8]>) -> String {
    let mut connection = Http1Connection::open(server.address).await.unwrap();
    connection.send(bytes).await.unwrap();
    let answers = connection.rest().await.unwrap();
    String::from_utf8_lossy(&answers).into_owned()
}

/// The heads of these responses.
fn heads(answers: &str) -> Vec<&str> {
    let starts = answers.match_indices("HTTP/1.1 ");
    starts
        .map(|(start, _)| answers[start..].split("\r\n\r\n").next().unwrap())
        .collect()
}

const FOLLOWING: &str = "GET /following HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test]
async fn e17_what_follows_a_malformed_head_does_not_reach_the_app() {
    let called = Called::default();
    let server = Server::of(noting(&called));
    for malformed in [
        "GET /x HTTP/1.1\r\nhost: a/b\r\n\r\n",
        "HEAD /x HTTP/1.1\r\nhost: a/b\r\n\r\n",
        "POST /x HTTP/1.1\r\nhost: a/b\r\ncontent-length: 2\r\n\r\nhi",
        "POST /x HTTP/1.1\r\nhost: a/b\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "GET http://u@a/x HTTP/1.1\r\nhost: a\r\n\r\n",
    ] {
        let answers = exchange(&server, format!("{malformed}{FOLLOWING}{FOLLOWING}")).await;
        let heads = heads(&answers);
        assert_eq!(heads.len(), 3, "{malformed}: {answers}");
        for head in heads {
            assert!(head.starts_with("HTTP/1.1 400 "), "{malformed}: {head}");
            assert!(
                head.contains("\r\nconnection: close"),
                "{malformed}: {head}"
            );
        }
    }
    assert_eq!(*called.lock().unwrap(), [""; 0]);
}

#[tokio::test]
async fn s7_rfc_9112_9_6_what_follows_the_last_response_does_not_reach_the_app() {
    let called = Called::default();
    let server = Server::of(noting(&called));
    let paths = ["/close", "/close-stream", "/close-empty", "/close-large"];
    for path in paths {
        let first = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
        let answers = exchange(&server, format!("{first}{FOLLOWING}")).await;
        let [first, second] = heads(&answers)[..] else {
            panic!("{path}: {answers}");
        };
        assert!(first.starts_with("HTTP/1.1 200 "), "{path}: {first}");
        assert!(first.contains("\r\nconnection: close"), "{path}: {first}");
        assert!(second.starts_with("HTTP/1.1 400 "), "{path}: {second}");
        assert!(second.contains("\r\nconnection: close"), "{path}: {second}");
    }
    assert_eq!(*called.lock().unwrap(), paths);
}

/// The client itself ends the connection, and sends another request.
#[tokio::test]
async fn rfc_9112_9_6_what_follows_the_clients_close_does_not_reach_the_app() {
    let called = Called::default();
    let server = Server::of(noting(&called));
    for path in ["/x", "/late"] {
        let closing = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let answers = exchange(&server, format!("{closing}{FOLLOWING}")).await;
        let [first, second] = heads(&answers)[..] else {
            panic!("{answers}");
        };
        assert!(first.starts_with("HTTP/1.1 200 "), "{first}");
        assert!(first.contains("\r\nconnection: close"), "{first}");
        assert!(second.starts_with("HTTP/1.1 400 "), "{second}");
    }
    let old = "GET /y HTTP/1.0\r\n\r\n";
    let answers = exchange(&server, format!("{old}{old}")).await;
    assert_eq!(answers.matches("HTTP/1.0 200 ").count(), 1, "{answers}");
    assert_eq!(answers.matches("HTTP/1.0 400 ").count(), 1, "{answers}");
    assert_eq!(*called.lock().unwrap(), ["/x", "/late", "/y"]);
}

/// What is refused behind the end is one of the requests that an observer is told of, and the
/// next connection is served.
#[tokio::test]
async fn l8_a_request_behind_the_end_is_told_as_refused() {
    let called = Called::default();
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = told.clone();
    let observer = move |request: &RequestSummary, outcome: &Outcome| {
        let entry = (request.target().to_owned(), outcome.ended());
        tell.lock().unwrap().push(entry);
    };
    let service = ActixService::new(noting(&called)).with_observer(observer);
    let server = Server::start(move |config| {
        config.default_service(service.clone());
    });
    let closing = "GET /close HTTP/1.1\r\nhost: a\r\n\r\n";
    exchange(&server, format!("{closing}{FOLLOWING}")).await;
    exchange(&server, closing).await;
    let told = told.lock().unwrap();
    assert_eq!(
        *told,
        [
            ("/close".to_owned(), Ended::Completed),
            ("/following".to_owned(), Ended::Refused),
            ("/close".to_owned(), Ended::Completed),
        ]
    );
    assert_eq!(*called.lock().unwrap(), ["/close", "/close"]);
}

/// SPEC's "Exceptions of hosts": actix hands what follows to its own services, too. The test fails when it
/// no longer does: the exception goes then.
#[tokio::test]
async fn the_exception_of_native_services_behind_the_end_is_still_there() {
    let called = Called::default();
    let app = noting(&called);
    let server = Server::start(move |config| {
        let native = actix_web::web::get().to(async || "native");
        config
            .route("/native", native)
            .default_service(service(app.clone()));
    });
    let malformed = "GET /x HTTP/1.1\r\nhost: a/b\r\n\r\n";
    let native = "GET /native HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answers = exchange(&server, format!("{malformed}{native}")).await;
    let heads = heads(&answers);
    assert!(heads[0].starts_with("HTTP/1.1 400 "), "{answers}");
    assert!(answers.ends_with("native"), "{answers}");
}

/// SPEC's "Exceptions of hosts": a peer without an address is not known again.
#[cfg(unix)]
#[tokio::test]
async fn the_exception_of_what_follows_on_a_unix_socket_is_still_there() {
    let called = Called::default();
    let app = noting(&called);
    let path = std::env::temp_dir().join(format!("gateway-ending-{}.sock", std::process::id()));
    let socket = path.clone();
    let served = Served::start(move || {
        let app = move || App::new().default_service(service(app.clone()));
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .shutdown_timeout(1)
            .bind_uds(socket)
            .unwrap();
        (server.addrs()[0], server.run())
    });
    let mut connection = Http1Connection::open_unix(&path).await.unwrap();
    let malformed = "GET /x HTTP/1.1\r\nhost: a/b\r\n\r\n";
    let last = "GET /following HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    connection.send(format!("{malformed}{last}")).await.unwrap();
    let answers = connection.rest().await.unwrap();
    let answers = String::from_utf8_lossy(&answers);
    let heads = heads(&answers);
    assert!(heads[0].starts_with("HTTP/1.1 400 "), "{answers}");
    assert!(heads[1].starts_with("HTTP/1.1 200 "), "{answers}");
    assert_eq!(*called.lock().unwrap(), ["/following"]);
    drop(served);
    let _ = std::fs::remove_file(path);
}

/// A body that nobody reads, and that does not end.
#[tokio::test]
async fn i5_rfc_9112_9_6_an_unread_body_without_an_end_closes_the_connection() {
    let called = Called::default();
    let server = Server::of(noting(&called));
    let mut cases = Vec::new();
    for host in ["a", "a/b"] {
        for path in ["/x", "/close-empty", "/close-stream"] {
            for (framing, part) in [
                ("transfer-encoding: chunked", "5\r\nhello\r\n"),
                ("content-length: 50", "hello"),
                ("content-length: 200000", "hello"),
            ] {
                let head = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\n{framing}\r\n\r\n");
                cases.push(format!("{head}{part}"));
            }
        }
    }
    // At once, because actix waits a second for each client to leave.
    let answers = join_all(cases.iter().map(|case| exchange(&server, case))).await;
    for (case, answers) in cases.iter().zip(answers) {
        let [head] = heads(&answers)[..] else {
            panic!("{case}: {answers}");
        };
        assert!(head.contains("\r\nconnection: close"), "{case}: {head}");
    }
}
