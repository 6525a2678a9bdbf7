//! Streams behind a switch of protocols.

use gateway_conformance::wire::http1::Http1Connection;
use gateway_conformance::wire::http2::Http2Connection;
use gateway_conformance::wire::{End, Framing, WireRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::http2_server::h2_server;
use crate::server::{answers, read_head, serve};

const SWITCH: &str =
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n";

fn offer() -> WireRequest {
    let request = WireRequest::get("/").header("connection", "upgrade");
    request.header("upgrade", "x")
}

#[tokio::test]
async fn behind_a_101_bytes_are_no_longer_http() {
    let address = serve(async |mut stream| {
        read_head(&mut stream).await;
        let both = [SWITCH, "HTTP/1.1 early"].concat();
        stream.write_all(both.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        stream.read_to_end(&mut read).await.unwrap();
        stream.write_all(&read).await.unwrap();
    })
    .await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    connection.send_request(&offer()).await.unwrap();
    assert_eq!(connection.read_head("GET").await.unwrap().status, 101);
    let early = connection.read_switched().await.unwrap();
    assert_eq!(early.unwrap(), "HTTP/1.1 early");
    connection.send("echo").await.unwrap();
    connection.half_close().await.unwrap();
    assert_eq!(connection.end(), None);
    assert_eq!(connection.read_switched().await.unwrap().unwrap(), "echo");
    assert_eq!(connection.read_switched().await.unwrap(), None);
    assert_eq!(connection.end(), Some(End::Truncated));
}

#[tokio::test]
async fn a_reset_of_a_switched_stream_is_seen() {
    let address = serve(async |mut stream| {
        read_head(&mut stream).await;
        stream.write_all(SWITCH.as_bytes()).await.unwrap();
        stream.read_u8().await.unwrap();
        stream.set_zero_linger().unwrap();
    })
    .await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    connection.send_request(&offer()).await.unwrap();
    connection.read_head("GET").await.unwrap();
    connection.send("x").await.unwrap();
    assert_eq!(connection.read_switched().await.unwrap(), None);
    assert_eq!(connection.end(), Some(End::Reset(None)));
}

#[tokio::test]
async fn a_connection_that_was_not_switched_has_no_such_stream() {
    let address = answers(["HTTP/1.1 204 No Content\r\n\r\n"]).await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    assert!(connection.read_switched().await.unwrap_err().is_request());
    connection.send_request(&offer()).await.unwrap();
    connection.read_head("GET").await.unwrap();
    assert!(connection.read_switched().await.unwrap_err().is_request());
}

fn connect() -> WireRequest {
    let request = WireRequest::new("CONNECT", "/chat");
    request.protocol("websocket").streamed()
}

#[tokio::test]
async fn an_extended_connect_has_a_protocol_and_a_path() {
    let address = serve(async |stream| {
        let mut builder = h2::server::Builder::new();
        let builder = builder.enable_connect_protocol();
        let mut connection = builder.handshake::<_, bytes::Bytes>(stream).await.unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            let protocol = request.extensions().get::<h2::ext::Protocol>().unwrap();
            let said = format!("{} {}", protocol.as_str(), request.uri().path());
            let mut sender = respond
                .send_response(http::Response::new(()), false)
                .unwrap();
            sender.send_data(said.into(), true).unwrap();
        }
    })
    .await;
    let mut connection = Http2Connection::open(address).await.unwrap();
    assert!(connection.takes_extended_connect().await.unwrap());
    let response = connection.request(&connect()).await.unwrap();
    assert_eq!(response.text(), "websocket /chat");
    assert_eq!(response.framing, Framing::Frames);
}

#[tokio::test]
async fn a_server_that_takes_no_extended_connect_is_sent_none() {
    let address = h2_server(async |_, _| {}).await;
    let mut connection = Http2Connection::open(address).await.unwrap();
    assert!(!connection.takes_extended_connect().await.unwrap());
    let error = connection.request(&connect()).await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
}
