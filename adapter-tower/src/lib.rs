//! Gateway apps in the tower world, and the tower world in gateway apps.
//!
//! | from | to | with |
//! |---|---|---|
//! | an app | a tower service: axum, tonic, lambda_http, hyper-util | [`service`], [`GatewayService`] |
//! | a tower service: an axum `Router`, tonic, `ServeDir` | an app | [`tower_app`] |
//! | a tower layer: compression, timeout, CORS .. | a middleware | [`TowerAppExt::with_layer`] |
//! | a return value of a view | one of an axum handler, and back | `Reply` (feature `axum`) |
//!
//! # An app in an axum router
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use adapter_tower::service;
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use gateway_core::{Environ, view};
//! use tower::ServiceExt;
//!
//! let shop = view(async |environ: Environ| {
//!     format!("{} {}", environ.script_name(), environ.path_info())
//! });
//! let router: Router = Router::new()
//!     .route("/", get(async || "axum"))
//!     .nest_service("/shop", service(shop));
//!
//! let request = Request::get("/shop/cart").body(Body::empty())?;
//! let response = router.oneshot(request).await?;
//! let body = axum::body::to_bytes(response.into_body(), 100).await?;
//! assert_eq!(body, "/shop /cart");
//! # Ok::<(), gateway_core::BoxError>(())
//! # }).unwrap();
//! ```
//!
//! # Features
//!
//! `axum`, additive, off by default. Under axum, turn it on: without it an app below `nest` cannot
//! see the prefix (its SCRIPT_NAME is empty), and no app sees the peer's address.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
mod axum;
mod environ;
#[cfg_attr(feature = "axum", path = "host/axum.rs")]
#[cfg_attr(not(feature = "axum"), path = "host/plain.rs")]
mod host;
mod layer;
mod mount;
mod prototype;
mod reverse;
mod service;
mod translate;

#[cfg(feature = "axum")]
pub use axum::Reply;
pub use layer::{AppService, TowerAppExt, WithLayer};
pub use mount::OriginalUri;
pub use reverse::{TowerApp, tower_app, tower_app_over};
pub use service::{GatewayService, service};
