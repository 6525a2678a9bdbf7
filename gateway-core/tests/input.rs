//! I: the input.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use bytes::Bytes;
use gateway_core::{Body, Environ, Error, Input, InputError, view};
use http::Request;
use http_body::Body as _;
use http_body_util::BodyExt;

mod support;
use support::{Frames, Script, ask, data, failure, get, logged, run, trailers};

/// A POST with a streamed body and perhaps a declared length.
fn post(declared: Option<&str>, body: Script) -> Request<Input> {
    let mut request = Request::post("/");
    if let Some(length) = declared {
        request = request.header("content-length", length);
    }
    request.body(body.input()).unwrap()
}

fn input(declared: Option<&str>, body: Script) -> Input {
    Environ::from_request(post(declared, body)).take_input()
}

fn read_all(mut input: Input) -> Result<Bytes, InputError> {
    run(input.bytes(1 << 20))
}

#[test]
fn i1_a_get_with_no_body_ends_at_once() {
    let mut input = Environ::from_request(get("/")).take_input();
    assert!(input.is_end_stream());
    for _ in 0..3 {
        assert!(run(input.chunk()).unwrap().is_none());
    }
}

#[test]
fn i1_input_ends_at_its_declared_length() {
    for frames in [
        vec!["12345", "67"],
        vec!["123", "", "4567"],
        vec!["12345"],
        vec!["", "1", "2345", "6"],
    ] {
        let mut input = input(Some("5"), Script::chunks(frames));
        assert_eq!(input.size_hint().exact(), Some(5));
        assert_eq!(run(input.bytes(100)).unwrap(), "12345");
        for _ in 0..3 {
            assert!(
                run(input.chunk()).unwrap().is_none(),
                "the end stays the end"
            );
        }
    }
    let mut empty = input(Some("0"), Script::chunks(["x"]));
    assert!(run(empty.chunk()).unwrap().is_none());
}

#[test]
fn i2_a_body_of_no_declared_length_is_read_to_its_end() {
    let mut input = input(
        None,
        Script::new([data("a"), None, data(""), data("b"), None]),
    );
    assert_eq!(input.size_hint().exact(), None);
    assert_eq!(run(input.bytes(100)).unwrap(), "ab");
    assert!(run(input.chunk()).unwrap().is_none());
}

#[test]
fn i3_a_body_cut_short_is_an_error_that_stays() {
    for frames in [
        vec![data("123")],
        vec![],
        vec![None, data("1"), trailers([("x-t", "1")])],
    ] {
        let mut input = input(Some("5"), Script::new(frames));
        let error = run(input.bytes(100)).unwrap_err();
        assert!(error.is_incomplete());
        assert!(!error.is_too_large());
        for _ in 0..3 {
            assert!(run(input.chunk()).unwrap_err().is_incomplete());
        }
        assert_eq!(input.size_hint().exact(), None);
    }
}

#[test]
fn i3_a_transport_error_is_an_error_that_stays() {
    let mut input = input(
        None,
        Script::new([data("1"), failure("reset"), data("behind")]),
    );
    assert_eq!(run(input.chunk()).unwrap().unwrap(), "1");
    for _ in 0..3 {
        let error = run(input.chunk()).unwrap_err();
        assert!(error.is_transport() && !error.is_incomplete() && !error.is_too_large());
        assert_eq!(
            std::error::Error::source(&error).unwrap().to_string(),
            "reset"
        );
    }
}

#[test]
fn i3_a_broken_body_is_a_400_and_no_fault_of_the_app() {
    let app =
        || view(async |mut environ: Environ| Ok::<_, Error>(environ.input_mut().bytes(100).await?));
    let (answer, log) = logged(|| ask(app(), post(Some("5"), Script::chunks(["123"]))));
    assert_eq!(answer.status, 400);
    log.assert_no_fault();
    // Echoed, too: the error is that of the body, before its first chunk.
    let echo = view(async |mut environ: Environ| Body::new(environ.take_input()));
    let (answer, log) = logged(|| ask(echo, post(None, Script::new([failure("reset")]))));
    assert_eq!(answer.status, 400);
    log.assert_no_fault();
    // And behind it.
    let (answer, log) =
        logged(|| ask(echo, post(None, Script::new([data("x"), failure("reset")]))));
    assert_eq!((answer.status, &*answer.text()), (200, "x"));
    answer.assert_aborted();
    log.assert_no_fault();
}

#[test]
fn i4_a_read_past_the_limit_is_a_413() {
    let app = view(async |mut environ: Environ| {
        environ.input_mut().limit(5);
        Ok::<_, Error>(environ.input_mut().bytes(1000).await?)
    });
    let app = std::sync::Arc::new(app);
    for (declared, chunks, status) in [
        (Some("5"), vec!["12345"], 200),
        (Some("6"), vec!["123456"], 413),
        (None, vec!["123", "45"], 200),
        // Exactly after the bound.
        (None, vec!["123", "456"], 413),
        (None, vec!["12345", "", "6"], 413),
    ] {
        let answer = ask(app.clone(), post(declared, Script::chunks(chunks.clone())));
        assert_eq!(answer.status, status, "{declared:?} {chunks:?}");
    }
}

#[test]
fn i4_the_lower_limit_counts() {
    let mut input = input(None, Script::chunks(["123", "4", "5"]));
    input.limit(4);
    input.limit(10);
    assert_eq!(run(input.chunk()).unwrap().unwrap(), "123");
    input.limit(2);
    assert_eq!(run(input.chunk()).unwrap().unwrap(), "4");
    for _ in 0..2 {
        let error = run(input.chunk()).unwrap_err();
        assert!(error.is_too_large());
        assert!(!error.is_incomplete() && !error.is_transport());
        assert!(error.to_string().contains("4 bytes"), "{error}");
    }
}

#[test]
fn i4_bytes_in_hand_are_limited_too() {
    let mut environ = Environ::from_request(Request::post("/").body("12345").unwrap());
    let mut input = environ.take_input();
    assert!(run(input.bytes(4)).unwrap_err().is_too_large());
    let mut exact = Environ::from_request(Request::post("/").body("12345").unwrap());
    assert_eq!(run(exact.input_mut().bytes(5)).unwrap(), "12345");
    // The app has its own copy of neither.
    assert!(run(exact.input_mut().chunk()).unwrap().is_none());
}

#[test]
fn i4_over_the_limit_after_commit_aborts() {
    let app = view(async |mut environ: Environ| {
        environ.input_mut().limit(3);
        Body::new(environ.take_input())
    });
    let answer = ask(app, post(None, Script::chunks(["123", "4"])));
    assert_eq!((answer.status, &*answer.text()), (200, "123"));
    answer.assert_aborted();
}

#[test]
fn i7_trailers_are_readable_after_the_end() {
    for declared in [None, Some("5")] {
        let frames = [data("123"), data("45"), trailers([("x-sum", "1")])];
        let mut input = input(declared, Script::new(frames));
        assert!(run(input.chunk()).unwrap().is_some());
        assert!(input.trailers().is_none());
        assert_eq!(run(input.bytes(100)).unwrap(), "45");
        assert_eq!(input.trailers().unwrap()["x-sum"], "1");
    }
}

#[test]
fn i7_an_echo_passes_trailers_on() {
    let echo = view(async |mut environ: Environ| Body::new(environ.take_input()));
    let frames = [data("123"), trailers([("x-sum", "1")])];
    let mut request = post(None, Script::new(frames));
    *request.version_mut() = http::Version::HTTP_2;
    let answer = ask(echo, request);
    assert_eq!(answer.text(), "123");
    assert_eq!(answer.trailers.unwrap()["x-sum"], "1");
    let mut input = input(None, Script::new([trailers([("x-sum", "1")])]));
    let mut frames = Frames::new(&mut input);
    assert!(frames.next().unwrap().unwrap().is_trailers());
    assert!(frames.next().is_none());
}

#[test]
fn an_input_taken_leaves_an_empty_one() {
    let mut environ = Environ::from_request(Request::post("/").body("text").unwrap());
    let taken = environ.take_input();
    assert!(environ.input_mut().is_end_stream());
    assert_eq!(read_all(taken).unwrap(), "text");
    environ.set_input(Input::new(Body::from("another")));
    assert_eq!(read_all(environ.take_input()).unwrap(), "another");
}

#[test]
fn an_input_is_a_stream_and_a_body() {
    use futures_util::TryStreamExt;
    let chunks: Vec<Bytes> =
        run(input(None, Script::chunks(["a", "", "b"])).try_collect()).unwrap();
    assert_eq!(chunks, ["a", "b"]);
    let collected = run(input(None, Script::chunks(["a", "b"])).collect()).unwrap();
    assert_eq!(collected.to_bytes(), "ab");
}

#[test]
fn text_that_is_not_utf8_is_a_400() {
    let request = Request::post("/").body(&b"\xFF"[..]).unwrap();
    let error = run(Environ::from_request(request).take_input().text(10)).unwrap_err();
    assert_eq!(error.status(), 400);
    let request = Request::post("/").body("12345").unwrap();
    let error = run(Environ::from_request(request).take_input().text(4)).unwrap_err();
    assert_eq!(error.status(), 413);
}

#[cfg(feature = "json")]
#[test]
fn json_of_another_shape_is_a_400_that_hides_why() {
    let read = |body: &'static str| {
        let request = Request::post("/").body(body).unwrap();
        run(Environ::from_request(request)
            .take_input()
            .json::<Vec<u32>>(10))
    };
    assert_eq!(read("[1,2]").unwrap(), [1, 2]);
    for body in ["", "{}", "[1", "[1]x"] {
        let error = read(body).unwrap_err();
        assert_eq!(error.status(), 400, "{body}");
        assert!(std::error::Error::source(&error).is_some());
    }
    assert_eq!(read("[1,2,3,4,5,6]").unwrap_err().status(), 413);
}

#[cfg(feature = "tokio")]
#[test]
fn the_reader_gives_every_byte_and_the_error() {
    use tokio::io::AsyncReadExt;
    let mut reader = input(None, Script::chunks(["123", "", "4567"])).reader();
    run(async {
        let mut two = [0; 2];
        assert_eq!(reader.read(&mut []).await?, 0);
        reader.read_exact(&mut two).await?;
        assert_eq!(&two, b"12");
        let mut rest = String::new();
        reader.read_to_string(&mut rest).await?;
        assert_eq!(rest, "34567");
        assert_eq!(reader.read(&mut two).await?, 0);
        Ok::<_, std::io::Error>(())
    })
    .unwrap();

    let mut short = input(Some("5"), Script::chunks(["123"])).reader();
    let mut all = Vec::new();
    for _ in 0..2 {
        let error = run(short.read_to_end(&mut all)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    }
    assert_eq!(all, b"123");
    let mut large = input(None, Script::chunks(["123"]));
    large.limit(2);
    let error = run(large.reader().read_to_end(&mut all)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
    let inner = error.get_ref().unwrap().downcast_ref::<InputError>();
    assert!(inner.unwrap().is_too_large());
}

#[test]
fn i1_what_lies_behind_the_declared_length_is_not_asked_for_ever() {
    // Frames that never end, ready at once.
    let endless = Body::from_chunks(std::iter::repeat("123"));
    let mut environ = Environ::from_request(
        Request::post("/")
            .header("content-length", "5")
            .body(endless)
            .unwrap(),
    );
    assert_eq!(run(environ.input_mut().bytes(100)).unwrap(), "12312");
    // Endless empty chunks let other tasks run.
    let empty = Body::from_chunks(std::iter::repeat(""));
    let mut environ = Environ::from_request(Request::post("/").body(empty).unwrap());
    let mut read = support::Poller::new(environ.input_mut().chunk());
    for polls in 1..=3 {
        read.assert_pending();
        assert_eq!(read.wakes(), polls);
    }
}

#[test]
fn i1_bytes_in_hand_are_held_to_the_declared_length() {
    let input = |declared: &str| {
        let request = Request::post("/").header("content-length", declared);
        Environ::from_request(request.body("12345").unwrap()).take_input()
    };
    assert_eq!(read_all(input("5")).unwrap(), "12345");
    let longer = input("3");
    assert_eq!(longer.size_hint().exact(), Some(3));
    assert_eq!(read_all(longer).unwrap(), "123");
    // I3.
    assert!(read_all(input("6")).unwrap_err().is_incomplete());
}

#[test]
fn i2_a_transfer_coding_overrides_a_content_length() {
    let request = Request::post("/")
        .header("content-length", "3")
        .header("transfer-encoding", "chunked");
    let body = Script::chunks(["12", "345"]).input();
    let mut environ = Environ::from_request(request.body(body).unwrap());
    assert_eq!(environ.content_length(), None);
    assert_eq!(environ.get("CONTENT_LENGTH"), None);
    assert!(
        !environ
            .vars()
            .iter()
            .any(|(key, _)| key == "CONTENT_LENGTH")
    );
    assert!(!environ.headers().contains_key("content-length"));
    assert_eq!(run(environ.input_mut().bytes(100)).unwrap(), "12345");
}

#[test]
fn i4_a_declared_length_is_one_number() {
    let declared = |values: &[&str]| {
        let mut request = Request::post("/");
        for value in values {
            request = request.header("content-length", *value);
        }
        Environ::from_request(request.body(()).unwrap()).content_length()
    };
    for values in [
        &["5"][..],
        &["5, 5"],
        &["5", "5"],
        &[" 5 "],
        &["05"],
        &["5,5", "5"],
    ] {
        assert_eq!(declared(values), Some(5), "{values:?}");
    }
    for values in [
        &["+5"][..],
        &["-5"],
        &[""],
        &["5x"],
        &["5, 6"],
        &["5", "6"],
        &["5,"],
        &["5 5"],
        &["x", "5"],
    ] {
        assert_eq!(declared(values), None, "{values:?}");
    }
    assert_eq!(declared(&["99999999999999999999999"]), Some(u64::MAX));
}

#[test]
fn i7_nothing_follows_the_trailers() {
    let frames = [data("1"), trailers([("x-t", "1")]), data("behind")];
    let mut input = input(None, Script::new(frames));
    assert_eq!(run(input.bytes(100)).unwrap(), "1");
    assert!(run(input.chunk()).unwrap().is_none());
}
