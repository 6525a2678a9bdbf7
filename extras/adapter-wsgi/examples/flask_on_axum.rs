//! A Flask application below an axum router: `cargo run --example flask_on_axum`.

use std::net::SocketAddr;

use adapter_hyper::default_addr;
use adapter_wsgi::{Wsgi, look_in};
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use gateway_core::BoxError;

/// A route that has moved to Rust.
async fn price(Path(item): Path<u64>) -> String {
    format!("Rust says {}\n", item * 100)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    look_in(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))?;
    let flask = adapter_tower::service(Wsgi::import("shop:app")?.threads(8));
    let router = Router::new()
        .route("/price/{item}", get(price))
        // Below a prefix Flask finds it in SCRIPT_NAME, and `url_for` knows of it.
        .nest_service("/old", flask.clone())
        .fallback_service(flask);
    let listener = tokio::net::TcpListener::bind(default_addr()?).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(
        listener,
        router.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .await?;
    Ok(())
}
