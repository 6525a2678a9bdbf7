//! Files, and streaming bodies.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use gateway_core::{App, AppExt, BoxApp, Environ, HttpError, Response, TryIntoResponse, view};
use gateway_util::Mount;
use gateway_util::{Event, EventError, EventStream, JsonLines, SendFile, StaticDir, read_body};
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::time::sleep;

use super::TEXT;
use crate::routes::Routes;

/// The served files: in the sources, where the program was built.
const PUBLIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/public");

const A_MOMENT: Duration = Duration::from_millis(200);

pub(super) fn app() -> impl App {
    let routes = Routes::new()
        .at("/send-file", view(send_file))
        .at("/download", view(download))
        .at("/events", view(events))
        .at("/json-lines", view(json_lines))
        .at("/reader", view(reader));
    Mount::new().at("/public", static_dir()).fallback(routes)
}

/// A file with its type, tag and date: whole, in part, or 304.
async fn send_file(environ: Environ) -> Result<Response, HttpError> {
    let path = format!("{PUBLIC}/poem.txt");
    SendFile::new(path).respond(&environ).await
}

/// A file under another name, as a download.
async fn download(environ: Environ) -> Result<Response, HttpError> {
    let path = format!("{PUBLIC}/poem.txt");
    let file = SendFile::new(path).attachment("Gedicht für Ada.txt");
    file.respond(&environ).await
}

/// A directory as an app: with an index and types by extension, and no path out of it.
fn static_dir() -> BoxApp {
    match StaticDir::new(PUBLIC) {
        Ok(dir) => dir.boxed(),
        // The sources were moved.
        Err(error) => HttpError::not_found().with_source(error).boxed(),
    }
}

/// Server-sent events. The head is sent at once, and comments keep a quiet stream alive.
pub(super) async fn events(_: Environ) -> impl TryIntoResponse {
    let ticks = stream::iter(1..=4).then(async |n: u32| {
        sleep(A_MOMENT).await;
        let tick = Event::data(format!("tick {n}")).id(n.to_string())?;
        Ok::<_, EventError>(tick.retry(Duration::from_secs(5)))
    });
    EventStream::new(ticks).keep_alive(Duration::from_secs(15))
}

/// JSON, one value per line, each as soon as it is ready.
async fn json_lines(_: Environ) -> impl TryIntoResponse {
    let rows = stream::iter(1..=3).then(async |n: u32| {
        sleep(A_MOMENT).await;
        Ok::<_, Infallible>(json!({ "n": n, "square": n * n }))
    });
    JsonLines::new(rows)
}

/// A body from any reader.
async fn reader(_: Environ) -> impl TryIntoResponse {
    let reader = tokio::io::repeat(b'.').take(70);
    (read_body(reader.chain(&b"\n"[..])), [TEXT])
}
