//! An app that fails in every way, and clients that do what clients do.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use gateway_conformance::wire::http1::Http1Connection;
use gateway_conformance::wire::http2::Http2Connection;
use gateway_conformance::wire::{Protocol, WireRequest, WireResponse, exchange};
use gateway_core::{
    App, Body, Environ, Error, HttpError, Response, StartResponse, TryIntoResponse, app_fn,
};
use stacks::{Stack, TestServer};

pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

/// What no client may see.
pub(crate) const SECRET: &str = "the password of the database is 1234";

/// The innermost cause of the app's errors.
#[derive(Debug)]
pub(crate) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SECRET)
    }
}

impl std::error::Error for Refused {}

/// An app whose responses fail as their path says. `work` runs in `/job/..`: in the call, and
/// before each chunk of the body.
pub(crate) fn app<F, Fut>(work: F) -> impl App
where
    F: Fn(String, u32) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    app_fn(move |environ, start_response| answer(environ, start_response, work.clone()))
}

async fn answer<F, Fut>(environ: Environ, start: StartResponse, work: F) -> Result<Body, Error>
where
    F: Fn(String, u32) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let path = environ.path_info().to_string();
    let response = match path.as_str() {
        "/ok" => "hello".try_into_response()?,
        "/missing" => return Err(HttpError::not_found().with_source(Refused).into()),
        "/offline" => return Err(HttpError::service_unavailable().with_source(Refused).into()),
        "/error" => return Err(Refused.into()),
        "/panic" => panic!("{SECRET}"),
        "/late-panic" => Response::new(Body::from_producer(async |mut writer| {
            writer.write("first").await?;
            panic!("{SECRET}")
        })),
        "/aborted" => Response::new(Body::from_producer(async |mut writer| {
            writer.write("first").await?;
            Err(Refused.into())
        })),
        "/short" => {
            start.start(200, [("content-length", "10")])?;
            return Ok(Body::from_chunks([Bytes::from("first")]));
        }
        "/endless" => Response::new(Body::from_producer(async |mut writer| {
            loop {
                writer.write("more ".repeat(1000)).await?;
                tokio::task::yield_now().await;
            }
        })),
        _ => {
            work(path.clone(), 0).await;
            Response::new(Body::from_producer(async move |mut writer| {
                for n in 1..4 {
                    work(path.clone(), n).await;
                    writer.write(format!("{path} ")).await?;
                }
                Ok(())
            }))
        }
    };
    start.send(response)
}

pub(crate) async fn ask(addr: SocketAddr, protocol: Protocol, path: &str) -> WireResponse {
    exchange(addr, protocol, &request(path)).await.unwrap()
}

/// Asks for a response that is aborted. A stream that is reset may lose its head.
pub(crate) async fn ask_in_vain(addr: SocketAddr, protocol: Protocol, request: &WireRequest) {
    if let Ok(response) = exchange(addr, protocol, request).await {
        assert!(!response.is_complete(), "{response:?}");
        assert!(!response.text().contains(SECRET));
    }
}

pub(crate) fn request(path: &str) -> WireRequest {
    WireRequest::get(format!("{path}?token=secret"))
        .header("authorization", "Basic c2VjcmV0")
        .header("user-agent", "a test")
}

/// Reads the beginning of a response, and leaves.
pub(crate) async fn leave(
    addr: SocketAddr,
    protocol: Protocol,
    request: &WireRequest,
) -> TestResult {
    match protocol {
        Protocol::Http2 => {
            let mut connection = Http2Connection::open(addr).await?;
            let mut stream = connection.open_stream(request).await?;
            assert_eq!(stream.head().await?.status, 200);
            assert!(stream.chunk().await?.is_some());
            connection.abort();
        }
        _ => {
            let mut connection = Http1Connection::open(addr).await?;
            connection.send_request(request).await?;
            assert_eq!(connection.read_head("GET").await?.status, 200);
            assert!(connection.read_chunk().await?.is_some());
            connection.reset()?;
        }
    }
    Ok(())
}

/// An app on every stack, for each protocol.
pub(crate) async fn everywhere<A, F, Fut>(app: impl Fn() -> A, run: F) -> TestResult
where
    A: App,
    F: Fn(SocketAddr, Protocol, String) -> Fut,
    Fut: Future<Output = TestResult>,
{
    for stack in Stack::ALL {
        let server = TestServer::start(stack, "", app())?;
        for protocol in Protocol::ALL {
            run(server.address(), protocol, format!("{stack}, {protocol:?}")).await?;
        }
        server.end().await?;
    }
    Ok(())
}
