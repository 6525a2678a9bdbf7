//! Servers that say what they are told to.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Accepts one connection and hands it to `script`.
pub(crate) async fn serve<F>(script: impl FnOnce(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        script(stream).await;
    });
    address
}

/// Answers the requests of one connection with these bytes, one after the other, then
/// waits for the client to close and closes.
pub(crate) async fn answers<const N: usize>(answers: [&'static str; N]) -> SocketAddr {
    serve(async move |mut stream| {
        for answer in answers {
            read_head(&mut stream).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await
}

/// Answers one request and closes without waiting.
pub(crate) async fn answers_and_closes(answer: &'static str) -> SocketAddr {
    serve(async move |mut stream| {
        read_head(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
    })
    .await
}

/// Reads up to the empty line.
pub(crate) async fn read_head(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    head
}
