//! Apps with errors and panics, before the head was sent and after it.

use std::io;
use std::time::Duration;

use futures_util::stream;
use gateway_core::{Body, Environ, Error};
use tokio::time::sleep;

/// Long enough for a browser to show the text before it.
const A_MOMENT: Duration = Duration::from_millis(50);

/// Fails before its first chunk: nothing was sent, so it is a 500 (B1).
pub(super) async fn fail_first(_: Environ) -> Body {
    Body::from_producer(async |_writer| Err(Error::msg("the private cause of fail-first")))
}

/// An empty chunk commits nothing (B1, B2).
pub(super) async fn fail_after_empty(_: Environ) -> Body {
    let cause = io::Error::other("the private cause of fail-after-empty");
    Body::from_stream(stream::iter([Ok(""), Err(cause)]))
}

/// Fails after a chunk was sent: the response is aborted (B8).
pub(super) async fn fail_late(_: Environ) -> Body {
    Body::from_producer(async |mut writer| {
        writer.write("the first chunk\n").await?;
        sleep(A_MOMENT).await;
        Err(Error::msg("the private cause of fail-late"))
    })
}

/// Panics before anything was sent: a 500, and the process runs on (B9).
#[expect(clippy::panic, reason = "it is what is tried here")]
pub(super) async fn panic(_: Environ) -> &'static str {
    panic!("the private cause of panic")
}

/// Panics after a chunk was sent: the response is aborted (B9).
#[expect(clippy::panic, reason = "it is what is tried here")]
pub(super) async fn panic_late(_: Environ) -> Body {
    Body::from_producer(async |mut writer| {
        writer.write("the first chunk\n").await?;
        sleep(A_MOMENT).await;
        panic!("the private cause of panic-late")
    })
}

/// An error whose cause the client must not see (B1).
pub(super) async fn error(_: Environ) -> Result<&'static str, Error> {
    Err(io::Error::other("the private cause of error"))?;
    Ok("never sent\n")
}
