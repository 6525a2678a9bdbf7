//! `Stack`: the servers that the site runs on.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use adapter_actix::ActixService;
use adapter_hyper::Server;
use adapter_tower::{TowerService, UpgradeTask};
use axum::Router;
use axum::serve::ListenerExt;
use gateway_core::{App, ShutdownSignal, lifespan};
use tokio::runtime::Runtime;
use tokio::signal;
use tokio_util::task::TaskTracker;

/// How long exchanges in flight may go on after a signal.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);

/// The servers, each over HTTP/1.1 and HTTP/2 on one port. The app is the same on each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// The server of `adapter-hyper`, which needs no more than an address.
    Hyper,
    /// An axum router, with the site as its fallback.
    Axum,
    /// An actix-web application, with the site as its default service.
    Actix,
}

impl Stack {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hyper, Self::Axum, Self::Actix];

    /// Serves an app until SIGTERM or Ctrl-C. Then open sockets get a Close with 1001, and exchanges in
    /// flight may end.
    ///
    /// # Errors
    ///
    /// When the listener or the runtime cannot be set up.
    pub fn serve(self, listener: TcpListener, app: impl App) -> io::Result<()> {
        match self {
            Self::Hyper => Runtime::new()?.block_on(hyper(listener, app)),
            Self::Axum => Runtime::new()?.block_on(axum(listener, app)),
            Self::Actix => actix_web::rt::System::new().block_on(actix(listener, app)),
        }
    }
}

async fn hyper(listener: TcpListener, app: impl App) -> io::Result<()> {
    let server = Server::from_std(listener)?.shutdown_deadline(SHUTDOWN_DEADLINE);
    server.serve(app).await
}

async fn actix(listener: TcpListener, app: impl App) -> io::Result<()> {
    let app = Arc::new(app);
    let service = ActixService::new(app.clone());
    let signal = service.shutdown_signal();
    // The app learns of the signal from us, and actix by itself.
    actix_web::rt::spawn(told(signal));
    let server = HttpServer::new(move || actix_web::App::new().default_service(service.clone()))
        // Otherwise a small response in two pieces waits for the client's delayed acknowledgement.
        .tcp_nodelay(true)
        .shutdown_timeout(SHUTDOWN_DEADLINE.as_secs())
        .listen_auto_h2c(listener)?;
    within(&app, server.run()).await
}

async fn axum(listener: TcpListener, app: impl App) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?
        .tap_io(|stream| drop(stream.set_nodelay(true)));
    let app = Arc::new(app);
    let service = TowerService::new(app.clone());
    let signal = service.shutdown_signal();
    let sockets = Sockets::default();
    let router = Router::new().fallback_service(service.with_upgrades(sockets.clone()));
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let ending = signal.closing();
    within(&app, async {
        let server = async {
            axum::serve(listener, router)
                .with_graceful_shutdown(told(signal))
                .await?;
            // axum knows nothing of the sockets.
            sockets.0.close();
            sockets.0.wait().await;
            Ok(())
        };
        let deadline = async {
            ending.await;
            tokio::time::sleep(SHUTDOWN_DEADLINE).await;
        };
        tokio::select! {
            served = server => served,
            () = deadline => Ok(()),
        }
    })
    .await
}

/// Runs a server between the app's startup and its shutdown, which `adapter-hyper` does by itself.
async fn within<A: App>(app: &A, server: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    match lifespan::run(app, server).await {
        Ok(served) => served,
        Err(error) => Err(io::Error::other(error.into_boxed())),
    }
}

/// The open sockets, as tasks that are waited for.
#[derive(Clone, Default)]
struct Sockets(TaskTracker);

impl hyper::rt::Executor<UpgradeTask> for Sockets {
    fn execute(&self, task: UpgradeTask) {
        self.0.spawn(task);
    }
}

/// Tells the app of the signal.
async fn told(signal: ShutdownSignal) {
    signalled().await;
    signal.begin();
}

/// Waits for SIGTERM or Ctrl-C.
async fn signalled() {
    #[cfg(unix)]
    {
        use signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = signal::ctrl_c().await;
}

impl FromStr for Stack {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "hyper" => Ok(Self::Hyper),
            "axum" => Ok(Self::Axum),
            "actix" => Ok(Self::Actix),
            _ => Err("expected hyper, axum or actix"),
        }
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
