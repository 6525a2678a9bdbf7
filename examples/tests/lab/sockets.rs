//! WebSocket and other switches, over sockets, by a client of another project.

use examples::Stack;
use futures_util::{SinkExt, StreamExt};
use gateway_conformance::wire::{Protocol, WireRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::{Server, send};

type Socket = WebSocketStream<TcpStream>;

async fn open(server: Server, path: &str, protocols: &str) -> Result<Socket, tungstenite::Error> {
    let stream = TcpStream::connect(server.address).await?;
    let mut request = format!("ws://{}{path}", server.address).into_client_request()?;
    if !protocols.is_empty() {
        let protocols = protocols.parse().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocols);
    }
    let (socket, response) = client_async(request, stream).await?;
    let chosen = response.headers().get("sec-websocket-protocol");
    // The server's order counts.
    let expected = (!protocols.is_empty()).then_some("a");
    assert_eq!(chosen.map(|name| name.to_str().unwrap()), expected);
    Ok(socket)
}

/// What the server says, up to its Close.
async fn heard(socket: &mut Socket) -> (Vec<String>, Option<CloseFrame>) {
    let mut heard = Vec::new();
    while let Some(message) = socket.next().await {
        match message {
            Ok(Message::Text(text)) => heard.push(text.to_string()),
            Ok(Message::Close(frame)) => return (heard, frame),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    (heard, None)
}

async fn an_echo_and_its_parameters(server: Server) {
    let mut socket = open(server, "/lab/ws?protocol=a,b", "b,a").await.unwrap();
    for text in ["one", "two"] {
        socket.send(Message::text(text)).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text(text));
    }
    let close = CloseFrame {
        code: 4001.into(),
        reason: "mine".into(),
    };
    socket.close(Some(close)).await.unwrap();
    let (_, frame) = heard(&mut socket).await;
    assert_eq!(u16::from(frame.unwrap().code), 4001);

    let mut socket = open(server, "/lab/ws?close=4000", "").await.unwrap();
    socket.send(Message::text("now")).await.unwrap();
    let (_, frame) = heard(&mut socket).await;
    assert_eq!(u16::from(frame.unwrap().code), 4000);

    let mut socket = open(server, "/lab/ws?count=3&size=10", "").await.unwrap();
    let (messages, frame) = heard(&mut socket).await;
    assert_eq!(messages, ["..........", "..........", ".........."]);
    assert_eq!(u16::from(frame.unwrap().code), 1000);
}

async fn a_failure_and_a_panic_end_the_socket(server: Server) {
    let mut socket = open(server, "/lab/ws/fail", "").await.unwrap();
    socket.send(Message::text("x")).await.unwrap();
    let (_, frame) = heard(&mut socket).await;
    assert_eq!(u16::from(frame.unwrap().code), 1011);
    let mut socket = open(server, "/lab/ws/panic", "").await.unwrap();
    socket.send(Message::text("x")).await.unwrap();
    heard(&mut socket).await;
    // The process runs on.
    open(server, "/lab/ws", "").await.unwrap();
}

async fn an_offer_is_declined_with_a_body(server: Server) {
    let error = open(server, "/lab/ws/refuse", "").await.unwrap_err();
    let tungstenite::Error::Http(response) = error else {
        panic!("{error}");
    };
    assert_eq!(response.status(), 403);
    // tungstenite reads no further than the head.
    for protocol in Protocol::ALL {
        let request = WireRequest::get("/lab/ws/refuse");
        let response = send(server, protocol, &request).await;
        assert_eq!(response.text(), "No WebSocket for you.\n");
        let response = send(server, protocol, &WireRequest::get("/lab/ws")).await;
        assert_eq!(response.status, 426);
    }
}

async fn those_in_a_room_hear_each_other(server: Server) {
    let room = format!("/lab/ws/chat?room={}", server.stack);
    let mut ada = open(server, &format!("{room}&name=ada"), "").await.unwrap();
    let mut bob = open(server, &format!("{room}&name=bob"), "").await.unwrap();
    let mut eve = open(server, "/lab/ws/chat?room=other&name=eve", "")
        .await
        .unwrap();
    // Whoever hears their own words is in the room.
    for (socket, name) in [(&mut ada, "ada"), (&mut bob, "bob"), (&mut eve, "eve")] {
        socket.send(Message::text("here")).await.unwrap();
        loop {
            let message = socket.next().await.unwrap().unwrap();
            if message == Message::text(format!("{name}: here")) {
                break;
            }
        }
    }
    bob.send(Message::text("hello")).await.unwrap();
    loop {
        let message = ada.next().await.unwrap().unwrap();
        if message == Message::text("bob: hello") {
            break;
        }
        assert_eq!(message, Message::text("bob: here"));
    }
    eve.send(Message::text("alone")).await.unwrap();
    assert_eq!(
        eve.next().await.unwrap().unwrap(),
        Message::text("eve: alone")
    );
}

async fn a_protocol_of_its_own(server: Server) {
    let mut client = TcpStream::connect(server.address).await.unwrap();
    let offer =
        "GET /lab/upgrade HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nearly";
    client.write_all(offer.as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    // U1: actix can switch to WebSocket only.
    if server.stack == Stack::Actix {
        assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
        return;
    }
    let (head, stream) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 101 "), "{answer}");
    assert_eq!(stream, "early");
}

on_every_stack!(
    an_echo_and_its_parameters,
    a_failure_and_a_panic_end_the_socket,
    an_offer_is_declined_with_a_body,
    those_in_a_room_hear_each_other,
    a_protocol_of_its_own,
);
