//! `test_wrappers.py`: bodies of responses.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use gateway_core::{AppExt, Body, Environ, Error, Response, ResponseExt, TryIntoResponse, view};
use gateway_util::{Conditions, blocking_writer};
use http::Request;

use crate::common::{answer, environ, get, with};

async fn bytes(response: Response) -> Bytes {
    response.into_body().bytes().await.unwrap()
}

#[test]
fn test_response_streamed() {
    for whole in [
        "".try_into_response().unwrap(),
        "Hello World".try_into_response().unwrap(),
    ] {
        assert!(whole.body().buffered().is_some());
    }
    let stream = Body::from_chunks(["foo", "bar"])
        .try_into_response()
        .unwrap();
    assert!(stream.body().buffered().is_none());
}

#[tokio::test]
async fn test_response_iter_wrapping() {
    use http_body_util::BodyExt as _;

    let body = Body::from_chunks(["foo", "bar"]).wrap(|body| {
        body.map_frame(|frame| frame.map_data(|data| Bytes::from(data.to_ascii_uppercase())))
    });
    assert_eq!(bytes(body.try_into_response().unwrap()).await, "FOOBAR");
}

#[tokio::test]
async fn test_response_content_length_uses_encode() {
    let answer = answer(view(async |_| "\u{4f60}\u{597d}"), get("/")).await;
    assert_eq!(answer.header("content-length"), Some("6"));
}

#[tokio::test]
async fn test_new_response_iterator_behavior() {
    let whole = answer(view(async |_| "Hello W\u{f6}rld!"), get("/")).await;
    assert_eq!(whole.header("content-length"), Some("13"));
    let pieces = answer(
        view(async |_| Body::from_chunks(["Hello ", "W\u{f6}rld!"])),
        get("/"),
    )
    .await;
    assert_eq!(pieces.header("content-length"), None);
    assert_eq!(pieces.text(), "Hello W\u{f6}rld!");
    // Read into memory, it has its length.
    let response = Body::from_chunks(["Hello ", "W\u{f6}rld!"])
        .try_into_response()
        .unwrap();
    let read = Body::from(bytes(response).await);
    assert_eq!(read.known_len(), Some(13));
}

#[tokio::test]
async fn test_auto_content_length() {
    let answer = answer(view(async |_| "Hello World!"), get("/")).await;
    assert_eq!(answer.header("content-length"), Some("12"));
}

/// What is written has no length before its end: it is sent as it comes (B4).
#[tokio::test]
async fn test_stream_content_length() {
    let app = view(async |_| {
        Body::from_producer(async |mut writer| {
            for word in ["foo", "bar", "baz"] {
                writer.write(word).await?;
            }
            Ok(())
        })
    });
    let written = answer(app, get("/")).await;
    assert_eq!(
        (written.header("content-length"), written.text()),
        (None, "foobarbaz")
    );
}

#[tokio::test]
async fn test_response_stream() {
    let app = blocking_writer(|_, start, writer| {
        start.start(200, [("content-type", "text/plain")])?;
        writer.write_all(b"Hello ")?;
        writer.write_all(b"World!")?;
        Ok(())
    });
    assert_eq!(answer(app, get("/")).await.text(), "Hello World!");
}

#[tokio::test]
async fn test_write_length() {
    let app = blocking_writer(|_, start, writer| {
        start.start(200, [("content-type", "text/plain")])?;
        let written = writer.write(b"bar")?;
        writer.write_all(written.to_string().as_bytes())?;
        Ok(())
    });
    assert_eq!(answer(app, get("/")).await.text(), "bar3");
}

/// What wants a `std::io::Write` of its own, as an archive does, finds one.
#[tokio::test]
async fn test_stream_zip() {
    let app = blocking_writer(|_, start, writer| {
        start.start(200, [("content-type", "application/octet-stream")])?;
        let mut archive = std::io::BufWriter::new(writer);
        for n in 0..1000 {
            writeln!(archive, "{n}")?;
        }
        archive.flush()?;
        Ok(())
    });
    let expected: String = (0..1000).map(|n| format!("{n}\n")).collect();
    assert_eq!(answer(app, get("/")).await.text(), expected);
}

/// A body is closed once, with its callbacks, whether anyone read it or not.
#[tokio::test]
async fn test_base_response_close_call_forwarding() {
    let closed = Arc::new(AtomicUsize::new(0));
    let counted = |closed: &Arc<AtomicUsize>| {
        let closed = closed.clone();
        move || {
            closed.fetch_add(1, Ordering::Relaxed);
        }
    };
    let response = Body::from_chunks(["x"])
        .on_close(counted(&closed))
        .try_into_response();
    let response = response.unwrap().on_close(counted(&closed));
    assert_eq!(bytes(response).await, "x");
    assert_eq!(closed.load(Ordering::Relaxed), 2);
    let unread = Body::from_chunks(["x"])
        .on_close(counted(&closed))
        .try_into_response();
    drop(unread.unwrap());
    assert_eq!(closed.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn test_range_request_without_complete_length() {
    let stream = Body::from_chunks(["Hello ", "World"])
        .try_into_response()
        .unwrap();
    let conditions = Conditions::of(&environ(with("/", &[("range", "bytes=0-10")])));
    let response = conditions.apply_with_ranges(stream);
    assert_eq!(response.status(), 200);
    assert_eq!(bytes(response).await, "Hello World");
}

/// What is no range is ignored (RFC 9110 section 14.2); one that is not there is 416.
#[tokio::test]
async fn test_invalid_range_request() {
    for (range, status) in [("bytes=-", 200), ("bytes=99-", 416)] {
        let conditions = Conditions::of(&environ(with("/", &[("range", range)])));
        let response = conditions.apply_with_ranges("Hello World".try_into_response().unwrap());
        assert_eq!(response.status(), status, "{range}");
    }
}

#[cfg(feature = "files")]
#[tokio::test]
async fn test_range_request_with_file() {
    let temp = crate::common::TempDir::new();
    let file = gateway_util::SendFile::new(temp.file("test.txt", "FOUND\n"));
    let asked = environ(with("/", &[("range", "bytes=0-0")]));
    let response = file.respond(&asked).await.unwrap();
    assert_eq!(response.status(), 206);
    assert_eq!(response.headers()["content-range"], "bytes 0-0/6");
    assert_eq!(bytes(response).await, "F");
}

#[cfg(feature = "files")]
#[tokio::test]
async fn test_range_request_with_complete_file() {
    let temp = crate::common::TempDir::new();
    let file = gateway_util::SendFile::new(temp.file("test.txt", "FOUND\n"));
    let asked = environ(with("/", &[("range", "bytes=0-5")]));
    let response = file.respond(&asked).await.unwrap();
    assert_eq!(response.status(), 206);
    assert_eq!(response.headers()["content-range"], "bytes 0-5/6");
    assert_eq!(bytes(response).await, "FOUND\n");
}

/// Another app's answer is a value like any other.
#[tokio::test]
async fn test_type_forcing() {
    let inner = view(async |_| ("Hello World!", 201, [("x-own", "1")]));
    let environ = Environ::from_request(Request::new(()));
    let response = inner.respond(environ).await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["x-own"], "1");
    assert_eq!(bytes(response).await, "Hello World!");
    assert!(
        inner
            .respond(Environ::from_request(Request::new(())))
            .await
            .is_ok()
    );
    let refused: Result<Response, Error> = None::<&str>.try_into_response();
    assert!(refused.is_err());
}
