//! The servers that an app runs on.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::web::ServiceConfig;
use adapter_hyper::Server;
use axum::Router;
use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::middleware::map_request;
use axum::serve::{IncomingStream, Listener};
use gateway_core::{App, Connection};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::signal;
use tokio::sync::oneshot;

/// How long exchanges in flight may go on after a signal (L4): what [`Server`] gives them too.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);

/// The servers that an app runs on, all of them over HTTP/1.1 and HTTP/2 on one port.
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
                actix(listener, move |config| {
                    config.default_service(adapter_actix::service(app.clone()));
                })
            }
            Self::Tower => tower(
                listener,
                Router::new().fallback_service(adapter_tower::service(app)),
            ),
        }
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
    let app = move || actix_web::App::new().configure(configure.clone());
    let server = HttpServer::new(app)
        .workers(2)
        // Else a small answer written in two pieces waits for the client's delayed acknowledgement.
        .tcp_nodelay(true)
        .shutdown_timeout(SHUTDOWN_DEADLINE.as_secs())
        .listen_auto_h2c(listener)?;
    actix_web::rt::System::new().block_on(server.run())
}

/// Serves an axum router. Apps in it know both ends of their connection.
///
/// # Errors
///
/// As [`Stack::serve`].
pub fn tower(listener: TcpListener, router: Router) -> io::Result<()> {
    Runtime::new()?.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = NoDelay(tokio::net::TcpListener::from_std(listener)?);
        let router = router
            .layer(map_request(tell_ends))
            .into_make_service_with_connect_info::<Ends>();
        let (told, ending) = oneshot::channel();
        let told = async move {
            signalled().await;
            // Nobody waits for it if the server has ended.
            let _ = told.send(());
        };
        let cut = async {
            match ending.await {
                Ok(()) => tokio::time::sleep(SHUTDOWN_DEADLINE).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            served = axum::serve(listener, router).with_graceful_shutdown(told) => served,
            () = cut => Ok(()),
        }
    })
}

/// A listener whose connections send small answers at once. `ListenerExt::tap_io` is enough where
/// nothing of one's own is collected of a connection.
struct NoDelay(tokio::net::TcpListener);

impl Listener for NoDelay {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // A connection that is gone already is found out by its first read.
        drop(stream.set_nodelay(true));
        (stream, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// The ends of a connection, as axum's servers collect them.
#[derive(Clone)]
struct Ends(Connection);

impl Connected<IncomingStream<'_, NoDelay>> for Ends {
    fn connect_info(stream: IncomingStream<'_, NoDelay>) -> Self {
        let connection = Connection::new().with_peer_addr(*stream.remote_addr());
        // Without it, the port of a Host header would count.
        Self(match stream.io().local_addr() {
            Ok(local) => connection.with_local_addr(local),
            Err(_) => connection,
        })
    }
}

/// Hands the ends to apps, which look for a [`Connection`] (E13, E16).
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
