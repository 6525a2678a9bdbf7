//! `Peer`: a WebSocket client that this project did not write, over HTTP/1.1 and HTTP/2.

use futures_util::{SinkExt, StreamExt};
use gateway_conformance::wire::http2::Http2Connection;
use gateway_conformance::wire::{Protocol, WireRequest};
use serde_json::Value;
use stacks::TestServer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

pub(super) struct Peer {
    socket: WebSocketStream<Box<dyn Io>>,
    protocol: Option<String>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    Json(Value),
    Close(u16),
    End,
}

impl Heard {
    pub(super) fn json(value: Value) -> Self {
        Self::Json(value)
    }
}

impl Peer {
    /// Opens a socket, or gives the status of the refusal.
    pub(super) async fn open(
        server: &TestServer,
        protocol: Protocol,
        subprotocols: &str,
    ) -> Result<Self, u16> {
        Self::open_from(server, protocol, subprotocols, None).await
    }

    /// As a page of another origin.
    pub(super) async fn open_from(
        server: &TestServer,
        protocol: Protocol,
        subprotocols: &str,
        origin: Option<&str>,
    ) -> Result<Self, u16> {
        let mut headers = Vec::new();
        if !subprotocols.is_empty() {
            headers.push(("sec-websocket-protocol", subprotocols));
        }
        headers.extend(origin.map(|origin| ("origin", origin)));
        match protocol {
            Protocol::Http1 => Self::open_http1(server, &headers).await,
            Protocol::Http2 => Self::open_http2(server, &headers).await,
        }
    }

    async fn open_http1(
        server: &TestServer,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        let stream = TcpStream::connect(server.address()).await.unwrap();
        let url = format!("ws://{}/api/graphql", server.address());
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream: Box<dyn Io> = Box::new(stream);
        match client_async(request, stream).await {
            Ok((socket, response)) => {
                let protocol = response.headers().get("sec-websocket-protocol");
                let protocol = protocol.map(|name| name.to_str().unwrap().to_owned());
                Ok(Self { socket, protocol })
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            // tungstenite fails a connection whose subprotocol is not there.
            Err(error) => panic!("{error}"),
        }
    }

    async fn open_http2(
        server: &TestServer,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        let mut connection = Http2Connection::open(server.address()).await.unwrap();
        assert!(connection.takes_extended_connect().await.unwrap());
        let mut request = WireRequest::new("CONNECT", "/api/graphql")
            .protocol("websocket")
            .streamed()
            .header("sec-websocket-version", "13");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut stream = connection.open_stream(&request).await.unwrap();
        let head = stream.head().await.unwrap();
        if head.status != 200 {
            return Err(head.status);
        }
        let protocol = head.header("sec-websocket-protocol").map(str::to_owned);
        let (client, mut pipe) = tokio::io::duplex(64 << 10);
        tokio::spawn(async move {
            let _open = connection;
            let mut buffer = vec![0; 16 << 10];
            loop {
                tokio::select! {
                    read = pipe.read(&mut buffer) => match read {
                        Ok(count @ 1..) => {
                            let data = buffer[..count].to_vec();
                            if stream.send(data).is_err() {
                                return;
                            }
                        }
                        _ => {
                            // The server may have ended it.
                            let _ = stream.end();
                            return;
                        }
                    },
                    chunk = stream.chunk() => match chunk {
                        Ok(Some(chunk)) => {
                            let _ = stream.release(chunk.len());
                            if pipe.write_all(&chunk).await.is_err() {
                                return;
                            }
                        }
                        _ => return,
                    },
                }
            }
        });
        let client: Box<dyn Io> = Box::new(client);
        let socket = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
        Ok(Self { socket, protocol })
    }

    pub(super) fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// Sends a message. That it fails is heard afterwards.
    pub(super) async fn say(&mut self, message: Value) {
        let _ = self.socket.send(Message::text(message.to_string())).await;
    }

    pub(super) async fn close(&mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        self.socket.close(Some(frame)).await.unwrap();
    }

    /// The next thing that the server says.
    pub(super) async fn heard(&mut self) -> Heard {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Heard::Json(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Close(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::End,
            }
        }
    }

    /// The last thing that the server says: a Close, or the end.
    pub(super) async fn last(&mut self) -> Heard {
        loop {
            match self.heard().await {
                Heard::Json(_) => {}
                heard => return heard,
            }
        }
    }
}
