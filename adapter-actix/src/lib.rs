//! Runs gateway apps in actix-web servers, and actix-web applications as apps.
//!
//! [`mount`] puts an app below a prefix, [`service`] makes one a default service or a route's, and
//! [`ActixReply`] lets native handlers return what views return. In the other direction,
//! [`actix_app`] makes an app of an actix-web application, which then runs under hyper, axum or any
//! other host.
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
//! path as it was sent, although actix matches on a decoded copy. The local address is that of the
//! listener. The parameters of actix's routes are a [`PathParams`](gateway_core::PathParams) in the
//! extensions, decoded as `web::Path` decodes them.
//!
//! Apps are called and bodies polled in the tokio context of an actix worker, with timers and I/O
//! (L7). It has one thread, so a task that an app starts with `tokio::spawn` runs on that worker.
//!
//! actix's request extensions and app data are not `Send`, so apps do not see them. A function,
//! [`ActixService::with`] or [`ActixMount::with`], copies what the app needs, such as the user. Do
//! not use a header for this: any client can send one of that name. If it must be a header, as
//! between processes, first remove the client's own from every request, also from those for which
//! nothing is set:
//!
//! ```
//! use actix_web::body::MessageBody;
//! use actix_web::dev::{ServiceRequest, ServiceResponse};
//! use actix_web::http::header::{HeaderName, HeaderValue};
//! use actix_web::middleware::{Next, from_fn};
//! use actix_web::{App, HttpMessage, test};
//! use adapter_actix::mount;
//! use gateway_core::{Environ, view};
//!
//! /// What an authentication middleware of actix's leaves in the extensions.
//! #[derive(Clone)]
//! struct User(HeaderValue);
//!
//! /// Tells who is logged in, in `X-User`.
//! async fn tell_user(
//!     mut request: ServiceRequest,
//!     next: Next<impl MessageBody>,
//! ) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
//!     // First, and for every request: any client can send it.
//!     request.headers_mut().remove("x-user");
//!     let user = request.extensions().get().cloned();
//!     if let Some(User(name)) = user {
//!         request.headers_mut().insert(HeaderName::from_static("x-user"), name);
//!     }
//!     next.call(request).await
//! }
//!
//! async fn hello(environ: Environ) -> String {
//!     match environ.header("x-user") {
//!         Some(user) => format!("Hello, {user}!"),
//!         None => "Hello, stranger!".to_owned(),
//!     }
//! }
//!
//! # #[actix_web::main]
//! # async fn main() {
//! let app = App::new().service(mount("/app", view(hello))).wrap(from_fn(tell_user));
//! let app = test::init_service(app).await;
//!
//! let forged = test::TestRequest::with_uri("/app").insert_header(("x-user", "root"));
//! let body = test::call_and_read_body(&app, forged.to_request()).await;
//! assert_eq!(body, "Hello, stranger!");
//!
//! let forged = test::TestRequest::with_uri("/app").insert_header(("x-user", "root")).to_request();
//! forged.extensions_mut().insert(User(HeaderValue::from_static("ada")));
//! assert_eq!(test::call_and_read_body(&app, forged).await, "Hello, ada!");
//! # }
//! ```
//!
//! In the other direction, the extensions that the app adds to its response
//! ([`StartResponse::insert_extension`](gateway_core::StartResponse::insert_extension)) are in
//! actix's response as one value of the type [`http::Extensions`], of `http` 1:
//!
//! ```
//! use actix_web::dev::ServiceResponse;
//!
//! #[derive(Clone, Copy, Debug, PartialEq)]
//! struct RowsRead(u64);
//!
//! /// For a middleware of actix's.
//! fn rows_read<B>(response: &ServiceResponse<B>) -> Option<RowsRead> {
//!     let extensions = response.response().extensions();
//!     extensions.get::<http::Extensions>()?.get().copied()
//! }
//! # let request = actix_web::test::TestRequest::default().to_http_request();
//! # let mut response = ServiceResponse::new(request, actix_web::HttpResponse::Ok().finish());
//! # assert_eq!(rows_read(&response), None);
//! # let mut app_s = http::Extensions::new();
//! # app_s.insert(RowsRead(3));
//! # response.response_mut().extensions_mut().insert(app_s);
//! # assert_eq!(rows_read(&response), Some(RowsRead(3)));
//! ```
//!
//! Request headers and the target stay in actix's own types. Look-ups by name and the path need no
//! conversion. `Environ::headers` and `Environ::uri` convert when they are first called.
//!
//! # Startup and shutdown
//!
//! Nothing here calls the app's [`startup`](gateway_core::App::startup) and
//! [`shutdown`](gateway_core::App::shutdown): actix-web has no moment for them that is once for all workers. If the
//! app has one, run the server inside [`lifespan::run`](gateway_core::lifespan::run) (L9, L10):
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use actix_web::HttpServer;
//! use adapter_actix::mount;
//! use gateway_core::{App, Error, lifespan};
//!
//! async fn serve(app: impl App) -> Result<(), Error> {
//!     let app = Arc::new(app);
//!     let mounted = app.clone();
//!     let server = HttpServer::new(move || {
//!         actix_web::App::new().service(mount("/app", mounted.clone()))
//!     });
//!     lifespan::run(&app, server.bind("127.0.0.1:8000")?.run()).await??;
//!     Ok(())
//! }
//! # let _ = serve(gateway_core::HttpError::not_found());
//! ```
//!
//! # What differs on actix
//!
//! The driver and this adapter normalise what they can: bodies where HTTP has none, HEAD on
//! endless streams, streams to HTTP/1.0 clients, declined WebSocket offers, lengths of streams. What
//! remains:
//!
//! - There are no request trailers, and response trailers are dropped (I7, B11).
//! - A client that goes away is detected at the next read or write (L3). The app's future runs on,
//!   and is dropped only when actix ends the connection.
//! - `100 Continue` is sent before the app is called (I6).
//! - A request body that the app did not read closes the connection, and the response says so, unless
//!   the body is short and arrived with its head (I5). actix waits for the client to close for up to
//!   `HttpServer::client_disconnect_timeout`.
//! - actix goes on with requests that were sent behind the last one of a connection: behind
//!   `Connection: close`, the app's wish to close, or a malformed head. The adapter refuses them with
//!   400, without a call of the app (E17). actix's own services beside the app are called, and on a Unix
//!   socket the app is, because nothing tells there that it is the same connection.
//! - actix itself answers, with an empty 400, a request without a Host or with two, one with a transfer
//!   coding other than one `chunked` or with a Content-Length beside it, one of HTTP/1.0 with a
//!   transfer coding, and a target of HTTP/1 that is only a query (E17, I2).
//! - A response to HTTP/1.0 has no `Connection: close`. Its absence says the same (E17, S7).
//! - The input can be read until the response has ended: a task that holds it longer gets an error.
//! - Pipelined requests on HTTP/1: actix reads ahead, and sends each response by the method,
//!   version and `Connection` of the request that it read last. A pipelined HEAD and GET get each
//!   other's framing, and a response to HTTP/1.1 may be framed for HTTP/1.0 (B4, B6). Browsers and
//!   proxies do not pipeline, and a proxy in front ends pipelining.
//! - HTTP/2: actix does not limit the streams of a connection (20 000 open ones cost some 85 MB),
//!   and a header name of more than 65 535 bytes panics in its decoder, which ends that connection.
//!   An HTTP/2 server on the open network belongs behind a proxy that limits both, or should speak
//!   HTTP/1.
//! - A client that takes nothing of a response keeps its connection: actix does not ask for the next
//!   chunk while it cannot write. What the exchange holds is free after a timeout of the app's; the
//!   client sees the end when it reads again (L3). A proxy in front that bounds the time of a write,
//!   such as nginx by `send_timeout`, ends it.
//! - actix refuses a method with one of `#$%&'` in it with 400 (E1).
//! - `OPTIONS *` matches no prefix: only a default service gets it (E14).
//!
//! # WebSocket
//!
//! Over HTTP/1.1 apps see the offer of `websocket`, and accept it with
//! [`Body::upgrade`](gateway_core::Body::upgrade). Any WebSocket library works on the stream.
//!
//! ```
//! use adapter_actix::ActixService;
//! use gateway_core::{Body, Environ, HttpError, TryIntoResponse, view};
//!
//! async fn echo(environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
//!     if !environ.offers_upgrade("websocket") {
//!         return Err(HttpError::new(426).with_description("This speaks WebSocket only."));
//!     }
//!     Ok(Body::upgrade("websocket", async |mut stream| {
//!         let mut buffer = [0; 1024];
//!         loop {
//!             let read = stream.read(&mut buffer).await?;
//!             if read == 0 {
//!                 return Ok(());
//!             }
//!             stream.write_all(&buffer[..read]).await?;
//!         }
//!     }))
//! }
//!
//! let service = ActixService::new(view(echo));
//! # let _ = service;
//! ```
//!
//! The app's part is a task of the worker. It runs whether or not the client reads (U16). Up to 64
//! KiB wait for a client that does not read, besides actix's own buffers. Then writes wait.
//!
//! - **Offers**: a GET of HTTP/1.1 without a body, with the connection option `upgrade` and one
//!   `Upgrade` line whose value is only `websocket`, has an offer (U1, U2). actix hands no stream
//!   out for other protocols or for a list of them, and none over HTTP/2.
//! - **Declining** closes the connection after the response, which says so: actix treats all bytes
//!   that follow the offer as those of the other protocol.
//! - **The end**: the connection always closes after the stream. When the app's part is over, actix
//!   sends what was written, waits for the client to close for up to
//!   `HttpServer::client_disconnect_timeout` (1 s by default), and then closes. A client that waits
//!   for the server's close, as WebSocket clients do, waits that long (U8).
//!   `client_disconnect_timeout(Duration::ZERO)` turns that off for the whole server, and also the
//!   wait that saves a response to an unread upload (I5).
//! - **Half-closing**: a client may end its direction and still gets what the app writes. When the
//!   app ends its own, both end (U10). If a client ends its direction while the app has more than
//!   32 KiB to read, actix drops up to 128 KiB that it has read and not passed on. WebSocket's
//!   closing handshake waits for the app, and loses nothing (U8).
//! - **Shutdown**: [`ActixService::shutdown_signal`] tells streams that the server closes (U12).
//! - **Small messages**: set `HttpServer::tcp_nodelay(true)`. See the next section.
//!
//! # Small responses
//!
//! actix leaves Nagle's algorithm on. If the head and the body of a response are written
//! separately, the body waits for the client's delayed acknowledgement, up to 40 ms.
//! `HttpServer::tcp_nodelay(true)` ends that.

mod actix_app;
mod answer;
mod body;
mod ending;
mod lent_head;
mod mount;
mod names;
mod payload;
mod prefix;
mod reply;
mod request;
mod response;
mod service;
mod upgrade;
mod values;
mod worker;

pub use actix_app::{ActixApp, actix_app};
pub use mount::{ActixMount, mount};
pub use reply::ActixReply;
pub use service::{ActixService, service};
pub use worker::WorkerService;

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
