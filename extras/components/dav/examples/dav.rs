//! `cargo run -p gateway-dav --example dav -- --stack actix`: WebDAV on any stack, with the files in
//! memory, at /files.
//!
//! `--native` serves the same handler on bare hyper. `.ci/litmus` compares the results.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};

use clap::Parser;
use dav_server::memfs::MemFs;
use dav_server::memls::MemLs;
use dav_server::{DavConfig, DavHandler};
use gateway_dav::Dav;
use gateway_util::Mount;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use stacks::Stack;

#[derive(Parser)]
struct Args {
    /// The server to run on: hyper, axum or actix
    #[arg(long, default_value = "hyper")]
    stack: Stack,
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8000")]
    bind: SocketAddr,
    /// Serves dav-server by itself on bare hyper, without an adapter, to compare with
    #[arg(long, conflicts_with = "stack")]
    native: bool,
}

/// Files in memory.
fn files() -> DavHandler {
    DavHandler::builder()
        .filesystem(MemFs::new())
        .locksystem(MemLs::new())
        .build_handler()
}

/// Serves the handler as dav-server's documentation does, until the program is ended.
async fn serve_natively(listener: TcpListener) -> io::Result<()> {
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

/// Ends with Ctrl-C.
async fn interrupted() {
    let _ = tokio::signal::ctrl_c().await;
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let listener = TcpListener::bind(args.bind)?;
    println!("listening on http://{}", listener.local_addr()?);
    if args.native {
        tokio::runtime::Runtime::new()?.block_on(serve_natively(listener))
    } else {
        let site = Mount::new().at("/files", Dav::new(files()));
        args.stack.serve(listener, "", site, interrupted())
    }
}
