use std::time::Duration;

use gateway_conformance::wire::http1::Http1Connection;
use gateway_conformance::wire::{End, Framing, WireError, WireRequest, WireResponse};
use tokio::io::AsyncWriteExt;
use tokio::sync::oneshot;

use crate::server::{answers_and_closes, read_head, serve};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

async fn read_chunked(body: &str) -> Result<WireResponse, WireError> {
    let answer = format!("{CHUNKED}{body}");
    let address = serve(async move |mut stream| {
        read_head(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    connection.request(&WireRequest::get("/")).await
}

#[tokio::test]
async fn chunks_and_trailers_are_given_as_framed() {
    let body = "3\r\nabc\r\n0A;note=\"x\"\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n";
    let response = read_chunked(body).await.unwrap();
    assert_eq!(response.framing, Framing::Chunked);
    assert_eq!(response.chunks, ["abc", "0123456789"]);
    assert_eq!(response.text(), "abc0123456789");
    assert_eq!(response.trailer("x-sum"), Some("1"));
    assert_eq!(response.end, End::Complete);
}

#[tokio::test]
async fn chunks_against_the_grammar_are_malformed() {
    for bad in [
        "x\r\n",
        "-1\r\n",
        "0x1\r\na\r\n0\r\n\r\n",
        "\r\n0\r\n\r\n",
        "1 \r\na\r\n0\r\n\r\n",
        "1;\r\na\r\n0\r\n\r\n",
        "1\na\r\n0\r\n\r\n",
        "1\r\nab\r\n0\r\n\r\n",
        "1\r\na0\r\n\r\n",
        "ffffffffffffffff\r\n",
        "11111111111111111\r\n",
        "0\r\nno colon\r\n\r\n",
    ] {
        let error = read_chunked(bad).await.unwrap_err();
        assert!(error.is_malformed(), "{bad:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_chunked_body_without_its_terminator_is_truncated() {
    for (body, chunks) in [
        ("", &[][..]),
        ("3\r\nabc\r\n", &["abc"]),
        ("3\r\nabc\r\n0\r\n", &["abc"]),
        ("3\r\nabc\r\n0\r\nx-sum: 1\r\n", &["abc"]),
        ("3\r\nabc\r\n4\r\nde", &["abc", "de"]),
        ("3\r\nabc\r\n4", &["abc"]),
        ("3\r\nabc", &["abc"]),
    ] {
        let response = read_chunked(body).await.unwrap();
        assert_eq!(response.end, End::Truncated, "{body:?}");
        assert_eq!(response.chunks, chunks, "{body:?}");
        assert_eq!(response.text(), chunks.concat(), "{body:?}");
    }
}

#[tokio::test]
async fn a_body_shorter_than_its_length_is_truncated() {
    let address = answers_and_closes("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc").await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(
        (response.end, response.text().as_str()),
        (End::Truncated, "abc")
    );
}

#[tokio::test]
async fn a_reset_is_told_from_a_close() {
    for head in [CHUNKED, "HTTP/1.1 200 OK\r\n\r\n"] {
        let (go, gone) = oneshot::channel::<()>();
        let address = serve(async move |mut stream| {
            read_head(&mut stream).await;
            stream.write_all(head.as_bytes()).await.unwrap();
            // A reset discards what the client has not read yet.
            gone.await.unwrap();
            stream.set_zero_linger().unwrap();
        })
        .await;
        let mut connection = Http1Connection::open(address).await.unwrap();
        connection
            .send_request(&WireRequest::get("/"))
            .await
            .unwrap();
        connection.read_head("GET").await.unwrap();
        go.send(()).unwrap();
        assert_eq!(
            connection.finish().await.unwrap().end,
            End::Reset(None),
            "{head:?}"
        );
    }
}

#[tokio::test]
async fn a_first_chunk_is_seen_before_the_rest_exists() {
    for (head, first, rest) in [
        (CHUNKED, "2\r\nab\r\n", "1\r\nc\r\n0\r\n\r\n"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n", "ab", "c"),
        ("HTTP/1.1 200 OK\r\n\r\n", "ab", "c"),
    ] {
        let (go, gate) = oneshot::channel::<()>();
        let address = serve(async move |mut stream| {
            read_head(&mut stream).await;
            stream
                .write_all(format!("{head}{first}").as_bytes())
                .await
                .unwrap();
            gate.await.unwrap();
            stream.write_all(rest.as_bytes()).await.unwrap();
        })
        .await;
        let mut connection = Http1Connection::open(address).await.unwrap();
        connection
            .send_request(&WireRequest::get("/"))
            .await
            .unwrap();
        assert_eq!(connection.read_head("GET").await.unwrap().status, 200);
        assert_eq!(connection.read_chunk().await.unwrap().unwrap(), "ab");
        // A call that timed out loses nothing.
        connection.set_deadline(Duration::from_millis(1));
        assert!(connection.read_chunk().await.unwrap_err().is_timeout());
        connection.set_deadline(Duration::from_secs(10));
        go.send(()).unwrap();
        assert_eq!(connection.read_chunk().await.unwrap().unwrap(), "c");
        assert_eq!(connection.read_chunk().await.unwrap(), None);
        let response = connection.finish().await.unwrap();
        assert_eq!(
            (response.text().as_str(), response.end),
            ("abc", End::Complete)
        );
    }
}
