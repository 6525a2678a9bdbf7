//! A Flask application below an actix-web server: `cargo run --example flask_on_actix`.

use actix_web::{App, HttpServer, web};
use adapter_actix::{mount, service};
use adapter_hyper::default_addr;
use adapter_wsgi::{Wsgi, look_in};
use gateway_core::BoxError;

/// A route that has moved to Rust.
async fn price(item: web::Path<u64>) -> String {
    format!("Rust says {}\n", *item * 100)
}

#[actix_web::main]
async fn main() -> Result<(), BoxError> {
    look_in(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))?;
    // One application, and one pool of threads, for all workers.
    let flask = Wsgi::import("shop:app")?.threads(8);
    let server = HttpServer::new(move || {
        App::new()
            .route("/price/{item}", web::get().to(price))
            .service(mount("/old", flask.clone()))
            .default_service(service(flask.clone()))
    });
    let server = server.tcp_nodelay(true).bind(default_addr()?)?;
    println!("listening on http://{}", default_addr()?);
    server.run().await?;
    Ok(())
}
