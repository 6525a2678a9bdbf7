//! A reverse proxy: the app, and the same by hand.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use gateway_core::{Connection, Gateway};
use gateway_proxy::ReverseProxy;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, Parts, Scheme};
use http::{Request, Response, StatusCode, Uri, Version};
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use crate::{BoxError, Served, on_hyper};

const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// The fields about one connection (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

const FORWARDED: HeaderName = header::FORWARDED;
const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

pub(crate) async fn gateway(upstream: &str) -> Served {
    let gateway = Gateway::new(ReverseProxy::new(&format!("http://{upstream}"))?);
    on_hyper::serve(|peer| {
        adapter_hyper::service_with(&gateway, Connection::new().with_peer_addr(peer))
    })
    .await
}

/// With the app's settings: fields, timeouts and pool.
pub(crate) async fn by_hand(upstream: &str) -> Served {
    let upstream: Authority = upstream.parse()?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(Duration::from_secs(5)));
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(connector);
    on_hyper::serve(|peer| {
        let (client, upstream) = (client.clone(), upstream.clone());
        service_fn(move |request| {
            let (client, upstream) = (client.clone(), upstream.clone());
            async move { Ok(forward(&client, upstream, peer, request).await) }
        })
    })
    .await
}

async fn forward(
    client: &Client<HttpConnector, Incoming>,
    upstream: Authority,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response<Either<Incoming, Empty<Bytes>>> {
    let Ok(request) = to_upstream(upstream, peer, request) else {
        return page(StatusCode::BAD_REQUEST);
    };
    match timeout(RESPONSE_TIMEOUT, client.request(request)).await {
        Ok(Ok(mut response)) => {
            strip(response.headers_mut());
            response.map(Either::Left)
        }
        Ok(Err(_)) => page(StatusCode::BAD_GATEWAY),
        Err(_) => page(StatusCode::GATEWAY_TIMEOUT),
    }
}

fn page(status: StatusCode) -> Response<Either<Incoming, Empty<Bytes>>> {
    let mut response = Response::new(Either::Right(Empty::new()));
    *response.status_mut() = status;
    response
}

fn to_upstream(
    upstream: Authority,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Request<Incoming>, BoxError> {
    let mut parts = Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(upstream);
    parts.path_and_query = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from_parts(parts)?;
    *request.version_mut() = Version::HTTP_11;
    let headers = request.headers_mut();
    strip(headers);
    for name in [FORWARDED, FOR, HOST, PROTO, PREFIX, header::EXPECT] {
        headers.remove(name);
    }
    let peer = peer.ip().to_string();
    let mut forwarded = format!("for={peer};proto=http");
    // The client sets it to the upstream's.
    if let Some(host) = headers.remove(header::HOST) {
        forwarded.push_str(&format!(";host=\"{}\"", host.to_str()?));
        headers.insert(HOST, host);
    }
    headers.insert(FORWARDED, forwarded.try_into()?);
    headers.insert(FOR, peer.try_into()?);
    headers.insert(PROTO, HeaderValue::from_static("http"));
    Ok(request)
}

fn strip(headers: &mut HeaderMap) {
    let options = headers.get_all(header::CONNECTION).iter();
    let named: Vec<HeaderName> = options
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}
