//! B: body and commit.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::{
    App, AppExt, Body, Environ, Error, Gateway, HttpError, Response, StartResponse, app_fn, view,
};
use http::{HeaderValue, Request, Version};
use http_body::{Body as HttpBody, Frame};
use http_body_util::{BodyExt, Full};

#[path = "body/buffer.rs"]
mod buffer;
mod support;
use support::{
    Answer, Counter, Frames, Poller, Script, ask, data, environ, failure, get, head, logged, read,
    run, trailers, yield_now,
};

const NONE: [(&str, &str); 0] = [];

/// Starts with 200 and headers, and answers with a body made for the request.
fn answering<B>(headers: &[(&'static str, &'static str)], body: B) -> impl App
where
    B: Fn() -> Body + Send + Sync + 'static,
{
    let headers = headers.to_vec();
    app_fn(move |_, start_response: StartResponse| {
        let (body, headers) = (body(), headers.clone());
        async move {
            start_response.start(200, headers)?;
            Ok(body)
        }
    })
}

fn status_with(
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: fn() -> Body,
) -> impl App {
    let headers = headers.to_vec();
    app_fn(move |_, start_response: StartResponse| {
        let headers = headers.clone();
        async move {
            start_response.start(status, headers)?;
            Ok(body())
        }
    })
}

#[test]
fn b1_an_error_before_the_first_chunk_is_a_clean_500() {
    for before in [0, 1, 40, 200] {
        let app = answering(&[("x-a", "1")], move || {
            let empty = (0..before).map(|_| data(""));
            Script::new(empty.chain([None, failure("private")])).body()
        });
        let (answer, log) = logged(|| ask(app, get("/")));
        answer.assert_clean_500();
        assert_eq!(answer.header("x-a"), None);
        assert!(!answer.text().contains("private"));
        log.assert_one("B1", "private");
    }
    let app = app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, [("x-a", "1")])?;
        Err(Error::msg("private"))
    });
    let (answer, log) = logged(|| ask(app, get("/")));
    answer.assert_clean_500();
    log.assert_one("B1", "private");
}

#[test]
fn b1_an_http_error_of_the_body_keeps_its_page() {
    let app = answering(&[], || {
        Body::from_producer(async |_| Err(HttpError::not_found().into()))
    });
    let answer = ask(app, get("/"));
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("Not Found"));
}

#[test]
fn b1_the_head_waits_for_the_first_chunk() {
    let gateway = Gateway::new(answering(&[], || {
        Script::new([None, data(""), None, data("x")]).body()
    }));
    let mut driver = Poller::new(gateway.handle(environ(&gateway, get("/"))));
    driver.assert_pending();
    driver.assert_pending();
    assert_eq!(read(driver.finish()).text(), "x");
}

#[test]
fn b1_a_flush_commits_at_the_first_pending() {
    let flushed: [fn() -> Body; 2] = [
        || {
            Script::new([data(""), None, data("x")])
                .body()
                .commit_early()
        },
        || {
            Script::new([data(""), None, data("x")])
                .body()
                .on_close(|| ())
                .commit_early()
                .on_close(|| ())
        },
    ];
    for body in flushed {
        let gateway = Gateway::new(answering(&[], body));
        let mut driver = Poller::new(gateway.handle(environ(&gateway, get("/"))));
        let std::task::Poll::Ready(response) = driver.poll() else {
            panic!("not committed");
        };
        assert_eq!(read(response).text(), "x");
    }
}

#[test]
fn b1_a_flush_in_the_body_counts_from_its_next_pending() {
    let gateway = Gateway::new(app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, NONE)?;
        Ok(Body::from_producer(async move |mut writer| {
            yield_now().await;
            start_response.commit_early();
            std::future::poll_fn(|_| {
                if start_response.is_committed() {
                    return std::task::Poll::Ready(());
                }
                std::task::Poll::Pending
            })
            .await;
            writer.write("x").await?;
            Ok(())
        }))
    }));
    let mut driver = Poller::new(gateway.handle(environ(&gateway, get("/"))));
    driver.assert_pending();
    assert_eq!(read(driver.finish()).text(), "x");
}

#[test]
fn b1_a_flush_does_not_replace_the_start() {
    let app = app_fn(|_, start_response: StartResponse| async move {
        start_response.commit_early();
        Ok(Body::from_producer(async move |mut writer| {
            yield_now().await;
            start_response.start(201, NONE)?;
            yield_now().await;
            writer.write("x").await?;
            Ok(())
        }))
    });
    let answer = ask(app, get("/"));
    assert_eq!((answer.status, &*answer.text()), (201, "x"));
}

#[test]
fn b1_an_error_after_a_flush_aborts() {
    let app = answering(&[], || {
        Script::new([None, failure("late")]).body().commit_early()
    });
    let (answer, log) = logged(|| ask(app, get("/")));
    assert_eq!(answer.status, 200);
    answer.assert_aborted();
    log.assert_one("B8", "late");
}

#[test]
fn b2_empty_chunks_never_reach_the_host() {
    // `read` refuses them.
    let app = answering(&[], || Script::chunks(["", "a", "", "", "b", ""]).body());
    let answer = ask(app, get("/"));
    assert_eq!(answer.chunks, ["a", "b"]);
    assert_eq!(answer.length, None);
    let app = answering(&[], || Body::from_chunks(vec![""; 5000]));
    let answer = ask(app, get("/"));
    assert!(answer.chunks.is_empty());
    assert_eq!(answer.length, Some(0));
}

#[test]
fn b2_empty_chunks_for_ever_leave_room_for_others() {
    let gateway = Gateway::new(answering(&[], || Body::from_chunks(std::iter::repeat(""))));
    let mut driver = Poller::new(gateway.handle(environ(&gateway, get("/"))));
    for polls in 1..=3 {
        driver.assert_pending();
        assert_eq!(driver.wakes(), polls);
    }
    // And behind the commit, too.
    let gateway = Gateway::new(answering(&[], || {
        Body::from_chunks(std::iter::once("x").chain(std::iter::repeat("")))
    }));
    let response = run(gateway.handle(environ(&gateway, get("/"))));
    let mut frames = Frames::new(response.into_body());
    assert_eq!(frames.data(), "x");
    for polls in 1..=3 {
        frames.assert_pending();
        assert_eq!(frames.wakes.count(), polls);
    }
}

#[test]
fn b3_the_next_chunk_is_asked_for_when_the_one_before_was_taken() {
    let made = Counter::default();
    let count = made.clone();
    let gateway = Gateway::new(answering(&[], move || {
        let count = count.clone();
        Body::from_chunks((0..10).map(move |_| {
            count.add();
            "x"
        }))
    }));
    let response = run(gateway.handle(environ(&gateway, get("/"))));
    assert_eq!(made.get(), 1, "one chunk commits");
    let mut frames = Frames::new(response.into_body());
    for taken in 1..=10 {
        assert_eq!(frames.data(), "x");
        assert_eq!(made.get(), taken);
    }
}

#[test]
fn b4_a_known_length_is_told_to_the_host() {
    let known: [(fn() -> Body, u64); 6] = [
        (Body::empty, 0),
        (|| Body::from("12345"), 5),
        (|| Body::from("12345").on_close(|| ()), 5),
        (|| Body::new(Full::new(Bytes::from_static(b"123"))), 3),
        (|| Script::chunks(["12", "", "3"]).exact(3).body(), 3),
        (|| Body::from_chunks(NONE.map(|_| "")), 0),
    ];
    for (body, length) in known {
        let answer = ask(answering(&[], body), get("/"));
        assert_eq!(answer.length, Some(length));
        assert_eq!(answer.text().len() as u64, length);
    }
    let answer = ask(answering(&[], || Body::from_chunks(["a", "b"])), get("/"));
    assert_eq!(answer.length, None);
    assert_eq!(answer.header("content-length"), None);
}

#[test]
fn b5_too_long_bytes_are_cut_and_logged_once() {
    let too_long: [fn() -> Body; 5] = [
        || Body::from("12345"),
        || Body::from_chunks(["12345"]),
        || Body::from_chunks(["1", "2345", "6"]),
        || Body::new(Full::new(Bytes::from_static(b"12345"))),
        || Script::new([data("1"), None, data("2"), data("3")]).body(),
    ];
    for body in too_long {
        let (answer, log) = logged(|| ask(answering(&[("content-length", "2")], body), get("/")));
        assert_eq!((answer.status, answer.text().len()), (200, 2));
        assert_eq!(answer.header("content-length"), Some("2"));
        assert_eq!(answer.length, Some(2));
        assert!(answer.error.is_none());
        log.assert_one("B5", "longer than the declared 2 bytes");
    }
}

#[test]
fn b5_iteration_stops_at_the_declared_length() {
    let polls = Script::chunks(["123", "4", "5", "6"]);
    let count = polls.polls.clone();
    let script = Mutex::new(Some(polls));
    let app = answering(&[("content-length", "2")], move || {
        script.lock().unwrap().take().unwrap().body()
    });
    assert_eq!(ask(app, get("/")).text(), "12");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn b5_too_short_bytes_in_hand_are_a_500() {
    let too_short: [fn() -> Body; 5] = [
        Body::empty,
        || Body::from("12345"),
        || Body::new(Full::new(Bytes::from_static(b"12345"))),
        || Body::from("12345").on_close(|| ()),
        || Body::from_chunks(NONE.map(|_| "")),
    ];
    for body in too_short {
        let (answer, log) = logged(|| ask(answering(&[("content-length", "10")], body), get("/")));
        answer.assert_clean_500();
        assert_ne!(answer.header("content-length"), Some("10"));
        log.assert_one("B5", "10 were declared");
    }
}

#[test]
fn b5_a_too_short_stream_aborts() {
    let too_short: [fn() -> Body; 3] = [
        || Body::from_chunks(["12345"]),
        || Script::new([data("12345"), trailers([("x-t", "1")])]).body(),
        || Script::new([data("12"), None, data("345"), None]).body(),
    ];
    for body in too_short {
        let (answer, log) = logged(|| ask(answering(&[("content-length", "10")], body), get("/")));
        assert_eq!((answer.status, &*answer.text()), (200, "12345"));
        answer.assert_aborted();
        assert_eq!(answer.trailers, None);
        log.assert_one("B5", "has 5 bytes, but 10 were declared");
    }
}

#[test]
fn b5_a_stream_of_the_declared_length_passes_with_its_trailers() {
    let app = answering(&[("content-length", "5")], || {
        Script::new([data("123"), data("45"), data(""), trailers([("x-t", "1")])]).body()
    });
    let (answer, log) = logged(|| ask(app, get_over_http2("/")));
    assert_eq!(answer.text(), "12345");
    assert_eq!(answer.trailers.unwrap()["x-t"], "1");
    log.assert_no_fault();
}

/// A script that says that it is over behind its last frame.
struct SaysItIsOver(Script);

impl SaysItIsOver {
    fn body(frames: impl IntoIterator<Item = Option<Result<Frame<Bytes>, Error>>>) -> Body {
        Body::new(Self(Script::new(frames)))
    }
}

impl HttpBody for SaysItIsOver {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.frames.is_empty()
    }
}

/// What a host gets that asks no more where it need not: the text, and the text of the error.
fn asked_no_more(app: impl App) -> (String, Option<String>) {
    let gateway = Gateway::new(app);
    let response = run(gateway.handle(environ(&gateway, get("/"))));
    let mut frames = Frames::new(response.into_body());
    let mut text = Vec::new();
    while !frames.is_end_stream() {
        match frames.next() {
            Some(Ok(frame)) => text.extend(frame.into_data().unwrap_or_default()),
            Some(Err(error)) => {
                return (String::from_utf8(text).unwrap(), Some(error.to_string()));
            }
            None => break,
        }
    }
    (String::from_utf8(text).unwrap(), None)
}

#[test]
fn b5_a_stream_that_says_it_is_over_is_held_to_its_length() {
    let body = || SaysItIsOver::body([data("123"), None, data("45")]);
    for (length, text, rule) in [
        (None, "12345", None),
        (Some("5"), "12345", None),
        (Some("10"), "12345", Some("10 were declared")),
        (Some("4"), "1234", Some("longer than the declared 4")),
    ] {
        let headers: Vec<_> = length
            .map(|length| ("content-length", length))
            .into_iter()
            .collect();
        let ((sent, error), log) = logged(|| asked_no_more(answering(&headers, body)));
        assert_eq!(sent, text);
        assert_eq!(error.is_some(), length == Some("10"));
        match rule {
            Some(rule) => log.assert_one("B5", rule),
            None => log.assert_no_fault(),
        }
    }
    // Over before it was asked.
    let nothing = || SaysItIsOver::body([]);
    assert_eq!(asked_no_more(answering(&NONE, nothing)).0, "");
    let (answer, log) = logged(|| ask(answering(&[("content-length", "1")], nothing), get("/")));
    answer.assert_clean_500();
    log.assert_one("B5", "1 were declared");
}

#[test]
fn b8_an_error_that_comes_last_is_not_lost_where_the_stream_says_it_is_over() {
    let (text, error) = asked_no_more(answering(&NONE, || {
        SaysItIsOver::body([data("12"), failure("late")])
    }));
    assert_eq!((&*text, error.as_deref()), ("12", Some("late")));
}

#[test]
fn b5_head_is_exempt() {
    for length in ["2", "10"] {
        let app = status_with(200, &[("content-length", "0")], || Body::from("12345"));
        assert_eq!(ask(app, head("/")).status, 200);
        let headers = if length == "2" {
            [("content-length", "2")]
        } else {
            [("content-length", "10")]
        };
        let (answer, log) = logged(|| {
            ask(
                status_with(200, &headers, || Body::from("12345")),
                head("/"),
            )
        });
        assert_eq!(answer.header("content-length"), Some(length));
        assert!(answer.is_bodyless);
        log.assert_no_fault();
    }
}

#[test]
fn b6_head_has_the_headers_of_get_and_no_body() {
    type Case = (fn() -> Body, Option<&'static str>);
    let bodies: [Case; 4] = [
        (|| Body::from("12345"), Some("5")),
        (Body::empty, Some("0")),
        (
            || Body::new(Full::new(Bytes::from_static(b"123"))),
            Some("3"),
        ),
        (|| Body::from_chunks(["a", "b"]), None),
    ];
    for (body, length) in bodies {
        let answer = ask(answering(&[("content-type", "a/b")], body), head("/"));
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("a/b"));
        assert_eq!(answer.header("content-length"), length);
        assert!(answer.is_bodyless);
        assert_eq!(
            answer.length, None,
            "the host must add no length of its own"
        );
    }
}

#[test]
fn b6_head_polls_no_body_once_it_is_started_and_closes_it() {
    let (polled, closed) = (Counter::default(), Counter::default());
    let (poll, close) = (polled.clone(), closed.clone());
    let app = answering(&[], move || {
        let (poll, close) = (poll.clone(), close.clone());
        Body::from_chunks(std::iter::repeat_with(move || {
            poll.add();
            "endless"
        }))
        .on_close(move || close.add())
    });
    let gateway = Gateway::new(app);
    let response = run(gateway.handle(environ(&gateway, head("/"))));
    assert_eq!(polled.get(), 0);
    assert_eq!(closed.get(), 1, "closed before the head goes out");
    assert!(read(response).is_bodyless);
}

#[test]
fn b6_head_with_a_late_start_polls_until_then() {
    let app = app_fn(|_, start_response: StartResponse| async move {
        Ok(Body::from_producer(async move |mut writer| {
            yield_now().await;
            start_response.start(203, [("x-a", "1")])?;
            loop {
                writer.write("endless").await?;
            }
        }))
    });
    let answer = ask(app, head("/"));
    assert_eq!(answer.status, 203);
    assert_eq!(answer.header("x-a"), Some("1"));
    assert!(answer.is_bodyless);
}

#[test]
fn b6_head_of_an_error_has_the_length_of_its_page() {
    let app = view(async |_| Err::<&str, _>(HttpError::not_found()));
    let page = ask(app, get("/")).text().len();
    let answer = ask(app, head("/"));
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-length").unwrap(), page.to_string());
    assert!(answer.is_bodyless);
}

#[test]
fn b7_204_and_304_have_no_body_and_no_length() {
    for status in [204, 304] {
        for headers in [
            &[][..],
            &[("content-length", "5")],
            &[("content-length", "0")],
        ] {
            let bodies: [fn() -> Body; 5] = [
                Body::empty,
                || Body::from("null\n"),
                || Body::from_chunks(["a"]),
                || Body::from_chunks(std::iter::repeat("endless")),
                || Script::new([failure("never seen")]).body(),
            ];
            for body in bodies {
                for request in [get("/"), head("/")] {
                    let (answer, log) = logged(|| ask(status_with(status, headers, body), request));
                    assert_eq!(answer.status, status);
                    assert_eq!(answer.header("content-length"), None);
                    assert!(answer.is_bodyless);
                    assert_eq!(answer.length, None);
                    log.assert_no_fault();
                }
            }
        }
    }
}

#[test]
fn b7_205_says_that_it_is_empty() {
    for headers in [&[][..], &[("content-length", "5")]] {
        let bodies: [fn() -> Body; 3] = [
            Body::empty,
            || Body::from("12345"),
            || Body::from_chunks(["a"]),
        ];
        for body in bodies {
            let answer = ask(status_with(205, headers, body), get("/"));
            assert_eq!(answer.lines("content-length"), ["0"]);
            assert!(answer.is_bodyless);
        }
    }
}

#[test]
fn b7_a_late_start_with_204_closes_the_body() {
    let app = app_fn(|_, start_response: StartResponse| async move {
        Ok(Body::from_producer(async move |mut writer| {
            start_response.start(204, NONE)?;
            writer.write("not sent").await?;
            Ok(())
        }))
    });
    let answer = ask(app, get("/"));
    assert_eq!(answer.status, 204);
    assert!(answer.is_bodyless);
}

#[test]
fn b8_an_error_in_mid_stream_reaches_the_host_behind_a_pending() {
    let gateway = Gateway::new(answering(&[], || {
        Script::new([data("one"), failure("late")]).body()
    }));
    let response = run(gateway.handle(environ(&gateway, get("/"))));
    let mut frames = Frames::new(response.into_body());
    assert_eq!(frames.data(), "one");
    // The host writes what it has when there is nothing ready.
    frames.assert_pending();
    assert_eq!(frames.wakes.count(), 1);
    assert_eq!(frames.next().unwrap().unwrap_err().to_string(), "late");
    assert!(frames.next().is_none());
    assert!(frames.is_end_stream());
}

#[test]
fn b9_a_panic_is_a_500_before_commit_and_an_abort_after() {
    let calls = app_fn(|_, _| async { panic!("in the app") });
    let (answer, log) = logged(|| ask(calls, get("/")));
    answer.assert_clean_500();
    log.assert_one("B9", "in the app");

    let first = answering(&[], || {
        Body::from_chunks(std::iter::from_fn(|| -> Option<&str> { panic!("early") }))
    });
    let (answer, log) = logged(|| ask(first, get("/")));
    answer.assert_clean_500();
    log.assert_one("B9", "early");

    let late = answering(&[], || {
        Body::from_producer(async |mut writer| {
            writer.write("one").await?;
            panic!("late {}", 1)
        })
    });
    let (answer, log) = logged(|| ask(late, get("/")));
    assert_eq!(answer.text(), "one");
    answer.assert_aborted();
    log.assert_one("B9", "late 1");
}

#[test]
fn b9_a_panic_before_there_is_a_future_is_a_500() {
    struct Early;
    impl App for Early {
        fn call(
            &self,
            _: Environ,
            _: StartResponse,
        ) -> impl Future<Output = Result<Body, Error>> + Send {
            if true {
                panic!("early");
            }
            async { Ok(Body::empty()) }
        }
    }
    ask(Early, get("/")).assert_clean_500();
    ask(Early.boxed(), get("/")).assert_clean_500();
}

#[test]
fn b9_other_requests_live_on() {
    let gateway = Gateway::new(view(async |environ: Environ| {
        assert_ne!(environ.path_info(), "/panic");
        "fine"
    }));
    for target in ["/panic", "/", "/panic", "/"] {
        let answer = support::ask_gateway(&gateway, get(target));
        assert_eq!(answer.status, if target == "/" { 200 } else { 500 });
    }
}

#[test]
fn b10_bytes_pass_untouched() {
    let bytes: Vec<u8> = (0..=255)
        .chain(*b"\r\n\r\nHTTP/1.1 200 OK\r\n0\r\n\r\n")
        .collect();
    let sent = bytes.clone();
    let app = answering(&[], move || Body::from(sent.clone()));
    assert_eq!(ask(app, get("/")).chunks.concat(), bytes);
    let sent = bytes.clone();
    let app = answering(&[], move || Body::from_chunks([sent.clone(), sent.clone()]));
    assert_eq!(
        ask(app, get("/")).chunks.concat(),
        [&*bytes, &*bytes].concat()
    );
}

/// A request that can take trailers, whatever the head declares.
fn get_over_http2(target: &str) -> Request<()> {
    let request = Request::get(target).version(Version::HTTP_2);
    request.body(()).unwrap()
}

#[test]
fn b11_http_1_sends_declared_trailers_to_clients_that_ask() {
    let frames = || Script::new([data("x"), trailers([("x-a", "1"), ("x-b", "2")])]).body();
    let ask = |version, te: Option<&str>, head: &'static [(&'static str, &'static str)]| {
        let mut request = Request::get("/").version(version);
        if let Some(te) = te {
            request = request.header("te", te);
        }
        ask(answering(head, frames), request.body(()).unwrap()).trailers
    };
    let declared: &[_] = &[("trailer", "x-a")];
    let sent = ask(Version::HTTP_11, Some("trailers"), declared).unwrap();
    assert_eq!(
        (sent.len(), &sent["x-a"]),
        (1, &"1".parse::<HeaderValue>().unwrap())
    );
    assert_eq!(ask(Version::HTTP_11, None, declared), None);
    assert_eq!(ask(Version::HTTP_11, Some("gzip"), declared), None);
    assert_eq!(ask(Version::HTTP_11, Some("trailers"), &[]), None);
    assert_eq!(ask(Version::HTTP_10, Some("trailers"), declared), None);
    assert_eq!(ask(Version::HTTP_2, None, &[]).unwrap().len(), 2);
}

#[test]
fn b11_trailers_pass_and_what_cannot_trail_is_dropped() {
    let app = answering(&[], || {
        Script::new([
            data("x"),
            trailers([
                ("x-sum", "1"),
                ("content-length", "5"),
                ("transfer-encoding", "chunked"),
                ("set-cookie", "a=1"),
                ("host", "x"),
            ]),
        ])
        .body()
    });
    let answer = ask(app, get_over_http2("/"));
    let trailers_sent = answer.trailers.unwrap();
    assert_eq!(trailers_sent.len(), 1);
    assert_eq!(trailers_sent["x-sum"], "1");
    // None left: no empty block.
    let app = answering(&[], || {
        Script::new([data("x"), trailers([("host", "x")])]).body()
    });
    assert_eq!(ask(app, get_over_http2("/")).trailers, None);
}

#[test]
fn b11_trailers_may_be_all_there_is() {
    let app = answering(&[], || Script::new([trailers([("x-sum", "1")])]).body());
    let answer = ask(app, get_over_http2("/"));
    assert_eq!(answer.status, 200);
    assert!(answer.chunks.is_empty());
    assert!(!answer.is_bodyless);
    assert_eq!(answer.trailers.unwrap()["x-sum"], "1");
}

#[test]
fn b11_nothing_follows_the_trailers() {
    let app = answering(&[], || {
        Script::new([
            trailers([("x-sum", "1")]),
            data("behind"),
            failure("behind"),
        ])
        .body()
    });
    let answer = ask(app, get_over_http2("/"));
    assert!(answer.chunks.is_empty());
    assert!(answer.error.is_none());
}

#[test]
fn b11_a_push_producer_writes_trailers() {
    let app = answering(&[], || {
        Body::from_producer(async |mut writer| {
            writer.write("x").await?;
            let map = [("x-sum".parse()?, "1".parse()?)].into_iter().collect();
            writer.trailers(map).await?;
            Ok(())
        })
    });
    let answer = ask(app, get_over_http2("/"));
    assert_eq!(answer.text(), "x");
    assert_eq!(answer.trailers.unwrap()["x-sum"], "1");
}

fn nested(inner: impl App + Clone, request: Request<()>) -> Answer {
    let outer = view(move |environ: Environ| {
        let inner = inner.clone();
        async move { inner.respond(environ).await }
    });
    let twice = view(move |environ| {
        let outer = outer.clone();
        async move {
            let response: Response = outer.respond(environ).await?;
            Ok::<_, Error>((response, [("x-outer", "1")]))
        }
    });
    ask(twice, request)
}

#[test]
fn respond_nests_and_keeps_b1() {
    let failing = Arc::new(answering(&[], || {
        Script::new([None, failure("private")]).body()
    }));
    let (answer, log) = logged(|| nested(failing, get("/")));
    answer.assert_clean_500();
    log.assert_one("B1", "private");

    let late = Arc::new(answering(&[("x-a", "1")], || {
        Script::new([data("one"), failure("late")]).body()
    }));
    let (answer, log) = logged(|| nested(late, get("/")));
    assert_eq!(answer.text(), "one");
    assert_eq!(answer.header("x-a"), Some("1"));
    assert_eq!(answer.header("x-outer"), Some("1"));
    answer.assert_aborted();
    log.assert_one("B8", "late");
}

#[test]
fn respond_carries_lengths_trailers_and_head() {
    let sized = || {
        Arc::new(answering(&[], || {
            Script::new([data("12"), data("3"), trailers([("x-t", "1")])])
                .exact(3)
                .body()
        }))
    };
    let answer = nested(sized(), get_over_http2("/"));
    assert_eq!(answer.length, Some(3));
    assert_eq!(answer.trailers.as_ref().unwrap()["x-t"], "1");
    let answer = nested(sized(), head("/"));
    assert_eq!(answer.header("content-length"), Some("3"));
    assert!(answer.is_bodyless);
    let short = Arc::new(answering(&[("content-length", "5")], || {
        Body::from_chunks(["123"])
    }));
    let (answer, log) = logged(|| nested(short, get_over_http2("/")));
    answer.assert_aborted();
    log.assert_one("B5", "");
}

#[test]
fn respond_carries_a_flush() {
    let app = Arc::new(answering(&[], || {
        Script::new([None, None, None, data("x")])
            .body()
            .commit_early()
    }));
    let outer = view(move |environ: Environ| {
        let app = app.clone();
        async move { app.respond(environ).await }
    });
    let gateway = Gateway::new(outer);
    let mut driver = Poller::new(gateway.handle(environ(&gateway, get("/"))));
    let std::task::Poll::Ready(response) = driver.poll() else {
        panic!("not committed");
    };
    assert_eq!(read(response).text(), "x");
}

#[test]
fn a_body_is_handed_on_without_another_box() {
    let body = Body::new(Body::from("text"));
    assert_eq!(format!("{body:?}"), "Body::Full(4 bytes)");
    let collected = run(Body::from_chunks(["a", "", "b"]).collect()).unwrap();
    assert_eq!(collected.to_bytes(), "ab");
}

#[test]
fn b5_nothing_is_sent_where_no_length_was_declared_for_it() {
    let bodies: [fn() -> Body; 3] = [
        || Body::from("x"),
        || Body::from_chunks(["x"]),
        || Body::from("x").on_close(|| ()),
    ];
    for body in bodies {
        let (answer, log) = logged(|| ask(answering(&[("content-length", "0")], body), get("/")));
        assert_eq!(answer.lines("content-length"), ["0"]);
        assert!(answer.is_bodyless);
        log.assert_one("B5", "longer than the declared 0 bytes");
    }
}

#[test]
fn b5_a_body_that_breaks_its_own_word_is_held_to_it() {
    // Longer: cut, and logged by whoever cuts.
    let long = || Arc::new(answering(&[], || Script::chunks(["12345"]).exact(2).body()));
    for nests in [false, true] {
        let (answer, log) = logged(|| {
            if nests {
                nested(long(), get("/"))
            } else {
                ask(long(), get("/"))
            }
        });
        assert_eq!((answer.length, &*answer.text()), (Some(2), "12"));
        log.assert_one("B5", "longer than the declared 2 bytes");
    }
    // Shorter: nothing there is a 500, some is an abort.
    let none = answering(&[], || Script::chunks([""]).exact(5).body());
    let (answer, log) = logged(|| ask(none, get("/")));
    answer.assert_clean_500();
    log.assert_one("B5", "has 0 bytes, but 5 were declared");
    let some = answering(&[], || Script::chunks(["1"]).exact(5).body());
    let (answer, log) = logged(|| ask(some, get("/")));
    answer.assert_aborted();
    log.assert_one("B5", "has 1 bytes, but 5 were declared");
}

#[test]
fn an_ended_body_stays_ended() {
    let mut turns = 0;
    let unfused = std::iter::from_fn(move || {
        turns += 1;
        (turns != 2).then_some("x")
    });
    let mut frames = Frames::new(Body::from_chunks(unfused));
    assert_eq!(frames.data(), "x");
    assert!(frames.next().is_none());
    assert!(frames.next().is_none());
    let mut bytes = Frames::new(Body::from("x"));
    assert_eq!(bytes.data(), "x");
    assert!(bytes.is_end_stream());
    assert!(bytes.next().is_none());
}
