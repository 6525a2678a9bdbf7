//! A small HTTP/2 gateway for extended CONNECTs: right, unless it is told to be wrong.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use gateway_conformance::app;
use gateway_core::{AppExt as _, BoxApp, Duplex, DuplexIo, Gateway, Input, Outgoing};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{Method, Request, Response};
use http_body::{Body as HttpBody, Frame};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What is wrong with an extended CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectFault {
    /// Takes every protocol for WebSocket.
    TunnelsEveryProtocol,
    /// Sends a 2xx with its body.
    OpensDeadTunnels,
    /// Shows the app the method that was sent.
    ShowsConnect,
    /// Ends the connection with an app that has failed.
    EndsConnections,
    /// Sends a type in a switch.
    TypeOn200,
}

/// Starts the gateway with the suite's app at the root.
pub(crate) async fn start(fault: Option<ConnectFault>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = Gateway::new(Arc::new(app().boxed()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, gateway.clone(), fault));
        }
    });
    address
}

async fn serve(stream: TcpStream, gateway: Gateway<Arc<BoxApp>>, fault: Option<ConnectFault>) {
    stream.set_nodelay(true).unwrap();
    let mut builder = h2::server::Builder::new();
    let builder = builder.enable_connect_protocol();
    let Ok(mut connection) = builder.handshake(stream).await else {
        return;
    };
    let failed = Arc::new(Notify::new());
    loop {
        let accepted = tokio::select! {
            accepted = connection.accept() => accepted,
            () = failed.notified() => return,
        };
        let Some(Ok((request, respond))) = accepted else {
            return;
        };
        let (gateway, failed) = (gateway.clone(), failed.clone());
        tokio::spawn(async move {
            let outcome = answer(&gateway, request, respond, fault).await;
            if outcome.is_err() && fault == Some(ConnectFault::EndsConnections) {
                failed.notify_one();
            }
        });
    }
}

/// What cannot be sent is of no interest: the client has gone.
async fn answer(
    gateway: &Gateway<Arc<BoxApp>>,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    fault: Option<ConnectFault>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (parts, received) = request.into_parts();
    let protocol = parts.extensions.get::<h2::ext::Protocol>();
    let protocol = protocol.map(|protocol| protocol.as_str().to_owned());
    let is_dead =
        parts.uri.path().contains("/u7_") && fault == Some(ConnectFault::OpensDeadTunnels);
    // An extended CONNECT has no body, but a stream.
    let (input, received) = match protocol {
        Some(_) => (Input::empty(), Some(received)),
        None => (Input::new(Received(received)), None),
    };
    let mut environ = gateway.environ(parts, input);
    match &protocol {
        Some(_) if is_dead => environ.set_request_method(Method::GET),
        Some(_) if fault == Some(ConnectFault::TunnelsEveryProtocol) => {
            environ.offer_extended_connect("websocket");
        }
        Some(protocol) => environ.offer_extended_connect(protocol),
        None => {}
    }
    if fault == Some(ConnectFault::ShowsConnect) && protocol.is_some() {
        environ.set_request_method(Method::CONNECT);
    }
    let (mut parts, mut body) = gateway.handle(environ).await.into_parts();
    let upgrade = body.take_upgrade();
    if upgrade.is_some() && fault == Some(ConnectFault::TypeOn200) {
        let html = http::HeaderValue::from_static("text/html");
        parts.headers.insert("content-type", html);
    }
    let ends = upgrade.is_none() && body.is_end_stream();
    let sender = respond.send_response(Response::from_parts(parts, ()), ends)?;
    match (upgrade, received) {
        (Some(upgrade), Some(receiver)) => {
            let stream = ConnectIo {
                receiver,
                sender,
                read: Bytes::new(),
                is_closed: false,
            };
            Ok(upgrade.run(Duplex::new(stream)).await?)
        }
        _ if ends => Ok(()),
        _ => send(sender, body).await,
    }
}

async fn send(
    mut sender: SendStream<Bytes>,
    body: Outgoing,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut body = pin!(body);
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(mut data) = frame?.into_data() else {
            continue;
        };
        while !data.is_empty() {
            let room = std::future::poll_fn(|cx| poll_room(&mut sender, cx, data.len())).await?;
            sender.send_data(data.split_to(room), false)?;
        }
    }
    Ok(sender.send_data(Bytes::new(), true)?)
}

/// Waits for room for some of so many bytes.
fn poll_room(
    sender: &mut SendStream<Bytes>,
    cx: &mut Context<'_>,
    wanted: usize,
) -> Poll<io::Result<usize>> {
    sender.reserve_capacity(wanted);
    loop {
        let room = sender.capacity().min(wanted);
        if room > 0 {
            return Poll::Ready(Ok(room));
        }
        match ready!(sender.poll_capacity(cx)) {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
            None => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

/// The body of a request.
struct Received(RecvStream);

impl HttpBody for Received {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        let data = ready!(self.0.poll_data(cx));
        Poll::Ready(data.map(|data| {
            let data = data?;
            self.0.flow_control().release_capacity(data.len())?;
            Ok(Frame::data(data))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}

/// The stream of an extended CONNECT.
struct ConnectIo {
    receiver: RecvStream,
    sender: SendStream<Bytes>,
    read: Bytes,
    is_closed: bool,
}

impl DuplexIo for ConnectIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        while self.read.is_empty() {
            match ready!(self.receiver.poll_data(cx)) {
                None => return Poll::Ready(Ok(0)),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                Some(Ok(data)) => {
                    let released = self.receiver.flow_control().release_capacity(data.len());
                    released.map_err(io::Error::other)?;
                    self.read = data;
                }
            }
        }
        let length = self.read.len().min(buffer.len());
        self.read
            .split_to(length)
            .copy_to_slice(&mut buffer[..length]);
        Poll::Ready(Ok(length))
    }

    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let room = ready!(poll_room(&mut self.sender, cx, bytes.len()))?;
        let data = Bytes::copy_from_slice(&bytes[..room]);
        let sent = self.sender.send_data(data, false);
        Poll::Ready(sent.map(|()| room).map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if std::mem::replace(&mut self.is_closed, true) {
            return Poll::Ready(Ok(()));
        }
        let ended = self.sender.send_data(Bytes::new(), true);
        Poll::Ready(ended.map_err(io::Error::other))
    }
}

impl Drop for ConnectIo {
    fn drop(&mut self) {
        // U9: half an answer must not pass for a whole one.
        if !self.is_closed {
            self.sender.send_reset(Reason::INTERNAL_ERROR);
        }
    }
}
