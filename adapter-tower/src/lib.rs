//! Runs gateway apps as tower services, tower services as gateway apps, and tower layers as
//! middlewares.
//!
//! | from | to | with |
//! |---|---|---|
//! | an app | a tower service: axum, tonic, lambda_http, hyper-util | [`service`], [`TowerService`] |
//! | a tower service: an axum `Router`, tonic, `ServeDir` | an app | [`tower_app`] |
//! | a tower layer: compression, timeout, CORS .. | a middleware | [`TowerAppExt::with_layer`] |
//! | a return value of a view | one of an axum handler | `AxumReply` (feature `axum`) |
//! | a return value of an axum handler | one of a view | `ViewReply` (feature `axum`) |
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
//! # Startup and shutdown
//!
//! Nothing here calls the app's [`startup`](gateway_core::App::startup) and
//! [`shutdown`](gateway_core::App::shutdown): a tower host has no moment for them. If the app has one, run the
//! server inside [`lifespan::run`](gateway_core::lifespan::run) (L9, L10):
//!
//! ```no_run
//! use std::net::SocketAddr;
//! use std::sync::Arc;
//!
//! use axum::Router;
//! use gateway_core::{App, Error, lifespan};
//!
//! async fn serve(app: impl App) -> Result<(), Error> {
//!     let app = Arc::new(app);
//!     let router: Router = Router::new().nest_service("/app", adapter_tower::service(app.clone()));
//!     let router = router.into_make_service_with_connect_info::<SocketAddr>();
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
//!     lifespan::run(&app, async { axum::serve(listener, router).await }).await??;
//!     Ok(())
//! }
//! # let _ = serve(gateway_core::HttpError::not_found());
//! ```
//!
//! # The runtime
//!
//! Apps are called and bodies polled where the server polls the service: in a tokio context under
//! axum, tonic, lambda_http and hyper-util's tokio servers. A server on another executor has none,
//! and code that needs one fails there with an error that says so (L7).
//!
//! # What hyper refuses
//!
//! A server on hyper, such as `axum::serve`, itself answers, with an empty 400, a request whose last
//! transfer coding is not `chunked`, one of HTTP/1.0 with a transfer coding, and a target of HTTP/1 that
//! is only a query (E17, I2). A Content-Length beside `chunked` is ignored, and the connection closes
//! after the response.
//!
//! # Clients that do not read
//!
//! A server on hyper, such as `axum::serve`, does not ask for the next chunk while it cannot write. What
//! an exchange holds is free after a timeout of the app's (`timeout` of `gateway-util`), and the client
//! keeps its connection until it reads again (L3). A proxy in front that bounds the time of a write, such
//! as nginx by `send_timeout`, ends it.
//!
//! # Small responses
//!
//! axum leaves Nagle's algorithm on. If the head and the body of a response are written separately,
//! the body waits for the client's delayed acknowledgement, up to 40 ms. Turn the algorithm off at
//! the listener:
//!
//! ```no_run
//! use axum::{Router, serve::ListenerExt};
//! use std::net::SocketAddr;
//!
//! # async fn run() -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
//! let listener = listener.tap_io(|stream| {
//!     // A connection that is gone already is found out by the first read.
//!     let _ = stream.set_nodelay(true);
//! });
//! let router: Router = Router::new();
//! let service = router.into_make_service_with_connect_info::<SocketAddr>();
//! axum::serve(listener, service).await
//! # }
//! ```
//!
//! # WebSocket
//!
//! An app may switch the protocol, most often to WebSocket, if the host is hyper: under axum
//! without more, elsewhere with the feature `upgrade`. Its part runs as a task of the tokio
//! runtime, or of an executor: [`TowerService::with_upgrades`]. In the other direction, a service
//! that switches, such as axum's `WebSocketUpgrade`, does so on every host through [`tower_app`].
//!
//! # Features
//!
//! Both are additive, and off by default.
//!
//! - `axum`. Under axum, turn it on: without it an app below `nest` cannot see the prefix (its
//!   SCRIPT_NAME is empty), and no app sees the peer's address or the parameters of its routes. The
//!   peer's address also needs `into_make_service_with_connect_info`, as above. It turns `upgrade` on.
//! - `upgrade`: switches of protocols, both ways, by hyper's `OnUpgrade`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod extensions;
#[cfg(feature = "upgrade")]
mod foreign_switch;
#[cfg(not(feature = "upgrade"))]
#[path = "no_foreign_switch.rs"]
mod foreign_switch;
mod layer;
#[cfg(feature = "upgrade")]
mod minted;
mod prefix;
mod ready_clone;
#[cfg(feature = "axum")]
mod reply;
mod request;
mod service;
#[cfg(feature = "upgrade")]
mod switch;
#[cfg(not(feature = "upgrade"))]
#[path = "no_switch.rs"]
mod switch;
mod tower_app;

pub use layer::{AppService, TowerAppExt, WithLayer};
pub use prefix::OriginalUri;
#[cfg(feature = "axum")]
pub use reply::{AxumReply, ViewReply};
pub use service::{TowerService, service};
#[cfg(feature = "upgrade")]
pub use switch::UpgradeTask;
pub use tower_app::{TowerApp, tower_app, tower_app_over};

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
