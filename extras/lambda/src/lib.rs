//! A gateway app as a function of AWS Lambda, by `lambda_http` and `adapter-tower`.
//!
//! `lambda_http` makes an HTTP request of an event (API Gateway, function URLs, ALB) and an answer of the
//! response; `adapter-tower` makes a tower service of an app. What is left is who the client is, which
//! [`service`] tells the app. README.md lists what Lambda cannot do.

use std::convert::Infallible;
use std::net::IpAddr;

use adapter_tower::TowerService;
use gateway_core::{App, Connection, Outgoing, Scheme};
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt, Response, Service};
use tower::ServiceExt;

/// The app as a service for `lambda_http::run`. Its requests came over HTTPS, from the address that API Gateway
/// or the function URL has seen. An ALB says it in X-Forwarded-For: there, the app wears `proxy_fix`.
///
/// Startup and shutdown of the app are the caller's: see `gateway_core::lifespan::run`.
///
/// # Examples
///
/// ```no_run
/// use gateway_core::{Environ, lifespan, view};
///
/// # async fn run() -> Result<(), lambda_http::Error> {
/// let app = std::sync::Arc::new(view(async |environ: Environ| environ.path_info().to_string()));
/// lifespan::run(&app, lambda_http::run(lambda::service(app.clone()))).await?
/// # }
/// ```
pub fn service<A: App>(
    app: A,
) -> impl Service<Request, Response = Response<Outgoing>, Error = Infallible, Future: Send>
+ Clone
+ use<A> {
    TowerService::new(app).map_request(with_connection)
}

/// Tells what is known of the client's connection (E13, E16).
fn with_connection(mut request: Request) -> Request {
    let address = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
        Some(RequestContext::ApiGatewayV1(context)) => context.identity.source_ip.as_deref(),
        _ => None,
    };
    let address: Option<IpAddr> = address.and_then(|address| address.parse().ok());
    let mut connection = Connection::new();
    if let Some(address) = address {
        // No event has the port.
        connection = connection
            .with_peer_addr((address, 0).into())
            .with_scheme(Scheme::Https);
    }
    request.extensions_mut().insert(connection);
    request
}
