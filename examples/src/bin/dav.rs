//! `cargo run -p examples --features integrations --bin dav -- --stack actix`: WebDAV on any stack.
//!
//! dav-server's handler takes requests of the http crate; it becomes an app in a few lines, and
//! works wherever that is mounted. Here that is /files, and the files are in memory.

use clap::Parser;
use dav_server::memfs::MemFs;
use dav_server::memls::MemLs;
use dav_server::{DavConfig, DavHandler};
use examples::Stack;
use gateway_core::{App, Body, BoxError, Environ, Error, StartResponse, view};
use gateway_util::Mount;
use http::Request;

#[derive(Parser)]
struct Args {
    /// The server to run on: hyper, actix or tower
    #[arg(long, default_value = "hyper")]
    stack: Stack,
}

/// A WebDAV server as an app.
struct Dav(DavHandler);

impl App for Dav {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        // Links in the answers begin where the app is mounted.
        let here = DavConfig::new().strip_prefix(environ.script_name().to_string());
        let (parts, input) = environ.into_parts();
        let request = Request::from_parts(parts, input);
        let response = self.0.handle_with(here, request).await;
        start_response.send(response.map(Body::new))
    }
}

/// Files in memory, at /files.
pub(crate) fn site() -> impl App {
    let files = DavHandler::builder()
        .filesystem(MemFs::new())
        .locksystem(MemLs::new())
        .build_handler();
    Mount::new()
        .at("/files", Dav(files))
        .fallback(view(async |_| "a WebDAV server is at /files\n"))
}

fn main() -> Result<(), BoxError> {
    let args = Args::parse();
    args.stack.serve(examples::listen()?, site())?;
    Ok(())
}
