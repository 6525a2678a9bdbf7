//! `serve hyper|axum|actix native|app`: the same work, on one thread, until SIGTERM.

use std::convert::Infallible;
use std::error::Error;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use adapter_tower::service;
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use gateway_bench::{LOOKED_AT, TEXT, app, status};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

type AnyError = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), AnyError> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [stack, variant] = args.as_slice() else {
        return Err("usage: serve hyper|axum|actix native|app".into());
    };
    if stack == "actix" {
        return actix_web::rt::System::new().block_on(serve_actix(variant == "app"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            served = serve(stack, variant == "app", listener) => served,
            _ = terminate.recv() => Ok(()),
        }
    })
}

async fn serve(stack: &str, is_app: bool, listener: TcpListener) -> Result<(), AnyError> {
    match (stack, is_app) {
        ("hyper", false) => serve_hyper(listener, service_fn(hyper_native)).await,
        ("hyper", true) => serve_hyper(listener, adapter_hyper::service(app)).await,
        ("axum", false) => {
            let inner = Router::new().route("/plaintext", get(axum_native));
            Ok(axum::serve(listener, Router::new().nest("/app", inner)).await?)
        }
        ("axum", true) => {
            let router = Router::new().nest_service("/app", service(app));
            Ok(axum::serve(listener, router).await?)
        }
        _ => Err("usage: serve hyper|axum|actix native|app".into()),
    }
}

fn seen(headers: &HeaderMap) -> usize {
    LOOKED_AT
        .iter()
        .filter(|name| headers.contains_key(**name))
        .count()
}

async fn hyper_native(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(TEXT.as_bytes())));
    if status(seen(request.headers())) != 200 {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    let plain = HeaderValue::from_static("text/plain");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    Ok(response)
}

async fn axum_native(
    headers: HeaderMap,
) -> (StatusCode, [(&'static str, &'static str); 1], &'static str) {
    let status = StatusCode::from_u16(status(seen(&headers))).unwrap_or_default();
    (status, [("content-type", "text/plain")], TEXT)
}

async fn actix_native(request: HttpRequest) -> HttpResponse {
    let headers = request.headers();
    let seen = LOOKED_AT
        .iter()
        .filter(|name| headers.contains_key(**name))
        .count();
    let mut response = match status(seen) {
        200 => HttpResponse::Ok(),
        _ => HttpResponse::BadRequest(),
    };
    response.content_type("text/plain").body(TEXT)
}

async fn serve_hyper<S>(listener: TcpListener, service: S) -> Result<(), AnyError>
where
    S: HttpService<Incoming, ResBody: Send + 'static> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<AnyError>,
    <S::ResBody as hyper::body::Body>::Data: Send,
    <S::ResBody as hyper::body::Body>::Error: Into<AnyError>,
{
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service.clone());
        tokio::spawn(async move {
            // A client that leaves is none of the measurement's.
            let _ = connection.await;
        });
    }
}

async fn serve_actix(is_app: bool) -> Result<(), AnyError> {
    let server = HttpServer::new(move || {
        let server = App::new();
        if is_app {
            server.service(adapter_actix::mount("/app", app))
        } else {
            server.route("/app/plaintext", web::get().to(actix_native))
        }
    });
    let server = server.workers(1).bind("127.0.0.1:0")?;
    for addr in server.addrs() {
        println!("{addr}");
    }
    Ok(server.run().await?)
}
