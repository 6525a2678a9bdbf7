//! Tower layers as middlewares, and apps that block.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use adapter_tower::TowerAppExt;
use gateway_core::{App, view};
use gateway_util::Mount;
use gateway_util::{BlockingReader, blocking, blocking_writer};
use tower_http::compression::CompressionLayer;

use super::{TEXT, files};

pub(super) fn app() -> impl App {
    Mount::new()
        .at("/compressed", compressed())
        .at("/compressed-events", compressed_events())
        .at("/blocking", blocking_app())
        .at("/blocking-writer", slow_writer())
}

/// A tower layer as a middleware: tower-http's compression.
fn compressed() -> impl App {
    let app = view(async |_| ("All work and no play.\n".repeat(100), [TEXT]));
    app.with_layer(CompressionLayer::new())
}

/// Compression does not delay events: each arrives when it is sent.
fn compressed_events() -> impl App {
    view(files::events).with_layer(CompressionLayer::new())
}

/// A synchronous function, on a thread of a bounded pool. The iterator that it returns runs there,
/// too.
fn blocking_app() -> impl App {
    let app = blocking(|mut environ, start_response| {
        let mut text = String::new();
        BlockingReader::new(environ.take_input()).read_to_string(&mut text)?;
        start_response.start(200, [TEXT])?;
        let lines: Vec<String> = text.lines().rev().map(|line| format!("{line}\n")).collect();
        Ok(lines)
    });
    app.threads(4)
}

/// The same with a writer, which blocks while the client is slow.
fn slow_writer() -> impl App {
    blocking_writer(|_, start_response, writer| {
        start_response.start(200, [TEXT])?;
        for n in 1..=3 {
            thread::sleep(Duration::from_millis(200));
            writeln!(writer, "line {n}")?;
            writer.flush()?;
        }
        Ok(())
    })
}
