//! `cargo run -p examples --bin chat -- --stack actix`: a chat with rooms, on any stack.
//!
//! The page is at /, and the chat at /ws?room=ROOM&name=NAME. Open the page in two tabs. When the server
//! shuts down, each tab is told so, and connects again.

use std::process::ExitCode;

use clap::Parser;
use examples::Routes;
use examples::arguments::{Serving, run};
use gateway_core::{App, Environ, view};
use gateway_util::{MiddlewareExt, Mount};

/// Serves a chat with rooms over WebSocket, and a page for it.
#[derive(Debug, Parser)]
#[command(name = "chat", version)]
struct Args {
    #[command(flatten)]
    serving: Serving,
}

async fn page(_: Environ) -> &'static str {
    include_str!("../../templates/chat.html")
}

fn site() -> impl App {
    Mount::new()
        .at("/ws", examples::chat())
        .fallback(Routes::new().get("/", view(page)))
        .access_log()
}

fn main() -> ExitCode {
    run(|args: Args| args.serving.serve(site()))
}
