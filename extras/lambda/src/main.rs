//! The function: what Lambda starts as `bootstrap`.

use std::sync::Arc;

use gateway_core::{Environ, lifespan, view};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = Arc::new(view(async |environ: Environ| {
        format!("Hello from {}\n", environ.path_info())
    }));
    // Lambda has no event for the end. A function that is frozen and never thawed is not shut down.
    lifespan::run(&app, lambda_http::run(lambda::service(app.clone()))).await?
}
