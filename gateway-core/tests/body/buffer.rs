//! Bodies that are read whole and stay open (L2).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use gateway_core::{App, AppExt, Body, BufferError, Environ, Error, HttpError, StartResponse};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::support::{Script, ask, data, failure, get, head, run, trailers};
use super::{NONE, answering};

/// A flag, and a callback that sets it.
fn flag() -> (
    Arc<AtomicBool>,
    impl Fn(Body) -> Body + Send + Sync + Clone + 'static,
) {
    let flag = Arc::new(AtomicBool::new(false));
    let shared = flag.clone();
    let closing = move |body: Body| {
        let flag = shared.clone();
        body.on_close(move || flag.store(true, Ordering::SeqCst))
    };
    (flag, closing)
}

/// A middleware that buffers, and sends every byte twice.
struct Doubled<A>(A);

impl<A: App> App for Doubled<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let response = self.0.respond(environ).await?;
        let (parts, body) = response.into_parts();
        let body = body.buffer(1024).await?;
        let bytes = body.buffered().unwrap_or_default();
        start_response.start(parts.status, parts.headers)?;
        Ok(body.with_bytes(bytes.repeat(2)))
    }
}

#[test]
fn l2_a_buffered_and_changed_body_is_closed_after_its_last_byte() {
    type Make = fn() -> Body;
    let bodies: [Make; 3] = [
        || Body::from("ab"),
        || Body::from_chunks(["a", "", "b"]),
        || Body::from_producer(async |mut writer| Ok(writer.write("ab").await?)),
    ];
    for make in bodies {
        let (closed, closing) = flag();
        let app = Doubled(answering(&[], move || closing(make())));
        let response = run(app.respond(Environ::from_request(get("/")))).unwrap();
        assert!(!closed.load(Ordering::SeqCst), "before the head was sent");

        let mut body = response.into_body();
        assert_eq!(body.size_hint().exact(), Some(4));
        let frame = run(body.frame()).unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "abab");
        assert!(!closed.load(Ordering::SeqCst), "before the host is done");
        drop(body);
        assert!(closed.load(Ordering::SeqCst));
    }
}

#[test]
fn l2_the_gateway_sends_a_buffered_body_with_its_length_and_closes_it() {
    let (closed, closing) = flag();
    let app = Doubled(answering(&[], move || {
        closing(Body::from_chunks(["a", "b"]))
    }));
    let answer = ask(app, get("/"));
    assert_eq!((answer.text(), answer.length), ("abab".into(), Some(4)));
    assert!(closed.load(Ordering::SeqCst));

    let (closed, closing) = flag();
    let app = Doubled(answering(&[], move || {
        closing(Body::from_chunks(["a", "b"]))
    }));
    assert_eq!(ask(app, head("/")).text(), "");
    assert!(closed.load(Ordering::SeqCst));
}

#[test]
fn m1_trailers_survive_buffering_and_other_bytes() {
    let script = Script::new([data("one"), data("two"), trailers([("x-sum", "1")])]);
    let body = run(script.body().buffer(6)).unwrap();
    assert_eq!(body.buffered().as_deref(), Some(&b"onetwo"[..]));
    assert!(!body.is_end_stream());
    let body = body.on_close(|| {}).with_bytes("x");
    assert_eq!(body.known_len(), Some(1));
    let collected = run(body.collect()).unwrap();
    assert_eq!(collected.trailers().unwrap()["x-sum"], "1");
    assert_eq!(collected.to_bytes(), "x");
}

#[test]
fn l2_a_body_in_memory_with_a_callback_is_buffered() {
    let (closed, closing) = flag();
    let body = closing(closing(Body::from("text")));
    assert_eq!(body.buffered().as_deref(), Some(&b"text"[..]));
    let body = run(body.buffer(4)).unwrap().with_bytes("other");
    assert_eq!(body.buffered().as_deref(), Some(&b"other"[..]));
    assert!(!closed.load(Ordering::SeqCst));
    assert_eq!(run(body.bytes()).unwrap(), "other");
    assert!(closed.load(Ordering::SeqCst), "bare bytes close the body");
}

#[test]
fn l2_other_bytes_in_place_of_a_stream_leave_it_unread() {
    let (closed, closing) = flag();
    let body = closing(Script::new([failure("read")]).body()).with_bytes("page");
    assert_eq!(body.buffered().as_deref(), Some(&b"page"[..]));
    assert!(!closed.load(Ordering::SeqCst));
    assert_eq!(run(body.bytes()).unwrap(), "page");
    assert!(closed.load(Ordering::SeqCst));
}

#[test]
fn b3_buffering_is_bounded() {
    let error = |body: Body, limit| run(body.buffer(limit)).unwrap_err();
    let endless = || Body::from_chunks(std::iter::repeat("abc"));
    for (body, limit) in [
        (Body::from("abc"), 2),
        (Body::from_chunks(["ab", "c"]), 2),
        (endless(), 1000),
        (endless(), 0),
    ] {
        let (closed, closing) = flag();
        let error: BufferError = error(closing(body), limit);
        assert!(error.is_too_large() && !error.is_body_error());
        assert!(error.to_string().contains(&limit.to_string()), "{error}");
        assert!(closed.load(Ordering::SeqCst));
        assert_eq!(Error::from(error).status(), 500);
    }
    // Of a body that knows that it is too long nothing is read.
    let known = http_body_util::Full::new(Bytes::from_static(b"abc"));
    assert!(error(Body::new(known), 2).is_too_large());
    assert!(run(Body::empty().buffer(0)).is_ok());
    assert!(run(Body::from_chunks(["ab", "c"]).buffer(3)).is_ok());
}

#[test]
fn b1_the_error_of_a_buffered_body_keeps_its_answer() {
    let failing = || Body::from_producer(async |_| Err(HttpError::not_found().into()));
    let error = run(failing().buffer(9)).unwrap_err();
    assert!(error.is_body_error() && !error.is_too_large());
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(HttpError::from(error).status(), 404);

    let app = |_: Environ, start_response: StartResponse| async move {
        start_response.start(200, NONE)?;
        let body = Body::from_producer(async |_| Err(HttpError::not_found().into()));
        Ok(body.buffer(9).await?)
    };
    assert_eq!(ask(gateway_core::app_fn(app), get("/")).status, 404);

    let error = run(Script::new([failure("private")]).body().buffer(9)).unwrap_err();
    assert_eq!(error.try_into_body_error().unwrap().to_string(), "private");
}

#[test]
fn l2_a_body_beyond_the_limit_streams_on_with_callbacks_and_trailers() {
    let script = || {
        let sum = trailers([("x-sum", "1")]);
        Script::new([data("one"), data("two"), data("three"), sum])
    };
    for limit in 0..13 {
        let (closed, closing) = flag();
        let body = run(closing(script().body()).buffer_or_stream(limit)).unwrap();
        assert_eq!(body.buffered().is_some(), limit >= 11, "{limit}");
        assert!(!closed.load(Ordering::SeqCst), "{limit}: before it is sent");
        let mut body = body;
        let mut bytes = Vec::new();
        let sum = loop {
            let frame = run(body.frame()).unwrap().unwrap();
            match frame.into_data() {
                Ok(data) => bytes.extend_from_slice(&data),
                Err(frame) => break frame.into_trailers().unwrap(),
            }
        };
        assert_eq!(bytes, b"onetwothree");
        assert_eq!(sum["x-sum"], "1");
        drop(body);
        assert!(closed.load(Ordering::SeqCst), "{limit}");
    }
}

#[test]
fn b3_no_more_than_the_limit_and_a_chunk_is_read() {
    let endless = || Body::from_chunks(std::iter::repeat("abc"));
    let mut body = run(endless().buffer_or_stream(7)).unwrap();
    let frame = run(body.frame()).unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "abcabcabc");
    let frame = run(body.frame()).unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "abc");

    // Nothing is read of what commits early, and of what is known to be longer.
    let early = Script::new([failure("read")]).body().commit_early();
    assert!(run(early.buffer_or_stream(9)).unwrap().commits_early());
    let known = Body::new(http_body_util::Full::new(Bytes::from_static(b"abc")));
    assert_eq!(run(known.buffer_or_stream(2)).unwrap().known_len(), Some(3));
    let switch = Body::upgrade("echo", async |_| Ok(()));
    let switch = run(switch.buffer_or_stream(2)).unwrap();
    assert_eq!(switch.upgrade_protocol(), Some("echo"));
}

#[test]
fn b4_a_length_beyond_the_limit_that_is_known_too_late_stays_true() {
    /// Three bytes, whose length is known after the first.
    struct Late(u8);

    impl http_body::Body for Late {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Error>>> {
            self.0 += 1;
            let frame = http_body::Frame::data(Bytes::from_static(b"x"));
            std::task::Poll::Ready((self.0 <= 3).then_some(Ok(frame)))
        }

        fn size_hint(&self) -> http_body::SizeHint {
            match self.0 {
                0 => http_body::SizeHint::new(),
                read => http_body::SizeHint::with_exact(u64::from(3_u8.saturating_sub(read))),
            }
        }
    }
    let body = run(Body::new(Late(0)).buffer_or_stream(1)).unwrap();
    assert_eq!((body.buffered(), body.known_len()), (None, Some(3)));
    assert_eq!(run(body.bytes()).unwrap(), "xxx");
}

#[test]
fn b1_an_error_within_the_limit_keeps_its_answer_and_a_later_one_aborts() {
    let failing = || Script::new([data("abc"), failure("private")]).body();
    let error = run(failing().buffer_or_stream(3)).unwrap_err();
    assert!(error.is_body_error());
    let mut body = run(failing().buffer_or_stream(2)).unwrap();
    assert_eq!(
        run(body.frame()).unwrap().unwrap().into_data().unwrap(),
        "abc"
    );
    assert_eq!(
        run(body.frame()).unwrap().unwrap_err().to_string(),
        "private"
    );
}
