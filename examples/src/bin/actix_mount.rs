//! `cargo run -p examples --bin actix_mount`: an app in an existing actix-web server, at /app.

use std::sync::Arc;

use actix_web::{App, HttpServer, guard, web};
use adapter_actix::{ActixReply, mount};
use gateway_core::{AppExt, BoxApp, BoxError, Environ, HttpError, Json, TryIntoResponse, view};

/// The app: it knows nothing of actix.
async fn whereami(environ: Environ) -> impl TryIntoResponse {
    Json([
        environ.script_name().to_string(),
        environ.path_info().to_string(),
    ])
}

/// A native handler that existed before, with a view's return values.
async fn item(id: web::Path<u32>) -> ActixReply<Result<impl TryIntoResponse, HttpError>> {
    ActixReply(match *id {
        1 => Ok(("item 1\n", [("x-my-header", "foo")])),
        _ => Err(HttpError::not_found()),
    })
}

#[actix_web::main]
async fn main() -> Result<(), BoxError> {
    // One app for all workers.
    let app: Arc<BoxApp> = Arc::new(view(whereami).boxed());
    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(async || "actix was here first\n"))
            .route("/items/{id}", web::get().to(item))
            .service(mount("/app", app.clone()))
            .service(web::scope("/u/{name}").service(mount("/app", app.clone())))
            .service(mount("", app.clone()).guard(guard::Host("app.example")))
    });
    let server = server.workers(2).tcp_nodelay(true);
    server.listen(examples::listen()?)?.run().await?;
    Ok(())
}
