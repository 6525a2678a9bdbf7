//! `Stack`: the servers that an app can run on.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::rt as actix_rt;
use actix_web::web::ServiceConfig;
use adapter_actix::ActixService;
use adapter_hyper::Server;
use adapter_tower::{TowerService, UpgradeTask};
use axum::Router;
use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::middleware::map_request;
use axum::serve::{IncomingStream, Listener};
use gateway_core::{App, Connection, ShutdownSignal, lifespan};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::signal;
use tokio_util::task::TaskTracker;

/// How long exchanges in flight may run after a signal (L4), as in [`Server`].
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);

/// The servers that an app can run on, all over HTTP/1.1 and HTTP/2 on one port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// [`adapter_hyper::Server`].
    Hyper,
    /// actix-web, with two workers.
    Actix,
    /// An axum router, served by axum.
    Tower,
}

impl Stack {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hyper, Self::Actix, Self::Tower];

    /// Serves an app until SIGTERM or Ctrl-C, and lets exchanges in flight end.
    ///
    /// # Errors
    ///
    /// When the listener or the runtime cannot be set up.
    pub fn serve(self, listener: TcpListener, app: impl App) -> io::Result<()> {
        match self {
            Self::Hyper => hyper(listener, app),
            Self::Actix => {
                let app = Arc::new(app);
                let service = ActixService::new(app.clone());
                let signal = service.shutdown_signal();
                let configure = move |config: &mut ServiceConfig| {
                    config.default_service(service.clone());
                };
                actix_rt::System::new().block_on(within(&app, async move {
                    actix_rt::spawn(async move {
                        signalled().await;
                        signal.begin();
                    });
                    actix_server(listener, configure)?.await
                }))
            }
            Self::Tower => {
                let app = Arc::new(app);
                let service = TowerService::new(app.clone());
                let signal = service.shutdown_signal();
                let streams = Streams::default();
                let router = Router::new().fallback_service(service.with_upgrades(streams.clone()));
                Runtime::new()?.block_on(within(
                    &app,
                    tower_server(listener, router, signal, streams),
                ))
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

/// Serves an app with hyper.
///
/// # Errors
///
/// As [`Stack::serve`].
pub fn hyper(listener: TcpListener, app: impl App) -> io::Result<()> {
    Runtime::new()?.block_on(async { Server::from_std(listener)?.serve(app).await })
}

/// Serves what `configure` adds to an actix application.
///
/// # Errors
///
/// As [`Stack::serve`].
pub fn actix<F>(listener: TcpListener, configure: F) -> io::Result<()>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    actix_rt::System::new().block_on(async { actix_server(listener, configure)?.await })
}

fn actix_server<F>(listener: TcpListener, configure: F) -> io::Result<actix_web::dev::Server>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let app = move || actix_web::App::new().configure(configure.clone());
    let server = HttpServer::new(app)
        .workers(2)
        // Otherwise a small response in two pieces waits for the client's delayed acknowledgement.
        .tcp_nodelay(true)
        // How long actix waits for the client to close after a stream; 1 s by default.
        .client_disconnect_timeout(Duration::from_millis(500))
        .shutdown_timeout(SHUTDOWN_DEADLINE.as_secs())
        .listen_auto_h2c(listener)?;
    Ok(server.run())
}

/// Serves an axum router. Apps in it know both ends of their connection.
///
/// # Errors
///
/// As [`Stack::serve`].
pub fn tower(listener: TcpListener, router: Router) -> io::Result<()> {
    let server = tower_server(listener, router, ShutdownSignal::new(), Streams::default());
    Runtime::new()?.block_on(server)
}

/// axum waits for its exchanges, and knows nothing of the streams that were switched.
async fn tower_server(
    listener: TcpListener,
    router: Router,
    signal: ShutdownSignal,
    streams: Streams,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = NoDelay(tokio::net::TcpListener::from_std(listener)?);
    let router = router
        .layer(map_request(tell_ends))
        .into_make_service_with_connect_info::<Ends>();
    let closing = signal.closing();
    let told = async move {
        signalled().await;
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

/// A listener whose connections send small responses at once. `ListenerExt::tap_io` is enough if
/// you collect no data of your own about a connection.
struct NoDelay(tokio::net::TcpListener);

impl Listener for NoDelay {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // If the connection is gone already, its first read finds out.
        drop(stream.set_nodelay(true));
        (stream, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// The addresses of a connection, as axum's servers collect them.
#[derive(Clone)]
struct Ends(Connection);

impl Connected<IncomingStream<'_, NoDelay>> for Ends {
    fn connect_info(stream: IncomingStream<'_, NoDelay>) -> Self {
        let connection = Connection::new().with_peer_addr(*stream.remote_addr());
        // Without it, the port of a Host header would be used.
        Self(match stream.io().local_addr() {
            Ok(local) => connection.with_local_addr(local),
            Err(_) => connection,
        })
    }
}

/// Passes the addresses to apps, which look for a [`Connection`] (E13, E16).
async fn tell_ends(ConnectInfo(Ends(ends)): ConnectInfo<Ends>, mut request: Request) -> Request {
    request.extensions_mut().insert(ends);
    request
}

/// Waits for SIGTERM or Ctrl-C.
pub async fn signalled() {
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
            "actix" => Ok(Self::Actix),
            "tower" | "axum" => Ok(Self::Tower),
            _ => Err("expected hyper, actix or tower"),
        }
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hyper => "hyper",
            Self::Actix => "actix",
            Self::Tower => "tower",
        })
    }
}
