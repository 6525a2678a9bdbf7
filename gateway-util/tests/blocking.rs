//! L6: blocking apps, over sockets where the other side matters.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{self, BufRead, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use adapter_hyper::Server;
use gateway_conformance::wire::http1::Http1Connection;
use gateway_conformance::wire::{End, WireRequest, WireResponse};
use gateway_core::{App, AppExt, Environ, Error, Gateway, HttpError, Input};
use gateway_util::{BlockingReader, MiddlewareExt, blocking, blocking_writer};

async fn serve(app: impl App) -> SocketAddr {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    tokio::spawn(server.serve_until(app, std::future::pending()));
    address
}

async fn ask(app: impl App, request: &WireRequest) -> WireResponse {
    let mut connection = Http1Connection::open(serve(app).await).await.unwrap();
    connection.request(request).await.unwrap()
}

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

fn echo() -> impl App {
    blocking(|mut environ, start| {
        let mut text = Vec::new();
        BlockingReader::new(environ.take_input()).read_to_end(&mut text)?;
        start.start(200, TEXT)?;
        Ok([text])
    })
}

/// On one thread: what blocks is not the reactor.
#[tokio::test]
async fn i6_a_blocking_read_waits_for_100_continue_and_what_follows() {
    let mut connection = Http1Connection::open(serve(echo()).await).await.unwrap();
    connection
        .send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 10\r\n\r\n")
        .await
        .unwrap();
    let interim = connection.read_interim().await.unwrap().unwrap();
    assert_eq!(interim.status, 100);
    connection.send("hello").await.unwrap();
    connection.send("world").await.unwrap();
    let response = connection.read_response("POST").await.unwrap();
    assert_eq!(response.text(), "helloworld");
    assert_eq!(
        response.header("content-length"),
        Some("10"),
        "bytes in hand"
    );
}

#[tokio::test]
async fn i6_an_answer_that_follows_its_input_does_not_lock_up() {
    // Each line is answered before the next is sent.
    let app = blocking(|mut environ, start| {
        start.start(200, TEXT)?;
        let mut reader = BlockingReader::new(environ.take_input());
        Ok(std::iter::from_fn(move || {
            let mut bytes = [0; 4];
            reader.read_exact(&mut bytes).ok()?;
            Some(bytes.to_ascii_uppercase())
        }))
    });
    let mut connection = Http1Connection::open(serve(app).await).await.unwrap();
    connection
        .send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
        .await
        .unwrap();
    connection.send_chunk("one.").await.unwrap();
    connection.read_head("POST").await.unwrap();
    assert_eq!(connection.read_chunk().await.unwrap().unwrap(), "ONE.");
    connection.send_chunk("two.").await.unwrap();
    assert_eq!(connection.read_chunk().await.unwrap().unwrap(), "TWO.");
    connection.send_last_chunk().await.unwrap();
    assert!(connection.finish().await.unwrap().is_complete());
}

#[tokio::test]
async fn i3_i4_errors_of_the_input_keep_their_answers() {
    let post = |body: &'static str| WireRequest::post("/").body(body);
    let app = || echo().limit_input(4);
    assert_eq!(ask(app(), &post("1234")).await.text(), "1234");
    assert_eq!(ask(app(), &post("12345")).await.status, 413);
    let chunked = WireRequest::post("/").chunked(["123", "45"]);
    assert_eq!(ask(app(), &chunked).await.status, 413);

    let (sender, errors) = mpsc::channel();
    let app = blocking(move |mut environ, _| -> Result<[String; 1], Error> {
        let mut reader = BlockingReader::new(environ.take_input());
        let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
        sender.send(error.to_string()).unwrap();
        Err(error.into())
    });
    let mut connection = Http1Connection::open(serve(app).await).await.unwrap();
    connection
        .send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf")
        .await
        .unwrap();
    drop(connection);
    let error = tokio::task::spawn_blocking(move || errors.recv().unwrap())
        .await
        .unwrap();
    assert!(error.contains("request body"), "{error}");
}

#[tokio::test]
async fn n6_text_that_is_not_utf8_is_the_clients_fault() {
    let whole = || {
        blocking(|mut environ, start| {
            let mut text = String::new();
            BlockingReader::new(environ.take_input()).read_to_string(&mut text)?;
            start.start(200, TEXT)?;
            Ok([text])
        })
    };
    let lines = || {
        blocking(|mut environ, start| {
            let lines = BlockingReader::new(environ.take_input()).lines();
            let lines = lines.collect::<Result<Vec<_>, _>>()?;
            start.start(200, TEXT)?;
            Ok([lines.join("|")])
        })
    };
    let post = |body: &'static [u8]| WireRequest::post("/").body(body);
    assert_eq!(ask(whole(), &post(b"\xff")).await.status, 400);
    assert_eq!(ask(lines(), &post(b"one\n\xff\n")).await.status, 400);
    let text = "\u{fc}ber\r\nall\n";
    let answer = ask(whole(), &post(text.as_bytes())).await;
    assert_eq!(answer.text(), text);
    let answer = ask(lines(), &post(text.as_bytes())).await;
    assert_eq!(answer.text(), "\u{fc}ber|all");
}

#[tokio::test]
async fn l6_a_timeout_frees_the_thread_of_a_client_that_does_not_send() {
    let app = blocking(|mut environ, start| {
        let mut text = Vec::new();
        BlockingReader::new(environ.take_input()).read_to_end(&mut text)?;
        start.start(200, TEXT)?;
        Ok([text])
    });
    let address = serve(app.threads(1).timeout(Duration::from_millis(100))).await;
    let mut slow = Http1Connection::open(address).await.unwrap();
    slow.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nh")
        .await
        .unwrap();
    assert_eq!(slow.read_response("POST").await.unwrap().status, 503);
    let mut other = Http1Connection::open(address).await.unwrap();
    let answer = other.request(&WireRequest::post("/").body("hello")).await;
    assert_eq!(answer.unwrap().text(), "hello");
}

#[tokio::test]
async fn b1_b8_b9_errors_and_panics_of_a_blocking_app() {
    let get = WireRequest::get("/");
    type Chunks = Box<dyn Iterator<Item = &'static str>>;
    let failing = blocking(|_, _| -> Result<Chunks, Error> { Err(Error::msg("broken")) });
    assert_eq!(ask(failing, &get).await.status, 500);
    let gone = blocking(|_, _| -> Result<Chunks, Error> { Err(HttpError::gone().into()) });
    assert_eq!(ask(gone, &get).await.status, 410);
    let panicking = blocking(|_, _| -> Result<Chunks, Error> { panic!("in the app") });
    assert_eq!(ask(panicking, &get).await.status, 500);
    let unstarted = blocking(|_, _| Ok(["x"]));
    assert_eq!(ask(unstarted, &get).await.status, 500);
    let first = blocking(|_, start| {
        start.start(200, TEXT)?;
        Ok(std::iter::from_fn(|| -> Option<&str> {
            panic!("in the body")
        }))
    });
    assert_eq!(ask(first, &get).await.status, 500);
    let second = blocking(|_, start| {
        start.start(200, TEXT)?;
        let mut left = 1;
        Ok(std::iter::from_fn(move || {
            left -= 1;
            (left >= 0).then_some("a").or_else(|| panic!("in the body"))
        }))
    });
    let response = ask(second, &get).await;
    assert_eq!(response.status, 200);
    assert!(!response.is_complete());
    let writing = blocking_writer(|_, start, writer| {
        start.start(200, TEXT)?;
        writer.write_all(b"a")?;
        writer.flush()?;
        Err(Error::msg("broken"))
    });
    let response = ask(writing, &get).await;
    assert_ne!(response.end, End::Complete);
    let unsent = blocking_writer(|_, start, writer| {
        start.start(200, TEXT)?;
        writer.write_all(b"a")?;
        Err(Error::msg("broken"))
    });
    assert_eq!(ask(unsent, &get).await.status, 500);
}

#[tokio::test]
async fn s4_a_late_start_and_a_restart() {
    let late = blocking(|_, start| {
        let mut chunks = ["a", "b"].into_iter();
        Ok(std::iter::from_fn(move || {
            if !start.is_started() {
                start.start(201, TEXT).unwrap();
            }
            chunks.next()
        }))
    });
    let response = ask(late, &WireRequest::get("/")).await;
    assert_eq!((response.status, &*response.text()), (201, "ab"));
    let restarting = blocking(|_, start| {
        start.start(200, TEXT)?;
        start.restart(503, TEXT, Error::msg("x"))?;
        Ok(["sorry"])
    });
    assert_eq!(ask(restarting, &WireRequest::get("/")).await.status, 503);
}

#[tokio::test]
async fn b4_what_is_written_is_gathered() {
    let small = blocking_writer(|_, start, writer| {
        start.start(200, TEXT)?;
        for nth in 0..10 {
            write!(writer, "{nth}")?;
        }
        Ok(())
    });
    let response = ask(small, &WireRequest::get("/")).await;
    assert_eq!(response.text(), "0123456789");
    assert_eq!(response.header("content-length"), Some("10"));
    let large = blocking_writer(|_, start, writer| {
        start.start(200, TEXT)?;
        for _ in 0..1000 {
            writer.write_all(&[b'x'; 100])?;
        }
        writer.write_all(&[b'y'; 50_000])?;
        Ok(())
    });
    let response = ask(large, &WireRequest::get("/")).await;
    assert_eq!(response.text().len(), 150_000);
    assert_eq!(response.header("content-length"), None);
    let nothing = blocking_writer(|_, start, _| Ok(start.start(200, TEXT)?));
    assert_eq!(
        ask(nothing, &WireRequest::get("/"))
            .await
            .header("content-length"),
        Some("0")
    );
}

/// Tells of its end.
struct Closing(Arc<AtomicUsize>, mpsc::Sender<()>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        let _ = self.1.send(());
    }
}

#[tokio::test]
async fn l3_a_client_that_leaves_stops_the_producer() {
    let closed = Arc::new(AtomicUsize::new(0));
    let (sender, ended) = mpsc::channel();
    let sender = Mutex::new(sender);
    let seen = closed.clone();
    let app = blocking(move |_, start| {
        start.start(200, TEXT)?;
        let closing = Closing(seen.clone(), sender.lock().unwrap().clone());
        Ok(std::iter::repeat_with(move || {
            let _ = &closing;
            vec![b'x'; 64 * 1024]
        }))
    });
    let mut connection = Http1Connection::open(serve(app).await).await.unwrap();
    connection
        .send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    connection.read_head("GET").await.unwrap();
    connection.reset().unwrap();
    tokio::task::spawn_blocking(move || ended.recv().unwrap())
        .await
        .unwrap();
    assert_eq!(closed.load(Ordering::SeqCst), 1, "closed once (L1)");

    let (sender, errors) = mpsc::channel();
    let app = blocking_writer(move |_, start, writer| {
        start.start(200, TEXT)?;
        let outcome = loop {
            if let Err(error) = writer.write_all(&[b'x'; 64 * 1024]) {
                break error;
            }
        };
        sender.send(outcome.kind()).unwrap();
        Err(outcome.into())
    });
    let mut connection = Http1Connection::open(serve(app).await).await.unwrap();
    connection
        .send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    connection.read_head("GET").await.unwrap();
    connection.reset().unwrap();
    let kind = tokio::task::spawn_blocking(move || errors.recv().unwrap())
        .await
        .unwrap();
    assert_eq!(kind, io::ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn l6_the_pool_is_bounded() {
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let app = {
        let (running, most) = (running.clone(), most.clone());
        blocking(move |_, start| {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            start.start(200, TEXT)?;
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(["x"])
        })
        .threads(2)
    };
    let gateway = Gateway::new(app);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (parts, ()) = http::Request::new(()).into_parts();
        tasks.spawn(gateway.handle(gateway.environ(parts, Input::empty())));
    }
    while let Some(response) = tasks.join_next().await {
        assert_eq!(response.unwrap().status(), 200);
    }
    assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
}

#[tokio::test]
async fn l6_a_request_that_waits_for_a_thread_and_leaves_is_never_started() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = calls.clone();
    let app = blocking(move |_, start| {
        seen.fetch_add(1, Ordering::SeqCst);
        let _ = wait.lock().unwrap().recv();
        start.start(200, TEXT)?;
        Ok(["x"])
    });
    let app = Arc::new(app.threads(0));
    let environ = || Environ::from_request(http::Request::new(()));
    let first = tokio::spawn({
        let app = app.clone();
        async move {
            app.respond(environ())
                .await
                .map(|response| response.status())
        }
    });
    while calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let mut second = Box::pin(app.respond(environ()));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(second.as_mut().poll(&mut cx).is_pending());
    drop(second);
    go.send(()).unwrap();
    assert_eq!(first.await.unwrap().unwrap(), 200);
    go.send(()).unwrap();
    assert_eq!(app.respond(environ()).await.unwrap().status(), 200);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn l1_an_iterator_is_closed_once_whatever_happens() {
    for method in ["GET", "HEAD"] {
        let closed = Arc::new(AtomicUsize::new(0));
        let (sender, ended) = mpsc::channel();
        let sender = Mutex::new(sender);
        let asked = Arc::new(AtomicBool::new(false));
        let (seen, was_asked) = (closed.clone(), asked.clone());
        let app = blocking(move |_, start| {
            start.start(200, TEXT)?;
            let closing = Closing(seen.clone(), sender.lock().unwrap().clone());
            let was_asked = was_asked.clone();
            let mut left = 3;
            Ok(std::iter::from_fn(move || {
                let _ = &closing;
                was_asked.store(true, Ordering::SeqCst);
                left -= 1;
                (left >= 0).then_some("x")
            }))
        });
        let response = ask(app, &WireRequest::new(method, "/")).await;
        assert_eq!(response.status, 200);
        tokio::task::spawn_blocking(move || ended.recv().unwrap())
            .await
            .unwrap();
        assert_eq!(closed.load(Ordering::SeqCst), 1);
        assert!(asked.load(Ordering::SeqCst));
    }
}

#[test]
fn outside_of_a_runtime_it_is_a_500() {
    let gateway = Gateway::new(echo());
    let (parts, ()) = http::Request::new(()).into_parts();
    let environ = gateway.environ(parts, Input::empty());
    let mut handling = Box::pin(gateway.handle(environ));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match handling.as_mut().poll(&mut cx) {
        std::task::Poll::Ready(response) => assert_eq!(response.status(), 500),
        std::task::Poll::Pending => panic!("nobody would wake it"),
    }
}
