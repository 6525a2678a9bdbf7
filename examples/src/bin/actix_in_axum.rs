//! `cargo run -p examples --bin actix_in_axum`: an actix-web application inside an axum server.
//!
//! A server moves from actix-web to axum one route at a time. axum has the routes that have moved, and the
//! actix-web application behind it answers the others, on one port and in one process.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use actix_web::{App, HttpResponse, web};
use adapter_actix::{ActixApp, actix_app};
use adapter_tower::service;
use axum::Router;
use axum::routing::get;
use clap::Parser;
use examples::arguments::{listen, run};
use gateway_core::BoxError;

/// Serves an axum router, and an actix-web application behind it.
#[derive(Debug, Parser)]
#[command(name = "actix_in_axum", version)]
struct Args {
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1 with the port in PORT, or 8000]
    #[arg(long, value_name = "ADDR:PORT")]
    bind: Option<SocketAddr>,
}

/// The old server, unchanged: routes, extractors and default service.
fn old() -> ActixApp {
    actix_app(|| {
        App::new()
            .route("/", web::get().to(async || "actix's own page\n"))
            .route("/moved", web::get().to(async || "actix\n"))
            .route(
                "/items/{id}",
                web::get().to(async |id: web::Path<u32>| format!("actix: item {id}\n")),
            )
            .route(
                "/upper",
                web::post().to(async |text: String| text.to_uppercase()),
            )
            .default_service(web::to(async || {
                HttpResponse::NotFound().body("actix: nothing here\n")
            }))
    })
}

fn serve(listener: TcpListener) -> Result<(), BoxError> {
    let old = service(old());
    let router = Router::new()
        .route("/moved", get(async || "axum\n"))
        // Below a prefix, the old application sees its paths without it.
        .nest_service("/v1", old.clone())
        .fallback_service(old);
    Ok(examples::stack::tower(listener, router)?)
}

fn main() -> ExitCode {
    run(|args: Args| serve(listen(args.bind)?))
}
