//! L: closing, disconnects, and what may not be shared.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::sync::{Arc, Mutex};
use std::thread;

use gateway_core::{
    App, AppExt, Body, Closed, Connection, Environ, Error, Gateway, HeadSource, HttpError, Input,
    LentHead, ResponseExt, Scheme, StartResponse, VarName, app_fn, view,
};
use http::{Method, Request, Version};

mod support;
use support::{
    Counter, Frames, Poller, Script, ask, ask_gateway, data, environ, failure, get, head, logged,
    read, run, yield_now,
};

const NONE: [(&str, &str); 0] = [];

/// A body whose destructor counts.
fn counted(body: Body, closed: &Counter) -> Body {
    let guard = closed.on_drop();
    Body::new(Holding(body, guard))
}

struct Holding<G>(Body, G);

impl<G: Unpin> http_body::Body for Holding<G> {
    type Data = bytes::Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Error>>> {
        std::pin::Pin::new(&mut self.0).poll_frame(cx)
    }
}

/// Answers with a body that counts its closing.
fn closing(status: u16, closed: &Counter, body: fn() -> Body) -> Gateway<impl App> {
    let closed = closed.clone();
    Gateway::new(app_fn(move |_, start_response: StartResponse| {
        let body = counted(body(), &closed);
        async move {
            start_response.start(status, NONE)?;
            Ok(body)
        }
    }))
}

#[test]
fn l1_a_body_is_closed_exactly_once_however_it_ends() {
    let endings: [(u16, fn() -> Body); 8] = [
        (200, Body::empty),
        (200, || Body::from("bytes")),
        (200, || Body::from_chunks(["a", "b"])),
        (200, || Script::new([failure("early")]).body()),
        (200, || Script::new([data("x"), failure("late")]).body()),
        (200, || {
            Body::from_chunks(std::iter::from_fn(|| -> Option<&str> { panic!("early") }))
        }),
        (204, || Body::from_chunks(["a"])),
        (304, || Body::from_chunks(std::iter::repeat("a"))),
    ];
    for (status, body) in endings {
        for request in [get("/"), head("/")] {
            let closed = Counter::default();
            ask_gateway(&closing(status, &closed, body), request);
            assert_eq!(closed.get(), 1);
        }
    }
    let closed = Counter::default();
    let panics = || {
        Body::from_producer(async |mut writer| {
            writer.write("x").await?;
            panic!("late")
        })
    };
    ask_gateway(&closing(200, &closed, panics), get("/"));
    assert_eq!(closed.get(), 1);
}

#[test]
fn l1_a_body_with_no_start_or_a_refused_one_is_closed() {
    for status in [None, Some(99)] {
        let closed = Counter::default();
        let count = closed.clone();
        let app = app_fn(move |_, start_response: StartResponse| {
            let body = counted(Body::from_chunks(["a"]), &count);
            async move {
                if let Some(status) = status {
                    start_response.start(status, NONE).unwrap_err();
                }
                Ok(body)
            }
        });
        ask(app, get("/")).assert_clean_500();
        assert_eq!(closed.get(), 1);
    }
}

#[test]
fn l1_a_body_is_closed_when_the_client_leaves() {
    let closed = Counter::default();
    // Before commit: the driver's future is dropped.
    let gateway = closing(200, &closed, || {
        Body::from_producer(async |_| std::future::pending().await)
    });
    let mut driver = Poller::new(gateway.handle(environ(&gateway, get("/"))));
    driver.assert_pending();
    drop(driver);
    assert_eq!(closed.get(), 1);
    // In mid-stream: the body is.
    let gateway = closing(200, &closed, || Body::from_chunks(["a", "b"]));
    let mut frames = Frames::new(run(gateway.handle(environ(&gateway, get("/")))).into_body());
    assert_eq!(frames.data(), "a");
    drop(frames);
    assert_eq!(closed.get(), 2);
    // Never polled.
    drop(run(gateway.handle(environ(&gateway, get("/")))));
    assert_eq!(closed.get(), 3);
}

#[test]
fn l1_a_body_is_closed_at_its_end_not_when_the_host_drops_it() {
    let closed = Counter::default();
    let gateway = closing(200, &closed, || Body::from_chunks(["a"]));
    let mut frames = Frames::new(run(gateway.handle(environ(&gateway, get("/")))).into_body());
    assert_eq!(frames.data(), "a");
    assert_eq!(closed.get(), 0);
    assert!(frames.next().is_none());
    assert_eq!(closed.get(), 1);
    assert!(frames.is_end_stream());
    drop(frames);
    assert_eq!(closed.get(), 1);
}

#[test]
fn l1_a_body_whose_destructor_panics_harms_nobody() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in the destructor");
        }
    }
    let endings: [(u16, fn() -> Body); 5] = [
        (200, || Body::from_chunks(["a"])),
        (200, Body::empty),
        (204, || Body::from_chunks(["a"])),
        (200, || Script::new([failure("early")]).body()),
        (200, || Script::new([data("x"), failure("late")]).body()),
    ];
    for (status, body) in endings {
        let app = app_fn(move |_, start_response: StartResponse| async move {
            start_response.start(status, NONE)?;
            Ok(Body::new(Holding(body(), Bomb)))
        });
        let (_, log) = logged(|| ask(app, get("/")));
        if cfg!(feature = "tracing") {
            let faults = log.faults();
            let named = faults.iter().filter(|line| line.contains("clause=\"L1\""));
            assert_eq!(named.count(), 1, "{faults:?}");
        }
    }
}

#[test]
fn l2_callbacks_run_in_order_after_the_last_byte_and_all_of_them() {
    let order: Arc<Mutex<Vec<&str>>> = Arc::default();
    let note = |text: &'static str| {
        let order = order.clone();
        move || order.lock().unwrap().push(text)
    };
    let closed = counted(Body::from_chunks(["a"]), &Counter::default());
    let body = closed
        .on_close(note("first"))
        .on_close(|| panic!("in the callback"))
        .on_close(note("second"))
        .on_close(note("third"));
    let body = Mutex::new(Some(body));
    let app = app_fn(move |_, start_response: StartResponse| {
        let body = body.lock().unwrap().take().unwrap();
        async move {
            start_response.start(200, NONE)?;
            Ok(body)
        }
    });
    let gateway = Gateway::new(app);
    let (_, log) = logged(|| {
        let mut frames = Frames::new(run(gateway.handle(environ(&gateway, get("/")))).into_body());
        assert_eq!(frames.data(), "a");
        assert!(order.lock().unwrap().is_empty(), "before the last byte");
        assert!(frames.next().is_none());
        assert_eq!(*order.lock().unwrap(), ["first", "second", "third"]);
    });
    log.assert_one("L2", "in the callback");
    assert_eq!(order.lock().unwrap().len(), 3);
}

#[test]
fn l2_a_callback_on_bytes_in_hand_runs_after_they_were_taken() {
    let closed = Counter::default();
    let count = closed.clone();
    let gateway = Gateway::new(view(move |_| {
        let count = count.clone();
        async move {
            let mut response = gateway_core::Response::new(Body::from("text"));
            response.set_mimetype("text/plain")?;
            Ok::<_, Error>(response.on_close(move || count.add()))
        }
    }));
    let mut frames = Frames::new(run(gateway.handle(environ(&gateway, get("/")))).into_body());
    assert_eq!(frames.size_hint().exact(), Some(4));
    assert_eq!(closed.get(), 0);
    assert_eq!(frames.data(), "text");
    assert!(frames.next().is_none());
    assert_eq!(closed.get(), 1);
}

#[test]
fn l2_a_callback_of_an_empty_stream_runs_behind_the_commit() {
    let committed: Arc<Mutex<Vec<bool>>> = Arc::default();
    let seen = committed.clone();
    let gateway = Gateway::new(app_fn(move |_, start: StartResponse| {
        let seen = seen.clone();
        async move {
            start.start(200, [("content-type", "text/plain")])?;
            Ok(Body::from_chunks([""])
                .on_close(move || seen.lock().unwrap().push(start.is_committed())))
        }
    }));
    assert_eq!(ask_gateway(&gateway, get("/")).status, 200);
    assert_eq!(*committed.lock().unwrap(), [true]);
}

#[test]
fn l2_callbacks_run_through_respond() {
    let closed = Counter::default();
    let count = closed.clone();
    let inner = Arc::new(view(move |_| {
        let count = count.clone();
        async move { Body::from_chunks(["a"]).on_close(move || count.add()) }
    }));
    let outer = view(move |environ| {
        let inner = inner.clone();
        async move { inner.respond(environ).await }
    });
    for done in 1..=3 {
        ask_gateway(&Gateway::new(outer.clone()), get("/"));
        assert_eq!(closed.get(), done);
    }
}

/// An app that hands `closed()` out.
fn watched(status: u16, body: fn() -> Body) -> (Gateway<impl App>, Arc<Mutex<Option<Closed>>>) {
    let kept: Arc<Mutex<Option<Closed>>> = Arc::default();
    let keep = kept.clone();
    let app = app_fn(move |mut environ: Environ, start_response: StartResponse| {
        *keep.lock().unwrap() = Some(environ.closed());
        async move {
            if status == 0 {
                return Err(Error::msg("failed"));
            }
            start_response.start(status, NONE)?;
            if status == 299 {
                std::future::pending::<()>().await;
            }
            Ok(body())
        }
    });
    (Gateway::new(app), kept)
}

#[test]
fn l3_disconnected_resolves_at_every_ending() {
    let endings: [(u16, fn() -> Body); 8] = [
        (0, Body::empty),
        (200, Body::empty),
        (200, || Body::from("bytes")),
        (200, || Body::from_chunks(["a", "b"])),
        (200, || Script::new([failure("early")]).body()),
        (200, || Script::new([data("x"), failure("late")]).body()),
        (204, || Body::from_chunks(["a"])),
        (99, Body::empty),
    ];
    for (status, body) in endings {
        for request in [get("/"), head("/")] {
            let (gateway, kept) = watched(status, body);
            ask_gateway(&gateway, request);
            let gone = kept.lock().unwrap().take().unwrap();
            assert!(gone.is_over(), "{status}");
            run(gone);
        }
    }
}

#[test]
fn l3_disconnected_wakes_when_the_driver_or_the_body_is_dropped() {
    let (gateway, kept) = watched(299, Body::empty);
    let mut driver = Poller::new(gateway.handle(environ(&gateway, get("/"))));
    driver.assert_pending();
    let mut gone = Poller::new(kept.lock().unwrap().take().unwrap());
    gone.assert_pending();
    gone.assert_pending();
    drop(driver);
    assert_eq!(gone.wakes(), 1);
    gone.finish();

    let (gateway, kept) = watched(200, || Body::from_chunks(["a", "b"]));
    let response = run(gateway.handle(environ(&gateway, get("/"))));
    let mut gone = Poller::new(kept.lock().unwrap().take().unwrap());
    gone.assert_pending();
    drop(response);
    assert_eq!(gone.wakes(), 1);
    gone.finish();
}

#[test]
fn l3_a_client_that_leaves_is_no_fault_of_the_app() {
    let (gateway, _) = watched(200, || Body::from_chunks(["a", "b"]));
    let (_, log) = logged(|| drop(run(gateway.handle(environ(&gateway, get("/"))))));
    log.assert_no_fault();
}

#[test]
fn l3_the_producer_stops_within_one_chunk() {
    let made = Counter::default();
    let count = made.clone();
    let gateway = Gateway::new(view(move |_| {
        let count = count.clone();
        async move {
            Body::from_producer(async move |mut writer| {
                loop {
                    count.add();
                    writer.write("x").await?;
                }
            })
        }
    }));
    let mut frames = Frames::new(run(gateway.handle(environ(&gateway, get("/")))).into_body());
    frames.data();
    frames.data();
    let before = made.get();
    drop(frames);
    assert_eq!(made.get(), before);
}

/// Answers with all that an environ shows.
fn dump() -> impl App + Clone {
    view(async |environ: Environ| {
        let mut text = String::new();
        for (key, value) in environ.vars() {
            text.push_str(&format!("{key}={value}\n"));
        }
        text.push_str(&format!("{:?}\n", environ.headers()));
        text.push_str(&format!("{:?}\n", environ.uri()));
        text.push_str(&format!("{:?}\n", environ.extensions().get::<&str>()));
        text.push_str(&format!("{:?}\n", environ.connection()));
        text.push_str(&format!("{} {:?}\n", environ.script_name_len(), environ));
        text
    })
}

/// Sets everything that can be set.
fn fill(environ: &mut Environ) {
    assert!(environ.mount("/secret"));
    environ.set_var(const { VarName::new("REMOTE_USER") }, "secret");
    environ.extensions_mut().insert("secret");
    environ.keep_underscored_headers();
    environ.set_connection(
        Connection::new()
            .with_peer_addr("192.0.2.99:999".parse().unwrap())
            .with_scheme(Scheme::Https),
    );
    environ
        .headers_mut()
        .append("x-more", "secret".parse().unwrap());
    environ.set_input(Input::new(Script::chunks(["secret"])));
}

#[test]
fn l5_nothing_of_one_request_shows_in_another() {
    let gateway = Gateway::new(dump());
    let plain = || {
        Request::get("/plain")
            .header("x_under", "1")
            .body(())
            .unwrap()
    };
    let fresh = ask_gateway(&gateway, plain()).text();
    assert!(!fresh.contains("secret"));
    for round in 0..8 {
        let request = Request::post("/secret/x?secret").header("x-secret", "secret");
        let mut full = environ(&gateway, request.body("secret").unwrap());
        fill(&mut full);
        let secret = read(run(gateway.handle(full))).text();
        assert!(secret.contains("REMOTE_USER=secret"));
        let answer = ask_gateway(&gateway, plain());
        assert_eq!(answer.text(), fresh, "round {round}");
        let lines = answer.headers.len();
        assert_eq!(lines, 1, "{answer:?}");
    }
    // The box of a request that was given up is clean, too.
    for _ in 0..4 {
        let mut full = environ(&gateway, get("/secret"));
        fill(&mut full);
        drop(full);
        let mut full = environ(&gateway, get("/secret"));
        fill(&mut full);
        drop(gateway.handle(full));
        let mut full = environ(&gateway, get("/secret"));
        fill(&mut full);
        drop(full.into_parts());
        assert_eq!(ask_gateway(&gateway, plain()).text(), fresh);
    }
}

/// A head as a host lends it.
struct Lent {
    target: &'static str,
    line: (&'static str, &'static str),
}

impl HeadSource for Lent {
    fn target(&self) -> &str {
        self.target
    }

    fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        if name.eq_ignore_ascii_case(self.line.0) {
            visit(self.line.1.as_bytes());
        }
    }

    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        visit(self.line.0, self.line.1.as_bytes());
    }
}

fn lend<A: App>(
    gateway: &Gateway<A>,
    method: Method,
    target: Option<&'static str>,
    line: (&'static str, &'static str),
) -> Environ {
    let version = Version::HTTP_11;
    let source = Arc::new(Lent {
        target: target.unwrap_or("/parsed"),
        line,
    });
    let head = match target {
        Some(_) => LentHead::new(method, version, source).unwrap(),
        None => LentHead::from_uri(
            method,
            version,
            "http://a.example/parsed".parse().unwrap(),
            source,
        ),
    };
    gateway.lend(head, Input::empty())
}

#[test]
fn l5_nothing_of_a_lent_head_shows_in_another_request() {
    let gateway = Gateway::new(dump());
    let parts = |target| {
        let request = Request::put(target).header("x-secret", "secret");
        request.body(()).unwrap().into_parts().0
    };
    let full = || {
        let line = ("x-secret", "secret");
        let environ = lend(&gateway, Method::DELETE, Some("/secret?secret"), line);
        // What is made of a source is kept beside it.
        assert_eq!(environ.headers().len(), 1);
        assert_eq!(environ.uri().query(), Some("secret"));
        environ
    };
    let ways: [&dyn Fn(); 8] = [
        &|| drop(read(run(gateway.handle(full())))),
        &|| drop(gateway.handle(full())),
        &|| {
            let mut environ = full();
            fill(&mut environ);
            read(run(gateway.handle(environ)));
        },
        &|| {
            let mut environ = full();
            environ.extensions_mut().insert("secret");
            environ.set_request_method(Method::PUT);
            read(run(gateway.handle(environ)));
        },
        &|| {
            let (detached, parts, input) = full().detach();
            read(run(gateway.handle(detached.attach(parts, input))));
        },
        &|| {
            let (detached, _, _) = full().detach();
            let environ = detached.attach(parts("/secret"), Input::empty());
            read(run(gateway.handle(environ)));
        },
        &|| drop(full().detach()),
        &|| {
            let mut environ = full();
            let fork = environ.fork();
            read(run(gateway.handle(environ)));
            drop(fork);
        },
    ];
    let asked = |target| {
        let environ = lend(&gateway, Method::GET, target, ("x-plain", "1"));
        read(run(gateway.handle(environ))).text()
    };
    let plain = || ask_gateway(&gateway, get("/plain")).text();
    let fresh = (asked(Some("/plain")), asked(None), plain());
    assert!(!format!("{fresh:?}").contains("secret"));
    for (nth, way) in ways.iter().enumerate() {
        way();
        assert_eq!(asked(Some("/plain")), fresh.0, "way {nth}");
        way();
        assert_eq!(asked(None), fresh.1, "way {nth}");
        way();
        assert_eq!(plain(), fresh.2, "way {nth}");
    }
}

#[test]
fn l5_a_head_of_one_response_shows_in_no_other() {
    let gateway = Gateway::new(app_fn(
        |environ: Environ, start_response: StartResponse| async move {
            match environ.path_info().to_str() {
                Some("/full") => {
                    start_response.close_connection();
                    start_response.commit_early();
                    start_response.start(201, [("x-secret", "1"), ("content-length", "6")])?;
                    Ok(Body::from("secret"))
                }
                Some("/refused") => {
                    start_response.start(201, [("x-secret", "1"), ("x", "\n")])?;
                    Ok(Body::empty())
                }
                Some("/failed") => {
                    start_response.start(201, [("x-secret", "1")])?;
                    start_response.commit_early();
                    Err(Error::msg("failed"))
                }
                Some("/panics") => {
                    start_response.start(201, [("x-secret", "1")])?;
                    panic!("with a head")
                }
                Some("/hook") => {
                    let hooked = start_response.wrap(|_, headers| {
                        headers.insert("x-secret", "1".parse().unwrap());
                        panic!("with a head in hand")
                    });
                    hooked.start(201, [("x-secret", "1")])?;
                    Ok(Body::empty())
                }
                Some("/twice") => {
                    start_response.start(201, [("x-secret", "1")])?;
                    start_response.start(201, [("x-secret", "1")])?;
                    Ok(Body::empty())
                }
                Some("/again") => {
                    start_response.start(201, [("x-secret", "1")])?;
                    start_response.restart(
                        202,
                        [("x-secret", "1"), ("content-length", "9")],
                        Error::msg("again"),
                    )?;
                    Err(HttpError::not_found().into())
                }
                Some("/short") => {
                    start_response.start(201, [("x-secret", "1"), ("content-length", "9")])?;
                    Ok(Body::from("secret"))
                }
                Some("/aborted") => {
                    start_response.start(201, [("x-secret", "1"), ("content-length", "9")])?;
                    Ok(Body::from_chunks(["secret"]))
                }
                Some("/late") => Ok(Script::new([None, data("late")]).body().on_close(move || {
                    let _ = start_response.is_started();
                })),
                _ => {
                    start_response.start(200, NONE)?;
                    Ok(Script::new([None, data("plain")]).body())
                }
            }
        },
    ));
    for target in [
        "/full", "/refused", "/failed", "/panics", "/hook", "/twice", "/again", "/short",
        "/aborted", "/late", "/full",
    ] {
        for request in [get(target), head(target)] {
            let answer = ask_gateway(&gateway, request);
            // The page of an error has nothing of the head that it stands in for.
            if answer.status >= 400 {
                assert_eq!(answer.header("x-secret"), None, "{target}: {answer:?}");
                assert_ne!(answer.header("content-length"), Some("9"), "{target}");
            }
            // As a host does that copies the head.
            gateway.recycle(answer.headers);
        }
        // A flush that stayed would commit before the first chunk, so that this is pending twice.
        let mut driver = Poller::new(gateway.handle(environ(&gateway, get("/"))));
        driver.assert_pending();
        let answer = read(driver.finish());
        assert_eq!((answer.status, &*answer.text()), (200, "plain"), "{target}");
        assert!(answer.headers.is_empty(), "{target}: {answer:?}");
    }
}

#[test]
fn l5_an_environ_kept_beyond_its_exchange_stays_its_own() {
    let kept: Arc<Mutex<Vec<Environ>>> = Arc::default();
    let keep = kept.clone();
    let gateway = Gateway::new(app_fn(
        move |environ: Environ, start_response: StartResponse| {
            let target = environ.request_uri().into_owned();
            keep.lock().unwrap().push(environ);
            async move {
                start_response.start(200, NONE)?;
                Ok(Body::from(target))
            }
        },
    ));
    for round in 0..10 {
        let target = format!("/{round}");
        assert_eq!(ask_gateway(&gateway, get(&target)).text(), target);
        for (old, environ) in kept.lock().unwrap().iter().enumerate() {
            assert_eq!(environ.path_info(), &*format!("/{old}"));
        }
        if round % 3 == 2 {
            kept.lock().unwrap().clear();
            kept.lock()
                .unwrap()
                .extend((0..=round).map(|round| Environ::from_request(get(&format!("/{round}")))));
        }
    }
}

#[test]
fn l5_concurrent_requests_share_nothing() {
    let gateway = Gateway::new(app_fn(
        |environ: Environ, start_response: StartResponse| async move {
            let target = environ.request_uri().into_owned();
            let body = target.clone();
            start_response.start(200, [("x-target", target)])?;
            yield_now().await;
            let repeated = environ.request_uri().into_owned();
            Ok(Body::from_chunks([body, repeated]).on_close(move || drop(environ)))
        },
    ));
    thread::scope(|scope| {
        for worker in 0..4 {
            let gateway = gateway.clone();
            scope.spawn(move || {
                for round in 0..500 {
                    let target = format!("/{worker}/{round}");
                    let answer = ask_gateway(&gateway, get(&target));
                    assert_eq!(answer.header("x-target"), Some(&*target));
                    assert_eq!(answer.text(), target.repeat(2));
                }
            });
        }
    });
}

#[test]
fn an_environ_of_no_gateway_is_answered_too() {
    let (gateway, kept) = watched(200, || Body::from("x"));
    let answer = read(run(gateway.handle(Environ::from_request(get("/")))));
    assert_eq!(answer.text(), "x");
    assert!(kept.lock().unwrap().take().unwrap().is_over());
    let response = run(dump().respond(Environ::from_request(get("/x")))).unwrap();
    assert_eq!(response.status(), 200);
}

#[test]
fn b9_nothing_of_the_app_can_panic_the_host() {
    /// Panics in its destructor, unless a panic is on its way.
    #[derive(Debug)]
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !thread::panicking() {
                panic!("in a destructor");
            }
        }
    }
    impl std::fmt::Display for Bomb {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("in a text")
        }
    }
    impl std::error::Error for Bomb {}

    // An error whose text and destructor panic.
    let answer = ask(app_fn(|_, _| async { Err(Bomb.into()) }), get("/"));
    answer.assert_clean_500();

    // A payload whose destructor panics.
    let app = app_fn(|_, _| async { std::panic::panic_any(Bomb) });
    ask(app, get("/")).assert_clean_500();

    // A body that panics when it is asked for its size.
    struct Unsized;
    impl http_body::Body for Unsized {
        type Data = bytes::Bytes;
        type Error = Error;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Error>>> {
            std::task::Poll::Ready(None)
        }

        fn size_hint(&self) -> http_body::SizeHint {
            panic!("in the size hint")
        }
    }
    let app = app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, NONE)?;
        Ok(Body::new(Unsized))
    });
    let (answer, log) = logged(|| ask(app, get("/")));
    answer.assert_clean_500();
    log.assert_one("B9", "in the size hint");

    // Dropped in the middle: the app's future, then its body.
    let gateway = Gateway::new(app_fn(
        |environ: Environ, start_response: StartResponse| async move {
            start_response.start(200, NONE)?;
            if environ.path_info() == "/body" {
                let bomb = Bomb;
                return Ok(Body::from_producer(async move |_| {
                    let _bomb = bomb;
                    std::future::pending().await
                }));
            }
            let _bomb = Bomb;
            std::future::pending().await
        },
    ));
    for (target, rule) in [("/", "B9"), ("/body", "L1")] {
        let (_, log) = logged(|| {
            let mut driver = Poller::new(gateway.handle(environ(&gateway, get(target))));
            driver.assert_pending();
            drop(driver);
        });
        log.assert_one(rule, "in a destructor");
    }
}

#[test]
fn l3_disconnected_resolves_where_no_app_was_called() {
    // The host gave the driver up before it polled it.
    let gateway = Gateway::new(dump());
    let mut unpolled = environ(&gateway, get("/"));
    let mut gone = Poller::new(unpolled.closed());
    gone.assert_pending();
    drop(gateway.handle(unpolled));
    assert_eq!(gone.wakes(), 1);
    gone.finish();
    // CONNECT is the gateway's.
    let request = Request::connect("a.example:443").body(()).unwrap();
    let mut connect = environ(&gateway, request);
    let gone = connect.closed();
    assert_eq!(read(run(gateway.handle(connect))).status, 501);
    assert!(gone.is_over());
}

/// L5: requests of three kinds, each with its own number, over the same recycled memory.
#[test]
fn l5_a_thousand_interleaved_requests_of_three_kinds_see_only_themselves() {
    let gateway = Gateway::new(dump());
    let numbers: Vec<&'static str> = (0..1000)
        .map(|number| &*Box::leak(format!("n{number}n").into_boxed_str()))
        .collect();
    let mut waiting = std::collections::VecDeque::new();
    for (nth, number) in numbers.iter().enumerate() {
        let target: &'static str =
            Box::leak(format!("/{number}/{number}?{number}").into_boxed_str());
        let mut environ = match nth % 3 {
            0 => {
                let request = Request::post(target).header("x-number", *number);
                environ(&gateway, request.body(*number).unwrap())
            }
            1 => lend(&gateway, Method::PUT, Some(target), ("x-number", number)),
            // Refused before the app.
            _ => {
                let request = Request::get(target).header("host", format!("{number}/"));
                environ(&gateway, request.body(()).unwrap())
            }
        };
        if nth % 2 == 0 {
            assert!(environ.mount(&format!("/{number}")));
            environ.set_var(const { VarName::new("REMOTE_USER") }, *number);
            environ.extensions_mut().insert::<&'static str>(number);
            environ
                .headers_mut()
                .append("x-more", number.parse().unwrap());
        }
        if nth % 5 == 0 {
            drop(environ.fork());
        }
        waiting.push_back((number, nth, gateway.handle(environ)));
        // Up to seven at a time, and some that are never asked.
        if waiting.len() < 7 {
            continue;
        }
        let Some((number, nth, answer)) = waiting.pop_front() else {
            continue;
        };
        if nth % 11 == 0 {
            drop(answer);
            continue;
        }
        let answer = read(run(answer));
        let text = answer.text();
        if nth % 3 == 2 {
            assert_eq!(answer.status, 400);
            assert!(!text.contains('n') || !text.contains(*number));
            continue;
        }
        assert!(text.contains(*number), "{text}");
        for other in &numbers {
            assert!(
                other == number || !text.contains(other),
                "{other} in {text}"
            );
        }
    }
}
