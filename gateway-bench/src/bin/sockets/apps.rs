//! The echoes as views.

use gateway_core::{Body, Duplex, Environ, Error, HttpError, Response, TryIntoResponse};
use gateway_util::websocket;

use crate::BUFFER;

/// Of messages.
pub(crate) async fn messages(environ: Environ) -> Result<Response, HttpError> {
    websocket::accept(&environ)?.run(async |mut socket| {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    })
}

/// Of bytes. actix-web switches to no other name than this one.
pub(crate) async fn bytes(environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    if !environ.offers_upgrade("websocket") {
        return Err(HttpError::new(426));
    }
    Ok(Body::upgrade("websocket", copy))
}

async fn copy(mut stream: Duplex) -> Result<(), Error> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..read]).await?;
    }
}
