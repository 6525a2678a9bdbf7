//! `cargo run -p examples --features integrations --bin dav -- --stack actix`: WebDAV on any stack.
//!
//! dav-server's handler takes requests of the http crate. It becomes an app in a few lines, and
//! works wherever that is mounted. Here it is at /files, with the files in memory.
//!
//! `--native` serves the same handler on bare hyper. `.ci/litmus` compares the results.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};

use clap::Parser;
use dav_server::memfs::MemFs;
use dav_server::memls::MemLs;
use dav_server::{DavConfig, DavHandler};
use examples::Stack;
use gateway_core::{App, Body, BoxError, Environ, Error, StartResponse, view};
use gateway_util::Mount;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;

#[derive(Parser)]
struct Args {
    /// The server to run on: hyper, actix, or axum, which is tower
    #[arg(long, default_value = "hyper")]
    stack: Stack,
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1 with the port in PORT, or 8000]
    #[arg(long, value_name = "ADDR:PORT")]
    bind: Option<SocketAddr>,
    /// Serves dav-server by itself on bare hyper, without an adapter, to compare with
    #[arg(long, conflicts_with = "stack")]
    native: bool,
}

/// A WebDAV server as an app.
struct Dav(DavHandler);

impl App for Dav {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        // Links in the responses begin where the app is mounted.
        let here = DavConfig::new().strip_prefix(environ.script_name().to_string());
        let (parts, input) = environ.into_parts();
        let request = Request::from_parts(parts, input);
        let response = self.0.handle_with(here, request).await;
        start_response.send(response.map(Body::new))
    }
}

/// Files in memory.
fn files() -> DavHandler {
    DavHandler::builder()
        .filesystem(MemFs::new())
        .locksystem(MemLs::new())
        .build_handler()
}

/// Files in memory, at /files.
pub(crate) fn site() -> impl App {
    Mount::new()
        .at("/files", Dav(files()))
        .fallback(view(async |_| "a WebDAV server is at /files\n"))
}

/// Serves the handler as dav-server's documentation does, until the program is ended.
async fn serve_natively(listener: TcpListener) -> Result<(), BoxError> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let files = files();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let files = files.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let files = files.clone();
                async move {
                    let here = DavConfig::new().strip_prefix("/files");
                    Ok::<_, Infallible>(files.handle_with(here, request).await)
                }
            });
            let builder = Builder::new(TokioExecutor::new());
            // The client judges how a connection ends.
            let _ended = builder
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn main() -> Result<(), BoxError> {
    let args = Args::parse();
    let listener = match args.bind {
        Some(addr) => examples::listen_at(addr)?,
        None => examples::listen()?,
    };
    if args.native {
        tokio::runtime::Runtime::new()?.block_on(serve_natively(listener))
    } else {
        Ok(args.stack.serve(listener, site())?)
    }
}
