//! `cargo run -p examples --bin axum_mount`: an app in an existing axum router, at /app.

use std::net::SocketAddr;

use adapter_tower::{AxumReply, service};
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use axum::serve::ListenerExt;
use gateway_core::{BoxError, Environ, HttpError, Json, TryIntoResponse, view};
use tokio::net::TcpListener;

/// The app: it knows nothing of axum.
async fn whereami(environ: Environ) -> impl TryIntoResponse {
    Json([
        environ.script_name().to_string(),
        environ.path_info().to_string(),
    ])
}

/// A native handler that existed before, with a view's return values.
async fn item(Path(id): Path<u32>) -> AxumReply<Result<impl TryIntoResponse, HttpError>> {
    AxumReply(match id {
        1 => Ok(("item 1\n", [("x-my-header", "foo")])),
        _ => Err(HttpError::not_found()),
    })
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let app = service(view(whereami));
    let router = Router::new()
        .route("/", get(async || "axum was here first\n"))
        .route("/items/{id}", get(item))
        .nest_service("/app", app.clone())
        .nest("/u/{name}", Router::new().nest_service("/app", app));
    let listener = examples::listen()?;
    listener.set_nonblocking(true)?;
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    // Otherwise a small response in two pieces waits for the client's delayed acknowledgement.
    let listener = TcpListener::from_std(listener)?.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}
