//! Django's admin beside a Rust site: `cargo run --example django_admin`, on hyper; `.. -- axum` and
//! `.. -- actix` are the same on the other servers.
//!
//! `examples/django_site.py` says how its database is made.

use std::net::SocketAddr;

use actix_web::{HttpServer, web};
use adapter_hyper::{Server, default_addr};
use adapter_wsgi::{Wsgi, look_in};
use axum::Router;
use axum::routing::get;
use gateway_core::{BoxError, view};
use gateway_util::Mount;

const HOME: &str = "The site is Rust. The admin is at /office/admin/.\n";

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    look_in(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))?;
    // Django finds `/office` in SCRIPT_NAME: its links and redirects begin with it.
    let django = Wsgi::import("django_site:app")?.threads(4);
    let addr = default_addr()?;
    println!("serving on http://{addr}");
    match std::env::args().nth(1).as_deref() {
        Some("axum") => on_axum(addr, django).await,
        Some("actix") => on_actix(addr, django).await,
        _ => on_hyper(addr, django).await,
    }
}

async fn on_hyper(addr: SocketAddr, django: Wsgi) -> Result<(), BoxError> {
    let app = Mount::new()
        .at("/office", django)
        .fallback(view(async |_| HOME));
    Ok(Server::bind(addr).await?.serve(app).await?)
}

async fn on_axum(addr: SocketAddr, django: Wsgi) -> Result<(), BoxError> {
    let router = Router::new()
        .route("/", get(async || HOME))
        .nest_service("/office", adapter_tower::service(django))
        .into_make_service_with_connect_info::<SocketAddr>();
    let listener = tokio::net::TcpListener::bind(addr).await?;
    Ok(axum::serve(listener, router).await?)
}

async fn on_actix(addr: SocketAddr, django: Wsgi) -> Result<(), BoxError> {
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .route("/", web::get().to(async || HOME))
            .service(adapter_actix::mount("/office", django.clone()))
    });
    Ok(server.tcp_nodelay(true).bind(addr)?.run().await?)
}
