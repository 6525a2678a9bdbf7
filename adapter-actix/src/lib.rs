//! Runs gateway apps in actix-web servers.
//!
//! [`mount`] puts an app below a prefix, [`service`] makes one a default service or a route's, and
//! [`Reply`] lets native handlers return what views return.
//!
//! ```
//! use actix_web::{App, HttpServer, web};
//! use adapter_actix::mount;
//! use gateway_core::{Environ, view};
//!
//! async fn hello(environ: Environ) -> String {
//!     format!("Hello from {}!", environ.path_info())
//! }
//!
//! let server = HttpServer::new(|| {
//!     App::new()
//!         .route("/native", web::get().to(async || "native"))
//!         .service(mount("/app", view(hello)))
//! });
//! # let _ = server;
//! ```
//!
//! # What the app sees
//!
//! The environ is the one that the app would see on hyper. SCRIPT_NAME and PATH_INFO come from the
//! path as it was sent, though actix matches on a decoded copy. The local address is that of the
//! listener. actix's request extensions, app data and path parameters are not `Send` and stay on
//! actix's side; a middleware of actix's that has something to say to the app says it in a header.
//!
//! Request headers and the target stay in actix's own types: look-ups by name and the path cost no
//! conversion, and `Environ::headers` and `Environ::uri` make theirs when they are first asked for.
//!
//! # What actix does otherwise
//!
//! The driver and this adapter even out what can be evened out: bodies where HTTP has none, HEAD on
//! endless streams, streams to HTTP/1.0 clients, declined WebSocket offers, lengths of streams. What
//! remains:
//!
//! - There are no request trailers, and response trailers are dropped (I7, B11).
//! - A client that goes away is seen at the next read or write (L3). The app's future runs on, and
//!   is dropped only when actix ends the connection.
//! - `100 Continue` is sent before the app is called (I6).
//! - A request body that the app did not read closes the connection, unless it is short and came
//!   with its head (I5).
//! - The input can be read until the response has ended: a task that holds it longer gets an error.
//! - A method with one of `#$%&'` in it is refused by actix with 400 (E1).
//! - `OPTIONS *` matches no prefix: only a default service gets it (E14).

mod answer;
mod body;
mod convert;
mod headers;
mod payload;
mod prefix;
mod responder;
mod response;
mod service;
mod worker;

pub use responder::Reply;
pub use service::{GatewayService, Mount, WorkerService, mount, service};
