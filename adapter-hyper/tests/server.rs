//! The server: its bounds, its timeouts and its end.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use adapter_hyper::Server;
use gateway_conformance::wire::{End, Protocol, WireRequest, exchange, http1, http2};
use gateway_core::{Body, Environ, Error, StartResponse, app_fn, view};
use support::{OnDrop, Reports, Running, reports, start_with, within};
use tokio::net::TcpStream;
use tokio::sync::Notify;

const NONE: [(&str, &str); 0] = [];
const SHORT: Duration = Duration::from_secs(1);

async fn hello(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, NONE)?;
    let peer = environ.get("REMOTE_ADDR").map(|peer| peer.to_string());
    let server = (environ.server_name(), environ.server_port());
    Ok(Body::from(format!("{peer:?} {server:?}")))
}

/// An app that says when it was called and when it is dropped, and answers when it may.
async fn waiting(
    configure: impl FnOnce(Server) -> Server,
) -> (Running, Arc<Notify>, Reports<&'static str>) {
    let (log, seen) = reports();
    let may = Arc::new(Notify::new());
    let notify = may.clone();
    let app = app_fn(move |_: Environ, start_response: StartResponse| {
        let (log, may) = (log.clone(), may.clone());
        async move {
            let _ = log.send("called");
            let _future = OnDrop(log, "dropped");
            may.notified().await;
            start_response.start(200, NONE)?;
            Ok(Body::from("hello"))
        }
    });
    (start_with(app, configure).await, notify, seen)
}

/// Waits until nobody listens any more.
async fn refuses(addr: SocketAddr) {
    let refused = async {
        while TcpStream::connect(addr).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    within("the end of the listener", refused).await;
}

#[tokio::test]
async fn e16_the_connections_ends_are_known() {
    let server = start_with(hello, |server| server).await;
    for protocol in Protocol::ALL {
        let response = exchange(server.addr, protocol, &WireRequest::get("/")).await;
        let port = server.addr.port();
        let expected = format!("Some(\"127.0.0.1\") (\"127.0.0.1\", {port})");
        assert_eq!(response.unwrap().text(), expected);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_listener_of_the_standard_library_is_served() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let server = Server::from_std(listener).unwrap();
    assert_eq!(server.local_addr(), Some(addr));
    let serving = tokio::spawn(server.serve_until(hello, std::future::pending()));
    let response = exchange(addr, Protocol::Http1, &WireRequest::get("/")).await;
    assert_eq!(response.unwrap().status, 200);
    // A server whose future is dropped is gone.
    serving.abort();
    refuses(addr).await;
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let first = Server::bind("127.0.0.1:0").await.unwrap();
    let error = Server::bind(first.local_addr().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    let addr = first.local_addr().unwrap();
    let plain = format!("cannot listen on {addr}: another program listens there");
    assert_eq!(error.to_string(), plain);
    // What a `main` that returns it shows.
    let shown = format!("{error:?}");
    assert!(shown.contains(&plain) && !shown.contains("Os"), "{shown}");
}

#[tokio::test]
async fn a_client_that_sends_no_head_in_time_is_closed_without_a_word() {
    let server = start_with(hello, |server| server.header_read_timeout(SHORT)).await;
    let beginnings = [
        "",
        "GET / HT",
        "GET / HTTP/1.1\r\nhost: a.example\r\nx-slow",
        // HTTP/2, as far as can be told.
        "PRI * HTTP/2.0\r\n",
    ];
    let clients = beginnings.map(async |beginning| {
        let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
        connection.send(beginning).await.unwrap();
        assert!(connection.rest().await.unwrap().is_empty(), "{beginning}");
    });
    futures_util::future::join_all(clients).await;
    server.stop().await;
}

#[tokio::test]
async fn a_limit_beyond_the_clock_is_none() {
    let echo = view(async |mut environ: Environ| environ.take_input().text(10).await);
    let server = start_with(echo, |server| {
        server
            .header_read_timeout(Duration::MAX)
            .body_read_timeout(Duration::MAX)
            .write_timeout(Duration::MAX)
            .http2_idle_timeout(Duration::MAX)
            .shutdown_deadline(Duration::MAX)
    })
    .await;
    for protocol in Protocol::ALL {
        let request = WireRequest::post("/").body("some");
        let response = exchange(server.addr, protocol, &request).await.unwrap();
        assert_eq!(response.text(), "some", "{protocol:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_connection_that_idles_is_closed_without_a_word() {
    let server = start_with(hello, |server| server.header_read_timeout(SHORT)).await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    for _ in 0..2 {
        let response = connection.request(&WireRequest::get("/")).await.unwrap();
        assert!(response.is_complete());
    }
    assert!(connection.rest().await.unwrap().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn the_header_read_timeout_does_not_end_an_exchange() {
    let (server, may, mut seen) = waiting(|server| server.header_read_timeout(SHORT)).await;
    let mut one = http1::Http1Connection::open(server.addr).await.unwrap();
    one.send_request(&WireRequest::get("/")).await.unwrap();
    let mut two = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = two.open_stream(&WireRequest::get("/")).await.unwrap();
    // A client that sends nothing tells when the timeout is over: it came later.
    let mut silent = http1::Http1Connection::open(server.addr).await.unwrap();
    assert_eq!([seen.next().await, seen.next().await], ["called"; 2]);
    assert!(silent.rest().await.unwrap().is_empty());
    may.notify_waiters();
    assert_eq!(one.read_response("GET").await.unwrap().text(), "hello");
    assert_eq!(stream.finish().await.unwrap().text(), "hello");
    server.stop().await;
}

#[tokio::test]
async fn the_header_fields_of_http_2_are_bounded() {
    let server = start_with(hello, |server| server).await;
    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let fields = |count: usize| {
        let fields = (0..count).map(|number| (format!("x-{number}"), "x".repeat(1000)));
        fields.fold(WireRequest::get("/"), |request, (name, value)| {
            request.header(name, value)
        })
    };
    let response = connection.request(&fields(60)).await.unwrap();
    assert_eq!(response.status, 200);
    let response = connection.request(&fields(70)).await.unwrap();
    assert_eq!(response.status, 431);
    server.stop().await;
}

#[tokio::test]
async fn connections_are_bounded_and_wait_instead_of_being_dropped() {
    let (server, may, mut seen) = waiting(|server| server.max_connections(1)).await;
    let mut first = http1::Http1Connection::open(server.addr).await.unwrap();
    first.send_request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(seen.next().await, "called");
    let mut second = http1::Http1Connection::open(server.addr).await.unwrap();
    second.send_request(&WireRequest::get("/")).await.unwrap();
    // Were it accepted, the two would be let go together.
    assert!(
        second
            .stray(Duration::from_millis(300))
            .await
            .unwrap()
            .is_empty()
    );
    may.notify_waiters();
    assert_eq!(first.read_response("GET").await.unwrap().text(), "hello");
    assert_eq!(seen.next().await, "dropped");
    drop(first);
    // Now it is the second one's turn.
    assert_eq!(seen.next().await, "called");
    may.notify_waiters();
    assert_eq!(second.read_response("GET").await.unwrap().text(), "hello");
    drop(second);
    server.stop().await;
}

#[tokio::test]
async fn l4_a_graceful_end_lets_exchanges_in_flight_end() {
    let (mut server, may, mut seen) = waiting(|server| server).await;
    let mut idle = http1::Http1Connection::open(server.addr).await.unwrap();
    let mut one = http1::Http1Connection::open(server.addr).await.unwrap();
    one.send_request(&WireRequest::get("/")).await.unwrap();
    let mut two = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = two.open_stream(&WireRequest::get("/")).await.unwrap();
    assert_eq!([seen.next().await, seen.next().await], ["called"; 2]);
    server.tell();
    refuses(server.addr).await;
    assert!(idle.rest().await.unwrap().is_empty());
    may.notify_waiters();
    let response = one.read_response("GET").await.unwrap();
    assert_eq!(
        (response.text().as_str(), response.is_complete()),
        ("hello", true)
    );
    assert!(one.rest().await.unwrap().is_empty());
    let response = stream.finish().await.unwrap();
    assert_eq!(
        (response.text().as_str(), response.is_complete()),
        ("hello", true)
    );
    assert!(two.closed().await);
    server.ended().await;
    assert_eq!(seen.rest().await, ["dropped"; 2]);
}

#[tokio::test]
async fn l4_after_the_deadline_exchanges_are_cut() {
    let deadline = Duration::from_millis(50);
    let (mut server, _may, mut seen) = waiting(|server| server.shutdown_deadline(deadline)).await;
    let mut one = http1::Http1Connection::open(server.addr).await.unwrap();
    one.send_request(&WireRequest::get("/")).await.unwrap();
    let mut two = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = two.open_stream(&WireRequest::get("/")).await.unwrap();
    assert_eq!([seen.next().await, seen.next().await], ["called"; 2]);
    server.tell();
    server.ended().await;
    assert!(one.read_response("GET").await.is_err());
    assert!(stream.finish().await.is_err());
    assert_eq!(seen.rest().await, ["dropped"; 2]);
}

#[tokio::test]
async fn l4_a_stream_without_end_is_cut_after_the_deadline() {
    let deadline = Duration::from_millis(50);
    let app = app_fn(async |_: Environ, start_response: StartResponse| {
        start_response.start(200, NONE)?;
        Ok(Body::from_producer(async |mut writer| {
            writer.write("one").await?;
            std::future::pending().await
        }))
    });
    let mut server = start_with(app, |server| server.shutdown_deadline(deadline)).await;
    let mut one = http1::Http1Connection::open(server.addr).await.unwrap();
    one.send_request(&WireRequest::get("/")).await.unwrap();
    one.read_head("GET").await.unwrap();
    let mut two = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = two.open_stream(&WireRequest::get("/")).await.unwrap();
    stream.head().await.unwrap();
    server.tell();
    server.ended().await;
    assert_ne!(one.finish().await.unwrap().end, End::Complete);
    assert_ne!(stream.finish().await.unwrap().end, End::Complete);
}

/// SPEC's "Exceptions of hosts": hyper takes a client that half-closes for one that has left.
#[tokio::test]
async fn l3_a_client_that_half_closes_counts_as_gone() {
    let (server, _may, mut seen) = waiting(|server| server).await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    connection
        .send_request(&WireRequest::get("/"))
        .await
        .unwrap();
    assert_eq!(seen.next().await, "called");
    connection.half_close().await.unwrap();
    assert_eq!(seen.next().await, "dropped");
    assert!(connection.rest().await.unwrap().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn b9_a_panicking_callback_takes_no_connection_down() {
    let app = app_fn(async |_: Environ, start_response: StartResponse| {
        start_response.start(200, NONE)?;
        Ok(Body::from_chunks(["hello"]).on_close(|| panic!("in a callback")))
    });
    let server = start_with(app, |server| server).await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    for _ in 0..2 {
        let response = connection.request(&WireRequest::get("/")).await.unwrap();
        assert_eq!(
            (response.text().as_str(), response.is_complete()),
            ("hello", true)
        );
    }
    server.stop().await;
}

#[cfg(unix)]
mod unix {
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    use super::*;

    /// A directory that goes when the test ends.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let name = format!("adapter-hyper-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn socket(&self) -> PathBuf {
            self.0.join("socket")
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[tokio::test]
    async fn e16_a_unix_socket_has_no_remote_addr_and_its_file_goes_with_the_server() {
        let directory = Directory::new("serves");
        let path = directory.socket();
        let server = Server::bind_unix(&path).unwrap();
        assert_eq!(server.local_addr(), None);
        let stop = Arc::new(Notify::new());
        let stopped = stop.clone();
        let serving = server.serve_until(hello, async move { stopped.notified().await });
        let serving = tokio::spawn(serving);
        let mut connection = http1::Http1Connection::open_unix(&path).await.unwrap();
        let response = connection.request(&WireRequest::get("/")).await.unwrap();
        assert_eq!(response.text(), "None (\"localhost\", 80)");
        assert!(path.exists());
        stop.notify_one();
        within("the end of the server", serving)
            .await
            .unwrap()
            .unwrap();
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_socket_that_another_server_listens_on_is_left_alone() {
        let directory = Directory::new("in-use");
        let path = directory.socket();
        let first = Server::bind_unix(&path).unwrap();
        let error = Server::bind_unix(&path).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
        assert!(error.to_string().contains("another server"), "{error}");
        assert!(path.exists());
        drop(first);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_socket_that_was_left_behind_is_replaced_and_a_file_is_not() {
        let directory = Directory::new("left");
        let path = directory.socket();
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(Server::bind_unix(&path).unwrap());
        assert!(!path.exists());
        std::fs::write(&path, "mine").unwrap();
        assert!(Server::bind_unix(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    }

    #[tokio::test]
    async fn a_file_that_took_the_sockets_place_is_not_removed() {
        let directory = Directory::new("taken");
        let path = directory.socket();
        let server = Server::bind_unix(&path).unwrap();
        // The old inode stays in use, so that the new file cannot get its number.
        std::fs::rename(&path, directory.0.join("moved")).unwrap();
        std::fs::write(&path, "mine").unwrap();
        drop(server);
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    }
}
