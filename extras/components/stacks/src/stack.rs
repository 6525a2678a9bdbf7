//! `Stack`: the servers that an app can run on.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::rt as actix_rt;
use actix_web::web::ServiceConfig;
use adapter_actix::ActixService;
use adapter_hyper::Server;
use adapter_tower::{TowerService, UpgradeTask};
use axum::Router;
use axum::serve::ListenerExt;
use gateway_core::{App, ShutdownSignal, lifespan};
use gateway_util::Mount;
use tokio::runtime::Runtime;
use tokio_util::task::TaskTracker;

/// How long exchanges in flight may run after the server was told to end (L4).
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(10);

/// The servers that an app can run on, all over HTTP/1.1 and HTTP/2 on one port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// `adapter_hyper::Server`.
    Hyper,
    /// An axum router, served by axum.
    Axum,
    /// actix-web, with two workers.
    Actix,
}

impl Stack {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hyper, Self::Axum, Self::Actix];

    /// Serves an app below a prefix until `stop` resolves, and lets exchanges in flight end. The
    /// prefix is mounted by the router of the host; `""` is none.
    ///
    /// # Errors
    ///
    /// When the listener or the runtime cannot be set up, and when the app's startup fails.
    pub fn serve(
        self,
        listener: TcpListener,
        prefix: &str,
        app: impl App,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        match self {
            Self::Hyper => Runtime::new()?.block_on(async {
                let server = Server::from_std(listener)?.shutdown_deadline(SHUTDOWN_DEADLINE);
                server.serve_until(Mount::new().at(prefix, app), stop).await
            }),
            Self::Axum => {
                let app = Arc::new(app);
                let server = axum(listener, prefix, app.clone(), stop);
                Runtime::new()?.block_on(within(&app, server))
            }
            Self::Actix => {
                let app = Arc::new(app);
                let server = actix(listener, prefix.to_owned(), app.clone(), stop);
                actix_rt::System::new().block_on(within(&app, server))
            }
        }
    }
}

/// Runs a server between the app's startup and its shutdown (L9, L10): once, not for each worker.
async fn within<A: App>(app: &A, server: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    match lifespan::run(app, server).await {
        Ok(served) => served,
        Err(error) => Err(io::Error::other(error.into_boxed())),
    }
}

async fn actix<A: App>(
    listener: TcpListener,
    prefix: String,
    app: Arc<A>,
    stop: impl Future<Output = ()> + 'static,
) -> io::Result<()> {
    let service = ActixService::new(app);
    let signal = service.shutdown_signal();
    let server = HttpServer::new(move || {
        actix_web::App::new().configure(|config: &mut ServiceConfig| match &*prefix {
            "" => drop(config.default_service(service.clone())),
            prefix => drop(config.service(service.clone().mount(prefix))),
        })
    });
    let server = server
        .workers(2)
        .disable_signals()
        // Otherwise a small response in two pieces waits for the client's delayed acknowledgement.
        .tcp_nodelay(true)
        // How long actix waits for the client to close after a stream.
        .client_disconnect_timeout(Duration::from_millis(500))
        .shutdown_timeout(SHUTDOWN_DEADLINE.as_secs())
        .listen_auto_h2c(listener)?
        .run();
    let handle: ServerHandle = server.handle();
    actix_rt::spawn(async move {
        stop.await;
        signal.begin();
        handle.stop(true).await;
    });
    server.await
}

/// axum waits for its exchanges, and knows nothing of the streams that were switched.
async fn axum<A: App>(
    listener: TcpListener,
    prefix: &str,
    app: Arc<A>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?
        // Otherwise a small response in two pieces waits for the client's delayed acknowledgement.
        .tap_io(|stream| drop(stream.set_nodelay(true)));
    let streams = Streams::default();
    let service = TowerService::new(app).with_upgrades(streams.clone());
    let signal: ShutdownSignal = service.shutdown_signal();
    let closing = signal.closing();
    let router = match prefix {
        "" => Router::new().fallback_service(service),
        prefix => Router::new().nest_service(prefix, service),
    };
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let told = async move {
        stop.await;
        signal.begin();
    };
    let cut = async {
        closing.await;
        tokio::time::sleep(SHUTDOWN_DEADLINE).await;
    };
    let served = async {
        axum::serve(listener, router)
            .with_graceful_shutdown(told)
            .await?;
        streams.0.close();
        streams.0.wait().await;
        Ok(())
    };
    tokio::select! {
        served = served => served,
        () = cut => Ok(()),
    }
}

/// The streams that were switched, as tasks that are waited for.
#[derive(Clone, Default)]
struct Streams(TaskTracker);

impl hyper::rt::Executor<UpgradeTask> for Streams {
    fn execute(&self, task: UpgradeTask) {
        self.0.spawn(task);
    }
}

impl FromStr for Stack {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|stack| stack.to_string() == text)
            .ok_or("expected hyper, axum or actix")
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
