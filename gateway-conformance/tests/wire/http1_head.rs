use gateway_conformance::wire::http1::Http1Connection;
use gateway_conformance::wire::{Framing, WireError, WireRequest, WireResponse};

use crate::server::{answers, answers_and_closes};

async fn read(answer: &'static str) -> Result<WireResponse, WireError> {
    let address = answers_and_closes(answer).await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    connection.request(&WireRequest::get("/")).await
}

#[tokio::test]
async fn a_head_is_given_as_it_was() {
    let head = "HTTP/1.1 200 All  right\r\nX-One: 1\r\nset-COOKIE:a \r\nx-one:\t2\r\n\
                content-length: 2\r\n\r\n";
    let address = answers([
        "HTTP/1.1 200 All  right\r\nX-One: 1\r\nset-COOKIE:a \r\nx-one:\t2\r\n\
                content-length: 2\r\n\r\nok",
    ])
    .await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(
        (response.status, response.reason.as_str()),
        (200, "All  right")
    );
    assert_eq!(response.raw_head, head);
    assert_eq!(response.header_all("X-ONE"), ["1", "2"]);
    assert_eq!(response.header("set-cookie"), Some("a"));
    assert_eq!(
        response.spelled_names(),
        ["X-One", "set-COOKIE", "x-one", "content-length"]
    );
    assert_eq!(response.framing, Framing::Length(2));
    assert_eq!(response.text(), "ok");
    assert!(response.is_complete());
}

#[tokio::test]
async fn heads_against_the_grammar_are_malformed() {
    for bad in [
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 99 OK\r\n\r\n",
        "HTTP/1.1 20x OK\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\r\nname : value\r\n\r\n",
        "HTTP/1.1 200 OK\r\nname: a\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nname: a\rb\r\n\r\n",
        "HTTP/1.1 200 OK\r\nname: a\0b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: value\r\n\r\n",
    ] {
        let error = read(bad).await.unwrap_err();
        assert!(error.is_malformed(), "{bad:?}: {error:?}");
    }
}

#[tokio::test]
async fn contradictory_framing_is_malformed() {
    for bad in [
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\na",
        "HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let error = read(bad).await.unwrap_err();
        assert!(error.is_malformed(), "{bad:?}: {error:?}");
    }
}

#[tokio::test]
async fn framing_follows_the_rfc() {
    for (method, answer, framing, body) in [
        (
            "HEAD",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
            Framing::None,
            "",
        ),
        (
            "GET",
            "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n",
            Framing::None,
            "",
        ),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n", Framing::None, ""),
        ("CONNECT", "HTTP/1.1 200 OK\r\n\r\n", Framing::None, ""),
        (
            "GET",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            Framing::Length(0),
            "",
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: x, Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            Framing::Chunked,
            "a",
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: x\r\n\r\nabc",
            Framing::CloseDelimited,
            "abc",
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\n\r\nabc",
            Framing::CloseDelimited,
            "abc",
        ),
    ] {
        let address = answers_and_closes(answer).await;
        let mut connection = Http1Connection::open(address).await.unwrap();
        let response = connection
            .request(&WireRequest::new(method, "/"))
            .await
            .unwrap();
        assert_eq!(
            (response.framing, response.text().as_str()),
            (framing, body),
            "{answer:?}"
        );
        assert!(response.is_complete(), "{answer:?}");
        assert!(connection.rest().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_end_before_the_head_is_closed_and_says_what_came() {
    let error = read("HTTP/1.1 200 OK\r\nna").await.unwrap_err();
    assert!(error.is_closed());
    assert!(error.to_string().contains(r"200 OK\r\nna"), "{error}");
    assert!(read("").await.unwrap_err().is_closed());
}

#[tokio::test]
async fn interim_responses_are_collected() {
    let response = read(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n\
         HTTP/1.1 204 No Content\r\n\r\n",
    )
    .await
    .unwrap();
    assert_eq!(response.status, 204);
    let statuses: Vec<u16> = response.interim.iter().map(|head| head.status).collect();
    assert_eq!(statuses, [100, 103]);
    assert_eq!(response.interim[1].header("link"), Some("</a>"));
}

#[tokio::test]
async fn a_switch_of_protocols_is_final() {
    let response = read("HTTP/1.1 101 Switching Protocols\r\n\r\nraw")
        .await
        .unwrap();
    assert_eq!((response.status, response.framing), (101, Framing::None));
    assert!(response.interim.is_empty());
}
