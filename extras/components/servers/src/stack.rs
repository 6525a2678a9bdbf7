//! `Stack`: the servers that an app can run on.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::str::FromStr;
use std::sync::Arc;

use actix_web::HttpServer;
use actix_web::rt as actix_rt;
use actix_web::web::ServiceConfig;
use adapter_actix::ActixService;
use adapter_hyper::Server;
use adapter_tower::TowerService;
use axum::Router;
use axum::serve::ListenerExt as _;
use gateway_core::{App, lifespan};
use tokio::runtime::Runtime;

/// How many seconds actix lets exchanges in flight run.
const SHUTDOWN_TIMEOUT: u64 = 30;

/// The servers that an app can run on, all over HTTP/1.1 and HTTP/2 on one port, and all with
/// `TCP_NODELAY`: without it, a small response in two pieces waits for the client's delayed
/// acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// The server of `adapter-hyper`.
    Hyper,
    /// An axum router, served by axum.
    Axum,
    /// actix-web, with two workers.
    Actix,
}

impl Stack {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hyper, Self::Axum, Self::Actix];

    /// Serves an app until `end` resolves, and lets exchanges in flight end. The app is started
    /// and shut down around it.
    ///
    /// # Errors
    ///
    /// When the listener or the runtime cannot be set up, or when the app's startup or shutdown
    /// fails.
    pub fn serve<E>(self, listener: TcpListener, app: impl App, end: E) -> io::Result<()>
    where
        E: Future<Output = ()> + Send + 'static,
    {
        match self {
            Self::Hyper => Runtime::new()?
                .block_on(async { Server::from_std(listener)?.serve_until(app, end).await }),
            Self::Axum => Runtime::new()?.block_on(axum(listener, app, end)),
            Self::Actix => actix_rt::System::new().block_on(actix(listener, app, end)),
        }
    }
}

async fn axum<E>(listener: TcpListener, app: impl App, end: E) -> io::Result<()>
where
    E: Future<Output = ()> + Send + 'static,
{
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let app = Arc::new(app);
    let service = TowerService::new(app.clone());
    let signal = service.shutdown_signal();
    let router = Router::new().fallback_service(service);
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let end = async move {
        end.await;
        signal.begin();
    };
    within(&app, async {
        axum::serve(listener, router)
            .with_graceful_shutdown(end)
            .await
    })
    .await
}

async fn actix<E>(listener: TcpListener, app: impl App, end: E) -> io::Result<()>
where
    E: Future<Output = ()> + Send + 'static,
{
    let app = Arc::new(app);
    let service = ActixService::new(app.clone());
    let signal = service.shutdown_signal();
    within(&app, async move {
        let server = HttpServer::new(move || {
            let service = service.clone();
            actix_web::App::new().configure(|config: &mut ServiceConfig| {
                config.default_service(service);
            })
        });
        let server = server
            .workers(2)
            .tcp_nodelay(true)
            .disable_signals()
            .shutdown_timeout(SHUTDOWN_TIMEOUT)
            .listen_auto_h2c(listener)?
            .run();
        let handle = server.handle();
        actix_rt::spawn(async move {
            end.await;
            signal.begin();
            handle.stop(true).await;
        });
        server.await
    })
    .await
}

/// Runs a server between the app's startup and its shutdown (L9, L10): once, not for each worker.
async fn within<A: App>(app: &A, server: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    match lifespan::run(app, server).await {
        Ok(served) => served,
        Err(error) => Err(io::Error::other(error.into_boxed())),
    }
}

impl FromStr for Stack {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let stack = Self::ALL
            .into_iter()
            .find(|stack| stack.to_string() == text);
        stack.ok_or("expected hyper, axum or actix")
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hyper => "hyper",
            Self::Axum => "axum",
            Self::Actix => "actix",
        })
    }
}
