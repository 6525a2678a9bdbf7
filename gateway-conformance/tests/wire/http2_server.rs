//! HTTP/2 servers: the engine's, and frames written by hand.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::serve;

/// Serves one connection; each request is handed to `handle` in its own task.
pub(crate) async fn h2_server<F>(
    handle: impl Fn(http::Request<RecvStream>, SendResponse<Bytes>) -> F + Send + 'static,
) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    serve(async move |stream| {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((request, respond))) = connection.accept().await {
            tokio::spawn(handle(request, respond));
        }
    })
    .await
}

/// Answers the first stream with these frames, hand-written, and then each PING until
/// the client ends.
pub(crate) async fn frames(frames: &'static [&'static [u8]]) -> SocketAddr {
    serve(async move |mut stream| {
        begin(&mut stream, frames).await;
        while let Ok((mut header, payload)) = read_frame(&mut stream).await {
            if header[3] == 6 {
                header[4] = 1;
                stream
                    .write_all(&[&header[..], &payload].concat())
                    .await
                    .unwrap();
            }
        }
    })
    .await
}

/// Reads up to the first request's HEADERS and answers with these frames.
pub(crate) async fn begin(stream: &mut TcpStream, frames: &[&[u8]]) {
    stream.read_exact(&mut [0; 24]).await.unwrap();
    stream
        .write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0])
        .await
        .unwrap();
    while read_frame(stream).await.unwrap().0[3] != 1 {}
    stream.write_all(&frames.concat()).await.unwrap();
}

async fn read_frame(stream: &mut TcpStream) -> std::io::Result<([u8; 9], Vec<u8>)> {
    let mut header = [0; 9];
    stream.read_exact(&mut header).await?;
    let mut payload = vec![0; u16::from_be_bytes([header[1], header[2]]).into()];
    stream.read_exact(&mut payload).await?;
    Ok((header, payload))
}

/// HEADERS with `:status: 200`.
pub(crate) const OK: &[u8] = &[0, 0, 1, 1, 0x4, 0, 0, 0, 1, 0x88];
/// HEADERS with `:status: 200` and END_STREAM.
pub(crate) const OK_END: &[u8] = &[0, 0, 1, 1, 0x5, 0, 0, 0, 1, 0x88];
/// HEADERS with `:status: 204`.
pub(crate) const EMPTY: &[u8] = &[0, 0, 1, 1, 0x4, 0, 0, 0, 1, 0x89];
/// DATA without bytes.
pub(crate) const DATA_0: &[u8] = &[0, 0, 0, 0, 0x0, 0, 0, 0, 1];
/// DATA with two bytes.
pub(crate) const DATA_2: &[u8] = &[0, 0, 2, 0, 0x0, 0, 0, 0, 1, b'a', b'b'];
/// DATA without bytes and with END_STREAM.
pub(crate) const END: &[u8] = &[0, 0, 0, 0, 0x1, 0, 0, 0, 1];
/// RST_STREAM (INTERNAL_ERROR).
pub(crate) const RESET: &[u8] = &[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 2];
