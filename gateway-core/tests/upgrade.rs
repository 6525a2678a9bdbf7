//! Switches of protocols, driven without a host.

#[path = "upgrade/commit.rs"]
mod commit;
#[path = "upgrade/offers.rs"]
mod offers;
#[path = "upgrade/passing.rs"]
mod passing;
#[path = "upgrade/running.rs"]
mod running;

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use gateway_core::{
    App, AppExt, Body, Duplex, Ended, Environ, Error, Gateway, HttpError, Input, Outcome, Outgoing,
    RequestSummary, StartResponse, Upgrade, app_fn, view,
};
use http::{Method, Request, Response, StatusCode, Version};
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// A request that offers `echo` and `websocket` on HTTP/1.1.
fn offer() -> http::request::Builder {
    Request::get("/")
        .header("host", "a")
        .header("connection", "keep-alive, Upgrade")
        .header("upgrade", "echo, websocket")
}

fn environ<A: App>(
    gateway: &Gateway<A>,
    request: http::request::Builder,
) -> Result<Environ, http::Error> {
    let (parts, ()) = request.body(())?.into_parts();
    let mut environ = gateway.environ(parts, Input::empty());
    if environ.version() == Version::HTTP_2 {
        environ.offer_extended_connect("websocket");
    } else {
        environ.offer_upgrades(|_| true);
    }
    Ok(environ)
}

/// The extended CONNECT of HTTP/2.
fn extended_connect() -> http::request::Builder {
    Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri("https://a/chat")
}

async fn ask(
    app: impl App,
    request: http::request::Builder,
) -> Result<Response<Outgoing>, http::Error> {
    let gateway = Gateway::new(app);
    Ok(gateway.handle(environ(&gateway, request)?).await)
}

async fn text(response: Response<Outgoing>) -> Result<String, Box<dyn std::error::Error>> {
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(bytes.to_vec())?)
}

/// Runs the switch of a response; the client's end comes back.
fn run(
    response: &mut Response<Outgoing>,
) -> Result<(DuplexStream, impl Future<Output = bool> + use<>), &'static str> {
    let upgrade = response.body_mut().take_upgrade().ok_or("no switch")?;
    let (client, server) = tokio::io::duplex(64);
    let running = async move { upgrade.run(Duplex::from_tokio(server)).await.is_ok() };
    Ok((client, running))
}

async fn echo(mut stream: Duplex) -> Result<(), Error> {
    let mut buffer = [0; 16];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..read]).await?;
    }
}

fn switching(protocol: &'static str) -> impl App {
    view(move |_: Environ| async move { Body::upgrade(protocol, echo) })
}

fn names(environ: &Environ) -> Vec<&str> {
    environ.upgrades().collect()
}
