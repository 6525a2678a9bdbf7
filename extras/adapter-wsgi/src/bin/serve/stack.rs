//! The servers that a callable runs on.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use adapter_hyper::Server;
use axum::Router;
use axum::serve::ListenerExt;
use gateway_core::App;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

/// How long exchanges in flight may go on after a signal (L4).
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);

/// The servers, each over HTTP/1.1 and HTTP/2 on one port.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stack {
    Hyper,
    Axum,
    Actix,
}

impl Stack {
    /// Serves an app until SIGTERM or Ctrl-C, and lets exchanges in flight end.
    ///
    /// # Errors
    ///
    /// When the listener or the runtime cannot be set up.
    pub(crate) fn serve(self, listener: TcpListener, app: impl App) -> io::Result<()> {
        match self {
            Self::Hyper => Runtime::new()?.block_on(async {
                let server = Server::from_std(listener)?.shutdown_deadline(SHUTDOWN_DEADLINE);
                server.serve(app).await
            }),
            Self::Axum => axum(listener, app),
            Self::Actix => actix(listener, app),
        }
    }
}

fn actix(listener: TcpListener, app: impl App) -> io::Result<()> {
    let app = Arc::new(app);
    let server = HttpServer::new(move || {
        actix_web::App::new().default_service(adapter_actix::service(app.clone()))
    });
    let server = server
        // Else a small answer written in two pieces waits for the client's delayed acknowledgement.
        .tcp_nodelay(true)
        .shutdown_timeout(SHUTDOWN_DEADLINE.as_secs())
        .listen_auto_h2c(listener)?;
    actix_web::rt::System::new().block_on(server.run())
}

fn axum(listener: TcpListener, app: impl App) -> io::Result<()> {
    Runtime::new()?.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?
            .tap_io(|stream| drop(stream.set_nodelay(true)));
        let (told, ending) = tokio::sync::oneshot::channel();
        let mut terminate = signal(SignalKind::terminate())?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            // Nobody waits for it if the server has ended.
            let _ = told.send(());
        };
        let cut = async {
            match ending.await {
                Ok(()) => tokio::time::sleep(SHUTDOWN_DEADLINE).await,
                Err(_) => std::future::pending().await,
            }
        };
        let router = Router::new().fallback_service(adapter_tower::service(app));
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::select! {
            served = axum::serve(listener, router).with_graceful_shutdown(stop) => served,
            () = cut => Ok(()),
        }
    })
}

impl FromStr for Stack {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "hyper" => Ok(Self::Hyper),
            "axum" | "tower" => Ok(Self::Axum),
            "actix" => Ok(Self::Actix),
            _ => Err("expected hyper, axum or actix"),
        }
    }
}
