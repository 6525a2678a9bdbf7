//! What a request costs in heap allocations, beside a service written for hyper by hand.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

use std::convert::Infallible;
use std::time::Instant;

use bytes::Bytes;
use gateway_core::{App, Body, Environ, Error, Outcome, RequestSummary, StartResponse};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

const WARM_UP: usize = 100;
const REQUESTS: usize = 1000;
const REQUEST: &[u8] = b"GET /hello?x=1 HTTP/1.1\r\n\
    host: a.example\r\n\
    user-agent: test/1.0\r\n\
    accept: text/html,application/xhtml+xml\r\n\
    accept-language: en\r\n\
    accept-encoding: gzip\r\n\
    cache-control: no-cache\r\n\
    cookie: a=b\r\n\
    referer: http://a.example/\r\n\r\n";
const TEXT: &str = "Hello, World!";
const TYPE: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// As hyper's documentation writes a service.
async fn by_hand(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(TEXT.as_bytes())));
    response.headers_mut().insert(CONTENT_TYPE, TYPE);
    Ok(response)
}

async fn app(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [(CONTENT_TYPE, TYPE)])?;
    Ok(Body::from(TEXT))
}

struct Identity<A>(A);

impl<A: App> App for Identity<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        self.0.call(environ, start_response).await
    }
}

/// What was counted, and what of it is not the clock's: once a second hyper renders the date, used
/// or not, and allocates for it. One allocation in a hundred requests is still seen.
#[derive(Debug, Clone, Copy)]
struct Cost {
    least: u64,
    most: u64,
}

impl Cost {
    fn is_at_most(self, other: Self) -> bool {
        self.least <= other.most
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.most)
    }
}

/// One keep-alive request. Allocates nothing itself.
async fn exchange(client: &mut DuplexStream, length: usize) -> [u8; 512] {
    let mut answer = [0; 512];
    client.write_all(REQUEST).await.unwrap();
    client.read_exact(&mut answer[..length]).await.unwrap();
    answer
}

/// The answer, and the allocations of many requests once all is warm.
fn measure<S>(service: S) -> (String, Cost)
where
    S: HttpService<Incoming, Future: Send, ResBody: Send, Error: Send + Sync> + Send + 'static,
    S::ResBody: http_body::Body<Data: Send> + 'static,
    <S::ResBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (mut client, server) = tokio::io::duplex(64 * 1024);
    // Without the date two answers are the same bytes.
    let connection = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(server), service);
    runtime.spawn(async {
        let _ = connection.await;
    });
    let (text, length) = runtime.block_on(async {
        client.write_all(REQUEST).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(TEXT.as_bytes()) {
            assert_ne!(client.read_buf(&mut answer).await.unwrap(), 0);
        }
        let length = answer.len();
        (String::from_utf8(answer).unwrap(), length)
    });
    let mut all = |count| {
        runtime.block_on(async {
            for _ in 0..count {
                exchange(&mut client, length).await;
            }
        });
    };
    all(WARM_UP);
    let begin = Instant::now();
    let most = allocation_counter::measure(|| all(REQUESTS)).count_total;
    let least = most - (begin.elapsed().as_secs() + 1);
    (text, Cost { least, most })
}

#[test]
fn a_request_allocates_no_more_than_by_hand() {
    let (expected, by_hand) = measure(service_fn(by_hand));
    // The least that a service of hyper's can do: it drops the request at once.
    let (_, dropping) = measure(service_fn(|request| {
        drop(request);
        async {
            let mut response = Response::new(Full::new(Bytes::from_static(TEXT.as_bytes())));
            response.headers_mut().insert(CONTENT_TYPE, TYPE);
            Ok::<_, Infallible>(response)
        }
    }));
    let (answer, through) = measure(adapter_hyper::service(app));
    let (_, wrapped) = measure(adapter_hyper::service(Identity(app)));
    let (_, named) = measure(adapter_hyper::HyperService::new(app));
    let service = adapter_hyper::HyperService::new(app).with_observer(
        |_: &RequestSummary, outcome: &Outcome| assert_eq!(outcome.body_bytes(), TEXT.len() as u64),
    );
    let (_, observed) = measure(service.unboxed());
    println!("allocations of {REQUESTS} requests:");
    println!("  by hand                  {by_hand}");
    println!("  by hand, request dropped {dropping}");
    println!("  service(app)             {through}");
    println!("  with an identity         {wrapped}");
    println!("  HyperService             {named}");
    println!("  with an observer         {observed}");
    assert_eq!(answer, expected);
    assert!(expected.starts_with("HTTP/1.1 200 OK\r\n"), "{expected}");
    // It measures something.
    assert!(by_hand.least >= REQUESTS as u64);
    assert!(through.is_at_most(by_hand), "{through} > {by_hand}");
    assert!(wrapped.is_at_most(through), "{wrapped} > {through}");
    assert!(observed.is_at_most(through), "{observed} > {through}");
    let boxed = Cost {
        most: through.most + REQUESTS as u64,
        ..through
    };
    assert!(named.is_at_most(boxed), "{named} > {boxed}");
}
