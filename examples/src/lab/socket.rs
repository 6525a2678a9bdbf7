//! Apps that switch to WebSocket, and to a protocol of their own.

use gateway_core::{Body, Duplex, Environ, Error, HttpError, Response, TryIntoResponse};
use gateway_util::EnvironExt;
use gateway_util::websocket::{self, Acceptor, Limits};

use super::query::number;

const MESSAGES: u64 = 1024 * 1024;
const MESSAGE_SIZE: u64 = 1024 * 1024;
/// The messages that are echoed and sent.
const LONGEST: usize = 16 * 1024 * 1024;

/// An echo. `?protocol=a,b` sets the subprotocols, `?close=4000` closes with that code after the
/// first message, `?count=3&size=10` sends that many messages of that size, and then closes.
pub(super) async fn ws(environ: Environ) -> Result<Response, HttpError> {
    let count = number(&environ, "count", 0, 0..=MESSAGES)?;
    let size = number(&environ, "size", 16, 0..=MESSAGE_SIZE)?;
    let code = number(&environ, "close", 0, 0..=4999)?;
    let limits = Limits::default()
        .message(LONGEST)
        .frame(LONGEST)
        .sent(LONGEST);
    let query = environ.query();
    let protocols = query.get("protocol").unwrap_or_default().split(',');
    let protocols = protocols.filter(|protocol| !protocol.is_empty());
    let acceptor = Acceptor::new().protocols(protocols).limits(limits);
    acceptor.accept(&environ)?.run(async move |mut socket| {
        if count > 0 {
            let message = ".".repeat(usize::try_from(size)?);
            for _ in 0..count {
                socket.send(message.clone()).await?;
            }
            return Ok(());
        }
        while let Some(message) = socket.recv().await? {
            if code > 0 {
                let code = u16::try_from(code)?;
                return Ok(socket.close(code, "as it was asked for").await?);
            }
            socket.send(message).await?;
        }
        Ok(())
    })
}

/// Declines, with a page of its own.
pub(super) async fn ws_refuse(_: Environ) -> impl TryIntoResponse {
    ("No WebSocket for you.\n", 403)
}

/// Fails after the first message: the client gets 1011, and the log the cause (U9).
pub(super) async fn ws_fail(environ: Environ) -> Result<Response, HttpError> {
    websocket::accept(&environ)?.run(async |mut socket| {
        socket.recv().await?;
        Err(Error::msg("the private cause of ws/fail"))
    })
}

/// Panics after the first message: the connection ends, and the process runs on (U9).
#[expect(clippy::panic, reason = "it is what is tried here")]
pub(super) async fn ws_panic(environ: Environ) -> Result<Response, HttpError> {
    websocket::accept(&environ)?.run(async |mut socket| {
        socket.recv().await?;
        panic!("the private cause of ws/panic")
    })
}

/// A protocol of its own: the bytes are echoed unchanged. A host that cannot switch to it offers
/// nothing, and the response is a 426.
pub(super) async fn upgrade(environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    if !environ.offers_upgrade("echo") {
        return Err(HttpError::new(426).with_description("This speaks echo only."));
    }
    Ok(Body::upgrade("echo", echo))
}

async fn echo(mut stream: Duplex) -> Result<(), Error> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..read]).await?;
    }
}
