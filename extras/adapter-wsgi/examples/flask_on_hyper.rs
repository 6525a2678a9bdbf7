//! A Flask application beside a Rust route, on hyper: `cargo run --example flask_on_hyper`.

use adapter_hyper::{Server, default_addr};
use adapter_wsgi::{Wsgi, look_in};
use gateway_core::{BoxError, Environ, HttpError, view};
use gateway_util::Mount;

/// A route that has moved to Rust.
async fn price(environ: Environ) -> Result<String, HttpError> {
    let path = environ.path_info().to_string();
    let item: u64 = path
        .trim_start_matches('/')
        .parse()
        .map_err(|_| HttpError::not_found())?;
    Ok(format!("Rust says {}\n", item * 100))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    look_in(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))?;
    // What Rust has no route for is Flask's.
    let flask = Wsgi::import("shop:app")?.threads(8);
    let app = Mount::new().at("/price", view(price)).fallback(flask);
    let server = Server::bind(default_addr()?).await?;
    println!("listening on http://{}", default_addr()?);
    server.serve(app).await?;
    Ok(())
}
