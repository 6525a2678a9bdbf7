//! Apps whose responses take time.

use std::time::Duration;

use bytes::Bytes;
use gateway_core::{Body, Environ, Error, HttpError, StartResponse, TryIntoResponse};
use tokio::time::sleep;

use super::query::number;

const CHUNKS: u64 = 1024 * 1024;
const CHUNK_SIZE: u64 = 1024 * 1024;
const DELAY_MS: u64 = 60_000;

/// This many chunks of one size, with a pause before all but the first.
pub(super) async fn stream(environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    let chunks = number(&environ, "chunks", 10, 0..=CHUNKS)?;
    let size = number(&environ, "size", 16, 1..=CHUNK_SIZE)?;
    let delay = Duration::from_millis(number(&environ, "delay_ms", 0, 0..=DELAY_MS)?);
    let body = Body::from_producer(async move |mut writer| {
        // All share one chunk, because a clone shares its bytes.
        let chunk = chunk(size);
        for nth in 0..chunks {
            if nth > 0 && !delay.is_zero() {
                sleep(delay).await;
            }
            writer.write(chunk.clone()).await?;
        }
        Ok(())
    });
    Ok((body, [("Content-Type", "text/plain; charset=utf-8")]))
}

/// A line of this many bytes, with its end.
fn chunk(size: u64) -> Bytes {
    let mut line = vec![b'.'; usize::try_from(size).unwrap_or_default()];
    if let Some(last) = line.last_mut() {
        *last = b'\n';
    }
    line.into()
}

/// Server-sent events: `n` of them, or without end. The head is sent before the first one.
pub(super) async fn events(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let last = number(&environ, "n", u64::MAX, 0..=u64::MAX)?;
    let delay = Duration::from_millis(number(&environ, "delay_ms", 500, 0..=DELAY_MS)?);
    let headers = [
        ("Content-Type", "text/event-stream"),
        ("Cache-Control", "no-store"),
    ];
    start_response.start(200, headers)?;
    start_response.commit_early();
    // When the client leaves, the body is dropped, and this ends at its await.
    Ok(Body::from_producer(async move |mut writer| {
        for id in 1..=last {
            sleep(delay).await;
            writer
                .write(format!("id: {id}\ndata: event {id}\n\n"))
                .await?;
        }
        Ok(())
    }))
}

/// A body that the app writes to.
pub(super) async fn push(_: Environ) -> impl TryIntoResponse {
    let body = Body::from_producer(async |mut writer| {
        for line in ["one\n", "two\n", "three\n"] {
            writer.write(line).await?;
        }
        Ok(())
    });
    (body, [("Content-Type", "text/plain; charset=utf-8")])
}

/// A response after a while.
pub(super) async fn slow(environ: Environ) -> Result<String, HttpError> {
    let delay = number(&environ, "ms", 1000, 0..=DELAY_MS)?;
    sleep(Duration::from_millis(delay)).await;
    Ok(format!("after {delay} ms\n"))
}
