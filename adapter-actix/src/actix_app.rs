//! `actix_app`: an actix-web application as an app.

mod foreign_body;
mod foreign_request;
mod foreign_response;
mod tunnel;
mod worker;
mod workers;

use std::any::type_name;
use std::fmt;
use std::sync::Arc;

use actix_http::Request;
use actix_service::{IntoServiceFactory, ServiceFactory};
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use gateway_core::{App, Body, Environ, Error, StartResponse, translate_response};
use http::{StatusCode, header};
use tokio::sync::oneshot;

use self::foreign_body::ForeignBody;
use self::foreign_request::ForeignRequest;
use self::workers::Workers;

pub(crate) use self::foreign_request::is_bridged;

/// How many requests a worker has at a time, unless [`ActixApp::max_requests`] says another number.
const DEFAULT_MAX_REQUESTS: usize = 1024;

/// Makes an app from an actix-web application, which `factory` builds once for each worker, as for
/// actix's `HttpServer`.
///
/// An actix application is not `Send`: it runs on worker threads of its own. A request is handed
/// over to one of them, and its bodies stream both ways.
///
/// # Contract
///
/// - There are as many workers as processors, or [`workers`](ActixApp::workers). `startup` starts
///   them and reports the error of an application that cannot be built. Without it, the first
///   request starts them, and each request that fails of that error is answered with 500 and logs it.
///   They end when the app is dropped, or in the `shutdown` of the last server that has started them,
///   once the exchanges that they have begun are over.
/// - A worker takes up to [`max_requests`](ActixApp::max_requests) at a time. If all are busy, a
///   request waits.
/// - The application sees its path as below axum's `nest_service`: SCRIPT_NAME is stripped, an empty
///   rest is `/`, and the rest keeps its bytes. So the URLs that `url_for` makes lack the prefix.
/// - `connection_info()` has the scheme, the host and the peer of the environ. If the scheme is https,
///   the URI has the form of a proxy's request, because actix has no other place for it. actix itself
///   believes `Forwarded` and `X-Forwarded-*` fields, whoever sends them: where no proxy sets them, a
///   middleware must remove them.
/// - A method with a character that actix refuses (one of `#$%&'`) is a 400 (E1).
/// - The extensions of the environ are one value of the type [`http::Extensions`] in actix's. In the
///   other direction, such a value in the extensions of actix's response is the response's. There is
///   also a [`Closing`](gateway_core::Closing), to take with `remove`: it tells that the server begins
///   to shut down, which actix does not tell its handlers (U12).
/// - The request body is read on the worker, and is not buffered. Request trailers are dropped.
/// - A response commits early, as under actix: its head is sent when its body has nothing ready
///   (B1). Hop-by-hop fields are removed; `force_close` closes the connection (S7). As in actix, the
///   length is that of the body, and a `Content-Length` of the application counts only for a 304
///   and with `no_chunking`.
/// - An error of the application is the response that actix makes of it. A panic in a handler is a
///   500, and one in a body aborts the response (B9). The worker goes on.
/// - If the client leaves, or the app's future is dropped, the handler and the body are dropped on
///   their worker (L3).
/// - WebSocket works where the host can switch (U1), also over HTTP/2, which the application sees as
///   a handshake of HTTP/1.1 (RFC 8441, section 5). A handler that reads the body of such a request
///   before it has answered finds it empty (I1).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use actix_web::{App, web};
/// use adapter_actix::actix_app;
/// use gateway_core::{AppExt, Environ};
///
/// async fn item(id: web::Path<u32>) -> String {
///     format!("item {id}")
/// }
///
/// let app = actix_app(|| App::new().route("/items/{id}", web::get().to(item))).workers(1);
///
/// let environ = Environ::from_request(http::Request::get("/items/7").body(())?);
/// let response = app.respond(environ).await?;
/// assert_eq!(response.into_body().bytes().await?, "item 7");
/// # Ok::<(), gateway_core::BoxError>(())
/// # }).unwrap();
/// ```
pub fn actix_app<F, I, S, B>(factory: F) -> ActixApp
where
    F: Fn() -> I + Send + Sync + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Response: Into<actix_http::Response<B>>,
    S::Error: Into<actix_web::Error>,
    S::InitError: fmt::Debug,
    B: MessageBody + 'static,
{
    let factory = Arc::new(factory);
    let serve = move |jobs, started| {
        let factory = factory.clone();
        // In the worker's runtime: a factory may spawn tasks.
        async move { worker::run(factory().into_factory(), jobs, started).await }
    };
    ActixApp {
        name: type_name::<S>(),
        workers: Arc::new(Workers::new(serve, DEFAULT_MAX_REQUESTS)),
    }
}

/// An actix-web application as an app; made by [`actix_app`].
///
/// A clone shares the workers.
#[derive(Clone)]
pub struct ActixApp {
    name: &'static str,
    workers: Arc<Workers>,
}

impl ActixApp {
    /// How many threads run the application; at least 1. It has no effect after the first clone.
    #[must_use]
    pub fn workers(mut self, count: usize) -> Self {
        if let Some(workers) = Arc::get_mut(&mut self.workers) {
            workers.set_count(count.max(1));
        }
        self
    }

    /// How many requests a worker has at a time, 1 to 2^29; by default 1024. A request counts until
    /// its response has ended. It has no effect after the first clone.
    #[must_use]
    pub fn max_requests(mut self, count: usize) -> Self {
        if let Some(workers) = Arc::get_mut(&mut self.workers) {
            workers.set_max_requests(count.clamp(1, 1 << 29));
        }
        self
    }
}

impl App for ActixApp {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let (request, switch) = ForeignRequest::new(environ);
        let (reply, replied) = oneshot::channel();
        self.workers.hand_over(request, reply).await?;
        let Ok(response) = replied.await else {
            return Err(Error::msg(
                "a handler of the actix application panicked, or its worker has ended",
            ));
        };
        let mut response = response?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS
            && let Some(switch) = switch
        {
            let body = std::mem::take(response.body_mut());
            if switch.has_made_key() {
                // It answers a key that the client has not sent.
                response.headers_mut().remove(header::SEC_WEBSOCKET_ACCEPT);
            }
            let response = translate_response(response.map(|_| ForeignBody::default()));
            return start_response.send(response.map(|_| switch.body(body)));
        }
        start_response.send(translate_response(response).map(Body::commit_early))
    }

    async fn startup(&self) -> Result<(), Error> {
        self.workers.start().await
    }

    async fn shutdown(&self) -> Result<(), Error> {
        self.workers.shut_down().await;
        Ok(())
    }
}

impl fmt::Debug for ActixApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ActixApp").field(&self.name).finish()
    }
}
