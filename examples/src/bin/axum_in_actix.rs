//! `cargo run -p examples --bin axum_in_actix`: an axum `Router` inside an actix-web server.
//!
//! A server moves from axum to actix-web, or back, one route at a time. actix-web has the routes
//! that have moved, and the axum router behind it answers the others, on one port and in one
//! process.

use std::sync::Arc;

use actix_web::{App, HttpServer, web};
use adapter_actix::{mount, service};
use adapter_tower::tower_app;
use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::{get, post};
use gateway_core::BoxError;

/// The old server, unchanged: extractors, fallback and all.
pub(crate) fn old() -> Router {
    Router::new()
        .route("/", get(async || Html("<p>axum's own page\n")))
        .route("/moved", get(async || "axum"))
        .route(
            "/items/{id}",
            get(async |Path(id): Path<u32>| format!("axum: item {id}\n")),
        )
        .route("/upper", post(async |text: String| text.to_uppercase()))
        .fallback(async || (axum::http::StatusCode::NOT_FOUND, "axum: nothing here\n"))
}

#[actix_web::main]
async fn main() -> Result<(), BoxError> {
    let old = Arc::new(tower_app(old()));
    let server = HttpServer::new(move || {
        App::new()
            .route("/moved", web::get().to(async || "actix\n"))
            // A router below a prefix sees its paths without it, as below axum's `nest_service`.
            .service(mount("/v1", old.clone()))
            .default_service(service(old.clone()))
    });
    let server = server.workers(2).tcp_nodelay(true);
    server.listen(examples::listen()?)?.run().await?;
    Ok(())
}
