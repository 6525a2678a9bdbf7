//! What the tests share: servers on loopback, and apps that tell what they see.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "each test binary takes what it needs, and a helper that fails fails its test"
)]

use std::convert::Infallible;
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use gateway_core::{App, Body, Environ, Gateway, Input, Outgoing, view};
use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tower::Service;

pub type TestResult<T = ()> = Result<T, Box<dyn StdError>>;

/// Serves a router by `axum::serve`, which speaks HTTP/1 and HTTP/2.
pub async fn axum_serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// Serves a tower service by hyper-util.
pub async fn hyper_serve<S>(service: S) -> SocketAddr
where
    S: Service<Request<hyper::body::Incoming>, Response = http::Response<Outgoing>>
        + Clone
        + Send
        + 'static,
    S: Service<Request<hyper::body::Incoming>, Error = Infallible>,
    S::Future: Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await
            });
        }
    });
    address
}

/// The environ's view of the path, one escaped line each.
pub fn path_app() -> impl App {
    view(async |environ: Environ| {
        let mut text = Vec::new();
        for (name, value) in [
            ("method", environ.request_method().as_str().as_bytes()),
            ("script", environ.script_name().as_bytes()),
            ("path", environ.path_info().as_bytes()),
            ("query", environ.query_string().as_bytes()),
            ("uri", environ.request_uri().as_bytes()),
        ] {
            text.extend_from_slice(name.as_bytes());
            text.push(b'=');
            text.extend_from_slice(value.escape_ascii().to_string().as_bytes());
            text.push(b'\n');
        }
        (text, [("content-type", "text/plain")])
    })
}

/// What [`path_app`] answers, given as `script|path|uri`.
pub fn paths(body: &[u8]) -> String {
    let line = |name: &str| {
        body.split(|byte| *byte == b'\n')
            .find_map(|line| line.strip_prefix(name.as_bytes()))
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .unwrap()
    };
    format!("{}|{}|{}", line("script="), line("path="), line("uri="))
}

/// Runs an app in process, as an adapter would.
pub async fn drive(app: impl App, request: Request<Input>) -> http::Response<Body> {
    let gateway = Gateway::new(app);
    drive_on(&gateway, request).await
}

pub async fn drive_on<A: App>(
    gateway: &Gateway<A>,
    request: Request<Input>,
) -> http::Response<Body> {
    let (parts, input) = request.into_parts();
    let answer = gateway.handle(gateway.environ(parts, input));
    // Far longer than anything takes: a head that is held back fails its test.
    let answer = tokio::time::timeout(Duration::from_secs(20), answer).await;
    answer.expect("no answer").map(Body::new)
}

pub fn get(target: &str) -> Request<Input> {
    Request::get(target).body(Input::empty()).unwrap()
}

pub async fn text(response: http::Response<Body>) -> String {
    let bytes = response.into_body().bytes().await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Tells when something is dropped.
#[derive(Clone, Default)]
pub struct Dropped(Arc<(AtomicUsize, Notify)>);

pub struct Guard(Dropped);

impl Dropped {
    pub fn guard(&self) -> Guard {
        Guard(self.clone())
    }

    pub fn count(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }

    /// Waits for the first drop.
    pub async fn wait(&self) {
        let limit = Duration::from_secs(20);
        let dropped = async {
            while self.count() == 0 {
                self.0.1.notified().await;
            }
        };
        tokio::time::timeout(limit, dropped)
            .await
            .expect("nothing was dropped");
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.0.fetch_add(1, Ordering::SeqCst);
        self.0.0.1.notify_one();
    }
}
