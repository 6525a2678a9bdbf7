//! The request's body, which stays in actix's thread while its reader may be anywhere.

use std::sync::Mutex;
use std::sync::mpsc as blocking;
use std::time::Duration;

use bytes::Bytes;
use gateway_conformance::wire::{End, Protocol, WireRequest, http1, http2};
use gateway_core::{Body, Environ, Error, Input, InputError, StartResponse, view};
use h2::Reason;
use tokio::sync::mpsc;

use crate::server::Server;

const MIB: usize = 1 << 20;

/// Reads to the end and tells how much there was, or that it broke off.
async fn count(mut input: Input) -> Result<usize, InputError> {
    let mut read = 0;
    while let Some(chunk) = input.chunk().await? {
        read += chunk.len();
    }
    assert!(input.chunk().await?.is_none(), "I1: the end stays the end");
    Ok(read)
}

/// Where the input is read.
async fn read_at(place: &str, mut environ: Environ) -> Result<usize, Error> {
    let input = environ.take_input();
    Ok(match place {
        "/here" => count(input).await?,
        "/task" => tokio::spawn(count(input)).await??,
        "/local" => actix_count(input).await?,
        "/blocking" => tokio::task::spawn_blocking(move || block_on(count(input))).await??,
        _ => {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || sender.send(block_on(count(input))).ok());
            receiver.await??
        }
    })
}

/// Under a combinator with wakers of its own.
async fn actix_count(input: Input) -> Result<usize, InputError> {
    let mut set = tokio::task::JoinSet::new();
    set.spawn(count(input));
    match set.join_next().await {
        Some(Ok(read)) => read,
        other => panic!("{other:?}"),
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

const PLACES: [&str; 5] = ["/here", "/task", "/local", "/blocking", "/thread"];

fn reading() -> Server {
    Server::of(view(async |environ: Environ| {
        let place = environ.path_info().to_string();
        let declared = environ.content_length();
        let read = read_at(&place, environ).await?;
        Ok::<_, Error>(format!("{read} of {declared:?}"))
    }))
}

#[tokio::test]
async fn i1_a_get_without_a_body_ends_at_once() {
    let server = reading();
    for protocol in Protocol::ALL {
        for place in PLACES {
            let response = server.answer(protocol, &WireRequest::get(place)).await;
            assert_eq!(response.text(), "0 of None", "{protocol:?} {place}");
        }
    }
}

#[tokio::test]
async fn i1_the_input_is_read_to_its_length_wherever_the_reader_is() {
    let server = reading();
    for protocol in Protocol::ALL {
        for place in PLACES {
            for size in [0, 1, 70_000, 3 * MIB] {
                let request = WireRequest::post(place).body(vec![b'x'; size]);
                let response = server.answer(protocol, &request).await;
                assert_eq!(
                    response.text(),
                    format!("{size} of Some({size})"),
                    "{protocol:?} {place}"
                );
            }
        }
    }
}

#[tokio::test]
async fn i2_an_undeclared_body_is_read_to_its_end() {
    let server = reading();
    for protocol in Protocol::ALL {
        for place in PLACES {
            let chunks = (0..40).map(|_| vec![b'x'; 10_000]);
            let request = WireRequest::post(place).chunked(chunks);
            let response = server.answer(protocol, &request).await;
            assert_eq!(response.text(), "400000 of None", "{protocol:?} {place}");
        }
    }
}

#[tokio::test]
async fn i7_request_trailers_are_dropped() {
    let server = reading();
    for protocol in Protocol::ALL {
        let request = WireRequest::post("/here")
            .chunked(["abc"])
            .trailers([("x-a", "1")]);
        let response = server.answer(protocol, &request).await;
        assert_eq!(response.text(), "3 of None");
    }
}

#[tokio::test]
async fn i6_the_client_is_told_to_continue() {
    let server = reading();
    for place in PLACES {
        let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
        let request = WireRequest::post(place)
            .header("expect", "100-continue")
            .header("content-length", "3")
            .streamed();
        connection.send_request(&request).await.unwrap();
        assert_eq!(
            connection.read_interim().await.unwrap().unwrap().status,
            100
        );
        connection.send("abc").await.unwrap();
        let response = connection.read_response("POST").await.unwrap();
        assert_eq!(response.text(), "3 of Some(3)");
    }
}

#[tokio::test]
async fn i3_a_body_cut_short_is_an_error_wherever_the_reader_is() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let server = Server::of(view(move |environ: Environ| {
        let sender = sender.clone();
        async move {
            let place = environ.path_info().to_string();
            // What becomes of the app's own future is actix's matter: the reader reports.
            let reading = async move {
                let outcome = read_at(&place, environ).await;
                sender
                    .send(outcome.map_err(|error| error.is::<InputError>()))
                    .ok();
            };
            tokio::spawn(reading).await?;
            Ok::<_, Error>("over")
        }
    }));
    for place in PLACES {
        for declared in [true, false] {
            let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
            let request = WireRequest::post(place).streamed();
            let request = if declared {
                request.header("content-length", "100")
            } else {
                request
            };
            connection.send_request(&request).await.unwrap();
            connection.send("3\r\nabc\r\n").await.unwrap();
            drop(connection);
            assert_eq!(receiver.recv().await, Some(Err(true)), "{place} {declared}");
        }
        let mut connection = http2::Http2Connection::open(server.address).await.unwrap();
        let mut stream = connection
            .open_stream(&WireRequest::post(place).streamed())
            .await
            .unwrap();
        stream.send("abc").unwrap();
        stream.reset(Reason::CANCEL);
        assert_eq!(receiver.recv().await, Some(Err(true)), "{place}");
    }
}

/// Sends back what comes in, chunk by chunk.
async fn echo(mut environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("content-type", "application/octet-stream")])?;
    let mut input = environ.take_input();
    if environ.path_info() == "/task" {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(1);
        tokio::spawn(async move {
            while let Ok(Some(chunk)) = input.chunk().await {
                if sender.send(chunk).await.is_err() {
                    break;
                }
            }
        });
        return Ok(Body::from_producer(async move |mut writer| {
            while let Some(chunk) = receiver.recv().await {
                writer.write(chunk).await?;
            }
            Ok(())
        })
        .commit_early());
    }
    if environ.path_info() == "/thread" {
        let (sender, receiver) = blocking::sync_channel::<Bytes>(1);
        std::thread::spawn(move || {
            block_on(async {
                while let Ok(Some(chunk)) = input.chunk().await {
                    if sender.send(chunk).is_err() {
                        break;
                    }
                }
            });
        });
        let receiver = std::sync::Arc::new(Mutex::new(receiver));
        return Ok(Body::from_producer(async move |mut writer| {
            loop {
                let receiver = receiver.clone();
                let next = move || receiver.lock().unwrap().recv().ok();
                match tokio::task::spawn_blocking(next).await? {
                    Some(chunk) => writer.write(chunk).await?,
                    None => return Ok(()),
                }
            }
        })
        .commit_early());
    }
    Ok(Body::new(input).commit_early())
}

#[tokio::test]
async fn b3_an_echo_streams_both_ways_at_once() {
    const SIZE: usize = 8 * MIB;
    let server = Server::of(echo);
    let chunk = Bytes::from(vec![b'e'; 64 * 1024]);
    for (path, size) in [("/", SIZE), ("/task", 2 * MIB), ("/thread", 2 * MIB)] {
        let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
        connection
            .send_request(&WireRequest::post(path).streamed())
            .await
            .unwrap();
        connection.read_head("POST").await.unwrap();
        for sent in (1..=size / chunk.len()).map(|n| n * chunk.len()) {
            connection.send_chunk(&chunk).await.unwrap();
            let mut back = sent - chunk.len();
            while back < sent {
                back += connection.read_chunk().await.unwrap().unwrap().len();
            }
        }
        connection.send_last_chunk().await.unwrap();
        let response = connection.finish().await.unwrap();
        assert_eq!(
            (response.body.len(), response.end),
            (size, End::Complete),
            "{path}"
        );

        let mut connection = http2::Http2Connection::open(server.address).await.unwrap();
        let mut stream = connection
            .open_stream(&WireRequest::post(path).streamed())
            .await
            .unwrap();
        stream.head().await.unwrap();
        for sent in (1..=size / chunk.len()).map(|n| n * chunk.len()) {
            stream.send(chunk.clone()).unwrap();
            let mut back = sent - chunk.len();
            while back < sent {
                back += stream.chunk().await.unwrap().unwrap().len();
                stream.release(usize::MAX).unwrap();
            }
        }
        stream.end().unwrap();
        let response = stream.finish().await.unwrap();
        assert_eq!(
            (response.body.len(), response.end),
            (size, End::Complete),
            "{path}"
        );
    }
}

#[tokio::test]
async fn b3_an_app_that_does_not_read_stops_the_client() {
    let (sender, receiver) = mpsc::unbounded_channel::<()>();
    let gate = std::sync::Arc::new(tokio::sync::Mutex::new(receiver));
    let server = Server::of(view(move |mut environ: Environ| {
        let gate = gate.clone();
        async move {
            let mut input = environ.take_input();
            let first = input.chunk().await?.map(|chunk| chunk.len());
            gate.lock().await.recv().await;
            let rest = count(input).await?;
            Ok::<_, Error>((first.unwrap_or_default() + rest).to_string())
        }
    }));
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    connection
        .send_request(&WireRequest::post("/").streamed())
        .await
        .unwrap();
    connection.set_deadline(Duration::from_millis(500));
    let chunk = format!("{:x}\r\n{}\r\n", MIB, "u".repeat(MIB));
    // What is in flight when the client is stopped: socket buffers, and actix's own.
    let mut sent = 0;
    while connection.send(&chunk).await.is_ok() {
        sent += 1;
        assert!(sent < 32, "the client was never stopped");
    }
    sender.send(()).unwrap();
    connection.reset().unwrap();
}

#[tokio::test]
async fn i5_an_unread_short_body_leaves_the_connection_open() {
    let server = Server::of(view(async |environ: Environ| {
        if environ.path_info() == "/late" {
            tokio::task::yield_now().await;
        }
        "unread"
    }));
    for path in ["/", "/late"] {
        for protocol in Protocol::ALL {
            for request in [
                WireRequest::post(path).body("short"),
                WireRequest::post(path).body(vec![b'x'; 20_000]),
                WireRequest::post(path).chunked(["a", "bc"]),
            ] {
                let response = server.unread(protocol, &request).await;
                assert_eq!(response.text(), "unread");
                assert_eq!(response.header("connection"), None, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn i5_an_unread_long_body_costs_no_more_than_the_connection() {
    let server = Server::of(view(async |mut environ: Environ| {
        if environ.path_info() == "/stream" {
            return Ok(Body::from_chunks((0..40).map(|_| vec![b'a'; 10_000])));
        }
        if environ.path_info() == "/some" {
            environ.input_mut().chunk().await?;
        }
        Ok::<_, Error>(Body::from(vec![b'a'; 400_000]))
    }));
    for path in ["/", "/stream", "/some"] {
        let request = WireRequest::post(path).body(vec![b'x'; 2 * MIB]);
        let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
        let response = connection.request(&request).await.unwrap();
        assert_eq!(response.body.len(), 400_000);
        assert_eq!(response.header("connection"), Some("close"));

        // The connection has many streams and is not used up by what they did not read.
        let mut connection = http2::Http2Connection::open(server.address).await.unwrap();
        for _ in 0..5 {
            let response = connection.request(&request).await.unwrap();
            assert_eq!(
                (response.body.len(), response.end),
                (400_000, End::Complete)
            );
            let frames = connection.frames_of(response.stream.unwrap());
            let resets = frames.iter().filter_map(http2::Frame::reason);
            assert!(
                resets
                    .into_iter()
                    .all(|reason| matches!(reason, Reason::NO_ERROR | Reason::CANCEL))
            );
        }
    }
}

#[tokio::test]
async fn a_reader_that_outlives_the_exchange_gets_an_error() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let server = Server::of(view(move |mut environ: Environ| {
        let sender = sender.clone();
        let mut input = environ.take_input();
        async move {
            assert!(input.chunk().await?.is_some());
            tokio::spawn(async move { sender.send(count(input).await.is_err()) });
            Ok::<_, Error>("answered")
        }
    }));
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let request = WireRequest::post("/")
        .header("content-length", "10")
        .streamed();
    connection.send_request(&request).await.unwrap();
    connection.send("abc").await.unwrap();
    let response = connection.read_response("POST").await.unwrap();
    assert_eq!(response.text(), "answered");
    assert_eq!(receiver.recv().await, Some(true));

    let mut connection = http2::Http2Connection::open(server.address).await.unwrap();
    let mut stream = connection
        .open_stream(&WireRequest::post("/").streamed())
        .await
        .unwrap();
    stream.send("abc").unwrap();
    assert_eq!(stream.finish().await.unwrap().text(), "answered");
    assert_eq!(receiver.recv().await, Some(true));
}

/// A waker as combinators have them: it passes wakes on, and equals no other.
struct Relay(std::task::Waker);

impl std::task::Wake for Relay {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.wake_by_ref();
    }
}

#[tokio::test]
async fn a_reader_under_a_waker_of_its_own_costs_nothing_while_the_client_is_silent() {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Waker};

    static POLLS: AtomicUsize = AtomicUsize::new(0);
    let server = Server::of(view(async |mut environ: Environ| {
        if environ.path_info() == "/turn" {
            return Ok::<_, Error>("turned".to_owned());
        }
        let mut input = environ.take_input();
        let mut read = pin!(input.bytes(100));
        let bytes = poll_fn(|cx| {
            POLLS.fetch_add(1, Ordering::SeqCst);
            let relay = Waker::from(Arc::new(Relay(cx.waker().clone())));
            read.as_mut().poll(&mut Context::from_waker(&relay))
        })
        .await?;
        Ok(format!("{} bytes", bytes.len()))
    }));
    let mut upload = http1::Http1Connection::open(server.address).await.unwrap();
    upload
        .send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nab")
        .await
        .unwrap();
    // The only worker takes turns between the upload and these: an upload that wakes itself is
    // polled in each.
    let mut others = http1::Http1Connection::open(server.address).await.unwrap();
    for _ in 0..100 {
        let turned = others.request(&WireRequest::get("/turn")).await.unwrap();
        assert_eq!(turned.text(), "turned");
    }
    upload.send("cd").await.unwrap();
    let response = upload.read_response("POST").await.unwrap();
    assert_eq!(response.text(), "4 bytes");
    let polls = POLLS.load(Ordering::SeqCst);
    assert!((1..=20).contains(&polls), "{polls} polls");
}

/// A head that ends the stream and declares a body.
#[tokio::test]
async fn i3_rfc_9113_8_1_1_a_declared_body_that_is_not_there_is_an_error_of_the_read() {
    let server = Server::of(view(async |mut environ: Environ| {
        Ok::<_, Error>(environ.take_input().text(100).await?)
    }));
    let mut connection = http2::Http2Connection::open(server.address).await.unwrap();
    for (length, status) in [("5", 400), ("0", 200)] {
        let request = WireRequest::post("/").header("content-length", length);
        let response = connection.request(&request).await.unwrap();
        assert_eq!(response.status, status, "{length}");
    }
}
